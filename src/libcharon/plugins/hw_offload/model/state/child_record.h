/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_child_record child_record
 * @{ @ingroup hwo_model
 *
 * What is remembered about a CHILD_SA: its two SAs, what was asked for, what
 * came of it, and what became of it since. No keys.
 *
 * The state decides what happens to the traffic when charon removes the
 * policies, so it only depends on events, and every one of them may come in
 * every state:
 *
 *              | installed | lost | failed       | replaced | deleted | closed
 *  ------------+-----------+------+--------------+----------+---------+-------
 *  installing  | up        | lost | =            | replaced | =       | closed
 *  up          | =         | lost | rekey failed | replaced | =       | closed
 *  rekey failed| =         | lost | =            | replaced | up      | closed
 *  lost        | up        | =    | =            | replaced | =       | closed
 *  replaced    | =         | lost | =            | =        | =       | closed
 *  closed      | =         | =    | =            | =        | =       | =
 *
 * Policies that go while the state is lost or rekey failed leave a block
 * behind, see hwo_child_holds(). An SA that is on the move is no state: its
 * record is checked out meanwhile.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_CHILD_RECORD_H_
#define HWO_CHILD_RECORD_H_

#include "../plan/offload_plan.h"

/** Longest name of a connection or child that is kept, the rest is cut off */
#define HWO_NAME_LEN 64

/**
 * What charon calls a CHILD_SA, and the IKE_SA it belongs to.
 */
typedef struct hwo_names_t {
	/** names in the configuration, empty if not known yet */
	char connection[HWO_NAME_LEN], child[HWO_NAME_LEN];
	/** unique identifiers, 0 if not known yet */
	uint32_t ike_id, child_id;
} hwo_names_t;

/**
 * What happened to an SA that was moved.
 */
typedef struct hwo_sa_moves_t {
	/** how many times it was moved */
	u_int count;
	/** time of the last one: seconds since the epoch, and monotonic */
	time_t last, monotonic;
	/** where it was before that */
	hwo_offload_t from;
} hwo_sa_moves_t;

/**
 * One SA of a CHILD_SA.
 */
typedef struct hwo_child_sa_t {
	/** identity, spi 0 if there is no such SA */
	hwo_sa_id_t id;
	/** what decides in which mode it can be */
	hwo_sa_facts_t facts;
	/** ports of UDP encapsulation, host order */
	uint16_t src_port, dst_port;
	/** what came of it */
	hwo_outcome_t outcome;
	/** best mode that was tried last, and its device, whatever came of it */
	hwo_offload_t tried;
	/** next hop that its NIC sends to, or that it is rekeyed for; family 0 if
	 * that is the peer. */
	hwo_addr_t gateway;
	/** limits that we watch in packet mode, in place of the NIC */
	hwo_limits_t watched;
	/** moves between modes, devices and addresses */
	hwo_sa_moves_t moves;
	/** TRUE if it is not in the kernel anymore, or its peer is lost */
	bool lost;
	/** TRUE if its policy does not find it, see sad_buckets.h */
	bool hidden;
	/** TRUE once charon heard of a soft limit */
	bool soft;
	/** TRUE if it did not hear that from the kernel, which will say so, too */
	bool soft_late;
	/** packets at the last query, to see if it is in use */
	uint64_t packets;
	/** monotonic time at which packets was seen to change, 0 if it was not */
	time_t changed;
} hwo_child_sa_t;

/**
 * States of a CHILD_SA.
 */
typedef enum hwo_child_state_t {
	/** one of its SAs is not there yet */
	HWO_CHILD_INSTALLING,
	/** both SAs are there */
	HWO_CHILD_UP,
	/** it was to be rekeyed, but its replacement could not be installed */
	HWO_CHILD_REKEY_FAILED,
	/** an SA or the peer is gone, and nobody wanted that */
	HWO_CHILD_LOST,
	/** another one does its work */
	HWO_CHILD_REPLACED,
	/** its IKE_SA is closed on purpose */
	HWO_CHILD_CLOSED,
} hwo_child_state_t;

/**
 * What happens to a CHILD_SA.
 */
typedef enum hwo_child_event_t {
	/** both SAs are installed */
	HWO_CHILD_INSTALLED,
	/** an SA expired or is gone, or the peer does not answer */
	HWO_CHILD_LOSS,
	/** the SA of another one, that was to replace it, could not be installed */
	HWO_CHILD_FAILURE,
	/** charon has replaced it by another one */
	HWO_CHILD_REPLACEMENT,
	/** charon deletes it, on its own account and not as a rekeying failed */
	HWO_CHILD_DELETION,
	/** charon deletes its IKE_SA, on purpose */
	HWO_CHILD_CLOSE,
	/** its outbound SA is hidden from its policy, or not anymore; that does not
	 * change the state. */
	HWO_CHILD_HIDDEN,
	HWO_CHILD_FOUND,
} hwo_child_event_t;

/**
 * Record of a CHILD_SA. Either SA may be missing.
 */
typedef struct hwo_child_t {
	/** number of the record, which is never given to another one */
	u_int key;
	/** its SAs, inbound and outbound */
	hwo_child_sa_t in, out;
	/** reqid, others may have the same one */
	uint32_t reqid;
	/** configured offload mode */
	hw_offload_t requested;
	/** thread that has added the inbound SA */
	uintptr_t thread;
	/** names */
	hwo_names_t names;
	/** SPI of its outbound SA as charon says, 0 if it has not */
	uint32_t out_spi;
	/** state */
	hwo_child_state_t state;
	/** TRUE while somebody has it checked out, in a copy */
	bool busy;
} hwo_child_t;

/** Rooms on devices a CHILD_SA may have: one for each SA, and those reserved
 * for packet and crypto mode. */
#define HWO_CHILD_ROOMS 4

/**
 * Rooms on devices.
 */
typedef struct hwo_child_rooms_t {
	/** modes and devices, each of them once */
	hwo_offload_t room[HWO_CHILD_ROOMS];
	/** number of them */
	u_int count;
} hwo_child_rooms_t;

/**
 * Keep a name, without the rest of a character that does not fit.
 *
 * @param name			name in the configuration
 */
void hwo_name_keep(char kept[HWO_NAME_LEN], const char *name);

/**
 * Check if a name is the one that was kept, as far as it was.
 *
 * @param name			name in the configuration
 */
bool hwo_name_is(const char kept[HWO_NAME_LEN], const char *name);

/**
 * Get the state that follows an event.
 *
 * @param event			what happens
 * @return				next state, see the table above
 */
hwo_child_state_t hwo_child_next(hwo_child_state_t state,
								 hwo_child_event_t event);

/**
 * Note what happens.
 */
void hwo_child_note(hwo_child_t *child, hwo_child_event_t event);

/**
 * Check if traffic has to stay blocked when the policies go.
 */
bool hwo_child_holds(hwo_child_state_t state);

/**
 * Get one SA.
 *
 * @param inbound		TRUE for the inbound one
 */
hwo_child_sa_t *hwo_child_sa(hwo_child_t *child, bool inbound);

/**
 * Find an SA by its identity.
 *
 * @return				SA in the record, NULL if it has none of that identity
 */
hwo_child_sa_t *hwo_child_find(hwo_child_t *child, const hwo_sa_id_t *id);

/**
 * Get the SA that stands for a CHILD_SA: the outbound one, or the inbound one
 * if there is no other.
 */
const hwo_child_sa_t *hwo_child_main(const hwo_child_t *child);

/**
 * Check if a CHILD_SA is between the same hosts as an SA, by the same protocol.
 *
 * @param child			record, with at least one SA
 * @param id			identity of an SA, in either direction
 */
bool hwo_child_is_between(const hwo_child_t *child, const hwo_sa_id_t *id);

/**
 * Check if a CHILD_SA has an inbound SA only, and misses this outbound one.
 *
 * @param id			identity of the outbound SA
 */
bool hwo_child_misses(const hwo_child_t *child, const hwo_sa_id_t *id);

/**
 * Check if the SAs of a CHILD_SA are on different devices. A mark leads what is
 * sent to another device than what is received.
 */
bool hwo_child_is_split(const hwo_child_t *child);

/**
 * Check if traffic may find no SA only because the outbound one is on the move,
 * or was moved less than two seconds ago.
 *
 * @param now			current time, monotonic
 */
bool hwo_child_is_moving(const hwo_child_t *child, time_t now);

/**
 * Take over what others noted about a CHILD_SA, and about those of its SAs that
 * are the same, while somebody had a copy checked out.
 *
 * @param child			what was checked out
 * @param noted			what others see
 */
void hwo_child_take_notes(hwo_child_t *child, const hwo_child_t *noted);

/**
 * Note the number of packets an SA processed.
 *
 * @param packets		current number of packets
 * @param now			current time, monotonic
 * @return				time at which a change was noticed last, 0 for never
 */
time_t hwo_child_sa_packets(hwo_child_sa_t *sa, uint64_t packets, time_t now);

/**
 * Note that an SA reached a soft limit.
 *
 * @param watched		TRUE if that was noticed by us, FALSE if by the kernel
 * @param late			if noticed by us, TRUE if the kernel will notice, too
 * @return				TRUE if that is news for charon
 */
bool hwo_child_sa_soft(hwo_child_sa_t *sa, bool watched, bool late);

/**
 * Check if a mode on a device is among rooms.
 */
bool hwo_rooms_has(const hwo_child_rooms_t *rooms,
				   const hwo_offload_t *offload);

/**
 * Add a mode on a device to rooms, once.
 *
 * @param offload		mode and device; nothing happens if the mode is none
 */
void hwo_rooms_add(hwo_child_rooms_t *rooms, const hwo_offload_t *offload);

/**
 * Remove a mode on a device from rooms, if it is there.
 */
void hwo_rooms_remove(hwo_child_rooms_t *rooms, const hwo_offload_t *offload);

/**
 * Add the rooms of the SAs of a CHILD_SA, lost ones have none.
 */
void hwo_rooms_add_child(hwo_child_rooms_t *rooms, const hwo_child_t *child);

#endif /** HWO_CHILD_RECORD_H_ @}*/
