/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what a device may be asked for, of what is learned about it, and of
 * how many SAs it may have.
 */

#include "model_suites.h"

#include <errno.h>
#include <netinet/in.h>

#include "../../model/state/device_history.h"
#include "../../model/plan/device_rules.h"

#define DEV 7

#define OK		HWO_REASON_NONE
#define BOND	HWO_REASON_BOND_PACKET
#define OFF		HWO_REASON_FEATURE_OFF
#define MISSING	HWO_REASON_NOT_CAPABLE
#define MODES	HWO_REASON_DEVICE_MODES
#define VIRTUAL	HWO_REASON_VIRTUAL_DEVICE
#define MACVLAN	HWO_REASON_MACVLAN_DEVICE

/**
 * Row of the decision table for devices: kind of the link, kind of what it is
 * enslaved to, feature, allowed modes (NULL: all), then why packet and crypto
 * are denied.
 */
static const struct {
	char *kind, *master;
	hwo_feature_t feature;
	char *modes;
	hwo_reason_t packet, crypto;
} judged[] = {
	/* real NICs, and virtual ones that nothing is known about */
	{ "", "",				HWO_FEATURE_ON,			NULL, OK, OK },
	{ "", "",				HWO_FEATURE_UNKNOWN,	NULL, OK, OK },
	{ "", "",				HWO_FEATURE_OFF,		NULL, OFF, OFF },
	{ "", "",				HWO_FEATURE_MISSING,	NULL, MISSING, MISSING },
	{ "", "bond",			HWO_FEATURE_ON,			NULL, OK, OK },
	{ "", "bridge",			HWO_FEATURE_ON,			NULL, OK, OK },
	{ "netdevsim", "",		HWO_FEATURE_ON,			NULL, OK, OK },
	/* kinds that don't offload, whatever the feature */
	{ "vlan", "",			HWO_FEATURE_UNKNOWN,	NULL,
		HWO_REASON_VLAN_DEVICE, HWO_REASON_VLAN_DEVICE },
	{ "vlan", "",			HWO_FEATURE_MISSING,	NULL,
		HWO_REASON_VLAN_DEVICE, HWO_REASON_VLAN_DEVICE },
	{ "bridge", "",			HWO_FEATURE_MISSING,	NULL,
		HWO_REASON_BRIDGE_DEVICE, HWO_REASON_BRIDGE_DEVICE },
	{ "openvswitch", "",	HWO_FEATURE_MISSING,	NULL,
		HWO_REASON_BRIDGE_DEVICE, HWO_REASON_BRIDGE_DEVICE },
	{ "team", "",			HWO_FEATURE_MISSING,	NULL,
		HWO_REASON_TEAM_DEVICE, HWO_REASON_TEAM_DEVICE },
	{ "macvlan", "",		HWO_FEATURE_MISSING,	NULL, MACVLAN, MACVLAN },
	{ "macvtap", "",		HWO_FEATURE_MISSING,	NULL, MACVLAN, MACVLAN },
	{ "ipvlan", "",			HWO_FEATURE_MISSING,	NULL, MACVLAN, MACVLAN },
	{ "xfrm", "",			HWO_FEATURE_MISSING,	NULL,
		HWO_REASON_XFRM_DEVICE, HWO_REASON_XFRM_DEVICE },
	{ "vti", "",			HWO_FEATURE_MISSING,	NULL,
		HWO_REASON_XFRM_DEVICE, HWO_REASON_XFRM_DEVICE },
	{ "vrf", "",			HWO_FEATURE_MISSING,	NULL,
		HWO_REASON_VRF_DEVICE, HWO_REASON_VRF_DEVICE },
	{ "", "vrf",			HWO_FEATURE_ON,			NULL,
		HWO_REASON_VRF_DEVICE, HWO_REASON_VRF_DEVICE },
	{ "veth", "",			HWO_FEATURE_MISSING,	NULL, VIRTUAL, VIRTUAL },
	{ "dummy", "",			HWO_FEATURE_UNKNOWN,	NULL, VIRTUAL, VIRTUAL },
	{ "vxlan", "",			HWO_FEATURE_MISSING,	NULL, VIRTUAL, VIRTUAL },
	/* bonds do crypto, if they are in the right mode */
	{ "bond", "",			HWO_FEATURE_ON,			NULL, BOND, OK },
	{ "bond", "",			HWO_FEATURE_UNKNOWN,	NULL, BOND, OK },
	{ "bond", "",			HWO_FEATURE_OFF,		NULL, BOND,
		HWO_REASON_BOND_MODE },
	{ "bond", "",			HWO_FEATURE_MISSING,	NULL, BOND,
		HWO_REASON_BOND_MODE },
	{ "bond", "vrf",		HWO_FEATURE_ON,			NULL,
		HWO_REASON_VRF_DEVICE, HWO_REASON_VRF_DEVICE },
	/* the administrator knows better than we do, but not than the kernel */
	{ "", "",				HWO_FEATURE_ON,			"pc", OK, OK },
	{ "", "",				HWO_FEATURE_ON,			"p", OK, MODES },
	{ "", "",				HWO_FEATURE_ON,			"c", MODES, OK },
	{ "", "",				HWO_FEATURE_ON,			"", MODES, MODES },
	{ "", "",				HWO_FEATURE_OFF,		"c", MODES, OFF },
	{ "", "",				HWO_FEATURE_MISSING,	"pc", MISSING, MISSING },
	{ "", "vrf",			HWO_FEATURE_ON,			"pc", OK, OK },
	{ "vlan", "",			HWO_FEATURE_ON,			"c", MODES, OK },
	{ "vlan", "",			HWO_FEATURE_MISSING,	"c", MODES, MISSING },
	{ "bond", "",			HWO_FEATURE_ON,			"pc", OK, OK },
};

START_TEST(test_judge)
{
	hwo_link_t link = { .ifindex = DEV }, master = {};
	hwo_device_rule_t rule = { .max_sas = _i };
	hwo_device_t device;

	strcpy(link.kind, judged[_i].kind);
	strcpy(master.kind, judged[_i].master);
	if (judged[_i].modes)
	{
		rule.restricted = TRUE;
		rule.allowed[HWO_MODE_PACKET] = strchr(judged[_i].modes, 'p') != NULL;
		rule.allowed[HWO_MODE_CRYPTO] = strchr(judged[_i].modes, 'c') != NULL;
	}
	memset(&device, 0xa5, sizeof(device));
	hwo_device_judge(&link, &master, judged[_i].feature, &rule, &device);
	ck_assert_int_eq(device.ifindex, DEV);
	ck_assert_int_eq(device.max_sas, _i);
	ck_assert_int_eq(device.denied[HWO_MODE_PACKET], judged[_i].packet);
	ck_assert_int_eq(device.denied[HWO_MODE_CRYPTO], judged[_i].crypto);
	ck_assert_int_eq(device.denied[HWO_MODE_NONE], OK);
}
END_TEST

START_TEST(test_none)
{
	hwo_device_t device;

	memset(&device, 0xa5, sizeof(device));
	hwo_device_none(HWO_REASON_NO_ROUTE, &device);
	ck_assert_int_eq(device.ifindex, 0);
	ck_assert_int_eq(device.max_sas, 0);
	ck_assert_int_eq(device.denied[HWO_MODE_PACKET], HWO_REASON_NO_ROUTE);
	ck_assert_int_eq(device.denied[HWO_MODE_CRYPTO], HWO_REASON_NO_ROUTE);
	ck_assert_int_eq(device.denied[HWO_MODE_NONE], OK);
}
END_TEST

START_TEST(test_rules)
{
	hwo_addr_t a = { .family = AF_INET, .bytes = { 10, 0, 0, 1 } }, b = a;
	hwo_device_rule_t rule = { .name = "eth0", .max_sas = 4 }, none = {};
	hwo_local_rule_t local = { .addr = a, .name = "eth1" };
	hwo_device_rules_t rules;

	hwo_device_rules_init(&rules);
	memset(&rule.allowed, 0, sizeof(rule.allowed));
	ck_assert(!hwo_device_rules_get(&rules, "eth0", &rule));
	ck_assert_mem_eq(&rule, &none, sizeof(rule));
	ck_assert(!hwo_device_rules_local(&rules, &a));

	strcpy(rule.name, "eth0");
	rule.max_sas = 4;
	array_insert(rules.devices, ARRAY_TAIL, &rule);
	strcpy(rule.name, "eth1");
	rule.max_sas = 6;
	array_insert(rules.devices, ARRAY_TAIL, &rule);
	array_insert(rules.locals, ARRAY_TAIL, &local);
	ck_assert(hwo_device_rules_get(&rules, "eth1", &rule));
	ck_assert_int_eq(rule.max_sas, 6);
	ck_assert(hwo_device_rules_get(&rules, "eth0", &rule));
	ck_assert_int_eq(rule.max_sas, 4);
	ck_assert(!hwo_device_rules_get(&rules, "eth", &rule));
	ck_assert_int_eq(rule.max_sas, 0);

	ck_assert_str_eq(hwo_device_rules_local(&rules, &a), "eth1");
	b.bytes[3]++;
	ck_assert(!hwo_device_rules_local(&rules, &b));
	b = a;
	b.family = AF_INET6;
	ck_assert(!hwo_device_rules_local(&rules, &b));
	hwo_device_rules_clear(&rules);
}
END_TEST

/** a time, what is later adds to it */
#define NOW 1000000

/**
 * A refusal.
 */
static hwo_result_t words(int err, const char *text)
{
	hwo_result_t result = { .err = err };

	snprintf(result.extack, sizeof(result.extack), "%s", text);
	return result;
}

START_TEST(test_history)
{
	hwo_offload_t packet = { HWO_MODE_PACKET, DEV }, none = {};
	hwo_result_t no = words(EINVAL, "no"), never = words(EINVAL, "never");
	hwo_result_t other = words(EBUSY, "no");
	hwo_link_t link = { .ifindex = DEV, .name = "eth0", .up = TRUE };
	device_history_t *history = hwo_device_history_create();
	hwo_learned_t learned;

	ck_assert(!history->get(history, DEV, &learned));
	history->observe(history, &link, HWO_FEATURE_ON);
	ck_assert(history->get(history, DEV, &learned));
	ck_assert_str_eq(learned.link.name, "eth0");
	ck_assert_int_eq(learned.feature, HWO_FEATURE_ON);
	ck_assert_int_eq(learned.refusal_count, 0);

	/* the same refusal is news only once, on each device */
	ck_assert(history->refused(history, DEV, FALSE, &no, NOW));
	ck_assert(!history->refused(history, DEV, FALSE, &no, NOW));
	ck_assert(history->refused(history, DEV, FALSE, &never, NOW));
	ck_assert(history->refused(history, DEV, FALSE, &other, NOW + 1));
	ck_assert(!history->refused(history, DEV, FALSE, &no, NOW + 2));
	ck_assert(history->refused(history, DEV + 1, FALSE, &no, NOW + 3));
	history->works(history, &packet, NOW);
	history->works(history, &packet, NOW + 4);
	history->works(history, &none, NOW);
	ck_assert(!history->get(history, 0, &learned));
	ck_assert(history->get(history, DEV, &learned));
	ck_assert_int_eq(learned.works[HWO_MODE_PACKET], NOW + 4);
	ck_assert_int_eq(learned.works[HWO_MODE_CRYPTO], 0);
	ck_assert_int_eq(learned.refusal_count, 3);
	ck_assert_int_eq(learned.refusals[0].last, NOW + 2);
	ck_assert_int_eq(learned.refusals[1].last, NOW);
	ck_assert_int_eq(learned.refusals[2].last, NOW + 1);
	ck_assert_str_eq(learned.refusals[1].result.extack, "never");

	/* nothing new */
	history->observe(history, &link, HWO_FEATURE_ON);
	ck_assert(!history->refused(history, DEV, FALSE, &no, NOW));
	history->destroy(history);
}
END_TEST

START_TEST(test_denied)
{
	device_history_t *history = hwo_device_history_create();
	hwo_refusal_t out, why = {
		.reason = HWO_REASON_POLICY_REFUSED,
		.result = words(ENOSPC, "no room"),
	};
	const time_t hour = HWO_DENIED_SECONDS, day = HWO_MAX_DENIED_SECONDS;
	time_t now = NOW, length;

	ck_assert(!history->is_denied(history, DEV, 1, now, &out));
	for (length = hour; now < NOW + 10 * day; length = min(length * 2, day))
	{
		ck_assert(history->deny_packet(history, DEV, 1, &why, now));
		/* the other policy is refused, too */
		ck_assert(!history->deny_packet(history, DEV, 1, &why, now + 1));
		ck_assert(history->is_denied(history, DEV, 1, now + length - 1, &out));
		ck_assert_int_eq(out.reason, HWO_REASON_POLICY_REFUSED);
		ck_assert_str_eq(out.result.extack, "no room");
		ck_assert(!history->is_denied(history, DEV, 2, now + 1, &out));
		ck_assert(!history->is_denied(history, DEV + 1, 1, now + 1, &out));
		now += length;
		ck_assert(!history->is_denied(history, DEV, 1, now, &out));
	}
	/* another device, where packets go now */
	ck_assert(history->deny_packet(history, DEV + 1, 1, &why, now));
	ck_assert(!history->is_denied(history, DEV, 1, now, &out));
	ck_assert(!history->is_denied(history, DEV + 1, 1, now + hour, &out));
	history->destroy(history);
}
END_TEST

START_TEST(test_busy)
{
	device_history_t *history = hwo_device_history_create();
	hwo_result_t busy = words(EBUSY, "in use"), no = words(EINVAL, "no");
	const time_t end = NOW + HWO_BUSY_SECONDS;

	ck_assert(!history->is_busy(history, DEV, &no, FALSE, NOW));
	ck_assert(history->is_busy(history, DEV, &busy, FALSE, NOW));
	/* that helped, it took it or has said something else */
	ck_assert(!history->is_busy(history, DEV, &no, TRUE, NOW));
	ck_assert(history->is_busy(history, DEV, &busy, FALSE, NOW));
	/* that did not */
	ck_assert(!history->is_busy(history, DEV, &busy, TRUE, NOW));
	ck_assert(!history->is_busy(history, DEV, &busy, FALSE, end - 1));
	ck_assert(history->is_busy(history, DEV + 1, &busy, FALSE, end - 1));
	ck_assert(history->is_busy(history, DEV, &busy, FALSE, end));
	history->destroy(history);
}
END_TEST

START_TEST(test_denied_no_reqid)
{
	device_history_t *history = hwo_device_history_create();
	hwo_refusal_t out, why = {
		.reason = HWO_REASON_POLICY_REFUSED,
	};

	ck_assert(history->deny_packet(history, DEV, 0, &why, NOW));
	ck_assert(!history->deny_packet(history, DEV, 0, &why, NOW + 1));
	ck_assert(history->is_denied(history, DEV, 0, NOW + 1, &out));
	history->destroy(history);
}
END_TEST

START_TEST(test_many_denied)
{
	device_history_t *history = hwo_device_history_create();
	hwo_refusal_t why = { .reason = HWO_REASON_POLICY_REFUSED }, out;
	uint32_t reqid;

	/* however many there are, none of them is rekeyed for ever */
	for (reqid = 1; reqid <= 1000; reqid++)
	{
		ck_assert(history->deny_packet(history, DEV, reqid, &why, NOW));
	}
	for (reqid = 1; reqid <= 1000; reqid++)
	{
		ck_assert(history->is_denied(history, DEV, reqid, NOW + 1, &out));
	}
	/* what is over is forgotten, not counted on */
	for (reqid = 2001; reqid <= 3000; reqid++)
	{
		ck_assert(history->deny_packet(history, DEV, reqid, &why,
									   NOW + 3 * HWO_DENIED_SECONDS));
	}
	ck_assert(history->deny_packet(history, DEV, 1, &why,
								   NOW + 3 * HWO_DENIED_SECONDS));
	ck_assert(!history->is_denied(history, DEV, 1,
								  NOW + 4 * HWO_DENIED_SECONDS, &out));
	history->forget(history, DEV);
	ck_assert(!history->is_denied(history, DEV, 3000,
								  NOW + 3 * HWO_DENIED_SECONDS, &out));
	history->destroy(history);
}
END_TEST

START_TEST(test_forget)
{
	hwo_link_t link = { .ifindex = DEV, .name = "eth0", .up = TRUE };
	device_history_t *history = hwo_device_history_create();
	hwo_offload_t packet = { HWO_MODE_PACKET, DEV };
	hwo_result_t no = words(EINVAL, "no");
	hwo_feature_t feature = HWO_FEATURE_ON;
	hwo_refusal_t why = { .reason = HWO_REASON_POLICY_REFUSED };
	hwo_learned_t learned;

	history->observe(history, &link, feature);
	history->deny_packet(history, DEV, 1, &why, NOW);
	history->works(history, &packet, NOW);
	history->refused(history, DEV, FALSE, &no, NOW);
	switch (_i)
	{
		case 0:
			link.up = FALSE;
			break;
		case 1:
			feature = HWO_FEATURE_OFF;
			break;
		case 2:
			link.master = 9;
			break;
		default:
			strcpy(link.name, "eth1");
			break;
	}
	history->observe(history, &link, feature);
	ck_assert(history->get(history, DEV, &learned));
	ck_assert(!learned.works[HWO_MODE_PACKET]);
	ck_assert_int_eq(learned.refusal_count, 0);
	ck_assert_int_eq(learned.feature, feature);
	ck_assert_mem_eq(&learned.link, &link, sizeof(link));
	ck_assert(history->refused(history, DEV, FALSE, &no, NOW));
	ck_assert(!history->is_denied(history, DEV, 1, NOW, &why));
	history->destroy(history);
}
END_TEST

START_TEST(test_forget_one)
{
	device_history_t *history = hwo_device_history_create();
	hwo_result_t no = words(EINVAL, "no");
	hwo_learned_t learned;

	history->refused(history, DEV, FALSE, &no, NOW);
	history->refused(history, DEV + 1, FALSE, &no, NOW);
	history->forget(history, DEV);
	ck_assert(!history->get(history, DEV, &learned));
	ck_assert(history->get(history, DEV + 1, &learned));
	ck_assert(history->refused(history, DEV, FALSE, &no, NOW));
	history->forget(history, 0);
	ck_assert(!history->get(history, DEV, &learned));
	ck_assert(!history->get(history, DEV + 1, &learned));
	history->destroy(history);
}
END_TEST

START_TEST(test_refused_what)
{
	device_history_t *history = hwo_device_history_create();
	hwo_result_t no = words(EINVAL, "no"), silent = words(0, "no");
	hwo_learned_t learned;

	/* the same words mean something else for a policy */
	ck_assert(history->refused(history, DEV, FALSE, &no, NOW));
	ck_assert(history->refused(history, DEV, TRUE, &no, NOW));
	ck_assert(history->refused(history, DEV, FALSE, &silent, NOW));
	ck_assert(!history->refused(history, DEV, TRUE, &no, NOW + 1));
	ck_assert(history->get(history, DEV, &learned));
	ck_assert_int_eq(learned.refusal_count, 3);
	ck_assert_int_eq(learned.refusals[0].reason, HWO_REASON_DRIVER_REFUSED);
	ck_assert_int_eq(learned.refusals[0].last, NOW);
	ck_assert_int_eq(learned.refusals[1].reason, HWO_REASON_POLICY_REFUSED);
	ck_assert_int_eq(learned.refusals[1].last, NOW + 1);
	ck_assert_int_eq(learned.refusals[2].reason, HWO_REASON_SILENT_SOFTWARE);
	history->destroy(history);
}
END_TEST

START_TEST(test_bounded)
{
	device_history_t *history = hwo_device_history_create();
	hwo_learned_t learned;
	hwo_result_t no = {};
	int i;

	for (i = 1; i <= HWO_MAX_REFUSALS + 1; i++)
	{
		no.err = i;
		ck_assert(history->refused(history, DEV, FALSE, &no, NOW));
	}
	ck_assert(history->get(history, DEV, &learned));
	ck_assert_int_eq(learned.refusal_count, HWO_MAX_REFUSALS);
	ck_assert_int_eq(learned.refusals[0].result.err, 2);
	ck_assert_int_eq(learned.refusals[HWO_MAX_REFUSALS - 1].result.err,
					 HWO_MAX_REFUSALS + 1);
	/* devices come and go, their indices are not used again */
	for (i = 1; i <= 1000; i++)
	{
		history->refused(history, DEV + i, FALSE, &no, NOW);
	}
	ck_assert(!history->get(history, DEV, &learned));
	ck_assert(history->get(history, DEV + 1000, &learned));
	history->destroy(history);
}
END_TEST

START_TEST(test_others)
{
	static const hwo_reason_t paths[] = {
		HWO_REASON_MULTIPATH, HWO_REASON_ROUTE_RULE, HWO_REASON_INNER_ROUTE,
	};
	hwo_sa_facts_t sa = {
		.proto = IPPROTO_ESP,
		.mode = MODE_TUNNEL,
		.esn = TRUE,
	};
	static const hw_offload_t requests[] = {
		HW_OFFLOAD_NO, HW_OFFLOAD_CRYPTO, HW_OFFLOAD_PACKET, HW_OFFLOAD_AUTO,
	};
	hwo_device_t device = { .ifindex = 7 };
	hwo_reason_t reason;
	hwo_plan_t plan;
	int i, path = 0;

	/* that packets leave by others is no obstacle to crypto mode, but told */
	device.others = HWO_REASON_MULTIPATH;
	device.denied[HWO_MODE_PACKET] = HWO_REASON_MULTIPATH;
	for (i = 0; i < countof(requests); i++)
	{
		hwo_plan_sa(requests[i], &sa, &device, &plan);
		ck_assert_int_eq(hwo_plan_has(&plan, HWO_MODE_CRYPTO),
						 requests[i] == HW_OFFLOAD_CRYPTO ||
						 requests[i] == HW_OFFLOAD_AUTO);
		ck_assert(!hwo_plan_has(&plan, HWO_MODE_PACKET));
		ck_assert_int_eq(plan.others, HWO_REASON_MULTIPATH);
	}
	for (reason = 0; reason <= HWO_REASON_NO_POLICIES; reason++)
	{
		path += hwo_reason_is_path(reason);
	}
	ck_assert_int_eq(path, countof(paths));
	for (i = 0; i < countof(paths); i++)
	{
		ck_assert(hwo_reason_is_path(paths[i]));
	}
}
END_TEST

TCase *device_tcase(void)
{
	TCase *tc;

	tc = tcase_create("device");
	tcase_add_checked_fixture(tc, model_setup, model_teardown);
	tcase_add_loop_test(tc, test_judge, 0, countof(judged));
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_rules);
	tcase_add_test(tc, test_history);
	tcase_add_test(tc, test_denied);
	tcase_add_test(tc, test_busy);
	tcase_add_test(tc, test_denied_no_reqid);
	tcase_add_test(tc, test_many_denied);
	tcase_add_loop_test(tc, test_forget, 0, 4);
	tcase_add_test(tc, test_forget_one);
	tcase_add_test(tc, test_refused_what);
	tcase_add_test(tc, test_bounded);
	tcase_add_test(tc, test_others);
	return tc;
}
