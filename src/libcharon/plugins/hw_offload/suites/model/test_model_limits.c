/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the plan for limits, and of when an SA is looked at and what is
 * found then.
 */

#include "model_suites.h"

#include "../../model/plan/limit_plan.h"

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
	{ { .soft_packets = 5 }, FALSE, { .soft_packets = 5 }, {} },
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
	  { .soft_bytes = 5, .hard_bytes = 9, .soft_packets = 3 }, {} },
	{ { .soft_bytes = 5, .hard_bytes = 9, .soft_packets = 3 }, TRUE,
	  { .soft_packets = 3 }, { .soft_bytes = 5, .hard_bytes = 9 } },
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
	hwo_limit_plan(&sa, HWO_MODE_PACKET, FALSE, &plan);
	ck_assert_uint_eq(plan.kernel.hard_packets, 1ULL << 40);
	sa = (hwo_sa_t){};
	hwo_limit_plan(&sa, HWO_MODE_NONE, FALSE, &plan);
	ck_assert_uint_eq(plan.kernel.hard_packets, 0);
}
END_TEST

/** what is watched in most tests: 1 GB, 2 GB */
static const hwo_limit_plan_t gigabyte = {
	.watched = { .soft_bytes = 1000000000, .hard_bytes = 2000000000 },
};
static const hwo_sa_id_t id = { .spi = 1 };

START_TEST(test_begin)
{
	hwo_limit_plan_t plan = {};
	hwo_watch_t watch;

	ck_assert(!hwo_watch_begin(&watch, &id, &plan, 5));
	/* without a soft one the kernel can't be late */
	plan.kernel.soft_time = plan.kernel.hard_time = 1;
	ck_assert(!hwo_watch_begin(&watch, &id, &plan, 5));
	plan.kernel.soft_packets = 1;
	ck_assert(hwo_watch_begin(&watch, &id, &plan, 5));
	ck_assert_uint_eq(watch.due, 5 + HWO_WATCH_IDLE_MIN);
	ck_assert(hwo_watch_begin(&watch, &id, &gigabyte, 5));
	ck_assert_uint_gt(watch.due, 5 + HWO_WATCH_MIN);
	/* not after it could be there */
	ck_assert_uint_le(watch.due, 5 + 1000000000000ULL / HWO_IDLE_BYTES);
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
	uint64_t seen;

	*looks = 0;
	do
	{
		seen = watch->due > delay ? watch->due - delay : 0;
		state.usage.bytes = rate * seen / 1000;
		state.usage.packets = state.usage.bytes / 1000;
		verdict = hwo_watch_look(watch, &state, watch->due);
		ck_assert_int_lt(++*looks, 8000);
	}
	while (verdict == HWO_WATCH_OK);
	ck_assert_int_eq(verdict, expected);
	return rate * watch->last / 1000;
}

START_TEST(test_soft)
{
	static const uint64_t rates[] = { 100000, 10000000, 125000000 };
	uint64_t delay = _i % 2 ? HWO_COUNTER_DELAY : 0, rate = rates[_i / 2];
	uint64_t sent, margin;
	hwo_watch_t watch;
	u_int looks;

	ck_assert(hwo_watch_begin(&watch, &id, &gigabyte, 0));
	sent = run(&watch, HWO_WATCH_SOFT, rate, delay, &looks);
	/* in time, whatever the counters say, and not before it is needed */
	margin = rate * (HWO_COUNTER_DELAY + HWO_WATCH_MIN) / 1000;
	ck_assert_uint_le(sent, 1000000000 + rate * HWO_WATCH_MIN / 1000);
	ck_assert_uint_ge(sent, 1000000000 - margin);
	/* dense only near the limit */
	ck_assert_int_le(looks, 100 + 600000000 / rate);
	/* once, then the hard one */
	sent = run(&watch, HWO_WATCH_HARD, rate, delay, &looks);
	ck_assert_uint_ge(sent, 2000000000);
	ck_assert_uint_le(sent, 2000000000 + margin);
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
	ck_assert(hwo_watch_begin(&watch, &id, &plan, 0));
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

	ck_assert(hwo_watch_begin(&watch, &id, &plan, 0));
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
	ck_assert(hwo_watch_begin(&watch, &id, &plan, 0));
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
	tcase_add_test(tcase, test_begin);
	tcase_add_loop_test(tcase, test_soft, 0, 6);
	tcase_add_test(tcase, test_idle);
	tcase_add_test(tcase, test_kernel_late);
	tcase_add_test(tcase, test_changed);
	tcase_add_test(tcase, test_heap);
	return tcase;
}
