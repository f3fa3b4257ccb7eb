/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Attributes that XFRM messages of different kinds have in common.
 */

#include "xfrm_attr.h"
#include "uapi.h"

#include <libmnl/libmnl.h>

void hwo_xfrm_put_lookup(hwo_msg_t *msg, mark_t mark, uint32_t if_id)
{
	struct xfrm_mark lookup = {
		.v = mark.value,
		.m = mark.mask,
	};

	if (mark.value || mark.mask)
	{
		hwo_msg_put(msg, XFRMA_MARK, &lookup, sizeof(lookup));
	}
	if (if_id)
	{
		hwo_msg_put_u32(msg, XFRMA_IF_ID, if_id);
	}
}

void hwo_xfrm_put_label(hwo_msg_t *msg, chunk_t label)
{
	struct xfrm_user_sec_ctx *ctx;
	size_t len = sizeof(*ctx) + label.len;

	if (!label.len)
	{
		return;
	}
	ctx = hwo_msg_put(msg, XFRMA_SEC_CTX, NULL, len);
	if (ctx)
	{
		/* the kernel compares these with the attribute's own header */
		ctx->len = len;
		ctx->exttype = XFRMA_SEC_CTX;
		ctx->ctx_doi = XFRM_SC_DOI_LSM;
		ctx->ctx_alg = XFRM_SC_ALG_SELINUX;
		ctx->ctx_len = label.len;
		memcpy(ctx + 1, label.ptr, label.len);
	}
}

void hwo_xfrm_put_offload(hwo_msg_t *msg, const hwo_offload_t *offload,
						  uint8_t flags)
{
	struct xfrm_user_offload *out;

	if (offload->mode == HWO_MODE_NONE)
	{
		return;
	}
	out = hwo_msg_put(msg, XFRMA_OFFLOAD_DEV, NULL, sizeof(*out));
	if (out)
	{
		out->ifindex = offload->ifindex;
		out->flags = flags;
		if (offload->mode == HWO_MODE_PACKET)
		{
			out->flags |= XFRM_OFFLOAD_PACKET;
		}
	}
}

mark_t hwo_xfrm_get_mark(const struct nlattr *attr)
{
	const struct xfrm_mark *mark;

	if (!attr)
	{
		return (mark_t){};
	}
	mark = mnl_attr_get_payload(attr);
	return (mark_t){ .value = mark->v, .mask = mark->m };
}

uint32_t hwo_xfrm_get_u32(const struct nlattr *attr, uint32_t def)
{
	return attr ? mnl_attr_get_u32(attr) : def;
}

hwo_offload_t hwo_xfrm_get_offload(const struct nlattr *attr)
{
	const struct xfrm_user_offload *offload;

	if (!attr)
	{
		return (hwo_offload_t){ .mode = HWO_MODE_NONE };
	}
	offload = mnl_attr_get_payload(attr);
	return (hwo_offload_t){
		.mode = offload->flags & XFRM_OFFLOAD_PACKET ? HWO_MODE_PACKET
													 : HWO_MODE_CRYPTO,
		.ifindex = offload->ifindex,
	};
}

bool hwo_xfrm_get_label(const struct nlattr *attr, chunk_t *label)
{
	const struct xfrm_user_sec_ctx *ctx;

	*label = (chunk_t){};
	if (!attr)
	{
		return TRUE;
	}
	ctx = mnl_attr_get_payload(attr);
	if (ctx->ctx_len > mnl_attr_get_payload_len(attr) - sizeof(*ctx))
	{
		return FALSE;
	}
	if (ctx->ctx_doi == XFRM_SC_DOI_LSM && ctx->ctx_alg == XFRM_SC_ALG_SELINUX)
	{
		*label = chunk_create((u_char*)(ctx + 1), ctx->ctx_len);
	}
	return TRUE;
}
