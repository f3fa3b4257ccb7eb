/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what becomes of SAs whose device may have changed: each row of the
 * table in docs/rebind.md.
 */

#include "model_suites.h"

#include <netinet/in.h>

#include "../../model/plan/bind_plan.h"

#define NO HW_OFFLOAD_NO
#define CRYPTO HW_OFFLOAD_CRYPTO
#define PACKET HW_OFFLOAD_PACKET
#define AUTO HW_OFFLOAD_AUTO

/** devices */
#define A 3
#define B 4

/** modes as they are written in the table, on a device */
#define S { HWO_MODE_NONE, 0 }
#define C(dev) { HWO_MODE_CRYPTO, dev }
#define P(dev) { HWO_MODE_PACKET, dev }
#define NONE(dev) { HWO_MODE_NONE, dev }

/** rules */
enum {
	NOW = 1,
	CLOSE = 2,
};

/** state */
enum {
	DEGRADED = 1,
	LOST = 2,
	ENCAP = 4,
	REROUTED = 8,
};

static const struct {
	/* the pair as it is */
	hw_offload_t requested;
	hwo_offload_t effective, tried;
	int state;
	/* where its packets go now, and what may be tried there: "pc", "c", "";
	 * "m" if they go elsewhere, too */
	uint32_t ifindex;
	const char *modes;
	int rules;
	hwo_bind_action_t action;
} rows[] = {
	/* not asked for, nowhere to go, or known already */
	{ NO,     S,    S,    0,    B, "pc", NOW, HWO_BIND_KEEP },
	{ PACKET, P(A), P(A), 0,    0, "",   CLOSE, HWO_BIND_KEEP },
	{ CRYPTO, C(A), C(A), 0,    0, "",   CLOSE, HWO_BIND_KEEP },
	{ AUTO,   P(A), P(A), 0,    0, "",   NOW, HWO_BIND_KEEP },
	{ AUTO,   C(A), P(A), 0,    0, "",   NOW, HWO_BIND_KEEP },
	{ AUTO,   P(A), P(A), LOST, B, "pc", NOW, HWO_BIND_KEEP },
	{ CRYPTO, C(A), C(A), LOST, B, "",   CLOSE, HWO_BIND_KEEP },

	/* packet mode: nothing but new keys */
	{ PACKET, P(A), P(A), 0, A, "pc", 0,     HWO_BIND_KEEP },
	{ PACKET, P(A), P(A), 0, A, "",   CLOSE, HWO_BIND_KEEP },
	{ PACKET, P(A), P(A), 0, B, "pc", 0,     HWO_BIND_REKEY },
	{ PACKET, P(A), P(B), 0, B, "pc", 0,     HWO_BIND_KEEP },
	{ PACKET, P(A), P(A), 0, B, "c",  0,     HWO_BIND_REFUSED },
	{ PACKET, P(A), P(A), 0, B, "",   CLOSE, HWO_BIND_CLOSE },
	{ AUTO,   P(A), P(A), 0, A, "pc", NOW,   HWO_BIND_KEEP },
	{ AUTO,   P(A), P(A), 0, A, "c",  0,     HWO_BIND_REKEY },
	{ AUTO,   P(A), C(A), 0, A, "c",  0,     HWO_BIND_KEEP },
	{ AUTO,   P(A), P(A), 0, B, "pc", 0,     HWO_BIND_REKEY },
	{ AUTO,   P(A), P(A), 0, B, "",   CLOSE, HWO_BIND_REKEY },
	{ AUTO,   P(A), NONE(B), 0, B, "", 0,    HWO_BIND_KEEP },

	/* packet mode, and packets leave by other devices as well: it is of no use
	 * anymore that the NIC has taken it */
	{ PACKET, P(A), P(A), 0, A, "mc", 0,     HWO_BIND_REFUSED },
	{ PACKET, P(A), P(A), 0, A, "m",  CLOSE, HWO_BIND_CLOSE },
	{ PACKET, P(A), P(A), 0, B, "mc", 0,     HWO_BIND_REFUSED },
	{ AUTO,   P(A), P(A), 0, A, "mc", 0,     HWO_BIND_REKEY },
	{ AUTO,   P(A), P(A), 0, A, "m",  0,     HWO_BIND_REKEY },
	{ AUTO,   P(A), C(A), 0, A, "mc", 0,     HWO_BIND_KEEP },
	{ AUTO,   C(A), P(A), 0, A, "mc", NOW,   HWO_BIND_KEEP },
	{ CRYPTO, C(A), C(A), 0, A, "mc", CLOSE, HWO_BIND_KEEP },

	/* packet mode, and the NIC sends to the next hop before */
	{ PACKET, P(A), P(A), REROUTED, A, "pc", 0,   HWO_BIND_REKEY },
	{ PACKET, P(A), P(A), REROUTED, A, "", CLOSE, HWO_BIND_KEEP },
	{ AUTO,   P(A), P(A), REROUTED, A, "pc", 0,   HWO_BIND_REKEY },
	{ AUTO,   P(A), C(A), REROUTED, A, "c",  0,   HWO_BIND_KEEP },
	{ PACKET, P(A), P(A), REROUTED, 0, "",   0,   HWO_BIND_KEEP },
	{ AUTO,   P(A), P(A), REROUTED | LOST, A, "pc", 0, HWO_BIND_KEEP },
	{ CRYPTO, C(A), C(A), REROUTED, A, "pc", 0,   HWO_BIND_KEEP },

	/* strict crypto mode */
	{ CRYPTO, C(A), C(A), 0, A, "pc", NOW,   HWO_BIND_KEEP },
	{ CRYPTO, C(A), C(A), 0, A, "",   CLOSE, HWO_BIND_KEEP },
	{ CRYPTO, C(A), C(A), 0, B, "pc", 0,     HWO_BIND_MOVE },
	{ CRYPTO, C(A), C(A), 0, B, "c",  NOW,   HWO_BIND_MOVE },
	{ CRYPTO, C(A), C(A), 0, B, "",   0,     HWO_BIND_REFUSED },
	{ CRYPTO, C(A), C(A), 0, B, "",   CLOSE, HWO_BIND_CLOSE },
	{ CRYPTO, C(A), C(B), 0, B, "c",  0,     HWO_BIND_REFUSED },
	{ CRYPTO, C(A), C(B), 0, B, "c",  CLOSE, HWO_BIND_CLOSE },
	{ CRYPTO, C(A), C(A), ENCAP, B, "c", 0,  HWO_BIND_REFUSED },

	/* automatic, in crypto mode: the best that can be had without new keys */
	{ AUTO,   C(A), P(A), 0, A, "pc", NOW, HWO_BIND_KEEP },
	{ AUTO,   C(A), C(A), 0, A, "pc", 0,   HWO_BIND_KEEP },
	{ AUTO,   C(A), C(A), 0, A, "pc", NOW, HWO_BIND_REKEY },
	{ AUTO,   C(A), P(A), 0, A, "",   0,   HWO_BIND_DEGRADE },
	{ AUTO,   C(A), P(A), 0, B, "pc", 0,   HWO_BIND_MOVE },
	{ AUTO,   C(A), P(A), 0, B, "c",  NOW, HWO_BIND_MOVE },
	{ AUTO,   C(A), P(A), 0, B, "pc", NOW, HWO_BIND_REKEY },
	{ AUTO,   C(A), P(B), 0, B, "pc", NOW, HWO_BIND_KEEP },
	{ AUTO,   C(A), P(A), 0, B, "",   0,   HWO_BIND_DEGRADE },
	{ AUTO,   C(A), P(A), ENCAP, B, "pc", 0, HWO_BIND_DEGRADE },

	/* automatic, in software: up again where it was before, or if wanted */
	{ AUTO,   S, P(A),    0,        A, "pc", NOW, HWO_BIND_KEEP },
	{ AUTO,   S, NONE(A), 0,        A, "pc", 0,   HWO_BIND_KEEP },
	{ AUTO,   S, NONE(A), 0,        A, "pc", NOW, HWO_BIND_REKEY },
	{ AUTO,   S, NONE(A), 0,        A, "c",  NOW, HWO_BIND_PROMOTE },
	{ AUTO,   S, NONE(A), DEGRADED, A, "c",  0,   HWO_BIND_PROMOTE },
	{ AUTO,   S, C(A),    DEGRADED, A, "c",  0,   HWO_BIND_KEEP },
	{ AUTO,   S, P(A),    0,        B, "pc", 0,   HWO_BIND_KEEP },
	{ AUTO,   S, P(A),    0,        B, "c",  NOW, HWO_BIND_PROMOTE },
	{ AUTO,   S, P(A),    DEGRADED, B, "pc", 0,   HWO_BIND_PROMOTE },
	{ AUTO,   S, P(A),    DEGRADED, B, "",   NOW, HWO_BIND_KEEP },
};

START_TEST(test_rows)
{
	hwo_bind_facts_t facts = {
		.requested = rows[_i].requested,
		.effective = rows[_i].effective,
		.tried = rows[_i].tried,
		.degraded = rows[_i].state & DEGRADED,
		.lost = rows[_i].state & LOST,
		.rerouted = rows[_i].state & REROUTED,
	};
	hwo_bind_rules_t rules = {
		.promote_now = rows[_i].rules & NOW,
		.close_refused = rows[_i].rules & CLOSE,
	};
	hwo_sa_facts_t sa = {
		.proto = IPPROTO_ESP,
		.mode = MODE_TUNNEL,
		.esn = TRUE,
		.encap = rows[_i].state & ENCAP,
	};
	hwo_bind_action_t action;
	hwo_device_t device;
	hwo_plan_t plan;

	hwo_device_none(HWO_REASON_NOT_CAPABLE, &device);
	device.ifindex = rows[_i].ifindex;
	if (strchr(rows[_i].modes, 'p'))
	{
		device.denied[HWO_MODE_PACKET] = HWO_REASON_NONE;
	}
	if (strchr(rows[_i].modes, 'c'))
	{
		device.denied[HWO_MODE_CRYPTO] = HWO_REASON_NONE;
	}
	if (strchr(rows[_i].modes, 'm'))
	{
		device.denied[HWO_MODE_PACKET] = HWO_REASON_MULTIPATH;
		device.others = HWO_REASON_MULTIPATH;
	}
	if (rows[_i].state & ENCAP)
	{	/* packet mode takes that, so there only crypto mode is the question */
		device.denied[HWO_MODE_PACKET] = HWO_REASON_NOT_CAPABLE;
	}
	hwo_plan_sa(facts.requested, &sa, &device, &plan);
	action = hwo_bind_plan(&facts, &plan, &rules);
	ck_assert_msg(action == rows[_i].action, "row %d: %s", _i,
				  enum_to_name(hwo_bind_action_names, action));
}
END_TEST

START_TEST(test_best)
{
	hwo_plan_t plan = {
		.step = { HWO_MODE_CRYPTO, HWO_MODE_NONE },
		.count = 2,
		.ifindex = B,
	};
	hwo_offload_t best;

	best = hwo_bind_best(&plan);
	ck_assert_int_eq(best.mode, HWO_MODE_CRYPTO);
	ck_assert_uint_eq(best.ifindex, B);
	plan.count = 0;
	best = hwo_bind_best(&plan);
	ck_assert_int_eq(best.mode, HWO_MODE_NONE);
	ck_assert_uint_eq(best.ifindex, 0);
}
END_TEST

START_TEST(test_window)
{
	u_int window = 100, i;

	ck_assert_uint_eq(hwo_bind_window(100, window, FALSE, TRUE), 100);
	for (i = 0; i < 10; i++)
	{
		ck_assert_uint_eq(window, min(100u << min(i, 5u), 3200u));
		/* it moves to and fro, and this time it is back already */
		ck_assert_uint_eq(hwo_bind_window(100, window, FALSE, TRUE),
						  max(100u, window * 3 / 4));
		window = hwo_bind_window(100, window, TRUE, i % 2);
	}
	ck_assert_uint_eq(hwo_bind_window(100, window, FALSE, FALSE), 100);
	/* half of the checks find it back, and it gets longer nevertheless */
	for (i = 0, window = 100; i < 20; i++)
	{
		window = hwo_bind_window(100, window, i % 2 == 0, TRUE);
	}
	ck_assert_uint_gt(window, 1600);
	/* others change for ever, but ours does not */
	for (i = 0; i < 20; i++)
	{
		window = hwo_bind_window(100, window, FALSE, TRUE);
	}
	ck_assert_uint_eq(window, 100);
}
END_TEST

/** reasons of CHILD_SAs that stay, as device 3 is looked at again */
static const struct {
	hwo_mode_t mode;
	uint32_t ifindex;
	hwo_reason_t before, skipped, others, now;
	bool strict;
} reasons[] = {
	/* the plan rules it out now */
	{ HWO_MODE_CRYPTO, 3, HWO_REASON_DRIVER_REFUSED, HWO_REASON_MULTIPATH,
	  HWO_REASON_MULTIPATH, HWO_REASON_MULTIPATH },
	{ HWO_MODE_NONE, 0, HWO_REASON_DRIVER_REFUSED, HWO_REASON_NOT_CAPABLE,
	  HWO_REASON_NONE, HWO_REASON_NOT_CAPABLE },
	{ HWO_MODE_CRYPTO, 3, HWO_REASON_NONE, HWO_REASON_NONE,
	  HWO_REASON_MULTIPATH, HWO_REASON_MULTIPATH, TRUE },
	/* it does no longer */
	{ HWO_MODE_CRYPTO, 3, HWO_REASON_MULTIPATH, HWO_REASON_NONE,
	  HWO_REASON_NONE, HWO_REASON_IN_USE },
	{ HWO_MODE_NONE, 0, HWO_REASON_FEATURE_OFF, HWO_REASON_NONE,
	  HWO_REASON_NONE, HWO_REASON_IN_USE },
	{ HWO_MODE_CRYPTO, 3, HWO_REASON_MULTIPATH, HWO_REASON_NONE,
	  HWO_REASON_NONE, HWO_REASON_NONE, TRUE },
	/* only an attempt can tell, or the budget */
	{ HWO_MODE_CRYPTO, 3, HWO_REASON_DRIVER_REFUSED, HWO_REASON_NONE,
	  HWO_REASON_NONE, HWO_REASON_DRIVER_REFUSED },
	{ HWO_MODE_CRYPTO, 3, HWO_REASON_BUDGET, HWO_REASON_NONE,
	  HWO_REASON_NONE, HWO_REASON_BUDGET },
	/* it has no say: packet mode, another device, or none */
	{ HWO_MODE_PACKET, 3, HWO_REASON_NONE, HWO_REASON_MULTIPATH,
	  HWO_REASON_MULTIPATH, HWO_REASON_NONE },
	{ HWO_MODE_CRYPTO, 4, HWO_REASON_DRIVER_REFUSED, HWO_REASON_MULTIPATH,
	  HWO_REASON_MULTIPATH, HWO_REASON_DRIVER_REFUSED },
};

START_TEST(test_reason)
{
	hwo_plan_t plan = {
		.ifindex = 3,
		.skipped[HWO_MODE_PACKET] = reasons[_i].skipped,
		.others = reasons[_i].others,
		.strict = reasons[_i].strict,
	};
	hwo_outcome_t outcome = {
		.effective = { reasons[_i].mode, reasons[_i].ifindex },
		.why.reason = reasons[_i].before,
	};

	ck_assert_int_eq(hwo_bind_reason(&plan, &outcome), reasons[_i].now);
	plan.ifindex = 0;
	ck_assert_int_eq(hwo_bind_reason(&plan, &outcome), reasons[_i].before);
}
END_TEST

TCase *bind_tcase(void)
{
	TCase *tcase = tcase_create("bind");

	tcase_add_checked_fixture(tcase, model_setup, model_teardown);
	tcase_add_loop_test(tcase, test_rows, 0, countof(rows));
	tcase_add_test(tcase, test_best);
	tcase_add_test(tcase, test_window);
	tcase_add_loop_test(tcase, test_reason, 0, countof(reasons));
	return tcase;
}
