/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_child_rooms child_rooms
 * @{ @ingroup hwo_model
 *
 * Where the SAs of a CHILD_SA are, or may be soon.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_CHILD_ROOMS_H_
#define HWO_CHILD_ROOMS_H_

#include "child_record.h"

/** Rooms on devices a CHILD_SA may have: one for each SA, and those reserved for
 * packet and crypto mode */
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
 * Check if a mode on a device is among rooms.
 *
 * @param rooms			rooms
 * @param offload		mode and device
 */
bool hwo_rooms_has(const hwo_child_rooms_t *rooms,
				   const hwo_offload_t *offload);

/**
 * Add a mode on a device to rooms, once.
 *
 * @param rooms			rooms
 * @param offload		mode and device; nothing happens if the mode is none
 */
void hwo_rooms_add(hwo_child_rooms_t *rooms, const hwo_offload_t *offload);

/**
 * Add the rooms of the SAs of a CHILD_SA, lost ones have none.
 *
 * @param rooms			rooms
 * @param child			record
 */
void hwo_rooms_add_child(hwo_child_rooms_t *rooms, const hwo_child_t *child);

#endif /** HWO_CHILD_ROOMS_H_ @}*/
