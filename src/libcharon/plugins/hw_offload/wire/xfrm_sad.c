/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Messages about the SAD as a whole.
 */

#include "xfrm_sad.h"
#include "uapi.h"
#include "xfrm_attr.h"
#include "xfrm_map.h"
#include "xfrm_sa.h"

#include <libmnl/libmnl.h>

const int hwo_xfrm_sad_groups[] = {
	XFRMNLGRP_SA,
	XFRMNLGRP_ACQUIRE,
	XFRMNLGRP_EXPIRE,
	XFRMNLGRP_MIGRATE,
	0,
};

bool hwo_xfrm_encode_get_sad_info(hwo_msg_t *msg)
{
	/* the header are flags that the kernel only echoes */
	hwo_msg_begin(msg, XFRM_MSG_GETSADINFO, 0, sizeof(uint32_t));
	return !msg->overflow;
}

bool hwo_xfrm_decode_sad_info(const struct nlmsghdr *hdr, hwo_sad_info_t *info)
{
	enum { SAS, BUCKETS, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[SAS] = { XFRMA_SAD_CNT, sizeof(uint32_t), TRUE },
		[BUCKETS] = { XFRMA_SAD_HINFO, sizeof(struct xfrmu_sadhinfo), TRUE },
	};
	const struct nlattr *attrs[COUNT];
	const struct xfrmu_sadhinfo *buckets;

	memset(info, 0, sizeof(*info));
	if (hdr->nlmsg_type != XFRM_MSG_NEWSADINFO ||
		!hwo_msg_parse(hdr, sizeof(uint32_t), policy, COUNT, attrs) ||
		!attrs[BUCKETS])
	{
		return FALSE;
	}
	buckets = mnl_attr_get_payload(attrs[BUCKETS]);
	/* older kernels tell the mask instead, one less */
	info->buckets = buckets->sadhcnt + (buckets->sadhcnt & 1);
	info->count = hwo_xfrm_get_u32(attrs[SAS], 0);
	return TRUE;
}

/**
 * Find the template for which an SA is to be acquired.
 */
static const struct xfrm_user_tmpl *find_tmpl(const struct nlattr *attr,
											  uint8_t proto)
{
	const struct xfrm_user_tmpl *tmpl = mnl_attr_get_payload(attr);
	size_t i, count = mnl_attr_get_payload_len(attr) / sizeof(*tmpl);

	for (i = 0; i + 1 < count && tmpl[i].id.proto != proto; i++);
	return &tmpl[i];
}

/**
 * Decode XFRM_MSG_ACQUIRE: it is offloaded like its policy.
 */
static bool decode_acquire(const struct nlmsghdr *hdr, hwo_sad_sa_t *sa)
{
	enum { TMPL, MARK, IF_ID, OFFLOAD, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[TMPL] = { XFRMA_TMPL, sizeof(struct xfrm_user_tmpl), FALSE },
		[MARK] = HWO_POLICY_MARK,
		[IF_ID] = HWO_POLICY_IF_ID,
		[OFFLOAD] = HWO_POLICY_OFFLOAD,
	};
	const struct nlattr *attrs[COUNT];
	const struct xfrm_user_tmpl *tmpl;
	struct xfrm_user_acquire acquire;

	if (!hwo_msg_parse(hdr, sizeof(acquire), policy, COUNT, attrs) ||
		!attrs[TMPL])
	{
		return FALSE;
	}
	memcpy(&acquire, mnl_nlmsg_get_payload(hdr), sizeof(acquire));
	tmpl = find_tmpl(attrs[TMPL], acquire.id.proto);
	*sa = (hwo_sad_sa_t){
		.id = {
			.spi = acquire.id.spi,
			.proto = acquire.id.proto,
			.mark = hwo_xfrm_get_mark(attrs[MARK]),
			.if_id = hwo_xfrm_get_u32(attrs[IF_ID], 0),
		},
		.reqid = tmpl->reqid,
		.packet = hwo_xfrm_get_offload(attrs[OFFLOAD]).mode == HWO_MODE_PACKET,
		.larval = TRUE,
	};
	return hwo_xfrm_get_addr(tmpl->family, &acquire.saddr, &sa->id.src) &&
		   hwo_xfrm_get_addr(tmpl->family, &acquire.id.daddr, &sa->id.dst);
}

/**
 * Decode XFRM_MSG_EXPIRE for a hard limit: the SA is gone.
 */
static bool decode_expire(const struct nlmsghdr *hdr, hwo_sad_sa_t *sa)
{
	enum { MARK, IF_ID, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[MARK] = HWO_POLICY_MARK,
		[IF_ID] = HWO_POLICY_IF_ID,
	};
	const struct nlattr *attrs[COUNT];
	struct xfrm_user_expire expire;

	if (!hwo_msg_parse(hdr, sizeof(expire), policy, COUNT, attrs))
	{
		return FALSE;
	}
	memcpy(&expire, mnl_nlmsg_get_payload(hdr), sizeof(expire));
	*sa = (hwo_sad_sa_t){
		.id = {
			.spi = expire.state.id.spi,
			.proto = expire.state.id.proto,
			.mark = hwo_xfrm_get_mark(attrs[MARK]),
			.if_id = hwo_xfrm_get_u32(attrs[IF_ID], 0),
		},
		.reqid = expire.state.reqid,
	};
	return expire.hard &&
		   hwo_xfrm_get_addr(expire.state.family, &expire.state.saddr,
							 &sa->id.src) &&
		   hwo_xfrm_get_addr(expire.state.family, &expire.state.id.daddr,
							 &sa->id.dst);
}

/**
 * Decode XFRM_MSG_NEWSA, UPDSA and DELSA.
 */
static bool decode_sa(const struct nlmsghdr *hdr, hwo_sad_sa_t *sa)
{
	hwo_sa_state_t state;

	if (!hwo_xfrm_decode_sa(hdr, &state))
	{
		return FALSE;
	}
	*sa = (hwo_sad_sa_t){
		.id = state.id,
		.reqid = state.reqid,
		.packet = state.offload.mode == HWO_MODE_PACKET,
		.larval = state.larval,
	};
	return TRUE;
}

bool hwo_xfrm_decode_sad_event(const struct nlmsghdr *hdr,
							   hwo_sad_event_t *event, hwo_sad_sa_t *sa)
{
	switch (hdr->nlmsg_type)
	{
		case XFRM_MSG_NEWSA:
			*event = HWO_SAD_ADDED;
			return decode_sa(hdr, sa);
		case XFRM_MSG_UPDSA:
			*event = HWO_SAD_UPDATED;
			return decode_sa(hdr, sa);
		case XFRM_MSG_ACQUIRE:
			*event = HWO_SAD_ADDED;
			return decode_acquire(hdr, sa);
		case XFRM_MSG_DELSA:
			*event = HWO_SAD_REMOVED;
			return decode_sa(hdr, sa);
		case XFRM_MSG_EXPIRE:
			*event = HWO_SAD_REMOVED;
			return decode_expire(hdr, sa);
		case XFRM_MSG_FLUSHSA:
		case XFRM_MSG_MIGRATE:
		case HWO_XFRM_MSG_MIGRATE_STATE:
			*event = HWO_SAD_CHANGED;
			return TRUE;
		default:
			return FALSE;
	}
}
