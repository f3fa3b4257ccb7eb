/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what the real kernel answers to requests to rtnetlink.
 */

#include "io_suites.h"

#include <errno.h>
#include <linux/rtnetlink.h>

#include "../../io/nl_exchange.h"
#include "../../wire/rt_msg.h"

static bool decode_route(void *data, const struct nlmsghdr *hdr)
{
	return hwo_rt_decode_route(hdr, data);
}

static bool count_rules(void *data, const struct nlmsghdr *hdr)
{
	hwo_rule_t rule;

	*(int*)data += 1;
	return hwo_rt_decode_rule(hdr, &rule);
}

static bool decode_nexthop(void *data, const struct nlmsghdr *hdr)
{
	return hwo_rt_decode_nexthop(hdr, data);
}

/**
 * Ask for rules and for a nexthop object, as strict checks demand it.
 */
static void ask_policy_routing(nl_exchange_t *exchange)
{
	hwo_nexthop_t nexthop;
	hwo_result_t result;
	hwo_msg_t msg;
	int count = 0;

	hwo_rt_encode_get_rules(&msg);
	exchange->dump(exchange, &msg, count_rules, &count, &result);
	ck_assert_msg(result.err == 0, "%s", result.extack);
	/* those for the tables local, main and default */
	ck_assert_int_ge(count, 3);
	hwo_rt_encode_get_nexthop(&msg, 4711);
	exchange->query(exchange, &msg, decode_nexthop, &nexthop, &result);
	ck_assert_msg(result.err == ENOENT, "%s", result.extack);
}

/**
 * Count links, and those that are up.
 */
static bool count_link(void *data, const struct nlmsghdr *hdr)
{
	hwo_link_change_t link;
	int *links = data;

	if (!hwo_rt_decode_link(hdr, &link))
	{
		return FALSE;
	}
	links[link.up]++;
	return TRUE;
}

START_TEST(test_kernel_answers)
{
	int links[2] = {}, err = 0;
	nl_transport_t *transport;
	hwo_flow_t flow = { .dst = { AF_INET, { 127, 0, 0, 1 } } };
	hwo_route_t route = {};
	nl_exchange_t *exchange;
	hwo_result_t result;
	struct rtmsg *rtm;
	hwo_msg_t msg;

	if (!io_enter_netns("kernel's answers"))
	{
		return;
	}
	ck_assert_int_eq(io_set_link(1, TRUE, NULL, 0), 0);
	transport = hwo_nl_transport_create(NETLINK_ROUTE, NULL, 0, TEST_DEADLINE,
										&err);
	ck_assert_msg(transport, "%s", strerror(err));
	exchange = hwo_nl_exchange_create(transport);
	hwo_rt_encode_dump_links(&msg);
	exchange->dump(exchange, &msg, count_link, links, &result);
	ck_assert_msg(result.err == 0, "%s", result.extack);
	/* there may be tunnels that are down */
	ck_assert_int_eq(links[TRUE], 1);

	ck_assert(hwo_rt_encode_get_route(&msg, &flow, _i));
	exchange->query(exchange, &msg, decode_route, &route, &result);
	ck_assert_msg(result.err == 0, "%s", result.extack);
	ck_assert_int_eq(route.ifindex, 1);
	ck_assert(route.local);

	flow.dst.bytes[0] = 192;
	ck_assert(hwo_rt_encode_get_route(&msg, &flow, _i));
	exchange->query(exchange, &msg, decode_route, &route, &result);
	ck_assert_int_eq(result.err, ENETUNREACH);

	/* strict checks are on, and their words arrive */
	ck_assert(hwo_rt_encode_get_route(&msg, &flow, _i));
	rtm = NLMSG_DATA(&msg.hdr);
	rtm->rtm_protocol = RTPROT_STATIC;
	exchange->query(exchange, &msg, decode_route, &route, &result);
	ck_assert_int_eq(result.err, EINVAL);
	ck_assert_str_ne(result.extack, "");
	ask_policy_routing(exchange);
	exchange->destroy(exchange);
}
END_TEST

TCase *answers_tcase(void)
{
	TCase *tcase = tcase_create("answers");

	tcase_add_checked_fixture(tcase, io_setup, io_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_kernel_answers, 0, 2);
	return tcase;
}
