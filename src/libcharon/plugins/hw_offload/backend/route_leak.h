/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_route_leak route_leak
 * @{ @ingroup hw_offload
 *
 * Finds out if the traffic of a CHILD_SA would leave in clear once its route
 * moves to another device, see hwo_sp_may_leak(). Whether this host is the
 * origin of traffic is told by its addresses.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef ROUTE_LEAK_H_
#define ROUTE_LEAK_H_

#include <kernel/kernel_ipsec.h>

#include "../model/plan/sp_guard.h"

/**
 * Check an SA.
 */
bool hwo_route_leak_sa(const hwo_guard_rules_t *rules,
					   const kernel_ipsec_sa_id_t *id,
					   const kernel_ipsec_add_sa_t *data);

/**
 * Check an SP.
 */
bool hwo_route_leak_sp(const hwo_guard_rules_t *rules,
					   const kernel_ipsec_policy_id_t *id,
					   const kernel_ipsec_manage_policy_t *data);

#endif /** ROUTE_LEAK_H_ @}*/
