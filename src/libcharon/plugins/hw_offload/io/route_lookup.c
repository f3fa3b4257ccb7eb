/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * Asks the kernel for routes, and remembers the answers until anything changes.
 */

#include "route_lookup.h"

#include <errno.h>
#include <linux/rtnetlink.h>

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

	/**
	 * Public interface.
	 */
	route_lookup_t public;

	/**
	 * Exchange for requests.
	 */
	nl_exchange_t *exchange;

	/**
	 * Announced changes. Nobody watches them, they wait in the socket until
	 * somebody wants to use an answer. Should they not fit, they are lost,
	 * which is a change as well.
	 */
	nl_monitor_t *changes;

	/**
	 * Protects everything below.
	 */
	mutex_t *mutex;

	/**
	 * Remembered answers, hwo_flow_t => answer_t.
	 */
	hashtable_t *answers;

	/**
	 * Counts the changes, so that an answer is not remembered if it was given
	 * before the change that made us forget.
	 */
	u_int changed;
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

/* flows are compared and hashed as bytes */
_Static_assert(sizeof(hwo_flow_t) == 2 * sizeof(hwo_addr_t) + sizeof(uint32_t),
			   "hwo_flow_t has padding");

/**
 * Hash a flow.
 */
static u_int flow_hash(const void *key)
{
	return chunk_hash(chunk_create((u_char*)key, sizeof(hwo_flow_t)));
}

/**
 * Compare flows.
 */
static bool flow_equals(const void *key, const void *other_key)
{
	return memeq(key, other_key, sizeof(hwo_flow_t));
}

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
	return hashtable_create(flow_hash, flow_equals, 8);
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

METHOD(route_lookup_t, get, void,
	private_route_lookup_t *this, const hwo_flow_t *flow, hwo_route_t *route,
	hwo_result_t *result)
{
	hwo_msg_t msg;
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
	memset(route, 0, sizeof(*route));
	if (!hwo_rt_encode_get_route(&msg, flow))
	{
		result->err = EMSGSIZE;
		return;
	}
	this->exchange->query(this->exchange, &msg, on_route, route, result);
	if (result->err)
	{
		memset(route, 0, sizeof(*route));
		return;
	}
	remember(this, flow, route, changed);
}

METHOD(route_lookup_t, destroy, void,
	private_route_lookup_t *this)
{
	this->changes->destroy(this->changes);
	this->exchange->destroy(this->exchange);
	this->answers->destroy_function(this->answers, answer_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
route_lookup_t *hwo_route_lookup_create(nl_exchange_t *exchange,
										nl_transport_t *events)
{
	private_route_lookup_t *this;

	INIT(this,
		.public = {
			.get = _get,
			.destroy = _destroy,
		},
		.exchange = exchange,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.answers = answers_create(),
	);
	this->changes = hwo_nl_monitor_create(events, FALSE, on_change, this);

	return &this->public;
}
