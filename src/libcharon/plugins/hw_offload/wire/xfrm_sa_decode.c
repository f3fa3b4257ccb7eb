/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Decoder for what the kernel says about SAs. Keys are in these messages too,
 * they are not looked at.
 */

#include "xfrm_sa.h"
#include "xfrm_attr.h"
#include "xfrm_map.h"

#include <libmnl/libmnl.h>

/**
 * Attributes of interest, indices into policy.
 */
enum {
	ATTR_MARK,
	ATTR_IF_ID,
	ATTR_OFFLOAD,
	ATTR_REPLAY,
	ATTR_REPLAY_ESN,
	ATTR_LASTUSED,
	ATTR_SA,
	/* an SA that is installed has one of these at least */
	ATTR_AEAD,
	ATTR_CRYPT,
	ATTR_AUTH,
	ATTR_AUTH_TRUNC,
	ATTR_COMP,
	ATTR_COUNT,
};

static const hwo_attr_policy_t policy[ATTR_COUNT] = {
	[ATTR_MARK] = HWO_POLICY_MARK,
	[ATTR_IF_ID] = HWO_POLICY_IF_ID,
	[ATTR_OFFLOAD] = HWO_POLICY_OFFLOAD,
	[ATTR_REPLAY] = {
		XFRMA_REPLAY_VAL, sizeof(struct xfrm_replay_state), TRUE },
	[ATTR_REPLAY_ESN] = {
		XFRMA_REPLAY_ESN_VAL, sizeof(struct xfrm_replay_state_esn), FALSE },
	[ATTR_LASTUSED] = { XFRMA_LASTUSED, sizeof(uint64_t), TRUE },
	[ATTR_SA] = { XFRMA_SA, sizeof(struct xfrm_usersa_info), TRUE },
	/* only if they are there */
	[ATTR_AEAD] = { XFRMA_ALG_AEAD, 0, FALSE },
	[ATTR_CRYPT] = { XFRMA_ALG_CRYPT, 0, FALSE },
	[ATTR_AUTH] = { XFRMA_ALG_AUTH, 0, FALSE },
	[ATTR_AUTH_TRUNC] = { XFRMA_ALG_AUTH_TRUNC, 0, FALSE },
	[ATTR_COMP] = { XFRMA_ALG_COMP, 0, FALSE },
};

/**
 * Take what the fixed part says.
 */
static bool decode_info(const struct xfrm_usersa_info *info,
						hwo_sa_state_t *state)
{
	if (!hwo_xfrm_get_addr(info->family, &info->saddr, &state->id.src) ||
		!hwo_xfrm_get_addr(info->family, &info->id.daddr, &state->id.dst))
	{
		return FALSE;
	}
	state->id.spi = info->id.spi;
	state->id.proto = info->id.proto;
	state->reqid = info->reqid;
	state->usage.bytes = info->curlft.bytes;
	state->usage.packets = info->curlft.packets;
	state->usage.add_time = info->curlft.add_time;
	state->usage.use_time = info->curlft.use_time;
	hwo_xfrm_get_limits(&info->lft, &state->limits);
	state->replay_drops = info->stats.replay;
	state->integrity_drops = info->stats.integrity_failed;
	state->esn = (info->flags & XFRM_STATE_ESN) != 0;
	return TRUE;
}

/**
 * Take the sequence numbers, from either form of the attribute.
 */
static bool decode_replay(const struct nlattr *const attrs[],
						  hwo_replay_t *replay)
{
	const struct xfrm_replay_state_esn *esn;
	const struct xfrm_replay_state *small;
	size_t space;

	if (attrs[ATTR_REPLAY_ESN])
	{
		esn = mnl_attr_get_payload(attrs[ATTR_REPLAY_ESN]);
		space = mnl_attr_get_payload_len(attrs[ATTR_REPLAY_ESN]) - sizeof(*esn);
		if (esn->bmp_len > space / sizeof(esn->bmp[0]))
		{
			return FALSE;
		}
		replay->oseq = esn->oseq;
		replay->oseq_hi = esn->oseq_hi;
		replay->seq = esn->seq;
		replay->seq_hi = esn->seq_hi;
	}
	else if (attrs[ATTR_REPLAY])
	{
		small = mnl_attr_get_payload(attrs[ATTR_REPLAY]);
		replay->oseq = small->oseq;
		replay->seq = small->seq;
	}
	return TRUE;
}

/**
 * Find the attributes and the fixed part, which is an attribute itself when an
 * SA was deleted.
 */
static bool find_info(const struct nlmsghdr *hdr, const struct nlattr *attrs[],
					  struct xfrm_usersa_info *info)
{
	switch (hdr->nlmsg_type)
	{
		case XFRM_MSG_NEWSA:
		case XFRM_MSG_UPDSA:
			if (!hwo_msg_parse(hdr, sizeof(*info), policy, ATTR_COUNT, attrs))
			{
				return FALSE;
			}
			/* copied, as messages in a dump are aligned to 4 bytes only */
			memcpy(info, mnl_nlmsg_get_payload(hdr), sizeof(*info));
			return TRUE;
		case XFRM_MSG_DELSA:
			if (!hwo_msg_parse(hdr, sizeof(struct xfrm_usersa_id), policy,
							   ATTR_COUNT, attrs) || !attrs[ATTR_SA])
			{
				return FALSE;
			}
			memcpy(info, mnl_attr_get_payload(attrs[ATTR_SA]), sizeof(*info));
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Check if an SA has any algorithm. The kernel reports them also where it keeps
 * the keys to itself (LOCKDOWN_XFRM_SECRET).
 */
static bool has_algorithm(const struct nlattr *const attrs[])
{
	int i;

	for (i = ATTR_AEAD; i <= ATTR_COMP; i++)
	{
		if (attrs[i])
		{
			return TRUE;
		}
	}
	return FALSE;
}

bool hwo_xfrm_decode_sa(const struct nlmsghdr *hdr, hwo_sa_state_t *state)
{
	const struct nlattr *attrs[ATTR_COUNT];
	struct xfrm_usersa_info info;

	memset(state, 0, sizeof(*state));
	if (!find_info(hdr, attrs, &info) ||
		!decode_info(&info, state) ||
		!decode_replay(attrs, &state->replay))
	{
		return FALSE;
	}
	state->id.mark = hwo_xfrm_get_mark(attrs[ATTR_MARK]);
	state->id.if_id = hwo_xfrm_get_u32(attrs[ATTR_IF_ID], 0);
	state->offload = hwo_xfrm_get_offload(attrs[ATTR_OFFLOAD]);
	state->larval = !has_algorithm(attrs);
	if (attrs[ATTR_LASTUSED])
	{
		state->last_used = mnl_attr_get_u64(attrs[ATTR_LASTUSED]);
	}
	return TRUE;
}
