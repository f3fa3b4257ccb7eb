/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_failure sp_failure
 * @{ @ingroup hwo_service
 *
 * What was said against an SP, and why a CHILD_SA or trap could not be
 * installed if that is for one of its SPs.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_SP_FAILURE_H_
#define HWO_SP_FAILURE_H_

#include "../../model/state/device_history.h"
#include "../../model/plan/offload_plan.h"
#include "../../model/state/sa_record.h"
#include "../../model/state/sp_table.h"

/**
 * Keep what a device has said to an SP, if it was asked and refused it.
 *
 * @param plan			steps that were tried
 * @param result		outcome of the last one
 */
void hwo_sp_note_refusal(device_history_t *history, const hwo_plan_t *plan,
						 const hwo_result_t *result);

/**
 * Describe a failure as failed_children_t wants it.
 *
 * @param user			user whose SP could not be installed
 * @param plan			steps that were tried
 * @param result		outcome of the last one
 * @return				FALSE if nobody could ask for it: it is not to be
 *						offloaded, or a shunt, which has neither SAs nor a reqid
 */
bool hwo_sp_failure(child_table_t *sas, const hwo_sp_request_t *user,
					const hwo_plan_t *plan, const hwo_result_t *result,
					hwo_sa_record_t *failed);

#endif /** HWO_SP_FAILURE_H_ @}*/
