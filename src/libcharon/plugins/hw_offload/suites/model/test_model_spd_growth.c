/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of when the kernel's table of SPs may have grown.
 */

#include "model_suites.h"

#include "../../model/plan/spd_growth.h"

/** A second after which nothing more is to come */
#define GROWN HWO_SPD_GROWN

static hwo_spd_growth_t growth;

/**
 * Check the result of a check.
 */
static void check(uint32_t count, uint64_t now, bool grows, u_int wanted)
{
	u_int again;

	ck_assert_int_eq(hwo_spd_growth_check(&growth, count, now, &again), grows);
	ck_assert_uint_eq(again, wanted);
}

static void setup(void)
{
	memset(&growth, 0, sizeof(growth));
}

START_TEST(test_few)
{
	check(0, 1, FALSE, 0);
	check(7, 2, FALSE, 0);
	ck_assert_uint_eq(growth.buckets, 8);
}
END_TEST

START_TEST(test_grows_once)
{
	/* soon after it usually has, a second later it certainly has */
	hwo_spd_growth_added(&growth, 50);
	check(8, 100, TRUE, GROWN);
	check(9, 100 + GROWN - 1, TRUE, 1);
	ck_assert_uint_eq(growth.buckets, 8);
	check(9, 100 + GROWN, TRUE, 0);
	ck_assert_uint_eq(growth.buckets, 16);
	check(15, 5000, FALSE, 0);
	/* it never shrinks */
	check(2, 6000, FALSE, 0);
	check(16, 7000, TRUE, GROWN);
}
END_TEST

START_TEST(test_many_at_once)
{
	/* the table grows once, and with the next one that is added again */
	hwo_spd_growth_added(&growth, 50);
	hwo_spd_growth_added(&growth, 60);
	check(1000, 100, TRUE, GROWN);
	check(1000, 100 + GROWN, TRUE, 0);
	ck_assert_uint_eq(growth.buckets, 16);
	hwo_spd_growth_added(&growth, 8900);
	check(1001, 9000, TRUE, GROWN);
	check(1001, 9000 + GROWN, TRUE, 0);
	ck_assert_uint_eq(growth.buckets, 32);
}
END_TEST

START_TEST(test_others_direction)
{
	/* what is added inbound may let it grow, but need not */
	growth.count = 8;
	check(8, 100, TRUE, GROWN);
	check(8, 100 + GROWN, TRUE, 0);
	ck_assert_uint_eq(growth.buckets, 8);
	check(8, 5000, TRUE, GROWN);
	/* an outbound one comes late: wait for that, too */
	hwo_spd_growth_added(&growth, 5990);
	check(9, 6000, TRUE, 990);
	ck_assert_uint_eq(growth.buckets, 8);
	check(9, 6990, TRUE, 0);
	ck_assert_uint_eq(growth.buckets, 16);
}
END_TEST

START_TEST(test_more_than_before)
{
	/* nobody saw how they were added, but there are more of them */
	check(8, 100, TRUE, GROWN);
	check(8, 100 + GROWN, TRUE, 0);
	ck_assert_uint_eq(growth.buckets, 16);
	check(20, 5000, TRUE, GROWN);
	check(20, 5000 + GROWN, TRUE, 0);
	ck_assert_uint_eq(growth.buckets, 32);
}
END_TEST

START_TEST(test_fewer_meanwhile)
{
	/* those that let it grow are gone, but it has grown or will */
	hwo_spd_growth_added(&growth, 50);
	check(8, 100, TRUE, GROWN);
	check(3, 100 + GROWN, TRUE, 0);
	check(3, 5000, FALSE, 0);
}
END_TEST

TCase *spd_growth_tcase(void)
{
	TCase *tcase = tcase_create("spd_growth");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, test_few);
	tcase_add_test(tcase, test_grows_once);
	tcase_add_test(tcase, test_many_at_once);
	tcase_add_test(tcase, test_others_direction);
	tcase_add_test(tcase, test_more_than_before);
	tcase_add_test(tcase, test_fewer_meanwhile);
	return tcase;
}
