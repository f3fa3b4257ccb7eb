/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sad_scan sad_scan
 * @{ @ingroup hwo_service
 *
 * Compares the SAs that we installed with those the kernel has, to find out
 * what it did not announce, or what of that was lost.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_SAD_SCAN_H_
#define HWO_SAD_SCAN_H_

#include "../../io/nl_exchange.h"
#include "../../model/state/child_table.h"

/**
 * Compare, and note those that are not there anymore as lost.
 *
 * @param lost			[out] SAs that are lost since, hwo_sa_id_t by value
 * @param soft			[out] SAs beyond a soft limit, hwo_sa_id_t by value
 */
void hwo_sad_scan(nl_exchange_t *xfrm, child_table_t *table, array_t *lost,
				  array_t *soft);

#endif /** HWO_SAD_SCAN_H_ @}*/
