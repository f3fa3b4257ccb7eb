/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the room on devices: a limit holds whatever reqids CHILD_SAs have,
 * and rekeying is not in its way.
 */

#include "model_suites.h"

#include <netinet/in.h>

#include "../../model/state/child_table.h"

static child_table_t *table;

static const hwo_offload_t packet = { HWO_MODE_PACKET, 3 },
						   crypto = { HWO_MODE_CRYPTO, 3 },
						   other = { HWO_MODE_PACKET, 4 },
						   any = { HWO_MODE_NONE, 3 };

static void setup(void)
{
	model_setup();
	table = hwo_child_table_create();
}

static void teardown(void)
{
	table->destroy(table);
	model_teardown();
}

static hwo_sa_id_t get_id(uint32_t spi)
{
	return (hwo_sa_id_t){
		.dst = { AF_INET, { 192, 168, 50, 1 } },
		.spi = htonl(spi),
		.proto = IPPROTO_ESP,
	};
}

/**
 * Begin to install an inbound SA.
 */
static hwo_child_t *begin(uint32_t spi, uint32_t reqid)
{
	hwo_sa_id_t id = get_id(spi);
	hwo_child_t *child;

	child = table->begin(table, &id, TRUE, reqid, 1);
	child->in.id = id;
	return child;
}

/**
 * Install it if there is room.
 */
static bool add(uint32_t spi, uint32_t reqid, const hwo_offload_t *offload,
				u_int max)
{
	hwo_child_t *child = begin(spi, reqid);
	bool admitted;

	admitted = table->admit(table, child, offload, max);
	if (admitted)
	{
		child->in.outcome.effective = *offload;
	}
	table->checkin(table, child);
	return admitted;
}

static void del(uint32_t spi)
{
	hwo_sa_id_t id = get_id(spi);
	hwo_child_t *child;

	child = table->checkout(table, &id);
	memset(&child->in, 0, sizeof(child->in));
	table->checkin(table, child);
}

START_TEST(test_limit)
{
	/* for two pairs */
	ck_assert(add(1, 1, &packet, 5));
	ck_assert(add(2, 2, &packet, 5));
	ck_assert(!add(3, 3, &packet, 5));
	/* each mode and device by itself */
	ck_assert(add(4, 4, &crypto, 5));
	ck_assert(add(5, 5, &other, 5));
	ck_assert_uint_eq(table->count(table, &packet), 2);
	ck_assert_uint_eq(table->count(table, &crypto), 1);
	del(1);
	ck_assert_uint_eq(table->count(table, &packet), 1);
	ck_assert(add(6, 6, &packet, 5));
	ck_assert(!add(7, 7, &packet, 5));
}
END_TEST

START_TEST(test_reserved)
{
	hwo_child_t *child, *next;

	/* one that is under way counts, in each mode that it may get */
	child = begin(1, 1);
	ck_assert(table->admit(table, child, &packet, 2));
	ck_assert(table->admit(table, child, &crypto, 2));
	ck_assert(table->admit(table, child, &packet, 2));
	next = begin(2, 2);
	ck_assert(!table->admit(table, next, &packet, 2));
	ck_assert(!table->admit(table, next, &crypto, 2));
	/* it was refused in packet mode */
	child->in.outcome.effective = crypto;
	table->checkin(table, child);
	ck_assert(table->admit(table, next, &packet, 2));
	ck_assert(!table->admit(table, next, &crypto, 2));
	/* this one is not installed at all */
	memset(&next->in, 0, sizeof(next->in));
	table->checkin(table, next);
	ck_assert_uint_eq(table->count(table, &packet), 0);
	ck_assert_uint_eq(table->count(table, &crypto), 1);
}
END_TEST

START_TEST(test_rekey)
{
	int i;

	/* the device is full, but each of these takes the place of the last one */
	ck_assert(add(1, 1, &packet, 2));
	for (i = 1; i < 10; i++)
	{
		ck_assert(add(i + 1, 1, &packet, 2));
		del(i);
		ck_assert_uint_eq(table->count(table, &packet), 1);
		ck_assert(!add(100 + i, 2, &packet, 2));
	}
	del(i);
	ck_assert_uint_eq(table->count(table, &packet), 0);
	ck_assert_uint_eq(table->count(table, &any), 0);
}
END_TEST

START_TEST(test_rekey_fails)
{
	/* the new one goes, the old one stays */
	ck_assert(add(1, 1, &packet, 2));
	ck_assert(add(2, 1, &packet, 2));
	del(2);
	ck_assert_uint_eq(table->count(table, &packet), 1);
	ck_assert(add(3, 1, &packet, 2));
}
END_TEST

START_TEST(test_same_reqid)
{
	int i, admitted = 0;

	/* CHILD_SAs per CPU, or duplicates: one may replace another, not all */
	for (i = 0; i < 16; i++)
	{
		admitted += add(i + 1, 1, &packet, 4);
	}
	ck_assert_int_eq(admitted, 3);
	ck_assert_uint_eq(table->count(table, &packet), 2);
	ck_assert(!add(100, 2, &packet, 4));
}
END_TEST

START_TEST(test_extra_moves)
{
	const hwo_offload_t elsewhere = { HWO_MODE_CRYPTO, 4 };
	hwo_sa_id_t id = get_id(2);
	hwo_child_t *child;

	/* one that is to replace another follows its packets to a device that is
	 * not full, or is: it has never counted on the one that it leaves */
	ck_assert(add(1, 1, &crypto, 2));
	ck_assert(add(3, 1, &elsewhere, 2));
	ck_assert(add(2, 1, &crypto, 2));
	child = table->checkout(table, &id);
	ck_assert(table->admit(table, child, &elsewhere, _i ? 2 : 4));
	ck_assert_uint_eq(table->count(table, &crypto), 1);
	child->in.outcome.effective = elsewhere;
	table->checkin(table, child);
	ck_assert_uint_eq(table->count(table, &crypto), 1);
	ck_assert_uint_eq(table->count(table, &elsewhere), _i ? 1 : 2);
	del(1);
	ck_assert_uint_eq(table->count(table, &crypto), 0);
	ck_assert(add(4, 2, &crypto, 2));
	/* the one that it is to replace leaves it its room */
	del(3);
	ck_assert_uint_eq(table->count(table, &elsewhere), 1);
	del(2);
	ck_assert_uint_eq(table->count(table, &elsewhere), 0);
}
END_TEST

START_TEST(test_lost)
{
	hwo_sa_id_t id = get_id(1);

	ck_assert(add(1, 1, &packet, 2));
	ck_assert_uint_eq(table->count(table, &any), 1);
	ck_assert(table->lose(table, &id));
	ck_assert_uint_eq(table->count(table, &any), 0);
	ck_assert(add(2, 2, &packet, 2));
}
END_TEST

START_TEST(test_pair)
{
	hwo_sa_id_t in = get_id(1), out = get_id(2);
	hwo_child_t *child;

	/* two SAs are one pair, unless they are in different places */
	in.src = (hwo_addr_t){ AF_INET, { 192, 168, 50, 2 } };
	out.src = in.dst;
	out.dst = in.src;
	child = table->begin(table, &in, TRUE, 1, 1);
	child->in.id = in;
	child->in.outcome.effective = packet;
	table->checkin(table, child);
	child = table->begin(table, &out, FALSE, 1, 1);
	child->out.id = out;
	child->out.outcome.effective = _i ? other : packet;
	table->checkin(table, child);
	ck_assert_uint_eq(table->count(table, &packet), 1);
	ck_assert_uint_eq(table->count(table, &other), _i ? 1 : 0);
	ck_assert(table->lose(table, &in));
	ck_assert_uint_eq(table->count(table, &packet), _i ? 0 : 1);
	/* software has no room */
	child = table->checkout(table, &out);
	child->out.outcome.effective = (hwo_offload_t){ HWO_MODE_NONE, 0 };
	table->checkin(table, child);
	ck_assert_uint_eq(table->count(table, &any), 0);
	ck_assert_uint_eq(table->count(table, &other), 0);
}
END_TEST

TCase *rooms_tcase(void)
{
	TCase *tc = tcase_create("rooms");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_reserved);
	tcase_add_test(tc, test_rekey);
	tcase_add_test(tc, test_rekey_fails);
	tcase_add_test(tc, test_same_reqid);
	tcase_add_loop_test(tc, test_extra_moves, 0, 2);
	tcase_add_test(tc, test_lost);
	tcase_add_loop_test(tc, test_pair, 0, 2);
	return tc;
}
