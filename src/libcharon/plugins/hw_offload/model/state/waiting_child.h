/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_waiting_child waiting_child
 * @{ @ingroup hwo_model
 *
 * A CHILD_SA that waits: to be rekeyed, or to get where it belongs. When to try
 * that again is decided here, after growing times, and never for the last time.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_WAITING_CHILD_H_
#define HWO_WAITING_CHILD_H_

#include "child_record.h"

/** Milliseconds until those that wait for charon are looked at again */
#define HWO_WAITING_RETRY 200

/**
 * What came of putting a CHILD_SA where it belongs.
 */
typedef enum hwo_place_t {
	/** it is where it belongs, or there is nothing to do about it */
	HWO_PLACE_FINE,
	/** it is incomplete, or somebody else has it, so have a look later */
	HWO_PLACE_BUSY,
	/** it was moved, or is going to be closed */
	HWO_PLACE_CHANGED,
	/** charon has to rekey it */
	HWO_PLACE_REKEY,
	/** it was refused where it belongs, which may change */
	HWO_PLACE_REFUSED,
} hwo_place_t;

/**
 * Request to rekey a CHILD_SA.
 */
typedef struct hwo_rekey_request_t {
	/** key of its record */
	u_int key;
	/** TRUE if its inbound SA stands for it */
	bool inbound;
	/** why, follows the SPI in the log, static; NULL if it is logged already */
	const char *why;
	/** TRUE if it can wait for others, as no limit is reached */
	bool patient;
	/** TRUE if it is only for as long as its SAs are on different devices */
	bool split;
	/** TRUE if it is only for as long as its outbound SA is hidden */
	bool hidden;
	/** TRUE to see where it belongs, in place of all that */
	bool place;
} hwo_rekey_request_t;

/**
 * A CHILD_SA that waits.
 */
typedef struct hwo_waiting_t {
	/** what charon is to be asked */
	hwo_rekey_request_t request;
	/** TRUE if charon is to be asked */
	bool rekey;
	/** TRUE if an SA is lost, so there has to be a route */
	bool lost;
	/** TRUE if charon is asked until its outbound SA is not hidden anymore */
	bool hidden;
	/** TRUE to see again where it belongs */
	bool place;
	/** TRUE if it is to be rekeyed as it is not where it belongs */
	bool follow;
	/** TRUE if it is logged that it has to wait */
	bool logged;
	/** TRUE if there was no route to the peer */
	bool unreachable;
	/** TRUE if charon was asked although it did not know the CHILD_SA */
	bool early;
	/** how often it had to wait until charon can be asked */
	u_int waits;
	/** how often charon was asked, or it was refused where it belongs */
	u_int tries;
	/** monotonic time in milliseconds when it is looked at */
	uint64_t due;
} hwo_waiting_t;

/**
 * Check if charon can be asked to rekey it: it has to know the CHILD_SA, and a
 * rekeying that is under way has to end, but neither is waited for for ever.
 *
 * @param waiting		CHILD_SA, this counts as having waited
 * @param known			TRUE if charon knows it
 * @param single		TRUE if there is no rekeying under way
 */
bool hwo_waiting_is_ready(hwo_waiting_t *waiting, bool known, bool single);

/**
 * Note that charon was asked, and what is still to be done: it has dropped what
 * it did not know, and it may drop what it is busy with.
 *
 * @param known			TRUE if charon knows it
 * @param now			current time
 */
void hwo_waiting_asked(hwo_waiting_t *waiting, bool known, uint64_t now);

/**
 * Note that there is no route to the peer.
 *
 * @param now			current time
 */
void hwo_waiting_unreachable(hwo_waiting_t *waiting, uint64_t now);

/**
 * Note that there is a route to the peer. How long there was none does not
 * count for charon.
 */
void hwo_waiting_reachable(hwo_waiting_t *waiting);

/**
 * Note what came of putting it where it belongs.
 *
 * @param placed		what came of it
 * @param now			current time
 */
void hwo_waiting_placed(hwo_waiting_t *waiting, hwo_place_t placed,
						uint64_t now);

/**
 * Check if there is nothing to rekey anymore.
 */
bool hwo_waiting_is_over(const hwo_waiting_t *waiting,
						 const hwo_child_t *child);

#endif /** HWO_WAITING_CHILD_H_ @}*/
