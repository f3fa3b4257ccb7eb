/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of ICMP errors about decrypted packets.
 */

#include "service_child.h"

/**
 * Limit an SP to UDP, from or to a port.
 */
static void limit(test_sp_t *sp, uint8_t proto)
{
	sp->id.src_ts->destroy(sp->id.src_ts);
	sp->id.dst_ts->destroy(sp->id.dst_ts);
	sp->id.src_ts = traffic_selector_create_from_cidr(
							sp->id.dir == POLICY_OUT ? LOCAL : REMOTE, proto,
							0, 65535);
	sp->id.dst_ts = traffic_selector_create_from_cidr(
							sp->id.dir == POLICY_OUT ? REMOTE : LOCAL, proto,
							proto ? 4789 : 0, proto ? 4789 : 65535);
}

static void child_init(hw_offload_t requested)
{
	service_child_clear();
	service_child_init(requested);
	limit(&sp_in, IPPROTO_UDP);
	limit(&sp_out, IPPROTO_UDP);
}

static void icmp_setup(void)
{
	service_setup();
	service_child_init(HW_OFFLOAD_PACKET);
	child_init(HW_OFFLOAD_PACKET);
}

static void icmp_teardown(void)
{
	service_child_clear();
	service_teardown();
}

static void child_del(void)
{
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
}

/**
 * In which modes errors are blocked, and how many SPs there are.
 */
static const struct {
	hw_offload_t requested;
	fake_caps_t caps;
	int sps;
} modes[] = {
	{ HW_OFFLOAD_PACKET,	FAKE_CAPS_PACKET,	4 + 4 },
	{ HW_OFFLOAD_AUTO,		FAKE_CAPS_PACKET,	4 + 4 },
	{ HW_OFFLOAD_AUTO,		FAKE_CAPS_CRYPTO,	2 + 4 },
	{ HW_OFFLOAD_AUTO,		FAKE_CAPS_NONE,		2 + 4 },
	{ HW_OFFLOAD_CRYPTO,	FAKE_CAPS_CRYPTO,	2 + 4 },
	{ HW_OFFLOAD_NO,		FAKE_CAPS_PACKET,	2 },
};

START_TEST(test_modes)
{
	ck_assert(service_start(FAKE_LINUX_7_2, modes[_i].caps, NULL));
	child_init(modes[_i].requested);
	service_child_add();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), modes[_i].sps);
	child_del();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_shared)
{
	test_sp_t other;

	service_child_add();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 8);
	sp_init(&other, POLICY_OUT, LOCAL, REMOTE, SPI_OUT, 1, HW_OFFLOAD_PACKET);
	limit(&other, IPPROTO_TCP);
	ck_assert_int_eq(sp_add(&other), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 10);
	child_del();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 6);
	ck_assert_int_eq(sp_del(&other), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&other);
}
END_TEST

/**
 * SPs for which none are needed: a trap, one that protects ICMP, a tunnel. Or
 * nobody wants that.
 */
START_TEST(test_none)
{
	int sps = 2;

	switch (_i)
	{
		case 0:
			sp_out.cfg.esp.spi = 0;
			break;
		case 1:
			limit(&sp_out, 0);
			break;
		case 2:
			sp_out.cfg.mode = MODE_TUNNEL;
			break;
		case 3:
			lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload."
									"block_icmp_errors", FALSE, lib->ns);
			ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
			break;
	}
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), sps);
}
END_TEST

START_TEST(test_lost)
{
	/* there are no packets to answer anymore, the guard stays alone */
	service_child_add();
	ck_assert(fake_kernel_expire(kernel, htonl(SPI_OUT), TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
}
END_TEST

TCase *icmp_tcase(void)
{
	TCase *tcase = tcase_create("icmp");

	tcase_add_checked_fixture(tcase, icmp_setup, icmp_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_modes, 0, countof(modes));
	tcase_add_test(tcase, test_shared);
	tcase_add_loop_test(tcase, test_none, 0, 4);
	tcase_add_test(tcase, test_lost);
	return tcase;
}
