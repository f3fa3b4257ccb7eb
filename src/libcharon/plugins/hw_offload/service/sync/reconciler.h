/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_reconciler reconciler
 * @{ @ingroup hwo_service
 *
 * Finds out what happened when the kernel did not say so, because events were
 * lost or a device went down: compares all SAs that we installed with those the
 * kernel has, and tells charon what it would have heard.
 *
 * - an SA that is gone (hard limit, device down, removed by somebody) is
 *   reported as if it had reached its soft limit, so that charon rekeys it: a
 *   hard one would let it delete the CHILD_SA, and its policies with it. If
 *   there is no route to the peer, that waits until there is one, so that the
 *   IKE_SA does not end for want of an answer while a cable is out
 * - an SA beyond a soft limit is reported as such
 *
 * Lost acquires are repeated by the kernel (net.core.xfrm_acq_expires).
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_RECONCILER_H_
#define HWO_RECONCILER_H_

#include "../device/egress_device.h"
#include "../charon/sa_expiry.h"
#include "../../io/nl_exchange.h"
#include "../../model/state/sa_table.h"

typedef struct reconciler_t reconciler_t;

/**
 * Comparison with the kernel.
 */
struct reconciler_t {

	/**
	 * Compare, and tell charon.
	 */
	void (*check)(reconciler_t *this);

	/**
	 * Compare after a link went down, and again for some seconds as long as
	 * there seem to be SAs on it: the kernel announces that before it takes the
	 * SAs away.
	 *
	 * @param ifindex	device
	 */
	void (*link_down)(reconciler_t *this, uint32_t ifindex);

	/**
	 * Destroy.
	 */
	void (*destroy)(reconciler_t *this);
};

/**
 * Create a comparison.
 *
 * @param xfrm			exchange with XFRM
 * @param devices		selection of devices, to see if there is a route
 * @param table			records of SAs
 * @param rekey			requests to rekey
 */
reconciler_t *hwo_reconciler_create(nl_exchange_t *xfrm,
									egress_device_t *devices,
									sa_table_t *table, sa_expiry_t *rekey);

/**
 * Check if an SA is beyond one of its soft limits.
 *
 * @param state			what the kernel says about it
 * @param now			current time, seconds since the epoch
 */
bool hwo_beyond_soft_limit(const hwo_sa_state_t *state, uint64_t now);

#endif /** HWO_RECONCILER_H_ @}*/
