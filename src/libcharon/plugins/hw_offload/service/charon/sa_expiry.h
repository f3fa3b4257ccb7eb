/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_expiry sa_expiry
 * @{ @ingroup hwo_service
 *
 * Lets charon rekey CHILD_SAs as if a soft limit of one of their SAs had been
 * reached. A hard one would let it delete them, and their policies.
 *
 * That waits for a rekeying that is under way: up to 6.1.0, charon crashes if it
 * has to rekey the result of the peer's rekeying before the peer has concluded
 * that (child_rekey_conclude_rekeying). As two CHILD_SAs may have the same reqid
 * without a rekeying, it does not wait for long.
 *
 * Thread-safety: may be used by any thread. No lock is held while charon is told.
 */

#ifndef HWO_SA_EXPIRY_H_
#define HWO_SA_EXPIRY_H_

#include "../../model/state/sa_table.h"

typedef struct sa_expiry_t sa_expiry_t;

/**
 * Requests to rekey CHILD_SAs.
 */
struct sa_expiry_t {

	/**
	 * Let charon rekey the CHILD_SA of an SA, now or after a rekeying that is
	 * under way. If it is gone by then, nothing happens.
	 *
	 * @param id		identity; nothing happens for an IPComp SA
	 * @param why		what about the SA, follows its SPI in the log, static;
	 *					NULL if it is logged already
	 */
	void (*rekey)(sa_expiry_t *this, const hwo_sa_id_t *id, const char *why);

	/**
	 * Let charon rekey the CHILD_SA of an SA that it is about to install, as
	 * soon as it knows it. If it is gone by then, nothing happens.
	 *
	 * @param id		identity
	 * @param why		what about the SA, static
	 */
	void (*rekey_new)(sa_expiry_t *this, const hwo_sa_id_t *id,
					  const char *why);

	/**
	 * The same for the CHILD_SA of a new outbound SA whose inbound one is on
	 * another device, because the route has moved between the two. If they are
	 * on one device by then, nothing happens.
	 *
	 * @param id		identity of the outbound SA
	 */
	void (*rekey_split)(sa_expiry_t *this, const hwo_sa_id_t *id);

	/**
	 * Destroy, forget those that wait.
	 */
	void (*destroy)(sa_expiry_t *this);
};

/**
 * Create an instance.
 *
 * @param table			records of SAs
 */
sa_expiry_t *hwo_sa_expiry_create(sa_table_t *table);

#endif /** HWO_SA_EXPIRY_H_ @}*/
