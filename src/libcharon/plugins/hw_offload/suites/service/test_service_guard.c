/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what stands behind SPs in packet mode: when it is there, and when it
 * is gone.
 */

#include "service_child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <time.h>

/** Priority of a trap for all traffic between two hosts, that of a CHILD_SA is
 * lower by one. */
#define PRIO_TRAP (400000 - (64 << 9))

/**
 * Check if there is a guard, for any interface.
 */
static bool guarded(void)
{
	fake_sp_t guard;

	if (!fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard))
	{
		return FALSE;
	}
	ck_assert_int_eq(guard.info.sel.ifindex, 0);
	return TRUE;
}

START_TEST(test_guard)
{
	fake_sp_t sp;

	service_child_add();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 4);
	ck_assert(guarded());
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_int_eq(sp.offload.ifindex, NIC);
	ck_assert_int_eq(sp.info.sel.ifindex, NIC);
	ck_assert_uint_eq(sp.info.flags, XFRM_POLICY_ICMP);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_IN, REMOTE, LOCAL, &sp));
	ck_assert_int_eq(sp.offload.ifindex, NIC);
	ck_assert_int_eq(sp.info.sel.ifindex, NIC);

	/* without a word, the NIC's are gone */
	fake_kernel_device_down(kernel, NIC);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	ck_assert(guarded());
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_IN, REMOTE, LOCAL, &sp));
	ck_assert_int_eq(sp.tmpl_count, 1);
	ck_assert_int_eq(sp.offload.ifindex, 0);

	/* closed on purpose */
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	ck_assert_int_eq(line_count(), 1);
}
END_TEST

START_TEST(test_logged)
{
	test_sp_t trap;

	/* each change of a policy, and why the kernel is not asked for one */
	service_log_level = 2;
	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_int_eq(service_lines_with("added policy " LOCAL " === " REMOTE
							" out [priority 367232, users 1, mode none]"), 1);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(service_lines_with("updated policy " LOCAL " === " REMOTE
							" out [priority 367231, users 2, mode packet]"), 1);
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_int_eq(service_lines_with("noted another user of policy " LOCAL
							" === " REMOTE " out [priority 367231, users 3, "
							"mode packet]"), 1);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(service_lines_with("noted one user less of policy " LOCAL),
					 1);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(service_lines_with("updated policy " LOCAL " === " REMOTE
							" out [priority 367232, users 1, mode none]"), 1);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(service_lines_with("removed policy " LOCAL " === " REMOTE
							" out [priority 0, users 0, mode none]"), 1);
	sp_clear(&trap);
}
END_TEST

START_TEST(test_shunt_between)
{
	test_sp_t pass;
	fake_sp_t sp;

	/* one with a priority of its own, so that it goes before a wider shunt
	 * that passes its traffic */
	sp_init(&pass, POLICY_OUT, "192.168.50.0/24", "192.168.50.0/24", 0, 0,
			HW_OFFLOAD_NO);
	pass.data.type = POLICY_PASS;
	pass.data.prio = POLICY_PRIORITY_PASS;
	ck_assert_int_eq(sp_add(&pass), SUCCESS);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, "192.168.50.0/24",
								 "192.168.50.0/24", &sp));
	ck_assert_uint_gt(sp.info.priority, 1001);
	sp_out.data.manual_prio = 1000;
	service_child_add();
	fake_kernel_device_down(kernel, NIC);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));
	ck_assert_uint_eq(sp.info.priority, 1001);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&pass), SUCCESS);
	sp_clear(&pass);
}
END_TEST

START_TEST(test_priority_moves)
{
	test_sp_t trap;
	fake_sp_t sp;
	int i;

	/* the one of a trap has the next lower precedence */
	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));
	ck_assert_uint_eq(sp.info.priority, PRIO_TRAP + 1);
	/* forward: with the guard in front of it the SP would be of no use, so it
	 * is updated first, even if nothing after that works */
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	for (i = 2; i <= 3; i++)
	{
		fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_UPDPOLICY, i,
						   FAKE_FAULT_ERROR, ENOMEM, "no memory");
	}
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));
	ck_assert_uint_eq(sp.info.priority, PRIO_TRAP + 1);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_uint_eq(sp.info.priority, PRIO_TRAP - 1);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));
	ck_assert_uint_eq(sp.info.priority, PRIO_TRAP);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));
	ck_assert_uint_eq(sp.info.priority, PRIO_TRAP + 1);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
}
END_TEST

START_TEST(test_wildcard_trap)
{
	test_sp_t trap;
	fake_sp_t sp;

	/* for any peer: it brings up CHILD_SAs, there is no SA for a NIC */
	sp_init(&trap, POLICY_OUT, LOCAL, "0.0.0.0/0", 0, 1, HW_OFFLOAD_PACKET);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	trap.data.dst->destroy(trap.data.dst);
	trap.data.dst = host_create_any(AF_INET);
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, "0.0.0.0/0",
								 &sp));
	ck_assert_int_eq(sp.tmpl_count, 1);
	ck_assert_int_eq(sp.offload.ifindex, 0);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	sp_clear(&trap);
}
END_TEST

START_TEST(test_max_blocked)
{
	test_sa_t sa;
	test_sp_t sp;
	fake_sp_t guard;
	char peer[32];
	int i;

	lib->settings->set_int(lib->settings, "%s.plugins.hw-offload.max_blocked",
						   3, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_forget_lines();
	/* peers with changing addresses that are lost, one after the other */
	for (i = 1; i <= 5; i++)
	{
		snprintf(peer, sizeof(peer), "192.168.50.%d/32", i + 2);
		sa_init(&sa, 0xc0000 + i, FALSE, HW_OFFLOAD_PACKET);
		sa.data.reqid = i;
		sp_init(&sp, POLICY_OUT, LOCAL, peer, 0xc0000 + i, i,
				HW_OFFLOAD_PACKET);
		ck_assert_int_eq(sa_add(&sa), SUCCESS);
		ck_assert_int_eq(sp_add(&sp), SUCCESS);
		ck_assert(fake_kernel_expire(kernel, sa.id.spi, TRUE));
		ck_assert(calls_wait(&calls.expires, i));
		ck_assert_int_eq(sp_del(&sp), SUCCESS);
		sa_del(&sa);
		ck_assert_int_eq(fake_kernel_count_sps(kernel), min(i, 3));
		sp_clear(&sp);
		sa_clear(&sa);
	}
	/* the oldest ones went */
	ck_assert_int_eq(service_lines_with("there are too many"), 2);
	ck_assert(!fake_kernel_get_guard(kernel, LOCAL, "192.168.50.4/32", &guard));
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, "192.168.50.5/32", &guard));
}
END_TEST

START_TEST(test_undo_lost)
{
	/* the guard is installed, but no answer arrives: it does not stay */
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_UPDPOLICY, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_undo_lost_then_refused)
{
	/* no answer arrives, and what is sent again is refused: either may be the
	 * guard's or the NIC's */
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1 + _i,
					   FAKE_FAULT_LOST, 0, NULL);
	service_refuse(XFRM_MSG_UPDPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_order)
{
	/* the guard can't be installed: then nothing is */
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1,
					   FAKE_FAULT_ERROR, ENOMEM, "no guard");
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	ck_assert_int_eq(service_lines_with("no guard"), 1);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_NEWPOLICY), 1);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);

	/* it was first, and it goes if the NIC refuses */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 2,
					   FAKE_FAULT_ERROR, EINVAL, "no policy");
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	ck_assert_int_eq(service_lines_with("no policy"), 1);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);

	/* it stays as long as the NIC's policy can't be removed, and then goes */
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_orphaned)
{
	test_sp_t new;

	/* the SP of the next CHILD_SA can't be installed */
	service_child_add();
	sa_out.id.spi = htonl(SPI_OUT + 1);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	sp_init(&new, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 1, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&new), FAILED);
	if (_i)
	{	/* charon gives up that one first, then it closes the other one */
		sp_del(&new);
	}
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert(guarded());
	ck_assert_int_eq(service_lines_with("stays blocked"), 1);
	sp_clear(&new);
}
END_TEST

START_TEST(test_orphaned_sa)
{
	/* the NIC has no room for the next CHILD_SA, or that is another one's */
	service_child_add();
	sa_out.id.spi = htonl(SPI_OUT + 1);
	sa_out.data.reqid += _i;
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, ENOSPC, "table full");
	ck_assert_int_eq(sa_add(&sa_out), FAILED);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(guarded(), !_i);
	ck_assert_int_eq(service_lines_with("stays blocked"), !_i);
}
END_TEST

START_TEST(test_rekey)
{
	test_sp_t new;
	fake_sp_t sp;

	service_child_add();
	fake_kernel_device_down(kernel, NIC);
	sa_out.id.spi = htonl(SPI_OUT + 1);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	sp_init(&new, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 1, 1,
			HW_OFFLOAD_PACKET);
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(sp_add(&new), SUCCESS);
	/* the guard was not touched */
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0), 1);
	ck_assert(guarded());
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_int_eq(sp.offload.ifindex, NIC);
	ck_assert_uint_eq(sp.tmpl[0].id.spi, htonl(SPI_OUT + 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert(guarded());
	ck_assert_int_eq(sp_del(&new), SUCCESS);
	ck_assert(!guarded());
	sp_clear(&new);
}
END_TEST

/**
 * Another NIC.
 */
#define OTHER 4

START_TEST(test_other_nic)
{
	test_sp_t new;
	fake_sp_t sp;

	service_child_add();
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_PACKET, NULL);
	fake_kernel_add_route(kernel, "192.168.50.2/32", OTHER, NULL, NULL, 0);
	sa_out.id.spi = htonl(SPI_OUT + 1);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	sp_init(&new, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 1, 1,
			HW_OFFLOAD_PACKET);
	/* the new one is refused, the old one is as it was */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1,
					   FAKE_FAULT_ERROR, EINVAL, "not there");
	ck_assert_int_eq(sp_add(&new), FAILED);
	ck_assert(guarded());
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_int_eq(sp.offload.ifindex, NIC);

	ck_assert_int_eq(sp_add(&new), SUCCESS);
	ck_assert(guarded());
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_int_eq(sp.offload.ifindex, OTHER);
	ck_assert_int_eq(sp.info.sel.ifindex, OTHER);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 4);
	sp_clear(&new);
}
END_TEST

START_TEST(test_software_follows)
{
	test_sp_t new;
	fake_sp_t sp;

	/* the next SA is not offloaded: its SP takes the place of the guard */
	service_child_clear();
	service_child_init(HW_OFFLOAD_AUTO);
	service_child_add();
	ck_assert(guarded());
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_NONE);
	sa_out.id.spi = htonl(SPI_OUT + 1);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	sp_init(&new, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 1, 1, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sp_add(&new), SUCCESS);
	ck_assert(!guarded());
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_int_eq(sp.info.action, XFRM_POLICY_ALLOW);
	ck_assert_int_eq(sp.offload.ifindex, 0);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 3);

	/* and back to the one before */
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_PACKET);
	ck_assert_int_eq(sp_del(&new), SUCCESS);
	ck_assert(guarded());
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&new);
}
END_TEST

START_TEST(test_query)
{
	kernel_ipsec_query_policy_t data = {};
	time_t used;

	/* the guard's is of no interest, nor that there is one */
	service_child_add();
	ck_assert(fake_kernel_use_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE,
								 time(NULL) - 10));
	ck_assert_int_eq(ipsec->query_policy(ipsec, &sp_out.id, &data, &used),
					 SUCCESS);
	ck_assert_int_ge(used, time_monotonic(NULL) - 12);
	ck_assert_int_le(used, time_monotonic(NULL) - 8);
	/* the one in the NIC is gone, so it was not used */
	fake_kernel_device_down(kernel, NIC);
	ck_assert_int_eq(ipsec->query_policy(ipsec, &sp_out.id, &data, &used),
					 SUCCESS);
	ck_assert_int_eq(used, 0);
}
END_TEST

TCase *guard_tcase(void)
{
	TCase *tcase = tcase_create("guard");

	tcase_add_checked_fixture(tcase, service_child_setup,
							  service_child_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_guard);
	tcase_add_test(tcase, test_logged);
	tcase_add_test(tcase, test_shunt_between);
	tcase_add_test(tcase, test_priority_moves);
	tcase_add_test(tcase, test_wildcard_trap);
	tcase_add_test(tcase, test_max_blocked);
	tcase_add_test(tcase, test_undo_lost);
	tcase_add_loop_test(tcase, test_undo_lost_then_refused, 0, 2);
	tcase_add_test(tcase, test_order);
	tcase_add_loop_test(tcase, test_orphaned, 0, 2);
	tcase_add_loop_test(tcase, test_orphaned_sa, 0, 2);
	tcase_add_test(tcase, test_rekey);
	tcase_add_test(tcase, test_other_nic);
	tcase_add_test(tcase, test_software_follows);
	tcase_add_test(tcase, test_query);
	return tcase;
}
