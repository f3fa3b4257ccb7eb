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
#include "../../model/state/sa_record.h"

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
 * @param event			what happened
 * @param record		record of its outbound SA, or of the inbound one if
 *						there is no other; for a failure see hwo_failed_child_t
 */
typedef void (*child_event_cb_t)(void *data, child_event_t event,
								 const hwo_sa_record_t *record);

/**
 * Follower of names.
 */
struct child_listener_t {

	/**
	 * Have somebody told about events.
	 *
	 * @param cb		callback, NULL for none
	 */
	void (*on_event)(child_listener_t *this, child_event_cb_t cb, void *data);

	void (*destroy)(child_listener_t *this);
};

/**
 * Start to follow.
 *
 * @param failures		those that could not be installed
 */
child_listener_t *hwo_child_listener_create(child_table_t *table,
											failed_children_t *failures);

/**
 * What the configuration of a CHILD_SA says about its SPs.
 */
typedef struct hwo_child_config_t {
	/** TRUE if there are none (policies = no) */
	bool no_policies;
	/** TRUE if they have a mark or an XFRM interface ID, in any direction */
	bool marked;
	/** configured priority, 0 for none */
	uint32_t priority;
} hwo_child_config_t;

/**
 * Get the configuration of the CHILD_SA that this thread of charon installs,
 * nothing is set if it installs none.
 */
hwo_child_config_t hwo_child_config_current(void);

/**
 * Find the record of a CHILD_SA, by its unique identifier. The addresses of the
 * IKE_SA only tell as long as that is not known.
 *
 * @param ike_sa		IKE_SA, checked out
 * @param child			[out] copy of the record
 * @return				FALSE if there is none
 */
bool hwo_child_lookup(child_table_t *table, ike_sa_t *ike_sa,
					  child_sa_t *child_sa, hwo_child_t *child);

#endif /** HWO_CHILD_LISTENER_H_ @}*/
