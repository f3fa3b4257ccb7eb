/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_child_listener child_listener
 * @{ @ingroup hwo_service
 *
 * Follows the names of CHILD_SAs. charon does not tell a backend whose SAs it
 * installs, so this listens on its bus and puts names and unique identifiers
 * into the records of the SAs, and of those that could not be installed. That
 * way nobody who wants to know has to wait for an IKE_SA that is busy.
 *
 * Thread-safety: the callback is called by threads of the daemon that have an
 * IKE_SA checked out, so it must not block.
 */

#ifndef HWO_CHILD_LISTENER_H_
#define HWO_CHILD_LISTENER_H_

#include "../../model/state/failed_children.h"
#include "../../model/state/sa_table.h"

#include <sa/ike_sa.h>

typedef struct child_listener_t child_listener_t;

/**
 * What happened to a CHILD_SA.
 */
typedef enum child_event_t {
	/** it is up */
	CHILD_EVENT_UP,
	/** it is about to be removed */
	CHILD_EVENT_DOWN,
	/** it takes the place of another */
	CHILD_EVENT_REKEYED,
	/** it, or the trap for it, could not be installed */
	CHILD_EVENT_FAILED,
} child_event_t;

/**
 * Called if something happened to a CHILD_SA whose SAs we have, or should have.
 *
 * @param data			user data
 * @param event			what happened
 * @param record		record of its outbound SA, or of the inbound one if there
 *						is no other; for a failure see hwo_failed_child_t
 */
typedef void (*child_event_cb_t)(void *data, child_event_t event,
								 const hwo_sa_record_t *record);

/**
 * Follower of names.
 */
struct child_listener_t {

	/**
	 * Destroy.
	 */
	void (*destroy)(child_listener_t *this);
};

/**
 * Start to follow.
 *
 * @param table			records of SAs
 * @param failures		those that could not be installed
 * @param cb			called for events
 * @param data			passed to cb
 */
child_listener_t *hwo_child_listener_create(sa_table_t *table,
											failed_children_t *failures,
											child_event_cb_t cb, void *data);

/**
 * Find the record of one SA of a CHILD_SA.
 *
 * @param table			records of SAs
 * @param ike_sa		IKE_SA, checked out
 * @param child_sa		its CHILD_SA
 * @param inbound		TRUE for the inbound SA
 * @param id			[out] identity of the record
 * @return				FALSE if there is none
 */
bool hwo_child_find_sa(sa_table_t *table, ike_sa_t *ike_sa,
					   child_sa_t *child_sa, bool inbound, hwo_sa_id_t *id);

#endif /** HWO_CHILD_LISTENER_H_ @}*/
