/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_events events
 * @{ @ingroup hwo_service
 *
 * Passes what the kernel announces about SAs and SPs on to charon: acquires,
 * expires, mapping changes and migrations. If some of it was lost, our view is
 * reconciled with the kernel's.
 *
 * Thread-safety: events are processed on threads of the watcher, one at a time.
 */

#ifndef HWO_XFRM_EVENTS_H_
#define HWO_XFRM_EVENTS_H_

#include "child_worker.h"
#include "../charon/sa_expiry.h"
#include "../../io/nl_monitor.h"

typedef struct xfrm_events_t xfrm_events_t;

/**
 * Events of XFRM.
 */
struct xfrm_events_t {

	/**
	 * Stop listening and destroy.
	 */
	void (*destroy)(xfrm_events_t *this);
};

/**
 * Start to listen.
 *
 * @param transport		transport that joined hwo_xfrm_event_groups, adopted
 * @param worker		compares with the kernel if events were lost
 * @param expiry		tells charon
 * @param xfrm			XFRM, to ask about SAs
 */
xfrm_events_t *hwo_xfrm_events_create(nl_transport_t *transport,
									  child_worker_t *worker,
									  child_table_t *table, sa_expiry_t *expiry,
									  nl_exchange_t *xfrm);

#endif /** HWO_XFRM_EVENTS_H_ @}*/
