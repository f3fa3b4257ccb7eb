/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Decides what to ask about routes, and which rules defy the answer.
 */

#include "route_plan.h"
#include "ts_convert.h"

#include <netinet/in.h>

static uint32_t mark_of_sa(const hwo_sa_id_t *id, const hwo_sa_facts_t *facts)
{
	uint32_t mark = id->mark.value & id->mark.mask;
	const mark_t *set = &facts->set_mark;

	if (facts->mode == MODE_TRANSPORT)
	{
		return mark;
	}
	if (facts->inbound || (!set->value && !set->mask))
	{	/* what an inbound SA sets is for packets that were received */
		return 0;
	}
	return (set->value & set->mask) | (mark & ~set->mask);
}

void hwo_flow_of_sa(const hwo_sa_id_t *id, const hwo_sa_facts_t *facts,
					hwo_flow_t *flow)
{
	const hwo_addr_t *local = facts->inbound ? &id->dst : &id->src;

	*flow = (hwo_flow_t){
		.dst = facts->inbound ? id->src : id->dst,
		.mark = mark_of_sa(id, facts),
		.proto = facts->ts_proto,
	};
	if (!hwo_addr_is_any(local))
	{
		flow->src = *local;
	}
	if (hwo_addr_is_link_local(&flow->dst))
	{
		flow->link = facts->link;
	}
	if (facts->mode != MODE_TRANSPORT)
	{
		flow->proto = facts->encap ? IPPROTO_UDP : facts->proto;
	}
}

void hwo_flow_into_sa(const hwo_sa_id_t *id, const hwo_sa_facts_t *facts,
					  u_int n, hwo_flow_t *flow)
{
	*flow = (hwo_flow_t){
		.dst = facts->remote.net[n],
		.mark = id->mark.value & id->mark.mask,
		.proto = facts->ts_proto,
		.forwarded = TRUE,
	};
	if (hwo_addr_is_any(&flow->dst))
	{	/* the kernel takes that for this host */
		flow->dst.bytes[flow->dst.family == AF_INET ? 3 : 15] = 2;
	}
}

/**
 * Check if an address may be in a network. If either is not known, it may.
 */
static bool may_be_in(const hwo_addr_t *addr, const hwo_addr_t *net,
					  uint8_t prefix)
{
	return !addr->family || hwo_net_equals(addr->bytes, net->bytes, prefix);
}

bool hwo_rule_may_divert(const hwo_rule_t *rule, const hwo_flow_t *flow)
{
	if (rule->family != flow->dst.family ||
		!may_be_in(&flow->dst, &rule->dst, rule->dst_prefix) ||
		!may_be_in(&flow->src, &rule->src, rule->src_prefix) ||
		(flow->mark & rule->mask) != rule->mark)
	{	/* it looks at these first, and the lookup knows them */
		return FALSE;
	}
	if (flow->forwarded && (rule->input || rule->src_prefix))
	{
		return TRUE;
	}
	if (rule->proto && flow->proto && rule->proto != flow->proto)
	{
		return FALSE;
	}
	if (flow->proto == IPPROTO_ESP && rule->ports)
	{
		return FALSE;
	}
	return rule->proto || rule->ports || rule->other;
}
