/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From an SP to a plan.
 */

#include "sp_planner.h"
#include "../../model/plan/ts_convert.h"

/**
 * Find the device for an SP without SA: towards the peer for traps, towards the
 * remote selector for shunts, unless they are limited to an interface
 */
static void find_device(egress_device_t *devices, const hwo_sp_request_t *user,
						hwo_device_t *device)
{
	const hwo_sp_id_t *id = &user->sp.id;
	const hwo_addr_t *local, *remote;
	hwo_addr_t net = {};
	bool out = id->dir == POLICY_OUT;

	if (id->sel.ifindex)
	{
		devices->judge(devices, id->sel.ifindex, device);
		return;
	}
	local = out ? &user->sa.src : &user->sa.dst;
	remote = out ? &user->sa.dst : &user->sa.src;
	if (hwo_addr_is_any(remote))
	{
		net.family = id->sel.family;
		memcpy(net.bytes, out ? id->sel.dst : id->sel.src, sizeof(net.bytes));
		remote = &net;
	}
	devices->find(devices, local, remote, 0, device);
}

/*
 * Described in header
 */
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

/*
 * Described in header
 */
void hwo_sp_plan_user(egress_device_t *devices, child_table_t *sas,
					  const hwo_sp_request_t *user, hwo_plan_t *plan)
{
	hwo_device_t device;
	hwo_sa_record_t sa;

	hwo_device_none(HWO_REASON_NONE, &device);
	if (hwo_sp_find_sa(sas, user, &sa))
	{
		hwo_plan_sp(sa.requested, user->sp.id.dir, &sa.outcome.effective,
					&device, plan);
		return;
	}
	if (user->may_leak || user->subnets)
	{
		hwo_device_none(user->may_leak ? HWO_REASON_ROUTE_LEAK
									   : HWO_REASON_SUBNET, &device);
	}
	else if (user->requested == HW_OFFLOAD_PACKET ||
			 user->requested == HW_OFFLOAD_AUTO)
	{
		find_device(devices, user, &device);
	}
	hwo_plan_sp(user->requested, user->sp.id.dir, NULL, &device, plan);
}
