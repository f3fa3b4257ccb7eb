/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of route lookups: what iproute2 asks, and what Linux answers.
 */

#include "wire_suites.h"

#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "../../wire/rt_msg.h"

#define HDR_LEN sizeof(struct rtmsg)

/**
 * Compare a lookup with a recorded one. iproute2 asks for the table, too.
 */
static void same(const char *name, const char *dst, const char *src,
				 uint32_t mark)
{
	hwo_flow_t flow = {
		.dst = wire_addr(dst),
		.mark = mark,
	};
	struct rtmsg *route;
	hwo_msg_t msg;

	if (src)
	{
		flow.src = wire_addr(src);
	}
	ck_assert(hwo_rt_encode_get_route(&msg, &flow, FALSE));
	route = (struct rtmsg*)(&msg.hdr + 1);
	ck_assert_uint_eq(route->rtm_flags, 0);
	if (route->rtm_family == AF_INET)
	{
		route->rtm_flags = RTM_F_LOOKUP_TABLE;
	}
	wire_same(&msg, name, HDR_LEN);
}

START_TEST(test_request)
{
	hwo_flow_t flow = {};
	hwo_msg_t msg;

	same("route4", "192.0.2.1", NULL, 0);
	same("route4_src_mark", "192.0.2.1", "192.168.50.1", 0x2a);
	same("route6_src", "2001:db8::1", "fec5::1", 0);

	ck_assert(!hwo_rt_encode_get_route(&msg, &flow, FALSE));
	flow.dst = wire_addr("192.0.2.1");
	flow.src = wire_addr("fec5::1");
	ck_assert(!hwo_rt_encode_get_route(&msg, &flow, FALSE));
}
END_TEST

START_TEST(test_request_match)
{
	hwo_flow_t v4 = { .dst = wire_addr("192.0.2.1") };
	hwo_flow_t v6 = { .dst = wire_addr("fe80::2"), .link = 9 };
	struct rtmsg *route;
	hwo_msg_t msg;

	/* what rules look at beyond that is not asked for */
	v4.proto = 50;
	v4.forwarded = TRUE;
	ck_assert(hwo_rt_encode_get_route(&msg, &v4, TRUE));
	route = (struct rtmsg*)(&msg.hdr + 1);
	ck_assert_uint_eq(route->rtm_flags, RTM_F_FIB_MATCH);
	/* iproute2 asks for the table, too */
	route->rtm_flags |= RTM_F_LOOKUP_TABLE;
	wire_same(&msg, "route4_match", HDR_LEN);
	ck_assert(hwo_rt_encode_get_route(&msg, &v6, TRUE));
	wire_same(&msg, "route6_match_oif", HDR_LEN);
}
END_TEST

static bool decode(const struct nlmsghdr *hdr)
{
	hwo_route_t route;

	return hwo_rt_decode_route(hdr, &route);
}

/**
 * Check an answer.
 */
static void check(const char *name, uint32_t ifindex, bool local,
				  const char *gateway, const char *src)
{
	struct nlmsghdr *hdr = wire_golden(name);
	hwo_addr_t addr;
	hwo_route_t route;

	ck_assert(hwo_rt_decode_route(hdr, &route));
	ck_assert_msg(route.ifindex == ifindex, "%s: %u", name, route.ifindex);
	ck_assert_msg(route.local == local, "%s", name);
	addr = gateway ? wire_addr(gateway) : (hwo_addr_t){};
	ck_assert_mem_eq(&route.gateway, &addr, sizeof(addr));
	addr = src ? wire_addr(src) : (hwo_addr_t){};
	ck_assert_mem_eq(&route.src, &addr, sizeof(addr));
	ck_assert(!route.spread);
	ck_assert_uint_eq(route.nexthop, 0);
	wire_abuse(hdr, HDR_LEN, 0, decode);
}

START_TEST(test_answer)
{
	check("route_gateway_1", 9, FALSE, "192.168.50.2", "192.168.50.1");
	check("route_direct_1", 9, FALSE, NULL, "192.168.50.1");
	check("route_via6_1", 9, FALSE, "fec5::3", "192.168.50.1");
	check("route_local_1", 1, TRUE, NULL, "192.168.50.1");
	check("route_gateway6_1", 9, FALSE, "fec5::2", "fec5::1");
}
END_TEST

/** routes as they are in the table, and by which devices they go */
static const struct {
	const char *name;
	uint32_t ifindex;
	bool local, spread;
	uint32_t nexthop;
} matches[] = {
	{ "match_single_1",		9,	FALSE,	FALSE,	0 },
	{ "match_spread_1",		9,	FALSE,	TRUE,	0 },
	{ "match_one_nic_1",	9,	FALSE,	FALSE,	0 },
	{ "match_spread6_1",	10,	FALSE,	TRUE,	0 },
	{ "match_local_1",		9,	TRUE,	FALSE,	0 },
	{ "match_group_1",		9,	FALSE,	TRUE,	3 },
	/* net.ipv4.nexthop_compat_mode is 0 */
	{ "match_nexthop_1",	0,	FALSE,	FALSE,	3 },
};

START_TEST(test_match)
{
	struct nlmsghdr *hdr = wire_golden(matches[_i].name);
	hwo_route_t route;

	ck_assert(hwo_rt_decode_route(hdr, &route));
	ck_assert_uint_eq(route.ifindex, matches[_i].ifindex);
	ck_assert_int_eq(route.local, matches[_i].local);
	ck_assert_int_eq(route.spread, matches[_i].spread);
	ck_assert_uint_eq(route.nexthop, matches[_i].nexthop);
	wire_abuse(hdr, HDR_LEN, 0, decode);
}
END_TEST

START_TEST(test_hop_sizes)
{
	struct rtnexthop hops[2] = {
		{ .rtnh_len = sizeof(hops[0]), .rtnh_ifindex = 9 },
		{ .rtnh_len = sizeof(hops[0]), .rtnh_ifindex = 10 },
	};
	struct nlmsghdr *hdr;
	size_t len;

	for (len = 0; len <= sizeof(hops); len++)
	{
		hdr = wire_append(wire_golden("route_direct_1"), RTA_MULTIPATH, hops,
						  len);
		ck_assert_msg(decode(hdr) == (len && len % sizeof(hops[0]) == 0),
					  "%zu bytes", len);
		free(hdr);
	}
	hops[1].rtnh_len++;
	hdr = wire_append(wire_golden("route_direct_1"), RTA_MULTIPATH, hops,
					  sizeof(hops));
	ck_assert(!decode(hdr));
	free(hdr);
	hops[1].rtnh_len = 0;
	hdr = wire_append(wire_golden("route_direct_1"), RTA_MULTIPATH, hops,
					  sizeof(hops));
	ck_assert(!decode(hdr));
	free(hdr);
}
END_TEST

static bool decode_nexthop(const struct nlmsghdr *hdr)
{
	hwo_nexthop_t nexthop;

	return hwo_rt_decode_nexthop(hdr, &nexthop);
}

/** nexthop objects: a device, or a group */
static const struct {
	const char *name;
	uint32_t ifindex;
	u_int count;
	uint32_t group[2];
} nexthops[] = {
	{ "nexthop_single_1",		10,	0,	{} },
	{ "nexthop_single6_1",		10,	0,	{} },
	{ "nexthop_group_1",		0,	2,	{ 1, 2 } },
	{ "nexthop_resilient_1",	0,	2,	{ 1, 2 } },
	{ "nexthop_blackhole_1",	0,	0,	{} },
};

START_TEST(test_nexthop)
{
	struct nlmsghdr *hdr = wire_golden(nexthops[_i].name);
	hwo_nexthop_t nexthop;

	ck_assert(hwo_rt_decode_nexthop(hdr, &nexthop));
	ck_assert_uint_eq(nexthop.ifindex, nexthops[_i].ifindex);
	ck_assert_uint_eq(nexthop.count, nexthops[_i].count);
	ck_assert_uint_eq(nexthop.group[0], nexthops[_i].group[0]);
	ck_assert_uint_eq(nexthop.group[1], nexthops[_i].group[1]);
	wire_abuse(hdr, sizeof(struct nhmsg), 0, decode_nexthop);
}
END_TEST

START_TEST(test_large_group)
{
	struct nexthop_grp group[HWO_MAX_NEXTHOPS + 2] = {};
	struct nlmsghdr *hdr;
	hwo_nexthop_t nexthop;

	group[HWO_MAX_NEXTHOPS - 1].id = 7;
	hdr = wire_append(wire_golden("nexthop_blackhole_1"), NHA_GROUP, group,
					  sizeof(group));
	ck_assert(hwo_rt_decode_nexthop(hdr, &nexthop));
	ck_assert_uint_eq(nexthop.count, HWO_MAX_NEXTHOPS + 2);
	ck_assert_uint_eq(nexthop.group[HWO_MAX_NEXTHOPS - 1], 7);
	free(hdr);
}
END_TEST

START_TEST(test_nexthop_request)
{
	size_t len;
	const uint8_t *id;
	uint32_t value;
	hwo_msg_t msg;

	hwo_rt_encode_get_nexthop(&msg, 7);
	ck_assert_uint_eq(msg.hdr.nlmsg_type, RTM_GETNEXTHOP);
	id = wire_attr(&msg.hdr, sizeof(struct nhmsg), NHA_ID, &len);
	ck_assert(id && len == sizeof(value));
	memcpy(&value, id, sizeof(value));
	ck_assert_uint_eq(value, 7);
	ck_assert_uint_eq(msg.hdr.nlmsg_len, NLMSG_LENGTH(sizeof(struct nhmsg)) +
					  NLA_HDRLEN + sizeof(value));
}
END_TEST

START_TEST(test_no_answer)
{
	static const struct {
		const char *name;
		int err;
	} refusals[] = {
		{ "route_blackhole_1", EINVAL },
		{ "route_unreachable6_1", EHOSTUNREACH },
	};
	struct nlmsghdr *hdr;
	hwo_result_t result;
	int i;

	for (i = 0; i < countof(refusals); i++)
	{
		hdr = wire_golden(refusals[i].name);
		ck_assert(!decode(hdr));
		ck_assert(hwo_msg_result(hdr, &result));
		ck_assert_int_eq(result.err, refusals[i].err);
		free(hdr);
	}
}
END_TEST

START_TEST(test_types)
{
	static const struct {
		uint8_t type;
		uint32_t ifindex;
		bool local;
	} types[] = {
		{ RTN_UNICAST, 9, FALSE },
		{ RTN_LOCAL, 9, TRUE },
		{ RTN_BROADCAST, 9, TRUE },
		{ RTN_MULTICAST, 9, TRUE },
		{ RTN_BLACKHOLE, 0, TRUE },
		{ RTN_UNREACHABLE, 0, TRUE },
		{ RTN_PROHIBIT, 0, TRUE },
		{ RTN_THROW, 0, TRUE },
	};
	struct nlmsghdr *hdr = wire_golden("route_gateway6_1");
	hwo_route_t route;
	int i;

	for (i = 0; i < countof(types); i++)
	{
		((struct rtmsg*)(hdr + 1))->rtm_type = types[i].type;
		ck_assert(hwo_rt_decode_route(hdr, &route));
		ck_assert_uint_eq(route.ifindex, types[i].ifindex);
		ck_assert_int_eq(route.local, types[i].local);
	}
	((struct rtmsg*)(hdr + 1))->rtm_family = AF_UNSPEC;
	ck_assert(!decode(hdr));
	hdr->nlmsg_type = RTM_DELROUTE;
	((struct rtmsg*)(hdr + 1))->rtm_family = AF_INET6;
	ck_assert(!decode(hdr));
	free(hdr);
}
END_TEST

START_TEST(test_sizes)
{
	static const struct {
		const char *name;
		uint16_t type;
		size_t size;
	} exact[] = {
		{ "route_gateway_1", RTA_OIF, 4 },
		{ "route_gateway_1", RTA_GATEWAY, 4 },
		{ "route_gateway_1", RTA_PREFSRC, 4 },
		{ "route_gateway6_1", RTA_GATEWAY, 16 },
		{ "route_gateway6_1", RTA_PREFSRC, 16 },
		{ "route_via6_1", RTA_VIA, 18 },
	};
	struct nlmsghdr *hdr;
	int i, add;

	for (i = 0; i < countof(exact); i++)
	{
		for (add = -1; add <= 1; add++)
		{
			hdr = wire_resize(wire_golden(exact[i].name), HDR_LEN,
							  exact[i].type, exact[i].size + add);
			ck_assert_msg(decode(hdr) == (add == 0), "%s: %d with %zu",
						  exact[i].name, exact[i].type, exact[i].size + add);
			free(hdr);
		}
	}
	/* an address of the other family, and a gateway without any */
	hdr = wire_resize(wire_golden("route_gateway6_1"), HDR_LEN, RTA_GATEWAY, 4);
	ck_assert(!decode(hdr));
	free(hdr);
	for (i = 0; i < 3; i++)
	{
		hdr = wire_append(wire_golden("route_direct_1"), RTA_VIA, "\x0a\0", i);
		ck_assert(!decode(hdr));
		free(hdr);
	}
}
END_TEST

/**
 * Announcements about a link, and what they mean.
 */
static const struct {
	uint16_t type;
	uint8_t family;
	uint32_t flags;
	bool accepted, up;
} links[] = {
	{ RTM_NEWLINK, AF_UNSPEC, IFF_UP | IFF_RUNNING, TRUE, TRUE },
	/* no carrier is no reason for the kernel to drop anything */
	{ RTM_NEWLINK, AF_UNSPEC, IFF_UP, TRUE, TRUE },
	{ RTM_NEWLINK, AF_UNSPEC, IFF_RUNNING, TRUE, FALSE },
	{ RTM_DELLINK, AF_UNSPEC, IFF_UP, TRUE, FALSE },
	/* a bridge is about to lose a port, which stays */
	{ RTM_DELLINK, AF_BRIDGE, IFF_UP, FALSE, FALSE },
	{ RTM_NEWLINK, AF_INET6, IFF_UP, FALSE, FALSE },
	{ RTM_NEWADDR, AF_UNSPEC, IFF_UP, FALSE, FALSE },
};

START_TEST(test_link)
{
	struct {
		struct nlmsghdr hdr;
		struct ifinfomsg info;
	} msg = {
		.hdr = {
			.nlmsg_len = sizeof(msg),
			.nlmsg_type = links[_i].type,
		},
		.info = {
			.ifi_family = links[_i].family,
			.ifi_index = 7,
			.ifi_flags = links[_i].flags,
		},
	};
	hwo_link_change_t link;

	ck_assert_int_eq(hwo_rt_decode_link(&msg.hdr, &link), links[_i].accepted);
	if (links[_i].accepted)
	{
		ck_assert_uint_eq(link.ifindex, 7);
		ck_assert_int_eq(link.up, links[_i].up);
		msg.hdr.nlmsg_len--;
		ck_assert(!hwo_rt_decode_link(&msg.hdr, &link));
	}
}
END_TEST

TCase *rt_tcase(void)
{
	TCase *tcase = tcase_create("route");

	tcase_add_test(tcase, test_request);
	tcase_add_test(tcase, test_request_match);
	tcase_add_test(tcase, test_answer);
	tcase_add_loop_test(tcase, test_match, 0, countof(matches));
	tcase_add_test(tcase, test_hop_sizes);
	tcase_add_loop_test(tcase, test_nexthop, 0, countof(nexthops));
	tcase_add_test(tcase, test_large_group);
	tcase_add_test(tcase, test_nexthop_request);
	tcase_add_test(tcase, test_no_answer);
	tcase_add_test(tcase, test_types);
	tcase_add_test(tcase, test_sizes);
	tcase_add_loop_test(tcase, test_link, 0, countof(links));
	return tcase;
}
