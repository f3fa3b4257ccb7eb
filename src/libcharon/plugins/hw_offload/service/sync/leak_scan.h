/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_leak_scan leak_scan
 * @{ @ingroup hwo_service
 *
 * Looks for CHILD_SAs whose traffic has become this host's own, as it has got
 * an address in their traffic selectors. In packet mode such traffic may leave
 * in clear once its route moves, see hwo_sp_may_leak().
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_LEAK_SCAN_H_
#define HWO_LEAK_SCAN_H_

#include "../../model/plan/sp_guard.h"
#include "../../model/state/child_table.h"
#include "../../model/state/sp_table.h"

/**
 * Note in the records of CHILD_SAs that their traffic may leak. It stays noted
 * until they are rekeyed.
 */
void hwo_leak_scan(const hwo_guard_rules_t *rules, sp_table_t *sps,
				   child_table_t *table);

#endif /** HWO_LEAK_SCAN_H_ @}*/
