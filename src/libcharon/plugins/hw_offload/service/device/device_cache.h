/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_device_cache device_cache
 * @{ @ingroup hwo_service
 *
 * Devices that packets of SAs leave by, each path looked up once, however many
 * SAs share it. Answers are not renewed: it is for one look at all SAs.
 *
 * Thread-safety: for one thread.
 */

#ifndef HWO_DEVICE_CACHE_H_
#define HWO_DEVICE_CACHE_H_

#include "egress_device.h"
#include "../../model/state/child_table.h"

typedef struct device_cache_t device_cache_t;

/**
 * Create without any answer.
 */
device_cache_t *hwo_device_cache_create(egress_device_t *devices);

/**
 * Get the device that carries the packets of a CHILD_SA.
 *
 * @param child			record, with at least one SA
 * @return				device, valid until the next call
 */
const hwo_device_t *hwo_device_cache_get(device_cache_t *cache,
										 const hwo_child_t *child);

/**
 * Destroy, with all answers.
 */
void hwo_device_cache_destroy(device_cache_t *cache);

#endif /** HWO_DEVICE_CACHE_H_ @}*/
