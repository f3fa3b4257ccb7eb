/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_child_index child_index
 * @{ @ingroup hwo_model
 *
 * How records of CHILD_SAs are found (by either SA, by reqid, by charon's
 * unique identifier), and how many of them each device has.
 *
 * Nothing here looks at more records than those with one reqid.
 *
 * Thread-safety: none, the table of records has a lock around it.
 */

#ifndef HWO_CHILD_INDEX_H_
#define HWO_CHILD_INDEX_H_

#include <collections/array.h>
#include <collections/enumerator.h>

#include "child_record.h"

typedef struct child_index_t child_index_t;

/**
 * A record, and what the table knows about it.
 */
typedef struct hwo_child_entry_t {
	/** what others see */
	hwo_child_t child;
	/** rooms that are reserved while it is checked out */
	hwo_child_rooms_t reserved;
	/** rooms that it has in the index */
	hwo_child_rooms_t rooms;
	/** rooms in which it is beyond the limit, as it is to replace another one
	 * there. */
	hwo_child_rooms_t extra;
	/** key of the record of an SA with the identity of the one that is to be
	 * added, which nobody gets until that is checked in, 0 if there is none. */
	u_int twin;
} hwo_child_entry_t;

/**
 * Create an empty index.
 */
child_index_t *hwo_child_index_create(void);

/**
 * Create a record with a key, and link it.
 */
hwo_child_entry_t *hwo_index_create(child_index_t *this, uint32_t reqid);

/**
 * Take a record out of the index, before its SAs, its reqid or its names
 * change.
 */
void hwo_index_unlink(child_index_t *this, hwo_child_entry_t *entry);

/**
 * Put a record back into the index. Of others that have one of its SAs,
 * that is removed.
 */
void hwo_index_link(child_index_t *this, hwo_child_entry_t *entry);

/**
 * Destroy a record that is linked.
 */
void hwo_index_remove(child_index_t *this, hwo_child_entry_t *entry);

/**
 * Set the names of a CHILD_SA. If its SAs have records of their own, they
 * get a common one, unless somebody has one of those.
 *
 * @param in		identity of the inbound SA
 * @param out		identity of the outbound SA
 * @return			record, NULL if there is none
 */
hwo_child_entry_t *hwo_index_name(child_index_t *this, const hwo_sa_id_t *in,
								  const hwo_sa_id_t *out,
								  const hwo_names_t *names);

/**
 * Find a record by the identity of one of its SAs, NULL if there is none.
 */
hwo_child_entry_t *hwo_index_get(child_index_t *this, const hwo_sa_id_t *id);

/**
 * Find a record by its key, NULL if there is none.
 */
hwo_child_entry_t *hwo_index_get_key(child_index_t *this, u_int key);

/**
 * Find a record by charon's unique identifier, NULL if there is none.
 */
hwo_child_entry_t *hwo_index_get_child(child_index_t *this, uint32_t child_id);

/**
 * Get the records with a reqid.
 *
 * @return			hwo_child_entry_t*, owned by the index; may be NULL
 */
array_t *hwo_index_get_group(child_index_t *this, uint32_t reqid);

/**
 * Enumerate all records.
 *
 * @return			(const void*, hwo_child_entry_t*)
 */
enumerator_t *hwo_index_create_enumerator(child_index_t *this);

/**
 * Check if a device has room for one more pair of SAs, and reserve it. One
 * that is to replace another has room in any case, but one at a time for
 * each reqid: both are there only until rekeying is done.
 *
 * @param entry		record, linked
 * @param max		SAs the device may have in that mode
 * @return			FALSE if there is no room
 */
bool hwo_index_admit(child_index_t *this, hwo_child_entry_t *entry,
					 const hwo_offload_t *offload, u_int max);

/**
 * Count the pairs of SAs in a mode on a device, without those that are to
 * replace others; or anything on a device if the mode is none.
 */
u_int hwo_index_count(child_index_t *this, const hwo_offload_t *offload);

/**
 * Destroy, with all records.
 */
void hwo_index_destroy(child_index_t *this);

#endif /** HWO_CHILD_INDEX_H_ @}*/
