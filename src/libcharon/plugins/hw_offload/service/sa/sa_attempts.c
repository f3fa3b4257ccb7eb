/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Steps of a plan, one after the other.
 */

#include "sa_attempts.h"
#include "../../wire/xfrm_sa.h"

#include <errno.h>
#include <netinet/in.h>

#include <utils/debug.h>

/**
 * Callback for replies that describe one SA
 */
static bool decode_sa(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_sa(hdr, data);
}

/*
 * Described in header
 */
void hwo_sa_get(nl_exchange_t *xfrm, const hwo_sa_id_t *id,
				hwo_sa_state_t *state, hwo_result_t *result)
{
	hwo_msg_t msg;

	memset(state, 0, sizeof(*state));
	hwo_xfrm_encode_get_sa(&msg, id);
	xfrm->query(xfrm, &msg, decode_sa, state, result);
}

/*
 * Described in header
 */
void hwo_sa_delete(nl_exchange_t *xfrm, const hwo_sa_id_t *id,
				   hwo_result_t *result)
{
	hwo_msg_t msg;

	hwo_xfrm_encode_del_sa(&msg, id);
	xfrm->command(xfrm, &msg, result);
}

/**
 * Send the request for an offload
 */
static void send_request(hwo_sa_attempts_t *this, const hwo_offload_t *offload)
{
	hwo_msg_t msg;

	if (!this->encode(this->data, &msg, offload, this->update))
	{	/* refused by the exchange, without sending it */
		msg.overflow = TRUE;
	}
	this->xfrm->command(this->xfrm, &msg, &this->result);
}

/**
 * Send the request for one step
 */
static void send_step(hwo_sa_attempts_t *this, hwo_mode_t mode)
{
	hwo_offload_t offload = {
		.mode = mode,
		.ifindex = mode == HWO_MODE_NONE ? 0 : this->plan.ifindex,
	};

	send_request(this, &offload);
	if (this->result.err == ESRCH && this->update)
	{	/* the larval SA expired meanwhile, same mode without it */
		DBG2(DBG_KNL, "allocated SPI %.8x not found anymore, adding the SA",
			 ntohl(this->id.spi));
		this->update = FALSE;
		send_request(this, &offload);
	}
	else if (this->result.err == EEXIST && this->acquired && !this->update)
	{
		DBG2(DBG_KNL, "a packet came before SA %.8x, replacing its larval SA",
			 ntohl(this->id.spi));
		this->update = TRUE;
		send_request(this, &offload);
	}
	this->outcome.effective = offload;
}

/**
 * Find out what the kernel did when its answer was lost. There is at most one
 * SA with this identity: ours, or a larval one. The latter has no reqid if only
 * its SPI is allocated, but ours if a packet left it whose SP names the SPI.
 */
static bool settle_lost_answer(hwo_sa_attempts_t *this)
{
	hwo_sa_state_t state;
	hwo_result_t result;

	hwo_sa_get(this->xfrm, &this->id, &state, &result);
	if (!result.err && !state.larval && state.reqid == this->reqid)
	{
		this->result = result;
		this->outcome.effective = state.offload;
		return TRUE;
	}
	return FALSE;
}

/**
 * Keep what was said to a mode
 */
static void note_refusal(hwo_sa_attempts_t *this, hwo_mode_t mode,
						 hwo_reason_t reason)
{
	this->refused[mode] = (hwo_refusal_t){
		.reason = reason,
		.result = this->result,
	};
}

/**
 * Compare what was accepted with what the kernel says about it, remove the SA
 * if that is not good enough
 */
static hwo_verdict_t read_back(hwo_sa_attempts_t *this, int step)
{
	hwo_verdict_t verdict = HWO_VERDICT_FAIL;
	hwo_reason_t reason = HWO_REASON_NONE;
	hwo_sa_state_t state;
	hwo_result_t result, ignored;

	hwo_sa_get(this->xfrm, &this->id, &state, &result);
	if (!result.err)
	{
		verdict = hwo_plan_readback(&this->plan, step, &state.offload, &reason);
		result.err = EOPNOTSUPP;
	}
	if (reason != HWO_REASON_NONE)
	{
		this->outcome.why.reason = reason;
		this->outcome.why.result = this->result;
		note_refusal(this, HWO_MODE_CRYPTO, reason);
	}
	if (verdict == HWO_VERDICT_DONE)
	{
		this->outcome.effective = state.offload;
		return verdict;
	}
	hwo_sa_delete(this->xfrm, &this->id, &ignored);
	this->update = FALSE;
	this->result = result;
	return verdict;
}

/**
 * Send the request for one step until there is an answer to it
 */
static void send_settled(hwo_sa_attempts_t *this, hwo_mode_t mode)
{
	send_step(this, mode);
	if (hwo_result_lost(&this->result) && !settle_lost_answer(this))
	{	/* not executed, so it was no answer to this mode: once more */
		send_step(this, mode);
	}
}

/**
 * Try one step
 */
static hwo_verdict_t try_step(hwo_sa_attempts_t *this, int step)
{
	hwo_mode_t mode = this->plan.step[step];
	hwo_verdict_t verdict;

	send_settled(this, mode);
	if (mode == HWO_MODE_PACKET && this->has_bytes &&
		hwo_plan_is_refusal(&this->result))
	{	/* most NICs don't count bytes, which is no reason for another mode */
		this->no_bytes = TRUE;
		send_settled(this, mode);
		this->no_bytes = !this->result.err;
	}
	verdict = hwo_plan_verdict(&this->plan, step, &this->result);
	if (verdict == HWO_VERDICT_DONE && mode == HWO_MODE_CRYPTO)
	{
		return read_back(this, step);
	}
	if (hwo_plan_is_refusal(&this->result) && mode != HWO_MODE_NONE)
	{
		note_refusal(this, mode, HWO_REASON_DRIVER_REFUSED);
		if (this->outcome.why.reason == HWO_REASON_NONE)
		{
			this->outcome.why.reason = HWO_REASON_DRIVER_REFUSED;
			this->outcome.why.result = this->result;
		}
	}
	return verdict;
}

/**
 * Reason that crypto mode was no step, unless that is what it got
 */
static hwo_reason_t why_not_crypto(hwo_sa_attempts_t *this,
								   hwo_verdict_t verdict)
{
	if (verdict == HWO_VERDICT_DONE &&
		this->outcome.effective.mode == HWO_MODE_CRYPTO)
	{
		return HWO_REASON_NONE;
	}
	return this->plan.skipped[HWO_MODE_CRYPTO];
}

/**
 * Check if a failure has nothing to do with offload: the software step decides,
 * and some errors are the same in any mode
 */
static bool fails_anyway(hwo_sa_attempts_t *this, int step)
{
	return step < this->plan.count &&
		   (this->plan.step[step] == HWO_MODE_NONE ||
			!hwo_plan_is_refusal(&this->result));
}

/*
 * Described in header
 */
bool hwo_sa_attempts_run(hwo_sa_attempts_t *this)
{
	hwo_verdict_t verdict = HWO_VERDICT_FAIL;
	int step;

	this->result = (hwo_result_t){
		.err = EOPNOTSUPP,
	};
	for (step = 0; step < this->plan.count; step++)
	{
		verdict = try_step(this, step);
		if (verdict != HWO_VERDICT_NEXT)
		{
			break;
		}
	}
	if (verdict == HWO_VERDICT_DONE &&
		this->outcome.effective.mode == HWO_MODE_PACKET)
	{	/* nothing is better */
		this->outcome.why.reason = HWO_REASON_NONE;
	}
	else if (verdict == HWO_VERDICT_FAIL && fails_anyway(this, step))
	{
		this->outcome.why.reason = HWO_REASON_NONE;
		memset(&this->outcome.why.result, 0, sizeof(this->outcome.why.result));
	}
	else if (this->outcome.why.reason == HWO_REASON_NONE)
	{
		this->outcome.why.reason = why_not_crypto(this, verdict);
	}
	return verdict == HWO_VERDICT_DONE;
}
