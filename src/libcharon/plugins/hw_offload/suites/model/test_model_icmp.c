/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what blocks ICMP errors.
 */

#include "model_suites.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "../../model/plan/icmp_errors.h"

static const struct {
	policy_dir_t dir;
	uint16_t family;
	uint8_t src_prefix, dst_prefix, proto;
	int count;
} rows[] = {
	{ POLICY_OUT,	AF_INET,	32,		32,		IPPROTO_UDP,	4 },
	{ POLICY_OUT,	AF_INET,	32,		32,		IPPROTO_TCP,	4 },
	{ POLICY_OUT,	AF_INET,	32,		32,		IPPROTO_GRE,	4 },
	{ POLICY_OUT,	AF_INET6,	128,	128,	IPPROTO_UDP,	2 },
	{ POLICY_IN,	AF_INET,	32,		32,		IPPROTO_UDP,	0 },
	/* these protect ICMP, or some of it by choice */
	{ POLICY_OUT,	AF_INET,	32,		32,		0,				0 },
	{ POLICY_OUT,	AF_INET,	32,		32,		IPPROTO_ICMP,	0 },
	{ POLICY_OUT,	AF_INET6,	128,	128,	IPPROTO_ICMPV6,	0 },
	{ POLICY_OUT,	AF_INET,	32,		24,		IPPROTO_UDP,	0 },
	{ POLICY_OUT,	AF_INET6,	32,		32,		IPPROTO_UDP,	0 },
};

/**
 * Check if one of some SPs matches an error.
 */
static bool matches(const hwo_sp_t *sps, int count, uint16_t type,
					uint16_t code)
{
	const hwo_selector_t *sel;
	int i;

	for (i = 0; i < count; i++)
	{
		sel = &sps[i].id.sel;
		if (!((sel->src_port ^ type) & sel->src_port_mask) &&
			!((sel->dst_port ^ code) & sel->dst_port_mask))
		{
			return TRUE;
		}
	}
	return FALSE;
}

START_TEST(test_sps)
{
	hwo_sp_t sps[HWO_ICMP_ERROR_SPS];
	hwo_sp_id_t id = {
		.dir = rows[_i].dir,
		.mark = { .value = 1, .mask = 1 },
		.if_id = 2,
		.sel = {
			.family = rows[_i].family,
			.proto = rows[_i].proto,
			.src_prefix = rows[_i].src_prefix,
			.dst_prefix = rows[_i].dst_prefix,
			.src = { 1 },
			.dst = { 2 },
			.dst_port = 4789,
			.dst_port_mask = 0xffff,
		},
	};
	int i, count;

	count = hwo_icmp_error_sps(&id, sps);
	ck_assert_int_eq(count, rows[_i].count);
	for (i = 0; i < count; i++)
	{
		ck_assert(sps[i].block);
		ck_assert_int_eq(sps[i].id.sel.src[0], 1);
		ck_assert_int_eq(sps[i].id.sel.dst[0], 2);
		ck_assert_int_ne(sps[i].id.sel.dst_port, 4789);
		ck_assert_int_eq(sps[i].id.if_id, 0);
		ck_assert_int_eq(sps[i].id.mark.mask, 0);
	}
}
END_TEST

START_TEST(test_types)
{
	hwo_sp_t sps[HWO_ICMP_ERROR_SPS];
	hwo_sp_id_t id = {
		.dir = POLICY_OUT,
		.sel = {
			.family = AF_INET,
			.proto = IPPROTO_UDP,
			.src_prefix = 32,
			.dst_prefix = 32,
		},
	};
	uint16_t type, code;
	int count;

	count = hwo_icmp_error_sps(&id, sps);
	for (type = 0; type < 256; type++)
	{
		for (code = 0; code < 16; code++)
		{	/* fragmentation needed gets through, with those after it */
			ck_assert_int_eq(matches(sps, count, type, code),
							 (type == ICMP_DEST_UNREACH &&
							  (code < ICMP_FRAG_NEEDED || code >= 8)) ||
							 type == ICMP_SOURCE_QUENCH ||
							 type == ICMP_TIME_EXCEEDED ||
							 type == ICMP_PARAMETERPROB);
		}
	}
	id.sel.family = AF_INET6;
	id.sel.src_prefix = id.sel.dst_prefix = 128;
	count = hwo_icmp_error_sps(&id, sps);
	for (type = 0; type < 256; type++)
	{
		ck_assert_int_eq(matches(sps, count, type, 0),
						 type == ICMP6_DST_UNREACH ||
						 type == ICMP6_TIME_EXCEEDED ||
						 type == ICMP6_PARAM_PROB);
	}
}
END_TEST

TCase *icmp_tcase(void)
{
	TCase *tc = tcase_create("icmp");

	tcase_add_checked_fixture(tc, model_setup, model_teardown);
	tcase_add_loop_test(tc, test_sps, 0, countof(rows));
	tcase_add_test(tc, test_types);
	return tc;
}
