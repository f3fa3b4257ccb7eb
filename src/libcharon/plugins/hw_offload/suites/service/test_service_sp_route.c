/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the routes that go along with SPs.
 */

#include "service_suites.h"

#include <arpa/inet.h>
#include <errno.h>

/** networks of the SPs */
#define LOCAL "10.1.0.0/16"
#define REMOTE "10.2.0.0/16"

START_TEST(test_route)
{
	test_sp_t sp;

	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_NO);
	sp.cfg.mode = MODE_TUNNEL;
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(calls.routes_added, 1);
	ck_assert_str_eq(calls.route_added,
					 "10.2.0.0/16 via 192.168.50.254 dev nic3 src 10.1.0.1");
	/* the same one for a second user */
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(calls.routes_added, 1);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(calls.routes_deleted, 0);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(calls.routes_deleted, 1);
	ck_assert_str_eq(calls.route_deleted, calls.route_added);

	/* somebody else's stays */
	calls.add_route_status = ALREADY_DONE;
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(calls.routes_added, 2);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(calls.routes_deleted, 1);

	/* no address of ours in there, no route; no reason to fail */
	calls.have_address = FALSE;
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(calls.routes_added, 2);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_route_range)
{
	test_sp_t sp;

	/* the selector of the policy is wider than what is configured, an address
	 * of ours in the rest of it is none for this route */
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_NO);
	sp.cfg.mode = MODE_TUNNEL;
	sp.id.src_ts->destroy(sp.id.src_ts);
	sp.id.src_ts = traffic_selector_create_from_string(0, TS_IPV4_ADDR_RANGE,
										"10.1.0.17", 0, "10.1.0.20", 65535);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_uint_eq(calls.address_from, 17);
	ck_assert_uint_eq(calls.address_to, 20);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_no_route)
{
	test_sp_t sp;

	/* neither for transport mode, nor for inbound SPs */
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_NO);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp_clear(&sp);
	sp_init(&sp, POLICY_IN, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_NO);
	sp.cfg.mode = MODE_TUNNEL;
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp_clear(&sp);
	ck_assert_int_eq(calls.routes_added, 0);
}
END_TEST

/** Index of the XFRM interface in our tests */
#define XFRMI 7

START_TEST(test_route_xfrmi)
{
	test_sp_t sp;

	/* if_id, not all XFRM interfaces are for it */
	fake_kernel_add_device(kernel, XFRMI, FAKE_CAPS_NONE, NULL);
	fake_kernel_set_if_id(kernel, XFRMI, 42);
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_NO);
	sp.cfg.mode = MODE_TUNNEL;
	sp.id.if_id = 42;
	/* the admin has routes for them, unless it is said otherwise */
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(calls.routes_added, 0);

	lib->settings->set_bool(lib->settings,
					"%s.plugins.hw-offload.install_routes_xfrmi", TRUE,
					lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_add_device(kernel, XFRMI, FAKE_CAPS_NONE, NULL);
	fake_kernel_set_if_id(kernel, XFRMI, 42);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_str_eq(calls.route_added,
					 "10.2.0.0/16 via (null) dev nic7 src 10.1.0.1");
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_str_eq(calls.route_deleted, calls.route_added);
	/* as if there was no ID */
	sp.id.if_id = 43;
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_str_eq(calls.route_added,
					 "10.2.0.0/16 via 192.168.50.254 dev nic3 src 10.1.0.1");
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp_clear(&sp);
}
END_TEST

TCase *sp_route_tcase(void)
{
	TCase *tcase = tcase_create("sp_route");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_route);
	tcase_add_test(tcase, test_route_range);
	tcase_add_test(tcase, test_no_route);
	tcase_add_test(tcase, test_route_xfrmi);
	return tcase;
}
