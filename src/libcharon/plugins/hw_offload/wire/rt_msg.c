/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Encodes and decodes route lookups.
 */

#include "rt_msg.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

const int hwo_rt_link_groups[] = {
	RTNLGRP_LINK,
	0
};

bool hwo_rt_encode_get_route(hwo_msg_t *msg, const hwo_flow_t *flow,
							 bool match)
{
	size_t len = hwo_addr_len(flow->dst.family);
	struct rtmsg *route;

	/* begun in any case, so that the caller always has a valid message */
	route = hwo_msg_begin(msg, RTM_GETROUTE, 0, sizeof(*route));
	if (!len || (flow->src.family && flow->src.family != flow->dst.family))
	{
		return FALSE;
	}
	/* with NETLINK_GET_STRICT_CHK the prefix lengths must cover whole
	 * addresses, and all other fields must be zero */
	route->rtm_family = flow->dst.family;
	route->rtm_dst_len = len * 8;
	route->rtm_flags = match ? RTM_F_FIB_MATCH : 0;
	hwo_msg_put(msg, RTA_DST, flow->dst.bytes, len);
	if (flow->src.family)
	{
		route->rtm_src_len = len * 8;
		hwo_msg_put(msg, RTA_SRC, flow->src.bytes, len);
	}
	if (flow->mark)
	{
		hwo_msg_put_u32(msg, RTA_MARK, flow->mark);
	}
	if (flow->link)
	{
		hwo_msg_put_u32(msg, RTA_OIF, flow->link);
	}
	return !msg->overflow;
}

/**
 * Copy an address, FALSE if its size does not fit the family.
 */
static bool copy_addr(uint16_t family, const void *bytes, size_t size,
					  hwo_addr_t *out)
{
	size_t len = hwo_addr_len(family);

	if (!len || size != len)
	{
		return FALSE;
	}
	out->family = family;
	memcpy(out->bytes, bytes, len);
	return TRUE;
}

/**
 * Read an attribute that is an address, if it is there.
 */
static bool get_addr(const struct nlattr *attr, uint16_t family,
					 hwo_addr_t *out)
{
	return !attr || copy_addr(family, mnl_attr_get_payload(attr),
							  mnl_attr_get_payload_len(attr), out);
}

/**
 * Read an attribute that is an address of any family (RTA_VIA), if it is there:
 * since Linux 5.2 the next hop of an IPv4 route may be one of IPv6.
 */
static bool get_via(const struct nlattr *attr, hwo_addr_t *out)
{
	const struct rtvia *via;

	if (!attr)
	{
		return TRUE;
	}
	via = mnl_attr_get_payload(attr);
	return copy_addr(via->rtvia_family, via->rtvia_addr,
					 mnl_attr_get_payload_len(attr) - sizeof(*via), out);
}

/**
 * Note the device of a next hop.
 */
static void add_device(hwo_route_t *route, uint32_t ifindex)
{
	route->spread |= route->ifindex && route->ifindex != ifindex;
	route->ifindex = route->ifindex ?: ifindex;
}

/**
 * Read the devices of several next hops, if they are there. Those that are down
 * count as well, as they may come back without an announcement of the route.
 */
static bool get_hops(const struct nlattr *attr, hwo_route_t *route)
{
	const struct rtnexthop *hop;
	size_t len;

	if (!attr)
	{
		return TRUE;
	}
	route->hops = TRUE;
	hop = mnl_attr_get_payload(attr);
	len = mnl_attr_get_payload_len(attr);
	while (len >= sizeof(*hop))
	{
		if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > len)
		{
			return FALSE;
		}
		add_device(route, hop->rtnh_ifindex);
		len -= min(len, (size_t)RTNH_ALIGN(hop->rtnh_len));
		hop = RTNH_NEXT(hop);
	}
	return len == 0;
}

/**
 * Read the devices of a route.
 */
static bool get_devices(const struct nlattr *oif, const struct nlattr *hops,
						const struct nlattr *nexthop, hwo_route_t *route)
{
	if (oif)
	{
		add_device(route, mnl_attr_get_u32(oif));
	}
	if (nexthop)
	{
		route->nexthop = mnl_attr_get_u32(nexthop);
	}
	return get_hops(hops, route);
}

bool hwo_rt_decode_route(const struct nlmsghdr *hdr, hwo_route_t *route)
{
	enum { OIF, GATEWAY, VIA, PREFSRC, HOPS, NEXTHOP, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[OIF] = { RTA_OIF, sizeof(uint32_t), TRUE },
		[GATEWAY] = { RTA_GATEWAY, sizeof(struct in_addr), FALSE },
		[VIA] = { RTA_VIA, sizeof(struct rtvia), FALSE },
		[PREFSRC] = { RTA_PREFSRC, sizeof(struct in_addr), FALSE },
		[HOPS] = { RTA_MULTIPATH, sizeof(struct rtnexthop), FALSE },
		[NEXTHOP] = { RTA_NH_ID, sizeof(uint32_t), TRUE },
	};
	const struct nlattr *attrs[COUNT];
	const struct rtmsg *msg;

	memset(route, 0, sizeof(*route));
	if (hdr->nlmsg_type != RTM_NEWROUTE ||
		!hwo_msg_parse(hdr, sizeof(*msg), policy, COUNT, attrs))
	{
		return FALSE;
	}
	msg = mnl_nlmsg_get_payload(hdr);
	if (!hwo_addr_len(msg->rtm_family) ||
		!get_addr(attrs[GATEWAY], msg->rtm_family, &route->gateway) ||
		!get_via(attrs[VIA], &route->gateway) ||
		!get_addr(attrs[PREFSRC], msg->rtm_family, &route->src))
	{
		return FALSE;
	}
	route->local = msg->rtm_type != RTN_UNICAST;
	switch (msg->rtm_type)
	{
		case RTN_BLACKHOLE:
		case RTN_UNREACHABLE:
		case RTN_PROHIBIT:
		case RTN_THROW:
			/* the device that IPv6 reports for these (lo) carries nothing */
			return TRUE;
		default:
			return get_devices(attrs[OIF], attrs[HOPS], attrs[NEXTHOP], route);
	}
}

void hwo_rt_encode_get_nexthop(hwo_msg_t *msg, uint32_t id)
{
	hwo_msg_begin(msg, RTM_GETNEXTHOP, 0, sizeof(struct nhmsg));
	hwo_msg_put_u32(msg, NHA_ID, id);
}

bool hwo_rt_decode_nexthop(const struct nlmsghdr *hdr, hwo_nexthop_t *nexthop)
{
	enum { OIF, GROUP, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[OIF] = { NHA_OIF, sizeof(uint32_t), TRUE },
		[GROUP] = { NHA_GROUP, sizeof(struct nexthop_grp), FALSE },
	};
	const struct nlattr *attrs[COUNT];
	const struct nexthop_grp *group;
	u_int i;

	memset(nexthop, 0, sizeof(*nexthop));
	if (hdr->nlmsg_type != RTM_NEWNEXTHOP ||
		!hwo_msg_parse(hdr, sizeof(struct nhmsg), policy, COUNT, attrs))
	{
		return FALSE;
	}
	if (attrs[OIF])
	{
		nexthop->ifindex = mnl_attr_get_u32(attrs[OIF]);
	}
	if (attrs[GROUP])
	{
		group = mnl_attr_get_payload(attrs[GROUP]);
		nexthop->count = mnl_attr_get_payload_len(attrs[GROUP]) /
						 sizeof(*group);
		for (i = 0; i < min(nexthop->count, HWO_MAX_NEXTHOPS); i++)
		{
			nexthop->group[i] = group[i].id;
		}
	}
	return TRUE;
}

void hwo_rt_encode_dump_links(hwo_msg_t *msg)
{
	hwo_msg_begin(msg, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	/* counters are most of what the kernel has to say about a link */
	hwo_msg_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

bool hwo_rt_decode_link(const struct nlmsghdr *hdr, hwo_link_change_t *link)
{
	const struct ifinfomsg *msg;

	memset(link, 0, sizeof(*link));
	if ((hdr->nlmsg_type != RTM_NEWLINK && hdr->nlmsg_type != RTM_DELLINK) ||
		mnl_nlmsg_get_payload_len(hdr) < sizeof(*msg))
	{
		return FALSE;
	}
	msg = mnl_nlmsg_get_payload(hdr);
	/* bridges announce their ports as if these were gone */
	if (msg->ifi_family != AF_UNSPEC)
	{
		return FALSE;
	}
	link->ifindex = msg->ifi_index;
	link->up = hdr->nlmsg_type == RTM_NEWLINK && (msg->ifi_flags & IFF_UP);
	return TRUE;
}
