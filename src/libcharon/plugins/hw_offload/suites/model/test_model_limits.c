/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the plan for limits, and of when an SA is looked at and what is
 * found then.
 */

#include "model_suites.h"

#include "../../model/plan/limit_plan.h"

#define SOFT HWO_AUTO_SOFT_PACKETS
#define HARD HWO_AUTO_HARD_PACKETS

/**
 * Limits as configured, and what comes of them in packet mode.
 */
static const struct {
	hwo_limits_t configured;
	bool no_bytes;
	hwo_limits_t kernel, watched;
} plans[] = {
	/* nothing to do */
	{ {}, FALSE, {}, {} },
	{ { .soft_packets = 5, .hard_packets = 9, .soft_time = 1, .hard_time = 2 },
	  TRUE,
	  { .soft_packets = 5, .hard_packets = 9, .soft_time = 1, .hard_time = 2 },
	  {} },
	/* a NIC that has a soft limit ends before 2^32 */
	{ { .soft_packets = 5 }, FALSE,
	  { .soft_packets = 5, .hard_packets = HARD }, {} },
	{ { .soft_packets = 5000000000, .hard_packets = 6000000000 }, FALSE,
	  { .soft_packets = SOFT, .hard_packets = HARD }, {} },
	{ { .soft_packets = 4294967295, .hard_packets = 4294967296 }, FALSE,
	  { .soft_packets = SOFT, .hard_packets = HARD }, {} },
	{ { .soft_packets = 4000000000, .hard_packets = 3000000000 }, FALSE,
	  { .soft_packets = 2999999999, .hard_packets = 3000000000 }, {} },
	{ { .hard_packets = 6000000000 }, FALSE, {},
	  { .hard_packets = 6000000000 } },
	/* not below each other */
	{ { .soft_packets = 9, .hard_packets = 9 }, FALSE,
	  { .soft_packets = 8, .hard_packets = 9 }, {} },
	{ { .soft_bytes = 99, .hard_bytes = 9 }, FALSE,
	  { .soft_bytes = 8, .hard_bytes = 9 }, {} },
	/* hard ones alone */
	{ { .hard_packets = 9 }, FALSE, {}, { .hard_packets = 9 } },
	{ { .hard_bytes = 9 }, FALSE, {}, { .hard_bytes = 9 } },
	{ { .soft_packets = 1, .hard_packets = 1 }, FALSE, {},
	  { .hard_packets = 1 } },
	/* no limits in bytes */
	{ { .soft_bytes = 5, .hard_bytes = 9, .soft_packets = 3 }, FALSE,
	  { .soft_bytes = 5, .hard_bytes = 9, .soft_packets = 3,
		.hard_packets = HARD }, {} },
	{ { .soft_bytes = 5, .hard_bytes = 9, .soft_packets = 3 }, TRUE,
	  { .soft_packets = 3, .hard_packets = HARD },
	  { .soft_bytes = 5, .hard_bytes = 9 } },
};

START_TEST(test_plan)
{
	hwo_sa_t sa = {
		.limits = plans[_i].configured,
		.facts.esn = TRUE,
	};
	hwo_limit_plan_t plan;

	hwo_limit_plan(&sa, HWO_MODE_PACKET, plans[_i].no_bytes, &plan);
	ck_assert(memeq(&plan.kernel, &plans[_i].kernel, sizeof(plan.kernel)));
	ck_assert(memeq(&plan.watched, &plans[_i].watched, sizeof(plan.watched)));

	/* the kernel itself takes anything */
	hwo_limit_plan(&sa, HWO_MODE_CRYPTO, plans[_i].no_bytes, &plan);
	ck_assert(memeq(&plan.kernel, &sa.limits, sizeof(plan.kernel)));
	ck_assert_uint_eq(plan.watched.hard_packets | plan.watched.soft_bytes |
					  plan.watched.hard_bytes, 0);
}
END_TEST

START_TEST(test_no_esn)
{
	hwo_limit_plan_t plan;
	hwo_sa_t sa = {};

	hwo_limit_plan(&sa, HWO_MODE_PACKET, FALSE, &plan);
	ck_assert_uint_lt(plan.kernel.soft_packets, plan.kernel.hard_packets);
	ck_assert_uint_lt(plan.kernel.hard_packets, 1ULL << 32);
	ck_assert_uint_gt(plan.kernel.soft_packets, 1ULL << 31);
	/* what is configured counts if it is lower */
	sa.limits.soft_packets = 1000;
	sa.limits.hard_packets = 1ULL << 40;
	hwo_limit_plan(&sa, HWO_MODE_PACKET, FALSE, &plan);
	ck_assert_uint_eq(plan.kernel.soft_packets, 1000);
	ck_assert_uint_lt(plan.kernel.hard_packets, 1ULL << 32);
	/* the peer looks after its own */
	sa.facts.inbound = TRUE;
	sa.limits.soft_packets = 0;
	hwo_limit_plan(&sa, HWO_MODE_PACKET, FALSE, &plan);
	ck_assert_uint_eq(plan.kernel.hard_packets, 0);
	ck_assert_uint_eq(plan.watched.hard_packets, 1ULL << 40);
	sa = (hwo_sa_t){};
	hwo_limit_plan(&sa, HWO_MODE_NONE, FALSE, &plan);
	ck_assert_uint_eq(plan.kernel.hard_packets, 0);
}
END_TEST

START_TEST(test_stale)
{
	hwo_mode_t mode = _i ? HWO_MODE_NONE : HWO_MODE_CRYPTO;
	hwo_sa_t sa = {
		.facts = {
			.esn = TRUE,
			.esn_stale = TRUE,
		},
	};
	hwo_limit_plan_t plan;

	hwo_limit_plan(&sa, mode, FALSE, &plan);
	ck_assert_uint_eq(plan.kernel.soft_packets, HWO_AUTO_SOFT_PACKETS);
	ck_assert_uint_eq(plan.kernel.hard_packets, HWO_AUTO_HARD_PACKETS);
	sa.limits.soft_packets = 1000;
	sa.limits.hard_packets = 1ULL << 40;
	hwo_limit_plan(&sa, mode, FALSE, &plan);
	ck_assert_uint_eq(plan.kernel.soft_packets, 1000);
	ck_assert_uint_eq(plan.kernel.hard_packets, HWO_AUTO_HARD_PACKETS);
	/* if the NIC counts, it has the high half itself */
	sa.limits = (hwo_limits_t){};
	hwo_limit_plan(&sa, HWO_MODE_PACKET, FALSE, &plan);
	ck_assert_uint_eq(plan.kernel.soft_packets, 0);
	ck_assert_uint_eq(plan.kernel.hard_packets, 0);
}
END_TEST

/** what is watched in most tests: 1 GB, 2 GB */
static const hwo_limit_plan_t gigabyte = {
	.watched = { .soft_bytes = 1000000000, .hard_bytes = 2000000000 },
};
static const hwo_sa_id_t id = { .spi = 1 };

/** speeds of links, in bytes per second */
#define GIGABIT 125000000ULL

START_TEST(test_begin)
{
	hwo_limit_plan_t plan = {};
	hwo_watch_t watch;

	ck_assert(!hwo_watch_begin(&watch, &id, &plan, GIGABIT, 5));
	/* without a soft one the kernel can't be late */
	plan.kernel.soft_time = plan.kernel.hard_time = 1;
	ck_assert(!hwo_watch_begin(&watch, &id, &plan, GIGABIT, 5));
	plan.kernel.soft_packets = 1;
	ck_assert(hwo_watch_begin(&watch, &id, &plan, GIGABIT, 5));
	ck_assert_uint_eq(watch.due, 5 + HWO_WATCH_IDLE_MIN);
	/* before it could be there, and the counters show it */
	ck_assert(hwo_watch_begin(&watch, &id, &gigabyte, GIGABIT, 5));
	ck_assert_uint_eq(watch.due, 5 + 8000 - HWO_COUNTER_DELAY);
	/* as fast as any link, for all we know */
	ck_assert(hwo_watch_begin(&watch, &id, &gigabyte, 0, 5));
	ck_assert_uint_eq(watch.due, 5 + HWO_WATCH_IDLE_MIN);
}
END_TEST

/**
 * Let an SA transfer bytes at a rate from the start, with counters of some age,
 * until the watch finds something. Returns the bytes that were sent by then.
 */
static uint64_t run(hwo_watch_t *watch, hwo_watch_verdict_t expected,
					uint64_t rate, uint64_t delay, u_int *looks)
{
	hwo_watch_verdict_t verdict;
	hwo_sa_state_t state = {};
	uint64_t seen, state_time;

	*looks = 0;
	do
	{
		state_time = watch->due;
		seen = watch->due > delay ? watch->due - delay : 0;
		state.usage.bytes = rate * seen / 1000;
		state.usage.packets = state.usage.bytes / 1000;
		verdict = hwo_watch_look(watch, &state, watch->due);
		ck_assert_int_lt(++*looks, 8000);
	}
	while (verdict == HWO_WATCH_OK);
	ck_assert_int_eq(verdict, expected);
	return rate * state_time / 1000;
}

START_TEST(test_soft)
{
	static const uint64_t rates[] = { 100000, 10000000, 125000000 };
	uint64_t delay = _i % 2 ? HWO_COUNTER_DELAY : 0, rate = rates[_i / 2];
	uint64_t sent, margin;
	hwo_watch_t watch;
	u_int looks;

	ck_assert(hwo_watch_begin(&watch, &id, &gigabyte, GIGABIT, 0));
	sent = run(&watch, HWO_WATCH_SOFT, rate, delay, &looks);
	/* in time, whatever the counters say, and not before it is needed */
	margin = rate * (HWO_COUNTER_DELAY + HWO_WATCH_MIN) / 1000;
	ck_assert_uint_le(sent, 1000000000 + rate * HWO_WATCH_MIN / 1000);
	ck_assert_uint_ge(sent, 1000000000 - margin);
	/* dense only near the limit */
	ck_assert_int_le(looks, 100 + 700000000 / rate);
	/* once, then the hard one */
	sent = run(&watch, HWO_WATCH_HARD, rate, delay, &looks);
	ck_assert_uint_ge(sent, 2000000000 - margin);
	ck_assert_uint_le(sent, 2000000000 + rate * HWO_WATCH_MIN / 1000);
}
END_TEST

/**
 * NICs, and limits in bytes of an SA that was idle before.
 */
static const struct {
	/** bytes per second */
	uint64_t speed;
	uint64_t soft, hard;
} bursts[] = {
#define GB 1000000000ULL
	{ GIGABIT,			10 * GB,	11 * GB },
	{ 10 * GIGABIT,		10 * GB,	11 * GB },
	{ 25 * GIGABIT,		10 * GB,	11 * GB },
	{ 25 * GIGABIT,		100 * GB,	110 * GB },
	{ 100 * GIGABIT,	10 * GB,	11 * GB },
	{ 100 * GIGABIT,	100 * GB,	110 * GB },
	{ 200 * GIGABIT,	100 * GB,	110 * GB },
	{ 400 * GIGABIT,	1000 * GB,	2000 * GB },
	/* soft ones alone, hard ones alone */
	{ 100 * GIGABIT,	100 * GB,	0 },
	{ 100 * GIGABIT,	0,			100 * GB },
};

/**
 * Let an idle SA send as fast as its NIC can, with counters that are late.
 *
 * @param after		time since the last look
 * @param found		[out] bytes that were sent when each verdict was found
 */
static void burst(hwo_watch_t *watch, uint64_t speed, uint64_t after,
				  uint64_t found[HWO_WATCH_BOTH + 1])
{
	hwo_watch_verdict_t verdict;
	hwo_sa_state_t state = {};
	uint64_t now, start;
	int i;

	memset(found, 0, sizeof(*found) * (HWO_WATCH_BOTH + 1));
	for (now = 0; now < 3600000; now = watch->due)
	{
		ck_assert_int_eq(hwo_watch_look(watch, &state, now), HWO_WATCH_OK);
	}
	start = now - (watch->due - now) + after;
	start = min(start, watch->due);
	for (i = 0; i < 1000; i++)
	{
		now = watch->due;
		if (now > start + HWO_COUNTER_DELAY)
		{
			state.usage.bytes = (now - start - HWO_COUNTER_DELAY) * speed /
								1000;
			state.usage.packets = state.usage.bytes / HWO_SMALLEST_FRAME;
		}
		verdict = hwo_watch_look(watch, &state, now);
		found[verdict] = (now - start) * speed / 1000;
		if (verdict > HWO_WATCH_SOFT)
		{
			break;
		}
	}
}

START_TEST(test_burst)
{
	uint64_t soft, hard, speed, late, found[HWO_WATCH_BOTH + 1];
	hwo_limit_plan_t plan = {};
	hwo_watch_t watch;
	int i = _i / 3;

	speed = bursts[i].speed;
	soft = plan.watched.soft_bytes = bursts[i].soft;
	hard = plan.watched.hard_bytes = bursts[i].hard;
	ck_assert(hwo_watch_begin(&watch, &id, &plan, speed, 0));
	burst(&watch, speed, _i % 3 * 500, found);
	/* what can't be known: counters are late, looks not without end */
	late = speed * HWO_WATCH_IDLE_MIN / 1000;
	if ((soft ?: hard) < 4 * speed)
	{
		late += speed * HWO_COUNTER_DELAY / 1000;
	}
	if (soft)
	{
		ck_assert(found[HWO_WATCH_SOFT] || found[HWO_WATCH_BOTH]);
		ck_assert_uint_le(found[HWO_WATCH_SOFT] ?: found[HWO_WATCH_BOTH],
						  soft + late);
	}
	if (hard)
	{	/* and not without the soft one */
		ck_assert(soft ? found[HWO_WATCH_SOFT] || !found[HWO_WATCH_HARD]
					   : found[HWO_WATCH_HARD]);
		ck_assert_uint_le(found[HWO_WATCH_HARD] ?: found[HWO_WATCH_BOTH],
						  hard + late + speed * HWO_RATE_TIME / 1000);
	}
}
END_TEST

START_TEST(test_burst_packets)
{
	hwo_limit_plan_t plan = {
		.watched = { .hard_packets = GB },
	};
	uint64_t found[HWO_WATCH_BOTH + 1], speed = 100 * GIGABIT;
	hwo_watch_t watch;

	/* the smallest ones */
	ck_assert(hwo_watch_begin(&watch, &id, &plan, speed, 0));
	burst(&watch, speed, 0, found);
	ck_assert(found[HWO_WATCH_HARD]);
	ck_assert_uint_le(found[HWO_WATCH_HARD] / HWO_SMALLEST_FRAME,
					  GB + speed / HWO_SMALLEST_FRAME);
}
END_TEST

START_TEST(test_both)
{
	hwo_sa_state_t state = {
		.usage.bytes = 3 * GB,
	};
	hwo_watch_t watch;

	/* both since the last look, even if the kernel has the hard one alone */
	ck_assert(hwo_watch_begin(&watch, &id, &gigabyte, 0, 0));
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 1000), HWO_WATCH_BOTH);
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 1200), HWO_WATCH_HARD);
}
END_TEST

START_TEST(test_chance)
{
	hwo_sa_state_t state = {
		.usage.bytes = GB,
	};
	hwo_watch_t watch;

	/* by now it may have sent 3 GB, that is not known yet */
	ck_assert(hwo_watch_begin(&watch, &id, &gigabyte, 0, 0));
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 1000), HWO_WATCH_SOFT);
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 1900), HWO_WATCH_OK);
	/* it did not */
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 2100), HWO_WATCH_OK);
	state.usage.bytes += GB / 2;
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 3100), HWO_WATCH_HARD);
}
END_TEST

START_TEST(test_backup)
{
	hwo_limit_plan_t plan = {
		.kernel = { .soft_packets = 1000000 },
	};
	hwo_sa_state_t state = {
		.limits = plan.kernel,
	};
	hwo_watch_t watch;

	/* the NIC reports that, so we do not have to be quick if it is idle */
	ck_assert(hwo_watch_begin(&watch, &id, &plan, 100 * GIGABIT, 0));
	ck_assert_uint_eq(watch.due, HWO_WATCH_IDLE_MIN);
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 1000), HWO_WATCH_OK);
	ck_assert_uint_eq(watch.due, 1000 +
					  HWO_WATCH_BACKUP * HWO_WATCH_IDLE_MIN);
	/* but if it is not */
	state.usage.packets = 900000;
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 11000), HWO_WATCH_OK);
	ck_assert_uint_eq(watch.due, 11000 + HWO_WATCH_MIN);
	/* nor if nobody else watches */
	plan = (hwo_limit_plan_t){
		.watched = { .hard_packets = 1000000 },
	};
	state = (hwo_sa_state_t){};
	ck_assert(hwo_watch_begin(&watch, &id, &plan, 100 * GIGABIT, 0));
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 1000), HWO_WATCH_OK);
	ck_assert_uint_eq(watch.due, 1000 + HWO_WATCH_IDLE_MIN);
}
END_TEST

START_TEST(test_idle)
{
	hwo_limit_plan_t plan = {
		.watched = { .soft_bytes = 1ULL << 60, .hard_bytes = 1ULL << 61 },
	};
	hwo_sa_state_t state = {};
	hwo_watch_t watch;

	/* far away, so it is looked at every few minutes only */
	ck_assert(hwo_watch_begin(&watch, &id, &plan, 0, 0));
	ck_assert_uint_eq(watch.due, HWO_WATCH_MAX);
	ck_assert_int_eq(hwo_watch_look(&watch, &state, watch.due), HWO_WATCH_OK);
	ck_assert_uint_eq(watch.due, 2 * HWO_WATCH_MAX);
	/* even if it is busy */
	state.usage.bytes = 1ULL << 40;
	ck_assert_int_eq(hwo_watch_look(&watch, &state, watch.due), HWO_WATCH_OK);
	ck_assert_uint_eq(watch.due, 3 * HWO_WATCH_MAX);
}
END_TEST

START_TEST(test_kernel_late)
{
	hwo_limit_plan_t plan = {
		.kernel = { .soft_packets = 1000, .hard_packets = 2000 },
	};
	hwo_sa_state_t state = {
		.limits = plan.kernel,
		.usage.packets = 999,
	};
	hwo_watch_t watch;

	ck_assert(hwo_watch_begin(&watch, &id, &plan, 0, 0));
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 200), HWO_WATCH_OK);
	state.usage.packets = 1000;
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 400), HWO_WATCH_SOFT);
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 600), HWO_WATCH_OK);
	/* the hard one is the NIC's */
	state.usage.packets = 3000;
	ck_assert_int_eq(hwo_watch_look(&watch, &state, 800), HWO_WATCH_OK);
	/* nothing left to see */
	ck_assert_uint_eq(watch.due, 800 + HWO_WATCH_MAX);
}
END_TEST

START_TEST(test_changed)
{
	hwo_limit_plan_t plan = {
		.kernel = { .soft_packets = 1ULL << 60 },
	};
	hwo_sa_state_t state = {
		.limits = { .soft_packets = 10 },
		.usage.packets = 10,
	};
	hwo_watch_t watch;

	/* somebody else lowered the limit, the NIC doesn't know */
	ck_assert(hwo_watch_begin(&watch, &id, &plan, 0, 0));
	ck_assert_int_eq(hwo_watch_look(&watch, &state, watch.due),
					 HWO_WATCH_SOFT);
}
END_TEST

START_TEST(test_heap)
{
	hwo_watch_heap_t heap = {};
	hwo_watch_t watches[500], *watch;
	uint64_t last = 0;
	int i;

	ck_assert(!hwo_watch_pop(&heap, UINT64_MAX));
	for (i = 0; i < countof(watches); i++)
	{	/* 500 is no multiple of 7, so all of them differ */
		watches[i].due = 1 + i * 7 % countof(watches);
		hwo_watch_push(&heap, &watches[i]);
	}
	ck_assert(!hwo_watch_pop(&heap, 0));
	for (i = 1; i <= countof(watches); i++)
	{
		watch = hwo_watch_pop(&heap, i);
		ck_assert(watch);
		ck_assert_uint_eq(watch->due, last + 1);
		last = watch->due;
		ck_assert(!hwo_watch_pop(&heap, i));
	}
	ck_assert_uint_eq(heap.count, 0);
	free(heap.items);
}
END_TEST

TCase *limits_tcase(void)
{
	TCase *tcase = tcase_create("limits");

	tcase_add_checked_fixture(tcase, model_setup, model_teardown);
	tcase_add_loop_test(tcase, test_plan, 0, countof(plans));
	tcase_add_test(tcase, test_no_esn);
	tcase_add_loop_test(tcase, test_stale, 0, 2);
	tcase_add_test(tcase, test_begin);
	tcase_add_loop_test(tcase, test_soft, 0, 6);
	tcase_add_loop_test(tcase, test_burst, 0, 3 * countof(bursts));
	tcase_add_test(tcase, test_burst_packets);
	tcase_add_test(tcase, test_both);
	tcase_add_test(tcase, test_chance);
	tcase_add_test(tcase, test_backup);
	tcase_add_test(tcase, test_idle);
	tcase_add_test(tcase, test_kernel_late);
	tcase_add_test(tcase, test_changed);
	tcase_add_test(tcase, test_heap);
	return tcase;
}
