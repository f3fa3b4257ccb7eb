/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the records of SAs.
 */

#include "model_suites.h"

#include <netinet/in.h>

#include <threading/thread.h>

#include "../model/sa_table.h"

/** threads that share the table, and SAs of each of them */
#define THREADS 4
#define SAS 500

static sa_table_t *table;

static void setup(void)
{
	model_setup();
	table = sa_table_create();
}

static void teardown(void)
{
	table->destroy(table);
	model_teardown();
}

/**
 * Get an identity, all that is not part of it has another value each time.
 */
static hwo_sa_id_t get_id(void)
{
	static uint8_t noise;
	hwo_sa_id_t id;

	memset(&id, ++noise, sizeof(id));
	id.dst = (hwo_addr_t){ AF_INET, { 192, 168, 50, 2 } };
	id.spi = htonl(0xc1a2b3d4);
	id.proto = IPPROTO_ESP;
	id.mark = (mark_t){ 42, 0xff };
	return id;
}

/**
 * Changes that make it another SA for the kernel.
 */
static void change(hwo_sa_id_t *id, int which)
{
	switch (which)
	{
		case 0: id->dst.bytes[0]++; break;
		case 1: id->dst.bytes[15]++; break;
		case 2: id->dst.family = AF_INET6; break;
		case 3: id->spi++; break;
		case 4: id->proto = IPPROTO_AH; break;
		case 5: id->mark.value++; break;
		case 6: id->mark.mask++; break;
		default: ck_abort();
	}
}

START_TEST(test_identity)
{
	hwo_sa_record_t record = {
		.id = get_id(),
		.reqid = 1,
	}, found;
	hwo_sa_id_t id;

	id = get_id();
	ck_assert(!table->get(table, &id, NULL));
	ck_assert(!table->remove(table, &id));
	table->put(table, &record);
	ck_assert(table->get(table, &id, NULL));

	change(&id, _i);
	ck_assert(!table->get(table, &id, &found));
	ck_assert(!table->remove(table, &id));
	record.id = id;
	record.reqid = 2;
	table->put(table, &record);
	ck_assert_int_eq(table->get_count(table), 2);

	id = get_id();
	ck_assert(table->get(table, &id, &found));
	ck_assert_int_eq(found.reqid, 1);
	ck_assert(table->remove(table, &id));
	ck_assert(!table->get(table, &id, NULL));
	ck_assert_int_eq(table->get_count(table), 1);
}
END_TEST

START_TEST(test_replace)
{
	hwo_sa_record_t record = {
		.id = get_id(),
		.reqid = 1,
		.inbound = TRUE,
		.requested = HW_OFFLOAD_AUTO,
		.effective = { HWO_MODE_PACKET, 7 },
		.reason = HWO_REASON_NONE,
	}, found;
	hwo_sa_id_t id;

	table->put(table, &record);
	id = get_id();
	ck_assert(table->get(table, &id, &found));
	ck_assert_mem_eq(&found, &record, sizeof(found));

	/* the kernel finds the same SA, whatever the source and interface ID */
	record.id = get_id();
	record.effective = (hwo_offload_t){ HWO_MODE_CRYPTO, 9 };
	record.reason = HWO_REASON_DRIVER_REFUSED;
	table->put(table, &record);
	ck_assert_int_eq(table->get_count(table), 1);
	ck_assert(table->get(table, &id, &found));
	ck_assert_mem_eq(&found, &record, sizeof(found));

	/* it is a copy */
	found.reqid = 99;
	ck_assert(table->get(table, &id, &found));
	ck_assert_int_eq(found.reqid, 1);

	ck_assert(table->remove(table, &id));
	ck_assert(!table->remove(table, &id));
	ck_assert_int_eq(table->get_count(table), 0);
}
END_TEST

START_TEST(test_note_packets)
{
	hwo_sa_record_t record = {
		.id = get_id(),
	};
	hwo_sa_id_t id = get_id();

	ck_assert_int_eq(table->note_packets(table, &id, 1, 1000), 0);
	table->put(table, &record);
	/* never used */
	ck_assert_int_eq(table->note_packets(table, &id, 0, 1001), 0);
	/* used, not used since, used again */
	ck_assert_int_eq(table->note_packets(table, &id, 1, 1002), 1002);
	ck_assert_int_eq(table->note_packets(table, &id, 1, 1003), 1002);
	ck_assert_int_eq(table->note_packets(table, &id, 2, 1004), 1004);
	/* more than 32 bits of them */
	ck_assert_int_eq(table->note_packets(table, &id, 0x100000002, 1005), 1005);
	ck_assert_int_eq(table->note_packets(table, &id, 0x100000002, 1006), 1005);
	ck_assert(table->get(table, &id, &record));
	ck_assert(record.packets == 0x100000002);
	ck_assert_int_eq(record.changed, 1005);
	/* another one, of the same identity */
	record.packets = 0;
	record.changed = 0;
	table->put(table, &record);
	ck_assert_int_eq(table->note_packets(table, &id, 0, 1007), 0);
}
END_TEST

START_TEST(test_flush)
{
	hwo_sa_record_t record = {
		.id = get_id(),
	};
	int i;

	for (i = 0; i < SAS; i++)
	{
		record.id.spi = htonl(0xc0000000 + i);
		table->put(table, &record);
	}
	ck_assert_int_eq(table->get_count(table), SAS);
	table->flush(table);
	ck_assert_int_eq(table->get_count(table), 0);
	for (i = 0; i < SAS; i++)
	{
		record.id.spi = htonl(0xc0000000 + i);
		ck_assert(!table->get(table, &record.id, NULL));
	}
	table->flush(table);
	/* the last one is freed along with the table */
	table->put(table, &record);
}
END_TEST

/**
 * Add, use and remove SAs of our own.
 */
static void *use_table(void *arg)
{
	hwo_sa_record_t record = {
		.id = {
			.proto = IPPROTO_ESP,
		},
		.reqid = (uintptr_t)arg,
	}, found;
	int i;

	for (i = 0; i < SAS; i++)
	{
		record.id.spi = htonl((record.reqid << 24) + i);
		table->put(table, &record);
		ck_assert_int_eq(table->note_packets(table, &record.id, i + 1, i), i);
	}
	for (i = 0; i < SAS; i++)
	{
		record.id.spi = htonl((record.reqid << 24) + i);
		ck_assert(table->get(table, &record.id, &found));
		ck_assert_int_eq(found.reqid, record.reqid);
		ck_assert_int_eq(found.packets, i + 1);
		ck_assert(table->remove(table, &record.id));
	}
	return NULL;
}

START_TEST(test_threads)
{
	thread_t *threads[THREADS];
	uintptr_t i;

	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(use_table, (void*)(i + 1));
	}
	for (i = 0; i < THREADS; i++)
	{
		threads[i]->join(threads[i]);
	}
	ck_assert_int_eq(table->get_count(table), 0);
}
END_TEST

TCase *sa_table_tcase(void)
{
	TCase *tc;

	tc = tcase_create("sa_table");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, TEST_DEADLINE);
	tcase_add_loop_test(tc, test_identity, 0, 7);
	tcase_add_test(tc, test_replace);
	tcase_add_test(tc, test_note_packets);
	tcase_add_test(tc, test_flush);
	tcase_add_test(tc, test_threads);
	return tc;
}
