/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of how the kernel's answers to an attempt are judged.
 */

#include "model_suites.h"

#include <errno.h>
#include <netinet/in.h>

#include "../../model/plan/offload_plan.h"

/** device that carries the packets */
#define DEV 7

static const hw_offload_t requests[] = {
	HW_OFFLOAD_NO, HW_OFFLOAD_CRYPTO, HW_OFFLOAD_PACKET, HW_OFFLOAD_AUTO,
};

/** errors of the kernel by what they mean to an attempt that is not the last
 * one. */
static const int refusals[] = {
	EINVAL, EOPNOTSUPP, ENOSPC, EBUSY, ENODEV, EIO, ENXIO, ENETDOWN, ERANGE,
	EAFNOSUPPORT, ENOSYS, ENOPROTOOPT,
	/* ENOTSUPP of the kernel, that user space has no name for */
	524,
	/* a NIC that is full, and one whose firmware does not answer (mlx5) */
	ENOMEM, ETIMEDOUT,
	/* those of our socket, but from the kernel */
	EPERM, ENOBUFS, EMSGSIZE, EBADMSG, EINTR,
};
static const int failures[] = {
	EEXIST, ESRCH,
};

/**
 * Judge an error at each step of each plan, none follows the last one.
 */
static void check_verdicts(int err, hwo_answer_t answer, hwo_verdict_t not_last)
{
	hwo_result_t ok = {}, result = {
		.err = err,
		.answer = answer,
	};
	hwo_device_t device = { .ifindex = DEV };
	hwo_verdict_t verdict;
	hwo_plan_t plan;
	hwo_sa_facts_t sa = {
		.proto = IPPROTO_ESP,
		.mode = MODE_TRANSPORT,
		.esn = TRUE,
	};
	int i, step;

	for (i = 0; i < countof(requests); i++)
	{
		hwo_plan_sa(requests[i], &sa, &device, &plan);
		ck_assert_int_gt(plan.count, 0);
		for (step = 0; step < plan.count; step++)
		{
			verdict = hwo_plan_verdict(&plan, step, &result);
			ck_assert_msg(verdict == (step < plan.count - 1 ? not_last
													: HWO_VERDICT_FAIL),
						  "errno %d, requested %d, step %d: %d", err,
						  requests[i], step, verdict);
			ck_assert_int_eq(hwo_plan_verdict(&plan, step, &ok),
							 HWO_VERDICT_DONE);
		}
	}
}

START_TEST(test_refusal)
{
	check_verdicts(refusals[_i], HWO_ANSWERED, HWO_VERDICT_NEXT);
}
END_TEST

/** what drivers say, and if it may be something else a moment later */
static const struct {
	hwo_result_t result;
	bool busy;
} busy[] = {
	{ { .err = EBUSY }, TRUE },
	{ { .err = EBUSY, .extack = "mlx5_core: in use" }, TRUE },
	{ { .err = EINVAL,
		.extack = "mlx5_core: Device failed to offload this state" }, TRUE },
	{ { .err = EINVAL }, FALSE },
	{ { .err = EINVAL, .extack = "mlx5_core: Packet offload is not supported" },
	  FALSE },
	{ { .err = ENOSPC,
		.extack = "mlx5_core: Device failed to offload this state" }, FALSE },
	{ { .err = 0 }, FALSE },
	/* that was not the driver */
	{ { .err = EBUSY, .answer = HWO_ANSWER_LOST }, FALSE },
};

START_TEST(test_busy)
{
	ck_assert(hwo_plan_is_busy(&busy[_i].result) == busy[_i].busy);
}
END_TEST

START_TEST(test_no_answer)
{	/* says nothing about the mode, whatever the number */
	check_verdicts(refusals[_i], HWO_ANSWER_LOST, HWO_VERDICT_FAIL);
	check_verdicts(refusals[_i], HWO_NOT_SENT, HWO_VERDICT_FAIL);
}
END_TEST

START_TEST(test_failure)
{
	check_verdicts(failures[_i], HWO_ANSWERED, HWO_VERDICT_FAIL);
}
END_TEST

/**
 * What the kernel may report about an accepted SA, and what follows from it.
 */
static const struct {
	hw_offload_t requested;
	int step;
	hwo_offload_t actual;
	hwo_verdict_t verdict;
	hwo_reason_t reason;
} readbacks[] = {
#define NO		HW_OFFLOAD_NO
#define CRYPTO	HW_OFFLOAD_CRYPTO
#define PACKET	HW_OFFLOAD_PACKET
#define AUTO	HW_OFFLOAD_AUTO
#define OK		HWO_REASON_NONE
#define DONE	HWO_VERDICT_DONE
#define NEXT	HWO_VERDICT_NEXT
#define FAIL	HWO_VERDICT_FAIL
#define SILENT	HWO_REASON_SILENT_SOFTWARE
#define WRONG	HWO_REASON_WRONG_DEVICE
	/* as asked for */
	{ CRYPTO,	0, { HWO_MODE_CRYPTO, DEV },	DONE, OK },
	{ PACKET,	0, { HWO_MODE_PACKET, DEV },	DONE, OK },
	{ NO,		0, { HWO_MODE_NONE, 0 },		DONE, OK },
	{ AUTO,		0, { HWO_MODE_PACKET, DEV },	DONE, OK },
	{ AUTO,		1, { HWO_MODE_CRYPTO, DEV },	DONE, OK },
	{ AUTO,		2, { HWO_MODE_NONE, 0 },		DONE, OK },
	/* turned into software, which is an answer only if anything will do */
	{ CRYPTO,	0, { HWO_MODE_NONE, 0 },		FAIL, SILENT },
	{ PACKET,	0, { HWO_MODE_NONE, 0 },		FAIL, SILENT },
	{ AUTO,		0, { HWO_MODE_NONE, 0 },		DONE, SILENT },
	{ AUTO,		1, { HWO_MODE_NONE, 0 },		DONE, SILENT },
	/* another device, packets won't pass there */
	{ CRYPTO,	0, { HWO_MODE_CRYPTO, DEV + 1 },	FAIL, WRONG },
	{ PACKET,	0, { HWO_MODE_PACKET, DEV + 1 },	FAIL, WRONG },
	{ AUTO,		0, { HWO_MODE_PACKET, DEV + 1 },	NEXT, WRONG },
	{ AUTO,		1, { HWO_MODE_CRYPTO, DEV + 1 },	NEXT, WRONG },
	/* another mode than asked for */
	{ CRYPTO,	0, { HWO_MODE_PACKET, DEV },	FAIL, WRONG },
	{ PACKET,	0, { HWO_MODE_CRYPTO, DEV },	FAIL, WRONG },
	{ AUTO,		0, { HWO_MODE_CRYPTO, DEV },	NEXT, WRONG },
};

START_TEST(test_readback)
{
	hwo_device_t device = {
		.ifindex = readbacks[_i].requested == HW_OFFLOAD_NO ? 0 : DEV,
	};
	hwo_reason_t reason = HWO_REASON_TFC;
	hwo_plan_t plan;
	hwo_sa_facts_t sa = {
		.proto = IPPROTO_ESP,
		.mode = MODE_TUNNEL,
		.esn = TRUE,
	};

	hwo_plan_sa(readbacks[_i].requested, &sa, &device, &plan);
	ck_assert_int_lt(readbacks[_i].step, plan.count);
	ck_assert_int_eq(hwo_plan_readback(&plan, readbacks[_i].step,
									   &readbacks[_i].actual, &reason),
					 readbacks[_i].verdict);
	ck_assert_int_eq(reason, readbacks[_i].reason);
}
END_TEST

/**
 * Names are documented, so they are not to change.
 */
static const struct {
	hwo_reason_t reason;
	char *name;
} names[] = {
	{ HWO_REASON_NONE,				"as-requested" },
	{ HWO_REASON_NO_ROUTE,			"no-route" },
	{ HWO_REASON_LOCAL_ROUTE,		"local-route" },
	{ HWO_REASON_NOT_ESP,			"not-esp" },
	{ HWO_REASON_NO_ESN,			"no-esn" },
	{ HWO_REASON_UDP_ENCAP,			"udp-encap" },
	{ HWO_REASON_TFC,				"tfc" },
	{ HWO_REASON_IPSEC_MODE,		"ipsec-mode" },
	{ HWO_REASON_DRIVER_REFUSED,	"driver-refused" },
	{ HWO_REASON_SILENT_SOFTWARE,	"silent-software" },
	{ HWO_REASON_WRONG_DEVICE,		"wrong-device" },
	{ HWO_REASON_PARTNER_REFUSED,	"partner-refused" },
	{ HWO_REASON_POLICY_REFUSED,	"policy-refused" },
	{ HWO_REASON_IN_USE,			"in-use" },
	{ HWO_REASON_ROUTE_LEAK,		"route-leak" },
	{ HWO_REASON_IPCOMP,			"ipcomp" },
	{ HWO_REASON_IF_ID,				"if-id" },
	{ HWO_REASON_MIXED_FAMILIES,	"mixed-families" },
	{ HWO_REASON_MARK,				"mark" },
	{ HWO_REASON_ANY_ANY,			"any-any" },
	{ HWO_REASON_ANY_PROTOCOL,		"any-protocol" },
	{ HWO_REASON_PREFIX_LENGTHS,		"prefix-lengths" },
	{ HWO_REASON_NEXT_HOP,			"next-hop" },
	{ HWO_REASON_PER_CPU,			"per-cpu" },
	{ HWO_REASON_SUBNET,			"subnet" },
	{ HWO_REASON_NO_DEVICE,			"no-device" },
	{ HWO_REASON_NOT_CAPABLE,		"not-capable" },
	{ HWO_REASON_FEATURE_OFF,		"feature-off" },
	{ HWO_REASON_DEVICE_MODES,		"device-modes" },
	{ HWO_REASON_BUDGET,			"budget" },
	{ HWO_REASON_BOND_PACKET,		"bond-packet" },
	{ HWO_REASON_BOND_MODE,			"bond-mode" },
	{ HWO_REASON_TEAM_DEVICE,		"team-device" },
	{ HWO_REASON_VLAN_DEVICE,		"vlan-device" },
	{ HWO_REASON_BRIDGE_DEVICE,		"bridge-device" },
	{ HWO_REASON_MACVLAN_DEVICE,	"macvlan-device" },
	{ HWO_REASON_XFRM_DEVICE,		"xfrm-device" },
	{ HWO_REASON_VRF_DEVICE,		"vrf-device" },
	{ HWO_REASON_VIRTUAL_DEVICE,	"virtual-device" },
	{ HWO_REASON_MULTIPATH,			"multipath" },
	{ HWO_REASON_ROUTE_RULE,		"route-rule" },
	{ HWO_REASON_INNER_ROUTE,		"inner-route" },
	{ HWO_REASON_SHUNT,				"shunt" },
	{ HWO_REASON_NO_POLICIES,		"no-policies" },
};

START_TEST(test_names)
{
	int i;

	for (i = 0; i < countof(names); i++)
	{
		ck_assert_str_eq(enum_to_name(hwo_reason_names, names[i].reason),
						 names[i].name);
	}
}
END_TEST

TCase *verdict_tcase(void)
{
	TCase *tc;

	tc = tcase_create("verdict");
	tcase_add_checked_fixture(tc, model_setup, model_teardown);
	tcase_add_loop_test(tc, test_refusal, 0, countof(refusals));
	tcase_add_loop_test(tc, test_busy, 0, countof(busy));
	tcase_add_loop_test(tc, test_no_answer, 0, countof(refusals));
	tcase_add_loop_test(tc, test_failure, 0, countof(failures));
	tcase_add_loop_test(tc, test_readback, 0, countof(readbacks));
	tcase_add_test(tc, test_names);
	return tc;
}
