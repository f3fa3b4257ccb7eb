/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Asks the kernel for the features of links, and remembers the answers until
 * anything changes.
 */

#include "link_features.h"
#include "nl_monitor.h"
#include "../wire/genl_msg.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

/**
 * Private data.
 */
typedef struct {
	/** public interface */
	link_features_t public;
	/** exchange for requests */
	nl_exchange_t *exchange;
	/** announced changes. Nobody watches them, they wait in the socket until
	 * somebody wants to use an answer. NULL if there are none, then nothing
	 * is remembered. */
	nl_monitor_t *changes;
	/** number of the ethtool family */
	uint16_t family;
	/** protects everything below */
	mutex_t *mutex;
	/** remembered answers, ifindex => answer_t */
	hashtable_t *answers;
	/** counts the changes, so that an answer is not remembered if it was
	 * given before a change. */
	u_int changed;
} private_link_features_t;

/**
 * A remembered answer.
 */
typedef struct {
	/** the link as it was */
	hwo_link_t link;
	/** state of its feature */
	hwo_feature_t state;
} answer_t;

/**
 * Key of a link.
 */
static const void *link_key(uint32_t ifindex)
{
	return (const void*)(uintptr_t)ifindex;
}

/**
 * Called if the kernel announced a change, or may have done so.
 */
static void on_change(void *data, const struct nlmsghdr *hdr)
{
	private_link_features_t *this = data;
	hwo_esp_feature_t feature;
	enumerator_t *enumerator;
	answer_t *answer;

	if (hdr && (hdr->nlmsg_type != this->family ||
				!hwo_ethtool_decode_features(hdr, &feature)))
	{	/* about something else */
		return;
	}
	this->mutex->lock(this->mutex);
	this->changed++;
	if (hdr)
	{
		free(this->answers->remove(this->answers, link_key(feature.ifindex)));
	}
	else
	{
		enumerator = this->answers->create_enumerator(this->answers);
		while (enumerator->enumerate(enumerator, NULL, &answer))
		{
			this->answers->remove_at(this->answers, enumerator);
			free(answer);
		}
		enumerator->destroy(enumerator);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Get a remembered answer.
 *
 * @param changed	[out] how often something changed so far
 */
static bool recall(private_link_features_t *this, const hwo_link_t *link,
				   hwo_feature_t *state, u_int *changed)
{
	answer_t *answer;
	bool found;

	this->mutex->lock(this->mutex);
	*changed = this->changed;
	answer = this->answers->get(this->answers, link_key(link->ifindex));
	found = answer && memeq(&answer->link, link, sizeof(*link));
	if (found)
	{
		*state = answer->state;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Remember an answer, unless something changed since the question was asked.
 */
static void remember(private_link_features_t *this, const hwo_link_t *link,
					 hwo_feature_t state, u_int changed)
{
	answer_t *answer;

	this->mutex->lock(this->mutex);
	if (this->changed == changed)
	{
		INIT(answer,
			.link = *link,
			.state = state,
		);
		free(this->answers->put(this->answers, link_key(link->ifindex),
								answer));
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Called with the reply to a question.
 */
static bool on_features(void *data, const struct nlmsghdr *hdr)
{
	return hwo_ethtool_decode_features(hdr, data);
}

METHOD(link_features_t, get, hwo_feature_t,
	private_link_features_t *this, const hwo_link_t *link)
{
	hwo_esp_feature_t feature = {};
	hwo_feature_t state;
	hwo_result_t result;
	hwo_msg_t msg;
	u_int changed;

	if (this->changes)
	{
		this->changes->drain(this->changes);
	}
	if (recall(this, link, &state, &changed))
	{
		return state;
	}
	hwo_ethtool_encode_get_features(&msg, this->family, link->ifindex);
	this->exchange->query(this->exchange, &msg, on_features, &feature, &result);
	if (result.err || feature.ifindex != link->ifindex)
	{
		return HWO_FEATURE_UNKNOWN;
	}
	if (this->changes)
	{
		remember(this, link, feature.state, changed);
	}
	return feature.state;
}

METHOD(link_features_t, destroy, void,
	private_link_features_t *this)
{
	DESTROY_IF(this->changes);
	on_change(this, NULL);
	this->answers->destroy(this->answers);
	this->exchange->destroy(this->exchange);
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Called with the description of the family.
 */
static bool on_family(void *data, const struct nlmsghdr *hdr)
{
	return hwo_genl_decode_family(hdr, data);
}

link_features_t *hwo_link_features_create(nl_exchange_t *exchange,
										  link_features_open_t open, void *data)
{
	private_link_features_t *this;
	nl_transport_t *transport = NULL;
	hwo_genl_family_t family = {
		.group_name = HWO_ETHTOOL_GROUP,
	};
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_genl_encode_get_family(&msg, HWO_ETHTOOL_FAMILY);
	exchange->query(exchange, &msg, on_family, &family, &result);
	if (result.err || !family.id)
	{
		DBG2(DBG_KNL, "features of links are not known: %s",
			 strerror(result.err));
		exchange->destroy(exchange);
		return NULL;
	}
	INIT(this,
		.public = {
			.get = _get,
			.destroy = _destroy,
		},
		.exchange = exchange,
		.family = family.id,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.answers = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									8),
	);
	if (family.group)
	{
		transport = open(data, family.group);
	}
	if (transport)
	{
		this->changes = hwo_nl_monitor_create(transport, FALSE, on_change,
											  this);
	}
	return &this->public;
}
