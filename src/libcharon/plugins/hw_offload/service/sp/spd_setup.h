/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_spd_setup spd_setup
 * @{ @ingroup hwo_service
 *
 * One-time setup of the SPD, which also tells if XFRM is there and if we may
 * use it.
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
 * Make room for a number of outbound SPs in the kernel's hash table.
 *
 * If the table grows while a guard is in it, the kernel may put the guard
 * before the SP it stands behind (all versions up to 7.3, SPs found by hash
 * only), and their traffic is blocked. The table never shrinks, so it grows for
 * all that follow if that many SPs are there for a moment, those included that
 * are there already. The kernel does not tell how large it is, so nobody knows
 * if others had it grow before.
 *
 * @param count		number of SPs
 */
void hwo_spd_reserve(nl_exchange_t *xfrm, u_int count);

#endif /** HWO_SPD_SETUP_H_ @}*/
