/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_precedence sp_precedence
 * @{ @ingroup hwo_model
 *
 * Remembers where outbound SPs are, and finds those in a NIC that take packets
 * which should match an SP in software, see hwo_sp_goes_before(). Inbound ones
 * mirror them. SPs are sorted by the network of the peer, so only those that
 * overlap there are looked at.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SP_PRECEDENCE_H_
#define HWO_SP_PRECEDENCE_H_

#include "../plan/sp_order.h"
#include "sp_table.h"

typedef struct sp_precedence_t sp_precedence_t;

/**
 * Order of SPs.
 */
struct sp_precedence_t {

	/**
	 * Note where an SP is now.
	 *
	 * @param entry		entry of the SP, checked out
	 * @param freed		[out] hwo_sp_id_t of SPs of CHILD_SAs and traps that may
	 *					get into a NIC now, as this one was in software and went
	 *					before them, but is not where it was; NULL for none
	 * @return			hwo_sp_id_t of SPs in a NIC which one in software goes
	 *					before, if this one is either of the two and has
	 *					changed; NULL for none. See hwo_sp_list_destroy().
	 */
	array_t *(*note)(sp_precedence_t *this, const hwo_sp_entry_t *entry,
					 array_t **freed);

	/**
	 * Check if there is an SP in software that would go before one in a NIC.
	 *
	 * @param sp		SP; instead of priority 0 that of the SP with this
	 *					selector and reqid is taken, or that of the selector if
	 *					there is none
	 */
	bool (*is_behind)(sp_precedence_t *this, const hwo_ranked_sp_t *sp);

	void (*destroy)(sp_precedence_t *this);
};

/**
 * Create an instance that knows no SPs.
 */
sp_precedence_t *hwo_sp_precedence_create(void);

#endif /** HWO_SP_PRECEDENCE_H_ @}*/
