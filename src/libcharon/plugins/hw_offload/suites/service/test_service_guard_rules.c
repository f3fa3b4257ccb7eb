/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what guards depend on: settings, the kernel and addresses.
 */

#include "service_child.h"

#include <arpa/inet.h>

START_TEST(test_off)
{
	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload.fail_closed",
							FALSE, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_child_add();
	ck_assert(!service_child_guarded());
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
}
END_TEST

/**
 * Tunnels between networks, of which we have an address or not.
 */
static const struct {
	fake_version_t version;
	ipsec_mode_t mode;
	bool have_address, refused;
} origins[] = {
	{ FAKE_LINUX_6_12, MODE_TUNNEL, TRUE, TRUE },
	{ FAKE_LINUX_6_12, MODE_TUNNEL, FALSE, FALSE },
	{ FAKE_LINUX_6_12, MODE_TRANSPORT, TRUE, FALSE },
	{ FAKE_LINUX_7_2, MODE_TUNNEL, TRUE, FALSE },
};

START_TEST(test_route_leak)
{
	ck_assert(service_start(origins[_i].version, FAKE_CAPS_PACKET, NULL));
	service_forget_lines();
	calls.have_address = origins[_i].have_address;
	sa_in.data.mode = sa_out.data.mode = sp_out.cfg.mode = origins[_i].mode;
	if (!origins[_i].refused)
	{
		ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
		ck_assert_str_eq(sa_mode(SPI_IN), "packet");
		ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
		ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
		return;
	}
	ck_assert_int_eq(sa_add(&sa_in), FAILED);
	ck_assert_int_eq(service_lines_with("route-leak"), 1);
	/* nor a trap */
	sp_out.cfg.esp.spi = 0;
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	ck_assert_int_eq(service_lines_with("route-leak"), 2);
	/* automatic does without */
	sa_in.data.hw_offload = sa_out.data.hw_offload = HW_OFFLOAD_AUTO;
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_IN), "crypto");
	ck_assert_str_eq(sa_mode(SPI_OUT), "crypto");
	ck_assert_int_eq(service_lines_with("route-leak"), 3);
	sp_out.data.hw_offload = HW_OFFLOAD_AUTO;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
}
END_TEST

START_TEST(test_subnet_trap)
{
	char *local = _i ? "10.1.0.0/16" : LOCAL;
	test_sp_t sp;

	/* there is no SA whose mode it could follow */
	ck_assert(service_start(FAKE_LINUX_6_12, FAKE_CAPS_PACKET, NULL));
	sp_init(&sp, POLICY_OUT, local, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp), _i ? FAILED : SUCCESS);
	sp_clear(&sp);
	sp_init(&sp, POLICY_OUT, local, REMOTE, 0, 1, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, local, REMOTE),
					 _i ? "none" : "packet");
	sp_clear(&sp);
	/* NICs of a newer kernel match it */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	sp_init(&sp, POLICY_OUT, local, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	sp_clear(&sp);
}
END_TEST

TCase *guard_rules_tcase(void)
{
	TCase *tcase = tcase_create("guard_rules");

	tcase_add_checked_fixture(tcase, service_child_setup,
							  service_child_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_off);
	tcase_add_loop_test(tcase, test_route_leak, 0, countof(origins));
	tcase_add_loop_test(tcase, test_subnet_trap, 0, 2);
	return tcase;
}
