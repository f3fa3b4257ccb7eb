/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_route_lookup route_lookup
 * @{ @ingroup hwo_io
 *
 * Which device carries a flow? The kernel is asked (RTM_GETROUTE); its answers
 * are remembered until it announces any change of routes, rules, links or
 * addresses, or loses such an announcement. Nothing is derived from the content
 * of these events.
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
 * Route lookups.
 */
struct route_lookup_t {

	/**
	 * Look up the route of a flow.
	 *
	 * @param flow		flow to look up
	 * @param route		[out] the kernel's answer
	 * @param result	[out] outcome, ENETUNREACH and the like for no route
	 */
	void (*get)(route_lookup_t *this, const hwo_flow_t *flow,
				hwo_route_t *route, hwo_result_t *result);

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
