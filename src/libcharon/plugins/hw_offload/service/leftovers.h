/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_leftovers leftovers
 * @{ @ingroup hwo_service
 *
 * Removes what a daemon that was killed left in the kernel: what the ledger
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

#ifndef HWO_LEFTOVERS_H_
#define HWO_LEFTOVERS_H_

#include "ledger.h"
#include "../io/nl_exchange.h"
#include "../model/sp_table.h"

typedef struct leftovers_t leftovers_t;

/**
 * Leftovers of a daemon that was killed.
 */
struct leftovers_t {

	/**
	 * Remove what is left of them, and destroy.
	 */
	void (*destroy)(leftovers_t *this);
};

/**
 * Look for leftovers, before anything is installed. What was found is logged.
 *
 * @param xfrm			exchange with XFRM that keeps no book
 * @param ledger		book of what is ours
 * @param sps			table of SPs, those in there are in use again
 * @param seconds		time until SPs go, 0 to remove them at once
 * @return				leftovers, NULL if there are none
 */
leftovers_t *leftovers_create(nl_exchange_t *xfrm, ledger_t *ledger,
							  sp_table_t *sps, u_int seconds);

#endif /** HWO_LEFTOVERS_H_ @}*/
