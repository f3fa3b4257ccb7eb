/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of records of CHILD_SAs: which SAs belong together, how they are found,
 * and what follows from what happens to them.
 */

#include "model_suites.h"

#include <netinet/in.h>
#include <sched.h>

#include <threading/thread.h>

#include "../../model/state/child_table.h"

/** threads that share the table, and rounds of each of them */
#define THREADS 4
#define ROUNDS 500

/** threads of charon that install SAs */
#define ONE 11
#define TWO 22

static child_table_t *table;

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

/**
 * Identity of an SA between 192.168.50.1 and .2.
 */
static hwo_sa_id_t get_id(uint32_t spi, bool inbound)
{
	hwo_addr_t us = { AF_INET, { 192, 168, 50, 1 } };
	hwo_addr_t peer = { AF_INET, { 192, 168, 50, 2 } };

	return (hwo_sa_id_t){
		.src = inbound ? peer : us,
		.dst = inbound ? us : peer,
		.spi = htonl(spi),
		.proto = IPPROTO_ESP,
	};
}

/**
 * Install an SA, get the key of its record.
 */
static u_int add_id(const hwo_sa_id_t *id, bool inbound, uint32_t reqid,
					uintptr_t thread, const hwo_offload_t *effective)
{
	hwo_child_sa_t *sa;
	hwo_child_t *child;
	u_int key;

	child = table->begin(table, id, inbound, reqid, thread);
	key = child->key;
	sa = hwo_child_sa(child, inbound);
	ck_assert_uint_eq(sa->id.spi, 0);
	sa->id = *id;
	sa->facts.inbound = inbound;
	if (effective)
	{
		sa->outcome.effective = *effective;
	}
	table->checkin(table, child);
	return key;
}

static u_int add(uint32_t spi, bool inbound, uint32_t reqid, uintptr_t thread)
{
	hwo_sa_id_t id = get_id(spi, inbound);

	return add_id(&id, inbound, reqid, thread, NULL);
}

/**
 * Remove an SA.
 */
static void del(uint32_t spi, bool inbound)
{
	hwo_sa_id_t id = get_id(spi, inbound);
	hwo_child_t *child;

	child = table->checkout(table, &id);
	ck_assert(child != NULL);
	memset(hwo_child_find(child, &id), 0, sizeof(hwo_child_sa_t));
	table->checkin(table, child);
	ck_assert(!table->get(table, &id, NULL));
}

/**
 * Count the records.
 */
static int count(void)
{
	array_t *keys = table->list(table);
	int count = array_count(keys);

	array_destroy(keys);
	return count;
}

/**
 * Get the state of a record.
 */
static hwo_child_state_t get_state(u_int key)
{
	hwo_child_t child;

	ck_assert(table->get_key(table, key, &child));
	return child.state;
}

/* short names for the table below */
#define INST HWO_CHILD_INSTALLING
#define UP HWO_CHILD_UP
#define FAIL HWO_CHILD_REKEY_FAILED
#define LOST HWO_CHILD_LOST
#define REPL HWO_CHILD_REPLACED
#define CLOSED HWO_CHILD_CLOSED

/** next states: rows are states, columns are events */
static const hwo_child_state_t next[][6] = {
	/*			installed	lost	failed	replaced	deleted		closed */
	[INST] =	{ UP,		LOST,	INST,	REPL,		INST,		CLOSED },
	[UP] =		{ UP,		LOST,	FAIL,	REPL,		UP,			CLOSED },
	[FAIL] =	{ FAIL,		LOST,	FAIL,	REPL,		UP,			CLOSED },
	[LOST] =	{ UP,		LOST,	LOST,	REPL,		LOST,		CLOSED },
	[REPL] =	{ REPL,		LOST,	REPL,	REPL,		REPL,		CLOSED },
	[CLOSED] =	{ CLOSED,	CLOSED,	CLOSED,	CLOSED,		CLOSED,		CLOSED },
};

START_TEST(test_states)
{
	hwo_child_t child = {
		.state = _i,
	};
	int event;

	for (event = HWO_CHILD_INSTALLED; event <= HWO_CHILD_CLOSE; event++)
	{
		ck_assert_msg(hwo_child_next(_i, event) == next[_i][event],
					  "state %d, event %d: %d", _i, event,
					  hwo_child_next(_i, event));
	}
	ck_assert_int_eq(hwo_child_holds(&child), _i == LOST || _i == FAIL);
}
END_TEST

START_TEST(test_pair_by_thread)
{
	u_int first, second;

	/* two threads install at once */
	first = add(0xc1, TRUE, 1, ONE);
	second = add(0xc2, TRUE, 1, TWO);
	ck_assert_uint_ne(first, second);
	ck_assert_uint_eq(add(0xe1, FALSE, 1, _i ? TWO : ONE),
					  _i ? second : first);
	ck_assert_uint_eq(add(0xe2, FALSE, 1, _i ? ONE : TWO),
					  _i ? first : second);
	ck_assert_int_eq(get_state(first), UP);
	ck_assert_int_eq(get_state(second), UP);
	ck_assert_int_eq(count(), 2);
}
END_TEST

START_TEST(test_pair_own_last)
{
	u_int first, second;

	/* an older one of the same thread still waits */
	first = add(0xc1, TRUE, 1, ONE);
	second = add(0xc2, TRUE, 1, ONE);
	ck_assert_uint_eq(add(0xe2, FALSE, 1, ONE), second);
	ck_assert_uint_eq(add(0xe1, FALSE, 1, TWO), first);
}
END_TEST

START_TEST(test_pair_only_candidate)
{
	u_int first;

	/* the outbound SA comes later, with another thread */
	first = add(0xc1, TRUE, 1, ONE);
	ck_assert_int_eq(get_state(first), INST);
	ck_assert_uint_eq(add(0xe1, FALSE, 1, TWO), first);
	/* which of two is not known */
	first = add(0xc2, TRUE, 2, ONE);
	ck_assert_uint_ne(add(0xc3, TRUE, 2, TWO), first);
	ck_assert_uint_ne(add(0xe2, FALSE, 2, 33), first);
	ck_assert_int_eq(count(), 4);
}
END_TEST

START_TEST(test_pair_named)
{
	hwo_sa_id_t in = get_id(0xc1, TRUE), out = get_id(0xe1, FALSE),
				other = get_id(0xc2, TRUE);
	hwo_names_t names = {
		.child = "net",
		.child_id = 7,
	};
	hwo_child_t child;

	/* charon tells in the end */
	add(0xc1, TRUE, 1, ONE);
	add(0xc2, TRUE, 1, TWO);
	add(0xe1, FALSE, 1, 33);
	ck_assert_int_eq(count(), 3);
	ck_assert(table->name(table, &in, &out, &names, &child));
	ck_assert_int_eq(count(), 2);
	ck_assert(hwo_sa_id_equals(&child.in.id, &in));
	ck_assert(hwo_sa_id_equals(&child.out.id, &out));
	ck_assert_int_eq(child.state, UP);
	ck_assert(table->get(table, &other, &child));
	ck_assert_str_eq(child.names.child, "");
	ck_assert(table->get_child(table, 7, &child));
	ck_assert(hwo_sa_id_equals(&child.in.id, &in));
	ck_assert_str_eq(child.names.child, "net");
	/* it is gone with its record */
	del(0xc1, TRUE);
	del(0xe1, FALSE);
	ck_assert(!table->get_child(table, 7, &child));
	ck_assert(!table->name(table, &in, &out, &names, &child));
}
END_TEST

/** changes after which it is not the other direction anymore */
static void estrange(hwo_sa_id_t *id, uint32_t *reqid, int which)
{
	switch (which)
	{
		case 0: (*reqid)++; break;
		case 1: id->proto = IPPROTO_AH; break;
		case 2: id->src.bytes[3]++; break;
		case 3: id->dst.bytes[3]++; break;
		case 4: id->src.family = AF_INET6; break;
		default: ck_abort();
	}
}

START_TEST(test_no_pair)
{
	hwo_sa_id_t id = get_id(0xc1, TRUE);
	uint32_t reqid = 1;
	u_int key;

	estrange(&id, &reqid, _i);
	key = add_id(&id, TRUE, reqid, ONE, NULL);
	ck_assert_uint_ne(add(0xe1, FALSE, 1, ONE), key);
	key = add(0xc2, TRUE, 1, ONE);
	ck_assert_uint_eq(add(0xe2, FALSE, 1, ONE), key);
	/* one that is gone has no partner anymore */
	add(0xc3, TRUE, 3, ONE);
	del(0xc3, TRUE);
	add(0xe3, FALSE, 3, ONE);
	key = add(0xc4, TRUE, 3, ONE);
	ck_assert_uint_eq(add(0xe4, FALSE, 3, ONE), key);
}
END_TEST

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
	hwo_sa_id_t id = get_id(0xe1, FALSE), other = id;
	hwo_child_t child;
	u_int key;

	key = add_id(&id, FALSE, 1, ONE, NULL);
	change(&other, _i);
	ck_assert(!table->get(table, &other, NULL));
	ck_assert(!table->checkout(table, &other));
	ck_assert_uint_ne(add_id(&other, FALSE, 2, ONE, NULL), key);
	ck_assert(table->get(table, &id, &child));
	ck_assert_uint_eq(child.key, key);
	ck_assert_uint_eq(child.reqid, 1);
	/* the kernel does not look at these */
	memset(&id.src, _i, sizeof(id.src));
	id.if_id++;
	ck_assert(table->get(table, &id, &child));
	ck_assert_uint_eq(child.key, key);
	/* one of the same identity replaces it */
	ck_assert_uint_ne(add_id(&id, FALSE, 1, ONE, NULL), key);
	ck_assert(!table->get_key(table, key, &child));
	ck_assert_int_eq(count(), 2);
}
END_TEST

START_TEST(test_move)
{
	hwo_sa_id_t in = get_id(0xc1, TRUE), out = get_id(0xe1, FALSE), old = in;
	hwo_child_t *child, copy;
	u_int key;

	key = add(0xc1, TRUE, 1, ONE);
	add(0xe1, FALSE, 1, ONE);
	child = table->checkout(table, &in);
	in.dst.bytes[3] = 9;
	child->in.id = in;
	child->in.moves.count++;
	/* others see what was, and what they note is kept */
	ck_assert(table->get(table, &old, &copy));
	ck_assert(copy.busy);
	ck_assert(!table->get(table, &in, NULL));
	ck_assert(table->soft(table, &old, TRUE, FALSE));
	ck_assert_int_eq(table->note_packets(table, &old, 3, 1000), 1000);
	ck_assert(table->lose(table, &out));
	table->checkin(table, child);
	ck_assert(!table->get(table, &old, NULL));
	ck_assert(table->get(table, &in, &copy));
	ck_assert_uint_eq(copy.key, key);
	ck_assert(!copy.busy);
	ck_assert(copy.in.soft);
	ck_assert_uint_eq(copy.in.packets, 3);
	ck_assert(copy.out.lost);
	ck_assert(!copy.in.lost);
	ck_assert_int_eq(copy.state, LOST);
}
END_TEST

START_TEST(test_lost_while_checked_out)
{
	hwo_sa_id_t in = get_id(0xc1, TRUE);
	hwo_child_t *child;
	u_int key;

	key = add(0xc1, TRUE, 1, ONE);
	add(0xe1, FALSE, 1, ONE);
	child = table->checkout(table, &in);
	child->in.lost = TRUE;
	table->checkin(table, child);
	ck_assert_int_eq(get_state(key), LOST);
	ck_assert(!table->lose(table, &in));
	/* it is there again */
	del(0xc1, TRUE);
	add(0xc1, TRUE, 1, ONE);
	ck_assert(table->lose(table, &in));
}
END_TEST

START_TEST(test_fail)
{
	hwo_sa_id_t new = get_id(0xc9, _i);
	hwo_child_t child;
	u_int key;

	key = add(0xc1, TRUE, 1, ONE);
	add(0xe1, FALSE, 1, ONE);
	/* other CHILD_SAs, and other hosts */
	table->rekey_failed(table, &new, 2);
	ck_assert_int_eq(get_state(key), UP);
	new.src.bytes[3] = 9;
	table->rekey_failed(table, &new, 1);
	ck_assert_int_eq(get_state(key), UP);
	new = get_id(0xc9, _i);
	table->rekey_failed(table, &new, 1);
	ck_assert_int_eq(get_state(key), FAIL);
	/* the next one works */
	table->note(table, key, HWO_CHILD_REPLACEMENT);
	ck_assert(table->get_key(table, key, &child));
	ck_assert(!hwo_child_holds(&child));
}
END_TEST

START_TEST(test_soft_by_kernel)
{
	hwo_sa_id_t id = get_id(0xe1, FALSE), unknown = get_id(0xe2, FALSE);

	add(0xe1, FALSE, 1, ONE);
	ck_assert(table->soft(table, &id, FALSE, FALSE));
	ck_assert(!table->soft(table, &id, TRUE, TRUE));
	/* another limit, maybe */
	ck_assert(table->soft(table, &id, FALSE, FALSE));
	/* not ours to judge */
	ck_assert(table->soft(table, &unknown, FALSE, FALSE));
}
END_TEST

START_TEST(test_soft_by_us)
{
	hwo_sa_id_t id = get_id(0xe1, FALSE);

	add(0xe1, FALSE, 1, ONE);
	ck_assert(table->soft(table, &id, TRUE, _i));
	ck_assert(!table->soft(table, &id, TRUE, _i));
	/* if the kernel knows that limit too, it's late, but only once */
	ck_assert_int_eq(table->soft(table, &id, FALSE, FALSE), !_i);
	ck_assert(table->soft(table, &id, FALSE, FALSE));
}
END_TEST

START_TEST(test_note_packets)
{
	hwo_sa_id_t id = get_id(0xe1, FALSE);

	ck_assert_int_eq(table->note_packets(table, &id, 1, 1000), 0);
	add(0xe1, FALSE, 1, ONE);
	/* never used, used, not used since, used again */
	ck_assert_int_eq(table->note_packets(table, &id, 0, 1001), 0);
	ck_assert_int_eq(table->note_packets(table, &id, 1, 1002), 1002);
	ck_assert_int_eq(table->note_packets(table, &id, 1, 1003), 1002);
	ck_assert_int_eq(table->note_packets(table, &id, 2, 1004), 1004);
	/* more than 32 bits of them */
	ck_assert_int_eq(table->note_packets(table, &id, 0x100000002, 1005), 1005);
	ck_assert_int_eq(table->note_packets(table, &id, 0x100000002, 1006), 1005);
	/* another one, of the same identity */
	add(0xe1, FALSE, 1, ONE);
	ck_assert_int_eq(table->note_packets(table, &id, 0, 1007), 0);
}
END_TEST

START_TEST(test_is_single)
{
	hwo_sa_id_t id = get_id(0xe4, FALSE);
	hwo_child_t child;
	u_int key;

	key = add(0xc1, TRUE, 1, ONE);
	ck_assert(table->get_key(table, key, &child));
	ck_assert(table->is_single(table, &child));
	add(0xe1, FALSE, 1, ONE);
	/* the inbound one of a rekeyed CHILD_SA stays for a while */
	add(0xc2, TRUE, 1, ONE);
	/* others have nothing to do with it */
	add(0xe3, FALSE, 2, ONE);
	id.dst.bytes[3] = 3;
	add_id(&id, FALSE, 1, ONE, NULL);
	ck_assert(table->get_key(table, key, &child));
	ck_assert(table->is_single(table, &child));
	/* but this one */
	add(0xe2, FALSE, 1, ONE);
	ck_assert(!table->is_single(table, &child));
	del(0xe2, FALSE);
	ck_assert(table->is_single(table, &child));
}
END_TEST

START_TEST(test_moving)
{
	hwo_sa_id_t id = get_id(0xe1, _i == 1);
	hwo_child_t *child;

	add_id(&id, _i == 1, 7, ONE, NULL);
	if (_i == 2)
	{
		table->lose(table, &id);
	}
	ck_assert(!table->moving(table, 7, 1000));
	child = table->checkout(table, &id);
	ck_assert(table->moving(table, 7, 1000) == (_i == 0));
	ck_assert(!table->moving(table, 8, 1000));
	hwo_child_find(child, &id)->moves = (hwo_sa_moves_t){
		.count = 1,
		/* somebody sets the system's clock back meanwhile */
		.last = 1700003600,
		.monotonic = 1000,
	};
	table->checkin(table, child);
	ck_assert(table->moving(table, 7, 1001) == (_i == 0));
	ck_assert(!table->moving(table, 7, 1002));
}
END_TEST

/** what was told about moves */
static u_int moves;
static uint32_t moved_spi;

static void on_move(void *data, const hwo_child_t *child,
					const hwo_child_sa_t *sa)
{
	ck_assert_ptr_eq(data, table);
	moved_spi = sa->id.spi;
	moves++;
}

START_TEST(test_on_move)
{
	hwo_sa_id_t id = get_id(0xe1, FALSE);
	hwo_child_t *child;

	moves = 0;
	add(0xc1, TRUE, 1, ONE);
	add(0xe1, FALSE, 1, ONE);
	table->on_move(table, on_move, table);
	child = table->checkout(table, &id);
	table->checkin(table, child);
	ck_assert_uint_eq(moves, 0);
	child = table->checkout(table, &id);
	child->out.moves.count++;
	table->checkin(table, child);
	ck_assert_uint_eq(moves, 1);
	ck_assert_uint_eq(moved_spi, id.spi);
	table->on_move(table, NULL, NULL);
	child = table->checkout(table, &id);
	child->out.moves.count++;
	table->checkin(table, child);
	ck_assert_uint_eq(moves, 1);
}
END_TEST

START_TEST(test_flush)
{
	hwo_sa_id_t id = get_id(1, FALSE);
	hwo_child_t *child;
	int i;

	for (i = 1; i <= ROUNDS; i++)
	{
		add(i, i % 2, i, ONE);
	}
	ck_assert_int_eq(count(), ROUNDS);
	id = get_id(ROUNDS, FALSE);
	child = table->checkout(table, &id);
	table->flush(table);
	ck_assert_int_eq(count(), 1);
	table->checkin(table, child);
	ck_assert(table->get(table, &id, NULL));
	table->flush(table);
	ck_assert_int_eq(count(), 0);
	/* the last one is freed along with the table */
	add(1, TRUE, 1, ONE);
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
		key = add(spi, TRUE, 1, thread);
		ck_assert_uint_eq(add(spi + ROUNDS, FALSE, 1, thread), key);
		id = get_id(spi, TRUE);
		ck_assert(table->get(table, &id, &child));
		ck_assert_uint_eq(child.out.id.spi, htonl(spi + ROUNDS));
		del(spi, TRUE);
		del(spi + ROUNDS, FALSE);
		ck_assert(!table->get_key(table, key, &child));
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
	ck_assert_int_eq(count(), 0);
}
END_TEST

static volatile int counter;

/**
 * Add to a counter for as long as nobody else has the CHILD_SA, by either SA.
 */
static void *count_alone(void *data)
{
	hwo_sa_id_t id = data ? get_id(0xc1, TRUE) : get_id(0xe1, FALSE);
	hwo_child_t *child;
	int i, value;

	for (i = 0; i < ROUNDS; i++)
	{
		child = table->checkout(table, &id);
		value = counter;
		sched_yield();
		counter = value + 1;
		table->checkin(table, child);
	}
	return NULL;
}

START_TEST(test_checkout)
{
	thread_t *threads[THREADS];
	uintptr_t i;

	counter = 0;
	add(0xc1, TRUE, 1, ONE);
	add(0xe1, FALSE, 1, ONE);
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

TCase *child_tcase(void)
{
	TCase *tc = tcase_create("child");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, TEST_DEADLINE);
	tcase_add_loop_test(tc, test_states, INST, CLOSED + 1);
	tcase_add_loop_test(tc, test_pair_by_thread, 0, 2);
	tcase_add_test(tc, test_pair_own_last);
	tcase_add_test(tc, test_pair_only_candidate);
	tcase_add_test(tc, test_pair_named);
	tcase_add_loop_test(tc, test_no_pair, 0, 5);
	tcase_add_loop_test(tc, test_identity, 0, 7);
	tcase_add_test(tc, test_move);
	tcase_add_test(tc, test_lost_while_checked_out);
	tcase_add_loop_test(tc, test_fail, 0, 2);
	tcase_add_test(tc, test_soft_by_kernel);
	tcase_add_loop_test(tc, test_soft_by_us, 0, 2);
	tcase_add_test(tc, test_note_packets);
	tcase_add_test(tc, test_is_single);
	tcase_add_loop_test(tc, test_moving, 0, 3);
	tcase_add_test(tc, test_on_move);
	tcase_add_test(tc, test_flush);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_checkout);
	return tc;
}
