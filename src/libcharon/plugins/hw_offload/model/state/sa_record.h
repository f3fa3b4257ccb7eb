/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_record sa_record
 * @{ @ingroup hwo_model
 *
 * What we remember about one SA we installed, and how that relates to another
 * SA.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_SA_RECORD_H_
#define HWO_SA_RECORD_H_

#include "child_record.h"

/**
 * Record of one installed SA.
 */
typedef struct hwo_sa_record_t {
	/** identity */
	hwo_sa_id_t id;
	/** reqid */
	uint32_t reqid;
	/** what decides in which mode it can be */
	hwo_sa_facts_t facts;
	/** ports of UDP encapsulation, host order */
	uint16_t src_port, dst_port;
	/** configured offload mode */
	hw_offload_t requested;
	/** what came of it */
	hwo_outcome_t outcome;
	/** best mode that was tried last, and on which device, whatever came of it */
	hwo_offload_t tried;
	/** SA of the other direction in the same CHILD_SA, spi 0 if not known */
	hwo_sa_id_t partner;
	/** limits that we watch in packet mode, in place of the NIC */
	hwo_limits_t watched;
	/** names of the CHILD_SA */
	hwo_names_t names;
	/** moves between modes, devices and addresses */
	hwo_sa_moves_t moves;
	/** TRUE if it was lost: it expired, its device went down, or the peer is
	 * not there anymore */
	bool lost;
	/** TRUE if an SA that was to replace it could not be installed */
	bool orphaned;
	/** TRUE once its IKE_SA is closed on purpose */
	bool closed;
	/** TRUE once charon heard of a soft limit */
	bool soft;
	/** TRUE if it did not hear that from the kernel, which will say so, too */
	bool soft_late;
	/** TRUE while a thread has taken it, see take() */
	bool taken;
	/** stamp of the last comparison with the kernel that found it there */
	u_int stamp;
	/** packets at the last query, to see if it is in use */
	uint64_t packets;
	/** monotonic time at which packets was seen to change, 0 if it was not */
	time_t changed;
} hwo_sa_record_t;

/**
 * Check if a record is that of an inbound SA that may be the other direction of
 * an outbound one, and has no partner yet.
 *
 * @param record	record
 * @param id		identity of the outbound SA
 * @param reqid		its reqid
 */
bool hwo_sa_is_partner(const hwo_sa_record_t *record, const hwo_sa_id_t *id,
					   uint32_t reqid);

/**
 * Check if the SA of a record does the same as another one, in either
 * direction.
 *
 * @param record	record
 * @param id		identity of the other SA
 * @param reqid		its reqid
 */
bool hwo_sa_is_replaced(const hwo_sa_record_t *record, const hwo_sa_id_t *id,
						uint32_t reqid);

/**
 * Check if the SA of a record is the outbound one of a CHILD_SA with the reqid
 * of another record, between the same hosts.
 *
 * @param record	record
 * @param other		record of either direction of a CHILD_SA
 */
bool hwo_sa_is_outbound_of(const hwo_sa_record_t *record,
						   const hwo_sa_record_t *other);

/**
 * Check if traffic may find no SA only because the one of a record is on the
 * move: an outbound one that is taken or was moved less than two seconds ago.
 *
 * @param record	record
 * @param reqid		reqid of the traffic's policy
 * @param now		current time, seconds since the epoch
 */
bool hwo_sa_is_moving(const hwo_sa_record_t *record, uint32_t reqid,
					  time_t now);

/**
 * Take what others noted about an SA, whose record is about to be replaced as
 * it was moved: names, and what became of it.
 *
 * @param record	new record
 * @param old		record that is replaced
 */
void hwo_sa_take_notes(hwo_sa_record_t *record, const hwo_sa_record_t *old);

/**
 * Check if the SA of a record is offloaded to a device, a lost one is not
 * anymore.
 *
 * @param record	record
 * @param ifindex	device
 */
bool hwo_sa_is_on_device(const hwo_sa_record_t *record, uint32_t ifindex);

/**
 * Note the number of packets the SA of a record processed.
 *
 * @param record	record
 * @param packets	current number of packets
 * @param now		current time, monotonic
 * @return			time at which a change was noticed last, 0 for never
 */
time_t hwo_sa_note_packets(hwo_sa_record_t *record, uint64_t packets,
						   time_t now);

/**
 * Note that the SA of a record reached a soft limit.
 *
 * @param record	record
 * @param watched	TRUE if that was noticed by us, FALSE if by the kernel
 * @param late		if noticed by us, TRUE if the kernel will notice, too
 * @return			TRUE if that is news for charon
 */
bool hwo_sa_note_soft(hwo_sa_record_t *record, bool watched, bool late);

#endif /** HWO_SA_RECORD_H_ @}*/
