/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is noted in the records of CHILD_SAs, and who may have one.
 */

#include "model_child.h"

#include <netinet/in.h>
#include <sched.h>

#include <threading/thread.h>

/** threads that share the table, and rounds of each of them */
#define THREADS 4
#define ROUNDS 500

START_TEST(test_soft_by_kernel)
{
	hwo_sa_id_t id = child_sa_id(0xe1, FALSE);
	hwo_sa_id_t unknown = child_sa_id(0xe2, FALSE);

	child_add(0xe1, FALSE, 1, ONE);
	ck_assert(child_table->soft(child_table, &id, FALSE, FALSE));
	ck_assert(!child_table->soft(child_table, &id, TRUE, TRUE));
	/* another limit, maybe */
	ck_assert(child_table->soft(child_table, &id, FALSE, FALSE));
	/* not ours to judge */
	ck_assert(child_table->soft(child_table, &unknown, FALSE, FALSE));
}
END_TEST

START_TEST(test_soft_by_us)
{
	hwo_sa_id_t id = child_sa_id(0xe1, FALSE);

	child_add(0xe1, FALSE, 1, ONE);
	ck_assert(child_table->soft(child_table, &id, TRUE, _i));
	ck_assert(!child_table->soft(child_table, &id, TRUE, _i));
	/* if the kernel knows that limit too, it's late, but only once */
	ck_assert_int_eq(child_table->soft(child_table, &id, FALSE, FALSE), !_i);
	ck_assert(child_table->soft(child_table, &id, FALSE, FALSE));
}
END_TEST

static time_t note(const hwo_sa_id_t *id, uint64_t packets, time_t now)
{
	return child_table->note_packets(child_table, id, packets, now);
}

START_TEST(test_note_packets)
{
	hwo_sa_id_t id = child_sa_id(0xe1, FALSE);

	ck_assert_int_eq(note(&id, 1, 1000), 0);
	child_add(0xe1, FALSE, 1, ONE);
	/* never used, used, not used since, used again */
	ck_assert_int_eq(note(&id, 0, 1001), 0);
	ck_assert_int_eq(note(&id, 1, 1002), 1002);
	ck_assert_int_eq(note(&id, 1, 1003), 1002);
	ck_assert_int_eq(note(&id, 2, 1004), 1004);
	/* more than 32 bits of them */
	ck_assert_int_eq(note(&id, 0x100000002, 1005), 1005);
	ck_assert_int_eq(note(&id, 0x100000002, 1006), 1005);
	/* another one, of the same identity */
	child_add(0xe1, FALSE, 1, ONE);
	ck_assert_int_eq(note(&id, 0, 1007), 0);
}
END_TEST

START_TEST(test_is_single)
{
	hwo_sa_id_t id = child_sa_id(0xe4, FALSE);
	hwo_child_t child;
	u_int key;

	key = child_add(0xc1, TRUE, 1, ONE);
	ck_assert(child_table->get_key(child_table, key, &child));
	ck_assert(child_table->is_single(child_table, &child));
	child_add(0xe1, FALSE, 1, ONE);
	/* the inbound one of a rekeyed CHILD_SA stays for a while */
	child_add(0xc2, TRUE, 1, ONE);
	/* others have nothing to do with it */
	child_add(0xe3, FALSE, 2, ONE);
	id.dst.bytes[3] = 3;
	child_add_id(&id, FALSE, 1, ONE);
	ck_assert(child_table->get_key(child_table, key, &child));
	ck_assert(child_table->is_single(child_table, &child));
	/* but this one */
	child_add(0xe2, FALSE, 1, ONE);
	ck_assert(!child_table->is_single(child_table, &child));
	child_del(0xe2, FALSE);
	ck_assert(child_table->is_single(child_table, &child));
}
END_TEST

START_TEST(test_moving)
{
	hwo_sa_id_t id = child_sa_id(0xe1, _i == 1);
	hwo_child_t *child;

	child_add_id(&id, _i == 1, 7, ONE);
	if (_i == 2)
	{
		child_table->lose(child_table, &id);
	}
	ck_assert(!child_table->moving(child_table, 7, 1000));
	child = child_table->checkout(child_table, &id);
	ck_assert(child_table->moving(child_table, 7, 1000) == (_i == 0));
	ck_assert(!child_table->moving(child_table, 8, 1000));
	hwo_child_find(child, &id)->moves = (hwo_sa_moves_t){
		.count = 1,
		/* somebody sets the system's clock back meanwhile */
		.last = 1700003600,
		.monotonic = 1000,
	};
	child_table->checkin(child_table, child);
	ck_assert(child_table->moving(child_table, 7, 1001) == (_i == 0));
	ck_assert(!child_table->moving(child_table, 7, 1002));
}
END_TEST

/** what was told about moves */
static u_int moves;
static uint32_t moved_spi;

static void on_move(void *data, const hwo_child_t *child,
					const hwo_child_sa_t *sa)
{
	ck_assert_ptr_eq(data, child_table);
	moved_spi = sa->id.spi;
	moves++;
}

START_TEST(test_on_move)
{
	hwo_sa_id_t id = child_sa_id(0xe1, FALSE);
	hwo_child_t *child;

	moves = 0;
	child_add(0xc1, TRUE, 1, ONE);
	child_add(0xe1, FALSE, 1, ONE);
	child_table->on_move(child_table, on_move, child_table);
	child = child_table->checkout(child_table, &id);
	child_table->checkin(child_table, child);
	ck_assert_uint_eq(moves, 0);
	child = child_table->checkout(child_table, &id);
	child->out.moves.count++;
	child_table->checkin(child_table, child);
	ck_assert_uint_eq(moves, 1);
	ck_assert_uint_eq(moved_spi, id.spi);
	child_table->on_move(child_table, NULL, NULL);
	child = child_table->checkout(child_table, &id);
	child->out.moves.count++;
	child_table->checkin(child_table, child);
	ck_assert_uint_eq(moves, 1);
}
END_TEST

START_TEST(test_flush)
{
	hwo_sa_id_t id = child_sa_id(1, FALSE);
	hwo_child_t *child;
	int i;

	for (i = 1; i <= ROUNDS; i++)
	{
		child_add(i, i % 2, i, ONE);
	}
	ck_assert_int_eq(child_count(), ROUNDS);
	id = child_sa_id(ROUNDS, FALSE);
	child = child_table->checkout(child_table, &id);
	child_table->flush(child_table);
	ck_assert_int_eq(child_count(), 1);
	child_table->checkin(child_table, child);
	ck_assert(child_table->get(child_table, &id, NULL));
	child_table->flush(child_table);
	ck_assert_int_eq(child_count(), 0);
	/* the last one is freed along with the child_table */
	child_add(1, TRUE, 1, ONE);
}
END_TEST

/**
 * Add, use and remove CHILD_SAs of our own, all with the same reqid.
 */
static void *use_table(void *arg)
{
	uintptr_t thread = (uintptr_t)arg;
	hwo_sa_id_t id;
	hwo_child_t child;
	uint32_t spi;
	u_int key;
	int i;

	for (i = 0; i < ROUNDS; i++)
	{
		spi = (thread << 24) + i + 1;
		key = child_add(spi, TRUE, 1, thread);
		ck_assert_uint_eq(child_add(spi + ROUNDS, FALSE, 1, thread), key);
		id = child_sa_id(spi, TRUE);
		ck_assert(child_table->get(child_table, &id, &child));
		ck_assert_uint_eq(child.out.id.spi, htonl(spi + ROUNDS));
		child_del(spi, TRUE);
		child_del(spi + ROUNDS, FALSE);
		ck_assert(!child_table->get_key(child_table, key, &child));
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
	ck_assert_int_eq(child_count(), 0);
}
END_TEST

static volatile int counter;

/**
 * Add to a counter for as long as nobody else has the CHILD_SA, by either SA.
 */
static void *count_alone(void *data)
{
	hwo_sa_id_t id = data ? child_sa_id(0xc1, TRUE) : child_sa_id(0xe1, FALSE);
	hwo_child_t *child;
	int i, value;

	for (i = 0; i < ROUNDS; i++)
	{
		child = child_table->checkout(child_table, &id);
		value = counter;
		sched_yield();
		counter = value + 1;
		child_table->checkin(child_table, child);
	}
	return NULL;
}

START_TEST(test_checkout)
{
	thread_t *threads[THREADS];
	uintptr_t i;

	counter = 0;
	child_add(0xc1, TRUE, 1, ONE);
	child_add(0xe1, FALSE, 1, ONE);
	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(count_alone, (void*)(i % 2));
	}
	for (i = 0; i < THREADS; i++)
	{
		threads[i]->join(threads[i]);
	}
	ck_assert_int_eq(counter, THREADS * ROUNDS);
}
END_TEST

START_TEST(test_names)
{
	char kept[HWO_NAME_LEN], name[2 * HWO_NAME_LEN] = {};
	int len;

	for (len = 0; len < countof(name) - 2; len++)
	{
		hwo_name_keep(kept, name);
		ck_assert_int_eq(strlen(kept), min(len, HWO_NAME_LEN - 1));
		ck_assert(hwo_name_is(kept, name));
		ck_assert(!len || !hwo_name_is(kept, "b"));
		name[len] = 'a';
	}
	/* a character that would be cut is left out */
	memcpy(&name[HWO_NAME_LEN - 2], "\xc3\xa4", 2);
	hwo_name_keep(kept, name);
	ck_assert_int_eq(strlen(kept), HWO_NAME_LEN - 2);
	ck_assert(hwo_name_is(kept, name));
}
END_TEST

TCase *notes_tcase(void)
{
	TCase *tc = tcase_create("notes");

	tcase_add_checked_fixture(tc, child_setup, child_teardown);
	tcase_set_timeout(tc, TEST_DEADLINE);
	tcase_add_test(tc, test_soft_by_kernel);
	tcase_add_loop_test(tc, test_soft_by_us, 0, 2);
	tcase_add_test(tc, test_note_packets);
	tcase_add_test(tc, test_is_single);
	tcase_add_loop_test(tc, test_moving, 0, 3);
	tcase_add_test(tc, test_on_move);
	tcase_add_test(tc, test_flush);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_checkout);
	tcase_add_test(tc, test_names);
	return tc;
}
