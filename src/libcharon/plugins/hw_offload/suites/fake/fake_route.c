/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Routes of the fake kernel.
 */

#include "fake_private.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

/**
 * Compare the first bits of two addresses.
 */
static bool prefix_equals(const uint8_t *a, const uint8_t *b, uint8_t bits)
{
	uint8_t mask = 0xff << (8 - bits % 8);

	return memeq(a, b, bits / 8) &&
		   (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

/**
 * Find the route with the longest prefix, those for a mark come first.
 */
static fake_route_t *find_route(fake_kernel_t *this, uint16_t family,
								const void *dst, uint32_t mark)
{
	fake_route_t *route, *best = NULL;
	enumerator_t *enumerator;

	enumerator = this->routes->create_enumerator(this->routes);
	while (enumerator->enumerate(enumerator, &route))
	{
		if (route->family == family &&
			(!route->mark || route->mark == mark) &&
			prefix_equals(route->net, dst, route->prefix) &&
			(!best || (route->mark && !best->mark) ||
			 (!route->mark == !best->mark && route->prefix > best->prefix)))
		{
			best = route;
		}
	}
	enumerator->destroy(enumerator);
	return best;
}

uint32_t fake_route_device(fake_kernel_t *this, uint16_t family,
						   const void *dst, uint32_t mark)
{
	fake_route_t *route;

	route = find_route(this, family, dst, mark);
	return route ? route->ifindex : 0;
}

/**
 * Check a request as strictly as NETLINK_GET_STRICT_CHK demands.
 */
static int check_request(fake_request_t *request)
{
	const struct rtmsg *rtm = request->body;
	uint8_t bits = rtm->rtm_family == AF_INET ? 32 : 128;

	if (rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6)
	{
		return EOPNOTSUPP;
	}
	if (rtm->rtm_table || rtm->rtm_protocol || rtm->rtm_scope ||
		rtm->rtm_type || (rtm->rtm_flags & ~(RTM_F_LOOKUP_TABLE |
											 RTM_F_FIB_MATCH)))
	{
		request->text = "Invalid values in header for route get request";
		return EINVAL;
	}
	if (!request->tb[RTA_DST] || rtm->rtm_dst_len != bits ||
		fake_attr_len(request->tb[RTA_DST]) != bits / 8 ||
		(request->tb[RTA_SRC] != NULL) != (rtm->rtm_src_len != 0) ||
		(rtm->rtm_src_len && rtm->rtm_src_len != bits) ||
		(request->tb[RTA_SRC] &&
		 fake_attr_len(request->tb[RTA_SRC]) != bits / 8))
	{
		request->text = "rtm_src_len and rtm_dst_len must be full";
		return EINVAL;
	}
	if (request->tb[RTA_OIF] && fake_attr_len(request->tb[RTA_OIF]) != 4)
	{
		return ERANGE;
	}
	if (request->tb[RTA_MARK] && fake_attr_len(request->tb[RTA_MARK]) != 4)
	{
		return ERANGE;
	}
	return 0;
}

/**
 * Check if an address means something on a link only (fe80::/10).
 */
static bool is_link_local(uint16_t family, const uint8_t *addr)
{
	return family == AF_INET6 && addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

/**
 * Find the route that a request asks for. Each device has one for link-local
 * addresses.
 */
static fake_route_t *ask_route(fake_request_t *request, fake_route_t *on_link)
{
	const struct rtmsg *rtm = request->body;
	const struct nlattr **tb = request->tb;
	const void *dst = fake_attr_data(tb[RTA_DST]);

	if (is_link_local(rtm->rtm_family, dst) && tb[RTA_OIF])
	{
		*on_link = (fake_route_t){
			.ifindex = fake_attr_u32(tb[RTA_OIF], 0),
		};
		return on_link;
	}
	return find_route(request->kernel, rtm->rtm_family, dst,
					  fake_attr_u32(tb[RTA_MARK], 0));
}

/**
 * Add the devices of a route as they are in the table.
 */
static void add_hops(chunk_t *msg, fake_route_t *route)
{
	struct rtnexthop hops[8] = {};
	uint32_t group = FAKE_NEXTHOP_GROUP;
	int i, count = array_count(route->hops);

	if (route->nexthop)
	{
		fake_msg_attr(msg, RTA_NH_ID, &group, sizeof(group));
		return;
	}
	for (i = 0; i <= count; i++)
	{
		hops[i].rtnh_len = sizeof(hops[i]);
		hops[i].rtnh_ifindex = route->ifindex;
		if (i < count)
		{
			array_get(route->hops, i, &hops[i].rtnh_ifindex);
		}
	}
	fake_msg_attr(msg, RTA_MULTIPATH, hops, (count + 1) * sizeof(hops[0]));
}

/**
 * Add the only next hop of a route.
 */
static void add_gateway(chunk_t *msg, fake_route_t *route, size_t len)
{
	fake_msg_attr(msg, RTA_OIF, &route->ifindex, sizeof(route->ifindex));
	if (route->has_gateway)
	{
		fake_msg_attr(msg, RTA_GATEWAY, route->gateway, len);
	}
}

size_t fake_route_body(uint16_t type)
{
	switch (type)
	{
		case RTM_GETROUTE:
			return sizeof(struct rtmsg);
		case RTM_GETNEXTHOP:
			return sizeof(struct nhmsg);
		case RTM_GETRULE:
			return sizeof(struct fib_rule_hdr);
		case RTM_GETLINK:
			return sizeof(struct ifinfomsg);
		default:
			return 0;
	}
}

/**
 * Answer a route lookup.
 */
static int get_route(fake_request_t *request)
{
	struct rtmsg rtm = *(const struct rtmsg*)request->body;
	const struct nlattr **tb = request->tb;
	fake_route_t *route, on_link;
	bool match = rtm.rtm_flags & RTM_F_FIB_MATCH;
	chunk_t msg;
	uint32_t table = RT_TABLE_MAIN;
	size_t len;
	int err;

	err = check_request(request);
	if (err)
	{
		return err;
	}
	route = ask_route(request, &on_link);
	if (!route)
	{
		return ENETUNREACH;
	}
	if (!route->ifindex)
	{
		return EHOSTUNREACH;
	}
	len = fake_attr_len(tb[RTA_DST]);
	rtm.rtm_table = table;
	rtm.rtm_type = RTN_UNICAST;
	rtm.rtm_flags = RTM_F_CLONED;
	msg = fake_msg_begin(RTM_NEWROUTE, 0, request->hdr->nlmsg_seq, &rtm,
						 sizeof(rtm));
	fake_msg_attr(&msg, RTA_TABLE, &table, sizeof(table));
	fake_msg_attr(&msg, RTA_DST, fake_attr_data(tb[RTA_DST]), len);
	if (route->has_src)
	{
		fake_msg_attr(&msg, RTA_PREFSRC, route->src, len);
	}
	if (match && (array_count(route->hops) || route->nexthop))
	{
		add_hops(&msg, route);
	}
	else
	{
		add_gateway(&msg, route, len);
	}
	fake_answer(request, msg);
	return 0;
}

int fake_route_execute(fake_request_t *request)
{
	switch (request->hdr->nlmsg_type)
	{
		case RTM_GETNEXTHOP:
			return fake_nexthop_execute(request);
		case RTM_GETLINK:
			return fake_link_execute(request);
		case RTM_GETRULE:
			return fake_rule_execute(request);
		default:
			return get_route(request);
	}
}

void fake_route_destroy(fake_route_t *route)
{
	array_destroy(route->hops);
	free(route);
}

/**
 * Announce a route.
 */
static void announce(fake_kernel_t *this, fake_route_t *route)
{
	struct rtmsg rtm = {
		.rtm_family = route->family,
		.rtm_dst_len = route->prefix,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_type = RTN_UNICAST,
	};
	bool v4 = route->family == AF_INET;
	chunk_t msg;

	msg = fake_msg_begin(RTM_NEWROUTE, 0, 0, &rtm, sizeof(rtm));
	fake_msg_attr(&msg, RTA_DST, route->net, v4 ? 4 : 16);
	fake_announce(this, NETLINK_ROUTE,
				  v4 ? RTNLGRP_IPV4_ROUTE : RTNLGRP_IPV6_ROUTE, msg);
	chunk_free(&msg);
}

void fake_kernel_add_route(fake_kernel_t *this, const char *net,
						   uint32_t ifindex, const char *gateway,
						   const char *src, uint32_t mark)
{
	fake_route_t *route, *other;
	enumerator_t *enumerator;
	uint16_t family;
	uint8_t bits;

	INIT(route,
		.ifindex = ifindex,
		.mark = mark,
	);
	if (!fake_parse_net(net, &route->family, route->net, &route->prefix))
	{
		abort();
	}
	route->has_gateway = gateway &&
					fake_parse_net(gateway, &family, route->gateway, &bits);
	route->has_src = src && fake_parse_net(src, &family, route->src, &bits);

	this->mutex->lock(this->mutex);
	enumerator = this->routes->create_enumerator(this->routes);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (other->family == route->family && other->mark == mark &&
			other->prefix == route->prefix && memeq(other->net, route->net, 16))
		{
			this->routes->remove_at(this->routes, enumerator);
			fake_route_destroy(other);
		}
	}
	enumerator->destroy(enumerator);
	this->routes->insert_last(this->routes, route);
	announce(this, route);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_add_hop(fake_kernel_t *this, const char *net,
						 uint32_t ifindex, bool nexthop)
{
	fake_route_t *route;
	uint8_t addr[16] = {}, bits;
	uint16_t family;

	if (!fake_parse_net(net, &family, addr, &bits))
	{
		abort();
	}
	this->mutex->lock(this->mutex);
	route = find_route(this, family, addr, 0);
	route->nexthop = nexthop;
	array_insert_create_value(&route->hops, sizeof(ifindex), ARRAY_TAIL,
							  &ifindex);
	announce(this, route);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_silent_route(fake_kernel_t *this, const char *net,
							  uint32_t ifindex)
{
	uint8_t addr[16] = {}, bits;
	uint16_t family;

	if (!fake_parse_net(net, &family, addr, &bits))
	{
		abort();
	}
	this->mutex->lock(this->mutex);
	find_route(this, family, addr, 0)->ifindex = ifindex;
	this->mutex->unlock(this->mutex);
}
