/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Rules and nexthop objects of the fake kernel. Rules are only reported, no
 * lookup heeds them: they stand for what lookups cannot ask for.
 */

#include "fake_private.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

/**
 * Find the route that refers to the group, NULL if there is none.
 */
static fake_route_t *find_group(fake_kernel_t *this)
{
	fake_route_t *route, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->routes->create_enumerator(this->routes);
	while (enumerator->enumerate(enumerator, &route))
	{
		if (route->nexthop)
		{
			found = route;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Add the members of a group.
 */
static void add_group(chunk_t *msg, fake_route_t *route)
{
	struct nexthop_grp group[8] = {};
	uint32_t ifindex;
	int i, count = array_count(route->hops);

	group[0].id = FAKE_NEXTHOP(route->ifindex);
	for (i = 0; i < count; i++)
	{
		array_get(route->hops, i, &ifindex);
		group[i + 1].id = FAKE_NEXTHOP(ifindex);
	}
	fake_msg_attr(msg, NHA_GROUP, group, (count + 1) * sizeof(group[0]));
}

int fake_nexthop_execute(fake_request_t *request)
{
	struct nhmsg nhm = {};
	fake_route_t *route = find_group(request->kernel);
	uint32_t id, ifindex;
	chunk_t msg;

	id = fake_attr_u32(request->tb[NHA_ID], 0);
	if (!id || !route)
	{
		return id ? ENOENT : EINVAL;
	}
	msg = fake_msg_begin(RTM_NEWNEXTHOP, 0, request->hdr->nlmsg_seq, &nhm,
						 sizeof(nhm));
	fake_msg_attr(&msg, NHA_ID, &id, sizeof(id));
	if (id == FAKE_NEXTHOP_GROUP)
	{
		add_group(&msg, route);
	}
	else
	{
		ifindex = id - FAKE_NEXTHOP(0);
		fake_msg_attr(&msg, NHA_OIF, &ifindex, sizeof(ifindex));
	}
	fake_answer(request, msg);
	return 0;
}

/**
 * Build a message about a rule.
 */
static chunk_t rule_msg(fake_rule_t *rule, uint16_t type, uint16_t flags,
						uint32_t seq)
{
	struct fib_rule_hdr hdr = {
		.family = rule->family,
		.table = 100,
		.action = FR_ACT_TO_TBL,
	};
	chunk_t msg;

	msg = fake_msg_begin(type, flags, seq, &hdr, sizeof(hdr));
	if (rule->proto)
	{
		fake_msg_attr(&msg, FRA_IP_PROTO, &rule->proto, 1);
	}
	if (rule->mark)
	{
		fake_msg_attr(&msg, FRA_FWMARK, &rule->mark, sizeof(rule->mark));
	}
	return msg;
}

int fake_rule_execute(fake_request_t *request)
{
	linked_list_t *rules = request->kernel->rules;
	enumerator_t *enumerator;
	fake_rule_t *rule;

	if (!(request->hdr->nlmsg_flags & NLM_F_DUMP))
	{
		return EOPNOTSUPP;
	}
	enumerator = rules->create_enumerator(rules);
	while (enumerator->enumerate(enumerator, &rule))
	{
		fake_answer(request, rule_msg(rule, RTM_NEWRULE, NLM_F_MULTI,
									  request->hdr->nlmsg_seq));
	}
	enumerator->destroy(enumerator);
	return 0;
}

/**
 * Announce a rule.
 */
static void announce(fake_kernel_t *this, fake_rule_t *rule, uint16_t type)
{
	bool v4 = rule->family == AF_INET;
	chunk_t msg;

	msg = rule_msg(rule, type, 0, 0);
	fake_announce(this, NETLINK_ROUTE,
				  v4 ? RTNLGRP_IPV4_RULE : RTNLGRP_IPV6_RULE, msg);
	chunk_free(&msg);
}

void fake_kernel_add_rule(fake_kernel_t *this, uint16_t family, uint8_t proto,
						  uint32_t mark)
{
	fake_rule_t *rule;

	INIT(rule,
		.family = family,
		.proto = proto,
		.mark = mark,
	);
	this->mutex->lock(this->mutex);
	this->rules->insert_last(this->rules, rule);
	announce(this, rule, RTM_NEWRULE);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_del_rules(fake_kernel_t *this)
{
	fake_rule_t *rule;

	this->mutex->lock(this->mutex);
	while (this->rules->remove_first(this->rules, (void**)&rule) == SUCCESS)
	{
		announce(this, rule, RTM_DELRULE);
		free(rule);
	}
	this->mutex->unlock(this->mutex);
}
