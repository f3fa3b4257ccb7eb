/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_route_leak route_leak
 * @{ @ingroup hwo_service
 *
 * Finds out if the traffic of a CHILD_SA would leave in clear once its route
 * moves to another device, see hwo_sp_may_leak(). Whether this host is the
 * origin of traffic depends on its addresses, so the answer changes with them.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_ROUTE_LEAK_H_
#define HWO_ROUTE_LEAK_H_

#include "../../model/plan/sp_guard.h"

/**
 * Check an SA, or what an SP demands of one, with the addresses of now.
 *
 * @param family		address family of the SA
 */
bool hwo_route_leak(const hwo_guard_rules_t *rules, hw_offload_t requested,
					uint16_t family, const hwo_sa_facts_t *facts);

#endif /** HWO_ROUTE_LEAK_H_ @}*/
