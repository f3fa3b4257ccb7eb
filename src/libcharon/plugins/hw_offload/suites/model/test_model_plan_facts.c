/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what facts about SAs rule out, whatever the configured mode.
 */

#include "model_plan.h"

/**
 * Further facts that keep an SA out of a mode: the SA, why the device denies
 * packet and crypto, then why they are no steps.
 */
#define ESP_SA .proto = IPPROTO_ESP, .mode = MODE_TUNNEL, .esn = TRUE
#define IF_ID_SA ESP_SA, .if_id = 5
#define VLAN	HWO_REASON_VLAN_DEVICE
#define MIXED	HWO_REASON_MIXED_FAMILIES
#define ANY	HWO_REASON_ANY_ANY
#define SHUNT	HWO_REASON_SHUNT
#define MARK	HWO_REASON_MARK
#define IPCOMP	HWO_REASON_IPCOMP
#define IF_ID	HWO_REASON_IF_ID
#define PER_CPU	HWO_REASON_PER_CPU
#define BOND	HWO_REASON_BOND_PACKET

static const struct {
	hwo_sa_facts_t sa;
	hwo_reason_t deny_packet, deny_crypto, packet, crypto;
} refused[] = {
	{ { ESP_SA },							OK, OK,		OK, OK },
	{ { ESP_SA, .ipcomp = TRUE },			OK, OK,		IPCOMP, IPCOMP },
	{ { ESP_SA, .ipcomp = TRUE },			VLAN, VLAN,	IPCOMP, IPCOMP },
	{ { ESP_SA, .mixed_families = TRUE },	OK, OK,		MIXED, OK },
	{ { ESP_SA, .mixed_families = TRUE },	BOND, OK,	MIXED, OK },
	{ { ESP_SA, .mixed_families = TRUE },	VLAN, VLAN,	MIXED, VLAN },
	{ { ESP_SA, .shapes = HWO_SHAPE_ANY_ANY },	OK, OK,	ANY, OK },
	{ { ESP_SA, .shapes = HWO_SHAPE_ANY_ANY },	BOND, OK,	ANY, OK },
	{ { ESP_SA, .marked = TRUE },			OK, OK,		MARK, OK },
	{ { ESP_SA, .marked = TRUE },			BOND, OK,	MARK, OK },
	/* a newer kernel does not help */
	{ { ESP_SA, .marked = TRUE, .may_leak = TRUE },
											OK, OK,		MARK, OK },
	{ { ESP_SA, .set_mark = { 5, 0xff } },	OK, OK,		OK, OK },
	{ { ESP_SA, .inbound = TRUE, .set_mark = { 5, 0xff } },
											OK, OK,		MARK, MARK },
	{ { ESP_SA, .inbound = TRUE, .set_mark = { 5, 0xff } },
											VLAN, VLAN,	MARK, MARK },
	{ { ESP_SA, .shunted = TRUE },			OK, OK,		SHUNT, OK },
	{ { ESP_SA, .shunted = TRUE },			BOND, OK,	SHUNT, OK },
	{ { ESP_SA },							VLAN, VLAN,	VLAN, VLAN },
	{ { ESP_SA },							BOND, OK,	BOND, OK },
	{ { ESP_SA },							OK, VLAN,	OK, VLAN },
	{ { ESP_SA, .encap = TRUE },			BOND, OK,	BOND, UDP },
	{ { ESP_SA, .encap = TRUE },			BOND, VLAN,	BOND, VLAN },
	{ { ESP_SA, .esn_per_cpu = TRUE },		OK, OK,		OK, PER_CPU },
	{ { ESP_SA, .esn_per_cpu = TRUE },		BOND, VLAN,	BOND, VLAN },
	/* the kernel looks at if_id only on the way in, and only newer ones do */
	{ { IF_ID_SA, .inbound = TRUE },		OK, OK,		OK, OK },
	{ { IF_ID_SA, .if_id_in_software = TRUE },	OK, OK,	OK, OK },
	{ { ESP_SA, .inbound = TRUE, .if_id_in_software = TRUE },
											OK, OK,		OK, OK },
	{ { IF_ID_SA, .inbound = TRUE, .if_id_in_software = TRUE },
											OK, OK,		IF_ID, IF_ID },
	{ { IF_ID_SA, .inbound = TRUE, .if_id_in_software = TRUE },
											VLAN, VLAN,	IF_ID, IF_ID },
};

START_TEST(test_refused)
{
	hwo_reason_t packet = refused[_i].packet, crypto = refused[_i].crypto;
	hwo_device_t device = {
		.ifindex = DEV,
		.denied = {
			[HWO_MODE_PACKET] = refused[_i].deny_packet,
			[HWO_MODE_CRYPTO] = refused[_i].deny_crypto,
		},
	};
	hwo_plan_t plan;
	char buf[64], steps[64];

	hwo_plan_sa(PACKET, &refused[_i].sa, &device, &plan);
	ck_assert_str_eq(plan_describe(&plan, buf), packet ? "" : "packet");
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], packet);
	hwo_plan_sa(CRYPTO, &refused[_i].sa, &device, &plan);
	ck_assert_str_eq(plan_describe(&plan, buf), crypto ? "" : "crypto");
	ck_assert_int_eq(plan.skipped[HWO_MODE_CRYPTO], crypto);

	hwo_plan_sa(AUTO, &refused[_i].sa, &device, &plan);
	snprintf(steps, sizeof(steps), "%s%snone", packet ? "" : "packet ",
			 crypto ? "" : "crypto ");
	ck_assert_str_eq(plan_describe(&plan, buf), steps);
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], packet);
	ck_assert_int_eq(plan.skipped[HWO_MODE_CRYPTO], crypto);
	ck_assert(hwo_plan_has(&plan, HWO_MODE_PACKET) == !packet);
	ck_assert(hwo_plan_has(&plan, HWO_MODE_CRYPTO) == !crypto);
	ck_assert(hwo_plan_has(&plan, HWO_MODE_NONE));

	hwo_plan_sp(AUTO, POLICY_OUT, NULL, &device, &plan);
	ck_assert(hwo_plan_has(&plan, HWO_MODE_PACKET) ==
			  !refused[_i].deny_packet);
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], refused[_i].deny_packet);
}
END_TEST

START_TEST(test_no_policies)
{
	const hwo_device_t device = { .ifindex = DEV };
	const hwo_sa_facts_t sa = { ESP_SA, .no_policies = TRUE };
	hwo_plan_t plan;
	char buf[64];

	hwo_plan_sa(AUTO, &sa, &device, &plan);
	ck_assert_str_eq(plan_describe(&plan, buf), "crypto none");
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], HWO_REASON_NO_POLICIES);
	/* somebody else may install them */
	hwo_plan_sa(PACKET, &sa, &device, &plan);
	ck_assert_str_eq(plan_describe(&plan, buf), "packet");
}
END_TEST

TCase *plan_facts_tcase(void)
{
	TCase *tcase = tcase_create("plan_facts");

	tcase_add_checked_fixture(tcase, model_setup, model_teardown);
	tcase_add_loop_test(tcase, test_refused, 0, countof(refused));
	tcase_add_test(tcase, test_no_policies);
	return tcase;
}
