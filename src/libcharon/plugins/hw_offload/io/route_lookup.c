/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * Asks the kernel for routes, and remembers the answers until anything changes.
 */

#include "route_lookup.h"

#include <errno.h>
#include <linux/rtnetlink.h>

#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>

/** answers that are remembered, more than that are forgotten all at once */
#define MAX_ANSWERS 4096

typedef struct private_route_lookup_t private_route_lookup_t;
typedef struct answer_t answer_t;

/**
 * Private data.
 */
struct private_route_lookup_t {
	/** public interface */
	route_lookup_t public;
	/** exchange for requests */
	nl_exchange_t *exchange;
	/** announced changes. Nobody watches them, they wait in the socket until
	 * somebody wants to use an answer. Should they not fit, they are lost,
	 * which is a change as well. */
	nl_monitor_t *changes;
	/** protects everything below */
	mutex_t *mutex;
	/** remembered answers, hwo_flow_t => answer_t */
	hashtable_t *answers;
	/** rules, hwo_rule_t by value, NULL if they have to be loaded */
	array_t *rules;
	/** counts the changes, so that an answer is not remembered if it was
	 * given before the change that made us forget. */
	u_int changed;
	/** counts those changes that may be about rules, for the same reason */
	u_int rules_changed;
};

/**
 * A remembered answer.
 */
struct answer_t {

	/**
	 * Question, the key.
	 */
	hwo_flow_t flow;

	/**
	 * Answer.
	 */
	hwo_route_t route;
};

const int route_lookup_groups[] = {
	RTNLGRP_LINK,
	RTNLGRP_IPV4_IFADDR,
	RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE,
	RTNLGRP_IPV6_ROUTE,
	RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_RULE,
	RTNLGRP_NEXTHOP,
	0,
};

/**
 * Release an answer.
 */
static void answer_destroy(void *value, const void *key)
{
	free(value);
}

/**
 * Create an empty table.
 */
static hashtable_t *answers_create(void)
{
	return hashtable_create((hashtable_hash_t)hwo_flow_hash,
							(hashtable_equals_t)hwo_flow_equals, 8);
}

/**
 * Forget all answers, mutex is held.
 */
static void forget(private_route_lookup_t *this)
{
	if (this->answers->get_count(this->answers))
	{
		this->answers->destroy_function(this->answers, answer_destroy);
		this->answers = answers_create();
	}
}

/**
 * Called if the kernel announced, or may have announced, a change.
 */
static void on_change(void *data, const struct nlmsghdr *hdr)
{
	private_route_lookup_t *this = data;

	this->mutex->lock(this->mutex);
	this->changed++;
	forget(this);
	if (!hdr || hwo_rt_is_rule_change(hdr))
	{
		this->rules_changed++;
		array_destroy(this->rules);
		this->rules = NULL;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Get a remembered answer.
 *
 * @param changed	[out] how often something changed so far
 */
static bool recall(private_route_lookup_t *this, const hwo_flow_t *flow,
				   hwo_route_t *route, u_int *changed)
{
	answer_t *answer;

	this->mutex->lock(this->mutex);
	*changed = this->changed;
	answer = this->answers->get(this->answers, flow);
	if (answer)
	{
		*route = answer->route;
	}
	this->mutex->unlock(this->mutex);
	return answer != NULL;
}

/**
 * Remember an answer, unless something changed since the question was asked.
 */
static void remember(private_route_lookup_t *this, const hwo_flow_t *flow,
					 const hwo_route_t *route, u_int changed)
{
	answer_t *answer;

	this->mutex->lock(this->mutex);
	if (this->changed == changed)
	{
		if (this->answers->get_count(this->answers) >= MAX_ANSWERS)
		{
			forget(this);
		}
		INIT(answer,
			.flow = *flow,
			.route = *route,
		);
		/* another thread may have asked the same */
		free(this->answers->put(this->answers, &answer->flow, answer));
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Called with the reply to a question.
 */
static bool on_route(void *data, const struct nlmsghdr *hdr)
{
	return hwo_rt_decode_route(hdr, data);
}

/**
 * Called with a nexthop object.
 */
static bool on_nexthop(void *data, const struct nlmsghdr *hdr)
{
	return hwo_rt_decode_nexthop(hdr, data);
}

/**
 * Ask for a nexthop object.
 */
static void ask_nexthop(private_route_lookup_t *this, uint32_t id,
						hwo_nexthop_t *nexthop, hwo_result_t *result)
{
	hwo_msg_t msg;

	hwo_rt_encode_get_nexthop(&msg, id);
	this->exchange->query(this->exchange, &msg, on_nexthop, nexthop, result);
}

/**
 * Find the devices of a route that refers to a nexthop object. Groups consist
 * of nexthops with a device.
 */
static void ask_devices(private_route_lookup_t *this, hwo_route_t *route,
						hwo_result_t *result)
{
	hwo_nexthop_t nexthop, hop;
	u_int i;

	ask_nexthop(this, route->nexthop, &nexthop, result);
	route->ifindex = nexthop.ifindex;
	route->spread = nexthop.count > HWO_MAX_NEXTHOPS;
	for (i = 0; !result->err && !route->spread && i < nexthop.count; i++)
	{
		ask_nexthop(this, nexthop.group[i], &hop, result);
		route->spread = i && hop.ifindex != route->ifindex;
		route->ifindex = hop.ifindex;
	}
}

/**
 * Ask for a route, as it is in the table or as it is for a packet.
 */
static void ask_route(private_route_lookup_t *this, const hwo_flow_t *flow,
					  bool match, hwo_route_t *route, hwo_result_t *result)
{
	hwo_msg_t msg;

	memset(route, 0, sizeof(*route));
	if (!hwo_rt_encode_get_route(&msg, flow, match))
	{
		result->err = EMSGSIZE;
		return;
	}
	this->exchange->query(this->exchange, &msg, on_route, route, result);
}

/**
 * Ask for a route and its devices. If it has several next hops, or they are in
 * an object, only a packet has a gateway.
 */
static void ask(private_route_lookup_t *this, const hwo_flow_t *flow,
				hwo_route_t *route, hwo_result_t *result)
{
	bool spread;

	ask_route(this, flow, TRUE, route, result);
	if (!result->err && !route->ifindex && route->nexthop)
	{
		ask_devices(this, route, result);
	}
	if (!result->err && (route->hops || route->nexthop))
	{
		spread = route->spread;
		ask_route(this, flow, FALSE, route, result);
		route->spread = spread;
	}
	if (result->err)
	{
		memset(route, 0, sizeof(*route));
	}
}

METHOD(route_lookup_t, get, void,
	private_route_lookup_t *this, const hwo_flow_t *flow, hwo_route_t *route,
	hwo_result_t *result)
{
	u_int changed;

	memset(result, 0, sizeof(*result));
	if (recall(this, flow, route, &changed))
	{
		this->changes->drain(this->changes);
		if (recall(this, flow, route, &changed))
		{
			return;
		}
	}
	ask(this, flow, route, result);
	if (!result->err)
	{
		remember(this, flow, route, changed);
	}
}

/**
 * Called with each rule.
 */
static bool on_rule(void *data, const struct nlmsghdr *hdr)
{
	array_t *rules = data;
	hwo_rule_t rule;

	if (!hwo_rt_decode_rule(hdr, &rule))
	{
		return FALSE;
	}
	array_insert(rules, ARRAY_TAIL, &rule);
	return TRUE;
}

/**
 * Load the rules, unless they are known.
 */
static void load_rules(private_route_lookup_t *this)
{
	hwo_result_t result;
	hwo_msg_t msg;
	array_t *rules;
	u_int changed;

	this->mutex->lock(this->mutex);
	changed = this->rules_changed;
	rules = this->rules;
	this->mutex->unlock(this->mutex);
	if (rules)
	{
		return;
	}
	rules = array_create(sizeof(hwo_rule_t), 0);
	hwo_rt_encode_get_rules(&msg);
	this->exchange->dump(this->exchange, &msg, on_rule, rules, &result);
	this->mutex->lock(this->mutex);
	/* a kernel may have been built without policy routing */
	if (!this->rules && this->rules_changed == changed &&
		(!result.err || result.err == EOPNOTSUPP))
	{
		this->rules = rules;
		rules = NULL;
	}
	this->mutex->unlock(this->mutex);
	array_destroy(rules);
}

METHOD(route_lookup_t, has_rule, bool,
	private_route_lookup_t *this, route_rule_match_t match,
	const hwo_flow_t *flow)
{
	hwo_rule_t rule;
	bool found;
	int i;

	this->changes->drain(this->changes);
	load_rules(this);
	this->mutex->lock(this->mutex);
	found = !this->rules;
	for (i = 0; !found && i < array_count(this->rules); i++)
	{
		array_get(this->rules, i, &rule);
		found = match(&rule, flow);
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(route_lookup_t, destroy, void,
	private_route_lookup_t *this)
{
	this->changes->destroy(this->changes);
	this->exchange->destroy(this->exchange);
	this->answers->destroy_function(this->answers, answer_destroy);
	array_destroy(this->rules);
	this->mutex->destroy(this->mutex);
	free(this);
}

route_lookup_t *hwo_route_lookup_create(nl_exchange_t *exchange,
										nl_transport_t *events)
{
	private_route_lookup_t *this;

	INIT(this,
		.public = {
			.get = _get,
			.has_rule = _has_rule,
			.destroy = _destroy,
		},
		.exchange = exchange,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.answers = answers_create(),
	);
	this->changes = hwo_nl_monitor_create(events, FALSE, on_change, this);

	return &this->public;
}
