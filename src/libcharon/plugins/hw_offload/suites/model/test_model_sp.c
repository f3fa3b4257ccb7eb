/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the priorities of SPs, and of the order of those who want one.
 */

#include "model_suites.h"

#include <netinet/in.h>

#include "../../model/state/sp_table.h"

/**
 * Selectors and the priorities that stock charons are known to install for
 * them, which admins who set priorities by hand have in mind.
 */
static const struct {
	uint8_t src_prefix, dst_prefix, proto;
	uint16_t src_mask, dst_mask;
	bool interface;
	policy_priority_t class;
	uint32_t priority;
} priorities[] = {
#define PASS		POLICY_PRIORITY_PASS
#define DEFAULT		POLICY_PRIORITY_DEFAULT
#define ROUTED		POLICY_PRIORITY_ROUTED
#define FALLBACK	POLICY_PRIORITY_FALLBACK
	/* the largest of each class */
	{ 0, 0, 0, 0, 0, FALSE,		PASS, 199999 },
	{ 0, 0, 0, 0, 0, FALSE,		DEFAULT, 399999 },
	{ 0, 0, 0, 0, 0, FALSE,		ROUTED, 400000 },
	{ 0, 0, 0, 0, 0, FALSE,		FALLBACK, 599999 },
	/* the smallest of each class */
	{ 128, 128, 58, 0xffff, 0xffff, TRUE,	PASS, 68541 },
	{ 128, 128, 58, 0xffff, 0xffff, TRUE,	DEFAULT, 268541 },
	{ 128, 128, 58, 0xffff, 0xffff, TRUE,	ROUTED, 268542 },
	{ 128, 128, 58, 0xffff, 0xffff, TRUE,	FALLBACK, 468541 },
	/* host-host, net-net */
	{ 32, 32, 0, 0, 0, FALSE,	DEFAULT, 367231 },
	{ 32, 32, 0, 0, 0, FALSE,	ROUTED, 367232 },
	{ 24, 24, 0, 0, 0, FALSE,	DEFAULT, 375423 },
	{ 16, 16, 0, 0, 0, FALSE,	DEFAULT, 383615 },
	{ 16, 16, 0, 0, 0, FALSE,	ROUTED, 383616 },
	{ 32, 0, 0, 0, 0, FALSE,	DEFAULT, 383615 },
	{ 0, 32, 0, 0, 0, FALSE,	DEFAULT, 383615 },
	{ 64, 64, 0, 0, 0, FALSE,	DEFAULT, 334463 },
	{ 128, 128, 0, 0, 0, FALSE,	DEFAULT, 268927 },
	/* protocol and ports */
	{ 32, 32, 17, 0, 0, FALSE,				DEFAULT, 366975 },
	{ 32, 32, 17, 0, 0xffff, FALSE,			DEFAULT, 366911 },
	{ 32, 32, 17, 0xffff, 0, FALSE,			DEFAULT, 366911 },
	{ 32, 32, 17, 0xffff, 0xffff, FALSE,	DEFAULT, 366847 },
	{ 32, 32, 6, 0xfc00, 0, FALSE,			DEFAULT, 366951 },
	{ 32, 32, 6, 0x8000, 0x8000, FALSE,		DEFAULT, 366967 },
	/* an interface */
	{ 32, 32, 0, 0, 0, TRUE,	DEFAULT, 367229 },
	{ 32, 32, 0, 0, 0, TRUE,	ROUTED, 367230 },
	{ 0, 0, 0, 0, 0, TRUE,		PASS, 199997 },
};

START_TEST(test_priority)
{
	hwo_selector_t sel = {
		.src_prefix = priorities[_i].src_prefix,
		.dst_prefix = priorities[_i].dst_prefix,
		.proto = priorities[_i].proto,
		.src_port_mask = priorities[_i].src_mask,
		.dst_port_mask = priorities[_i].dst_mask,
	};

	ck_assert_uint_eq(hwo_sp_priority(&sel, priorities[_i].class,
									  priorities[_i].interface),
					  priorities[_i].priority);
}
END_TEST

TCase *priority_tcase(void)
{
	TCase *tc;

	tc = tcase_create("priority");
	tcase_add_checked_fixture(tc, model_setup, model_teardown);
	tcase_add_loop_test(tc, test_priority, 0, countof(priorities));
	return tc;
}

static sp_table_t *table;
static hwo_sp_entry_t *entry;

static void setup(void)
{
	hwo_sp_id_t id = {
		.dir = POLICY_OUT,
	};

	model_setup();
	table = hwo_sp_table_create();
	entry = table->checkout(table, &id, TRUE);
}

static void teardown(void)
{
	hwo_sp_request_t *user, copy;
	hwo_sp_id_t id = entry->id;
	bool top;

	while ((user = hwo_sp_top_user(entry)))
	{
		copy = *user;
		ck_assert(hwo_sp_remove_user(entry, &copy, &top));
		ck_assert(top);
	}
	table->checkin(table, entry);
	ck_assert(!table->checkout(table, &id, FALSE));
	table->destroy(table);
	model_teardown();
}

/**
 * Users in the order in which they come, and the one on top after each. A user
 * is told from others by its SPI.
 */
static const struct {
	struct {
		uint32_t priority, automatic, reqid;
	} users[4];
	int count;
	/* indices of users, from the top */
	int order[4];
} orders[] = {
	/* lower priorities first, whenever they come */
	{ { { 300, 300, 1 }, { 200, 200, 1 }, { 100, 100, 1 } }, 3, { 2, 1, 0 } },
	{ { { 100, 100, 1 }, { 200, 200, 1 }, { 300, 300, 1 } }, 3, { 0, 1, 2 } },
	{ { { 200, 200, 1 }, { 300, 300, 1 }, { 100, 100, 1 } }, 3, { 2, 0, 1 } },
	/* the automatic priority decides only between equal ones */
	{ { { 100, 300, 1 }, { 100, 200, 1 }, { 50, 400, 1 } }, 3, { 2, 1, 0 } },
	{ { { 100, 200, 1 }, { 100, 300, 1 }, { 200, 100, 1 } }, 3, { 0, 1, 2 } },
	/* later ones before earlier ones, as on rekeying */
	{ { { 100, 100, 1 }, { 100, 100, 1 }, { 100, 100, 2 } }, 3, { 2, 1, 0 } },
	{ { { 100, 100, 0 }, { 100, 100, 0 } }, 2, { 1, 0 } },
	/* those with a reqid first, but for the priority */
	{ { { 100, 100, 1 }, { 100, 100, 0 } }, 2, { 0, 1 } },
	{ { { 100, 100, 0 }, { 100, 100, 1 } }, 2, { 1, 0 } },
	{ { { 100, 100, 1 }, { 99, 100, 0 } }, 2, { 1, 0 } },
	{ { { 100, 100, 1 }, { 100, 99, 0 } }, 2, { 1, 0 } },
	{ { { 100, 100, 1 }, { 100, 100, 0 }, { 100, 100, 2 }, { 100, 100, 0 } }, 4,
	  { 2, 0, 3, 1 } },
};

START_TEST(test_order)
{
	hwo_sp_request_t *found;
	int i, j;
	bool top;

	for (i = 0; i < orders[_i].count; i++)
	{
		hwo_sp_request_t user = {
			.sp.priority = orders[_i].users[i].priority,
			.auto_priority = orders[_i].users[i].automatic,
			.reqid = orders[_i].users[i].reqid,
			.sa.spi = i + 1,
		};

		top = hwo_sp_add_user(entry, &user);
		found = hwo_sp_top_user(entry);
		ck_assert_msg(top == (found->sa.spi == i + 1), "user %d", i);
	}
	for (j = 0; j < orders[_i].count; j++)
	{
		array_get(entry->users, j, &found);
		ck_assert_msg(found->sa.spi == orders[_i].order[j] + 1,
					  "user %u is at %d", found->sa.spi - 1, j);
	}
}
END_TEST

/** a user as those of CHILD_SAs are */
static const hwo_sp_request_t child = {
	.type = POLICY_IPSEC,
	.sp = {
		.priority = 367231,
		.tmpl = {
			{
				.proto = IPPROTO_COMP,
				.reqid = 3,
				.mode = MODE_TUNNEL,
				.family = AF_INET,
				.src = { AF_INET, { 192, 168, 50, 1 } },
				.dst = { AF_INET, { 192, 168, 50, 2 } },
				.optional = TRUE,
			},
			{
				.proto = IPPROTO_ESP,
				.spi = 0xc1a2b3d4,
				.reqid = 3,
				.mode = MODE_TRANSPORT,
				.family = AF_INET,
			},
		},
		.tmpl_count = 2,
	},
	.auto_priority = 367231,
	.requested = HW_OFFLOAD_PACKET,
	.sa = {
		.src = { AF_INET, { 192, 168, 50, 1 } },
		.dst = { AF_INET, { 192, 168, 50, 2 } },
		.spi = 0xc1a2b3d4,
		.proto = IPPROTO_ESP,
	},
	.mode = MODE_TUNNEL,
	.reqid = 3,
};

/**
 * charon's shunts are uninstalled without the mode they were installed with.
 */
START_TEST(test_other_offload)
{
	hwo_sp_request_t user;
	bool top;

	ck_assert(hwo_sp_add_user(entry, &child));
	user = child;
	user.requested = HW_OFFLOAD_NO;
	/* what is not used does not matter either */
	user.sp.tmpl[2].proto = IPPROTO_AH;
	top = FALSE;
	ck_assert(hwo_sp_remove_user(entry, &user, &top));
	ck_assert(top);
	ck_assert(!hwo_sp_top_user(entry));
	ck_assert(!hwo_sp_remove_user(entry, &user, &top));
	ck_assert(!top);
}
END_TEST

/** changes that make it another user */
static void change(hwo_sp_request_t *user, int which)
{
	switch (which)
	{
		case 0: user->type = POLICY_PASS; break;
		case 1: user->sp.priority++; break;
		case 2: user->auto_priority++; break;
		case 3: user->mode = MODE_TRANSPORT; break;
		case 4: user->reqid++; break;
		case 5: user->sa.spi++; break;
		case 6: user->sa.proto = IPPROTO_AH; break;
		case 7: user->sa.src.bytes[3]++; break;
		case 8: user->sa.dst.bytes[3]++; break;
		case 9: user->sa.dst.family = AF_INET6; break;
		case 10: user->sp.icmp = TRUE; break;
		case 11: user->sp.cpu_acquire = TRUE; break;
		case 12: user->sp.tmpl_count--; break;
		case 13: user->sp.tmpl[1].spi++; break;
		case 14: user->sp.tmpl[1].reqid++; break;
		case 15: user->sp.tmpl[1].proto = IPPROTO_AH; break;
		case 16: user->sp.tmpl[1].mode = MODE_TUNNEL; break;
		case 17: user->sp.tmpl[0].optional = FALSE; break;
		case 18: user->sp.tmpl[0].src.bytes[0]++; break;
		case 19: user->sp.tmpl[0].dst.bytes[0]++; break;
		default: ck_abort();
	}
}

START_TEST(test_other_user)
{
	hwo_sp_request_t user = child;
	bool top = TRUE;

	hwo_sp_add_user(entry, &child);
	change(&user, _i);
	ck_assert(!hwo_sp_remove_user(entry, &user, &top));
	ck_assert(!top);
	ck_assert(hwo_sp_top_user(entry));

	hwo_sp_add_user(entry, &user);
	ck_assert_int_eq(array_count(entry->users), 2);
	ck_assert(hwo_sp_remove_user(entry, &child, &top));
	ck_assert_int_eq(array_count(entry->users), 1);
	ck_assert(!hwo_sp_remove_user(entry, &child, &top));
	ck_assert(hwo_sp_remove_user(entry, &user, &top));
	ck_assert_int_eq(array_count(entry->users), 0);
}
END_TEST

START_TEST(test_remove)
{
	hwo_sp_request_t users[3];
	hwo_sp_request_t *found;
	bool top;
	int i;

	for (i = 0; i < countof(users); i++)
	{
		users[i] = child;
		users[i].sa.spi = i;
		ck_assert(hwo_sp_add_user(entry, &users[i]));
	}
	/* one in the middle, the one on top, the last one */
	ck_assert(hwo_sp_remove_user(entry, &users[1], &top));
	ck_assert(!top);
	ck_assert(hwo_sp_remove_user(entry, &users[2], &top));
	ck_assert(top);
	found = hwo_sp_top_user(entry);
	ck_assert_int_eq(found->sa.spi, 0);
	ck_assert(hwo_sp_remove_user(entry, &users[0], &top));
	ck_assert(top);
}
END_TEST

/**
 * The same user may be there several times, e.g. for equal selectors.
 */
START_TEST(test_twice)
{
	bool top;

	hwo_sp_add_user(entry, &child);
	ck_assert(hwo_sp_add_user(entry, &child));
	/* the older one goes, that makes no difference for what is installed */
	ck_assert(hwo_sp_remove_user(entry, &child, &top));
	ck_assert(!top);
	ck_assert_int_eq(array_count(entry->users), 1);
	ck_assert(hwo_sp_remove_user(entry, &child, &top));
	ck_assert(top);
	ck_assert_int_eq(array_count(entry->users), 0);
}
END_TEST

START_TEST(test_failed)
{
	bool top;

	/* one that could not be installed is not on top, but charon removes it */
	hwo_sp_add_user(entry, &child);
	ck_assert(hwo_sp_add_user(entry, &child));
	hwo_sp_top_user(entry)->failed = TRUE;
	ck_assert(hwo_sp_has_failed(entry));
	ck_assert_int_eq(hwo_sp_count_users(entry), 1);
	ck_assert(!hwo_sp_top_user(entry)->failed);
	ck_assert(hwo_sp_remove_user(entry, &child, &top));
	ck_assert(!top);
	ck_assert(!hwo_sp_has_failed(entry));
	ck_assert(hwo_sp_top_user(entry) != NULL);
	hwo_sp_top_user(entry)->failed = TRUE;
	ck_assert(hwo_sp_top_user(entry) == NULL);
	ck_assert(hwo_sp_remove_user(entry, &child, &top));
	ck_assert(!top);
}
END_TEST

TCase *sp_user_tcase(void)
{
	TCase *tc;

	tc = tcase_create("sp_user");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_order, 0, countof(orders));
	tcase_add_test(tc, test_other_offload);
	tcase_add_loop_test(tc, test_other_user, 0, 20);
	tcase_add_test(tc, test_remove);
	tcase_add_test(tc, test_twice);
	tcase_add_test(tc, test_failed);
	return tc;
}
