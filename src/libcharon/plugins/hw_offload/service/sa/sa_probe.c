/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SAs that are only to see if a device takes them.
 */

#include "sa_probe.h"
#include "sa_attempts.h"
#include "../../wire/xfrm_sa.h"
#include "../../wire/xfrm_probe.h"

#include <netinet/in.h>

#include <utils/debug.h>

/**
 * A trial.
 */
typedef struct {
	/** mode and device */
	const hwo_offload_t *offload;
	/** TRUE for an inbound SA */
	bool inbound;
	/** request that adds the SA, TRUE once it is encoded */
	hwo_msg_t msg;
	bool encoded;
	/** identity of the SA for trial */
	hwo_sa_id_t id;
} trial_t;

static bool encode(void *data, const struct nlmsghdr *hdr)
{
	trial_t *this = data;

	this->encoded = hwo_xfrm_encode_trial_sa(&this->msg, hdr, this->inbound,
											 this->offload, &this->id);
	return this->encoded;
}

static bool try_one(nl_exchange_t *xfrm, const hwo_sa_id_t *like,
					trial_t *trial, hwo_result_t *refusal)
{
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_xfrm_encode_get_sa(&msg, like);
	xfrm->query(xfrm, &msg, encode, trial, &result);
	if (result.err || !trial->encoded)
	{
		return TRUE;
	}
	xfrm->command(xfrm, &trial->msg, refusal);
	if (!refusal->err || hwo_result_lost(refusal))
	{	/* it is there, or may be, which its removal tells */
		hwo_sa_delete(xfrm, &trial->id, &result);
		if (!refusal->err || !result.err)
		{
			return TRUE;
		}
	}
	DBG2(DBG_KNL, "trial for SA %.8x failed: %s", ntohl(like->spi),
		 hwo_result_text(refusal, text));
	return !hwo_plan_is_refusal(refusal);
}

bool hwo_sa_probe(nl_exchange_t *xfrm, const hwo_child_t *child,
				  const hwo_offload_t *offload, hwo_result_t *refusal)
{
	trial_t trial = {
		.offload = offload,
	};

	if (!try_one(xfrm, &child->out.id, &trial, refusal))
	{
		return FALSE;
	}
	trial.inbound = TRUE;
	trial.encoded = FALSE;
	return !child->in.id.spi ||
		   try_one(xfrm, &child->in.id, &trial, refusal);
}
