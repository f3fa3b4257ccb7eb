/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of rules of policy routing: what iproute2 asks, and what Linux answers.
 */

#include "wire_suites.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "../../wire/rt_msg.h"
#include "../../wire/uapi.h"

#define HDR_LEN sizeof(struct fib_rule_hdr)

static bool decode(const struct nlmsghdr *hdr)
{
	hwo_rule_t rule;

	return hwo_rt_decode_rule(hdr, &rule);
}

START_TEST(test_request)
{
	struct fib_rule_hdr *rule;
	hwo_msg_t msg;

	hwo_rt_encode_get_rules(&msg);
	/* those of all families, by a dump */
	rule = (struct fib_rule_hdr*)(&msg.hdr + 1);
	ck_assert_uint_eq(rule->family, AF_UNSPEC);
	rule->family = AF_INET;
	msg.hdr.nlmsg_flags |= NLM_F_DUMP;
	wire_same(&msg, "rules", HDR_LEN);
}
END_TEST

/** recorded rules */
static const struct {
	const char *name;
	hwo_rule_t rule;
	char *src, *dst;
} rules[] = {
	{ "rules_1", { .family = AF_INET } },
	{ "rules_2", { .family = AF_INET, .proto = 50 } },
	{ "rules_3", { .family = AF_INET, .proto = 17, .ports = TRUE, .mark = 5,
				   .mask = 0xff, .src_prefix = 24, .dst_prefix = 8 },
	  "192.168.50.0", "10.0.0.0" },
	{ "rules_4", { .family = AF_INET, .input = TRUE, .other = TRUE } },
	/* packets of sockets that are bound to a device leave by that anyway */
	{ "rules_5", { .family = AF_INET } },
	{ "rules6_2", { .family = AF_INET6, .src_prefix = 64 }, "fec5::" },
};

START_TEST(test_rule)
{
	struct nlmsghdr *hdr = wire_golden(rules[_i].name);
	hwo_rule_t rule, expected = rules[_i].rule;

	if (rules[_i].src)
	{
		expected.src = wire_addr(rules[_i].src);
	}
	if (rules[_i].dst)
	{
		expected.dst = wire_addr(rules[_i].dst);
	}
	memset(&rule, 0xff, sizeof(rule));
	ck_assert(hwo_rt_decode_rule(hdr, &rule));
	ck_assert_uint_eq(rule.family, expected.family);
	ck_assert_mem_eq(&rule.src, &expected.src, sizeof(rule.src));
	ck_assert_mem_eq(&rule.dst, &expected.dst, sizeof(rule.dst));
	ck_assert_uint_eq(rule.src_prefix, expected.src_prefix);
	ck_assert_uint_eq(rule.dst_prefix, expected.dst_prefix);
	ck_assert_uint_eq(rule.mark, expected.mark);
	ck_assert_uint_eq(rule.mask, expected.mask);
	ck_assert_uint_eq(rule.proto, expected.proto);
	ck_assert_int_eq(rule.ports, expected.ports);
	ck_assert_int_eq(rule.input, expected.input);
	ck_assert_int_eq(rule.other, expected.other);
	wire_abuse(hdr, HDR_LEN, 0, decode);
}
END_TEST

/** what else rules look at */
static const struct {
	uint16_t type;
	struct fib_rule_uid_range range;
	size_t len;
	bool other;
} attributes[] = {
	{ HWO_FRA_DSCP,			{ 10, 0 },				1, TRUE },
	{ HWO_FRA_FLOWLABEL,	{ 10, 0 },				4, TRUE },
	{ FRA_TUN_ID,			{ 0, 10 },				8, TRUE },
	{ FRA_UID_RANGE,		{ 0, 1000 },			8, TRUE },
	{ FRA_UID_RANGE,		{ 1000, UINT32_MAX },	8, TRUE },
	/* that is for everybody */
	{ FRA_UID_RANGE,		{ 0, 0xfffffffd },		8, FALSE },
	{ FRA_UID_RANGE,		{ 0, UINT32_MAX },		8, FALSE },
	/* they change what is found, not for whom */
	{ FRA_SUPPRESS_PREFIXLEN,	{ 0, 0 },			4, FALSE },
	{ FRA_L3MDEV,			{ 1, 0 },				1, FALSE },
};

START_TEST(test_attributes)
{
	struct nlmsghdr *hdr;
	hwo_rule_t rule;

	hdr = wire_append(wire_golden("rules_6"), attributes[_i].type,
					  &attributes[_i].range, attributes[_i].len);
	ck_assert(hwo_rt_decode_rule(hdr, &rule));
	ck_assert_int_eq(rule.other, attributes[_i].other);
	ck_assert(!rule.ports && !rule.input && !rule.proto);
	free(hdr);
}
END_TEST

START_TEST(test_mark)
{
	uint32_t mark = 5;
	struct nlmsghdr *hdr;
	hwo_rule_t rule;

	/* without a mask it is all of the mark */
	hdr = wire_append(wire_golden("rules_6"), FRA_FWMARK, &mark, 4);
	ck_assert(hwo_rt_decode_rule(hdr, &rule));
	ck_assert_uint_eq(rule.mark, 5);
	ck_assert_uint_eq(rule.mask, UINT32_MAX);
	free(hdr);
}
END_TEST

START_TEST(test_families)
{
	struct nlmsghdr *hdr = wire_golden("rules_3");
	hwo_rule_t rule;

	/* an address of the other family */
	((struct fib_rule_hdr*)(hdr + 1))->family = AF_INET6;
	ck_assert(!decode(hdr));
	/* rules for multicast routing are of no interest, whatever they have */
	((struct fib_rule_hdr*)(hdr + 1))->family = RTNL_FAMILY_IPMR;
	ck_assert(hwo_rt_decode_rule(hdr, &rule));
	ck_assert_uint_eq(rule.family, RTNL_FAMILY_IPMR);
	ck_assert(!rule.proto && !rule.ports);
	((struct fib_rule_hdr*)(hdr + 1))->family = AF_INET;
	((struct fib_rule_hdr*)(hdr + 1))->dst_len = 33;
	ck_assert(!decode(hdr));
	free(hdr);
}
END_TEST

START_TEST(test_change)
{
	struct nlmsghdr hdr = {};

	for (hdr.nlmsg_type = 0; hdr.nlmsg_type < 200; hdr.nlmsg_type++)
	{
		ck_assert_int_eq(hwo_rt_is_rule_change(&hdr),
						 hdr.nlmsg_type == RTM_NEWRULE ||
						 hdr.nlmsg_type == RTM_DELRULE);
	}
}
END_TEST

TCase *rule_tcase(void)
{
	TCase *tcase = tcase_create("rule");

	tcase_add_test(tcase, test_request);
	tcase_add_loop_test(tcase, test_rule, 0, countof(rules));
	tcase_add_loop_test(tcase, test_attributes, 0, countof(attributes));
	tcase_add_test(tcase, test_mark);
	tcase_add_test(tcase, test_families);
	tcase_add_test(tcase, test_change);
	return tcase;
}
