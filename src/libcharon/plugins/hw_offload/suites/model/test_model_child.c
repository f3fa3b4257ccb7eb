/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of records of CHILD_SAs: which SAs belong together, how they are found,
 * and what follows from what happens to them.
 */

#include "model_child.h"

#include <netinet/in.h>

/**
 * Get the state of a record.
 */
static hwo_child_state_t get_state(u_int key)
{
	hwo_child_t child;

	ck_assert(child_table->get_key(child_table, key, &child));
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
	int event;

	for (event = HWO_CHILD_INSTALLED; event <= HWO_CHILD_CLOSE; event++)
	{
		ck_assert_msg(hwo_child_next(_i, event) == next[_i][event],
					  "state %d, event %d: %d", _i, event,
					  hwo_child_next(_i, event));
	}
	ck_assert_int_eq(hwo_child_holds(_i), _i == LOST || _i == FAIL);
}
END_TEST

START_TEST(test_pair_by_thread)
{
	u_int first, second;

	/* two threads install at once */
	first = child_add(0xc1, TRUE, 1, ONE);
	second = child_add(0xc2, TRUE, 1, TWO);
	ck_assert_uint_ne(first, second);
	ck_assert_uint_eq(child_add(0xe1, FALSE, 1, _i ? TWO : ONE),
					  _i ? second : first);
	ck_assert_uint_eq(child_add(0xe2, FALSE, 1, _i ? ONE : TWO),
					  _i ? first : second);
	ck_assert_int_eq(get_state(first), UP);
	ck_assert_int_eq(get_state(second), UP);
	ck_assert_int_eq(child_count(), 2);
}
END_TEST

START_TEST(test_pair_no_reqid)
{
	u_int key;

	/* a number like any other, though as a key of a hash table it is NULL */
	key = child_add(0xc1, TRUE, 0, ONE);
	ck_assert_uint_eq(child_add(0xe1, FALSE, 0, ONE), key);
	ck_assert_int_eq(get_state(key), UP);
	ck_assert_int_eq(child_count(), 1);
}
END_TEST

START_TEST(test_pair_own_last)
{
	u_int first, second;

	/* an older one of the same thread still waits */
	first = child_add(0xc1, TRUE, 1, ONE);
	second = child_add(0xc2, TRUE, 1, ONE);
	ck_assert_uint_eq(child_add(0xe2, FALSE, 1, ONE), second);
	ck_assert_uint_eq(child_add(0xe1, FALSE, 1, TWO), first);
}
END_TEST

START_TEST(test_pair_only_candidate)
{
	u_int first;

	/* the outbound SA comes later, with another thread */
	first = child_add(0xc1, TRUE, 1, ONE);
	ck_assert_int_eq(get_state(first), INST);
	ck_assert_uint_eq(child_add(0xe1, FALSE, 1, TWO), first);
	/* which of two is not known */
	first = child_add(0xc2, TRUE, 2, ONE);
	ck_assert_uint_ne(child_add(0xc3, TRUE, 2, TWO), first);
	ck_assert_uint_ne(child_add(0xe2, FALSE, 2, 33), first);
	ck_assert_int_eq(child_count(), 4);
}
END_TEST

START_TEST(test_pair_named)
{
	hwo_sa_id_t in = child_sa_id(0xc1, TRUE), out = child_sa_id(0xe1, FALSE),
				other = child_sa_id(0xc2, TRUE);
	hwo_names_t names = {
		.child = "net",
		.child_id = 7,
	};
	hwo_child_t child;

	/* charon tells in the end */
	child_add(0xc1, TRUE, 1, ONE);
	child_add(0xc2, TRUE, 1, TWO);
	child_add(0xe1, FALSE, 1, 33);
	ck_assert_int_eq(child_count(), 3);
	ck_assert(child_table->name(child_table, &in, &out, &names, &child));
	ck_assert_int_eq(child_count(), 2);
	ck_assert(hwo_sa_id_equals(&child.in.id, &in));
	ck_assert(hwo_sa_id_equals(&child.out.id, &out));
	ck_assert_int_eq(child.state, UP);
	ck_assert(child_table->get(child_table, &other, &child));
	ck_assert_str_eq(child.names.child, "");
	ck_assert(child_table->get_child(child_table, 7, &child));
	ck_assert(hwo_sa_id_equals(&child.in.id, &in));
	ck_assert_str_eq(child.names.child, "net");
	/* it is gone with its record */
	child_del(0xc1, TRUE);
	child_del(0xe1, FALSE);
	ck_assert(!child_table->get_child(child_table, 7, &child));
	ck_assert(!child_table->name(child_table, &in, &out, &names, &child));
}
END_TEST

START_TEST(test_pair_by_name)
{
	hwo_sa_id_t in = child_sa_id(0xc1, TRUE), out = child_sa_id(0xe1, FALSE);
	const hwo_names_t names = { .child_id = 7 };
	u_int first, second;
	hwo_child_t child;

	/* charon names them before the outbound ones are there, which are added by
	 * another thread */
	first = child_add(0xc1, TRUE, 1, ONE);
	second = child_add(0xc2, TRUE, 1, TWO);
	ck_assert(child_table->name(child_table, &in, &out, &names, &child));
	ck_assert_uint_eq(child.key, first);
	ck_assert_uint_eq(child_add(0xe1, FALSE, 1, TWO), first);
	ck_assert_uint_eq(child_add(0xe2, FALSE, 1, TWO), second);
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
	hwo_sa_id_t id = child_sa_id(0xc1, TRUE);
	uint32_t reqid = 1;
	u_int key;

	estrange(&id, &reqid, _i);
	key = child_add_id(&id, TRUE, reqid, ONE);
	ck_assert_uint_ne(child_add(0xe1, FALSE, 1, ONE), key);
	key = child_add(0xc2, TRUE, 1, ONE);
	ck_assert_uint_eq(child_add(0xe2, FALSE, 1, ONE), key);
	/* one that is gone has no partner anymore */
	child_add(0xc3, TRUE, 3, ONE);
	child_del(0xc3, TRUE);
	child_add(0xe3, FALSE, 3, ONE);
	key = child_add(0xc4, TRUE, 3, ONE);
	ck_assert_uint_eq(child_add(0xe4, FALSE, 3, ONE), key);
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
	hwo_sa_id_t id = child_sa_id(0xe1, FALSE), other = id;
	hwo_child_t child;
	u_int key;

	key = child_add_id(&id, FALSE, 1, ONE);
	change(&other, _i);
	ck_assert(!child_table->get(child_table, &other, NULL));
	ck_assert(!child_table->checkout(child_table, &other));
	ck_assert_uint_ne(child_add_id(&other, FALSE, 2, ONE), key);
	ck_assert(child_table->get(child_table, &id, &child));
	ck_assert_uint_eq(child.key, key);
	ck_assert_uint_eq(child.reqid, 1);
	/* the kernel does not look at these */
	memset(&id.src, _i, sizeof(id.src));
	id.if_id++;
	ck_assert(child_table->get(child_table, &id, &child));
	ck_assert_uint_eq(child.key, key);
	/* one of the same identity replaces it */
	ck_assert_uint_ne(child_add_id(&id, FALSE, 1, ONE), key);
	ck_assert(!child_table->get_key(child_table, key, &child));
	ck_assert_int_eq(child_count(), 2);
}
END_TEST

/**
 * Fail to install an inbound SA.
 */
static void fail_inbound(uint32_t spi, uint32_t reqid, uintptr_t thread)
{
	hwo_sa_id_t id = child_sa_id(spi, TRUE);

	child_table->checkin(child_table,
				child_table->begin(child_table, &id, TRUE, reqid, thread));
}

START_TEST(test_failed)
{
	u_int key;

	/* charon goes on with the outbound SA, which does not belong to the inbound
	 * SA of another thread that waits for its own */
	key = child_add(0xc1, TRUE, 1, ONE);
	fail_inbound(0xc2, 1, TWO);
	ck_assert_uint_ne(child_add(0xe2, FALSE, 1, TWO), key);
	ck_assert_uint_eq(child_add(0xe1, FALSE, 1, ONE), key);
	/* that counts once, for that reqid, and until the next inbound SA */
	key = child_add(0xc3, TRUE, 2, ONE);
	if (_i == 0)
	{
		fail_inbound(0xc4, 2, TWO);
		child_add(0xe4, FALSE, 2, TWO);
	}
	else if (_i == 1)
	{
		fail_inbound(0xc4, 3, TWO);
	}
	else
	{
		fail_inbound(0xc4, 2, TWO);
		child_add(0xc5, TRUE, 3, TWO);
	}
	ck_assert_uint_eq(child_add(0xe3, FALSE, 2, TWO), key);
	/* nor is it a failure if both SAs are removed */
	child_del(0xe3, FALSE);
	child_del(0xc3, TRUE);
	key = child_add(0xc6, TRUE, 2, TWO);
	ck_assert_uint_eq(child_add(0xe6, FALSE, 2, ONE), key);
}
END_TEST

START_TEST(test_twin)
{
	hwo_sa_id_t id = child_sa_id(0xe1, FALSE);
	hwo_child_t *child, old;
	u_int key;

	/* as long as it is not known if it replaces the other one, nobody has that;
	 * then it is as it was */
	key = child_add(0xe1, FALSE, 1, ONE);
	child = child_table->begin(child_table, &id, FALSE, 2, TWO);
	ck_assert(child_table->get(child_table, &id, &old));
	ck_assert_uint_eq(old.key, key);
	ck_assert(old.busy);
	child_table->checkin(child_table, child);
	ck_assert(child_table->get(child_table, &id, &old));
	ck_assert_uint_eq(old.key, key);
	ck_assert(!old.busy);
	ck_assert_int_eq(child_count(), 1);
}
END_TEST

START_TEST(test_move)
{
	hwo_sa_id_t in = child_sa_id(0xc1, TRUE), old = in;
	hwo_sa_id_t out = child_sa_id(0xe1, FALSE);
	hwo_child_t *child, copy;
	u_int key;

	key = child_add(0xc1, TRUE, 1, ONE);
	child_add(0xe1, FALSE, 1, ONE);
	child = child_table->checkout(child_table, &in);
	in.dst.bytes[3] = 9;
	child->in.id = in;
	child->in.moves.count++;
	/* others see what was, and what they note is kept */
	ck_assert(child_table->get(child_table, &old, &copy));
	ck_assert(copy.busy);
	ck_assert(!child_table->get(child_table, &in, NULL));
	ck_assert(child_table->soft(child_table, &old, TRUE, FALSE));
	ck_assert_int_eq(child_table->note_packets(child_table, &old, 3, 1000),
					 1000);
	ck_assert(child_table->lose(child_table, &out));
	child_table->checkin(child_table, child);
	ck_assert(!child_table->get(child_table, &old, NULL));
	ck_assert(child_table->get(child_table, &in, &copy));
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
	hwo_sa_id_t in = child_sa_id(0xc1, TRUE);
	hwo_child_t *child;
	u_int key;

	key = child_add(0xc1, TRUE, 1, ONE);
	child_add(0xe1, FALSE, 1, ONE);
	child = child_table->checkout(child_table, &in);
	child->in.lost = TRUE;
	child_table->checkin(child_table, child);
	ck_assert_int_eq(get_state(key), LOST);
	ck_assert(!child_table->lose(child_table, &in));
	/* it is there again */
	child_del(0xc1, TRUE);
	child_add(0xc1, TRUE, 1, ONE);
	ck_assert(child_table->lose(child_table, &in));
}
END_TEST

START_TEST(test_fail_by_ike)
{
	hwo_sa_id_t in = child_sa_id(0xc1, TRUE), out = child_sa_id(0xe1, FALSE),
				new = child_sa_id(0xc9, TRUE);
	hwo_names_t names = {
		.ike_id = 7,
	};
	u_int key;

	key = child_add(0xc1, TRUE, 1, ONE);
	child_add(0xe1, FALSE, 1, ONE);
	ck_assert(child_table->name(child_table, &in, &out, &names, NULL));
	/* another IKE_SA between the same hosts */
	child_table->rekey_failed(child_table, &new, 1, 8);
	ck_assert_int_eq(get_state(key), UP);
	/* its own one has other addresses now */
	new.src.bytes[3] = 9;
	new.dst.bytes[3] = 8;
	child_table->rekey_failed(child_table, &new, 1, 0);
	ck_assert_int_eq(get_state(key), UP);
	child_table->rekey_failed(child_table, &new, 1, 7);
	ck_assert_int_eq(get_state(key), FAIL);
}
END_TEST

START_TEST(test_fail)
{
	hwo_sa_id_t new = child_sa_id(0xc9, _i);
	u_int key;

	key = child_add(0xc1, TRUE, 1, ONE);
	child_add(0xe1, FALSE, 1, ONE);
	/* other CHILD_SAs, and other hosts */
	child_table->rekey_failed(child_table, &new, 2, 0);
	ck_assert_int_eq(get_state(key), UP);
	new.src.bytes[3] = 9;
	child_table->rekey_failed(child_table, &new, 1, 0);
	ck_assert_int_eq(get_state(key), UP);
	new = child_sa_id(0xc9, _i);
	child_table->rekey_failed(child_table, &new, 1, 0);
	ck_assert_int_eq(get_state(key), FAIL);
	/* the next one works */
	child_table->note(child_table, key, HWO_CHILD_REPLACEMENT);
	ck_assert_int_eq(get_state(key), REPL);
}
END_TEST

TCase *child_tcase(void)
{
	TCase *tc = tcase_create("child");

	tcase_add_checked_fixture(tc, child_setup, child_teardown);
	tcase_set_timeout(tc, TEST_DEADLINE);
	tcase_add_loop_test(tc, test_states, INST, CLOSED + 1);
	tcase_add_loop_test(tc, test_pair_by_thread, 0, 2);
	tcase_add_test(tc, test_pair_no_reqid);
	tcase_add_test(tc, test_pair_own_last);
	tcase_add_test(tc, test_pair_only_candidate);
	tcase_add_test(tc, test_pair_named);
	tcase_add_test(tc, test_pair_by_name);
	tcase_add_loop_test(tc, test_no_pair, 0, 5);
	tcase_add_loop_test(tc, test_identity, 0, 7);
	tcase_add_test(tc, test_twin);
	tcase_add_loop_test(tc, test_failed, 0, 3);
	tcase_add_test(tc, test_move);
	tcase_add_test(tc, test_lost_while_checked_out);
	tcase_add_loop_test(tc, test_fail, 0, 2);
	tcase_add_test(tc, test_fail_by_ike);
	return tc;
}
