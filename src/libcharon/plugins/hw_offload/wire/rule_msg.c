/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Decodes rules of policy routing.
 */

#include "rt_msg.h"
#include "uapi.h"

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

/** Highest user ID of a range that is for all users; (uid_t)-1 is nobody's, and
 * the one before may be left out to tell a daemon's own lookups. */
#define ALL_USERS (UINT32_MAX - 2)

void hwo_rt_encode_get_rules(hwo_msg_t *msg)
{
	hwo_msg_begin(msg, RTM_GETRULE, 0, sizeof(struct fib_rule_hdr));
}

bool hwo_rt_is_rule_change(const struct nlmsghdr *hdr)
{
	return hdr->nlmsg_type == RTM_NEWRULE || hdr->nlmsg_type == RTM_DELRULE;
}

/**
 * Read a network, if there is one.
 */
static bool get_net(const struct nlattr *attr, uint16_t family, uint8_t bits,
					hwo_addr_t *net, uint8_t *prefix)
{
	size_t len = hwo_addr_len(family);

	if (!attr)
	{
		return TRUE;
	}
	if (mnl_attr_get_payload_len(attr) != len || bits > len * 8)
	{
		return FALSE;
	}
	net->family = family;
	memcpy(net->bytes, mnl_attr_get_payload(attr), len);
	*prefix = bits;
	return TRUE;
}

/**
 * Check if there is a range of user IDs that is not for all users.
 */
static bool has_users(const struct nlattr *attr)
{
	const struct fib_rule_uid_range *range;

	if (!attr)
	{
		return FALSE;
	}
	range = mnl_attr_get_payload(attr);
	return range->start || range->end < ALL_USERS;
}

bool hwo_rt_decode_rule(const struct nlmsghdr *hdr, hwo_rule_t *rule)
{
	enum { DST, SRC, IIF, MARK, MASK, TUNNEL, USERS, PROTO, SPORT, DPORT, DSCP,
		   LABEL, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[DST] = { FRA_DST, sizeof(struct in_addr), FALSE },
		[SRC] = { FRA_SRC, sizeof(struct in_addr), FALSE },
		[IIF] = { FRA_IIFNAME, 0, FALSE },
		[MARK] = { FRA_FWMARK, sizeof(uint32_t), TRUE },
		[MASK] = { FRA_FWMASK, sizeof(uint32_t), TRUE },
		[TUNNEL] = { FRA_TUN_ID, 0, FALSE },
		[USERS] = { FRA_UID_RANGE, sizeof(struct fib_rule_uid_range), TRUE },
		[PROTO] = { FRA_IP_PROTO, sizeof(uint8_t), TRUE },
		[SPORT] = { FRA_SPORT_RANGE, 0, FALSE },
		[DPORT] = { FRA_DPORT_RANGE, 0, FALSE },
		[DSCP] = { HWO_FRA_DSCP, 0, FALSE },
		[LABEL] = { HWO_FRA_FLOWLABEL, 0, FALSE },
	};
	const struct nlattr *attrs[COUNT];
	const struct fib_rule_hdr *msg;

	memset(rule, 0, sizeof(*rule));
	if (hdr->nlmsg_type != RTM_NEWRULE ||
		!hwo_msg_parse(hdr, sizeof(*msg), policy, COUNT, attrs))
	{
		return FALSE;
	}
	msg = mnl_nlmsg_get_payload(hdr);
	rule->family = msg->family;
	if (!hwo_addr_len(msg->family))
	{	/* those for multicast routing come along, of families of their own */
		return TRUE;
	}
	rule->mark = attrs[MARK] ? mnl_attr_get_u32(attrs[MARK]) : 0;
	rule->mask = attrs[MASK] ? mnl_attr_get_u32(attrs[MASK])
							 : (attrs[MARK] ? UINT32_MAX : 0);
	rule->proto = attrs[PROTO] ? mnl_attr_get_u8(attrs[PROTO]) : 0;
	rule->ports = attrs[SPORT] || attrs[DPORT];
	rule->input = attrs[IIF] != NULL;
	rule->other = msg->tos || attrs[TUNNEL] || has_users(attrs[USERS]) ||
				  attrs[DSCP] || attrs[LABEL];
	return get_net(attrs[SRC], msg->family, msg->src_len, &rule->src,
				   &rule->src_prefix) &&
		   get_net(attrs[DST], msg->family, msg->dst_len, &rule->dst,
				   &rule->dst_prefix);
}
