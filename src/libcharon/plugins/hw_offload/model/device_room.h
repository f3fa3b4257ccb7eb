/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_device_room device_room
 * @{ @ingroup hwo_model
 *
 * Room on devices that is kept for pairs of SAs under way: they are admitted
 * already, but have no records that could be counted yet.
 *
 * Thread-safety: none, the table of records has a lock around it.
 */

#ifndef HWO_DEVICE_ROOM_H_
#define HWO_DEVICE_ROOM_H_

#include "sa_record.h"

typedef struct device_room_t device_room_t;

/**
 * Room for pairs of SAs under way.
 */
struct device_room_t {

	/**
	 * Keep room for a pair.
	 *
	 * @param id		identity of one of its SAs
	 * @param offload	mode and device
	 */
	void (*keep)(device_room_t *this, const hwo_sa_id_t *id,
				 const hwo_offload_t *offload);

	/**
	 * Number of pairs for which there is room in a mode on a device.
	 *
	 * @param offload	mode and device
	 */
	u_int (*count)(device_room_t *this, const hwo_offload_t *offload);

	/**
	 * Don't keep room for a pair anymore, in no mode.
	 *
	 * @param id		identity given to keep()
	 */
	void (*settle)(device_room_t *this, const hwo_sa_id_t *id);

	/**
	 * Destroy.
	 */
	void (*destroy)(device_room_t *this);
};

/**
 * Create it, without any room kept.
 */
device_room_t *device_room_create(void);

#endif /** HWO_DEVICE_ROOM_H_ @}*/
