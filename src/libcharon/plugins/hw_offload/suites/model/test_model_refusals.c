/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of sp_refusals and sa_refusals: what is news about SPs and SAs that were
 * refused.
 */

#include "model_suites.h"

#include <netinet/in.h>

#include "../../model/state/sa_refusals.h"
#include "../../model/state/sp_refusals.h"

static sp_refusals_t *refusals;
static sa_refusals_t *sas;

static void setup(void)
{
	model_setup();
	refusals = hwo_sp_refusals_create();
	sas = hwo_sa_refusals_create();
}

static void teardown(void)
{
	refusals->destroy(refusals);
	sas->destroy(sas);
	model_teardown();
}

/**
 * A user of an SP: of a CHILD_SA with an SPI, or of a trap or shunt without.
 */
static hwo_sp_request_t get_user(uint32_t spi, uint32_t reqid, policy_dir_t dir)
{
	hwo_sp_request_t user = {
		.sp = {
			.id = {
				.dir = dir,
				.label = chunk_from_str("label"),
			},
		},
		.sa = {
			.dst = { AF_INET, { 192, 168, 50, 2 } },
			.spi = htonl(spi),
			.proto = IPPROTO_ESP,
		},
		.reqid = reqid,
	};

	return user;
}

/**
 * The record of its SA, with the other one of the CHILD_SA.
 */
static hwo_sa_record_t get_record(const hwo_sp_request_t *user,
								  uint32_t partner)
{
	hwo_sa_record_t record = {
		.id = user->sa,
		.partner = user->sa,
	};

	record.partner.spi = htonl(partner);
	return record;
}

START_TEST(test_child)
{
	hwo_sp_request_t out = get_user(1, 7, POLICY_OUT);
	hwo_sp_request_t in = get_user(2, 7, POLICY_IN);
	hwo_sp_request_t fwd = get_user(2, 7, POLICY_FWD);
	hwo_sa_record_t sa_out = get_record(&out, 2), sa_in = get_record(&in, 1);

	ck_assert(refusals->note(refusals, &out, &sa_out));
	ck_assert(!refusals->note(refusals, &in, &sa_in));
	ck_assert(!refusals->note(refusals, &fwd, &sa_in));
	/* again */
	ck_assert(refusals->note(refusals, &out, &sa_out));
	ck_assert(!refusals->note(refusals, &in, &sa_in));
	/* rekeyed, with the same reqid */
	out.sa.spi = in.sa.spi = htonl(3);
	sa_out = get_record(&out, 4);
	ck_assert(refusals->note(refusals, &in, &sa_out));
	ck_assert(!refusals->note(refusals, &out, &sa_out));
}
END_TEST

START_TEST(test_no_record)
{
	hwo_sp_request_t out = get_user(1, 7, POLICY_OUT);
	hwo_sp_request_t in = get_user(2, 7, POLICY_IN);

	/* nobody knows that these belong together */
	ck_assert(refusals->note(refusals, &out, NULL));
	ck_assert(refusals->note(refusals, &in, NULL));
	in.sa.spi = htonl(1);
	ck_assert(!refusals->note(refusals, &in, NULL));
}
END_TEST

START_TEST(test_trap)
{
	hwo_sp_request_t out = get_user(0, 7, POLICY_OUT);
	hwo_sp_request_t in = get_user(0, 7, POLICY_IN);
	hwo_sp_request_t other = get_user(0, 8, POLICY_OUT);
	hwo_sp_request_t child = get_user(1, 7, POLICY_OUT);

	ck_assert(refusals->note(refusals, &out, NULL));
	ck_assert(!refusals->note(refusals, &in, NULL));
	ck_assert(refusals->note(refusals, &other, NULL));
	ck_assert(refusals->note(refusals, &child, NULL));
	ck_assert(refusals->note(refusals, &out, NULL));
	ck_assert(!refusals->note(refusals, &in, NULL));
}
END_TEST

START_TEST(test_shunt)
{
	hwo_sp_request_t out = get_user(0, 0, POLICY_OUT);
	hwo_sp_request_t in = get_user(0, 0, POLICY_IN);

	ck_assert(refusals->note(refusals, &out, NULL));
	ck_assert(refusals->note(refusals, &in, NULL));
}
END_TEST

START_TEST(test_full)
{
	hwo_sp_request_t out, in;
	uint32_t reqid;

	for (reqid = 1; reqid <= HWO_SP_REFUSALS + 1; reqid++)
	{
		out = get_user(0, reqid, POLICY_OUT);
		ck_assert(refusals->note(refusals, &out, NULL));
	}
	/* the first one is forgotten, the second one is not */
	in = get_user(0, 2, POLICY_IN);
	ck_assert(!refusals->note(refusals, &in, NULL));
	in = get_user(0, 1, POLICY_IN);
	ck_assert(refusals->note(refusals, &in, NULL));
}
END_TEST

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
	tcase_add_test(tcase, test_child);
	tcase_add_test(tcase, test_no_record);
	tcase_add_test(tcase, test_trap);
	tcase_add_test(tcase, test_shunt);
	tcase_add_test(tcase, test_full);
	tcase_add_test(tcase, test_sa);
	tcase_add_test(tcase, test_sa_full);
	return tcase;
}
