/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_path_devices path_devices
 * @{ @ingroup hwo_service
 *
 * Devices that packets of SAs go through, each way looked up once, however many
 * SAs share it. Answers are not renewed: it is for one look at all SAs.
 *
 * Thread-safety: for one thread.
 */

#ifndef HWO_PATH_DEVICES_H_
#define HWO_PATH_DEVICES_H_

#include "offload_device.h"
#include "../model/sa_table.h"

typedef struct path_devices_t path_devices_t;

/**
 * Devices by addresses and mark.
 */
struct path_devices_t {

	/**
	 * Get the device that packets of an outbound SA go through.
	 *
	 * @param sa		record of the SA
	 * @return			device, valid as long as this
	 */
	const hwo_device_t *(*get)(path_devices_t *this, const hwo_sa_record_t *sa);

	/**
	 * Destroy.
	 */
	void (*destroy)(path_devices_t *this);
};

/**
 * Create without any answer.
 *
 * @param devices		selection of devices
 */
path_devices_t *path_devices_create(offload_device_t *devices);

#endif /** HWO_PATH_DEVICES_H_ @}*/
