/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the table of SPs: what makes an entry, how long it lives, and that
 * only one thread at a time has it.
 */

#include "model_suites.h"

#include <sched.h>

#include <threading/thread.h>

#include "../../model/state/sp_table.h"

/** threads that compete, and how often each of them does */
#define THREADS 8
#define ROUNDS 500

static sp_table_t *table;

static void setup(void)
{
	model_setup();
	table = hwo_sp_table_create();
}

static void teardown(void)
{
	table->destroy(table);
	model_teardown();
}

static u_int count_entries(void)
{
	array_t *list = table->list(table);
	u_int count = array_count(list);

	hwo_sp_list_destroy(list);
	return count;
}

static hwo_sp_request_t user = {
	.type = POLICY_IPSEC,
	.sp.priority = 367231,
	.auto_priority = 367231,
	.reqid = 1,
};

/**
 * Get an identity, all that is not part of it has another value each time.
 */
static hwo_sp_id_t get_id(void)
{
	static uint8_t noise;
	hwo_sp_id_t id;

	memset(&id, __atomic_add_fetch(&noise, 1, __ATOMIC_RELAXED), sizeof(id));
	id.dir = POLICY_OUT;
	id.sel.family = AF_INET;
	id.sel.proto = IPPROTO_UDP;
	id.sel.src_prefix = id.sel.dst_prefix = 32;
	memset(id.sel.src, 1, sizeof(id.sel.src));
	memset(id.sel.dst, 2, sizeof(id.sel.dst));
	id.sel.src_port = id.sel.src_port_mask = 0;
	id.sel.dst_port = 4789;
	id.sel.dst_port_mask = 0xffff;
	id.sel.ifindex = id.sel.user = 0;
	id.mark = (mark_t){ 42, 0xff };
	id.if_id = 0;
	id.label = chunk_empty;
	return id;
}

/**
 * Changes that make it another identity.
 */
static void change(hwo_sp_id_t *id, int which)
{
	switch (which)
	{
		case 0: id->dir = POLICY_FWD; break;
		case 1: id->sel.family = AF_INET6; break;
		case 2: id->sel.proto = IPPROTO_TCP; break;
		case 3: id->sel.src_prefix--; break;
		case 4: id->sel.dst_prefix--; break;
		case 5: id->sel.src[15]++; break;
		case 6: id->sel.dst[15]++; break;
		case 7: id->sel.src_port++; break;
		case 8: id->sel.src_port_mask++; break;
		case 9: id->sel.dst_port++; break;
		case 10: id->sel.dst_port_mask--; break;
		case 11: id->sel.ifindex++; break;
		case 12: id->mark.value++; break;
		case 13: id->mark.mask++; break;
		case 14: id->if_id++; break;
		case 15: id->label = chunk_from_str("system_u:object_r:x:s0"); break;
		default: ck_abort();
	}
}

START_TEST(test_identity)
{
	hwo_sp_entry_t *entry, *other;
	hwo_sp_id_t id;

	id = get_id();
	ck_assert(!table->checkout(table, &id, FALSE));
	entry = table->checkout(table, &id, TRUE);
	hwo_sp_add_user(entry, &user);
	table->checkin(table, entry);

	id = get_id();
	change(&id, _i);
	ck_assert(!table->checkout(table, &id, FALSE));
	other = table->checkout(table, &id, TRUE);
	ck_assert(other != entry);
	ck_assert_int_eq(count_entries(), 2);
	table->checkin(table, other);
	ck_assert_int_eq(count_entries(), 1);

	id = get_id();
	ck_assert(table->checkout(table, &id, FALSE) == entry);
	table->checkin(table, entry);
}
END_TEST

START_TEST(test_label)
{
	char *labels[] = { "system_u:object_r:a:s0", "system_u:object_r:b:s0" };
	hwo_sp_entry_t *entry;
	hwo_sp_request_t *added;
	hwo_sp_id_t id;
	chunk_t label;

	label = chunk_clone(chunk_from_str(labels[0]));
	id = get_id();
	id.label = label;
	entry = table->checkout(table, &id, TRUE);
	hwo_sp_add_user(entry, &user);
	table->checkin(table, entry);

	/* what the caller does with his label is no concern of the entry */
	memcpy(label.ptr, labels[1], label.len);
	ck_assert(!table->checkout(table, &id, FALSE));
	memcpy(label.ptr, labels[0], label.len);
	ck_assert(table->checkout(table, &id, FALSE) == entry);
	chunk_free(&label);
	ck_assert(chunk_equals(entry->id.label, chunk_from_str(labels[0])));
	added = hwo_sp_top_user(entry);
	ck_assert(chunk_equals(added->sp.id.label, chunk_from_str(labels[0])));
	table->checkin(table, entry);
}
END_TEST

START_TEST(test_life)
{
	hwo_sp_entry_t *entry;
	hwo_sp_request_t another = user;
	hwo_sp_id_t id = get_id();
	bool top;

	/* not used, not kept */
	entry = table->checkout(table, &id, TRUE);
	ck_assert_int_eq(count_entries(), 1);
	table->checkin(table, entry);
	ck_assert_int_eq(count_entries(), 0);

	entry = table->checkout(table, &id, TRUE);
	ck_assert(!entry->kernel.count && !entry->route.installed);
	hwo_sp_add_user(entry, &user);
	another.reqid++;
	hwo_sp_add_user(entry, &another);
	table->checkin(table, entry);
	ck_assert_int_eq(count_entries(), 1);

	ck_assert(table->checkout(table, &id, TRUE) == entry);
	ck_assert(hwo_sp_remove_user(entry, &another, &top));
	table->checkin(table, entry);
	ck_assert_int_eq(count_entries(), 1);

	ck_assert(table->checkout(table, &id, FALSE) == entry);
	ck_assert(hwo_sp_remove_user(entry, &user, &top));
	ck_assert_int_eq(count_entries(), 1);
	table->checkin(table, entry);
	ck_assert_int_eq(count_entries(), 0);
	ck_assert(!table->checkout(table, &id, FALSE));
}
END_TEST

/**
 * Entries are listed whoever has them, in copies that live on their own.
 */
START_TEST(test_list)
{
	hwo_sp_entry_t *entries[3], *entry;
	hwo_sp_id_t id = get_id();
	chunk_t label = chunk_from_str("system_u:object_r:x:s0");
	array_t *list;
	int i, listed = 0;
	bool top;

	list = table->list(table);
	ck_assert_int_eq(array_count(list), 0);
	hwo_sp_list_destroy(list);

	for (i = 0; i < countof(entries); i++)
	{
		id.if_id = i;
		id.label = i == 1 ? label : chunk_empty;
		entries[i] = table->checkout(table, &id, TRUE);
		hwo_sp_add_user(entries[i], &user);
	}
	table->checkin(table, entries[1]);
	table->checkin(table, entries[2]);
	list = table->list(table);
	/* none of them is there anymore */
	for (i = 0; i < countof(entries); i++)
	{
		array_get(list, i, &id);
		entry = id.if_id ? table->checkout(table, &id, FALSE) : entries[0];
		ck_assert(hwo_sp_remove_user(entry, &user, &top));
		table->checkin(table, entry);
	}
	ck_assert_int_eq(count_entries(), 0);

	ck_assert_int_eq(array_count(list), countof(entries));
	for (i = 0; i < countof(entries); i++)
	{
		array_get(list, i, &id);
		listed |= 1 << id.if_id;
		ck_assert_int_eq(id.sel.dst_port, 4789);
		ck_assert_int_eq(id.label.len, id.if_id == 1 ? label.len : 0);
		ck_assert(!id.label.len || chunk_equals(id.label, label));
	}
	ck_assert_int_eq(listed, 7);
	hwo_sp_list_destroy(list);
}
END_TEST

/** entries that are waited for, and whether they may be had */
static hwo_sp_entry_t *held[2];
static int released[2];

/**
 * A thread that waits for one of them.
 */
typedef struct {
	thread_t *thread;
	int which;
	bool create;
} waiter_t;

/**
 * See how many threads wait, which is only for the table itself to know.
 */
__attribute__((no_sanitize("thread")))
static u_int count_waiting(hwo_sp_entry_t *entry)
{
	return __atomic_load_n(&entry->waiting, __ATOMIC_RELAXED);
}

static void hold_entry(int which)
{
	hwo_sp_id_t id = get_id();

	id.if_id = which;
	released[which] = 0;
	held[which] = table->checkout(table, &id, TRUE);
}

/**
 * Release an entry that others wait for.
 */
static void release_entry(int which)
{
	__atomic_store_n(&released[which], 1, __ATOMIC_SEQ_CST);
	table->checkin(table, held[which]);
}

/**
 * Want the entry that somebody else has.
 */
static void *wait_for_entry(void *arg)
{
	waiter_t *waiter = arg;
	hwo_sp_id_t id = get_id();
	hwo_sp_entry_t *entry;

	id.if_id = waiter->which;
	entry = table->checkout(table, &id, waiter->create);
	/* not a moment before it is released, and it has not been destroyed */
	ck_assert(__atomic_load_n(&released[waiter->which], __ATOMIC_SEQ_CST));
	ck_assert(entry == held[waiter->which]);
	table->checkin(table, entry);
	return NULL;
}

/**
 * Start threads that wait for an entry, and return when they do. How long that
 * may take is bounded by the timeout of the test case.
 */
static void start_waiters(waiter_t *waiters, int count, int which)
{
	int i;

	for (i = 0; i < count; i++)
	{
		waiters[i].which = which;
		waiters[i].create = i % 2;
		waiters[i].thread = thread_create(wait_for_entry, &waiters[i]);
	}
	while (count_waiting(held[which]) < count)
	{
		sched_yield();
	}
}

static void join_waiters(waiter_t *waiters, int count)
{
	int i;

	for (i = 0; i < count; i++)
	{
		waiters[i].thread->join(waiters[i].thread);
	}
}

/**
 * An entry without users survives as long as somebody waits for it, and each of
 * them gets it, whoever waits for others.
 */
START_TEST(test_wait)
{
	waiter_t first[3], second[2];

	hold_entry(0);
	hold_entry(1);
	start_waiters(first, countof(first), 0);
	start_waiters(second, countof(second), 1);
	release_entry(1);
	join_waiters(second, countof(second));
	ck_assert_int_eq(count_entries(), 1);
	release_entry(0);
	join_waiters(first, countof(first));
	ck_assert_int_eq(count_entries(), 0);
}
END_TEST

/** threads that have one of the two entries, and the times one was had */
static int inside[2], rounds[2];

/**
 * Have an entry for a while, as if the kernel was asked.
 */
static void have_entry(int which, bool add)
{
	hwo_sp_id_t id = get_id();
	hwo_sp_entry_t *entry;
	bool top;

	id.if_id = which;
	entry = table->checkout(table, &id, add);
	ck_assert(entry);
	ck_assert_int_eq(__atomic_add_fetch(&inside[which], 1, __ATOMIC_SEQ_CST),
					 1);
	/* not atomic, with two threads in here some would be lost */
	rounds[which]++;
	sched_yield();
	if (add)
	{
		hwo_sp_add_user(entry, &user);
	}
	else
	{
		ck_assert(hwo_sp_remove_user(entry, &user, &top));
	}
	ck_assert_int_eq(__atomic_sub_fetch(&inside[which], 1, __ATOMIC_SEQ_CST),
					 0);
	table->checkin(table, entry);
}

/**
 * Add and remove a user again and again.
 */
static void *compete(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++)
	{
		have_entry(i % 2, TRUE);
		have_entry(i % 2, FALSE);
	}
	return NULL;
}

START_TEST(test_threads)
{
	thread_t *threads[THREADS];
	int i;

	memset(rounds, 0, sizeof(rounds));
	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(compete, NULL);
	}
	for (i = 0; i < THREADS; i++)
	{
		threads[i]->join(threads[i]);
	}
	ck_assert_int_eq(rounds[0] + rounds[1], 2 * THREADS * ROUNDS);
	ck_assert_int_eq(count_entries(), 0);
}
END_TEST

TCase *sp_table_tcase(void)
{
	TCase *tc;

	tc = tcase_create("sp_table");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, TEST_DEADLINE);
	tcase_add_loop_test(tc, test_identity, 0, 16);
	tcase_add_test(tc, test_label);
	tcase_add_test(tc, test_life);
	tcase_add_test(tc, test_list);
	tcase_add_test(tc, test_wait);
	tcase_add_test(tc, test_threads);
	return tc;
}
