/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the order of SPs in software and in NICs.
 */

#include "model_suites.h"

#include <netinet/in.h>

#include "../../model/plan/sp_order.h"
#include "../../model/state/sp_precedence.h"

/** Device that has SPs */
#define DEV 3

/** SPs of the random test, and steps it takes */
#define COUNT 60
#define STEPS 3000

/**
 * A selector of IPv4: last bytes of addresses, prefixes, protocol, ports.
 */
#define SEL(s, sp, d, dp, p, sport, dport) {								\
		.family = AF_INET, .proto = p, .src_prefix = sp, .dst_prefix = dp,	\
		.src = { 10, 1, 0, s }, .dst = { 10, 2, 0, d },						\
		.src_port = sport, .src_port_mask = sport ? 0xffff : 0,				\
		.dst_port = dport, .dst_port_mask = dport ? 0xffff : 0 }

static const struct {
	hwo_selector_t a, b;
	bool overlap;
} pairs[] = {
	{ SEL(1, 32, 1, 32, 0, 0, 0),	SEL(1, 32, 1, 32, 0, 0, 0),		TRUE },
	{ SEL(1, 32, 1, 32, 0, 0, 0),	SEL(1, 32, 2, 32, 0, 0, 0),		FALSE },
	{ SEL(1, 32, 1, 32, 0, 0, 0),	SEL(2, 32, 1, 32, 0, 0, 0),		FALSE },
	{ SEL(1, 32, 1, 32, 0, 0, 0),	SEL(0, 24, 0, 24, 0, 0, 0),		TRUE },
	/* each is wider on one side */
	{ SEL(0, 24, 1, 32, 0, 0, 0),	SEL(1, 32, 0, 24, 0, 0, 0),		TRUE },
	{ SEL(1, 32, 8, 29, 0, 0, 0),	SEL(1, 32, 15, 32, 0, 0, 0),	TRUE },
	{ SEL(1, 32, 8, 29, 0, 0, 0),	SEL(1, 32, 16, 32, 0, 0, 0),	FALSE },
	{ SEL(0, 0, 0, 0, 0, 0, 0),		SEL(9, 32, 9, 32, 17, 1, 2),	TRUE },
	{ SEL(1, 32, 1, 32, 6, 0, 0),	SEL(1, 32, 1, 32, 17, 0, 0),	FALSE },
	{ SEL(1, 32, 1, 32, 17, 0, 5),	SEL(1, 32, 1, 32, 17, 4, 0),	TRUE },
	{ SEL(1, 32, 1, 32, 17, 0, 5),	SEL(1, 32, 1, 32, 17, 4, 6),	FALSE },
	{ SEL(1, 32, 1, 32, 17, 5, 0),	SEL(1, 32, 1, 32, 17, 6, 0),	FALSE },
	{ SEL(1, 32, 1, 32, 0, 0, 0),	{ .family = AF_INET6 },			FALSE },
};

START_TEST(test_overlaps)
{
	const hwo_selector_t *a = &pairs[_i].a, *b = &pairs[_i].b;

	ck_assert_int_eq(hwo_selector_overlaps(a, b), pairs[_i].overlap);
	ck_assert_int_eq(hwo_selector_overlaps(b, a), pairs[_i].overlap);
}
END_TEST

/**
 * What makes an SP in software go before one in a NIC, and what does not.
 */
START_TEST(test_goes_before)
{
	const hwo_ranked_sp_t nic = {
		.id = { .dir = POLICY_OUT, .sel = SEL(0, 24, 0, 24, 0, 0, 0) },
		.priority = 100,
		.reqid = 1,
		.offload = { .mode = HWO_MODE_PACKET, .ifindex = DEV },
	};
	const hwo_ranked_sp_t shunt = {
		.id = { .dir = POLICY_OUT, .sel = SEL(1, 32, 1, 32, 17, 0, 5) },
		.priority = 99,
	};
	hwo_ranked_sp_t other = shunt;

	ck_assert(hwo_sp_goes_before(&shunt, &nic));
	ck_assert(!hwo_sp_goes_before(&nic, &shunt));
	/* that of the SP, that of its guard, and the one behind it */
	other.priority = 100;
	ck_assert(hwo_sp_goes_before(&other, &nic));
	other.priority = 101;
	ck_assert(hwo_sp_goes_before(&other, &nic));
	other.priority = 102;
	ck_assert(!hwo_sp_goes_before(&other, &nic));
	/* that of a CHILD_SA does not pass anything */
	other.priority = 100;
	other.reqid = 2;
	ck_assert(!hwo_sp_goes_before(&other, &nic));
	other = shunt;
	other.offload = nic.offload;
	ck_assert(!hwo_sp_goes_before(&other, &nic));
	other = shunt;
	other.reqid = 2;
	ck_assert(hwo_sp_goes_before(&other, &nic));
	other.reqid = nic.reqid;
	ck_assert(!hwo_sp_goes_before(&other, &nic));
	other = shunt;
	other.id.if_id = 1;
	ck_assert(!hwo_sp_goes_before(&other, &nic));
	other = shunt;
	other.id.sel.ifindex = DEV;
	ck_assert(hwo_sp_goes_before(&other, &nic));
	other.id.sel.ifindex = DEV + 1;
	ck_assert(!hwo_sp_goes_before(&other, &nic));
	other = shunt;
	other.id = nic.id;
	ck_assert(!hwo_sp_goes_before(&other, &nic));
}
END_TEST

/**
 * An SP of the random test.
 */
typedef struct {
	hwo_sp_entry_t entry;
	hwo_sp_request_t user;
	bool installed;
} random_sp_t;

/**
 * Draw an address and a prefix of it, few of them, so that many overlap.
 */
static void draw_net(uint8_t net[16], uint8_t *prefix)
{
	static const uint8_t prefixes[] = { 0, 8, 29, 31, 32 };

	*prefix = prefixes[random() % countof(prefixes)];
	memset(net, 0, 16);
	net[0] = *prefix ? 10 : 0;
	net[3] = (random() % 16) & (*prefix == 32 ? 0xff : *prefix == 31 ? 0xfe :
								*prefix == 29 ? 0xf8 : 0);
}

/**
 * Draw an SP that is in the NIC, in software, or not installed.
 */
static void draw_sp(random_sp_t *sp, int number)
{
	hwo_sp_entry_t *entry = &sp->entry;
	hwo_selector_t *sel = &entry->id.sel;

	if (!entry->users)
	{
		entry->id.dir = POLICY_OUT;
		sel->family = AF_INET;
		draw_net(sel->src, &sel->src_prefix);
		draw_net(sel->dst, &sel->dst_prefix);
		/* no two are the same */
		entry->id.mark = (mark_t){ .value = number, .mask = 0xff };
		entry->users = array_create(0, 0);
	}
	sp->installed = random() % 4;
	sp->user.sp.priority = random() % 5 + 1;
	sp->user.reqid = random() % 3;
	entry->effective = (hwo_offload_t){};
	if (random() % 2)
	{
		entry->effective.mode = HWO_MODE_PACKET;
		entry->effective.ifindex = DEV;
	}
	entry->kernel.count = sp->installed;
	while (array_count(entry->users))
	{
		array_remove(entry->users, ARRAY_TAIL, NULL);
	}
	array_insert(entry->users, ARRAY_TAIL, &sp->user);
}

/**
 * Describe an SP as the model does.
 */
static hwo_ranked_sp_t ranked(const random_sp_t *sp)
{
	return (hwo_ranked_sp_t){
		.id = sp->entry.id,
		.priority = sp->user.sp.priority,
		.reqid = sp->user.reqid,
		.offload = sp->entry.effective,
	};
}

/**
 * Check if an SP is among identities.
 */
static bool is_among(array_t *ids, const hwo_sp_id_t *id)
{
	hwo_sp_id_t other;
	int i;

	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &other);
		if (hwo_sp_id_equals(&other, id))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Compare what is said about an SP with what looking at all others tells.
 */
static void check_sp(sp_precedence_t *order, random_sp_t sps[COUNT], int which,
					 array_t *behind)
{
	hwo_ranked_sp_t sp = ranked(&sps[which]), other;
	bool self = FALSE;
	int i;

	for (i = 0; i < COUNT; i++)
	{
		other = ranked(&sps[i]);
		if (i != which && sps[which].installed && sps[i].installed)
		{
			self |= hwo_sp_goes_before(&other, &sp);
			ck_assert(!behind == !array_count(behind));
			ck_assert(!hwo_sp_goes_before(&sp, &other) ||
					  is_among(behind, &other.id));
		}
	}
	if (sps[which].installed)
	{
		ck_assert_int_eq(self, is_among(behind, &sp.id));
		ck_assert(sp.offload.mode != HWO_MODE_PACKET ||
				  order->is_behind(order, &sp) == self);
	}
	for (i = 0; i < array_count(behind); i++)
	{
		hwo_sp_id_t id;

		array_get(behind, i, &id);
		other = ranked(&sps[id.mark.value]);
		ck_assert(id.mark.value == which || hwo_sp_goes_before(&sp, &other));
	}
}

/**
 * Check which SPs may get into a NIC, as one is not where it was.
 */
static void check_freed(const random_sp_t *before, random_sp_t sps[COUNT],
						int which, array_t *freed)
{
	hwo_ranked_sp_t was = ranked(before), now = ranked(&sps[which]), nic;
	int i;

	for (i = 0; i < COUNT; i++)
	{
		nic = ranked(&sps[i]);
		nic.offload = (hwo_offload_t){ HWO_MODE_PACKET, DEV };
		if (i != which && sps[i].installed)
		{
			ck_assert_int_eq(is_among(freed, &nic.id), before->installed &&
					nic.reqid && !sps[i].entry.effective.mode &&
					hwo_sp_goes_before(&was, &nic) &&
					!(sps[which].installed && hwo_sp_goes_before(&now, &nic)));
		}
	}
}

START_TEST(test_random)
{
	random_sp_t sps[COUNT] = {}, before;
	sp_precedence_t *order = hwo_sp_precedence_create();
	array_t *behind, *freed;
	int i, which;

	srandom(_i);
	for (i = 0; i < STEPS; i++)
	{
		which = random() % COUNT;
		before = sps[which];
		draw_sp(&sps[which], which);
		behind = order->note(order, &sps[which].entry, &freed);
		if (before.installed != sps[which].installed ||
			before.user.sp.priority != sps[which].user.sp.priority ||
			before.user.reqid != sps[which].user.reqid ||
			before.entry.effective.mode != sps[which].entry.effective.mode)
		{
			check_sp(order, sps, which, behind);
			check_freed(&before, sps, which, freed);
		}
		hwo_sp_list_destroy(behind);
		hwo_sp_list_destroy(freed);
	}
	for (i = 0; i < COUNT; i++)
	{
		array_destroy(sps[i].entry.users);
	}
	order->destroy(order);
}
END_TEST

TCase *sp_order_tcase(void)
{
	TCase *tc = tcase_create("sp_order");

	tcase_add_checked_fixture(tc, model_setup, model_teardown);
	tcase_add_loop_test(tc, test_overlaps, 0, countof(pairs));
	tcase_add_test(tc, test_goes_before);
	tcase_add_loop_test(tc, test_random, 0, 5);
	return tc;
}
