/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Puts CHILD_SAs where their packets go.
 */

#include "child_place.h"
#include "../device/route_leak.h"
#include "../sa/sa_mover.h"
#include "../sa/sa_probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>

#include <utils/debug.h>

/**
 * Leave out crypto mode if another device has no room for a pair.
 */
static void keep_to_budget(hwo_placer_t *this, hwo_child_t *child,
						   const hwo_device_t *device, hwo_plan_t *plan)
{
	const hwo_offload_t offload = {
		.mode = HWO_MODE_CRYPTO,
		.ifindex = device->ifindex,
	};
	const hwo_offload_t *now = &child->out.outcome.effective;

	if (device->max_sas && device->ifindex != now->ifindex &&
		now->mode != HWO_MODE_PACKET && hwo_plan_has(plan, HWO_MODE_CRYPTO) &&
		!this->with.table->admit(this->with.table, child, &offload,
								 device->max_sas))
	{
		hwo_plan_exclude(plan, HWO_MODE_CRYPTO, HWO_REASON_BUDGET);
	}
}

/**
 * Check if the NIC of an SA has another next hop than its packets.
 */
static bool is_rerouted(const hwo_child_sa_t *sa, const hwo_plan_t *plan)
{
	return sa->facts.mode == MODE_TUNNEL &&
		   sa->outcome.effective.ifindex == plan->ifindex &&
		   !hwo_addr_equals(&sa->gateway, &plan->gateway);
}

static hwo_bind_action_t decide(hwo_placer_t *this, const hwo_child_t *child,
								const hwo_plan_t *plan, bool again)
{
	const hwo_child_sa_t *sa = &child->out;
	const hwo_offload_t *effective = &sa->outcome.effective;
	hwo_bind_facts_t facts = {
		.requested = child->requested,
		.effective = *effective,
		.tried = again ? (hwo_offload_t){} : sa->tried,
		.degraded = effective->mode == HWO_MODE_NONE && sa->moves.count &&
					sa->moves.from.mode == HWO_MODE_CRYPTO,
		.lost = sa->lost,
		.rerouted = is_rerouted(sa, plan),
	};

	return hwo_bind_plan(&facts, plan, &this->rules);
}

static void log_action(hwo_placer_t *this, const hwo_child_t *child,
					   const hwo_plan_t *plan, const char *what)
{
	const hwo_offload_t *now = &child->out.outcome.effective;
	egress_device_t *devices = this->with.devices;
	char from[IFNAMSIZ], to[IFNAMSIZ];

	DBG1(DBG_KNL, "CHILD_SA with SPIs %.8x_i %.8x_o: in mode %N on device %s, "
		 "its packets leave by %s, %s", ntohl(child->in.id.spi),
		 ntohl(child->out.id.spi), hwo_mode_names, now->mode,
		 devices->name(devices, now->ifindex, from),
		 devices->name(devices, plan->ifindex, to), what);
}

static void log_moved(hwo_placer_t *this, const hwo_child_t *child,
					  const hwo_outcome_t *outcome, hwo_bind_action_t action)
{
	const hwo_offload_t *old = &child->out.outcome.effective;
	const hwo_offload_t *new = &outcome->effective;
	const hwo_refusal_t *why = &outcome->why;
	egress_device_t *devices = this->with.devices;
	char from[IFNAMSIZ], to[IFNAMSIZ];

	DBG1(DBG_KNL, "CHILD_SA with SPIs %.8x_i %.8x_o followed its packets (%N): "
		 "from mode %N on device %s to mode %N on device %s, %N%s%s",
		 ntohl(child->in.id.spi), ntohl(child->out.id.spi),
		 hwo_bind_action_names, action, hwo_mode_names, old->mode,
		 devices->name(devices, old->ifindex, from), hwo_mode_names, new->mode,
		 devices->name(devices, new->ifindex, to), hwo_reason_names,
		 why->reason, why->result.extack[0] ? ": " : "", why->result.extack);
}

/**
 * Have charon close a CHILD_SA. That is not what the user wanted, so its
 * traffic stays blocked, as if the kernel had lost it.
 */
static hwo_place_t close_child(hwo_placer_t *this, const hwo_child_t *child,
							   const hwo_plan_t *plan, const char *why)
{
	log_action(this, child, plan, why);
	this->with.rekey->hard(this->with.rekey, &child->out.id);
	return HWO_PLACE_CHANGED;
}

static hwo_place_t refused(hwo_placer_t *this, const hwo_child_t *child,
						   const hwo_plan_t *plan, bool again)
{
	if (plan->strict && this->rules.close_refused)
	{
		return close_child(this, child, plan,
						   "where it was refused: closing it");
	}
	if (!again)
	{
		log_action(this, child, plan, "where it was refused: it stays");
	}
	return HWO_PLACE_REFUSED;
}

/**
 * Check if the device would take SAs like these.
 */
static bool is_taken(hwo_placer_t *this, const hwo_child_t *child,
					 const hwo_plan_t *plan)
{
	const hwo_offload_t best = hwo_bind_best(plan);
	device_history_t *history;
	hwo_result_t refusal;

	if (hwo_sa_probe(this->with.xfrm, child, &best, &refusal))
	{
		return TRUE;
	}
	history = this->with.devices->get_history(this->with.devices);
	history->refused(history, best.ifindex, FALSE, &refusal, time(NULL));
	return FALSE;
}

/**
 * Move it as planned. What did not work out is up to charon, as long as there
 * is nothing in the kernel that goes on from where it was.
 */
static hwo_place_t move(hwo_placer_t *this, hwo_child_t *child,
						const hwo_plan_t *plan, hwo_bind_action_t action,
						bool again)
{
	hwo_child_t old = *child;
	hwo_outcome_t outcome = {};
	int err;

	/* it is in use, so it is not moved to find that out again */
	if (again && plan->strict && !is_taken(this, child, plan))
	{
		return refused(this, child, plan, again);
	}
	err = hwo_sa_place(&this->with, child, plan, &outcome);
	if (!err)
	{
		log_moved(this, &old, &outcome, action);
		return HWO_PLACE_CHANGED;
	}
	if (err != EOPNOTSUPP || child->in.lost || child->out.lost)
	{
		log_action(this, &old, plan, "but it can't be moved: rekeying it");
		return HWO_PLACE_REKEY;
	}
	return refused(this, &old, plan, again);
}

/**
 * Note why a CHILD_SA that stays where it is has no better mode.
 */
static void note_reason(hwo_placer_t *this, hwo_child_t *child,
						const hwo_plan_t *plan)
{
	const hwo_offload_t *now = &child->out.outcome.effective;
	const hwo_refusal_t why = {
		.reason = hwo_bind_reason(plan, &child->out.outcome),
	};
	egress_device_t *devices = this->with.devices;
	char name[IFNAMSIZ];

	if (why.reason != child->out.outcome.why.reason)
	{
		DBG1(DBG_KNL, "CHILD_SA with SPIs %.8x_i %.8x_o stays in mode %N on "
			 "device %s, %N", ntohl(child->in.id.spi), ntohl(child->out.id.spi),
			 hwo_mode_names, now->mode,
			 devices->name(devices, now->ifindex, name), hwo_reason_names,
			 why.reason);
		child->in.outcome.why = child->out.outcome.why = why;
	}
}

/**
 * Get what is to be done for a CHILD_SA that stays. One in a strict mode whose
 * packets leave by a device that has refused it gets nothing through, so it is
 * tried again, also if the route was gone in between.
 */
static hwo_place_t stay(const hwo_child_t *child, const hwo_plan_t *plan)
{
	const hwo_offload_t best = hwo_bind_best(plan);

	return plan->strict && plan->ifindex &&
		   !hwo_offload_equals(&child->out.outcome.effective, &best) ?
		   HWO_PLACE_REFUSED : HWO_PLACE_FINE;
}

/**
 * Do something with a record that is checked out.
 */
static hwo_place_t act(hwo_placer_t *this, hwo_child_t *child,
					   hwo_plan_t *plan, hwo_bind_action_t action, bool again)
{
	const hwo_offload_t best = hwo_bind_best(plan);
	bool new;

	new = plan->ifindex && !hwo_offload_equals(&child->out.tried, &best);
	child->out.tried = plan->ifindex ? best : child->out.tried;
	switch (action)
	{
		case HWO_BIND_KEEP:
			note_reason(this, child, plan);
			return stay(child, plan);
		case HWO_BIND_MOVE:
		case HWO_BIND_PROMOTE:
		case HWO_BIND_DEGRADE:
			return move(this, child, plan, action, again);
		case HWO_BIND_REKEY:
			if (plan->strict && !is_taken(this, child, plan))
			{
				return refused(this, child, plan, again);
			}
			log_action(this, child, plan, is_rerouted(&child->out, plan) ?
					   "by another next hop, rekeying it" : "rekeying it");
			child->out.gateway = plan->gateway;
			return HWO_PLACE_REKEY;
		case HWO_BIND_REFUSED:
			if (new)
			{
				log_action(this, child, plan, "where its mode can't be had: it "
						   "stays");
			}
			return HWO_PLACE_REFUSED;
		case HWO_BIND_CLOSE:
			return close_child(this, child, plan, "where its mode can't be "
							   "had: closing it");
	}
	return HWO_PLACE_FINE;
}

/**
 * Note that packet mode would leak since this host has an address in the
 * traffic selectors. That stays so until it is rekeyed.
 */
static void note_leak(hwo_placer_t *this, hwo_child_t *child)
{
	const hwo_child_sa_t *sa = &child->out;

	if (sa->outcome.effective.mode == HWO_MODE_PACKET && !sa->facts.may_leak &&
		hwo_route_leak(&this->guard, child->requested, sa->id.dst.family,
					   &sa->facts))
	{
		child->in.facts.may_leak = child->out.facts.may_leak = TRUE;
	}
}

/**
 * Check if there is nothing to follow: an inbound SA alone is a leftover of a
 * rekeying.
 */
static bool is_done(const hwo_child_t *child)
{
	return child->requested == HW_OFFLOAD_NO || child->out.lost ||
		   child->state == HWO_CHILD_CLOSED ||
		   (!child->out.id.spi && child->state != HWO_CHILD_INSTALLING);
}

/**
 * Check if a CHILD_SA is where it belongs, and nothing is to be noted either.
 */
static bool is_fine(hwo_placer_t *this, const hwo_child_t *child,
					const hwo_plan_t *plan, bool again)
{
	const hwo_offload_t best = hwo_bind_best(plan);
	const hwo_child_sa_t *sa = &child->out;

	return decide(this, child, plan, again) == HWO_BIND_KEEP &&
		   (!plan->ifindex || hwo_offload_equals(&sa->tried, &best)) &&
		   hwo_bind_reason(plan, &sa->outcome) == sa->outcome.why.reason;
}

hwo_place_t hwo_child_place(hwo_placer_t *this, const hwo_child_t *child,
							bool again)
{
	hwo_child_t *own, now = *child;
	const hwo_device_t *device;
	hwo_bind_action_t action;
	hwo_place_t result;
	hwo_plan_t plan;

	if (is_done(child))
	{
		return HWO_PLACE_FINE;
	}
	if (child->busy || !child->out.id.spi)
	{
		return HWO_PLACE_BUSY;
	}
	note_leak(this, &now);
	device = hwo_device_cache_get(this->paths, &now);
	hwo_plan_sa(now.requested, &now.out.facts, device, &plan);
	if (is_fine(this, &now, &plan, again))
	{
		return stay(&now, &plan);
	}
	own = this->with.table->checkout(this->with.table, &child->out.id);
	if (!own)
	{
		return HWO_PLACE_FINE;
	}
	own->in.facts.may_leak |= now.in.facts.may_leak;
	own->out.facts.may_leak |= now.out.facts.may_leak;
	keep_to_budget(this, own, device, &plan);
	action = decide(this, own, &plan, again);
	result = act(this, own, &plan, action, again);
	this->with.table->checkin(this->with.table, own);
	return result;
}
