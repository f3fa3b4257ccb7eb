/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Pure decisions about SAs whose device may have changed.
 */

#include "bind_plan.h"

ENUM(hwo_bind_action_names, HWO_BIND_KEEP, HWO_BIND_CLOSE,
	"keep",
	"move",
	"promote",
	"degrade",
	"rekey",
	"refused",
	"close",
);

hwo_offload_t hwo_bind_best(const hwo_plan_t *plan)
{
	return plan->count ? (hwo_offload_t){ plan->step[0], plan->ifindex }
					   : (hwo_offload_t){};
}

/**
 * Check if the best mode was tried already, on the same device.
 */
static bool was_tried(const hwo_bind_facts_t *facts, const hwo_plan_t *plan)
{
	const hwo_offload_t best = hwo_bind_best(plan);

	return hwo_offload_equals(&best, &facts->tried);
}

/**
 * A strict mode is not to be had on the device.
 */
static hwo_bind_action_t refused(const hwo_bind_rules_t *rules)
{
	return rules->close_refused ? HWO_BIND_CLOSE : HWO_BIND_REFUSED;
}

/**
 * Decide about SAs in packet mode, for which there is nothing but new keys.
 */
static hwo_bind_action_t plan_packet(const hwo_bind_facts_t *facts,
									 const hwo_plan_t *plan,
									 const hwo_bind_rules_t *rules)
{
	hwo_reason_t why = plan->skipped[HWO_MODE_PACKET];
	bool stays = plan->ifindex == facts->effective.ifindex &&
				 why != HWO_REASON_ROUTE_LEAK && !hwo_reason_is_path(why);

	if (stays && facts->rerouted && hwo_plan_has(plan, HWO_MODE_PACKET))
	{
		return HWO_BIND_REKEY;
	}
	if (stays && (plan->strict || hwo_plan_has(plan, HWO_MODE_PACKET)))
	{	/* what a NIC has taken it does, even if it takes no more */
		return HWO_BIND_KEEP;
	}
	if (!plan->count)
	{
		return refused(rules);
	}
	return was_tried(facts, plan) ? HWO_BIND_KEEP : HWO_BIND_REKEY;
}

/**
 * Decide about SAs whose mode is strict, which is crypto mode here.
 */
static hwo_bind_action_t plan_strict(const hwo_bind_facts_t *facts,
									 const hwo_plan_t *plan,
									 const hwo_bind_rules_t *rules)
{
	if (plan->ifindex == facts->effective.ifindex)
	{
		return HWO_BIND_KEEP;
	}
	if (!plan->count || was_tried(facts, plan))
	{
		return refused(rules);
	}
	return HWO_BIND_MOVE;
}

/**
 * Best mode in which SAs that exist may be installed elsewhere.
 */
static hwo_mode_t best_movable(const hwo_plan_t *plan)
{
	return hwo_plan_has(plan, HWO_MODE_CRYPTO) ? HWO_MODE_CRYPTO
											   : HWO_MODE_NONE;
}

/**
 * Decide about SAs in crypto mode or software whose mode is automatic.
 */
static hwo_bind_action_t plan_auto(const hwo_bind_facts_t *facts,
								   const hwo_plan_t *plan,
								   const hwo_bind_rules_t *rules)
{
	hwo_mode_t now = facts->effective.mode, best = best_movable(plan);

	if (now == HWO_MODE_CRYPTO && best == HWO_MODE_NONE)
	{
		return HWO_BIND_DEGRADE;
	}
	if (was_tried(facts, plan))
	{
		return HWO_BIND_KEEP;
	}
	if (rules->promote_now && hwo_plan_has(plan, HWO_MODE_PACKET))
	{
		return HWO_BIND_REKEY;
	}
	if (now == HWO_MODE_CRYPTO)
	{
		return plan->ifindex == facts->effective.ifindex ? HWO_BIND_KEEP
														 : HWO_BIND_MOVE;
	}
	if (best == HWO_MODE_CRYPTO && (rules->promote_now || facts->degraded))
	{
		return HWO_BIND_PROMOTE;
	}
	return HWO_BIND_KEEP;
}

hwo_bind_action_t hwo_bind_plan(const hwo_bind_facts_t *facts,
								const hwo_plan_t *plan,
								const hwo_bind_rules_t *rules)
{
	if (facts->lost || facts->requested == HW_OFFLOAD_NO || !plan->ifindex)
	{	/* without a route nothing else is better, and there may be one soon */
		return HWO_BIND_KEEP;
	}
	if (facts->effective.mode == HWO_MODE_PACKET)
	{
		return plan_packet(facts, plan, rules);
	}
	if (plan->strict)
	{
		return plan_strict(facts, plan, rules);
	}
	return plan_auto(facts, plan, rules);
}

/**
 * Check if a reason is one that plans give. The others come from attempts, or
 * from what else there was at the time.
 */
static bool is_planned(hwo_reason_t reason)
{
	switch (reason)
	{
		case HWO_REASON_NONE:
		case HWO_REASON_DRIVER_REFUSED:
		case HWO_REASON_SILENT_SOFTWARE:
		case HWO_REASON_WRONG_DEVICE:
		case HWO_REASON_PARTNER_REFUSED:
		case HWO_REASON_POLICY_REFUSED:
		case HWO_REASON_IN_USE:
		case HWO_REASON_BUDGET:
			return FALSE;
		default:
			return TRUE;
	}
}

hwo_reason_t hwo_bind_reason(const hwo_plan_t *plan,
							 const hwo_outcome_t *outcome)
{
	const hwo_offload_t *now = &outcome->effective;
	hwo_reason_t why = plan->skipped[HWO_MODE_PACKET];

	if (!plan->ifindex || now->mode == HWO_MODE_PACKET ||
		(now->ifindex && now->ifindex != plan->ifindex))
	{
		return outcome->why.reason;
	}
	if (!why && now->mode == HWO_MODE_CRYPTO)
	{
		why = plan->others;
	}
	if (why || !is_planned(outcome->why.reason))
	{
		return why ?: outcome->why.reason;
	}
	return plan->strict ? HWO_REASON_NONE : HWO_REASON_IN_USE;
}

u_int hwo_bind_window(u_int delay, u_int current, bool moved, bool changed)
{
	if (moved)
	{
		return min(current * 2, delay * HWO_BIND_MAX_BACKOFF);
	}
	return changed ? max(delay, current - current / 4) : delay;
}
