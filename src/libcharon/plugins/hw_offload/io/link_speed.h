/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_link_speed link_speed
 * @{ @ingroup hwo_io
 *
 * Asks how fast a link is.
 */

#ifndef HWO_LINK_SPEED_H_
#define HWO_LINK_SPEED_H_

#include <library.h>

/**
 * Get the speed of a link. For bonds that is the sum of their links.
 *
 * @param ifindex		link
 * @return				bytes per second, 0 if it is not known
 */
uint64_t hwo_link_speed(uint32_t ifindex);

#endif /** HWO_LINK_SPEED_H_ @}*/
