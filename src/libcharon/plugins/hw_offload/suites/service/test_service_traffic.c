/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the fake kernel's traffic: packets fare as in Linux, and what must
 * not happen is seen.
 */

#include "service_child.h"

#include <netinet/in.h>

#include "../fake/fake_traffic.h"

/** the flow that the CHILD_SA covers */
static u_int flow;

/**
 * Install a CHILD_SA, with traffic.
 */
static void start(fake_version_t version, hw_offload_t requested)
{
	ck_assert(service_start(version, FAKE_CAPS_PACKET, NULL));
	fake_kernel_traffic(kernel, TRUE);
	flow = fake_kernel_add_flow(kernel, "192.168.50.1", 1000, "192.168.50.2",
								2000, IPPROTO_UDP);
	service_child_init(requested);
	fake_kernel_send(kernel);
	ck_assert_int_eq(fake_kernel_fate(kernel, flow, NULL), FAKE_CLEAR);
	service_child_add();
	fake_kernel_cover(kernel, flow, TRUE);
}

/**
 * Send a packet, and find out what becomes of it.
 */
static fake_fate_t send_one(void)
{
	fake_kernel_send(kernel);
	return fake_kernel_fate(kernel, flow, NULL);
}

/**
 * Get packets that are reported of the outbound SA.
 */
static uint64_t reported(void)
{
	fake_sa_t sa;

	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &sa));
	return sa.info.curlft.packets;
}

START_TEST(test_numbers)
{
	hw_offload_t modes[] = { HW_OFFLOAD_NO, HW_OFFLOAD_CRYPTO,
							 HW_OFFLOAD_PACKET };

	start(FAKE_LINUX_7_2, modes[_i]);
	ck_assert_int_eq(send_one(), FAKE_PROTECTED);
	ck_assert_int_eq(send_one(), FAKE_PROTECTED);
	ck_assert(!fake_kernel_violation(kernel));
	/* with the same key, it begins anew */
	fake_kernel_cover(kernel, flow, FALSE);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(send_one(), FAKE_PROTECTED);
	ck_assert(strstr(fake_kernel_violation(kernel), "again: 1 after"));
	service_child_clear();
}
END_TEST

START_TEST(test_late)
{
	start(FAKE_LINUX_7_2, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(send_one(), FAKE_PROTECTED);
	ck_assert_int_eq(reported(), 0);
	fake_kernel_second(kernel);
	ck_assert_int_eq(reported(), 0);
	ck_assert_int_eq(send_one(), FAKE_PROTECTED);
	fake_kernel_second(kernel);
	ck_assert_int_eq(reported(), 1);
	fake_kernel_second(kernel);
	ck_assert_int_eq(reported(), 2);
	service_child_clear();
}
END_TEST

START_TEST(test_guarded)
{
	start(FAKE_LINUX_7_2, HW_OFFLOAD_PACKET);
	fake_kernel_device_down(kernel, NIC);
	ck_assert_int_eq(send_one(), FAKE_BLOCKED);
	ck_assert(!fake_kernel_violation(kernel));
	service_child_clear();
}
END_TEST

START_TEST(test_clear)
{
	start(FAKE_LINUX_7_2, HW_OFFLOAD_NO);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(send_one(), FAKE_CLEAR);
	ck_assert_str_eq(fake_kernel_violation(kernel), "flow 0 leaves in clear");
	service_child_clear();
}
END_TEST

START_TEST(test_acquire)
{
	start(FAKE_LINUX_7_2, HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(send_one(), FAKE_NO_SA);
	ck_assert_str_eq(sa_mode(SPI_OUT), "larval");
	ck_assert(calls_wait(&calls.acquires, 1));
	/* just one, as long as it waits */
	ck_assert_int_eq(send_one(), FAKE_NO_SA);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 2);
	service_child_clear();
}
END_TEST

START_TEST(test_other_route)
{
	start(_i ? FAKE_LINUX_7_2 : FAKE_LINUX_6_12, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(send_one(), FAKE_PROTECTED);
	fake_kernel_add_device(kernel, 4, FAKE_CAPS_PACKET, NULL);
	fake_kernel_silent_route(kernel, "192.168.50.2", 4);
	/* the policy is limited to the NIC, so its guard is met in any case */
	ck_assert_int_eq(send_one(), FAKE_BLOCKED);
	ck_assert(!fake_kernel_violation(kernel));
	service_child_clear();
}
END_TEST

/*
 * Described in header
 */
TCase *traffic_tcase(void)
{
	TCase *tcase = tcase_create("traffic");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_add_loop_test(tcase, test_numbers, 0, 3);
	tcase_add_test(tcase, test_late);
	tcase_add_test(tcase, test_guarded);
	tcase_add_test(tcase, test_clear);
	tcase_add_test(tcase, test_acquire);
	tcase_add_loop_test(tcase, test_other_route, 0, 2);
	return tcase;
}
