/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_stale_state stale_state
 * @{ @ingroup hwo_service
 *
 * Removes what a daemon that was killed left in the kernel: what the journal
 * says is ours, and nothing else.
 *
 * - its SPs that demand SAs become blocks at once, with the same identity, so
 *   that no packet leaves in clear, nobody is asked for SAs under a reqid that
 *   means something else now, and nothing stays in a NIC
 * - then its SAs go, as nobody rekeys them, and no CHILD_SA knows of them
 * - its SPs go after some time, in which the daemon loads its configuration:
 *   those that it installs again replace the blocks without a gap
 *
 * Thread-safety: nothing to call from outside.
 */

#ifndef HWO_STALE_STATE_H_
#define HWO_STALE_STATE_H_

#include "journal.h"
#include "../../io/nl_exchange.h"
#include "../../model/state/sp_table.h"

typedef struct stale_state_t stale_state_t;

/**
 * Leftovers of a daemon that was killed.
 */
struct stale_state_t {

	/**
	 * Remove what is left of them, and destroy.
	 */
	void (*destroy)(stale_state_t *this);
};

/**
 * Look for stale_state, before anything is installed. What was found is logged.
 *
 * @param xfrm			exchange with XFRM that keeps no book
 * @param journal		book of what is ours
 * @param sps			table of SPs, those in there are in use again
 * @param seconds		time until SPs go, 0 to remove them at once
 * @return				stale_state, NULL if there are none
 */
stale_state_t *hwo_stale_state_create(nl_exchange_t *xfrm, journal_t *journal,
									  sp_table_t *sps, u_int seconds);

#endif /** HWO_STALE_STATE_H_ @}*/
