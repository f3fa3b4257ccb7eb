/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * XFRM messages about SPs, the SPD and policies of sockets.
 */

#include "xfrm_sp.h"
#include "uapi.h"
#include "xfrm_attr.h"
#include "xfrm_map.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <libmnl/libmnl.h>

/**
 * Fill in what all SPs have in common: they don't expire, only their SAs do.
 */
static void fill_unlimited(struct xfrm_userpolicy_info *info)
{
	const hwo_limits_t none = {};

	hwo_xfrm_put_limits(&none, &info->lft);
	info->share = XFRM_SHARE_ANY;
}

/**
 * Get XFRM_POLICY_IN, OUT or FWD of a direction.
 */
static uint8_t put_dir(policy_dir_t dir)
{
	switch (dir)
	{
		case POLICY_IN:
			return XFRM_POLICY_IN;
		case POLICY_OUT:
			return XFRM_POLICY_OUT;
		case POLICY_FWD:
			return XFRM_POLICY_FWD;
	}
	return XFRM_POLICY_MAX;
}

/**
 * Fill in a template. The algorithms of the SA are not its business, the
 * kernel wants all of them allowed.
 */
static void fill_tmpl(const hwo_tmpl_t *tmpl, struct xfrm_user_tmpl *out)
{
	hwo_xfrm_put_addr(&tmpl->src, &out->saddr);
	hwo_xfrm_put_addr(&tmpl->dst, &out->id.daddr);
	out->id.spi = tmpl->spi;
	out->id.proto = tmpl->proto;
	out->family = tmpl->family;
	out->reqid = tmpl->reqid;
	out->mode = hwo_xfrm_mode(tmpl->mode);
	out->share = XFRM_SHARE_ANY;
	out->optional = tmpl->optional;
	out->aalgos = out->ealgos = out->calgos = ~0U;
}

/**
 * Append all templates, in one attribute.
 */
static void put_tmpls(hwo_msg_t *msg, const hwo_sp_t *sp)
{
	struct xfrm_user_tmpl *out;
	int i;

	if (sp->tmpl_count <= 0)
	{
		return;
	}
	if (sp->tmpl_count > HWO_MAX_TMPLS)
	{
		msg->overflow = TRUE;
		return;
	}
	out = hwo_msg_put(msg, XFRMA_TMPL, NULL, sp->tmpl_count * sizeof(*out));
	for (i = 0; out && i < sp->tmpl_count; i++)
	{
		fill_tmpl(&sp->tmpl[i], &out[i]);
	}
}

/**
 * Append the parts of an identity that are attributes.
 */
static void put_id(hwo_msg_t *msg, const hwo_sp_id_t *id)
{
	hwo_xfrm_put_lookup(msg, id->mark, id->if_id);
	hwo_xfrm_put_label(msg, id->label);
}

bool hwo_xfrm_encode_sp(hwo_msg_t *msg, const hwo_sp_t *sp,
						const hwo_offload_t *offload, bool update)
{
	struct xfrm_userpolicy_info *info;

	info = hwo_msg_begin(msg, update ? XFRM_MSG_UPDPOLICY : XFRM_MSG_NEWPOLICY,
						 NLM_F_ACK, sizeof(*info));
	msg->request.kind = HWO_REQUEST_ADD_SP;
	msg->request.sp = sp->id;
	fill_unlimited(info);
	hwo_xfrm_put_selector(&sp->id.sel, &info->sel);
	info->dir = put_dir(sp->id.dir);
	info->priority = sp->priority;
	info->action = sp->block ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
	info->flags = (sp->icmp ? XFRM_POLICY_ICMP : 0) |
				  (sp->cpu_acquire ? XFRM_POLICY_CPU_ACQUIRE : 0);
	put_tmpls(msg, sp);
	put_id(msg, &sp->id);
	hwo_xfrm_put_offload(msg, offload, 0);
	return !msg->overflow;
}

/**
 * Encode a message with struct xfrm_userpolicy_id.
 */
static bool encode_id(hwo_msg_t *msg, uint16_t type, uint16_t flags,
					  const hwo_sp_id_t *id)
{
	struct xfrm_userpolicy_id *out;

	out = hwo_msg_begin(msg, type, flags, sizeof(*out));
	hwo_xfrm_put_selector(&id->sel, &out->sel);
	out->dir = put_dir(id->dir);
	put_id(msg, id);
	return !msg->overflow;
}

bool hwo_xfrm_encode_get_sp(hwo_msg_t *msg, const hwo_sp_id_t *id)
{
	return encode_id(msg, XFRM_MSG_GETPOLICY, 0, id);
}

bool hwo_xfrm_encode_dump_sp(hwo_msg_t *msg)
{
	hwo_msg_begin(msg, XFRM_MSG_GETPOLICY, NLM_F_DUMP, 0);
	return !msg->overflow;
}

bool hwo_xfrm_encode_del_sp(hwo_msg_t *msg, const hwo_sp_id_t *id)
{
	encode_id(msg, XFRM_MSG_DELPOLICY, NLM_F_ACK, id);
	msg->request.kind = HWO_REQUEST_DEL_SP;
	msg->request.sp = *id;
	return !msg->overflow;
}

bool hwo_xfrm_encode_flush_sp(hwo_msg_t *msg)
{
	/* without XFRMA_POLICY_TYPE, main policies are meant */
	hwo_msg_begin(msg, XFRM_MSG_FLUSHPOLICY, NLM_F_ACK, 0);
	return !msg->overflow;
}

bool hwo_xfrm_is_socket_sp(const struct nlmsghdr *hdr)
{
	struct xfrm_userpolicy_info info;

	if (hdr->nlmsg_type != XFRM_MSG_NEWPOLICY ||
		mnl_nlmsg_get_payload_len(hdr) < sizeof(info))
	{
		return FALSE;
	}
	memcpy(&info, mnl_nlmsg_get_payload(hdr), sizeof(info));
	return info.dir >= XFRM_POLICY_MAX;
}

bool hwo_xfrm_decode_sp(const struct nlmsghdr *hdr, hwo_sp_state_t *state)
{
	enum { MARK, IF_ID, LABEL, OFFLOAD, TMPL, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[MARK] = HWO_POLICY_MARK,
		[IF_ID] = HWO_POLICY_IF_ID,
		[LABEL] = HWO_POLICY_LABEL,
		[OFFLOAD] = HWO_POLICY_OFFLOAD,
		[TMPL] = { XFRMA_TMPL, sizeof(struct xfrm_user_tmpl), FALSE },
	};
	const struct nlattr *attrs[COUNT];
	struct xfrm_userpolicy_info info;

	memset(state, 0, sizeof(*state));
	if ((hdr->nlmsg_type != XFRM_MSG_NEWPOLICY &&
		 hdr->nlmsg_type != XFRM_MSG_UPDPOLICY) ||
		!hwo_msg_parse(hdr, sizeof(info), policy, COUNT, attrs))
	{
		return FALSE;
	}
	/* copied, as messages in a dump are aligned to 4 bytes only */
	memcpy(&info, mnl_nlmsg_get_payload(hdr), sizeof(info));
	if (!hwo_xfrm_get_dir(info.dir, &state->id.dir) ||
		!hwo_xfrm_get_label(attrs[LABEL], &state->id.label))
	{
		return FALSE;
	}
	hwo_xfrm_get_selector(&info.sel, &state->id.sel);
	state->id.mark = hwo_xfrm_get_mark(attrs[MARK]);
	state->id.if_id = hwo_xfrm_get_u32(attrs[IF_ID], 0);
	state->priority = info.priority;
	state->block = info.action == XFRM_POLICY_BLOCK;
	state->protect = attrs[TMPL] != NULL;
	state->add_time = info.curlft.add_time;
	state->use_time = info.curlft.use_time;
	state->offload = hwo_xfrm_get_offload(attrs[OFFLOAD]);
	return TRUE;
}

bool hwo_xfrm_encode_get_spd_info(hwo_msg_t *msg)
{
	/* the header are flags that the kernel only echoes */
	hwo_msg_begin(msg, XFRM_MSG_GETSPDINFO, 0, sizeof(uint32_t));
	return !msg->overflow;
}

/**
 * Read thresholds.
 */
static hwo_spd_thresh_t get_thresh(const struct nlattr *attr)
{
	const struct xfrmu_spdhthresh *thresh = mnl_attr_get_payload(attr);

	return (hwo_spd_thresh_t){ .lbits = thresh->lbits, .rbits = thresh->rbits };
}

bool hwo_xfrm_decode_spd_info(const struct nlmsghdr *hdr,
							  hwo_spd_info_t *info)
{
	enum { V4, V6, COUNTS, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[V4] = {
			XFRMA_SPD_IPV4_HTHRESH, sizeof(struct xfrmu_spdhthresh), TRUE },
		[V6] = {
			XFRMA_SPD_IPV6_HTHRESH, sizeof(struct xfrmu_spdhthresh), TRUE },
		[COUNTS] = { XFRMA_SPD_INFO, sizeof(struct xfrmu_spdinfo), FALSE },
	};
	const struct nlattr *attrs[COUNT];
	const struct xfrmu_spdinfo *counts;

	memset(info, 0, sizeof(*info));
	if (hdr->nlmsg_type != XFRM_MSG_NEWSPDINFO ||
		!hwo_msg_parse(hdr, sizeof(uint32_t), policy, COUNT, attrs) ||
		!attrs[V4] || !attrs[V6])
	{
		return FALSE;
	}
	info->v4 = get_thresh(attrs[V4]);
	info->v6 = get_thresh(attrs[V6]);
	if (attrs[COUNTS])
	{
		counts = mnl_attr_get_payload(attrs[COUNTS]);
		info->outbound = counts->outcnt;
	}
	return TRUE;
}

const int hwo_xfrm_sp_groups[] = { XFRMNLGRP_POLICY, 0 };

bool hwo_xfrm_is_new_sp(const struct nlmsghdr *hdr, bool *added)
{
	struct xfrm_userpolicy_info info;

	if ((hdr->nlmsg_type != XFRM_MSG_NEWPOLICY &&
		 hdr->nlmsg_type != XFRM_MSG_UPDPOLICY) ||
		mnl_nlmsg_get_payload_len(hdr) < sizeof(info))
	{
		return FALSE;
	}
	memcpy(&info, mnl_nlmsg_get_payload(hdr), sizeof(info));
	*added = hdr->nlmsg_type == XFRM_MSG_NEWPOLICY &&
			 info.dir == XFRM_POLICY_OUT;
	return TRUE;
}

bool hwo_xfrm_encode_spd_thresh(hwo_msg_t *msg, const hwo_spd_thresh_t *v4,
								const hwo_spd_thresh_t *v6)
{
	const struct xfrmu_spdhthresh
		out4 = { .lbits = v4->lbits, .rbits = v4->rbits },
		out6 = { .lbits = v6->lbits, .rbits = v6->rbits };

	hwo_msg_begin(msg, XFRM_MSG_NEWSPDINFO, NLM_F_ACK, sizeof(uint32_t));
	hwo_msg_put(msg, XFRMA_SPD_IPV4_HTHRESH, &out4, sizeof(out4));
	hwo_msg_put(msg, XFRMA_SPD_IPV6_HTHRESH, &out6, sizeof(out6));
	return !msg->overflow;
}

size_t hwo_xfrm_socket_bypass(int family, policy_dir_t dir, void *buf,
							  size_t size, int *level, int *option)
{
	struct xfrm_userpolicy_info info = {
		.sel.family = family,
		.action = XFRM_POLICY_ALLOW,
		.dir = put_dir(dir),
	};

	/* sockets have no forward policies */
	if (size < sizeof(info) || (dir != POLICY_IN && dir != POLICY_OUT))
	{
		return 0;
	}
	switch (family)
	{
		case AF_INET:
			*level = IPPROTO_IP;
			*option = IP_XFRM_POLICY;
			break;
		case AF_INET6:
			*level = IPPROTO_IPV6;
			*option = IPV6_XFRM_POLICY;
			break;
		default:
			return 0;
	}
	fill_unlimited(&info);
	memcpy(buf, &info, sizeof(info));
	return sizeof(info);
}
