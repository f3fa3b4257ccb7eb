/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of changes of SPs that are undone, as one of the requests failed.
 */

#include "service_child.h"

#include <errno.h>

#include "../fake/fake_traffic.h"

#define NET "192.168.50.0/24"

/** packets that were blocked between requests */
static int blocked;

/** a trap for the same traffic */
static test_sp_t trap;

/**
 * Let the answers to two updates get lost: if the second one is sent because of
 * the first, nobody knows what is there then.
 */
static void lose_updates(u_int nth)
{
	u_int i;

	for (i = nth; i <= nth + 1; i++)
	{
		fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_UPDPOLICY, i,
						   FAKE_FAULT_LOST, 0, NULL);
	}
}

static void undo_setup(void)
{
	service_child_setup();
	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
}

static void undo_teardown(void)
{
	fake_kernel_heal(kernel);
	sp_clear(&trap);
	service_child_teardown();
}

/**
 * The NIC loses what it has.
 */
static void assert_blocked_without_nic(void)
{
	u_int flow;

	fake_kernel_traffic(kernel, TRUE);
	flow = fake_kernel_add_flow(kernel, "192.168.50.1", 1000, "192.168.50.2",
								2000, IPPROTO_UDP);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	ck_assert(service_child_guarded());
	fake_kernel_device_down(kernel, NIC);
	fake_kernel_send(kernel);
	ck_assert_int_eq(fake_kernel_fate(kernel, flow, NULL), FAKE_BLOCKED);
}

START_TEST(test_new_stays)
{
	/* nobody knows if the NIC has it, and it can't be removed: so it is not
	 * without a guard */
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 2,
					   FAKE_FAULT_LOST, 0, NULL);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_UPDPOLICY, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	service_refuse(XFRM_MSG_DELPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	assert_blocked_without_nic();
	/* it goes with the CHILD_SA */
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_updated_stays)
{
	/* that of the trap becomes the one in the NIC, and can't be taken back */
	sa_out.data.mode = sp_out.cfg.mode = trap.cfg.mode = MODE_TUNNEL;
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	lose_updates(1);
	service_refuse(XFRM_MSG_UPDPOLICY, 3, ENOSPC);
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	assert_blocked_without_nic();
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_next_is_back)
{
	test_sp_t first, second;
	uint32_t spi;
	u_int flow;

	/* what can't be taken back is for an SA that goes as its SP failed */
	sp_init(&first, POLICY_OUT, LOCAL, REMOTE, SPI_OUT, 1, HW_OFFLOAD_NO);
	sp_init(&second, POLICY_OUT, LOCAL, REMOTE, SPI_IN, 1, HW_OFFLOAD_NO);
	sa_out.data.hw_offload = HW_OFFLOAD_NO;
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&first), SUCCESS);
	lose_updates(1);
	service_refuse(XFRM_MSG_UPDPOLICY, 3, EBUSY);
	ck_assert_int_eq(sp_add(&second), FAILED);
	ck_assert_int_eq(sp_del(&second), SUCCESS);
	fake_kernel_traffic(kernel, TRUE);
	flow = fake_kernel_add_flow(kernel, "192.168.50.1", 1000, "192.168.50.2",
								2000, IPPROTO_UDP);
	fake_kernel_send(kernel);
	ck_assert_int_eq(fake_kernel_fate(kernel, flow, &spi), FAKE_PROTECTED);
	ck_assert_int_eq(ntohl(spi), SPI_OUT);
	ck_assert_int_eq(sp_del(&first), SUCCESS);
	sp_clear(&first);
	sp_clear(&second);
}
END_TEST

/**
 * Count what is blocked between requests.
 */
static void count_blocked(void)
{
	fake_kernel_send(kernel);
	blocked += fake_kernel_fate(kernel, 0, NULL) == FAKE_BLOCKED;
}

START_TEST(test_order)
{
	test_sp_t new;

	/* SP and guard of a CHILD_SA go before those of the trap, and back: the
	 * guard is in front of the SP at no time */
	sp_clear(&trap);
	sp_init(&trap, POLICY_OUT, NET, NET, 0, 1, HW_OFFLOAD_PACKET);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	sp_init(&new, POLICY_OUT, NET, NET, SPI_OUT, 1, HW_OFFLOAD_PACKET);
	new.data.manual_prio = 1000;
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_traffic(kernel, TRUE);
	fake_kernel_add_flow(kernel, "192.168.50.1", 1000, "192.168.50.2", 2000,
						 IPPROTO_UDP);
	lose_updates(2);
	blocked = 0;
	fake_kernel_hook(kernel, count_blocked);
	ck_assert_int_eq(sp_add(&new), FAILED);
	ck_assert_int_eq(sp_del(&new), SUCCESS);
	fake_kernel_hook(kernel, NULL);
	ck_assert_int_eq(blocked, 0);
	ck_assert_int_eq(fake_kernel_fate(kernel, 0, NULL), FAKE_PROTECTED);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	sp_clear(&new);
}
END_TEST

TCase *undo_tcase(void)
{
	TCase *tcase = tcase_create("undo");

	tcase_add_checked_fixture(tcase, undo_setup, undo_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_new_stays);
	tcase_add_test(tcase, test_updated_stays);
	tcase_add_test(tcase, test_next_is_back);
	tcase_add_test(tcase, test_order);
	return tcase;
}
