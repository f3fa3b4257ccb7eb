/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of routes, rules and addresses that change when CHILD_SAs are there.
 */

#include "service_reroute.h"

#include <netinet/in.h>

#include "../../service/device/route_leak.h"

START_TEST(test_multipath_later)
{
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_AUTO);
	ck_assert(reroute_pair_is("packet3"));
	fake_kernel_add_hop(kernel, "192.168.50.2", OTHER, FALSE);
	/* half of its packets are blocked until it is rekeyed */
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	reroute_child_del();
}
END_TEST

START_TEST(test_multipath_reason)
{
	bool strict = _i;

	/* in crypto mode it stays, as the kernel encrypts what goes elsewhere */
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(strict ? HW_OFFLOAD_CRYPTO : HW_OFFLOAD_AUTO);
	ck_assert(reroute_pair_is("crypto3"));
	service_forget_lines();
	fake_kernel_add_hop(kernel, "192.168.50.2", OTHER, FALSE);
	ck_assert(service_wait_line("stays in mode crypto on device nic3, "
								"multipath"));
	reroute_wait_check();
	ck_assert_int_eq(line_count(), 1);
	/* packet mode may be had again, by new SAs */
	service_forget_lines();
	reroute_to(NIC);
	ck_assert(service_wait_line(strict ? "stays in mode crypto on device nic3, "
										 "as-requested" :
										 "stays in mode crypto on device nic3, "
										 "in-use"));
	ck_assert(reroute_pair_is("crypto3"));
	ck_assert_int_eq(calls.expires, 0);
	reroute_child_del();
}
END_TEST

START_TEST(test_multipath_strict_later)
{
	reroute_start(FAKE_CAPS_PACKET, _i ? "rebind_refused" : NULL, "close");
	reroute_child_add(HW_OFFLOAD_PACKET);
	fake_kernel_add_hop(kernel, "192.168.50.2", OTHER, FALSE);
	if (_i)
	{
		ck_assert(calls_wait(&calls.expires, 1));
		/* its traffic stays blocked */
		ck_assert(calls.expire_hard);
		service_child_clear();
		return;
	}
	ck_assert(service_wait_line("it stays"));
	ck_assert_int_eq(calls.expires, 0);
	ck_assert(reroute_pair_is("packet3"));
	reroute_child_del();
}
END_TEST

START_TEST(test_rule_later)
{
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_AUTO);
	fake_kernel_add_rule(kernel, AF_INET, IPPROTO_UDP, 0);
	ck_assert(calls_wait(&calls.expires, 1));
	reroute_child_del();
}
END_TEST

START_TEST(test_leak)
{
	hwo_guard_rules_t rules = {
		.fail_closed = TRUE,
	};
	hwo_sa_facts_t facts = {
		.mode = MODE_TUNNEL,
		.local = {
			.net[0] = { AF_INET, { 10, 1, 0, 0 } },
			.prefix[0] = 16,
			.count = 1,
		},
	};

	/* an address of ours comes into the selector, and goes */
	calls.have_address = FALSE;
	ck_assert(!hwo_route_leak(&rules, HW_OFFLOAD_AUTO, AF_INET, &facts));
	calls.have_address = TRUE;
	ck_assert(hwo_route_leak(&rules, HW_OFFLOAD_AUTO, AF_INET, &facts));
	ck_assert(hwo_route_leak(&rules, HW_OFFLOAD_PACKET, AF_INET, &facts));
	ck_assert(!hwo_route_leak(&rules, HW_OFFLOAD_CRYPTO, AF_INET, &facts));
	rules.route_checked = TRUE;
	ck_assert(!hwo_route_leak(&rules, HW_OFFLOAD_AUTO, AF_INET, &facts));
	rules.route_checked = FALSE;
	calls.have_address = FALSE;
	ck_assert(!hwo_route_leak(&rules, HW_OFFLOAD_AUTO, AF_INET, &facts));
	/* not all of the networks are known, any may have one */
	facts.local.count = HWO_MAX_NETS + 1;
	ck_assert(hwo_route_leak(&rules, HW_OFFLOAD_AUTO, AF_INET, &facts));
}
END_TEST

TCase *route_later_tcase(void)
{
	TCase *tcase = tcase_create("route_later");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_multipath_later);
	tcase_add_loop_test(tcase, test_multipath_reason, 0, 2);
	tcase_add_loop_test(tcase, test_multipath_strict_later, 0, 2);
	tcase_add_test(tcase, test_rule_later);
	tcase_add_test(tcase, test_leak);
	return tcase;
}
