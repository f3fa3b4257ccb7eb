/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the records of SAs.
 */

#include "model_suites.h"

#include <netinet/in.h>
#include <sched.h>

#include <threading/thread.h>

#include "../../model/state/sa_table.h"

/** threads that share the table, and SAs of each of them */
#define THREADS 4
#define SAS 500

static sa_table_t *table;

static void setup(void)
{
	model_setup();
	table = hwo_sa_table_create();
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
		.facts.inbound = TRUE,
		.requested = HW_OFFLOAD_AUTO,
		.outcome.effective = { HWO_MODE_PACKET, 7 },
		.outcome.why.reason = HWO_REASON_NONE,
	}, found;
	hwo_sa_id_t id;

	table->put(table, &record);
	id = get_id();
	ck_assert(table->get(table, &id, &found));
	ck_assert_mem_eq(&found, &record, sizeof(found));

	/* the kernel finds the same SA, whatever the source and interface ID */
	record.id = get_id();
	record.outcome.effective = (hwo_offload_t){ HWO_MODE_CRYPTO, 9 };
	record.outcome.why.reason = HWO_REASON_DRIVER_REFUSED;
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

/**
 * An inbound SA of a CHILD_SA between 192.168.50.2 and us.
 */
static hwo_sa_record_t get_inbound(uint32_t spi, uint32_t reqid)
{
	return (hwo_sa_record_t){
		.id = {
			.src = { AF_INET, { 192, 168, 50, 2 } },
			.dst = { AF_INET, { 192, 168, 50, 1 } },
			.spi = htonl(spi),
			.proto = IPPROTO_ESP,
		},
		.reqid = reqid,
		.facts.inbound = TRUE,
	};
}

/**
 * The outbound SA to go along with it.
 */
static hwo_sa_id_t get_outbound(uint32_t spi)
{
	return (hwo_sa_id_t){
		.src = { AF_INET, { 192, 168, 50, 1 } },
		.dst = { AF_INET, { 192, 168, 50, 2 } },
		.spi = htonl(spi),
		.proto = IPPROTO_ESP,
	};
}

/**
 * Find the partner of an outbound SA, 0 if there is none.
 */
static uint32_t find_partner(uint32_t spi, uint32_t reqid)
{
	hwo_sa_id_t id = get_outbound(spi);
	hwo_sa_record_t partner, record;

	if (!table->pair(table, &id, reqid, &partner))
	{
		return 0;
	}
	ck_assert(partner.facts.inbound);
	ck_assert_int_eq(partner.partner.spi, htonl(spi));
	/* the record in the table is changed too */
	ck_assert(table->get(table, &partner.id, &record));
	ck_assert_int_eq(record.partner.spi, htonl(spi));
	return ntohl(partner.id.spi);
}

START_TEST(test_pair)
{
	hwo_sa_record_t record;

	ck_assert_int_eq(find_partner(0xe1, 1), 0);
	record = get_inbound(0xc1, 1);
	record.outcome.effective = (hwo_offload_t){ HWO_MODE_PACKET, 7 };
	table->put(table, &record);
	record = get_inbound(0xc2, 2);
	table->put(table, &record);

	/* each has one partner only */
	ck_assert_int_eq(find_partner(0xe2, 2), 0xc2);
	ck_assert_int_eq(find_partner(0xe3, 2), 0);
	ck_assert_int_eq(find_partner(0xe1, 1), 0xc1);
	ck_assert_int_eq(find_partner(0xe1, 1), 0);
	ck_assert(table->get(table, &record.id, &record));
	ck_assert_int_eq(record.partner.spi, htonl(0xe2));

	/* on rekeying the latest is the one, an older one may still wait */
	record = get_inbound(0xc3, 1);
	table->put(table, &record);
	record = get_inbound(0xc4, 1);
	table->put(table, &record);
	ck_assert_int_eq(find_partner(0xe4, 1), 0xc4);
	ck_assert_int_eq(find_partner(0xe3, 1), 0xc3);
}
END_TEST

/** changes after which it is not the other direction anymore */
static void estrange(hwo_sa_record_t *record, int which)
{
	switch (which)
	{
		case 0: record->facts.inbound = FALSE; break;
		case 1: record->reqid++; break;
		case 2: record->id.proto = IPPROTO_AH; break;
		case 3: record->id.src.bytes[3]++; break;
		case 4: record->id.dst.bytes[3]++; break;
		case 5: record->id.src.family = AF_INET6; break;
		case 6: record->partner = get_outbound(0xe9); break;
		default: ck_abort();
	}
}

START_TEST(test_no_pair)
{
	hwo_sa_record_t record;

	record = get_inbound(0xc1, 1);
	estrange(&record, _i);
	table->put(table, &record);
	ck_assert_int_eq(find_partner(0xe1, 1), 0);
	record = get_inbound(0xc2, 1);
	table->put(table, &record);
	ck_assert_int_eq(find_partner(0xe1, 1), 0xc2);
}
END_TEST

/**
 * SAs that are gone don't get a partner anymore.
 */
START_TEST(test_pair_gone)
{
	hwo_sa_record_t record;

	record = get_inbound(0xc1, 1);
	table->put(table, &record);
	ck_assert(table->remove(table, &record.id));
	ck_assert_int_eq(find_partner(0xe1, 1), 0);

	table->put(table, &record);
	table->flush(table);
	ck_assert_int_eq(find_partner(0xe1, 1), 0);

	/* one that is replaced is there once, with what was put last */
	record.packets = 1;
	table->put(table, &record);
	record.packets = 2;
	table->put(table, &record);
	ck_assert_int_eq(find_partner(0xe1, 1), 0xc1);
	ck_assert(table->get(table, &record.id, &record));
	ck_assert_int_eq(record.packets, 2);
	ck_assert_int_eq(find_partner(0xe2, 1), 0);
	/* it keeps its partner if it is replaced by a copy */
	table->put(table, &record);
	ck_assert_int_eq(find_partner(0xe2, 1), 0);
	ck_assert(table->remove(table, &record.id));
	ck_assert_int_eq(find_partner(0xe2, 1), 0);
}
END_TEST

/**
 * Check which SAs were not found in a comparison, their SPIs have one bit each.
 */
static void check_unstamped(u_int stamp, uint32_t expected)
{
	hwo_sa_id_t id;
	array_t *ids;

	ids = table->unstamped(table, stamp);
	while (array_remove(ids, ARRAY_TAIL, &id))
	{
		ck_assert_msg(expected & ntohl(id.spi), "%#x", ntohl(id.spi));
		expected &= ~ntohl(id.spi);
		ck_assert(table->get(table, &id, NULL));
	}
	ck_assert_msg(!expected, "%#x", expected);
	array_destroy(ids);
}

START_TEST(test_stamp)
{
	hwo_sa_record_t record;
	u_int first, second;
	hwo_sa_id_t id;
	int i;

	for (i = 0; i < 3; i++)
	{
		record = get_inbound(1 << i, 1);
		table->put(table, &record);
	}
	first = table->next_stamp(table);
	check_unstamped(first, 1 | 2 | 4);
	id = get_inbound(2, 1).id;
	ck_assert(table->stamp(table, &id, first));
	check_unstamped(first, 1 | 4);
	/* one that is none of ours */
	id = get_inbound(8, 1).id;
	ck_assert(!table->stamp(table, &id, first));
	ck_assert_int_eq(table->get_count(table), 3);
	/* one that is added, or replaced, and one that is gone meanwhile */
	record = get_inbound(8, 1);
	table->put(table, &record);
	record = get_inbound(1, 1);
	table->put(table, &record);
	check_unstamped(first, 4);
	id = get_inbound(4, 1).id;
	ck_assert(table->remove(table, &id));
	check_unstamped(first, 0);

	/* all over again */
	second = table->next_stamp(table);
	ck_assert(second != first);
	check_unstamped(second, 1 | 2 | 8);
	check_unstamped(first, 0);
	id = get_inbound(1, 1).id;
	ck_assert(table->stamp(table, &id, second));
	check_unstamped(second, 2 | 8);
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

/**
 * A counter that belongs to who has the SA.
 */
typedef struct {
	hwo_sa_id_t id;
	volatile int value;
} counter_t;

/**
 * Add to a counter for as long as nobody else has the SA.
 */
static void *count_alone(void *data)
{
	counter_t *counter = data;
	int i, value;

	for (i = 0; i < SAS; i++)
	{
		ck_assert(table->take(table, &counter->id, NULL));
		value = counter->value;
		sched_yield();
		counter->value = value + 1;
		table->give(table, &counter->id);
	}
	return NULL;
}

START_TEST(test_take)
{
	thread_t *threads[THREADS];
	hwo_sa_record_t record = {
		.id = get_id(),
		.reqid = 7,
	}, copy;
	counter_t counter = {
		.id = record.id,
	};
	hwo_sa_id_t other = record.id;
	u_int stamp;
	array_t *ids;
	int i;

	ck_assert(!table->take(table, &record.id, NULL));
	table->put(table, &record);
	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(count_alone, &counter);
	}
	for (i = 0; i < THREADS; i++)
	{
		threads[i]->join(threads[i]);
	}
	ck_assert_int_eq(counter.value, THREADS * SAS);

	/* another SA is not affected, and who has one may replace its record */
	other.spi++;
	record.id.spi++;
	table->put(table, &record);
	record.id.spi--;
	ck_assert(table->take(table, &record.id, &copy));
	ck_assert_uint_eq(copy.reqid, 7);
	ck_assert(table->take(table, &other, NULL));
	table->give(table, &other);
	table->put(table, &copy);

	/* it may be missing in the kernel for a moment */
	stamp = table->next_stamp(table);
	ids = table->unstamped(table, stamp);
	ck_assert_int_eq(array_count(ids), 1);
	array_destroy(ids);
	table->give(table, &record.id);
	ids = table->unstamped(table, stamp);
	ck_assert_int_eq(array_count(ids), 2);
	array_destroy(ids);
}
END_TEST

START_TEST(test_moving)
{
	hwo_sa_record_t record = {
		.id = get_id(),
		.reqid = 7,
		.facts.inbound = _i == 1,
		.lost = _i == 2,
	};

	table->put(table, &record);
	ck_assert(!table->moving(table, 7, 1000));
	ck_assert(table->take(table, &record.id, &record));
	ck_assert(table->moving(table, 7, 1000) == (_i == 0));
	ck_assert(!table->moving(table, 8, 1000));
	record.moves.count = 1;
	record.moves.last = 1000;
	table->put(table, &record);
	table->give(table, &record.id);
	ck_assert(table->moving(table, 7, 1001) == (_i == 0));
	ck_assert(!table->moving(table, 7, 1002));
}
END_TEST

START_TEST(test_try)
{
	const hwo_offload_t crypto = { HWO_MODE_CRYPTO, 3 },
						other = { HWO_MODE_CRYPTO, 4 };
	hwo_sa_record_t record = {
		.id = get_id(),
		.tried = crypto,
	};

	ck_assert(!table->try(table, &record.id, &crypto));
	table->put(table, &record);
	ck_assert(!table->try(table, &record.id, &crypto));
	ck_assert(table->try(table, &record.id, &other));
	ck_assert(!table->try(table, &record.id, &other));
	ck_assert(table->get(table, &record.id, &record));
	ck_assert_uint_eq(record.tried.ifindex, 4);
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
	tcase_add_test(tc, test_pair);
	tcase_add_loop_test(tc, test_no_pair, 0, 7);
	tcase_add_test(tc, test_pair_gone);
	tcase_add_test(tc, test_stamp);
	tcase_add_test(tc, test_take);
	tcase_add_loop_test(tc, test_moving, 0, 3);
	tcase_add_test(tc, test_try);
	tcase_add_test(tc, test_flush);
	tcase_add_test(tc, test_threads);
	return tc;
}
