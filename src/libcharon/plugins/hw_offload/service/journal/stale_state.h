/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_stale_state stale_state
 * @{ @ingroup hwo_service
 *
 * Removes from the kernel what the journal says is ours, but nobody wants:
 * what a daemon that was killed left, and what could not be removed.
 *
 * Of a killed daemon,
 *
 * - SPs that demand SAs become blocks at once, with the same identity, so that
 *   no packet leaves in clear, nobody is asked for SAs under a reqid that means
 *   something else now, and nothing stays in a NIC
 * - then the SAs go, as nobody rekeys them, and no CHILD_SA knows of them
 * - the SPs go after some time, in which the daemon loads its configuration:
 *   those that it installs again replace the blocks without a gap
 *
 * A removal that failed is repeated after growing intervals.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_STALE_STATE_H_
#define HWO_STALE_STATE_H_

#include "journal.h"
#include "../../io/nl_exchange.h"

#include <collections/array.h>

typedef struct stale_state_t stale_state_t;

/**
 * Removal of what nobody wants.
 */
struct stale_state_t {

	/**
	 * Look for what a killed daemon left, before anything is installed. What
	 * was found is logged.
	 *
	 * @param seconds	time until SPs go, 0 to remove them at once
	 */
	void (*begin)(stale_state_t *this, u_int seconds);

	/**
	 * Something could not be removed, try that again later.
	 */
	void (*retry)(stale_state_t *this);

	/**
	 * List the SPs that nobody wants, and that block.
	 *
	 * @param xfrm		exchange to ask the kernel by
	 * @return			hwo_sp_state_t with labels of their own
	 */
	array_t *(*list)(stale_state_t *this, nl_exchange_t *xfrm);

	/**
	 * Remove SPs that block, whether they are due or not.
	 *
	 * @param what		network or address to which the traffic goes, NULL for
	 *					all
	 * @return			number of those that were removed
	 */
	u_int (*release)(stale_state_t *this, const char *what);

	/**
	 * Remove what is left, and destroy.
	 */
	void (*destroy)(stale_state_t *this);
};

/**
 * Create it.
 *
 * @param xfrm			exchange with XFRM that does not use the journal
 * @param journal		journal of what is ours
 */
stale_state_t *hwo_stale_state_create(nl_exchange_t *xfrm, journal_t *journal);

#endif /** HWO_STALE_STATE_H_ @}*/
