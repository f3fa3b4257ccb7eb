/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_ike_listener ike_listener
 * @{ @ingroup hwo_service
 *
 * Tells CHILD_SAs that end because their peer does not answer or has started
 * anew, or because their IKE_SA is reauthenticated, from those that are closed
 * on purpose: the traffic of the former must not leave in clear. charon only
 * tells a backend that SAs and SPs are to be removed, so this listens on its
 * bus.
 *
 * Thread-safety: called by threads of the daemon that have an IKE_SA checked
 * out, there is nothing to call from elsewhere.
 */

#ifndef HWO_IKE_LISTENER_H_
#define HWO_IKE_LISTENER_H_

#include "../../model/state/child_table.h"

typedef struct ike_listener_t ike_listener_t;

/**
 * Listener for peers that are lost.
 */
struct ike_listener_t {

	void (*destroy)(ike_listener_t *this);
};

/**
 * Start to listen.
 *
 * @param table			records of SAs, those of lost peers are lost as well,
 *						those of IKE_SAs that are closed on purpose are closed
 */
ike_listener_t *hwo_ike_listener_create(child_table_t *table);

/**
 * Get the unique ID of the IKE_SA that the current thread works for, 0 if there
 * is none.
 */
uint32_t hwo_current_ike(void);

#endif /** HWO_IKE_LISTENER_H_ @}*/
