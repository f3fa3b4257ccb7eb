/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_spd_setup spd_setup
 * @{ @ingroup hwo_service
 *
 * The kernel's SPD as a whole. Its setup at the start also tells if XFRM is
 * there and if we may use it.
 */

#ifndef HWO_SPD_SETUP_H_
#define HWO_SPD_SETUP_H_

#include "../../io/nl_exchange.h"
#include "../../wire/xfrm_sp.h"

/**
 * Set the prefix lengths from which on SPs are hashed, if they differ from what
 * is set. If they can't be set, that is logged, but not an error.
 *
 * @param v4		thresholds for IPv4
 * @param v6		thresholds for IPv6
 * @return			0, or the errno value of the first request: EPERM without
 *					CAP_NET_ADMIN
 */
int hwo_spd_setup(nl_exchange_t *xfrm, const hwo_spd_thresh_t *v4,
				  const hwo_spd_thresh_t *v6);

/**
 * Ask the kernel about its SPD.
 *
 * @param info		[out] what it says
 * @return			0, or errno value
 */
int hwo_spd_get_info(nl_exchange_t *xfrm, hwo_spd_info_t *info);

#endif /** HWO_SPD_SETUP_H_ @}*/
