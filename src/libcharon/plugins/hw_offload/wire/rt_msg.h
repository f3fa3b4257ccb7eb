/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_rt_msg rt_msg
 * @{ @ingroup hwo_wire
 *
 * What we ask rtnetlink: which devices carry packets from here to there
 * (linux/rtnetlink.h: RTM_GETROUTE, RTM_GETNEXTHOP), and which rules there are
 * (RTM_GETRULE). And what is announced about links (RTM_NEWLINK, RTM_DELLINK).
 */

#ifndef HWO_RT_MSG_H_
#define HWO_RT_MSG_H_

#include "nl_msg.h"

/**
 * Answer of the kernel.
 */
typedef struct hwo_route_t {
	/** output device, 0 if there is none (blackhole, unreachable) */
	uint32_t ifindex;
	/** TRUE if the destination is this host itself or the type is not
	 * unicast, the device says nothing about a NIC then. */
	bool local;
	/** next hop, family 0 if directly connected */
	hwo_addr_t gateway;
	/** preferred source address, family 0 if not given */
	hwo_addr_t src;
	/** TRUE if its next hops are on several devices, ifindex is one of them */
	bool spread;
	/** nexthop object that tells the devices, if they are not in the answer */
	uint32_t nexthop;
	/** TRUE if the answer lists its next hops, which are not in gateway */
	bool hops;
} hwo_route_t;

/**
 * Encode RTM_GETROUTE for one flow.
 *
 * @param msg		[out] request
 * @param flow		flow
 * @param match		TRUE to ask for the route as it is in the table, with all
 *					its next hops; FALSE for what becomes of a packet
 */
bool hwo_rt_encode_get_route(hwo_msg_t *msg, const hwo_flow_t *flow,
							 bool match);

/**
 * Decode RTM_NEWROUTE, the reply.
 *
 * @return			FALSE if it is malformed or of another type
 */
bool hwo_rt_decode_route(const struct nlmsghdr *hdr, hwo_route_t *route);

/** Nexthop objects of a group that we look at, most have two */
#define HWO_MAX_NEXTHOPS 32

/**
 * A nexthop object: either a device or a group of others.
 */
typedef struct hwo_nexthop_t {
	/** device, 0 for a group or a blackhole */
	uint32_t ifindex;
	/** IDs of the group */
	uint32_t group[HWO_MAX_NEXTHOPS];
	/** number of IDs, there may be more than there is space for */
	u_int count;
} hwo_nexthop_t;

/**
 * Encode RTM_GETNEXTHOP.
 */
void hwo_rt_encode_get_nexthop(hwo_msg_t *msg, uint32_t id);

/**
 * Decode RTM_NEWNEXTHOP, the reply.
 *
 * @return			FALSE if it is malformed or of another type
 */
bool hwo_rt_decode_nexthop(const struct nlmsghdr *hdr, hwo_nexthop_t *nexthop);

/**
 * Encode RTM_GETRULE, for a dump of all rules.
 */
void hwo_rt_encode_get_rules(hwo_msg_t *msg);

/**
 * Check if a message is an announcement about rules.
 */
bool hwo_rt_is_rule_change(const struct nlmsghdr *hdr);

/**
 * Decode RTM_NEWRULE, a reply.
 *
 * @return			FALSE if it is malformed or of another type
 */
bool hwo_rt_decode_rule(const struct nlmsghdr *hdr, hwo_rule_t *rule);

/**
 * Encode RTM_GETLINK for a dump of all links.
 */
void hwo_rt_encode_dump_links(hwo_msg_t *msg);

/**
 * What is announced about a link.
 */
typedef struct hwo_link_change_t {
	/** index */
	uint32_t ifindex;
	/** TRUE if it is there and administratively up */
	bool up;
} hwo_link_change_t;

/**
 * Decode RTM_NEWLINK and RTM_DELLINK, announcements or replies to a dump.
 *
 * @return			FALSE if it is malformed or of another type
 */
bool hwo_rt_decode_link(const struct nlmsghdr *hdr, hwo_link_change_t *link);

/**
 * Multicast groups of announcements about links, 0-terminated.
 */
extern const int hwo_rt_link_groups[];

#endif /** HWO_RT_MSG_H_ @}*/
