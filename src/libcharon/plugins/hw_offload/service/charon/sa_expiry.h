/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_expiry sa_expiry
 * @{ @ingroup hwo_service
 *
 * What charon is told about SAs: that they reached a hard limit, so that it
 * deletes their CHILD_SA, or a soft one, so that it rekeys it. The latter is
 * also how it is asked to rekey for any other reason; a hard one would take the
 * policies away.
 *
 * Soft ones are only noted here, as requests. Who takes them asks charon once
 * it can do something about them.
 *
 * Thread-safety: may be used by any thread. No lock is held while charon is
 * told.
 */

#ifndef HWO_SA_EXPIRY_H_
#define HWO_SA_EXPIRY_H_

#include "../../model/state/child_table.h"
#include "../../model/state/waiting_child.h"

typedef struct sa_expiry_t sa_expiry_t;

/**
 * Told that there are requests.
 */
typedef void (*sa_expiry_cb_t)(void *data);

/**
 * What charon is told.
 */
struct sa_expiry_t {

	/**
	 * An SA reached a soft limit.
	 *
	 * @param id		identity; nothing happens for an IPComp SA
	 * @param why		what about the SA, follows its SPI in the log, static;
	 *					NULL if it is logged already
	 */
	void (*soft)(sa_expiry_t *this, const hwo_sa_id_t *id, const char *why);

	/**
	 * The CHILD_SA of an SA has to be rekeyed, for whatever reason, when its
	 * turn comes. If it is gone by then, nothing happens.
	 *
	 * @param why		what about the SA, static
	 */
	void (*soft_when_known)(sa_expiry_t *this, const hwo_sa_id_t *id,
							const char *why);

	/**
	 * The same if the SAs of a new CHILD_SA are on different devices, as the
	 * route has moved between the two. If they are on one device by then,
	 * nothing happens.
	 *
	 * @param id		identity of the outbound SA
	 */
	void (*soft_if_split)(sa_expiry_t *this, const hwo_sa_id_t *id);

	/**
	 * The same if the outbound SA is hidden from its policy by another SA, for
	 * as long as its record says so.
	 *
	 * @param id		identity of the outbound SA
	 */
	void (*soft_if_hidden)(sa_expiry_t *this, const hwo_sa_id_t *id);

	/**
	 * What kept a CHILD_SA from a better mode is gone. Who takes requests has
	 * to see where it belongs now.
	 *
	 * @param id		identity of one of its SAs
	 */
	void (*place)(sa_expiry_t *this, const hwo_sa_id_t *id);

	/**
	 * An SA is at its end, so charon has to delete the CHILD_SA.
	 *
	 * @param id		identity; nothing happens for an IPComp SA
	 */
	void (*hard)(sa_expiry_t *this, const hwo_sa_id_t *id);

	/**
	 * Get the requests since the last time.
	 *
	 * @return			hwo_rekey_request_t, by value
	 */
	array_t *(*take)(sa_expiry_t *this);

	/**
	 * Have somebody told about requests.
	 *
	 * @param cb		callback, NULL for none
	 */
	void (*on_request)(sa_expiry_t *this, sa_expiry_cb_t cb, void *data);

	/**
	 * Destroy, forget all requests.
	 */
	void (*destroy)(sa_expiry_t *this);
};

/**
 * Create an instance.
 */
sa_expiry_t *hwo_sa_expiry_create(child_table_t *table);

/**
 * Tell charon that an SA reached a limit.
 *
 * @param id			identity; nothing happens for an IPComp SA
 * @param hard			TRUE for a hard one
 */
void hwo_tell_expired(const hwo_sa_id_t *id, bool hard);

#endif /** HWO_SA_EXPIRY_H_ @}*/
