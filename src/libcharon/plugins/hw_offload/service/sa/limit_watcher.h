/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_limit_watcher limit_watcher
 * @{ @ingroup hwo_service
 *
 * Watches limits of SAs in packet mode that the NIC does not enforce, or is
 * late with. An SA is only asked for when it might reach one, see
 * hwo_limit_plan.
 *
 * charon hears of each limit once, whoever sees it first, the kernel or we. An
 * SA beyond a hard limit of ours is removed before charon hears of it. If
 * charon did not hear of its soft limit before, it is told to rekey the
 * CHILD_SA, which it would close at a hard limit.
 *
 * An SA that is not there anymore, and nobody has noticed, is rekeyed as well.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_LIMIT_WATCHER_H_
#define HWO_LIMIT_WATCHER_H_

#include "../charon/sa_expiry.h"
#include "../../io/nl_exchange.h"
#include "../../model/plan/limit_plan.h"
#include "../../model/state/child_table.h"

typedef struct limit_watcher_t limit_watcher_t;

/**
 * Tells the speed of a device in bytes per second, 0 if it is not known.
 */
typedef uint64_t (*hwo_link_speed_t)(uint32_t ifindex);

/**
 * Watcher of limits.
 */
struct limit_watcher_t {

	/**
	 * Begin to watch an SA in packet mode, if there is anything to watch. That
	 * ends when there is no record of it in that mode anymore.
	 *
	 * @param plan		plan of its limits
	 */
	void (*add)(limit_watcher_t *this, const hwo_sa_t *sa,
				const hwo_limit_plan_t *plan);

	void (*destroy)(limit_watcher_t *this);
};

/**
 * Create a watcher.
 *
 * @param link_speed	tells the speed of a device
 */
limit_watcher_t *hwo_limit_watcher_create(nl_exchange_t *xfrm,
										  child_table_t *table,
										  sa_expiry_t *rekey,
										  hwo_link_speed_t link_speed);

#endif /** HWO_LIMIT_WATCHER_H_ @}*/
