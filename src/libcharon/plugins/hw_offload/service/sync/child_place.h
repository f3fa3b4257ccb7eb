/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_child_place child_place
 * @{ @ingroup hwo_service
 *
 * Compares where the SAs of a CHILD_SA are with where they would be installed
 * now, and moves them there if that is possible without new keys. See bind_plan
 * for what follows from that.
 *
 * Thread-safety: for one thread.
 */

#ifndef HWO_CHILD_PLACE_H_
#define HWO_CHILD_PLACE_H_

#include "../device/device_cache.h"
#include "../sa/sa_shared.h"
#include "../../model/plan/bind_plan.h"
#include "../../model/plan/sp_guard.h"
#include "../../model/state/waiting_child.h"

/**
 * What it takes.
 */
typedef struct hwo_placer_t {
	/** what services for SAs have in common */
	hwo_sa_shared_t with;
	/** settings */
	hwo_bind_rules_t rules;
	/** what guards depend on */
	hwo_guard_rules_t guard;
	/** devices that were looked up already */
	device_cache_t *paths;
} hwo_placer_t;

/**
 * Put a CHILD_SA where it belongs.
 *
 * @param child			copy of its record
 * @param again			TRUE to try what was tried before, and refused
 * @return				what came of it
 */
hwo_place_t hwo_child_place(hwo_placer_t *placer, const hwo_child_t *child,
							bool again);

#endif /** HWO_CHILD_PLACE_H_ @}*/
