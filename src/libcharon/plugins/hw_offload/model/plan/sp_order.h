/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_order sp_order
 * @{ @ingroup hwo_model
 *
 * Which of two SPs gets the packets that match both. Precedence is kept within
 * the kernel's software, and within each NIC, but not between the two: the
 * kernel finds SPs in a NIC first, whatever their priority is (since Linux 6.2,
 * which introduced them), and a NIC knows no others.
 *
 * All functions are pure.
 */

#ifndef HWO_SP_ORDER_H_
#define HWO_SP_ORDER_H_

#include "../../hwo_types.h"

/**
 * What decides about the order of SPs.
 */
typedef struct hwo_ranked_sp_t {
	/** identity */
	hwo_sp_id_t id;
	/** lower value is looked at first */
	uint32_t priority;
	/** reqid of its SA, 0 for shunts */
	uint32_t reqid;
	/** SPI of its SA, 0 for traps and shunts */
	uint32_t spi;
	/** effective offload */
	hwo_offload_t offload;
} hwo_ranked_sp_t;

/**
 * Check if there are packets that match both of two selectors, be their
 * interfaces what they are.
 */
bool hwo_selector_overlaps(const hwo_selector_t *a, const hwo_selector_t *b);

/**
 * Check if an SP in software should get packets that an SP in a NIC takes, or
 * gets them once the NIC is down, before the guard. SPs of the same CHILD_SA
 * are no matter, they get into the same mode. Those of others are only if they
 * have better priority: they protect the packets, too.
 *
 * @param soft		SP in software
 * @param nic		SP in a NIC, or about to be
 */
bool hwo_sp_goes_before(const hwo_ranked_sp_t *soft,
						const hwo_ranked_sp_t *nic);

#endif /** HWO_SP_ORDER_H_ @}*/
