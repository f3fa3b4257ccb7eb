/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_table sa_table
 * @{ @ingroup hwo_model
 *
 * What we remember about the SAs we installed: no keys, only what was asked for
 * and what came of it.
 *
 * Thread-safety: may be used by any thread, records are copied in and out.
 */

#ifndef HWO_SA_TABLE_H_
#define HWO_SA_TABLE_H_

#include <collections/array.h>

#include "sa_record.h"

typedef struct sa_table_t sa_table_t;

/**
 * Called for each SA that was moved, after its record was changed.
 *
 * @param data			user data
 * @param record		record, only valid during the call
 */
typedef void (*sa_table_moved_cb_t)(void *data, const hwo_sa_record_t *record);

/**
 * Table of installed SAs, keyed by what the kernel looks at: destination, SPI,
 * protocol and mark.
 */
struct sa_table_t {

	/**
	 * Add a record, replacing one of the same identity.
	 */
	void (*put)(sa_table_t *this, const hwo_sa_record_t *record);

	/**
	 * Replace the record of an SA that was moved, or may have been missing in
	 * the kernel for a moment. What others noted about it since is kept, and
	 * the record of its partner refers to its new identity.
	 *
	 * @param from		identity it had before
	 * @param record	new record
	 */
	void (*move)(sa_table_t *this, const hwo_sa_id_t *from,
				 const hwo_sa_record_t *record);

	/**
	 * Get a copy of a record.
	 *
	 * @param id		identity
	 * @param record	[out] copy, may be NULL
	 * @return			FALSE if there is none
	 */
	bool (*get)(sa_table_t *this, const hwo_sa_id_t *id,
				hwo_sa_record_t *record);

	/**
	 * Take an SA for as long as it takes to delete it, or to delete it and add
	 * it again. Others that want to take it wait, so this must not be called
	 * while another one is taken. It is given back by give(), or remove().
	 *
	 * @param id		identity
	 * @param record	[out] copy, may be NULL
	 * @return			FALSE if there is no record, nothing is taken then
	 */
	bool (*take)(sa_table_t *this, const hwo_sa_id_t *id,
				 hwo_sa_record_t *record);

	/**
	 * Give back an SA that was taken, if it has a record still.
	 *
	 * @param id		identity
	 */
	void (*give)(sa_table_t *this, const hwo_sa_id_t *id);

	/**
	 * Check if traffic may have found no SA only because that was on the move:
	 * an outbound one that is taken or was moved less than two seconds ago.
	 *
	 * @param reqid		reqid
	 * @param now		current time, seconds since the epoch
	 */
	bool (*moving)(sa_table_t *this, uint32_t reqid, time_t now);

	/**
	 * Note the best mode that is going to be tried for an SA.
	 *
	 * @param id		identity
	 * @param best		mode and device
	 * @return			FALSE if it was the last one as well, or there is no SA
	 */
	bool (*try)(sa_table_t *this, const hwo_sa_id_t *id,
				const hwo_offload_t *best);

	/**
	 * Pair a new outbound SA with the inbound one that charon installed before
	 * it for the same CHILD_SA: the latest one with its reqid, between the same
	 * hosts, that has no partner yet. Both records refer to each other then.
	 *
	 * @param id		identity of the outbound SA, which needs no record yet
	 * @param reqid		reqid
	 * @param partner	[out] copy of the inbound SA's record
	 * @return			FALSE if there is none
	 */
	bool (*pair)(sa_table_t *this, const hwo_sa_id_t *id, uint32_t reqid,
				 hwo_sa_record_t *partner);

	/**
	 * Set the names of an SA and of its partner.
	 *
	 * @param id		identity of one of the two
	 * @param names		names
	 * @return			FALSE if there is no record
	 */
	bool (*name)(sa_table_t *this, const hwo_sa_id_t *id,
				 const hwo_names_t *names);

	/**
	 * List one SA of each CHILD_SA: the outbound one, or the inbound one if
	 * there is no other.
	 *
	 * @return			hwo_sa_id_t, by value
	 */
	array_t *(*list)(sa_table_t *this);

	/**
	 * Have somebody told about SAs that are moved, without a lock held.
	 *
	 * @param cb		callback, NULL for none
	 * @param data		passed to cb
	 */
	void (*on_move)(sa_table_t *this, sa_table_moved_cb_t cb, void *data);

	/**
	 * Check if a device has room for one more pair of SAs in a mode, and keep
	 * it for a while.
	 *
	 * Pairs are counted by their inbound SAs. One that is to replace another
	 * does not count: both are there only until rekeying is done.
	 *
	 * @param id		identity of one of the SAs
	 * @param reqid		reqid
	 * @param offload	mode and device
	 * @param max		SAs the device may have in that mode
	 * @return			FALSE if there is no room
	 */
	bool (*admit)(sa_table_t *this, const hwo_sa_id_t *id, uint32_t reqid,
				  const hwo_offload_t *offload, u_int max);

	/**
	 * Don't keep room for an SA anymore, in no mode: it has its record now, or
	 * there won't be one.
	 *
	 * @param id		identity given to admit()
	 */
	void (*settle)(sa_table_t *this, const hwo_sa_id_t *id);

	/**
	 * Note the number of packets an SA processed. That tells when it was last
	 * used where the kernel doesn't, as it does not see the packets.
	 *
	 * @param id		identity
	 * @param packets	current number of packets
	 * @param now		current time, monotonic
	 * @return			time at which a change was noticed last, 0 for never
	 */
	time_t (*note_packets)(sa_table_t *this, const hwo_sa_id_t *id,
						   uint64_t packets, time_t now);

	/**
	 * Begin a comparison with what the kernel has. Records that are added from
	 * now on count as found.
	 *
	 * @return			stamp of the comparison
	 */
	u_int (*next_stamp)(sa_table_t *this);

	/**
	 * Note that the kernel has an SA.
	 *
	 * @param id		identity
	 * @param stamp		stamp of the comparison
	 * @return			FALSE if there is no record of it
	 */
	bool (*stamp)(sa_table_t *this, const hwo_sa_id_t *id, u_int stamp);

	/**
	 * List the SAs that were not found, without those that are taken.
	 *
	 * @param stamp		stamp of the comparison
	 * @return			hwo_sa_id_t, by value
	 */
	array_t *(*unstamped)(sa_table_t *this, u_int stamp);

	/**
	 * Note that an SA was lost, by the kernel or because its peer is gone.
	 *
	 * @param id		identity
	 * @param record	[out] copy of its record, may be NULL
	 * @return			FALSE if that is known already, or there is no record
	 */
	bool (*lose)(sa_table_t *this, const hwo_sa_id_t *id,
				 hwo_sa_record_t *record);

	/**
	 * Note that an SA could not be installed, so that those which it was to
	 * replace, of the same reqid and between the same hosts, are going to end.
	 *
	 * @param id		identity of the SA that could not be installed
	 * @param reqid		reqid
	 */
	void (*orphan)(sa_table_t *this, const hwo_sa_id_t *id, uint32_t reqid);

	/**
	 * Note that an SA and its partner are closed on purpose.
	 *
	 * @param id		identity of one of the two
	 */
	void (*close)(sa_table_t *this, const hwo_sa_id_t *id);

	/**
	 * Note that an SA reached a soft limit, as somebody noticed.
	 *
	 * @param id		identity
	 * @param watched	TRUE if that was noticed by us, FALSE if by the kernel
	 * @param late		if noticed by us, TRUE if the kernel knows the limit and
	 *					will notice, too
	 * @return			TRUE if charon is to be told
	 */
	bool (*tell_soft)(sa_table_t *this, const hwo_sa_id_t *id, bool watched,
					  bool late);

	/**
	 * Check if the CHILD_SA of an SA is the only one with its reqid between
	 * these hosts. If not, a rekeying is under way that is not concluded.
	 *
	 * @param record	copy of its record
	 */
	bool (*is_single)(sa_table_t *this, const hwo_sa_record_t *record);

	/**
	 * Check if any SA is offloaded to a device, lost ones are not anymore.
	 *
	 * @param ifindex	device
	 */
	bool (*uses)(sa_table_t *this, uint32_t ifindex);

	/**
	 * Remove a record.
	 *
	 * @return			FALSE if there was none
	 */
	bool (*remove)(sa_table_t *this, const hwo_sa_id_t *id);

	/**
	 * Remove all records.
	 */
	void (*flush)(sa_table_t *this);

	/**
	 * Number of records.
	 */
	u_int (*get_count)(sa_table_t *this);

	/**
	 * Destroy.
	 */
	void (*destroy)(sa_table_t *this);
};

/**
 * Create an empty table.
 */
sa_table_t *hwo_sa_table_create(void);

#endif /** HWO_SA_TABLE_H_ @}*/
