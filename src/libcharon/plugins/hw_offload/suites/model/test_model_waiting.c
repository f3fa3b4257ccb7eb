/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of when to try again what could not be done at once.
 */

#include "model_suites.h"

#include "../../model/state/waiting_child.h"

START_TEST(test_ready)
{
	hwo_waiting_t waiting = {};
	u_int waits = 0;

	if (_i == 3)
	{
		ck_assert(hwo_waiting_is_ready(&waiting, TRUE, TRUE));
		return;
	}
	/* nobody is waited for for ever */
	while (!hwo_waiting_is_ready(&waiting, _i & 1, _i & 2))
	{
		waits++;
	}
	ck_assert_uint_eq(waits, _i & 2 ? 10 : 22);
}
END_TEST

START_TEST(test_asked)
{
	hwo_waiting_t waiting = {
		.rekey = TRUE,
		.lost = _i == 1,
		.follow = _i == 2,
	};
	uint64_t now = 1000, last = 0;
	int i;

	/* once is enough for a limit, otherwise it is seen if it had an effect */
	hwo_waiting_asked(&waiting, TRUE, now);
	ck_assert(waiting.rekey == (_i == 1));
	ck_assert(waiting.place == (_i == 2));
	ck_assert(!waiting.early);
	for (i = 0; i < 20; i++)
	{
		ck_assert_uint_ge(waiting.due - now, last);
		last = waiting.due - now;
		now = waiting.due;
		hwo_waiting_asked(&waiting, TRUE, now);
	}
	ck_assert_uint_eq(last, 300 * 1000);
}
END_TEST

START_TEST(test_asked_early)
{
	hwo_waiting_t waiting = {
		.rekey = TRUE,
	};
	int i;

	for (i = 0; i < 100 && waiting.rekey; i++)
	{
		hwo_waiting_asked(&waiting, FALSE, 1000);
		ck_assert(waiting.early == waiting.rekey);
		ck_assert_uint_gt(waiting.due, 1000);
	}
	ck_assert_int_gt(i, 20);
	ck_assert(!waiting.rekey);
}
END_TEST

START_TEST(test_hidden)
{
	hwo_waiting_t waiting = {
		.rekey = TRUE,
		.hidden = TRUE,
	};
	hwo_child_t child = {
		.out.id.spi = 1,
	};

	/* it was to be rekeyed for something else before that, which counts */
	ck_assert(!hwo_waiting_is_over(&waiting, &child));
	hwo_waiting_asked(&waiting, TRUE, 1000);
	ck_assert(waiting.rekey);
	ck_assert_uint_gt(waiting.due, 1000);
	hwo_child_note(&child, HWO_CHILD_HIDDEN);
	ck_assert(!hwo_waiting_is_over(&waiting, &child));
	hwo_child_note(&child, HWO_CHILD_FOUND);
	ck_assert(hwo_waiting_is_over(&waiting, &child));
	/* but its packets leave by another NIC since */
	hwo_waiting_placed(&waiting, HWO_PLACE_REKEY, 2000);
	ck_assert(!hwo_waiting_is_over(&waiting, &child));
}
END_TEST

START_TEST(test_unreachable)
{
	hwo_waiting_t waiting = {
		.tries = 7,
	};

	hwo_waiting_unreachable(&waiting, 1000);
	ck_assert(waiting.unreachable);
	ck_assert_uint_eq(waiting.due, 1500);
	hwo_waiting_unreachable(&waiting, 1500);
	ck_assert_uint_eq(waiting.due, 2500);
	waiting.tries = 50;
	hwo_waiting_unreachable(&waiting, 0);
	ck_assert_uint_eq(waiting.due, 10000);
	/* charon is asked as if it had never been */
	hwo_waiting_reachable(&waiting);
	ck_assert(!waiting.unreachable);
	hwo_waiting_asked(&waiting, TRUE, 1000);
	ck_assert_uint_eq(waiting.due, 1000 + 15000);
	/* what it was asked since does */
	hwo_waiting_reachable(&waiting);
	hwo_waiting_asked(&waiting, TRUE, 1000);
	ck_assert_uint_eq(waiting.due, 1000 + 30000);
}
END_TEST

START_TEST(test_placed)
{
	hwo_waiting_t waiting = {};
	uint64_t last = 0;
	int i;

	hwo_waiting_placed(&waiting, HWO_PLACE_REKEY, 1000);
	ck_assert(waiting.rekey && waiting.follow && waiting.request.patient);
	ck_assert_uint_eq(waiting.due, 1000);
	/* who was asked too early is asked again if the route moves again */
	waiting.early = TRUE;
	waiting.waits = 20;
	hwo_waiting_placed(&waiting, HWO_PLACE_REKEY, 2000);
	ck_assert(!waiting.early);
	ck_assert_uint_eq(waiting.waits, 0);
	for (i = 0; i < 20; i++)
	{	/* a refusal holds for longer and longer, but not for ever */
		hwo_waiting_placed(&waiting, HWO_PLACE_REFUSED, 1000);
		ck_assert(waiting.place);
		ck_assert_uint_ge(waiting.due - 1000, last);
		last = waiting.due - 1000;
	}
	ck_assert_uint_eq(last, 300 * 1000);
	hwo_waiting_placed(&waiting, HWO_PLACE_FINE, 1000);
	ck_assert(!waiting.follow);
}
END_TEST

START_TEST(test_over)
{
	hwo_waiting_t waiting = {};
	hwo_child_t child = {
		.out.id.spi = 1,
		.state = HWO_CHILD_UP,
	};

	ck_assert(!hwo_waiting_is_over(&waiting, &child));
	/* its SA is not charon's anymore */
	waiting.request.inbound = TRUE;
	ck_assert(hwo_waiting_is_over(&waiting, &child));
	child.in.id.spi = 2;
	ck_assert(!hwo_waiting_is_over(&waiting, &child));
	/* it is not lost anymore */
	waiting.lost = TRUE;
	ck_assert(hwo_waiting_is_over(&waiting, &child));
	child.state = HWO_CHILD_LOST;
	ck_assert(!hwo_waiting_is_over(&waiting, &child));
	waiting.lost = FALSE;
	/* its SAs are on one device */
	waiting.request.split = TRUE;
	ck_assert(hwo_waiting_is_over(&waiting, &child));
	child.in.outcome.effective = (hwo_offload_t){ HWO_MODE_PACKET, 3 };
	child.out.outcome.effective = (hwo_offload_t){ HWO_MODE_PACKET, 4 };
	ck_assert(!hwo_waiting_is_over(&waiting, &child));
	child.state = HWO_CHILD_REPLACED;
	ck_assert(hwo_waiting_is_over(&waiting, &child));
	child.state = HWO_CHILD_CLOSED;
	ck_assert(hwo_waiting_is_over(&waiting, &child));
}
END_TEST

TCase *waiting_tcase(void)
{
	TCase *tcase = tcase_create("waiting");

	tcase_add_loop_test(tcase, test_ready, 0, 4);
	tcase_add_loop_test(tcase, test_asked, 0, 3);
	tcase_add_test(tcase, test_asked_early);
	tcase_add_test(tcase, test_hidden);
	tcase_add_test(tcase, test_unreachable);
	tcase_add_test(tcase, test_placed);
	tcase_add_test(tcase, test_over);
	return tcase;
}
