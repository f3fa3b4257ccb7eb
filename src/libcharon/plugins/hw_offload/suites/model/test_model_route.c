/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what route lookups are about, and of rules that defy them.
 */

#include "model_suites.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "../../model/plan/route_plan.h"

/**
 * Make an address, none of NULL.
 */
static hwo_addr_t addr(const char *str)
{
	hwo_addr_t addr = {};

	if (str)
	{
		addr.family = strchr(str, ':') ? AF_INET6 : AF_INET;
		ck_assert_int_eq(inet_pton(addr.family, str, addr.bytes), 1);
	}
	return addr;
}

/** rules, and whether they may lead packets elsewhere: those that were not
 * looked at, outer ones of ESP and UDP, and inner ones that are forwarded. */
static const struct {
	hwo_rule_t rule;
	char *src, *dst;
	bool any, esp, udp, forwarded;
} rules[] = {
	/* what lookups heed */
	{ { .family = AF_INET }, NULL, NULL },
	{ { .family = AF_INET, .mark = 5, .mask = 0xff }, NULL, NULL },
	{ { .family = AF_INET, .dst_prefix = 8 }, NULL, "10.0.0.0" },
	/* the source of forwarded packets cannot be asked for */
	{ { .family = AF_INET, .src_prefix = 8 }, "10.0.0.0", NULL,
	  FALSE, FALSE, FALSE, TRUE },
	{ { .family = AF_INET, .input = TRUE }, NULL, NULL,
	  FALSE, FALSE, FALSE, TRUE },
	/* what they do not heed */
	{ { .family = AF_INET, .proto = 50 }, NULL, NULL,
	  TRUE, TRUE, FALSE, TRUE },
	{ { .family = AF_INET, .proto = 17 }, NULL, NULL,
	  TRUE, FALSE, TRUE, TRUE },
	{ { .family = AF_INET, .ports = TRUE }, NULL, NULL,
	  TRUE, FALSE, TRUE, TRUE },
	{ { .family = AF_INET, .proto = 50, .ports = TRUE }, NULL, NULL,
	  TRUE, FALSE, FALSE, TRUE },
	{ { .family = AF_INET, .other = TRUE }, NULL, NULL,
	  TRUE, TRUE, TRUE, TRUE },
	/* other packets */
	{ { .family = AF_INET6, .proto = 50 }, NULL, NULL },
	{ { .family = AF_INET, .proto = 50, .dst_prefix = 17 }, NULL,
	  "10.2.128.0" },
	{ { .family = AF_INET, .proto = 50, .dst_prefix = 17 }, NULL,
	  "10.2.0.0", TRUE, TRUE, FALSE, TRUE },
	{ { .family = AF_INET, .proto = 50, .mark = 1, .mask = 1 }, NULL, NULL },
	{ { .family = AF_INET, .proto = 50, .mark = 2, .mask = 2 }, NULL, NULL,
	  TRUE, TRUE, FALSE, TRUE },
	{ { .family = AF_INET, .proto = 50, .src_prefix = 16 }, "10.9.0.0", NULL,
	  FALSE, FALSE, FALSE, TRUE },
	{ { .family = AF_INET, .proto = 50, .src_prefix = 16 }, "10.1.0.0", NULL,
	  TRUE, TRUE, FALSE, TRUE },
};

START_TEST(test_divert)
{
	hwo_rule_t rule = rules[_i].rule;
	hwo_flow_t flow = {
		.src = addr("10.1.0.1"),
		.dst = addr("10.2.3.4"),
		.mark = 2,
	};

	rule.src = addr(rules[_i].src);
	rule.dst = addr(rules[_i].dst);
	ck_assert_int_eq(hwo_rule_may_divert(&rule, &flow), rules[_i].any);
	flow.proto = IPPROTO_ESP;
	ck_assert_int_eq(hwo_rule_may_divert(&rule, &flow), rules[_i].esp);
	flow.proto = IPPROTO_UDP;
	ck_assert_int_eq(hwo_rule_may_divert(&rule, &flow), rules[_i].udp);
	flow.proto = 0;
	flow.forwarded = TRUE;
	flow.src = addr(NULL);
	ck_assert_int_eq(hwo_rule_may_divert(&rule, &flow), rules[_i].forwarded);
}
END_TEST

#define TRANSPORT	MODE_TRANSPORT
#define TUNNEL		MODE_TUNNEL

/** SAs, and which of their packets are asked about */
static const struct {
	bool inbound;
	ipsec_mode_t mode;
	bool encap;
	mark_t mark, set_mark;
	uint32_t expected;
	uint16_t proto;
} flows[] = {
	{ FALSE, TRANSPORT, FALSE, {}, {}, 0, 6 },
	{ FALSE, TRANSPORT, TRUE, {}, {}, 0, 6 },
	{ FALSE, TUNNEL, FALSE, {}, {}, 0, 50 },
	{ FALSE, TUNNEL, TRUE, {}, {}, 0, 17 },
	{ TRUE, TUNNEL, FALSE, {}, {}, 0, 50 },
	/* in transport mode the mark is that of the policy */
	{ FALSE, TRANSPORT, FALSE, { 5, 0xff }, { 7, 0xff }, 5, 6 },
	{ FALSE, TRANSPORT, FALSE, {}, { 7, 0xff }, 0, 6 },
	{ FALSE, TRANSPORT, FALSE, { 0xf5, 0xf }, {}, 5, 6 },
	/* in tunnel mode what the SA sets, and the rest of the packet's own */
	{ FALSE, TUNNEL, FALSE, { 5, 0xff }, {}, 0, 50 },
	{ FALSE, TUNNEL, FALSE, { 5, 0xff }, { 7, 0xffffffff }, 7, 50 },
	{ FALSE, TUNNEL, FALSE, { 5, 0xff }, { 0x70, 0xf0 }, 0x75, 50 },
	/* what is received gets that mark later */
	{ TRUE, TUNNEL, FALSE, {}, { 7, 0xff }, 0, 50 },
	{ TRUE, TRANSPORT, FALSE, { 5, 0xff }, {}, 5, 6 },
};

START_TEST(test_flow)
{
	hwo_sa_id_t id = {
		.src = addr(flows[_i].inbound ? "192.0.2.2" : "192.0.2.1"),
		.dst = addr(flows[_i].inbound ? "192.0.2.1" : "192.0.2.2"),
		.mark = flows[_i].mark,
	};
	hwo_sa_facts_t facts = {
		.proto = IPPROTO_ESP,
		.inbound = flows[_i].inbound,
		.mode = flows[_i].mode,
		.encap = flows[_i].encap,
		.set_mark = flows[_i].set_mark,
		.ts_proto = 6,
		/* these are not link-local */
		.link = 7,
	};
	hwo_addr_t local = addr("192.0.2.1"), remote = addr("192.0.2.2");
	hwo_flow_t flow;

	hwo_flow_of_sa(&id, &facts, &flow);
	ck_assert_mem_eq(&flow.src, &local, sizeof(local));
	ck_assert_mem_eq(&flow.dst, &remote, sizeof(remote));
	ck_assert_uint_eq(flow.mark, flows[_i].expected);
	ck_assert_uint_eq(flow.proto, flows[_i].proto);
	ck_assert_uint_eq(flow.link, 0);
	ck_assert(!flow.forwarded);
}
END_TEST

START_TEST(test_flow_link)
{
	hwo_sa_id_t id = {
		.src = addr("::"),
		.dst = addr("fe80::2"),
	};
	hwo_sa_facts_t facts = {
		.link = 7,
	};
	hwo_addr_t none = {};
	hwo_flow_t flow;

	hwo_flow_of_sa(&id, &facts, &flow);
	ck_assert_uint_eq(flow.link, 7);
	/* our address is not known */
	ck_assert_mem_eq(&flow.src, &none, sizeof(none));
}
END_TEST

/** networks of the peer, and the address in there that is asked about */
static const struct {
	char *net, *dst;
} inner[] = {
	{ "10.2.0.0", "10.2.0.0" },
	{ "0.0.0.0", "0.0.0.2" },
	{ "2001:db8::", "2001:db8::" },
	{ "::", "::2" },
};

START_TEST(test_inner)
{
	hwo_sa_id_t id = {
		.mark = { 0xf5, 0xf },
	};
	hwo_sa_facts_t facts = {
		.set_mark = { 7, 0xff },
		.ts_proto = 6,
		.remote = {
			.count = 2,
		},
	};
	hwo_addr_t dst = addr(inner[_i].dst), none = {};
	hwo_flow_t flow;

	facts.remote.net[1] = addr(inner[_i].net);
	hwo_flow_into_sa(&id, &facts, 1, &flow);
	ck_assert_mem_eq(&flow.dst, &dst, sizeof(dst));
	ck_assert_mem_eq(&flow.src, &none, sizeof(none));
	ck_assert_uint_eq(flow.mark, 5);
	ck_assert_uint_eq(flow.proto, 6);
	ck_assert(flow.forwarded);
}
END_TEST

TCase *route_tcase(void)
{
	TCase *tcase = tcase_create("route");

	tcase_add_loop_test(tcase, test_flow, 0, countof(flows));
	tcase_add_test(tcase, test_flow_link);
	tcase_add_loop_test(tcase, test_inner, 0, countof(inner));
	tcase_add_loop_test(tcase, test_divert, 0, countof(rules));
	return tcase;
}
