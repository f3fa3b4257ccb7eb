/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds out whose traffic may leave in clear.
 */

#include "route_leak.h"
#include "../../model/plan/ts_convert.h"

#include <daemon.h>

static bool has_address(const hwo_addr_t *addr, uint8_t prefix)
{
	host_t *host = NULL;
	traffic_selector_t *ts;
	bool found;

	ts = traffic_selector_create_from_subnet(hwo_addr_to_host(addr, 0), prefix,
											 0, 0, 65535);
	found = charon->kernel->get_address_by_ts(charon->kernel, ts, &host,
											  NULL) == SUCCESS;
	DESTROY_IF(host);
	ts->destroy(ts);
	return found;
}

/**
 * Check if one of our addresses is, or may be, in any of some networks.
 */
static bool has_any_address(const hwo_nets_t *nets)
{
	bool found = nets->count > HWO_MAX_NETS;
	u_int i;

	for (i = 0; !found && i < nets->count; i++)
	{
		found = has_address(&nets->net[i], nets->prefix[i]);
	}
	return found;
}

bool hwo_route_leak(const hwo_guard_rules_t *rules, hw_offload_t requested,
					uint16_t family, const hwo_sa_facts_t *facts)
{
	bool local;

	if (!rules->fail_closed || rules->route_checked ||
		requested == HW_OFFLOAD_NO || requested == HW_OFFLOAD_CRYPTO)
	{	/* it makes no difference who is the origin */
		return FALSE;
	}
	local = facts->mode == MODE_TRANSPORT || has_any_address(&facts->local);
	return hwo_sp_may_leak(rules, family, facts->mode, facts->if_id, local);
}
