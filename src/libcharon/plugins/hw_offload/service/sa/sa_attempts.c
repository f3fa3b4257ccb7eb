/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Take the steps of a plan, one after the other.
 */

#include "sa_attempts.h"
#include "../../wire/xfrm_sa.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include <utils/debug.h>

static bool decode_sa(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_sa(hdr, data);
}

void hwo_sa_get(nl_exchange_t *xfrm, const hwo_sa_id_t *id,
				hwo_sa_state_t *state, hwo_result_t *result)
{
	hwo_msg_t msg;

	memset(state, 0, sizeof(*state));
	hwo_xfrm_encode_get_sa(&msg, id);
	xfrm->query(xfrm, &msg, decode_sa, state, result);
}

void hwo_sa_delete(nl_exchange_t *xfrm, const hwo_sa_id_t *id,
				   hwo_result_t *result)
{
	hwo_msg_t msg;

	hwo_xfrm_encode_del_sa(&msg, id);
	xfrm->command(xfrm, &msg, result);
}

static bool encode(hwo_sa_attempts_t *this, hwo_msg_t *msg,
				   const hwo_offload_t *offload)
{
	if (this->resumed)
	{
		return hwo_xfrm_encode_moved_sa(msg, &this->last->hdr, &this->form,
										offload, this->update);
	}
	return this->encode(this->data, msg, offload, this->update);
}

static void send_request(hwo_sa_attempts_t *this, const hwo_offload_t *offload)
{
	hwo_msg_t msg;

	if (!encode(this, &msg, offload))
	{	/* refused by the exchange, without sending it */
		msg.overflow = TRUE;
	}
	this->xfrm->command(this->xfrm, &msg, &this->result);
}

/**
 * If what has the identity of the SA is not larval, it is that of another peer
 * behind the same address, who has chosen the same SPI.
 */
static bool is_larval(hwo_sa_attempts_t *this)
{
	hwo_sa_state_t state;
	hwo_result_t result;

	hwo_sa_get(this->xfrm, &this->id, &state, &result);
	return !result.err && state.larval;
}

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
	else if (this->result.err == EEXIST && this->acquired && !this->update &&
			 is_larval(this))
	{
		DBG2(DBG_KNL, "a packet came before SA %.8x, replacing its larval SA",
			 ntohl(this->id.spi));
		this->update = TRUE;
		send_request(this, &offload);
	}
	this->outcome.effective = offload;
}

/**
 * Ask the kernel about the SA, again if its answer was lost.
 */
static void get_state(hwo_sa_attempts_t *this, hwo_sa_state_t *state,
					  hwo_result_t *result)
{
	hwo_sa_get(this->xfrm, &this->id, state, result);
	if (hwo_result_lost(result))
	{
		hwo_sa_get(this->xfrm, &this->id, state, result);
	}
}

/**
 * Find out if the kernel has the SA, after an answer was lost. There is at most
 * one with this identity: ours, that of another peer behind the same address,
 * or a larval one. The latter has no reqid if only its SPI is allocated, but
 * ours if a packet left it whose SP names the SPI.
 *
 * @param result		[out] outcome of the query, lost if that is not known
 */
static bool is_there(hwo_sa_attempts_t *this, hwo_result_t *result)
{
	hwo_sa_state_t state;

	get_state(this, &state, result);
	if (!result->err && !state.larval && state.reqid == this->form.reqid)
	{
		this->result = *result;
		this->outcome.effective = state.offload;
		return TRUE;
	}
	return FALSE;
}

/**
 * Take the SA away again, which was accepted, or may have been. It may have
 * sent packets, so only its last state may go on; that is not known after
 * packet mode, where the NIC counts.
 *
 * @param mode			mode it was accepted for
 * @return				FALSE if it was not there
 */
static bool withdraw(hwo_sa_attempts_t *this, hwo_mode_t mode)
{
	hwo_sa_last_state_t last;
	hwo_result_t ignored;
	int err;

	err = hwo_sa_delete_last_state(this->xfrm, this->listener, &this->id,
								   &last);
	if (!err && mode != HWO_MODE_PACKET)
	{
		memcpy(this->last, &last, sizeof(last));
		this->resumed = TRUE;
		this->update = FALSE;
	}
	else if (err != ESRCH)
	{
		DBG1(DBG_KNL, "lost the state of SA %.8x, its key is finished",
			 ntohl(this->id.spi));
		this->finished = TRUE;
		if (err && err != ENODATA)
		{
			hwo_sa_delete(this->xfrm, &this->id, &ignored);
		}
	}
	memwipe(&last, sizeof(last));
	return err != ESRCH;
}

/**
 * Keep what was said to a mode.
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
 * Compare what was accepted with what the kernel says about it, take the SA
 * away again if that is not good enough.
 */
static hwo_verdict_t read_back(hwo_sa_attempts_t *this, int step)
{
	hwo_verdict_t verdict;
	hwo_reason_t reason = HWO_REASON_NONE;
	hwo_sa_state_t state;
	hwo_result_t result;

	get_state(this, &state, &result);
	verdict = this->plan.strict ? HWO_VERDICT_FAIL : HWO_VERDICT_NEXT;
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
	this->result = result;
	if (!withdraw(this, HWO_MODE_CRYPTO))
	{	/* it is gone already, e.g. with its device */
		this->finished = TRUE;
	}
	return this->finished ? HWO_VERDICT_FAIL : verdict;
}

/**
 * Send the request for one step until it is known what became of it. That can't
 * be told for outbound SAs that are not there: it may have been accepted, have
 * sent packets, and be gone already, e.g. with its link. If it was requested
 * again, its numbers would begin anew under the same key.
 */
static void send_settled(hwo_sa_attempts_t *this, hwo_mode_t mode)
{
	hwo_result_t result;

	send_step(this, mode);
	if (!hwo_result_lost(&this->result) || is_there(this, &result))
	{
		return;
	}
	if (this->form.inbound)
	{	/* not executed, so it was no answer to this mode: once more. Or it was,
		 * and what was asked about it was lost, too, then it exists: the driver
		 * may refuse another one before the kernel sees that */
		send_step(this, mode);
		if (!this->result.err || is_there(this, &result))
		{
			return;
		}
	}
	this->finished = !this->form.inbound;
	if (result.err && result.err != ESRCH)
	{	/* nobody knows, so it must not stay. What the kernel does tell about is
		 * not ours */
		withdraw(this, mode);
	}
}

/**
 * The same, once more if the driver was busy.
 */
static void send_again(hwo_sa_attempts_t *this, hwo_mode_t mode)
{
	device_history_t *history = this->history;
	uint32_t nic = this->plan.ifindex;

	send_settled(this, mode);
	if (mode != HWO_MODE_NONE &&
		history->is_busy(history, nic, &this->result, FALSE,
						 time_monotonic(NULL)))
	{
		usleep(HWO_BUSY_DELAY * 1000);
		send_settled(this, mode);
		history->is_busy(history, nic, &this->result, TRUE,
						 time_monotonic(NULL));
	}
}

static hwo_verdict_t try_step(hwo_sa_attempts_t *this, int step)
{
	hwo_mode_t mode = this->plan.step[step];
	hwo_verdict_t verdict;

	send_again(this, mode);
	if (mode == HWO_MODE_PACKET && this->has_bytes &&
		hwo_plan_is_refusal(&this->result))
	{	/* most NICs don't count bytes, which is no reason for another mode */
		this->no_bytes = TRUE;
		send_again(this, mode);
		this->no_bytes = !this->result.err;
	}
	if (this->finished)
	{
		return HWO_VERDICT_FAIL;
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
 * Reason that crypto mode was no step; or if that is what it got, that it is
 * not in effect for all packets.
 */
static hwo_reason_t why_not_crypto(hwo_sa_attempts_t *this,
								   hwo_verdict_t verdict)
{
	if (verdict == HWO_VERDICT_DONE &&
		this->outcome.effective.mode == HWO_MODE_CRYPTO)
	{
		return this->plan.others;
	}
	return this->plan.skipped[HWO_MODE_CRYPTO];
}

/**
 * Check if a failure has nothing to do with offload: the software step decides,
 * and some errors are the same in any mode.
 */
static bool fails_anyway(hwo_sa_attempts_t *this, int step)
{
	return step < this->plan.count &&
		   (this->plan.step[step] == HWO_MODE_NONE ||
			!hwo_plan_is_refusal(&this->result));
}

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
