/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SAs that move.
 */

#include "xfrm_move.h"
#include "xfrm_attr.h"
#include "xfrm_map.h"

#include <linux/udp.h>
#include <libmnl/libmnl.h>

const int hwo_xfrm_sa_groups[] = {
	XFRMNLGRP_SA,
	0,
};

/**
 * Replace an address in a selector, if it is exactly that one. The family is
 * that of the new one then.
 */
static void move_selector_addr(const hwo_addr_t *from, const hwo_addr_t *to,
							   uint16_t family, uint8_t bytes[16],
							   uint8_t *prefix)
{
	uint8_t full = family == AF_INET ? 32 : 128;

	if (family == from->family && *prefix == full &&
		memeq(bytes, from->bytes, full / 8))
	{
		memcpy(bytes, to->bytes, sizeof(to->bytes));
		*prefix = to->family == AF_INET ? 32 : 128;
	}
}

/**
 * Replace our and the peer's address in the selector of an SA.
 */
static void move_selector(const hwo_addr_t *src, const hwo_addr_t *dst,
						  const hwo_sa_move_t *move, struct xfrm_selector *out)
{
	hwo_selector_t sel;
	uint16_t family;

	if (!out->family)
	{	/* none */
		return;
	}
	hwo_xfrm_get_selector(out, &sel);
	family = sel.family;
	move_selector_addr(src, &move->src, family, sel.src, &sel.src_prefix);
	move_selector_addr(dst, &move->dst, family, sel.dst, &sel.dst_prefix);
	if (family == dst->family && move->dst.family != dst->family)
	{
		sel.family = move->dst.family;
	}
	memset(out, 0, sizeof(*out));
	hwo_xfrm_put_selector(&sel, out);
}

/**
 * Change the fixed part of an SA.
 */
static bool move_info(struct xfrm_usersa_info *info, const hwo_sa_move_t *move)
{
	hwo_addr_t src, dst;

	if (!hwo_xfrm_get_addr(info->family, &info->saddr, &src) ||
		!hwo_xfrm_get_addr(info->family, &info->id.daddr, &dst))
	{
		return FALSE;
	}
	move_selector(&src, &dst, move, &info->sel);
	memset(&info->saddr, 0, sizeof(info->saddr));
	memset(&info->id.daddr, 0, sizeof(info->id.daddr));
	hwo_xfrm_put_addr(&move->src, &info->saddr);
	hwo_xfrm_put_addr(&move->dst, &info->id.daddr);
	info->family = move->dst.family;
	info->reqid = move->reqid;
	if (move->inbound)
	{	/* net.ipv4.ip_no_pmtu_disc sets it on any SA, but it is refused for
		 * inbound ones once they have a direction */
		info->flags &= ~XFRM_STATE_NOPMTUDISC;
	}
	return TRUE;
}

/**
 * Append what is kept.
 */
static void copy_attrs(hwo_msg_t *msg, const struct nlmsghdr *deleted,
					   bool encap)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, deleted, sizeof(struct xfrm_usersa_id))
	{
		switch (mnl_attr_get_type(attr))
		{
			/* the fixed part */
			case XFRMA_SA:
			/* set anew, if at all */
			case XFRMA_ENCAP:
			case XFRMA_OFFLOAD_DEV:
			/* only reported */
			case XFRMA_LASTUSED:
			case XFRMA_PAD:
				break;
			/* refused without encapsulation */
			case XFRMA_MTIMER_THRESH:
				if (!encap)
				{
					break;
				}
				/* fall-through */
			default:
				hwo_msg_put(msg, mnl_attr_get_type(attr),
							mnl_attr_get_payload(attr),
							mnl_attr_get_payload_len(attr));
				break;
		}
	}
}

/**
 * Append what changes.
 */
static void put_changes(hwo_msg_t *msg, const struct xfrm_lifetime_cur *usage,
						const hwo_sa_move_t *move, const hwo_offload_t *offload)
{
	struct xfrm_encap_tmpl encap = {
		.encap_type = UDP_ENCAP_ESPINUDP,
		.encap_sport = htons(move->src_port),
		.encap_dport = htons(move->dst_port),
	};

	if (move->encap)
	{
		hwo_msg_put(msg, XFRMA_ENCAP, &encap, sizeof(encap));
	}
	hwo_msg_put(msg, XFRMA_LTIME_VAL, usage, sizeof(*usage));
	hwo_xfrm_put_offload(msg, offload,
						 move->inbound ? XFRM_OFFLOAD_INBOUND : 0);
}

bool hwo_xfrm_encode_moved_sa(hwo_msg_t *msg, const struct nlmsghdr *deleted,
							  const hwo_sa_move_t *move,
							  const hwo_offload_t *offload, bool larval)
{
	static const hwo_attr_policy_t policy[] = {
		{ XFRMA_SA, sizeof(struct xfrm_usersa_info), TRUE },
		HWO_POLICY_MARK,
	};
	const struct nlattr *attrs[countof(policy)];
	struct xfrm_usersa_info *info;

	info = hwo_msg_begin(msg, larval ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA,
						 NLM_F_ACK, sizeof(*info));
	if (!hwo_xfrm_is_deletion(deleted) ||
		!hwo_msg_parse(deleted, sizeof(struct xfrm_usersa_id), policy,
					   countof(policy), attrs) || !attrs[0])
	{
		return FALSE;
	}
	memcpy(info, mnl_attr_get_payload(attrs[0]), sizeof(*info));
	if (!move_info(info, move))
	{
		return FALSE;
	}
	msg->request.kind = HWO_REQUEST_ADD_SA;
	msg->request.sa = (hwo_sa_id_t){
		.dst = move->dst,
		.spi = info->id.spi,
		.proto = info->id.proto,
		.mark = hwo_xfrm_get_mark(attrs[1]),
	};
	copy_attrs(msg, deleted, move->encap);
	put_changes(msg, &info->curlft, move, offload);
	return !msg->overflow;
}

/**
 * Check if a key is there, keys of length zero (null encryption) are.
 */
static bool has_key(const struct nlattr *attr, size_t size)
{
	const struct xfrm_algo *alg;
	const uint8_t *key;
	size_t i, len;

	if (!attr)
	{
		return TRUE;
	}
	/* name and key length come first in all of these structures */
	alg = mnl_attr_get_payload(attr);
	key = (const uint8_t*)alg + size;
	len = ((size_t)alg->alg_key_len + 7) / 8;
	if (len > mnl_attr_get_payload_len(attr) - size)
	{
		return FALSE;
	}
	for (i = 0; i < len; i++)
	{
		if (key[i])
		{
			return TRUE;
		}
	}
	return len == 0;
}

bool hwo_xfrm_has_keys(const struct nlmsghdr *hdr)
{
	static const hwo_attr_policy_t policy[] = {
		{ XFRMA_ALG_AEAD, sizeof(struct xfrm_algo_aead), FALSE },
		{ XFRMA_ALG_CRYPT, sizeof(struct xfrm_algo), FALSE },
		{ XFRMA_ALG_AUTH, sizeof(struct xfrm_algo), FALSE },
		{ XFRMA_ALG_AUTH_TRUNC, sizeof(struct xfrm_algo_auth), FALSE },
	};
	const struct nlattr *attrs[countof(policy)];
	size_t fixed;
	int i;

	fixed = hdr->nlmsg_type == XFRM_MSG_DELSA ? sizeof(struct xfrm_usersa_id)
											  : sizeof(struct xfrm_usersa_info);
	if (!hwo_msg_parse(hdr, fixed, policy, countof(policy), attrs))
	{
		return FALSE;
	}
	for (i = 0; i < countof(policy); i++)
	{
		if (!has_key(attrs[i], policy[i].min_len))
		{
			return FALSE;
		}
	}
	return TRUE;
}

bool hwo_xfrm_is_deletion(const struct nlmsghdr *hdr)
{
	return hdr->nlmsg_type == XFRM_MSG_DELSA;
}
