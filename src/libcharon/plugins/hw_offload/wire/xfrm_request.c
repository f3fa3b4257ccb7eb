/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Decoder for our own requests.
 */

#include "xfrm_request.h"
#include "xfrm_attr.h"
#include "xfrm_map.h"
#include "xfrm_sp.h"

#include <libmnl/libmnl.h>

/**
 * Get the SA that is added. Less strict than the decoder for what the kernel
 * says, as requests have large replay windows without the window itself.
 */
static bool decode_add_sa(const struct nlmsghdr *hdr, hwo_sa_id_t *id)
{
	enum { MARK, IF_ID, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[MARK] = HWO_POLICY_MARK,
		[IF_ID] = HWO_POLICY_IF_ID,
	};
	const struct nlattr *attrs[COUNT];
	struct xfrm_usersa_info info;

	if (!hwo_msg_parse(hdr, sizeof(info), policy, COUNT, attrs))
	{
		return FALSE;
	}
	memcpy(&info, mnl_nlmsg_get_payload(hdr), sizeof(info));
	if (!hwo_xfrm_get_addr(info.family, &info.saddr, &id->src) ||
		!hwo_xfrm_get_addr(info.family, &info.id.daddr, &id->dst))
	{
		return FALSE;
	}
	id->spi = info.id.spi;
	id->proto = info.id.proto;
	id->mark = hwo_xfrm_get_mark(attrs[MARK]);
	id->if_id = hwo_xfrm_get_u32(attrs[IF_ID], 0);
	return TRUE;
}

/**
 * Get the SA that is removed.
 */
static bool decode_del_sa(const struct nlmsghdr *hdr, hwo_sa_id_t *id)
{
	static const hwo_attr_policy_t policy[] = { HWO_POLICY_MARK };
	const struct nlattr *attrs[countof(policy)];
	struct xfrm_usersa_id info;

	if (!hwo_msg_parse(hdr, sizeof(info), policy, countof(policy), attrs))
	{
		return FALSE;
	}
	memcpy(&info, mnl_nlmsg_get_payload(hdr), sizeof(info));
	if (!hwo_xfrm_get_addr(info.family, &info.daddr, &id->dst))
	{
		return FALSE;
	}
	id->spi = info.spi;
	id->proto = info.proto;
	id->mark = hwo_xfrm_get_mark(attrs[0]);
	return TRUE;
}

/**
 * Get the SP that is added.
 */
static bool decode_add_sp(const struct nlmsghdr *hdr, hwo_sp_id_t *id)
{
	hwo_sp_state_t state;

	if (!hwo_xfrm_decode_sp(hdr, &state))
	{
		return FALSE;
	}
	*id = state.id;
	return TRUE;
}

/**
 * Get the SP that is removed.
 */
static bool decode_del_sp(const struct nlmsghdr *hdr, hwo_sp_id_t *id)
{
	enum { MARK, IF_ID, LABEL, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[MARK] = HWO_POLICY_MARK,
		[IF_ID] = HWO_POLICY_IF_ID,
		[LABEL] = HWO_POLICY_LABEL,
	};
	const struct nlattr *attrs[COUNT];
	struct xfrm_userpolicy_id info;

	if (!hwo_msg_parse(hdr, sizeof(info), policy, COUNT, attrs))
	{
		return FALSE;
	}
	memcpy(&info, mnl_nlmsg_get_payload(hdr), sizeof(info));
	if (!hwo_xfrm_get_dir(info.dir, &id->dir) ||
		!hwo_xfrm_get_label(attrs[LABEL], &id->label))
	{
		return FALSE;
	}
	hwo_xfrm_get_selector(&info.sel, &id->sel);
	id->mark = hwo_xfrm_get_mark(attrs[MARK]);
	id->if_id = hwo_xfrm_get_u32(attrs[IF_ID], 0);
	return TRUE;
}

void hwo_xfrm_decode_request(const struct nlmsghdr *hdr, hwo_request_t *request)
{
	hwo_request_kind_t kind = HWO_REQUEST_OTHER;

	memset(request, 0, sizeof(*request));
	switch (hdr->nlmsg_type)
	{
		case XFRM_MSG_NEWSA:
		case XFRM_MSG_UPDSA:
			if (decode_add_sa(hdr, &request->sa))
			{
				kind = HWO_REQUEST_ADD_SA;
			}
			break;
		case XFRM_MSG_DELSA:
			if (decode_del_sa(hdr, &request->sa))
			{
				kind = HWO_REQUEST_DEL_SA;
			}
			break;
		case XFRM_MSG_NEWPOLICY:
		case XFRM_MSG_UPDPOLICY:
			if (decode_add_sp(hdr, &request->sp))
			{
				kind = HWO_REQUEST_ADD_SP;
			}
			break;
		case XFRM_MSG_DELPOLICY:
			if (decode_del_sp(hdr, &request->sp))
			{
				kind = HWO_REQUEST_DEL_SP;
			}
			break;
		default:
			break;
	}
	request->kind = kind;
}
