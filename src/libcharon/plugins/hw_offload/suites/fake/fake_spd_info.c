/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Answers what the fake kernel's SPD is like as a whole (net/xfrm/xfrm_user.c).
 */

#include "fake_private.h"

#include <errno.h>

/**
 * Count the SPs of a direction.
 */
static uint32_t count_sps(fake_kernel_t *this, uint8_t dir)
{
	enumerator_t *enumerator;
	uint32_t count = 0;
	fake_sp_t *sp;

	enumerator = this->sps->create_enumerator(this->sps);
	while (enumerator->enumerate(enumerator, &sp))
	{
		count += sp->info.dir == dir;
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * Execute GETSPDINFO.
 */
int fake_spd_get_info(fake_request_t *request)
{
	const uint8_t (*thresh)[2] = request->kernel->thresh;
	struct xfrmu_spdhthresh v4 = {
		.lbits = thresh[0][0],
		.rbits = thresh[0][1],
	}, v6 = {
		.lbits = thresh[1][0],
		.rbits = thresh[1][1],
	};
	struct xfrmu_spdinfo info = {
		.incnt = count_sps(request->kernel, XFRM_POLICY_IN),
		.outcnt = count_sps(request->kernel, XFRM_POLICY_OUT),
		.fwdcnt = count_sps(request->kernel, XFRM_POLICY_FWD),
	};
	uint32_t flags = 0;
	chunk_t msg;

	msg = fake_msg_begin(XFRM_MSG_NEWSPDINFO, 0, request->hdr->nlmsg_seq,
						 &flags, sizeof(flags));
	fake_msg_attr(&msg, XFRMA_SPD_INFO, &info, sizeof(info));
	fake_msg_attr(&msg, XFRMA_SPD_IPV4_HTHRESH, &v4, sizeof(v4));
	fake_msg_attr(&msg, XFRMA_SPD_IPV6_HTHRESH, &v6, sizeof(v6));
	fake_answer(request, msg);
	return 0;
}

/**
 * Execute NEWSPDINFO.
 */
int fake_spd_set_info(fake_request_t *request)
{
	static const int types[] = {
		XFRMA_SPD_IPV4_HTHRESH, XFRMA_SPD_IPV6_HTHRESH,
	};
	static const uint8_t limit[] = { 32, 128 };
	struct xfrmu_spdhthresh thresh;
	int i;

	for (i = 0; i < countof(types); i++)
	{
		if (!request->tb[types[i]])
		{
			continue;
		}
		if (fake_attr_len(request->tb[types[i]]) < sizeof(thresh))
		{
			return ERANGE;
		}
		memcpy(&thresh, fake_attr_data(request->tb[types[i]]),
			   sizeof(thresh));
		if (thresh.lbits > limit[i] || thresh.rbits > limit[i])
		{
			return refuse(request, EINVAL,
						  "Invalid hash threshold (must be <= 32 or 128)");
		}
		request->kernel->thresh[i][0] = thresh.lbits;
		request->kernel->thresh[i][1] = thresh.rbits;
		fake_chains_rebuild(request->kernel);
	}
	return 0;
}
