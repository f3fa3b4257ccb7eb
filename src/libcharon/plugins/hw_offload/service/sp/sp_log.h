/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_log sp_log
 * @{ @ingroup hwo_service
 *
 * Log lines about SPs.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_SP_LOG_H_
#define HWO_SP_LOG_H_

#include "../../model/state/sp_table.h"

/**
 * Log what became of an SP, at level 2.
 *
 * @param what		what was done, e.g. "added"
 */
void hwo_sp_log_change(const char *what, hwo_sp_entry_t *entry);

/**
 * Log a failure to do something with an SP, at level 1.
 *
 * @param what		what was to be done, e.g. "add"
 * @param mode		mode that was asked for
 * @param device	name of the device that was asked
 */
void hwo_sp_log_failure(const char *what, const hwo_sp_id_t *id,
						hwo_mode_t mode, const char *device,
						const hwo_result_t *result);

/**
 * Log something about the traffic of an SP, at level 1.
 *
 * @param what		what follows the selectors
 */
void hwo_sp_log_traffic(const hwo_sp_id_t *id, const char *what);

#endif /** HWO_SP_LOG_H_ @}*/
