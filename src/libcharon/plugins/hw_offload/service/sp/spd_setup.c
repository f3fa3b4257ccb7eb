/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Asks about the SPD and sets it up.
 */

#include "spd_setup.h"

#include <utils/debug.h>

static bool decode_info(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_spd_info(hdr, data);
}

int hwo_spd_get_info(nl_exchange_t *xfrm, hwo_spd_info_t *info)
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

	err = hwo_spd_get_info(xfrm, &info);
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
