/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_child_table child_table
 * @{ @ingroup hwo_model
 *
 * The CHILD_SAs whose SAs we installed, one record for each of them.
 *
 * Who installs, moves or removes an SA has the record checked out, others that
 * want to do so wait. What happens to a CHILD_SA meanwhile is noted without
 * waiting.
 *
 * Which SAs belong together is never guessed: charon installs both with one
 * call, so an outbound SA belongs to the inbound one that its thread added
 * before, or to none if that could not be installed. Where that was another
 * thread, as for SAs per CPU, it belongs to the only one that misses it, or to
 * none until charon has named both.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_CHILD_TABLE_H_
#define HWO_CHILD_TABLE_H_

#include <collections/array.h>

#include "child_record.h"

typedef struct child_table_t child_table_t;

/**
 * Told about an SA that was moved, without a lock held.
 *
 * @param child			copy of the record
 * @param sa			SA in there
 */
typedef void (*child_moved_cb_t)(void *data, const hwo_child_t *child,
								 const hwo_child_sa_t *sa);

/**
 * Table of CHILD_SAs.
 */
struct child_table_t {

	/**
	 * Check out the record to which a new SA is to be added: a new one for an
	 * inbound SA, that of its inbound one for an outbound SA. Nobody gets the
	 * record of an SA of the same identity meanwhile. That is forgotten if the
	 * new one is in the record when it is checked in.
	 *
	 * @param inbound	TRUE for an inbound SA
	 * @param thread	identifies the current thread
	 * @return			record, to be checked in
	 */
	hwo_child_t *(*begin)(child_table_t *this, const hwo_sa_id_t *id,
						  bool inbound, uint32_t reqid, uintptr_t thread);

	/**
	 * Check out the record of an SA.
	 *
	 * @return			record, NULL if there is none
	 */
	hwo_child_t *(*checkout)(child_table_t *this, const hwo_sa_id_t *id);

	/**
	 * Check in a record. It is destroyed if it has no SA anymore. What others
	 * noted about it meanwhile is kept, room that it does not use is given
	 * back.
	 */
	void (*checkin)(child_table_t *this, hwo_child_t *child);

	/**
	 * Look at the record of an SA, without waiting for who has it.
	 *
	 * @param child		[out] copy, may be NULL
	 * @return			FALSE if there is none
	 */
	bool (*get)(child_table_t *this, const hwo_sa_id_t *id,
				hwo_child_t *child);

	/**
	 * Look at a record by its key.
	 *
	 * @return			FALSE if there is none
	 */
	bool (*get_key)(child_table_t *this, u_int key, hwo_child_t *child);

	/**
	 * Look at a record by charon's unique identifier.
	 *
	 * @param child_id	unique identifier
	 * @return			FALSE if there is none
	 */
	bool (*get_child)(child_table_t *this, uint32_t child_id,
					  hwo_child_t *child);

	/**
	 * List the keys of all records that have an SA.
	 *
	 * @return			u_int, by value
	 */
	array_t *(*list)(child_table_t *this);

	/**
	 * Note the names of a CHILD_SA. If its SAs have records of their own, they
	 * get a common one.
	 *
	 * @param in		identity of the inbound SA
	 * @param out		identity of the outbound SA
	 * @param child		[out] copy of the record
	 * @return			FALSE if there is no record
	 */
	bool (*name)(child_table_t *this, const hwo_sa_id_t *in,
				 const hwo_sa_id_t *out, const hwo_names_t *names,
				 hwo_child_t *child);

	/**
	 * Note what happens to a CHILD_SA.
	 *
	 * @param key		key of its record
	 */
	void (*note)(child_table_t *this, u_int key, hwo_child_event_t event);

	/**
	 * Note that an SA is not in the kernel anymore, so its CHILD_SA is lost.
	 *
	 * @return			FALSE if that is known already, or there is no record
	 */
	bool (*lose)(child_table_t *this, const hwo_sa_id_t *id);

	/**
	 * Note that an SA could not be installed, so that the CHILD_SAs which it
	 * was to replace are going to end: those of the same reqid and IKE_SA, or
	 * between the same hosts if the IKE_SA is not known.
	 *
	 * @param id		identity of the SA that could not be installed
	 * @param ike_id	unique ID of its IKE_SA, 0 if it is not known
	 */
	void (*rekey_failed)(child_table_t *this, const hwo_sa_id_t *id,
						 uint32_t reqid, uint32_t ike_id);

	/**
	 * Note that an SA reached a soft limit, as somebody noticed.
	 *
	 * @param watched	TRUE if that was noticed by us, FALSE if by the kernel
	 * @param late		if noticed by us, TRUE if the kernel knows the limit and
	 *					will notice, too
	 * @return			TRUE if charon is to be told
	 */
	bool (*soft)(child_table_t *this, const hwo_sa_id_t *id, bool watched,
				 bool late);

	/**
	 * Note the number of packets an SA processed. That tells when it was last
	 * used where the kernel doesn't, as it does not see the packets.
	 *
	 * @param packets	current number of packets
	 * @param now		current time, monotonic
	 * @return			time at which a change was noticed last, 0 for never
	 */
	time_t (*note_packets)(child_table_t *this, const hwo_sa_id_t *id,
						   uint64_t packets, time_t now);

	/**
	 * Check if a device has room for one more pair of SAs in a mode, and
	 * reserve it. One that is to replace another has room in any case: both are
	 * there only until rekeying is done, so one at a time has for each reqid.
	 *
	 * @param child		record, checked out
	 * @param max		SAs the device may have in that mode
	 * @return			FALSE if there is no room
	 */
	bool (*admit)(child_table_t *this, hwo_child_t *child,
				  const hwo_offload_t *offload, u_int max);

	/**
	 * Count the pairs of SAs that have room in a mode on a device, without
	 * those that are to replace others.
	 *
	 * @param offload	mode and device; mode none for any use of the device,
	 *					lost SAs are not there anymore
	 */
	u_int (*count)(child_table_t *this, const hwo_offload_t *offload);

	/**
	 * Check if a CHILD_SA is the only one with its reqid between these hosts.
	 * If not, a rekeying is under way that is not concluded.
	 *
	 * @param child		copy of its record
	 */
	bool (*is_single)(child_table_t *this, const hwo_child_t *child);

	/**
	 * Check if traffic may have found no SA only because that was on the move.
	 *
	 * @param reqid		reqid of the traffic's policy
	 * @param now		current time, monotonic
	 */
	bool (*moving)(child_table_t *this, uint32_t reqid, time_t now);

	/**
	 * Have somebody told about SAs that are moved.
	 *
	 * @param cb		callback, NULL for none
	 */
	void (*on_move)(child_table_t *this, child_moved_cb_t cb, void *data);

	/**
	 * Forget all records but those that are checked out.
	 */
	void (*flush)(child_table_t *this);

	/**
	 * Destroy, no record may be checked out.
	 */
	void (*destroy)(child_table_t *this);
};

/**
 * Create an empty table.
 */
child_table_t *hwo_child_table_create(void);

#endif /** HWO_CHILD_TABLE_H_ @}*/
