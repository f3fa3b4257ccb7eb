/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From an SP that failed to its CHILD_SA or trap.
 */

#include "sp_failure.h"
#include "sp_planner.h"

#include <time.h>

void hwo_sp_note_refusal(device_history_t *history, const hwo_plan_t *plan,
						 const hwo_result_t *result)
{
	if (hwo_plan_has(plan, HWO_MODE_PACKET) && hwo_plan_is_refusal(result))
	{
		history->refused(history, plan->ifindex, TRUE, result, time(NULL));
	}
}

/**
 * Name what keeps an SP from being installed in the terms of reasons.
 */
static hwo_reason_t get_reason(const hwo_plan_t *plan,
							   const hwo_result_t *result)
{
	if (!plan->count)
	{
		return plan->skipped[HWO_MODE_PACKET];
	}
	if (plan->step[plan->count - 1] == HWO_MODE_NONE ||
		!hwo_plan_is_refusal(result))
	{	/* it has nothing to do with offload */
		return HWO_REASON_NONE;
	}
	return HWO_REASON_POLICY_REFUSED;
}

bool hwo_sp_failure(child_table_t *sas, const hwo_sp_request_t *user,
					const hwo_plan_t *plan, const hwo_result_t *result,
					hwo_sa_record_t *failed)
{
	if (user->requested == HW_OFFLOAD_NO || !user->reqid)
	{
		return FALSE;
	}
	if (!hwo_sp_find_sa(sas, user, failed))
	{
		*failed = (hwo_sa_record_t){
			.id = user->sa,
			.reqid = user->reqid,
			.facts = {
				.inbound = user->sp.id.dir != POLICY_OUT,
				.mode = user->mode,
			},
			.requested = user->requested,
		};
	}
	failed->outcome = (hwo_outcome_t){
		.why.reason = get_reason(plan, result),
		.candidate = plan->ifindex ?: failed->outcome.candidate,
	};
	if (plan->count)
	{	/* otherwise nobody was asked */
		failed->outcome.why.result = *result;
	}
	return TRUE;
}
