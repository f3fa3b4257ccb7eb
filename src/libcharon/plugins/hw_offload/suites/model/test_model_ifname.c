/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of ifname_table: what names stand and stood for.
 */

#include "model_suites.h"

#include "../../model/state/ifname_table.h"

static ifname_table_t *table;

static void setup(void)
{
	model_setup();
	table = hwo_ifname_table_create();
}

static void teardown(void)
{
	table->destroy(table);
	model_teardown();
}

START_TEST(test_current)
{
	ck_assert_uint_eq(table->get(table, "eth0", 3, 0), 3);
	ck_assert_uint_eq(table->get(table, "eth0", 3, 1), 0);
	ck_assert_uint_eq(table->get(table, "eth0", 0, 0), 0);
	table->add(table, "eth0", 3);
	ck_assert_uint_eq(table->get(table, "eth0", 3, 0), 3);
	ck_assert_uint_eq(table->get(table, "eth0", 3, 1), 0);
}
END_TEST

START_TEST(test_former)
{
	table->add(table, "ppp0", 3);
	table->add(table, "ppp0", 3);
	table->add(table, "ppp1", 4);
	table->add(table, "ppp0", 5);
	/* gone */
	ck_assert_uint_eq(table->get(table, "ppp0", 0, 0), 5);
	ck_assert_uint_eq(table->get(table, "ppp0", 0, 1), 3);
	ck_assert_uint_eq(table->get(table, "ppp0", 0, 2), 0);
	/* back with another index */
	ck_assert_uint_eq(table->get(table, "ppp0", 7, 0), 7);
	ck_assert_uint_eq(table->get(table, "ppp0", 7, 1), 5);
	ck_assert_uint_eq(table->get(table, "ppp0", 7, 2), 3);
	ck_assert_uint_eq(table->get(table, "ppp0", 7, 3), 0);
	/* back with the index of another one */
	ck_assert_uint_eq(table->get(table, "ppp0", 4, 0), 4);
	ck_assert_uint_eq(table->get(table, "ppp0", 4, 1), 5);
	/* a prefix is another name */
	ck_assert_uint_eq(table->get(table, "ppp", 0, 0), 0);

	table->remove(table, "ppp0", 3);
	ck_assert_uint_eq(table->get(table, "ppp0", 0, 0), 3);
	ck_assert_uint_eq(table->get(table, "ppp0", 0, 1), 5);
	table->remove(table, "ppp0", 3);
	ck_assert_uint_eq(table->get(table, "ppp0", 0, 0), 5);
	ck_assert_uint_eq(table->get(table, "ppp0", 0, 1), 0);
	table->remove(table, "ppp0", 3);
	table->remove(table, "ppp0", 5);
	ck_assert_uint_eq(table->get(table, "ppp0", 0, 0), 0);
	ck_assert_uint_eq(table->get(table, "ppp1", 0, 0), 4);
}
END_TEST

TCase *ifname_tcase(void)
{
	TCase *tcase = tcase_create("ifname");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_current);
	tcase_add_test(tcase, test_former);
	return tcase;
}
