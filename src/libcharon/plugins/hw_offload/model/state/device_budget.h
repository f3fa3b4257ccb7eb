/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_device_budget device_budget
 * @{ @ingroup hwo_model
 *
 * Room on devices for pairs of SAs: for those that are installed, and for those
 * under way, which are admitted already, but have no records yet.
 *
 * Thread-safety: none, the table of records has a lock around it.
 */

#ifndef HWO_DEVICE_BUDGET_H_
#define HWO_DEVICE_BUDGET_H_

#include <collections/enumerator.h>

#include "sa_record.h"

typedef struct device_budget_t device_budget_t;

/**
 * Room for pairs of SAs.
 */
struct device_budget_t {

	/**
	 * Check if a device has room for one more pair of SAs in a mode, and keep
	 * it if so.
	 *
	 * Pairs that are installed are counted by their inbound SAs. One that is to
	 * replace another is admitted in any case.
	 *
	 * @param records	enumerator over all SAs as of a hash table,
	 *					(const hwo_sa_id_t*, hwo_sa_record_t*); not adopted
	 * @param id		identity of one of the SAs
	 * @param reqid		reqid
	 * @param offload	mode and device
	 * @param max		SAs the device may have in that mode
	 * @return			FALSE if there is no room
	 */
	bool (*admit)(device_budget_t *this, enumerator_t *records,
				  const hwo_sa_id_t *id, uint32_t reqid,
				  const hwo_offload_t *offload, u_int max);

	/**
	 * Don't keep room for a pair anymore, in no mode.
	 *
	 * @param id		identity given to admit()
	 */
	void (*settle)(device_budget_t *this, const hwo_sa_id_t *id);

	/**
	 * Destroy.
	 */
	void (*destroy)(device_budget_t *this);
};

/**
 * Create it, without any room kept.
 */
device_budget_t *hwo_device_budget_create(void);

#endif /** HWO_DEVICE_BUDGET_H_ @}*/
