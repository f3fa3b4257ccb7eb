/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A daemon that keeps a journal, and a CHILD_SA that it may leave.
 */

#include "service_leftovers.h"

test_sa_t left_in, left_out;
test_sp_t left_sp_in, left_sp_out;

void leftovers_setup(void)
{
	service_setup();
	service_keep_book();
	sa_init(&left_in, IN, TRUE, HW_OFFLOAD_PACKET);
	sa_init(&left_out, OUT, FALSE, HW_OFFLOAD_PACKET);
	sp_init(&left_sp_in, POLICY_IN, "192.168.50.1/32", "192.168.50.2/32", IN, 1,
			HW_OFFLOAD_PACKET);
	sp_init(&left_sp_out, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32",
			OUT, 1, HW_OFFLOAD_PACKET);
}

void leftovers_teardown(void)
{
	sa_clear(&left_in);
	sa_clear(&left_out);
	sp_clear(&left_sp_in);
	sp_clear(&left_sp_out);
	service_teardown();
}

void leftovers_start(int leftover_time)
{
	lib->settings->set_int(lib->settings,
				"%s.plugins.hw-offload.leftover_time", leftover_time, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_forget_lines();
}

void leftovers_install(void)
{
	ck_assert_int_eq(sa_add(&left_in), SUCCESS);
	ck_assert_int_eq(sa_add(&left_out), SUCCESS);
	ck_assert_int_eq(sp_add(&left_sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
}
