/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sad_order sad_order
 * @{ @ingroup hwo_service
 *
 * Finds CHILD_SAs in packet mode whose outbound SA is hidden from its policy by
 * another SA, see sad_buckets.h. Their packets are refused, without an acquire,
 * as the policy names an SPI that is there. They are noted in their records,
 * and have to be rekeyed: the new SA is found. Since 6.13 the kernel remembers
 * which SAs a policy has used, so one that has sent before is not affected, but
 * that does not last, e.g. for as long as the policy is not updated.
 *
 * Others may add SAs, so this listens to what is announced about them, but not
 * before there is an SA in packet mode.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SAD_ORDER_H_
#define HWO_SAD_ORDER_H_

#include "../charon/sa_expiry.h"
#include "../../io/kernel_sockets.h"
#include "../../io/nl_exchange.h"

typedef struct sad_order_t sad_order_t;

/**
 * Order of SAs in the kernel.
 */
struct sad_order_t {

	/**
	 * An SA in packet mode is about to be added: from now on the order is
	 * followed.
	 */
	void (*follow)(sad_order_t *this);

	/**
	 * Get a reqid for an inbound SA of which only the SPI is to be allocated,
	 * with which it hides no other SA for as long as that is all.
	 */
	uint32_t (*get_reqid)(sad_order_t *this, const hwo_addr_t *src,
						  const hwo_addr_t *dst);

	/**
	 * An SA is not in the kernel anymore: it announces nothing about those that
	 * go with their link.
	 */
	void (*lost)(sad_order_t *this, const hwo_sa_id_t *id, uint32_t reqid);

	void (*destroy)(sad_order_t *this);
};

/**
 * Create it.
 *
 * @param xfrm		exchange with XFRM, not adopted
 * @param listener	opens a transport for what is announced about SAs, copied
 * @param table		records of CHILD_SAs
 * @param expiry	takes requests to rekey
 */
sad_order_t *hwo_sad_order_create(nl_exchange_t *xfrm,
								  const hwo_listener_t *listener,
								  child_table_t *table, sa_expiry_t *expiry);

#endif /** HWO_SAD_ORDER_H_ @}*/
