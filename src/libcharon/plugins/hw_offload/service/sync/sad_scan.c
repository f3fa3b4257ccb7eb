/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Compares records of SAs with the kernel's.
 */

#include "sad_scan.h"
#include "../../wire/xfrm_sa.h"

#include <time.h>

#include <collections/hashtable.h>
#include <utils/debug.h>

/**
 * An SA that should be there.
 */
typedef struct {
	/** identity */
	hwo_sa_id_t id;
	/** how often it was moved, so it may have been missing for a moment */
	u_int moves;
	/** TRUE if it is there */
	bool seen;
} expected_t;

/**
 * A scan that is under way.
 */
typedef struct {
	/** SAs that should be there, expected_t by identity */
	hashtable_t *expected;
	/** SAs beyond a soft limit */
	array_t *soft;
	/** current time */
	uint64_t now;
} scan_t;

static bool is_beyond(uint64_t value, uint64_t limit)
{
	return limit && value >= limit;
}

static bool beyond_soft_limit(const hwo_sa_state_t *state, uint64_t now)
{
	const hwo_usage_t *usage = &state->usage;
	const hwo_limits_t *limits = &state->limits;
	uint64_t age;

	age = now > usage->add_time ? now - usage->add_time : 0;
	return is_beyond(usage->packets, limits->soft_packets) ||
		   is_beyond(usage->bytes, limits->soft_bytes) ||
		   is_beyond(age, limits->soft_time);
}

/**
 * Expect an SA, if there is one.
 */
static void expect(scan_t *scan, const hwo_child_sa_t *sa)
{
	expected_t *expected;

	if (sa->id.spi && !sa->lost)
	{
		INIT(expected,
			.id = sa->id,
			.moves = sa->moves.count,
		);
		free(scan->expected->put(scan->expected, &expected->id, expected));
	}
}

/**
 * Expect all SAs that have a record, before the kernel is asked.
 */
static void expect_all(scan_t *scan, child_table_t *table)
{
	hwo_child_t child;
	array_t *keys;
	u_int key;

	keys = table->list(table);
	while (array_remove(keys, ARRAY_TAIL, &key))
	{
		if (table->get_key(table, key, &child))
		{
			expect(scan, &child.in);
			expect(scan, &child.out);
		}
	}
	array_destroy(keys);
}

static bool check_sa(void *data, const struct nlmsghdr *hdr)
{
	scan_t *scan = data;
	expected_t *expected;
	hwo_sa_state_t state;

	if (!hwo_xfrm_decode_sa(hdr, &state))
	{
		return FALSE;
	}
	expected = scan->expected->get(scan->expected, &state.id);
	/* a packet that came after an SA was gone leaves a larval one, if its SP
	 * names the SPI */
	if (expected && !state.larval)
	{
		expected->seen = TRUE;
		if (beyond_soft_limit(&state, scan->now))
		{
			array_insert(scan->soft, ARRAY_TAIL, &state.id);
		}
	}
	return TRUE;
}

/**
 * Note that an SA is lost, unless somebody has moved or removed it meanwhile.
 */
static bool is_lost(child_table_t *table, const expected_t *expected)
{
	hwo_child_t *child;
	hwo_child_sa_t *sa;
	bool lost;

	/* waits for who has it now */
	child = table->checkout(table, &expected->id);
	if (!child)
	{
		return FALSE;
	}
	sa = hwo_child_find(child, &expected->id);
	lost = !sa->lost && sa->moves.count == expected->moves;
	sa->lost |= lost;
	table->checkin(table, child);
	return lost;
}

/**
 * Collect the SAs that are not there.
 */
static void find_lost(scan_t *scan, child_table_t *table, array_t *lost)
{
	enumerator_t *enumerator;
	expected_t *expected;

	enumerator = scan->expected->create_enumerator(scan->expected);
	while (enumerator->enumerate(enumerator, NULL, &expected))
	{
		if (!expected->seen && is_lost(table, expected))
		{
			array_insert(lost, ARRAY_TAIL, &expected->id);
		}
	}
	enumerator->destroy(enumerator);
}

void hwo_sad_scan(nl_exchange_t *xfrm, child_table_t *table, array_t *lost,
				  array_t *soft)
{
	scan_t scan = {
		.expected = hashtable_create((hashtable_hash_t)hwo_sa_id_hash,
							(hashtable_equals_t)hwo_sa_id_equals, 32),
		.soft = soft,
		.now = time(NULL),
	};
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_msg_t msg;

	expect_all(&scan, table);
	hwo_xfrm_encode_dump_sa(&msg);
	xfrm->dump(xfrm, &msg, check_sa, &scan, &result);
	if (result.err)
	{	/* what was not seen may be there nevertheless */
		DBG1(DBG_KNL, "unable to list SAs to compare them: %s",
			 hwo_result_text(&result, text));
	}
	else
	{
		find_lost(&scan, table, lost);
	}
	scan.expected->destroy_function(scan.expected, (void*)free);
}
