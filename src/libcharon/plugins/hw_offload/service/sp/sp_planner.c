/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From an SP to a plan.
 */

#include "sp_planner.h"
#include "../device/route_leak.h"
#include "../../model/plan/ts_convert.h"

static void set_net(const hwo_selector_t *sel, bool src, hwo_nets_t *nets)
{
	nets->count = 1;
	nets->net[0].family = sel->family;
	nets->prefix[0] = src ? sel->src_prefix : sel->dst_prefix;
	memcpy(nets->net[0].bytes, src ? sel->src : sel->dst,
		   sizeof(nets->net[0].bytes));
}

/**
 * Get the facts about the SA that an SP demands, as far as they are known.
 */
static void get_facts(const hwo_sp_request_t *user, hwo_sa_facts_t *facts)
{
	const hwo_sp_id_t *id = &user->sp.id;
	bool out = id->dir == POLICY_OUT;

	*facts = (hwo_sa_facts_t){
		.proto = user->sa.proto,
		.if_id = id->if_id,
		.mode = user->mode,
		.inbound = !out,
		.link = user->link,
		.ts_proto = id->sel.proto,
	};
	set_net(&id->sel, out, &facts->local);
	set_net(&id->sel, !out, &facts->remote);
}

/**
 * Find the device for an SP without SA: towards the peer for traps, towards the
 * remote selector for shunts, unless they are limited to an interface.
 */
static void find_device(egress_device_t *devices, const hwo_sp_request_t *user,
						hwo_device_t *device)
{
	const hwo_sp_id_t *id = &user->sp.id;
	hwo_sa_id_t sa = user->sa;
	hwo_sa_facts_t facts;
	hwo_addr_t *remote;

	if (id->sel.ifindex)
	{
		devices->judge(devices, id->sel.ifindex, device);
		return;
	}
	get_facts(user, &facts);
	sa.mark = id->mark;
	remote = facts.inbound ? &sa.src : &sa.dst;
	if (hwo_addr_is_any(remote))
	{
		*remote = facts.remote.net[0];
	}
	devices->find_sa(devices, &sa, &facts, device);
}

bool hwo_sp_route_leak(const hwo_guard_rules_t *rules,
					   const hwo_sp_request_t *user)
{
	hwo_sa_facts_t facts;

	if (user->sp.id.dir == POLICY_FWD || user->type != POLICY_IPSEC)
	{
		return FALSE;
	}
	get_facts(user, &facts);
	return hwo_route_leak(rules, user->requested, user->sa.src.family, &facts);
}

bool hwo_sp_find_sa(child_table_t *sas, const hwo_sp_request_t *user,
					hwo_sa_record_t *sa)
{
	hwo_sa_id_t id = user->sa;

	if (!id.spi)
	{
		return FALSE;
	}
	if (hwo_sa_record_get(sas, &id, sa))
	{
		return TRUE;
	}
	/* it is only part of an inbound SA if configured */
	id.mark = (mark_t){};
	return hwo_sa_record_get(sas, &id, sa);
}

/**
 * Check if an SP is that of a trap for any peer. It only raises acquires, there
 * is no SA behind it that a NIC could use.
 */
static bool is_wildcard(const hwo_sp_request_t *user)
{
	return user->type == POLICY_IPSEC && !user->sa.spi &&
		   hwo_addr_is_any(user->sp.id.dir == POLICY_OUT ? &user->sa.dst
														 : &user->sa.src);
}

bool hwo_sp_is_behind(const hwo_sp_install_t *this,
					  const hwo_sp_request_t *user, uint32_t ifindex)
{
	const hwo_ranked_sp_t sp = {
		.id = user->sp.id,
		.priority = user->sp.priority,
		.reqid = user->reqid,
		.offload = {
			.mode = HWO_MODE_PACKET,
			.ifindex = ifindex,
		},
	};

	return user->sp.id.dir == POLICY_OUT && ifindex &&
		   this->precedence->is_behind(this->precedence, &sp);
}

/**
 * Find out why an SP without SA can't be in packet mode, whatever the device.
 */
static hwo_reason_t packet_refused(const hwo_sp_request_t *user)
{
	if (user->sp.id.mark.mask || user->sp.id.if_id)
	{
		return HWO_REASON_MARK;
	}
	return user->may_leak ? HWO_REASON_ROUTE_LEAK : HWO_REASON_NONE;
}

void hwo_sp_plan_user(const hwo_sp_install_t *this,
					  const hwo_sp_request_t *user, hwo_plan_t *plan)
{
	hwo_reason_t refused = packet_refused(user);
	hwo_device_t device;
	hwo_sa_record_t sa;

	hwo_device_none(refused, &device);
	if (hwo_sp_find_sa(this->sas, user, &sa))
	{
		hwo_plan_sp(sa.requested, user->sp.id.dir, &sa.outcome.effective,
					&device, plan);
		if (sa.requested == HW_OFFLOAD_PACKET &&
			hwo_sp_is_behind(this, user, plan->ifindex))
		{
			hwo_plan_exclude(plan, HWO_MODE_PACKET, HWO_REASON_SHUNT);
		}
		return;
	}
	if (is_wildcard(user))
	{
		hwo_plan_sp(HW_OFFLOAD_NO, user->sp.id.dir, NULL, &device, plan);
		return;
	}
	if (!refused && (user->requested == HW_OFFLOAD_PACKET ||
					 user->requested == HW_OFFLOAD_AUTO))
	{
		find_device(this->devices, user, &device);
		refused = hwo_plan_unmatched(hwo_selector_shapes(&user->sp.id.sel),
									 user->mode, &device);
		device.denied[HWO_MODE_PACKET] = refused ?:
										 device.denied[HWO_MODE_PACKET];
		if (hwo_sp_is_behind(this, user, device.ifindex))
		{
			device.denied[HWO_MODE_PACKET] = HWO_REASON_SHUNT;
		}
	}
	hwo_plan_sp(user->requested, user->sp.id.dir, NULL, &device, plan);
}
