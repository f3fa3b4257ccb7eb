/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_events events
 * @{ @ingroup hwo_service
 *
 * Passes what the kernel announces about SAs and SPs on to charon: acquires,
 * expires, mapping changes and migrations.
 *
 * Thread-safety: events are processed on threads of the watcher, one at a time.
 */

#ifndef HWO_EVENTS_H_
#define HWO_EVENTS_H_

#include "../io/nl_monitor.h"

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
 */
events_t *events_create(nl_transport_t *transport);

#endif /** HWO_EVENTS_H_ @}*/
