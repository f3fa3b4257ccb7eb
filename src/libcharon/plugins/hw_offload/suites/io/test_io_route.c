/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of route_lookup: the kernel is asked once per flow, and again as soon
 * as anything changed.
 */

#include "io_suites.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>

#include <threading/thread.h>

#include "../../io/route_lookup.h"

static fake_kernel_t *kernel;
static route_lookup_t *lookup;

/** transports of lookup, adopted by it */
static nl_transport_t *requests, *events;

static void setup(void)
{
	io_setup();
	kernel = fake_kernel_create(FAKE_LINUX_7_2);
	fake_kernel_add_route(kernel, "192.168.50.0/24", 3, NULL, "192.168.50.1",
						  0);
	fake_kernel_add_route(kernel, "0.0.0.0/0", 2, "10.0.0.254", "10.0.0.1", 0);
	fake_kernel_add_route(kernel, "0.0.0.0/0", 5, NULL, NULL, 42);
	fake_kernel_add_route(kernel, "203.0.113.0/24", 0, NULL, NULL, 0);
	fake_kernel_add_route(kernel, "fec5::/64", 4, "fe80::1", "fec5::1", 0);
	requests = fake_kernel_open(kernel, NETLINK_ROUTE, NULL);
	events = fake_kernel_open(kernel, NETLINK_ROUTE, route_lookup_groups);
	lookup = hwo_route_lookup_create(hwo_nl_exchange_create(requests), events);
}

static void teardown(void)
{
	lookup->destroy(lookup);
	fake_kernel_destroy(kernel);
	io_teardown();
}

/**
 * Number of questions since the last call.
 */
static int questions(void)
{
	int count;

	count = fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE);
	fake_kernel_reset_counts(kernel);
	return count;
}

/**
 * Make an address.
 */
static hwo_addr_t addr(const char *str)
{
	hwo_addr_t addr = {
		.family = strchr(str, ':') ? AF_INET6 : AF_INET,
	};

	ck_assert_int_eq(inet_pton(addr.family, str, addr.bytes), 1);
	return addr;
}

/**
 * Look up a device, 0 for an error.
 */
static uint32_t device(const char *dst, const char *src, uint32_t mark)
{
	hwo_flow_t flow = {
		.dst = addr(dst),
		.mark = mark,
	};
	hwo_route_t route;
	hwo_result_t result;

	if (src)
	{
		flow.src = addr(src);
	}
	lookup->get(lookup, &flow, &route, &result);
	return result.err ? 0 : route.ifindex;
}

START_TEST(test_answer)
{
	hwo_flow_t v4 = { .dst = addr("198.51.100.7") };
	hwo_flow_t v6 = { .dst = addr("fec5::2") };
	hwo_addr_t expected;
	hwo_route_t route;
	hwo_result_t result;
	int i;

	/* once from the kernel, once remembered */
	for (i = 0; i < 2; i++)
	{
		memset(&route, 0xff, sizeof(route));
		memset(&result, 0xff, sizeof(result));
		lookup->get(lookup, &v4, &route, &result);
		ck_assert_int_eq(result.err, 0);
		ck_assert_int_eq(result.extack[0], '\0');
		ck_assert_int_eq(route.ifindex, 2);
		ck_assert(!route.local);
		expected = addr("10.0.0.254");
		ck_assert_mem_eq(&route.gateway, &expected, sizeof(expected));
		expected = addr("10.0.0.1");
		ck_assert_mem_eq(&route.src, &expected, sizeof(expected));

		memset(&route, 0xff, sizeof(route));
		lookup->get(lookup, &v6, &route, &result);
		ck_assert_int_eq(result.err, 0);
		ck_assert_int_eq(route.ifindex, 4);
		expected = addr("fe80::1");
		ck_assert_mem_eq(&route.gateway, &expected, sizeof(expected));
	}
	ck_assert_int_eq(questions(), 2);
}
END_TEST

START_TEST(test_remembered)
{
	int i;

	for (i = 0; i < 100; i++)
	{
		ck_assert_int_eq(device("192.168.50.2", NULL, 0), 3);
	}
	ck_assert_int_eq(questions(), 1);

	/* other destinations, sources and marks are other flows */
	ck_assert_int_eq(device("192.168.50.3", NULL, 0), 3);
	ck_assert_int_eq(questions(), 1);
	ck_assert_int_eq(device("192.168.50.2", "192.168.50.1", 0), 3);
	ck_assert_int_eq(questions(), 1);
	ck_assert_int_eq(device("192.168.50.2", NULL, 42), 5);
	ck_assert_int_eq(questions(), 1);
	ck_assert_int_eq(device("fec5::2", NULL, 0), 4);
	ck_assert_int_eq(questions(), 1);

	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 3);
	ck_assert_int_eq(device("192.168.50.2", NULL, 42), 5);
	ck_assert_int_eq(questions(), 0);
}
END_TEST

START_TEST(test_changed)
{
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 3);
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 3);
	questions();
	fake_kernel_add_route(kernel, "192.168.50.2/32", 7, NULL, NULL, 0);
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 7);
	ck_assert_int_eq(questions(), 1);
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 7);
	ck_assert_int_eq(questions(), 0);

	fake_kernel_overrun(kernel, NETLINK_ROUTE);
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 7);
	ck_assert_int_eq(questions(), 1);
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 7);
	ck_assert_int_eq(questions(), 0);
}
END_TEST

START_TEST(test_groups)
{
	static const int groups[] = {
		RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP,
	};
	struct nlmsghdr event = {
		.nlmsg_type = RTM_NEWLINK,
		.nlmsg_len = sizeof(event),
	};

	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 3);
	device("192.168.50.2", NULL, 0);
	questions();
	fake_kernel_announce(kernel, NETLINK_ROUTE, groups[_i],
						 chunk_from_thing(event));
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 3);
	ck_assert_msg(questions() == 1, "group %d", groups[_i]);
}
END_TEST

/**
 * Look up a route, and check by which device it goes.
 */
static void assert_spread(const char *dst, uint32_t ifindex, bool spread)
{
	hwo_flow_t flow = { .dst = addr(dst) };
	hwo_route_t route;
	hwo_result_t result;

	lookup->get(lookup, &flow, &route, &result);
	ck_assert_int_eq(result.err, 0);
	ck_assert_uint_eq(route.ifindex, ifindex);
	ck_assert_int_eq(route.spread, spread);
}

START_TEST(test_spread)
{
	bool objects = _i;

	assert_spread("192.168.50.2", 3, FALSE);
	/* another next hop, by the same device */
	fake_kernel_add_hop(kernel, "192.168.50.2", 3, objects);
	assert_spread("192.168.50.2", 3, FALSE);
	questions();
	fake_kernel_add_hop(kernel, "192.168.50.2", 7, objects);
	assert_spread("192.168.50.2", 3, TRUE);
	/* for the table, and for a packet; and then it is known */
	ck_assert_int_eq(questions(), 2);
	assert_spread("192.168.50.2", 3, TRUE);
	ck_assert_int_eq(questions(), 0);
}
END_TEST

START_TEST(test_nexthop_lost)
{
	hwo_flow_t flow = { .dst = addr("192.168.50.2") };
	hwo_route_t route, none = {};
	hwo_result_t result;

	fake_kernel_add_hop(kernel, "192.168.50.2", 7, TRUE);
	fake_kernel_inject(kernel, NETLINK_ROUTE, RTM_GETNEXTHOP, _i + 1,
					   FAKE_FAULT_ERROR, ENOENT, NULL);
	lookup->get(lookup, &flow, &route, &result);
	ck_assert_int_eq(result.err, ENOENT);
	ck_assert_mem_eq(&route, &none, sizeof(route));
	assert_spread("192.168.50.2", 3, TRUE);
}
END_TEST

START_TEST(test_link_local)
{
	hwo_flow_t flow = { .dst = addr("fe80::2") };
	hwo_route_t route;
	hwo_result_t result;

	for (flow.link = 3; flow.link < 6; flow.link++)
	{
		lookup->get(lookup, &flow, &route, &result);
		ck_assert_int_eq(result.err, 0);
		ck_assert_uint_eq(route.ifindex, flow.link);
	}
}
END_TEST

static bool has_proto(const hwo_rule_t *rule, const hwo_flow_t *flow)
{
	return rule->family == flow->dst.family && rule->proto == flow->proto;
}

/**
 * Ask for a rule for a protocol, tell how often that took a dump.
 */
static int ask_rule(uint16_t proto, bool expected)
{
	hwo_flow_t flow = { .dst = addr("192.168.50.2"), .proto = proto };
	int count;

	ck_assert_int_eq(lookup->has_rule(lookup, has_proto, &flow), expected);
	count = fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETRULE);
	fake_kernel_reset_counts(kernel);
	return count;
}

START_TEST(test_rules)
{
	fake_kernel_add_rule(kernel, AF_INET6, 50, 0);
	fake_kernel_add_rule(kernel, RTNL_FAMILY_IPMR, 50, 0);
	/* loaded with the first question, and kept whatever else changes */
	ck_assert_int_eq(ask_rule(50, FALSE), 1);
	fake_kernel_add_route(kernel, "192.168.50.2/32", 7, NULL, NULL, 0);
	ck_assert_int_eq(ask_rule(50, FALSE), 0);
	fake_kernel_add_rule(kernel, AF_INET, 50, 0);
	ck_assert_int_eq(ask_rule(50, TRUE), 1);
	ck_assert_int_eq(ask_rule(17, FALSE), 0);
	fake_kernel_del_rules(kernel);
	ck_assert_int_eq(ask_rule(50, FALSE), 1);
	fake_kernel_overrun(kernel, NETLINK_ROUTE);
	ck_assert_int_eq(ask_rule(50, FALSE), 1);
}
END_TEST

START_TEST(test_rules_unknown)
{
	/* they are not known, so there may be one; and they are asked for again */
	fake_kernel_inject(kernel, NETLINK_ROUTE, RTM_GETRULE, 1,
					   FAKE_FAULT_ERROR, ENOMEM, NULL);
	ck_assert_int_eq(ask_rule(50, TRUE), 1);
	ck_assert_int_eq(ask_rule(50, FALSE), 1);
	/* this kernel has none at all */
	fake_kernel_overrun(kernel, NETLINK_ROUTE);
	fake_kernel_inject(kernel, NETLINK_ROUTE, RTM_GETRULE, 1,
					   FAKE_FAULT_ERROR, EOPNOTSUPP, NULL);
	ck_assert_int_eq(ask_rule(50, FALSE), 1);
	ck_assert_int_eq(ask_rule(50, FALSE), 0);
}
END_TEST

START_TEST(test_errors)
{
	int i;

	for (i = 0; i < 2; i++)
	{
		ck_assert_int_eq(device("203.0.113.1", NULL, 0), 0);
		ck_assert_int_eq(questions(), 1);
	}
	/* answers that are none */
	fake_kernel_inject(kernel, NETLINK_ROUTE, RTM_GETROUTE, 1,
					   FAKE_FAULT_SHORT, 4, NULL);
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 0);
	fake_kernel_inject(kernel, NETLINK_ROUTE, RTM_GETROUTE, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 0);
	questions();
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 3);
	ck_assert_int_eq(questions(), 1);
}
END_TEST

START_TEST(test_error_text)
{
	hwo_flow_t flow = { .dst = addr("203.0.113.1") };
	hwo_route_t route, none = {};
	hwo_result_t result;

	fake_kernel_inject(kernel, NETLINK_ROUTE, RTM_GETROUTE, 1,
					   FAKE_FAULT_ERROR, ENETUNREACH, "no route");
	memset(&route, 0xff, sizeof(route));
	lookup->get(lookup, &flow, &route, &result);
	ck_assert_int_eq(result.err, ENETUNREACH);
	ck_assert_str_eq(result.extack, "no route");
	ck_assert_mem_eq(&route, &none, sizeof(route));
}
END_TEST

/** more flows than are remembered */
#define MANY 4097

START_TEST(test_bounded)
{
	char dst[32];
	int i;

	for (i = 0; i < MANY; i++)
	{
		snprintf(dst, sizeof(dst), "192.168.%d.%d", i / 256, i % 256);
		ck_assert_int_ne(device(dst, NULL, 0), 0);
	}
	ck_assert_int_eq(questions(), MANY);
	/* the last one is remembered, the first one is not */
	ck_assert_int_ne(device(dst, NULL, 0), 0);
	ck_assert_int_eq(questions(), 0);
	ck_assert_int_ne(device("192.168.0.0", NULL, 0), 0);
	ck_assert_int_eq(questions(), 1);
}
END_TEST

/** replaced functions of the transports, and what they do besides */
static ssize_t (*real_request)(nl_transport_t*, void*, size_t, bool);
static ssize_t (*real_event)(nl_transport_t*, void*, size_t, bool);
static thread_t *other;
static int armed, drained;

/**
 * Tells when all events were read.
 */
static ssize_t receive_event(nl_transport_t *this, void *buf, size_t size,
							 bool wait)
{
	ssize_t len;

	len = real_event(this, buf, size, wait);
	if (len == -EAGAIN)
	{
		io_add(&drained, 1);
	}
	return len;
}

static void *ask_other(void *data)
{
	device("198.51.100.1", NULL, 0);
	return NULL;
}

/**
 * Lets a route change after the kernel answered but before we get the answer,
 * and another thread notice it.
 */
static ssize_t receive_reply(nl_transport_t *this, void *buf, size_t size,
							 bool wait)
{
	if (armed)
	{
		armed = FALSE;
		drained = 0;
		fake_kernel_add_route(kernel, "192.168.50.2/32", 9, NULL, NULL, 0);
		other = thread_create(ask_other, NULL);
		ck_assert(io_wait_for(&drained, 1));
	}
	return real_request(this, buf, size, wait);
}

START_TEST(test_changed_meanwhile)
{
	real_request = requests->receive;
	real_event = events->receive;
	requests->receive = receive_reply;
	events->receive = receive_event;

	ck_assert_int_eq(device("198.51.100.1", NULL, 0), 2);
	armed = TRUE;
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 3);
	other->join(other);
	/* the answer was right when it was given, but must not be remembered */
	ck_assert_int_eq(device("192.168.50.2", NULL, 0), 9);
}
END_TEST

/** threads asking while routes change, and their questions */
#define THREADS 4
#define LOOKUPS 500

static void *ask_often(void *data)
{
	intptr_t i, bad = 0;

	for (i = 0; i < LOOKUPS; i++)
	{
		bad += device("192.168.50.2", NULL, 0) == 0;
		bad += device("fec5::2", NULL, i % 7) != 4;
	}
	return (void*)bad;
}

START_TEST(test_threads)
{
	thread_t *threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(ask_often, NULL);
	}
	for (i = 1; i < LOOKUPS; i++)
	{
		fake_kernel_add_route(kernel, "192.168.50.2/32", i, NULL, NULL, 0);
		ck_assert_int_eq(device("192.168.50.2", NULL, 0), i);
	}
	for (i = 0; i < THREADS; i++)
	{
		ck_assert_ptr_eq(threads[i]->join(threads[i]), NULL);
	}
}
END_TEST

TCase *route_tcase(void)
{
	TCase *tcase = tcase_create("route");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_answer);
	tcase_add_test(tcase, test_remembered);
	tcase_add_test(tcase, test_changed);
	tcase_add_loop_test(tcase, test_groups, 0, 8);
	tcase_add_loop_test(tcase, test_spread, 0, 2);
	tcase_add_loop_test(tcase, test_nexthop_lost, 0, 3);
	tcase_add_test(tcase, test_link_local);
	tcase_add_test(tcase, test_rules);
	tcase_add_test(tcase, test_rules_unknown);
	tcase_add_test(tcase, test_errors);
	tcase_add_test(tcase, test_error_text);
	tcase_add_test(tcase, test_bounded);
	tcase_add_test(tcase, test_changed_meanwhile);
	tcase_add_test(tcase, test_threads);
	return tcase;
}
