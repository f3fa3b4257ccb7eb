/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SAs for trial.
 */

#include "xfrm_probe.h"
#include "xfrm_attr.h"
#include "xfrm_map.h"

#include <libmnl/libmnl.h>

/** Networks for documentation, 192.0.2.0/24 and 2001:db8::/32 */
static const uint8_t documentation[2][16] = {
	{ 192, 0, 2, },
	{ 0x20, 0x01, 0x0d, 0xb8, },
};

/**
 * Address of a host in a network for documentation.
 */
static hwo_addr_t get_addr(uint16_t family, uint8_t host)
{
	bool v6 = family == AF_INET6;
	hwo_addr_t addr = {
		.family = family,
	};

	memcpy(addr.bytes, documentation[v6], sizeof(addr.bytes));
	addr.bytes[v6 ? 15 : 3] = host;
	return addr;
}

/**
 * Change the fixed part.
 */
static void change_info(struct xfrm_usersa_info *info, bool inbound,
						hwo_sa_id_t *id)
{
	id->src = get_addr(info->family, inbound ? 2 : 1);
	id->dst = get_addr(info->family, inbound ? 1 : 2);
	id->spi = info->id.spi;
	id->proto = info->id.proto;
	memset(&info->saddr, 0, sizeof(info->saddr));
	memset(&info->id.daddr, 0, sizeof(info->id.daddr));
	hwo_xfrm_put_addr(&id->src, &info->saddr);
	hwo_xfrm_put_addr(&id->dst, &info->id.daddr);
	memset(&info->sel, 0, sizeof(info->sel));
	info->reqid = HWO_PROBE_REQID;
	info->lft.soft_byte_limit = info->lft.hard_byte_limit = XFRM_INF;
}

/**
 * Append an algorithm without its key.
 *
 * @param fixed		size of what comes before the key
 */
static void put_algorithm(hwo_msg_t *msg, const struct nlattr *attr,
						  size_t fixed)
{
	size_t len = mnl_attr_get_payload_len(attr);
	void *payload;

	payload = hwo_msg_put(msg, mnl_attr_get_type(attr), NULL, len);
	if (payload)
	{
		memcpy(payload, mnl_attr_get_payload(attr), min(len, fixed));
	}
}

/**
 * Append what a driver looks at.
 */
static void copy_attrs(hwo_msg_t *msg, const struct nlmsghdr *like,
					   hwo_sa_id_t *id)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, like, sizeof(struct xfrm_usersa_info))
	{
		switch (mnl_attr_get_type(attr))
		{
			/* set anew */
			case XFRMA_OFFLOAD_DEV:
			/* only reported */
			case XFRMA_LASTUSED:
			case XFRMA_PAD:
			/* of no interest to a driver */
			case XFRMA_SEC_CTX:
				break;
			case XFRMA_ALG_AEAD:
				put_algorithm(msg, attr, sizeof(struct xfrm_algo_aead));
				break;
			case XFRMA_ALG_AUTH_TRUNC:
				put_algorithm(msg, attr, sizeof(struct xfrm_algo_auth));
				break;
			/* the kernel makes this one of the other */
			case XFRMA_ALG_AUTH:
				break;
			case XFRMA_ALG_CRYPT:
				put_algorithm(msg, attr, sizeof(struct xfrm_algo));
				break;
			default:
				if (mnl_attr_get_type(attr) == XFRMA_MARK)
				{
					id->mark = hwo_xfrm_get_mark(attr);
				}
				hwo_msg_put(msg, mnl_attr_get_type(attr),
							mnl_attr_get_payload(attr),
							mnl_attr_get_payload_len(attr));
				break;
		}
	}
}

bool hwo_xfrm_encode_trial_sa(hwo_msg_t *msg, const struct nlmsghdr *like,
							  bool inbound, const hwo_offload_t *offload,
							  hwo_sa_id_t *id)
{
	static const hwo_attr_policy_t policy[] = {
		HWO_POLICY_MARK,
		{ XFRMA_ALG_AEAD, sizeof(struct xfrm_algo_aead), FALSE },
		{ XFRMA_ALG_CRYPT, sizeof(struct xfrm_algo), FALSE },
		{ XFRMA_ALG_AUTH_TRUNC, sizeof(struct xfrm_algo_auth), FALSE },
	};
	const struct nlattr *attrs[countof(policy)];
	struct xfrm_usersa_info *info;

	memset(id, 0, sizeof(*id));
	info = hwo_msg_begin(msg, XFRM_MSG_NEWSA, NLM_F_ACK, sizeof(*info));
	if (like->nlmsg_type != XFRM_MSG_NEWSA ||
		!hwo_msg_parse(like, sizeof(*info), policy, countof(policy), attrs))
	{
		return FALSE;
	}
	memcpy(info, mnl_nlmsg_get_payload(like), sizeof(*info));
	if (info->family != AF_INET && info->family != AF_INET6)
	{
		return FALSE;
	}
	change_info(info, inbound, id);
	copy_attrs(msg, like, id);
	msg->request.kind = HWO_REQUEST_ADD_SA;
	msg->request.sa = *id;
	hwo_xfrm_put_offload(msg, offload, inbound ? XFRM_OFFLOAD_INBOUND : 0);
	return !msg->overflow;
}
