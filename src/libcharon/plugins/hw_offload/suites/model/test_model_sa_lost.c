/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what the records of SAs say about limits and losses: each of them is
 * news once.
 */

#include "model_suites.h"

#include <netinet/in.h>

#include "../../model/state/sa_table.h"

static sa_table_t *table;

/**
 * An outbound SA, or the inbound one of the same CHILD_SA.
 */
static hwo_sa_record_t get_record(uint32_t spi, bool inbound)
{
	hwo_addr_t us = { AF_INET, { 192, 168, 50, 1 } };
	hwo_addr_t peer = { AF_INET, { 192, 168, 50, 2 } };
	hwo_sa_record_t record = {
		.id = {
			.src = inbound ? peer : us,
			.dst = inbound ? us : peer,
			.spi = htonl(spi),
			.proto = IPPROTO_ESP,
		},
		.reqid = 1,
		.facts.inbound = inbound,
		.outcome.effective = { HWO_MODE_PACKET, 3 },
	};

	return record;
}

static hwo_sa_record_t in, out;

static void setup(void)
{
	model_setup();
	table = hwo_sa_table_create();
	in = get_record(1, TRUE);
	out = get_record(2, FALSE);
	table->put(table, &in);
	table->put(table, &out);
}

static void teardown(void)
{
	table->destroy(table);
	model_teardown();
}

START_TEST(test_close)
{
	hwo_sa_record_t found;
	hwo_sa_id_t unknown = in.id;

	unknown.spi = htonl(3);
	table->close(table, &unknown);
	ck_assert(table->get(table, &in.id, &found));
	ck_assert(!found.closed);
	table->close(table, &in.id);
	ck_assert(table->get(table, &in.id, &found));
	ck_assert(found.closed);
	/* the partner with it */
	ck_assert(table->get(table, &out.id, &found));
	ck_assert(!found.closed);
	in.partner = out.id;
	table->put(table, &in);
	table->close(table, &in.id);
	ck_assert(table->get(table, &out.id, &found));
	ck_assert(found.closed);
}
END_TEST

START_TEST(test_orphan)
{
	hwo_sa_record_t next = get_record(3, TRUE), found;

	/* another CHILD_SA, between the same hosts */
	table->orphan(table, &next.id, 2);
	ck_assert(table->get(table, &in.id, &found));
	ck_assert(!found.orphaned);

	/* the next one, either direction of it */
	next = get_record(3, _i);
	table->orphan(table, &next.id, 1);
	ck_assert(table->get(table, &in.id, &found));
	ck_assert(found.orphaned);
	ck_assert(table->get(table, &out.id, &found));
	ck_assert(found.orphaned);
	ck_assert(!found.lost);
}
END_TEST

START_TEST(test_lose)
{
	hwo_sa_record_t found;

	ck_assert(table->lose(table, &out.id, &found));
	ck_assert_uint_eq(found.id.spi, out.id.spi);
	ck_assert(found.lost);
	ck_assert(!table->lose(table, &out.id, NULL));
	/* the other direction is another matter */
	ck_assert(table->get(table, &in.id, &found));
	ck_assert(!found.lost);
	ck_assert(table->remove(table, &in.id));
	ck_assert(!table->lose(table, &in.id, NULL));
}
END_TEST

START_TEST(test_soft_by_kernel)
{
	hwo_sa_id_t unknown = get_record(3, FALSE).id;

	ck_assert(table->tell_soft(table, &out.id, FALSE, FALSE));
	ck_assert(!table->tell_soft(table, &out.id, TRUE, TRUE));
	/* another limit, maybe */
	ck_assert(table->tell_soft(table, &out.id, FALSE, FALSE));
	/* not ours to judge */
	ck_assert(table->tell_soft(table, &unknown, FALSE, FALSE));
}
END_TEST

START_TEST(test_soft_by_us)
{
	ck_assert(table->tell_soft(table, &out.id, TRUE, _i));
	ck_assert(!table->tell_soft(table, &out.id, TRUE, _i));
	/* if the kernel knows that limit too, it's late, but only once */
	ck_assert_int_eq(table->tell_soft(table, &out.id, FALSE, FALSE), !_i);
	ck_assert(table->tell_soft(table, &out.id, FALSE, FALSE));
}
END_TEST

START_TEST(test_uses)
{
	ck_assert(table->uses(table, 3));
	ck_assert(!table->uses(table, 4));
	table->lose(table, &in.id, NULL);
	ck_assert(table->uses(table, 3));
	table->lose(table, &out.id, NULL);
	ck_assert(!table->uses(table, 3));
	in.outcome.effective = (hwo_offload_t){ HWO_MODE_NONE, 3 };
	out.outcome.effective = in.outcome.effective;
	table->put(table, &in);
	table->put(table, &out);
	ck_assert(!table->uses(table, 3));
}
END_TEST

START_TEST(test_is_single)
{
	hwo_sa_record_t other;

	ck_assert(table->is_single(table, &in));
	ck_assert(table->is_single(table, &out));
	/* the inbound one of a rekeyed CHILD_SA stays for a while */
	other = get_record(3, TRUE);
	table->put(table, &other);
	ck_assert(table->is_single(table, &out));
	/* others have nothing to do with it */
	other = get_record(4, FALSE);
	other.reqid = 2;
	table->put(table, &other);
	other = get_record(5, FALSE);
	other.id.dst.bytes[3] = 3;
	table->put(table, &other);
	ck_assert(table->is_single(table, &in));
	ck_assert(table->is_single(table, &out));
	/* but this one */
	other = get_record(6, FALSE);
	table->put(table, &other);
	ck_assert(!table->is_single(table, &in));
	ck_assert(!table->is_single(table, &out));
	ck_assert(!table->is_single(table, &other));
	table->remove(table, &out.id);
	ck_assert(table->is_single(table, &other));
}
END_TEST

TCase *sa_lost_tcase(void)
{
	TCase *tcase = tcase_create("sa_lost");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_lose);
	tcase_add_loop_test(tcase, test_orphan, 0, 2);
	tcase_add_test(tcase, test_close);
	tcase_add_test(tcase, test_soft_by_kernel);
	tcase_add_loop_test(tcase, test_soft_by_us, 0, 2);
	tcase_add_test(tcase, test_uses);
	tcase_add_test(tcase, test_is_single);
	return tcase;
}
