/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Generic netlink of the fake kernel: the family "ethtool", as far as features
 * of devices go.
 */

#include "fake_private.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

/** numbers the kernel gave to the family and its group */
#define FAMILY 0x15
#define GROUP 5

/** features besides: listed in front of and behind the one that is asked for */
static const char *others[] = { "tx-scatter-gather", "esp-tx-csum-hw-offload" };

/**
 * Append an attribute to others that are going to be nested.
 */
static void put(chunk_t *nest, uint16_t type, const void *data, size_t len)
{
	struct nlattr attr = {
		.nla_type = type,
		.nla_len = NLA_HDRLEN + len,
	};
	chunk_t pad = chunk_create((u_char*)"\0\0\0", NLA_ALIGN(len) - len);

	*nest = chunk_cat("mccc", *nest, chunk_from_thing(attr),
					  chunk_create((u_char*)data, len), pad);
}

/**
 * Append attributes as a nested one, and free them.
 */
static void put_nest(chunk_t *nest, uint16_t type, chunk_t inner)
{
	put(nest, type | NLA_F_NESTED, inner.ptr, inner.len);
	chunk_free(&inner);
}

/**
 * Append a bit to a list of bits.
 */
static void put_bit(chunk_t *bits, uint32_t index, const char *name, bool value)
{
	chunk_t bit = chunk_empty;

	put(&bit, ETHTOOL_A_BITSET_BIT_INDEX, &index, sizeof(index));
	put(&bit, ETHTOOL_A_BITSET_BIT_NAME, name, strlen(name) + 1);
	if (value)
	{
		put(&bit, ETHTOOL_A_BITSET_BIT_VALUE, NULL, 0);
	}
	put_nest(bits, ETHTOOL_A_BITSET_BITS_BIT, bit);
}

/**
 * Append a set of bits: with mask all of them are listed, without only those
 * that are set.
 */
static void put_bitset(chunk_t *msg, uint16_t type, bool mask, bool esp)
{
	chunk_t set = chunk_empty, bits = chunk_empty;
	uint32_t size = 64;

	put_bit(&bits, 0, others[0], TRUE);
	if (mask || esp)
	{
		put_bit(&bits, 50, "esp-hw-offload", esp && mask);
	}
	if (mask)
	{
		put_bit(&bits, 51, others[1], FALSE);
	}
	else
	{
		put(&set, ETHTOOL_A_BITSET_NOMASK, NULL, 0);
	}
	put(&set, ETHTOOL_A_BITSET_SIZE, &size, sizeof(size));
	put_nest(&set, ETHTOOL_A_BITSET_BITS, bits);
	fake_msg_attr(msg, type | NLA_F_NESTED, set.ptr, set.len);
	chunk_free(&set);
}

/**
 * Begin a message about a device.
 */
static chunk_t begin_features(uint32_t seq, uint8_t cmd, uint32_t ifindex)
{
	struct genlmsghdr genl = { .cmd = cmd, .version = 1 };
	chunk_t msg, header = chunk_empty;

	msg = fake_msg_begin(FAMILY, 0, seq, &genl, sizeof(genl));
	put(&header, ETHTOOL_A_HEADER_DEV_INDEX, &ifindex, sizeof(ifindex));
	put(&header, ETHTOOL_A_HEADER_DEV_NAME, "nic", 4);
	fake_msg_attr(&msg, ETHTOOL_A_FEATURES_HEADER | NLA_F_NESTED, header.ptr,
				  header.len);
	chunk_free(&header);
	return msg;
}

/**
 * Answer the question for the features of a device.
 */
static int answer_features(fake_request_t *request)
{
	const struct nlattr *header = request->tb[ETHTOOL_A_FEATURES_HEADER];
	const struct nlattr *tb[FAKE_MAX_ATTR];
	fake_device_t *device = NULL;
	bool on, can;
	chunk_t msg;

	if (header && fake_attrs_parse(fake_attr_data(header),
								   fake_attr_len(header), tb))
	{
		device = fake_device_find(request->kernel,
					fake_attr_u32(tb[ETHTOOL_A_HEADER_DEV_INDEX], 0));
	}
	if (!device)
	{
		return refuse(request, ENODEV, "no device matches name");
	}
	if (device->feature == HWO_FEATURE_UNKNOWN)
	{
		return EOPNOTSUPP;
	}
	on = device->feature == HWO_FEATURE_ON;
	can = on || device->feature == HWO_FEATURE_OFF;
	msg = begin_features(request->hdr->nlmsg_seq,
						 ETHTOOL_MSG_FEATURES_GET_REPLY, device->ifindex);
	put_bitset(&msg, ETHTOOL_A_FEATURES_HW, TRUE, can);
	put_bitset(&msg, ETHTOOL_A_FEATURES_WANTED, FALSE, on);
	put_bitset(&msg, ETHTOOL_A_FEATURES_ACTIVE, FALSE, on);
	put_bitset(&msg, ETHTOOL_A_FEATURES_NOCHANGE, TRUE, FALSE);
	fake_answer(request, msg);
	return 0;
}

/**
 * Answer the question for the family.
 */
static int answer_family(fake_request_t *request)
{
	const struct nlattr *name = request->tb[CTRL_ATTR_FAMILY_NAME];
	struct genlmsghdr genl = { .cmd = CTRL_CMD_NEWFAMILY, .version = 2 };
	chunk_t msg, group = chunk_empty, groups = chunk_empty;
	uint32_t id = GROUP;
	uint16_t family = FAMILY;

	if (!name || fake_attr_len(name) != sizeof("ethtool") ||
		!memeq(fake_attr_data(name), "ethtool", sizeof("ethtool")))
	{
		return ENOENT;
	}
	msg = fake_msg_begin(GENL_ID_CTRL, 0, request->hdr->nlmsg_seq, &genl,
						 sizeof(genl));
	fake_msg_attr(&msg, CTRL_ATTR_FAMILY_NAME, "ethtool", sizeof("ethtool"));
	fake_msg_attr(&msg, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
	put(&group, CTRL_ATTR_MCAST_GRP_ID, &id, sizeof(id));
	put(&group, CTRL_ATTR_MCAST_GRP_NAME, "monitor", sizeof("monitor"));
	put_nest(&groups, 1, group);
	fake_msg_attr(&msg, CTRL_ATTR_MCAST_GROUPS | NLA_F_NESTED, groups.ptr,
				  groups.len);
	chunk_free(&groups);
	fake_answer(request, msg);
	return 0;
}

int fake_genl_execute(fake_request_t *request)
{
	const struct genlmsghdr *genl = request->body;

	if (request->hdr->nlmsg_type == GENL_ID_CTRL &&
		genl->cmd == CTRL_CMD_GETFAMILY)
	{
		return answer_family(request);
	}
	if (request->hdr->nlmsg_type == FAMILY &&
		genl->cmd == ETHTOOL_MSG_FEATURES_GET)
	{
		return answer_features(request);
	}
	return EOPNOTSUPP;
}

void fake_kernel_set_feature(fake_kernel_t *this, uint32_t ifindex,
							 hwo_feature_t feature)
{
	chunk_t msg;

	this->mutex->lock(this->mutex);
	fake_device_find(this, ifindex)->feature = feature;
	/* announcements have the bits without their names */
	msg = begin_features(0, ETHTOOL_MSG_FEATURES_NTF, ifindex);
	fake_announce(this, NETLINK_GENERIC, GROUP, msg);
	chunk_free(&msg);
	this->mutex->unlock(this->mutex);
}

/**
 * Open a transport for changes.
 */
static nl_transport_t *open_group(void *data, uint32_t group)
{
	int groups[] = { group, 0 };

	return fake_kernel_open(data, NETLINK_GENERIC, groups);
}

link_features_t *fake_kernel_features(fake_kernel_t *this)
{
	nl_transport_t *transport;

	transport = fake_kernel_open(this, NETLINK_GENERIC, NULL);
	return hwo_link_features_create(hwo_nl_exchange_create(transport),
									open_group,
									this);
}
