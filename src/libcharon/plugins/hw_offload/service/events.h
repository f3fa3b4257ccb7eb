/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_events events
 * @{ @ingroup hwo_service
 *
 * Passes what the kernel announces about SAs and SPs on to charon: acquires,
 * expires, mapping changes and migrations. If some of it was lost, our view is
 * reconciled with the kernel's.
 *
 * Thread-safety: events are processed on threads of the watcher, one at a time.
 */

#ifndef HWO_EVENTS_H_
#define HWO_EVENTS_H_

#include "reconcile.h"
#include "sa_rekey.h"
#include "../io/nl_monitor.h"
#include "../model/sa_table.h"

typedef struct events_t events_t;

/**
 * Events of XFRM.
 */
struct events_t {

	/**
	 * Stop listening and destroy.
	 */
	void (*destroy)(events_t *this);
};

/**
 * Start to listen.
 *
 * @param transport		transport that joined hwo_xfrm_event_groups, adopted
 * @param reconcile		comparison with the kernel, if events were lost
 * @param table			records of SAs
 * @param rekey			requests to rekey
 */
events_t *events_create(nl_transport_t *transport, reconcile_t *reconcile,
						sa_table_t *table, sa_rekey_t *rekey);

#endif /** HWO_EVENTS_H_ @}*/
