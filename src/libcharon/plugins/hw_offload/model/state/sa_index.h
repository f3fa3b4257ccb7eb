/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_index sa_index
 * @{ @ingroup hwo_model
 *
 * How records of SAs are found: by identity, by that of their partner, and
 * inbound ones that wait for a partner.
 *
 * Thread-safety: none, the table of records has a lock around it.
 */

#ifndef HWO_SA_INDEX_H_
#define HWO_SA_INDEX_H_

#include <collections/enumerator.h>

#include "sa_record.h"

typedef struct sa_index_t sa_index_t;

/**
 * Index of records.
 */
struct sa_index_t {

	/**
	 * Add a copy of a record, in place of one of the same identity.
	 *
	 * @param record	record
	 * @param old		[out] what was there before, an empty one if nothing
	 * @return			the copy, owned by the index
	 */
	hwo_sa_record_t *(*put)(sa_index_t *this, const hwo_sa_record_t *record,
							hwo_sa_record_t *old);

	/**
	 * Add a copy of a record, in place of one of another identity, whose
	 * partner it gets. The record of that refers to it then.
	 *
	 * @param from		identity of the SA before
	 * @param record	record
	 * @param old		[out] what was there before, an empty one if nothing
	 * @return			the copy, owned by the index
	 */
	hwo_sa_record_t *(*move)(sa_index_t *this, const hwo_sa_id_t *from,
							 const hwo_sa_record_t *record,
							 hwo_sa_record_t *old);

	/**
	 * Get a record.
	 *
	 * @param id		identity
	 * @return			record, owned by the index; NULL if there is none
	 */
	hwo_sa_record_t *(*get)(sa_index_t *this, const hwo_sa_id_t *id);

	/**
	 * Get the records of an SA and of its partner.
	 *
	 * @param id		identity
	 * @param pair		[out] records, owned by the index
	 * @return			number of records: 0, 1, or 2 with the partner
	 */
	u_int (*get_pair)(sa_index_t *this, const hwo_sa_id_t *id,
					  hwo_sa_record_t *pair[2]);

	/**
	 * Give an outbound SA as partner to the latest inbound one that has none
	 * and may be its other direction.
	 *
	 * @param id		identity of the outbound SA
	 * @param reqid		reqid
	 * @return			record of the inbound SA, owned by the index; NULL if
	 *					there is none
	 */
	hwo_sa_record_t *(*pair)(sa_index_t *this, const hwo_sa_id_t *id,
							 uint32_t reqid);

	/**
	 * Enumerate all records.
	 *
	 * @return			(const hwo_sa_id_t*, hwo_sa_record_t*)
	 */
	enumerator_t *(*create_enumerator)(sa_index_t *this);

	/**
	 * Remove a record.
	 *
	 * @param id		identity
	 * @return			FALSE if there was none
	 */
	bool (*remove)(sa_index_t *this, const hwo_sa_id_t *id);

	/**
	 * Remove all records.
	 */
	void (*flush)(sa_index_t *this);

	/**
	 * Number of records.
	 */
	u_int (*get_count)(sa_index_t *this);

	/**
	 * Destroy, with all records.
	 */
	void (*destroy)(sa_index_t *this);
};

/**
 * Create an empty index.
 */
sa_index_t *hwo_sa_index_create(void);

#endif /** HWO_SA_INDEX_H_ @}*/
