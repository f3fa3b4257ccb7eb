/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of which SAs in packet mode are hidden by others. The kernel's table
 * stands beside it in these tests, with its lists as they are.
 */

#include "model_suites.h"

#include <arpa/inet.h>

#include "../../model/state/sad_buckets.h"

/** SAs of the random histories */
#define SAS 300

static sad_buckets_t *buckets;

/** the kernel: SAs from the head of all buckets to their ends, and its size */
static linked_list_t *sas;
static uint32_t size;

/**
 * Bucket of an SA, here from numbers: hosts are 10.0.0.x.
 */
static uint32_t get_bucket(const hwo_sad_sa_t *sa)
{
	uint32_t h = (0x14000000 + sa->id.src.bytes[3] + sa->id.dst.bytes[3]) ^
				 AF_INET ^ sa->reqid;

	return (h ^ h >> 16) % size;
}

/**
 * Put an SA into the lists of the kernel.
 */
static void put(linked_list_t *list, hwo_sad_sa_t *sa)
{
	enumerator_t *enumerator;
	hwo_sad_sa_t *other;

	enumerator = list->create_enumerator(list);
	while (!sa->packet && enumerator->enumerate(enumerator, &other))
	{
		if (!other->packet && get_bucket(other) == get_bucket(sa))
		{
			list->insert_before(list, enumerator, sa);
			enumerator->destroy(enumerator);
			return;
		}
	}
	enumerator->destroy(enumerator);
	list->insert_first(list, sa);
}

/**
 * Let the table of the kernel grow.
 */
static void grow(void)
{
	linked_list_t *list = linked_list_create();
	hwo_sad_sa_t *sa;

	size *= 2;
	while (sas->remove_first(sas, (void**)&sa) == SUCCESS)
	{
		put(list, sa);
	}
	sas->destroy(sas);
	sas = list;
}

/**
 * Check if the kernel does not find an SA.
 */
static bool is_hidden(const hwo_sad_sa_t *sa)
{
	enumerator_t *enumerator;
	hwo_sad_sa_t *other;
	bool hidden = FALSE;

	enumerator = sas->create_enumerator(sas);
	while (enumerator->enumerate(enumerator, &other) && other != sa)
	{
		hidden |= !other->packet && get_bucket(other) == get_bucket(sa);
	}
	enumerator->destroy(enumerator);
	return hidden;
}

static hwo_sad_sa_t make_sa(uint8_t host, uint32_t reqid, uint32_t spi,
							bool packet)
{
	return (hwo_sad_sa_t){
		.id = {
			.src = { .family = AF_INET, .bytes = { 10, 0, 0, 1 } },
			.dst = { .family = AF_INET, .bytes = { 10, 0, 0, host } },
			.spi = htonl(spi),
			.proto = IPPROTO_ESP,
		},
		.reqid = reqid,
		.packet = packet,
	};
}

/**
 * Add an SA to both.
 */
static hwo_sad_sa_t *add(uint8_t host, uint32_t reqid, uint32_t spi,
						 bool packet)
{
	hwo_sad_sa_t *sa = malloc_thing(hwo_sad_sa_t);

	*sa = make_sa(host, reqid, spi, packet);
	put(sas, sa);
	buckets->add(buckets, sa, FALSE);
	return sa;
}

/**
 * Remove an SA from both.
 */
static void remove_sa(hwo_sad_sa_t *sa)
{
	sas->remove(sas, sa, NULL);
	buckets->remove(buckets, sa);
	free(sa);
}

/**
 * Count the hidden SAs, and compare.
 *
 * @param exact			FALSE if some may be taken for hidden that are not
 * @param mistakes		[out] number of those
 */
static u_int compare(bool exact, u_int *mistakes)
{
	enumerator_t *enumerator;
	hwo_sad_sa_t *sa;
	u_int count = 0;
	bool hidden;

	*mistakes = 0;
	enumerator = sas->create_enumerator(sas);
	while (enumerator->enumerate(enumerator, &sa))
	{
		hidden = buckets->is_hidden(buckets, sa) != HWO_HIDDEN_NO;
		if (sa->packet && is_hidden(sa))
		{
			ck_assert(hidden);
			count++;
		}
		else if (hidden)
		{
			ck_assert(!exact && sa->packet);
			*mistakes += 1;
		}
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * Compare, and check the number of hidden SAs.
 */
static void check(u_int expected)
{
	u_int mistakes;

	ck_assert_uint_eq(compare(TRUE, &mistakes), expected);
}

/**
 * Tell the size of the table.
 */
static void tell_size(void)
{
	buckets->set_size(buckets, size, buckets->get_changes(buckets));
}

/**
 * Get the number of SAs that are reported as changed.
 */
static int count_changed(void)
{
	array_t *changed = buckets->get_changed(buckets);
	int count = array_count(changed);
	hwo_sad_sa_t sa;

	while (array_remove(changed, ARRAY_TAIL, &sa))
	{
		buckets->is_hidden(buckets, &sa);
	}
	array_destroy(changed);
	return count;
}

static void setup(void)
{
	model_setup();
	size = 8;
	sas = linked_list_create();
	buckets = hwo_sad_buckets_create();
}

static void teardown(void)
{
	buckets->destroy(buckets);
	sas->destroy_function(sas, free);
	model_teardown();
}

START_TEST(test_first)
{
	hwo_sad_sa_t *first, *second;

	/* reqids 1 and 9 share a bucket, 2 has another one */
	add(2, 1, 1, TRUE);
	add(2, 9, 2, TRUE);
	check(0);
	add(2, 2, 3, FALSE);
	check(0);
	ck_assert_int_eq(count_changed(), 0);
	first = add(2, 9, 4, FALSE);
	check(2);
	ck_assert_int_eq(count_changed(), 2);
	/* a later one is found, and further ones hide no more */
	add(2, 1, 5, TRUE);
	check(2);
	second = add(2, 1, 6, FALSE);
	check(2);
	remove_sa(first);
	check(2);
	ck_assert_int_eq(count_changed(), 0);
	remove_sa(second);
	check(0);
	ck_assert_int_eq(count_changed(), 2);
	/* hides all of them, also those that were found before */
	add(2, 1, 7, FALSE);
	check(3);
}
END_TEST

START_TEST(test_growth)
{
	hwo_sad_sa_t *sa;

	add(2, 1, 1, TRUE);
	add(2, 17, 2, TRUE);
	sa = add(2, 1, 3, FALSE);
	add(2, 1, 4, TRUE);
	check(2);
	count_changed();
	tell_size();
	/* 1 and 17 still share one, 9 does not */
	add(2, 9, 5, TRUE);
	tell_size();
	check(2);
	grow();
	tell_size();
	check(1);
	ck_assert_int_eq(count_changed(), 3);
	/* twice at once */
	grow();
	grow();
	tell_size();
	check(1);
	remove_sa(sa);
	check(0);
}
END_TEST

START_TEST(test_growth_unknown)
{
	u_int mistakes;

	/* what comes while it may grow is taken for hidden */
	add(2, 1, 1, TRUE);
	add(2, 1, 2, FALSE);
	grow();
	add(2, 1, 3, TRUE);
	tell_size();
	ck_assert_uint_eq(compare(FALSE, &mistakes), 0);
	ck_assert_uint_eq(mistakes, 2);
	/* and stays unknown, but the next one is not */
	grow();
	tell_size();
	add(2, 1, 4, TRUE);
	ck_assert_uint_eq(compare(FALSE, &mistakes), 2);
	ck_assert_uint_eq(mistakes, 0);
}
END_TEST

START_TEST(test_larval)
{
	hwo_sad_sa_t *sa = add(2, 1, 1, TRUE), larval = make_sa(2, 9, 0, FALSE);
	hwo_sad_sa_t allocated;

	larval.larval = TRUE;
	buckets->add(buckets, &larval, FALSE);
	ck_assert_int_eq(buckets->is_hidden(buckets, sa), HWO_HIDDEN_LARVAL);
	/* it expires */
	buckets->remove(buckets, &larval);
	ck_assert_int_eq(buckets->is_hidden(buckets, sa), HWO_HIDDEN_NO);
	/* it is replaced */
	buckets->add(buckets, &larval, FALSE);
	add(2, 9, 2, TRUE);
	ck_assert_int_eq(buckets->is_hidden(buckets, sa), HWO_HIDDEN_NO);
	buckets->add(buckets, &larval, FALSE);
	add(2, 9, 3, FALSE);
	ck_assert_int_eq(buckets->is_hidden(buckets, sa), HWO_HIDDEN_YES);
	/* one that is named by its SPI */
	allocated = make_sa(2, 2, 4, FALSE);
	allocated.larval = TRUE;
	sa = add(2, 2, 5, TRUE);
	buckets->add(buckets, &allocated, FALSE);
	ck_assert_int_eq(buckets->is_hidden(buckets, sa), HWO_HIDDEN_LARVAL);
	allocated.larval = FALSE;
	buckets->add(buckets, &allocated, TRUE);
	ck_assert_int_eq(buckets->is_hidden(buckets, sa), HWO_HIDDEN_YES);
	/* an update of what is there changes nothing */
	sa = add(2, 2, 6, TRUE);
	buckets->add(buckets, &allocated, TRUE);
	ck_assert_int_eq(buckets->is_hidden(buckets, sa), HWO_HIDDEN_NO);
	buckets->remove(buckets, &allocated);
	ck_assert_int_eq(buckets->is_hidden(buckets, sa), HWO_HIDDEN_NO);
}
END_TEST

START_TEST(test_scan)
{
	hwo_sad_sa_t *p = add(2, 1, 1, TRUE), *s = add(2, 1, 2, FALSE), *q, *alone;
	hwo_sad_sa_t gone = make_sa(2, 1, 3, FALSE);
	u_int mistakes;

	q = add(2, 1, 4, TRUE);
	alone = add(2, 2, 5, TRUE);
	buckets->add(buckets, &gone, FALSE);
	count_changed();
	/* one was removed, and another one is while all are listed */
	buckets->begin_scan(buckets);
	buckets->seen(buckets, p);
	buckets->seen(buckets, q);
	buckets->seen(buckets, alone);
	buckets->remove(buckets, alone);
	buckets->seen(buckets, alone);
	buckets->add(buckets, alone, FALSE);
	buckets->seen(buckets, s);
	buckets->end_scan(buckets, TRUE);
	ck_assert_uint_eq(compare(FALSE, &mistakes), 1);
	ck_assert_uint_eq(mistakes, 1);
	ck_assert_int_eq(count_changed(), 2);
	remove_sa(s);
	check(0);
	/* larval ones with an SPI are not announced when they go */
	gone.larval = TRUE;
	buckets->begin_scan(buckets);
	buckets->seen(buckets, &gone);
	buckets->end_scan(buckets, FALSE);
	check(0);
	/* nothing is known of what was there before */
	gone.larval = FALSE;
	buckets->begin_scan(buckets);
	buckets->remove(buckets, &gone);
	buckets->seen(buckets, &gone);
	buckets->end_scan(buckets, FALSE);
	check(0);
}
END_TEST

/**
 * Random lives of SAs. The size is told now and then, or at once.
 */
START_TEST(test_random)
{
	hwo_sad_sa_t *list[SAS] = {};
	u_int i, pick, hidden = 0, mistakes, all = 0;
	bool late = _i & 1;

	srandom(_i);
	for (i = 0; i < 3000; i++)
	{
		pick = random() % SAS;
		if (list[pick])
		{
			remove_sa(list[pick]);
			list[pick] = NULL;
		}
		else
		{
			list[pick] = add(2 + random() % 20, random() % 4, pick + 1,
							 random() % 3);
		}
		if (sas->get_count(sas) >= size && random() % 8 == 0)
		{
			if (!late)
			{
				tell_size();
			}
			grow();
			if (!late)
			{
				tell_size();
			}
		}
		if (late && random() % 16 == 0)
		{
			tell_size();
			hidden += compare(FALSE, &mistakes);
			all += mistakes;
		}
		else if (!late)
		{
			hidden += compare(TRUE, &mistakes);
		}
	}
	ck_assert_uint_gt(hidden, 100);
	/* few are hidden only because that is not known */
	ck_assert_uint_lt(all, hidden);
}
END_TEST

TCase *sad_buckets_tcase(void)
{
	TCase *tcase = tcase_create("sad_buckets");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_first);
	tcase_add_test(tcase, test_growth);
	tcase_add_test(tcase, test_growth_unknown);
	tcase_add_test(tcase, test_larval);
	tcase_add_test(tcase, test_scan);
	tcase_add_loop_test(tcase, test_random, 0, 20);
	return tcase;
}
