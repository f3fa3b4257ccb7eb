/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Setup of the SPD.
 */

#include "spd_setup.h"

#include <arpa/inet.h>

#include <utils/debug.h>

static bool decode_info(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_spd_info(hdr, data);
}

static int get_info(nl_exchange_t *xfrm, hwo_spd_info_t *info)
{
	hwo_result_t result;
	hwo_msg_t msg;

	memset(info, 0, sizeof(*info));
	hwo_xfrm_encode_get_spd_info(&msg);
	xfrm->query(xfrm, &msg, decode_info, info, &result);
	return result.err;
}

static bool thresh_equals(const hwo_spd_thresh_t *a, const hwo_spd_thresh_t *b)
{
	return a->lbits == b->lbits && a->rbits == b->rbits;
}

int hwo_spd_setup(nl_exchange_t *xfrm, const hwo_spd_thresh_t *v4,
				  const hwo_spd_thresh_t *v6)
{
	char text[HWO_RESULT_TEXT];
	hwo_spd_info_t info;
	hwo_result_t result;
	hwo_msg_t msg;
	int err;

	err = get_info(xfrm, &info);
	if (err)
	{
		return err;
	}
	if (!thresh_equals(&info.v4, v4) || !thresh_equals(&info.v6, v6))
	{
		hwo_xfrm_encode_spd_thresh(&msg, v4, v6);
		xfrm->command(xfrm, &msg, &result);
		if (result.err)
		{
			DBG1(DBG_KNL, "unable to set spdh_thresh: %s",
				 hwo_result_text(&result, text));
		}
	}
	return 0;
}

/**
 * Describe an SP that no packet matches, its addresses are reserved.
 */
static void placeholder(u_int i, hwo_sp_t *sp)
{
	uint32_t addr = htonl(0xf0000000 + i);

	memset(sp, 0, sizeof(*sp));
	sp->id.dir = POLICY_OUT;
	sp->id.sel.family = AF_INET;
	sp->id.sel.src_prefix = sp->id.sel.dst_prefix = 32;
	memcpy(sp->id.sel.src, &addr, sizeof(addr));
	memcpy(sp->id.sel.dst, &addr, sizeof(addr));
	sp->priority = UINT32_MAX - 1;
}

void hwo_spd_reserve(nl_exchange_t *xfrm, u_int count)
{
	const hwo_offload_t none = {};
	hwo_result_t result = {};
	hwo_spd_info_t info;
	hwo_msg_t msg;
	hwo_sp_t sp;
	u_int i;

	/* it has grown for those that are there */
	if (!get_info(xfrm, &info))
	{
		count -= min(count, info.outbound);
	}
	for (i = 0; i < count && !result.err; i++)
	{
		placeholder(i, &sp);
		hwo_xfrm_encode_sp(&msg, &sp, &none, TRUE);
		xfrm->command(xfrm, &msg, &result);
	}
	if (result.err)
	{
		DBG1(DBG_KNL, "unable to make room for policies: %s",
			 strerror(result.err));
	}
	while (i--)
	{
		placeholder(i, &sp);
		hwo_xfrm_encode_del_sp(&msg, &sp.id);
		xfrm->command(xfrm, &msg, &result);
	}
}
