/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_last_state sa_last_state
 * @{ @ingroup hwo_service
 *
 * The state an SA ended in. It is in the notification about the deletion, and
 * nowhere else: what a query before it says is not true anymore once another
 * packet was sent.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_SA_LAST_STATE_H_
#define HWO_SA_LAST_STATE_H_

#include "../../io/kernel_sockets.h"
#include "../../io/nl_exchange.h"

/**
 * Final state of an SA, as the kernel notified it. Holds keys, so whoever has
 * one wipes it.
 */
typedef union {
	/** XFRM_MSG_DELSA */
	struct nlmsghdr hdr;
	/** it is larger than any notification about an SA */
	uint8_t bytes[HWO_MSG_SIZE];
} hwo_sa_last_state_t;

/**
 * Delete an SA, and get its final state.
 *
 * @param xfrm			exchange with XFRM, repeats deletions without an answer
 * @param listener		opens transports for notifications
 * @param final			[out] final state
 * @return				0, EOPNOTSUPP if there is no way to listen, ENODATA if
 *						the SA is gone, or will be, but its state was lost,
 *						another errno value if it was not deleted
 */
int hwo_sa_delete_last_state(nl_exchange_t *xfrm,
							 const hwo_listener_t *listener,
							 const hwo_sa_id_t *id, hwo_sa_last_state_t *final);

#endif /** HWO_SA_LAST_STATE_H_ @}*/
