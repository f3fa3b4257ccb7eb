/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The CHILD_SA of tests that need no other: all traffic between two hosts.
 */

#include "service_child.h"

#include <unistd.h>

test_sa_t sa_in, sa_out;
test_sp_t sp_in, sp_out;

void service_child_init(hw_offload_t requested)
{
	sa_init(&sa_in, SPI_IN, TRUE, requested);
	sa_init(&sa_out, SPI_OUT, FALSE, requested);
	sp_init(&sp_in, POLICY_IN, LOCAL, REMOTE, SPI_IN, 1, requested);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, SPI_OUT, 1, requested);
}

void service_child_clear(void)
{
	sa_clear(&sa_in);
	sa_clear(&sa_out);
	sp_clear(&sp_in);
	sp_clear(&sp_out);
}

void service_child_add(void)
{
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
}

bool service_child_wait(uint32_t ifindex)
{
	fake_sp_t sp;
	int i;

	for (i = 0; i < TEST_DEADLINE; i++)
	{
		if (fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp) &&
			sp.offload.ifindex == ifindex)
		{
			return TRUE;
		}
		usleep(1000);
	}
	return FALSE;
}

void service_child_setup(void)
{
	service_setup();
	service_child_init(HW_OFFLOAD_PACKET);
}

void service_child_teardown(void)
{
	service_child_clear();
	service_teardown();
}

bool service_child_guarded(void)
{
	fake_sp_t guard;

	return fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard);
}
