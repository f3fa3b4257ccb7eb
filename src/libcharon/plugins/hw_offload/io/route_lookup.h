/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_route_lookup route_lookup
 * @{ @ingroup hwo_io
 *
 * Finds the device that carries a flow. The kernel is asked (RTM_GETROUTE), and
 * its answers are remembered until it announces any change of routes, rules,
 * links or addresses, or loses an announcement. The rules are loaded when they
 * are needed first, and again after they have changed.
 *
 * Before a remembered answer is used, pending announcements are read, so an
 * answer is never older than the last change made before the call.
 *
 * Thread-safety: may be called by any thread.
 */

#ifndef HWO_ROUTE_LOOKUP_H_
#define HWO_ROUTE_LOOKUP_H_

#include "nl_exchange.h"
#include "nl_monitor.h"
#include "../wire/rt_msg.h"

typedef struct route_lookup_t route_lookup_t;

/**
 * Called for each rule, must not call back.
 *
 * @return				TRUE if the rule fits
 */
typedef bool (*route_rule_match_t)(const hwo_rule_t *rule,
								   const hwo_flow_t *flow);

/**
 * Route lookups.
 */
struct route_lookup_t {

	/**
	 * Look up the route of a flow.
	 *
	 * @param flow		flow to look up
	 * @param route		[out] the kernel's answer; if the route goes by several
	 *					devices, the one for packets without ports
	 * @param result	[out] outcome, ENETUNREACH and the like for no route
	 */
	void (*get)(route_lookup_t *this, const hwo_flow_t *flow,
				hwo_route_t *route, hwo_result_t *result);

	/**
	 * Check if any rule of policy routing fits a flow.
	 *
	 * @param match		compares them, gets the rules of any family
	 * @param flow		passed to match
	 * @return			TRUE if there is one, or if they are not known
	 */
	bool (*has_rule)(route_lookup_t *this, route_rule_match_t match,
					 const hwo_flow_t *flow);

	/**
	 * Destroy, including exchange and transport.
	 */
	void (*destroy)(route_lookup_t *this);
};

/**
 * Create route lookups.
 *
 * @param exchange		exchange for requests, adopted
 * @param events		transport that joined the groups of changes, adopted
 */
route_lookup_t *hwo_route_lookup_create(nl_exchange_t *exchange,
										nl_transport_t *events);

/**
 * Multicast groups of changes that may move a flow, 0-terminated, to be joined
 * by the transport for events.
 */
extern const int route_lookup_groups[];

#endif /** HWO_ROUTE_LOOKUP_H_ @}*/
