/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_rt_msg rt_msg
 * @{ @ingroup hwo_wire
 *
 * The one rtnetlink question we ask ourselves: which device carries packets
 * from here to there (linux/rtnetlink.h: RTM_GETROUTE)? And what is announced
 * about links (RTM_NEWLINK, RTM_DELLINK).
 */

#ifndef HWO_RT_MSG_H_
#define HWO_RT_MSG_H_

#include "nl_msg.h"

/**
 * A flow to look up.
 */
typedef struct hwo_flow_t {
	/** destination, mandatory */
	hwo_addr_t dst;
	/** source, family 0 if not known */
	hwo_addr_t src;
	/** firewall mark for policy routing, 0 for none */
	uint32_t mark;
} hwo_flow_t;

/**
 * Answer of the kernel.
 */
typedef struct hwo_route_t {
	/** output device, 0 if there is none (blackhole, unreachable) */
	uint32_t ifindex;
	/** TRUE if the destination is this host itself or the type is not
	 * unicast, the device says nothing about a NIC then */
	bool local;
	/** next hop, family 0 if directly connected */
	hwo_addr_t gateway;
	/** preferred source address, family 0 if not given */
	hwo_addr_t src;
} hwo_route_t;

/**
 * Encode RTM_GETROUTE for one flow.
 */
bool hwo_rt_encode_get_route(hwo_msg_t *msg, const hwo_flow_t *flow);

/**
 * Decode RTM_NEWROUTE, the reply.
 *
 * @return			FALSE if it is malformed or of another type
 */
bool hwo_rt_decode_route(const struct nlmsghdr *hdr, hwo_route_t *route);

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
 * Decode RTM_NEWLINK and RTM_DELLINK, announcements.
 *
 * @return			FALSE if it is malformed or of another type
 */
bool hwo_rt_decode_link(const struct nlmsghdr *hdr, hwo_link_change_t *link);

/**
 * Multicast groups of announcements about links, 0-terminated.
 */
extern const int hwo_rt_link_groups[];

#endif /** HWO_RT_MSG_H_ @}*/
