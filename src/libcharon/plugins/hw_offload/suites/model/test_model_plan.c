/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the attempts. What it is to do is written down in decision tables;
 * every combination of inputs is tried against the first row that matches it.
 */

#include "model_plan.h"

/** matches everything in a row of a decision table */
#define ANY -1

/** in place of a reason: the one given for there being no device */
#define WHY -1

static const hw_offload_t requests[] = {
	HW_OFFLOAD_NO, HW_OFFLOAD_CRYPTO, HW_OFFLOAD_PACKET, HW_OFFLOAD_AUTO,
};

static const uint8_t protos[] = { IPPROTO_ESP, IPPROTO_AH, IPPROTO_COMP };

/** the last one is what newer releases of charon call IP-TFS */
static const int modes[] = {
	MODE_TRANSPORT, MODE_TUNNEL, MODE_BEET, MODE_DROP + 1,
};

/** reasons there is no device, the first one stands for a device */
static const hwo_reason_t devices[] = {
	HWO_REASON_NONE, HWO_REASON_NO_ROUTE, HWO_REASON_LOCAL_ROUTE,
};

/**
 * Make a device, or none.
 */
static hwo_device_t make_device(hwo_reason_t why)
{
	hwo_device_t device = { .ifindex = DEV };

	if (why)
	{
		hwo_device_none(why, &device);
	}
	return device;
}

/**
 * Facts about an SA, in the order of the columns below.
 */
typedef struct {
	int requested, proto, mode, esn, encap, tfc, device;
} facts_t;

/**
 * Row of the decision table for SAs: facts, the steps, and why packet and
 * crypto are not among them.
 */
typedef struct {
	facts_t facts;
	char *steps;
	int packet, crypto;
} sa_row_t;

static const sa_row_t sa_rows[] = {
	/*  requested proto mode ESN  UDP  TFC  device */
	{ { NO,		ANY,  ANY, ANY, ANY, ANY, ANY },	"none", OK, OK },

	/* what the kernel itself refuses, whatever the device */
	{ { CRYPTO,	AH,   ANY, ANY, ANY, ANY, ANY },	"", OK, NOT_ESP },
	{ { CRYPTO,	COMP, ANY, ANY, ANY, ANY, ANY },	"", OK, NOT_ESP },
	{ { PACKET,	AH,   ANY, ANY, ANY, ANY, ANY },	"", NOT_ESP, OK },
	{ { PACKET,	COMP, ANY, ANY, ANY, ANY, ANY },	"", NOT_ESP, OK },
	{ { AUTO,	AH,   ANY, ANY, ANY, ANY, ANY },	"none", NOT_ESP, NOT_ESP },
	{ { AUTO,	COMP, ANY, ANY, ANY, ANY, ANY },	"none", NOT_ESP, NOT_ESP },
	{ { CRYPTO,	ESP,  MODE_BEET, ANY, ANY, ANY, ANY },		"", OK, MODE },
	{ { PACKET,	ESP,  MODE_BEET, ANY, ANY, ANY, ANY },		"", MODE, OK },
	{ { AUTO,	ESP,  MODE_BEET, ANY, ANY, ANY, ANY },		"none", MODE,
	MODE },
	{ { CRYPTO,	ESP,  MODE_DROP + 1, ANY, ANY, ANY, ANY },	"", OK, MODE },
	{ { PACKET,	ESP,  MODE_DROP + 1, ANY, ANY, ANY, ANY },	"", MODE, OK },
	{ { AUTO,	ESP,  MODE_DROP + 1, ANY, ANY, ANY, ANY },	"none", MODE,
	MODE },
	{ { CRYPTO,	ESP,  ANY, ANY, ANY, 1,   ANY },	"", OK, TFC },
	{ { PACKET,	ESP,  ANY, ANY, ANY, 1,   ANY },	"", TFC, OK },
	{ { AUTO,	ESP,  ANY, ANY, ANY, 1,   ANY },	"none", TFC, TFC },

	/* no device */
	{ { CRYPTO,	ESP,  ANY, ANY, ANY, 0,   0 },		"", OK, WHY },
	{ { PACKET,	ESP,  ANY, ANY, ANY, 0,   0 },		"", WHY, OK },
	{ { AUTO,	ESP,  ANY, ANY, ANY, 0,   0 },		"none", WHY, WHY },

	/* transport and tunnel mode ESP without TFC, and a device */
	{ { PACKET,	ESP,  ANY, ANY, ANY, 0,   DEV },	"packet", OK, OK },
	{ { CRYPTO,	ESP,  ANY, ANY, 0,   0,   DEV },	"crypto", OK, OK },
	{ { CRYPTO,	ESP,  ANY, ANY, 1,   0,   DEV },	"", OK, UDP },
	{ { AUTO,	ESP,  ANY, 1,   0,   0,   DEV },	"packet crypto none", OK,
	OK },
	{ { AUTO,	ESP,  ANY, 1,   1,   0,   DEV },	"packet none", OK, UDP },
	{ { AUTO,	ESP,  ANY, 0,   0,   0,   DEV },	"crypto none", NO_ESN, OK },
	{ { AUTO,	ESP,  ANY, 0,   1,   0,   DEV },	"none", NO_ESN, UDP },
};

/**
 * Check if a row is about these facts.
 */
static bool row_matches(const facts_t *row, const facts_t *facts)
{
	const int *a = (const int*)row, *b = (const int*)facts;
	int i;

	for (i = 0; i < sizeof(facts_t) / sizeof(int); i++)
	{
		if (a[i] != ANY && a[i] != b[i])
		{
			return FALSE;
		}
	}
	return TRUE;
}

char *plan_describe(const hwo_plan_t *plan, char buf[64])
{
	static char *names[] = {
		[HWO_MODE_NONE] = "none",
		[HWO_MODE_CRYPTO] = "crypto",
		[HWO_MODE_PACKET] = "packet",
	};
	int i;

	buf[0] = '\0';
	for (i = 0; i < plan->count; i++)
	{
		strcat(buf, i ? " " : "");
		strcat(buf, names[plan->step[i]]);
	}
	return buf;
}

/**
 * Check the plan for one combination of facts.
 */
static void check_sa(const facts_t *facts, hwo_reason_t why)
{
	const sa_row_t *row = sa_rows;
	char buf[64], label[128];
	hwo_device_t device;
	hwo_plan_t plan;
	hwo_sa_facts_t sa = {
		.proto = facts->proto,
		.mode = facts->mode,
		.esn = facts->esn,
		.encap = facts->encap,
		.tfc = facts->tfc ? 1300 : 0,
	};

	while (!row_matches(&row->facts, facts))
	{
		row++;
		ck_assert_msg(row < sa_rows + countof(sa_rows), "no row matches");
	}
	snprintf(label, sizeof(label), "row %d: requested %d, proto %d, mode %d, "
			 "ESN %d, encap %d, TFC %d, device %d, why %d",
			 (int)(row - sa_rows),
			 facts->requested, facts->proto, facts->mode, facts->esn,
			 facts->encap, facts->tfc, facts->device, why);
	memset(&plan, 0xa5, sizeof(plan));
	device = make_device(why);
	hwo_plan_sa(facts->requested, &sa, &device, &plan);

	ck_assert_msg(streq(plan_describe(&plan, buf), row->steps), "%s: %s", label,
				  buf);
	ck_assert_msg(plan.skipped[HWO_MODE_PACKET] ==
				  (row->packet == WHY ? why : row->packet), "%s", label);
	ck_assert_msg(plan.skipped[HWO_MODE_CRYPTO] ==
				  (row->crypto == WHY ? why : row->crypto), "%s", label);
	ck_assert_msg(plan.skipped[HWO_MODE_NONE] == HWO_REASON_NONE, "%s", label);
	ck_assert_msg(plan.strict == (facts->requested == HW_OFFLOAD_CRYPTO ||
								  facts->requested == HW_OFFLOAD_PACKET),
				  "%s", label);
	ck_assert_msg(plan.ifindex == facts->device, "%s", label);
}

START_TEST(test_sa)
{
	facts_t facts = {
		.requested = requests[_i],
	};
	int proto, mode, device, flags, count = 0;

	for (proto = 0; proto < countof(protos); proto++)
	{
		for (mode = 0; mode < countof(modes); mode++)
		{
			for (device = 0; device < countof(devices); device++)
			{
				for (flags = 0; flags < 8; flags++)
				{
					facts.proto = protos[proto];
					facts.mode = modes[mode];
					facts.device = devices[device] ? 0 : DEV;
					facts.esn = flags & 1;
					facts.encap = (flags >> 1) & 1;
					facts.tfc = (flags >> 2) & 1;
					check_sa(&facts, devices[device]);
					count++;
				}
			}
		}
	}
	ck_assert_int_eq(count, 288);
}
END_TEST

/**
 * Effective offload of the SA that an SP is for.
 */
enum {
	SA_UNKNOWN,
	SA_NONE,
	SA_CRYPTO,
	SA_PACKET,
};

/**
 * Row of the decision table for SPs: configured mode, direction, SA, and
 * whether there is a device; then the steps, the device asked for, if it is
 * that or nothing, and why it is not packet.
 */
static const struct {
	int requested, dir, sa, device;
	char *steps;
	uint32_t ifindex;
	bool strict;
	int packet;
} sp_rows[] = {
	/* NICs know no forward policies, nor any in crypto mode */
	{ ANY,		POLICY_FWD,	ANY,	ANY,	"none",	0, FALSE, OK },
	{ NO,		ANY,		ANY,	ANY,	"none",	0, FALSE, OK },
	{ CRYPTO,	ANY,		ANY,	ANY,	"none",	0, FALSE, OK },
	/* the SA decides, the device of the route does not matter anymore */
	{ ANY,		ANY,		SA_PACKET,	ANY,	"packet",	SA_DEV, TRUE, OK },
	{ ANY,		ANY,		SA_CRYPTO,	ANY,	"none",		0, TRUE, OK },
	{ ANY,		ANY,		SA_NONE,	ANY,	"none",		0, TRUE, OK },
	/* traps and shunts */
	{ PACKET,	ANY,	SA_UNKNOWN,	1,	"packet",		DEV, TRUE, OK },
	{ PACKET,	ANY,	SA_UNKNOWN,	0,	"",				0, TRUE, WHY },
	{ AUTO,		ANY,	SA_UNKNOWN,	1,	"packet none",	DEV, FALSE, OK },
	{ AUTO,		ANY,	SA_UNKNOWN,	0,	"none",			0, FALSE, WHY },
};

/**
 * Check the plan for an SP.
 */
static void check_sp(hw_offload_t requested, policy_dir_t dir, int sa,
					 hwo_reason_t why)
{
	static const hwo_offload_t offloads[] = {
		[SA_NONE] = { HWO_MODE_NONE, 0 },
		[SA_CRYPTO] = { HWO_MODE_CRYPTO, SA_DEV },
		[SA_PACKET] = { HWO_MODE_PACKET, SA_DEV },
	};
	int i = 0, has_device = why == HWO_REASON_NONE;
	hwo_device_t device = make_device(why);
	char buf[64], label[128];
	hwo_plan_t plan;

	while ((sp_rows[i].requested != ANY && sp_rows[i].requested != requested) ||
		   (sp_rows[i].dir != ANY && sp_rows[i].dir != dir) ||
		   (sp_rows[i].sa != ANY && sp_rows[i].sa != sa) ||
		   (sp_rows[i].device != ANY && sp_rows[i].device != has_device))
	{
		i++;
		ck_assert_msg(i < countof(sp_rows), "no row matches");
	}
	snprintf(label, sizeof(label), "row %d: requested %d, direction %d, SA %d, "
			 "device %d, why %d", i, requested, dir, sa, has_device, why);
	memset(&plan, 0xa5, sizeof(plan));
	hwo_plan_sp(requested, dir, sa == SA_UNKNOWN ? NULL : &offloads[sa],
				&device, &plan);

	ck_assert_msg(streq(plan_describe(&plan, buf), sp_rows[i].steps), "%s: %s",
				  label, buf);
	ck_assert_msg(plan.ifindex == sp_rows[i].ifindex, "%s", label);
	ck_assert_msg(plan.strict == sp_rows[i].strict, "%s", label);
	ck_assert_msg(plan.skipped[HWO_MODE_PACKET] ==
				  (sp_rows[i].packet == WHY ? why : sp_rows[i].packet), "%s",
				  label);
	ck_assert_msg(plan.skipped[HWO_MODE_CRYPTO] == HWO_REASON_NONE &&
				  plan.skipped[HWO_MODE_NONE] == HWO_REASON_NONE, "%s", label);
}

START_TEST(test_sp)
{
	policy_dir_t dir;
	int sa, device;

	for (dir = POLICY_IN; dir <= POLICY_FWD; dir++)
	{
		for (sa = SA_UNKNOWN; sa <= SA_PACKET; sa++)
		{
			for (device = 0; device < countof(devices); device++)
			{
				check_sp(requests[_i], dir, sa, devices[device]);
			}
		}
	}
}
END_TEST

/**
 * Row of the table of limits: what is asked for with ESN or without, the best
 * that is left, then the steps, and why packet and crypto are not among them.
 */
static const struct {
	hw_offload_t requested;
	bool esn;
	hwo_offload_t best;
	char *steps;
	int packet, crypto;
} limits[] = {
#define BEST(mode, ifindex) { HWO_MODE_##mode, ifindex }
	{ NO,		TRUE,	BEST(NONE, 0),			"none",		OK, OK },
	{ NO,		TRUE,	BEST(PACKET, DEV),		"none",		OK, OK },
	{ AUTO,		TRUE,	BEST(PACKET, DEV),		"packet crypto none", OK, OK },
	{ AUTO,		TRUE,	BEST(PACKET, 0),		"packet crypto none", OK, OK },
	{ AUTO,		TRUE,	BEST(CRYPTO, DEV),		"crypto none", WHY, OK },
	{ AUTO,		TRUE,	BEST(CRYPTO, 0),		"crypto none", WHY, OK },
	{ AUTO,		TRUE,	BEST(NONE, 0),			"none",		WHY, WHY },
	/* both SAs on the same device */
	{ AUTO,		TRUE,	BEST(PACKET, SA_DEV),	"none",		WHY, WHY },
	{ AUTO,		TRUE,	BEST(CRYPTO, SA_DEV),	"none",		WHY, WHY },
	/* what was no step has its own reason */
	{ AUTO,		FALSE,	BEST(PACKET, DEV),		"crypto none", NO_ESN, OK },
	{ AUTO,		FALSE,	BEST(NONE, 0),			"none",		NO_ESN, WHY },
	/* nothing else will do */
	{ PACKET,	TRUE,	BEST(PACKET, DEV),		"packet",	OK, OK },
	{ PACKET,	TRUE,	BEST(PACKET, SA_DEV),	"",			WHY, OK },
	{ PACKET,	TRUE,	BEST(CRYPTO, DEV),		"",			WHY, OK },
	{ CRYPTO,	TRUE,	BEST(PACKET, DEV),		"crypto",	OK, OK },
	{ CRYPTO,	TRUE,	BEST(CRYPTO, DEV),		"crypto",	OK, OK },
	{ CRYPTO,	TRUE,	BEST(NONE, 0),			"",			OK, WHY },
};

START_TEST(test_limit)
{
	hwo_reason_t why = HWO_REASON_PARTNER_REFUSED;
	hwo_device_t device = make_device(HWO_REASON_NONE);
	hwo_plan_t plan;
	char buf[64];
	hwo_sa_facts_t sa = {
		.proto = IPPROTO_ESP,
		.mode = MODE_TRANSPORT,
		.esn = limits[_i].esn,
	};

	hwo_plan_sa(limits[_i].requested, &sa, &device, &plan);
	hwo_plan_limit(&plan, &limits[_i].best, why);
	ck_assert_str_eq(plan_describe(&plan, buf), limits[_i].steps);
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET],
					 limits[_i].packet == WHY ? why : limits[_i].packet);
	ck_assert_int_eq(plan.skipped[HWO_MODE_CRYPTO],
					 limits[_i].crypto == WHY ? why : limits[_i].crypto);
	ck_assert_int_eq(plan.ifindex, DEV);
}
END_TEST

START_TEST(test_exclude)
{
	hwo_device_t device = make_device(HWO_REASON_NONE);
	hwo_sa_facts_t sa = {
		.proto = IPPROTO_ESP,
		.mode = MODE_TUNNEL,
		.esn = TRUE,
	};
	hwo_plan_t plan;
	char buf[64];

	hwo_plan_sa(AUTO, &sa, &device, &plan);
	hwo_plan_exclude(&plan, HWO_MODE_PACKET, HWO_REASON_BUDGET);
	ck_assert_str_eq(plan_describe(&plan, buf), "crypto none");
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], HWO_REASON_BUDGET);
	ck_assert_int_eq(plan.skipped[HWO_MODE_CRYPTO], OK);
	/* what is no step keeps its reason */
	hwo_plan_exclude(&plan, HWO_MODE_PACKET, HWO_REASON_NO_ESN);
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], HWO_REASON_BUDGET);
	hwo_plan_exclude(&plan, HWO_MODE_CRYPTO, HWO_REASON_BUDGET);
	ck_assert_str_eq(plan_describe(&plan, buf), "none");

	hwo_plan_sa(PACKET, &sa, &device, &plan);
	hwo_plan_exclude(&plan, HWO_MODE_PACKET, HWO_REASON_BUDGET);
	ck_assert_str_eq(plan_describe(&plan, buf), "");
	ck_assert(!hwo_plan_has(&plan, HWO_MODE_PACKET));
}
END_TEST

TCase *plan_tcase(void)
{
	TCase *tc;

	tc = tcase_create("offload_plan");
	tcase_add_checked_fixture(tc, model_setup, model_teardown);
	tcase_add_loop_test(tc, test_sa, 0, countof(requests));
	tcase_add_loop_test(tc, test_sp, 0, countof(requests));
	tcase_add_loop_test(tc, test_limit, 0, countof(limits));
	tcase_add_test(tc, test_exclude);
	return tc;
}
