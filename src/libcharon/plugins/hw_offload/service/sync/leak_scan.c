/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds CHILD_SAs whose traffic may leave in clear since addresses changed.
 */

#include "leak_scan.h"
#include "../../model/plan/ts_convert.h"

#include <daemon.h>

/**
 * Check if this host has an address in the source of a selector.
 */
static bool has_address(const hwo_selector_t *sel)
{
	traffic_selector_t *ts;
	host_t *host = NULL;
	bool found;

	ts = hwo_selector_to_ts(sel, TRUE);
	found = ts && charon->kernel->get_address_by_ts(charon->kernel, ts, &host,
													NULL) == SUCCESS;
	DESTROY_IF(host);
	DESTROY_IF(ts);
	return found;
}

/**
 * Check if the traffic of an SP may leak now.
 */
static bool may_leak(const hwo_guard_rules_t *rules, const hwo_sp_id_t *id,
					 const hwo_sp_request_t *user)
{
	bool local = user->mode == MODE_TRANSPORT || has_address(&id->sel);

	return hwo_sp_may_leak(rules, user->sa.dst.family, user->mode, id->if_id,
						   local);
}

/**
 * Note it for both SAs.
 */
static void note_leak(child_table_t *table, const hwo_sa_id_t *id)
{
	hwo_child_t *child;

	child = table->checkout(table, id);
	if (child)
	{
		child->in.facts.may_leak = child->out.facts.may_leak = TRUE;
		table->checkin(table, child);
	}
}

void hwo_leak_scan(const hwo_guard_rules_t *rules, sp_table_t *sps,
				   child_table_t *table)
{
	hwo_child_t child;
	hwo_sp_view_t view;
	hwo_sp_id_t id;
	array_t *ids;
	int i;

	if (!rules->fail_closed || rules->route_checked)
	{
		return;
	}
	ids = sps->list(sps);
	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &id);
		if (id.dir == POLICY_OUT && sps->view(sps, &id, &view) && view.users &&
			table->get(table, &view.top.sa, &child) &&
			child.out.outcome.effective.mode == HWO_MODE_PACKET &&
			!child.out.facts.may_leak && may_leak(rules, &id, &view.top))
		{
			note_leak(table, &view.top.sa);
		}
	}
	hwo_sp_list_destroy(ids);
}
