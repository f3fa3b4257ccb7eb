/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of requests to rekey CHILD_SAs: they wait for rekeyings that are under
 * way, which are seen by a second outbound SA with the same reqid.
 */

#include "service_child.h"

#include <arpa/inet.h>
#include <unistd.h>

/** SPIs of other outbound SAs with the same reqid */
#define NEXT (SPI_OUT + 1)
#define THIRD (SPI_OUT + 2)

static test_sa_t next, third;

static void rekey_setup(void)
{
	service_setup();
	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	sa_init(&next, NEXT, FALSE, HW_OFFLOAD_PACKET);
	sa_init(&third, THIRD, FALSE, HW_OFFLOAD_PACKET);
	service_forget_lines();
}

static void rekey_teardown(void)
{
	sa_clear(&next);
	sa_clear(&third);
	service_child_clear();
	service_teardown();
}

/**
 * Wait until so many requests wait.
 */
static bool wait_waiting(int count)
{
	int i;

	for (i = 0; i < TEST_DEADLINE; i++)
	{
		if (service_lines_with("has to wait for another rekeying") >= count)
		{
			break;
		}
		usleep(1000);
	}
	return service_lines_with("has to wait for another rekeying") == count;
}

START_TEST(test_at_once)
{
	ck_assert(fake_kernel_expire(kernel, sa_out.id.spi, FALSE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	ck_assert(!calls.expire_hard);
	ck_assert(wait_waiting(0));
}
END_TEST

START_TEST(test_concluded)
{
	/* the result of a rekeying reaches its limit before that is concluded */
	ck_assert_int_eq(sa_add(&next), SUCCESS);
	ck_assert(fake_kernel_expire(kernel, next.id.spi, FALSE));
	ck_assert(wait_waiting(1));
	ck_assert_int_eq(calls.expires, 0);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, next.id.spi);
	ck_assert(!calls.expire_hard);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
}
END_TEST

START_TEST(test_gone)
{
	/* requests have their turn in this order */
	ck_assert_int_eq(sa_add(&next), SUCCESS);
	ck_assert_int_eq(sa_add(&third), SUCCESS);
	ck_assert(fake_kernel_expire(kernel, sa_out.id.spi, FALSE));
	ck_assert(wait_waiting(1));
	ck_assert(fake_kernel_expire(kernel, next.id.spi, FALSE));
	ck_assert(wait_waiting(2));
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_del(&third), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(calls.expires, 1);
	ck_assert_uint_eq(calls.expire_spi, next.id.spi);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
}
END_TEST

START_TEST(test_never_concluded)
{
	/* two CHILD_SAs have the same reqid, or the peer does not answer */
	ck_assert_int_eq(sa_add(&next), SUCCESS);
	ck_assert(fake_kernel_expire(kernel, sa_out.id.spi, FALSE));
	ck_assert(wait_waiting(1));
	ck_assert_int_eq(calls.expires, 0);
	while (!calls_wait(&calls.expires, 1))
	{	/* as it waits nearly as long as we do usually */
	}
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
}
END_TEST

START_TEST(test_hard)
{
	/* there is nothing to wait for */
	ck_assert_int_eq(sa_add(&next), SUCCESS);
	ck_assert(fake_kernel_expire(kernel, next.id.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(calls.expire_hard);
	ck_assert(wait_waiting(0));
}
END_TEST

START_TEST(test_end)
{
	/* nobody hears of requests that still wait when the backend ends */
	ck_assert_int_eq(sa_add(&next), SUCCESS);
	ck_assert(fake_kernel_expire(kernel, next.id.spi, FALSE));
	ck_assert(wait_waiting(1));
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ipsec->destroy(ipsec);
	ipsec = NULL;
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

TCase *rekey_tcase(void)
{
	TCase *tcase = tcase_create("rekey");

	tcase_add_checked_fixture(tcase, rekey_setup, rekey_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_at_once);
	tcase_add_test(tcase, test_concluded);
	tcase_add_test(tcase, test_gone);
	tcase_add_test(tcase, test_never_concluded);
	tcase_add_test(tcase, test_hard);
	tcase_add_test(tcase, test_end);
	return tcase;
}
