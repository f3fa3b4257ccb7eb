/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of limits: those the kernel is not given are watched, and charon hears
 * of each of them once.
 */

#include "service_suites.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include <processing/jobs/callback_job.h>

#include "../../model/plan/limit_plan.h"

#define SPI 0xc0000015

static test_sa_t sa;
static fake_sa_t installed;

static void limits_setup(void)
{
	service_setup();
	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_PACKET);
	sa.lifetime.bytes.rekey = 100000;
	sa.lifetime.bytes.life = 200000;
	fake_kernel_refuse_bytes(kernel, NIC, TRUE);
}

static void limits_teardown(void)
{
	sa_clear(&sa);
	service_teardown();
}

START_TEST(test_bytes_refused)
{
	sa.data.hw_offload = _i ? HW_OFFLOAD_AUTO : HW_OFFLOAD_PACKET;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI), "packet");
	ck_assert_int_eq(line_count(), 0);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_uint_eq(installed.info.lft.soft_byte_limit, XFRM_INF);
	ck_assert_uint_eq(installed.info.lft.hard_byte_limit, XFRM_INF);
	ck_assert_uint_eq(installed.info.lft.soft_packet_limit, 1000);
	ck_assert_uint_eq(installed.info.lft.hard_packet_limit, 2000);

	fake_kernel_use_sa(kernel, htonl(SPI), 100000, 100, 0);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_uint_eq(calls.expire_spi, htonl(SPI));
	/* then no packet more */
	fake_kernel_use_sa(kernel, htonl(SPI), 200000, 200, 0);
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert(calls.expire_hard);
	ck_assert_str_eq(sa_mode(SPI), "missing");
	ck_assert_int_eq(calls.expires, 2);
}
END_TEST

START_TEST(test_both_at_once)
{
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	/* no packet more, but a rekeying, which a hard limit would prevent */
	fake_kernel_use_sa(kernel, htonl(SPI), 200000, 200, 0);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_str_eq(sa_mode(SPI), "missing");
	ck_assert(!calls.expire_hard);
	ck_assert_int_eq(service_lines_with("reached its hard limit at once"), 1);
	ck_assert_int_eq(calls.expires, 1);
}
END_TEST

START_TEST(test_missing)
{
	/* removed by somebody, of which there is no announcement */
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	fake_kernel_drop_sa(kernel, htonl(SPI));
	/* others may notice first, and charon does not know it here */
	ck_assert(calls_wait(&calls.expires, 1) || calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_int_eq(service_lines_with("is not in the kernel anymore"), 1);
	ck_assert_int_eq(calls.expires, 1);
}
END_TEST

START_TEST(test_speed)
{
	u_int before;

	/* slow enough to leave that alone for minutes */
	test_link_speed = 1000;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_uint_eq(test_link_asked, NIC);
	before = fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_GETSA);
	usleep(2 * HWO_WATCH_IDLE_MIN * 1000);
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_GETSA),
					  before);
}
END_TEST

START_TEST(test_bytes_accepted)
{
	fake_kernel_refuse_bytes(kernel, NIC, FALSE);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_uint_eq(installed.info.lft.soft_byte_limit, 100000);
	ck_assert_uint_eq(installed.info.lft.hard_byte_limit, 200000);
}
END_TEST

START_TEST(test_refused_anyway)
{
	/* bytes are not why: the words are about what is */
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_CRYPTO);
	sa.data.hw_offload = HW_OFFLOAD_AUTO;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI), "crypto");
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_uint_eq(installed.info.lft.soft_byte_limit, 100000);
	ck_assert_uint_eq(installed.info.lft.hard_byte_limit, 200000);
}
END_TEST

START_TEST(test_hard_only)
{
	/* which NICs refuse */
	memset(&sa.lifetime.bytes, 0, sizeof(sa.lifetime.bytes));
	sa.lifetime.packets.rekey = 0;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI), "packet");
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_uint_eq(installed.info.lft.hard_packet_limit, XFRM_INF);
	fake_kernel_use_sa(kernel, htonl(SPI), 1, 2000, 0);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(calls.expire_hard);
	ck_assert_str_eq(sa_mode(SPI), "missing");
}
END_TEST

START_TEST(test_kernel_late)
{
	memset(&sa.lifetime.bytes, 0, sizeof(sa.lifetime.bytes));
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	fake_kernel_use_sa(kernel, htonl(SPI), 1, 1000, 0);
	ck_assert(calls_wait(&calls.expires, 1));
	/* that is no news anymore, but the next one is */
	ck_assert(fake_kernel_expire(kernel, htonl(SPI), FALSE));
	ck_assert(fake_kernel_expire(kernel, htonl(SPI), FALSE));
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert(fake_kernel_expire(kernel, htonl(SPI), TRUE));
	ck_assert(calls_wait(&calls.expires, 3));
	ck_assert_int_eq(calls.expires, 3);
	ck_assert(calls.expire_hard);
}
END_TEST

START_TEST(test_kernel_first)
{
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	/* by time, say: rekeying has begun, so it needs no other reason */
	ck_assert(fake_kernel_expire(kernel, htonl(SPI), FALSE));
	ck_assert(calls_wait(&calls.expires, 1));
	fake_kernel_use_sa(kernel, htonl(SPI), 200000, 100, 0);
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert(calls.expire_hard);
	ck_assert_int_eq(service_lines_with("soft limit"), 0);
}
END_TEST

START_TEST(test_no_esn)
{
	sa.data.esn = FALSE;
	memset(&sa.lifetime, 0, sizeof(sa.lifetime));
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_uint_lt(installed.info.lft.soft_packet_limit,
					  installed.info.lft.hard_packet_limit);
	ck_assert_uint_lt(installed.info.lft.hard_packet_limit, 1ULL << 32);
}
END_TEST

START_TEST(test_large)
{
	sa.lifetime.packets.rekey = 5000000000;
	sa.lifetime.packets.life = 6000000000;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_uint_lt(installed.info.lft.soft_packet_limit,
					  installed.info.lft.hard_packet_limit);
	ck_assert_uint_lt(installed.info.lft.hard_packet_limit, 1ULL << 32);
}
END_TEST

/**
 * A message of IKE that takes its time.
 */
static job_requeue_t busy(void *data)
{
	usleep(100000);
	return JOB_REQUEUE_NONE;
}

START_TEST(test_busy_charon)
{
	int i;

	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	for (i = 0; i < 400; i++)
	{
		lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create(busy, NULL, NULL, NULL));
	}
	fake_kernel_use_sa(kernel, htonl(SPI), 300000, 300, 0);
	while (!streq(sa_mode(SPI), "missing"))
	{
		usleep(1000);
	}
	/* it did not have to wait for them */
	ck_assert_uint_gt(lib->processor->get_job_load(lib->processor,
												   JOB_PRIO_MEDIUM), 100);
}
END_TEST

TCase *limit_tcase(void)
{
	TCase *tcase = tcase_create("limits");

	tcase_add_checked_fixture(tcase, limits_setup, limits_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_bytes_refused, 0, 2);
	tcase_add_test(tcase, test_both_at_once);
	tcase_add_test(tcase, test_missing);
	tcase_add_test(tcase, test_speed);
	tcase_add_test(tcase, test_bytes_accepted);
	tcase_add_test(tcase, test_refused_anyway);
	tcase_add_test(tcase, test_hard_only);
	tcase_add_test(tcase, test_kernel_late);
	tcase_add_test(tcase, test_kernel_first);
	tcase_add_test(tcase, test_no_esn);
	tcase_add_test(tcase, test_large);
	tcase_add_test(tcase, test_busy_charon);
	return tcase;
}
