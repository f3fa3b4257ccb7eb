/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_link_driver link_driver
 * @{ @ingroup hwo_io
 *
 * Asks for the driver of a link.
 */

#ifndef HWO_LINK_DRIVER_H_
#define HWO_LINK_DRIVER_H_

#include "../hwo_net.h"

/**
 * Get the driver of a link.
 *
 * @param driver	[out] its name and version, "-" if it has none
 * @return			FALSE if the kernel does not tell
 */
typedef bool (*hwo_link_driver_t)(uint32_t ifindex, hwo_driver_t *driver);

/**
 * The kernel's answer, a hwo_link_driver_t.
 */
bool hwo_link_driver(uint32_t ifindex, hwo_driver_t *driver);

#endif /** HWO_LINK_DRIVER_H_ @}*/
