/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Families of generic netlink, features of devices.
 */

#include "genl_msg.h"

#include <libmnl/libmnl.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

/** What the kernel calls ESP offload of a device, netdev_features_strings[] */
#define ESP_FEATURE "esp-hw-offload"

/**
 * Begin a message, whose fixed header has a command.
 */
static void begin(hwo_msg_t *msg, uint16_t family, uint8_t cmd)
{
	struct genlmsghdr *genl;

	genl = hwo_msg_begin(msg, family, 0, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
}

void hwo_genl_encode_get_family(hwo_msg_t *msg, const char *name)
{
	begin(msg, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	hwo_msg_put(msg, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
}

/**
 * Check if an attribute is a string with a content.
 */
static bool attr_streq(const struct nlattr *attr, const char *str)
{
	size_t len = strlen(str) + 1;

	return mnl_attr_get_payload_len(attr) == len &&
		   memeq(mnl_attr_get_payload(attr), str, len);
}

/**
 * Check if the payload of an attribute is a number.
 */
static bool attr_is_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == sizeof(uint32_t);
}

/**
 * Get the number of a multicast group, 0 if it has another name.
 */
static uint32_t get_group(const struct nlattr *nest, const char *name)
{
	const struct nlattr *attr;
	uint32_t id = 0;
	bool match = FALSE;

	mnl_attr_for_each_nested(attr, nest)
	{
		switch (mnl_attr_get_type(attr))
		{
			case CTRL_ATTR_MCAST_GRP_NAME:
				match = attr_streq(attr, name);
				break;
			case CTRL_ATTR_MCAST_GRP_ID:
				id = attr_is_u32(attr) ? mnl_attr_get_u32(attr) : 0;
				break;
			default:
				break;
		}
	}
	return match ? id : 0;
}

/**
 * Check the fixed header of a message.
 */
static bool check_header(const struct nlmsghdr *hdr, uint8_t *cmd)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(hdr);

	if (hdr->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*genl))
	{
		return FALSE;
	}
	*cmd = genl->cmd;
	return TRUE;
}

bool hwo_genl_decode_family(const struct nlmsghdr *hdr,
							hwo_genl_family_t *family)
{
	enum { ID, GROUPS, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[ID] = { CTRL_ATTR_FAMILY_ID, sizeof(uint16_t), TRUE },
		[GROUPS] = { CTRL_ATTR_MCAST_GROUPS, 0, FALSE },
	};
	const struct nlattr *attrs[COUNT], *group;
	uint8_t cmd;

	family->id = 0;
	family->group = 0;
	if (hdr->nlmsg_type != GENL_ID_CTRL || !check_header(hdr, &cmd) ||
		cmd != CTRL_CMD_NEWFAMILY ||
		!hwo_msg_parse(hdr, sizeof(struct genlmsghdr), policy, COUNT, attrs) ||
		!attrs[ID])
	{
		return FALSE;
	}
	family->id = mnl_attr_get_u16(attrs[ID]);
	if (attrs[GROUPS])
	{
		mnl_attr_for_each_nested(group, attrs[GROUPS])
		{
			family->group = family->group ?:
									get_group(group, family->group_name);
		}
	}
	return TRUE;
}

void hwo_ethtool_encode_get_features(hwo_msg_t *msg, uint16_t family,
									 uint32_t ifindex)
{
	struct {
		struct nlattr attr;
		uint32_t ifindex;
	} device = {
		.attr = {
			.nla_len = sizeof(device),
			.nla_type = ETHTOOL_A_HEADER_DEV_INDEX,
		},
		.ifindex = ifindex,
	};

	begin(msg, family, ETHTOOL_MSG_FEATURES_GET);
	hwo_msg_put(msg, ETHTOOL_A_FEATURES_HEADER | NLA_F_NESTED, &device,
				sizeof(device));
}

/**
 * Get the device out of a header, 0 if it is not in there.
 */
static uint32_t get_ifindex(const struct nlattr *header)
{
	const struct nlattr *attr;
	uint32_t ifindex = 0;

	mnl_attr_for_each_nested(attr, header)
	{
		if (mnl_attr_get_type(attr) == ETHTOOL_A_HEADER_DEV_INDEX &&
			attr_is_u32(attr))
		{
			ifindex = mnl_attr_get_u32(attr);
		}
	}
	return ifindex;
}

/**
 * Check if a bit is that of the feature, and set; in a list without mask it is
 * set if it is there.
 */
static bool is_esp_bit(const struct nlattr *bit, bool nomask)
{
	const struct nlattr *attr;
	bool match = FALSE, value = nomask;

	mnl_attr_for_each_nested(attr, bit)
	{
		switch (mnl_attr_get_type(attr))
		{
			case ETHTOOL_A_BITSET_BIT_NAME:
				match = attr_streq(attr, ESP_FEATURE);
				break;
			case ETHTOOL_A_BITSET_BIT_VALUE:
				value = TRUE;
				break;
			default:
				break;
		}
	}
	return match && value;
}

/**
 * Check if the feature is in a list of bits.
 *
 * @param named		[out] set to TRUE if it is a list with names
 */
static bool has_esp_bit(const struct nlattr *bitset, bool *named)
{
	const struct nlattr *attr, *bits = NULL, *bit;
	bool nomask = FALSE, found = FALSE;

	mnl_attr_for_each_nested(attr, bitset)
	{
		switch (mnl_attr_get_type(attr))
		{
			case ETHTOOL_A_BITSET_NOMASK:
				nomask = TRUE;
				break;
			case ETHTOOL_A_BITSET_BITS:
				bits = attr;
				break;
			default:
				break;
		}
	}
	if (bits)
	{
		*named = TRUE;
		mnl_attr_for_each_nested(bit, bits)
		{
			found = found || is_esp_bit(bit, nomask);
		}
	}
	return found;
}

bool hwo_ethtool_decode_features(const struct nlmsghdr *hdr,
								 hwo_esp_feature_t *feature)
{
	enum { HEADER, HW, ACTIVE, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[HEADER] = { ETHTOOL_A_FEATURES_HEADER, 0, FALSE },
		[HW] = { ETHTOOL_A_FEATURES_HW, 0, FALSE },
		[ACTIVE] = { ETHTOOL_A_FEATURES_ACTIVE, 0, FALSE },
	};
	const struct nlattr *attrs[COUNT];
	bool named = FALSE;
	uint8_t cmd;

	memset(feature, 0, sizeof(*feature));
	/* the reply and the announcement, numbered apart from requests */
	if (!check_header(hdr, &cmd) || (cmd != ETHTOOL_MSG_FEATURES_GET_REPLY &&
									 cmd != ETHTOOL_MSG_FEATURES_NTF) ||
		!hwo_msg_parse(hdr, sizeof(struct genlmsghdr), policy, COUNT, attrs) ||
		!attrs[HEADER])
	{
		return FALSE;
	}
	feature->ifindex = get_ifindex(attrs[HEADER]);
	if (!feature->ifindex)
	{
		return FALSE;
	}
	if (attrs[ACTIVE] && has_esp_bit(attrs[ACTIVE], &named))
	{
		feature->state = HWO_FEATURE_ON;
	}
	else if (attrs[HW] && has_esp_bit(attrs[HW], &named))
	{	/* it could be switched on */
		feature->state = HWO_FEATURE_OFF;
	}
	else if (named)
	{
		feature->state = HWO_FEATURE_MISSING;
	}
	return TRUE;
}
