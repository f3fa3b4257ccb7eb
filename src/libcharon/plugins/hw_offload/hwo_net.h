/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_net hwo_net
 * @{ @ingroup hw_offload
 *
 * The plain data about the network: addresses, packets whose route is looked
 * up, rules of policy routing, links.
 */

#ifndef HWO_NET_H_
#define HWO_NET_H_

#include <net/if.h>

#include <library.h>

/**
 * An IP address as value, unused bytes are zero so it can be compared and
 * hashed as a whole.
 */
typedef struct hwo_addr_t {
	/** AF_INET, AF_INET6, or AF_UNSPEC (0) if not set */
	uint16_t family;
	/** 4 or 16 bytes, network order */
	uint8_t bytes[16];
} hwo_addr_t;

/**
 * Packets whose route is looked up. Compared and hashed as a whole.
 */
typedef struct hwo_flow_t {
	/** destination, mandatory */
	hwo_addr_t dst;
	/** source, family 0 if not known */
	hwo_addr_t src;
	/** firewall mark for policy routing, 0 for none */
	uint32_t mark;
	/** interface of link-local addresses, 0 if they are none */
	uint32_t link;
	/** protocol of the packets, 0 for any; the kernel cannot be asked for it,
	 * but rules may look at it. */
	uint16_t proto;
	/** not 0 if this host may not be the origin of the packets */
	uint16_t forwarded;
} hwo_flow_t;

/**
 * A rule of policy routing, as far as it decides which packets it is for.
 */
typedef struct hwo_rule_t {
	/** AF_INET or AF_INET6 */
	uint16_t family;
	/** networks of source and destination, with prefix 0 for any */
	hwo_addr_t src, dst;
	/** prefix lengths in bits */
	uint8_t src_prefix, dst_prefix;
	/** firewall mark, with mask 0 for any */
	uint32_t mark, mask;
	/** protocol, 0 for any */
	uint8_t proto;
	/** TRUE if it looks at ports */
	bool ports;
	/** TRUE if it looks at the interface that a packet came by */
	bool input;
	/** TRUE if it looks at more in a packet, or at who sends it */
	bool other;
} hwo_rule_t;

/**
 * State of the feature that tells that a device offloads ESP
 * (esp-hw-offload of ethtool).
 */
typedef enum hwo_feature_t {
	/** can't be told */
	HWO_FEATURE_UNKNOWN,
	/** the device doesn't have it */
	HWO_FEATURE_MISSING,
	/** it has, but it is switched off */
	HWO_FEATURE_OFF,
	/** it is in effect */
	HWO_FEATURE_ON,
} hwo_feature_t;

/** Longest name of a link with its NUL: alternative names may be longer than
 * IFNAMSIZ. */
#define HWO_IFNAME_SIZE 128

/**
 * What we know about a link.
 */
typedef struct hwo_link_t {
	/** index */
	uint32_t ifindex;
	/** current name */
	char name[IFNAMSIZ];
	/** kind of a virtual link ("bond", "vlan", ...), empty for real ones */
	char kind[IFNAMSIZ];
	/** index of the link below (VLAN, macvlan, ...), 0 for none */
	uint32_t lower;
	/** index of the link it is enslaved to (bond, bridge, ...), 0 for none */
	uint32_t master;
	/** TRUE if it is administratively up */
	bool up;
} hwo_link_t;

/**
 * What ethtool reports about the driver of a link.
 */
typedef struct hwo_driver_t {
	/** name, empty if it is not known */
	char name[32];
	/** version: that of the kernel, if it came with it */
	char version[32];
} hwo_driver_t;

/**
 * Compare addresses.
 */
bool hwo_addr_equals(const hwo_addr_t *a, const hwo_addr_t *b);

/**
 * Check if the first bits of two addresses are the same.
 */
bool hwo_net_equals(const uint8_t *a, const uint8_t *b, uint8_t prefix);

/**
 * Check if a network is that which a text names, single addresses without the
 * length of their prefix as well.
 *
 * @param family		AF_INET, AF_INET6, or 0 for none
 */
bool hwo_net_is(uint16_t family, const uint8_t *bytes, uint8_t prefix,
				const char *text);

/**
 * Hash flows.
 */
u_int hwo_flow_hash(const hwo_flow_t *flow);

/**
 * Compare flows.
 */
bool hwo_flow_equals(const hwo_flow_t *a, const hwo_flow_t *b);

#endif /** HWO_NET_H_ @}*/
