/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_spd_order spd_order
 * @{ @ingroup hwo_service
 *
 * Keeps guards behind the SPs they belong to. When the kernel's hash table of
 * SPs grows, which whoever adds SPs may cause, it turns the order of those in
 * packet mode over, and some guards get in front: their traffic is blocked. To
 * set the thresholds of the table, even to what they are, has the kernel insert
 * all SPs once more in the order in which they were added, so each is found
 * before its older guard again. Neither affects what a NIC has.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SPD_ORDER_H_
#define HWO_SPD_ORDER_H_

#include "../../io/kernel_sockets.h"
#include "../../io/nl_exchange.h"

typedef struct spd_order_t spd_order_t;

/**
 * Order of SPs in the kernel.
 */
struct spd_order_t {

	/**
	 * A guard is about to be added: from now on the order is kept.
	 */
	void (*guarded)(spd_order_t *this);

	void (*destroy)(spd_order_t *this);
};

/**
 * Create it.
 *
 * @param xfrm		exchange with XFRM, not adopted
 * @param listener	opens a transport for what is announced about SPs, copied
 */
spd_order_t *hwo_spd_order_create(nl_exchange_t *xfrm,
								  const hwo_listener_t *listener);

#endif /** HWO_SPD_ORDER_H_ @}*/
