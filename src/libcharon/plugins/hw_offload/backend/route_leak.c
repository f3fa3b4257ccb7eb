/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Whose traffic may leave in clear?
 */

#include "route_leak.h"

#include <sys/socket.h>

#include <daemon.h>

/**
 * Check if one of our addresses is in a traffic selector
 */
static bool has_address(traffic_selector_t *ts)
{
	host_t *host = NULL;
	bool found;

	found = charon->kernel->get_address_by_ts(charon->kernel, ts, &host,
											  NULL) == SUCCESS;
	DESTROY_IF(host);
	return found;
}

/**
 * Check if one of our addresses is in any of some traffic selectors
 */
static bool has_any_address(linked_list_t *list)
{
	enumerator_t *enumerator;
	traffic_selector_t *ts;
	bool found = FALSE;

	enumerator = list->create_enumerator(list);
	while (!found && enumerator->enumerate(enumerator, &ts))
	{
		found = has_address(ts);
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Check if it makes no difference who is the origin of traffic
 */
static bool decided(const hwo_guard_rules_t *rules, hw_offload_t requested)
{
	return !rules->fail_closed || rules->route_checked ||
		   requested == HW_OFFLOAD_NO || requested == HW_OFFLOAD_CRYPTO;
}

/*
 * Described in header
 */
bool hwo_route_leak_sa(const hwo_guard_rules_t *rules,
					   const kernel_ipsec_sa_id_t *id,
					   const kernel_ipsec_add_sa_t *data)
{
	bool local;

	if (decided(rules, data->hw_offload))
	{
		return FALSE;
	}
	local = data->mode == MODE_TRANSPORT ||
			has_any_address(data->inbound ? data->dst_ts : data->src_ts);
	return hwo_sp_may_leak(rules, id->src->get_family(id->src), data->mode,
						   id->if_id, local);
}

/*
 * Described in header
 */
bool hwo_route_leak_sp(const hwo_guard_rules_t *rules,
					   const kernel_ipsec_policy_id_t *id,
					   const kernel_ipsec_manage_policy_t *data)
{
	bool local;

	if (decided(rules, data->hw_offload) || id->dir == POLICY_FWD ||
		data->type != POLICY_IPSEC)
	{
		return FALSE;
	}
	local = data->sa->mode == MODE_TRANSPORT ||
			has_address(id->dir == POLICY_IN ? id->dst_ts : id->src_ts);
	return hwo_sp_may_leak(rules, data->src->get_family(data->src),
						   data->sa->mode, id->if_id, local);
}
