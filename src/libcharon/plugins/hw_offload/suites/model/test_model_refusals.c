/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of sa_refusals: what is news about SAs that were refused.
 */

#include "model_suites.h"

#include <netinet/in.h>

#include "../../model/state/sa_refusals.h"

static sa_refusals_t *sas;

static void setup(void)
{
	model_setup();
	sas = hwo_sa_refusals_create();
}

static void teardown(void)
{
	sas->destroy(sas);
	model_teardown();
}

/**
 * An SA of a CHILD_SA with a peer.
 */
static hwo_sa_t get_sa(bool inbound, uint32_t reqid, uint8_t peer)
{
	hwo_addr_t us = { AF_INET, { 192, 168, 50, 1 } };
	hwo_addr_t them = { AF_INET, { 192, 168, 50, peer } };
	hwo_sa_t sa = {
		.id = {
			.src = inbound ? them : us,
			.dst = inbound ? us : them,
		},
		.reqid = reqid,
		.facts.inbound = inbound,
	};

	return sa;
}

START_TEST(test_sa)
{
	hwo_sa_t in = get_sa(TRUE, 7, 2), out = get_sa(FALSE, 7, 2);
	hwo_sa_t other = get_sa(FALSE, 8, 2), elsewhere = get_sa(FALSE, 7, 3);

	/* alone */
	ck_assert(sas->note(sas, &out));
	/* both, once; again, for whatever comes next */
	ck_assert(sas->note(sas, &in));
	ck_assert(sas->note(sas, &other));
	ck_assert(sas->note(sas, &elsewhere));
	ck_assert(!sas->note(sas, &out));
	ck_assert(sas->note(sas, &out));
	ck_assert(sas->note(sas, &in));
	ck_assert(sas->note(sas, &in));
	ck_assert(!sas->note(sas, &out));
}
END_TEST

START_TEST(test_sa_full)
{
	hwo_sa_t in, out;
	uint32_t reqid;

	for (reqid = 1; reqid <= HWO_SA_REFUSALS + 1; reqid++)
	{
		in = get_sa(TRUE, reqid, 2);
		ck_assert(sas->note(sas, &in));
	}
	/* the first one is forgotten, the second one is not */
	out = get_sa(FALSE, 1, 2);
	ck_assert(sas->note(sas, &out));
	out = get_sa(FALSE, 2, 2);
	ck_assert(!sas->note(sas, &out));
}
END_TEST

TCase *refusals_tcase(void)
{
	TCase *tcase = tcase_create("refusals");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_sa);
	tcase_add_test(tcase, test_sa_full);
	return tcase;
}
