/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_attempts sa_attempts
 * @{ @ingroup hwo_service
 *
 * Runs the steps of an offload plan for one SA against the kernel: sends the
 * request for a step, settles what happened if the answer was lost, and reads
 * back what the kernel made of crypto offload, as it turns that into software
 * without a word.
 *
 * An SA is live from the moment the kernel accepts it: it may send packets
 * before it is read back. So one that is taken away again is deleted with its
 * last state, and only that state goes on in the next step. Without it, no step
 * is left: the key is finished.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_SA_ATTEMPTS_H_
#define HWO_SA_ATTEMPTS_H_

#include "sa_last_state.h"
#include "../../io/nl_exchange.h"
#include "../../model/state/device_history.h"
#include "../../wire/xfrm_move.h"

typedef struct hwo_sa_attempts_t hwo_sa_attempts_t;

/**
 * Encode the request that installs an SA with a key that was not used yet.
 *
 * @param msg			[out] message
 * @param offload		offload to ask for
 * @param update		TRUE to replace the larval SA of its SPI
 * @return				FALSE if it can't be encoded
 */
typedef bool (*hwo_sa_encode_t)(void *data, hwo_msg_t *msg,
								const hwo_offload_t *offload, bool update);

/**
 * An SA on its way up or down.
 */
struct hwo_sa_attempts_t {
	/** exchange with XFRM */
	nl_exchange_t *xfrm;
	/** opens transports for notifications */
	const hwo_listener_t *listener;
	/** what devices said before */
	device_history_t *history;
	/** encodes requests, not used if the SA goes on from its last state */
	hwo_sa_encode_t encode;
	/** passed to encode */
	void *data;
	/** identity of the SA */
	hwo_sa_id_t id;
	/** form in which it goes on from its last state */
	hwo_sa_move_t form;
	/** TRUE as long as there is a larval SA to be replaced */
	bool update;
	/** TRUE if packets that find no SA leave a larval one in its place, as
	 * their SP names its SPI. */
	bool acquired;
	/** TRUE if it has limits in bytes */
	bool has_bytes;
	/** [out] TRUE if the device refuses limits in bytes, to be left out */
	bool no_bytes;
	/** steps to try */
	hwo_plan_t plan;
	/** [in,out] last state, which holds keys, and whether it goes on from it */
	hwo_sa_last_state_t *last;
	bool resumed;
	/** [out] TRUE if it was accepted, or may have been, and is gone without its
	 * last state. */
	bool finished;
	/** [in,out] what came of them, without why not in crypto mode; no reason if
	 * it failed in a way that has nothing to do with offload. */
	hwo_outcome_t outcome;
	/** [in,out] the same for each mode that was tried, indexed by hwo_mode_t */
	hwo_refusal_t refused[HWO_MAX_STEPS];
	/** [out] outcome of the last attempt */
	hwo_result_t result;
};

/**
 * Run the steps until one succeeds, or one fails in a way that leaves no other.
 *
 * @param attempts		attempts
 * @return				FALSE if the SA is not installed
 */
bool hwo_sa_attempts_run(hwo_sa_attempts_t *attempts);

/**
 * Ask the kernel about an SA.
 *
 * @param state			[out] what it says
 */
void hwo_sa_get(nl_exchange_t *xfrm, const hwo_sa_id_t *id,
				hwo_sa_state_t *state, hwo_result_t *result);

/**
 * Remove an SA from the kernel.
 */
void hwo_sa_delete(nl_exchange_t *xfrm, const hwo_sa_id_t *id,
				   hwo_result_t *result);

#endif /** HWO_SA_ATTEMPTS_H_ @}*/
