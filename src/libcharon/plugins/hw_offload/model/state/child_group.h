/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_child_group child_group
 * @{ @ingroup hwo_model
 *
 * CHILD_SAs with the same reqid: those that are rekeyed, and others that do the
 * same.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_CHILD_GROUP_H_
#define HWO_CHILD_GROUP_H_

#include <collections/array.h>

#include "child_index.h"

/**
 * Find the record of the inbound SA that an outbound one goes along with: the
 * one that charon has named it for, the last one that its thread has added, or
 * the only one there is.
 *
 * @param group			records with the same reqid, may be NULL
 * @param id			identity of the outbound SA
 * @param thread		identifies the thread
 * @return				record, NULL if there is none
 */
hwo_child_entry_t *hwo_group_find_pair(array_t *group, const hwo_sa_id_t *id,
									   uintptr_t thread);

/**
 * Check if a record is beyond the limit of a device.
 *
 * @param entry			record that has the room
 */
bool hwo_child_is_extra(const hwo_child_entry_t *entry,
						const hwo_offload_t *room);

/**
 * Find another record that has a room.
 *
 * @param group			records with the same reqid, may be NULL
 * @param entry			the one that is not looked for
 * @param extra			TRUE for one that is beyond the limit, FALSE for another
 * @return				record, NULL if there is none
 */
hwo_child_entry_t *hwo_group_find_room(array_t *group,
									   const hwo_child_entry_t *entry,
									   const hwo_offload_t *room, bool extra);

/**
 * Check if a CHILD_SA is the only one with its reqid between these hosts.
 * charon keeps the inbound SAs of rekeyed ones for a while, so outbound ones
 * count.
 *
 * @param group			records with the same reqid, may be NULL
 * @param child			copy of its record
 */
bool hwo_group_is_single(array_t *group, const hwo_child_t *child);

/**
 * Check if traffic may find no SA only because that is on the move.
 *
 * @param group			records with the same reqid, may be NULL
 * @param now			current time, monotonic
 */
bool hwo_group_is_moving(array_t *group, time_t now);

/**
 * Note that the replacement for CHILD_SAs could not be installed.
 *
 * @param group			records with the same reqid, may be NULL
 * @param id			identity of an SA of the replacement
 * @param ike_id		unique ID of its IKE_SA, 0 if it is not known
 */
void hwo_group_fail(array_t *group, const hwo_sa_id_t *id, uint32_t ike_id);

#endif /** HWO_CHILD_GROUP_H_ @}*/
