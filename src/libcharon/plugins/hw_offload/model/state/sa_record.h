/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_record sa_record
 * @{ @ingroup hwo_model
 *
 * What there is to tell about one SA, those that failed included. Copied from
 * the record of its CHILD_SA.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_SA_RECORD_H_
#define HWO_SA_RECORD_H_

#include "child_table.h"

/**
 * Copy of what is known about one SA.
 */
typedef struct hwo_sa_record_t {
	/** identity */
	hwo_sa_id_t id;
	/** reqid */
	uint32_t reqid;
	/** what decides in which mode it can be */
	hwo_sa_facts_t facts;
	/** configured offload mode */
	hw_offload_t requested;
	/** what came of it */
	hwo_outcome_t outcome;
	/** SA of the other direction in the same CHILD_SA, spi 0 if not known */
	hwo_sa_id_t partner;
	/** limits that we watch in packet mode, in place of the NIC */
	hwo_limits_t watched;
	/** names of the CHILD_SA */
	hwo_names_t names;
	/** moves between modes, devices and addresses */
	hwo_sa_moves_t moves;
	/** state of the CHILD_SA */
	hwo_child_state_t state;
	/** TRUE if its policy does not find it */
	bool hidden;
} hwo_sa_record_t;

/**
 * Copy what is known about an SA.
 *
 * @param child			record of its CHILD_SA
 * @param inbound		TRUE for the inbound SA
 */
void hwo_sa_record(const hwo_child_t *child, bool inbound,
				   hwo_sa_record_t *record);

/**
 * Get what is known about an SA.
 *
 * @param record		[out] copy
 * @return				FALSE if there is no record
 */
bool hwo_sa_record_get(child_table_t *table, const hwo_sa_id_t *id,
					   hwo_sa_record_t *record);

#endif /** HWO_SA_RECORD_H_ @}*/
