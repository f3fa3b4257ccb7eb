/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_reconcile reconcile
 * @{ @ingroup hwo_service
 *
 * Finds out what happened when events of the kernel were lost: compares all SAs
 * that we installed with those the kernel has, and tells charon what it would
 * have heard.
 *
 * - an SA that is gone (hard limit, device down, removed by somebody) is
 *   reported as if it had reached its soft limit, so that charon rekeys it: a
 *   hard one would let it delete the CHILD_SA, and its policies with it
 * - an SA beyond a soft limit is reported as such
 *
 * Lost acquires are repeated by the kernel (net.core.xfrm_acq_expires).
 *
 * Thread-safety: may be called by any thread, but one at a time.
 */

#ifndef HWO_RECONCILE_H_
#define HWO_RECONCILE_H_

#include "../io/nl_exchange.h"
#include "../model/sa_table.h"

/**
 * Compare, and tell charon.
 *
 * @param xfrm			exchange with XFRM
 * @param table			records of SAs
 */
void hwo_reconcile(nl_exchange_t *xfrm, sa_table_t *table);

/**
 * Check if an SA is beyond one of its soft limits.
 *
 * @param state			what the kernel says about it
 * @param now			current time, seconds since the epoch
 */
bool hwo_beyond_soft_limit(const hwo_sa_state_t *state, uint64_t now);

#endif /** HWO_RECONCILE_H_ @}*/
