/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What devices did so far.
 */

#include "device_history.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

/** Devices that are remembered, more than that are forgotten all at once */
#define MAX_DEVICES 256

typedef struct private_device_history_t private_device_history_t;

/**
 * Private data of device_history_t.
 */
struct private_device_history_t {

	/**
	 * Public interface
	 */
	device_history_t public;

	/**
	 * Devices, ifindex => hwo_learned_t
	 */
	hashtable_t *devices;

	/**
	 * Protects devices
	 */
	mutex_t *mutex;
};

/**
 * Key of a device
 */
static const void *device_key(uint32_t ifindex)
{
	return (const void*)(uintptr_t)ifindex;
}

/**
 * Forget everything, mutex is held
 */
static void forget_all(private_device_history_t *this)
{
	enumerator_t *enumerator;
	hwo_learned_t *learned;

	enumerator = this->devices->create_enumerator(this->devices);
	while (enumerator->enumerate(enumerator, NULL, &learned))
	{
		this->devices->remove_at(this->devices, enumerator);
		free(learned);
	}
	enumerator->destroy(enumerator);
}

/**
 * Find a device, or add it, mutex is held
 */
static hwo_learned_t *find(private_device_history_t *this, uint32_t ifindex)
{
	hwo_learned_t *learned;

	learned = this->devices->get(this->devices, device_key(ifindex));
	if (!learned)
	{
		if (this->devices->get_count(this->devices) >= MAX_DEVICES)
		{
			forget_all(this);
		}
		INIT(learned);
		this->devices->put(this->devices, device_key(ifindex), learned);
	}
	return learned;
}

METHOD(device_history_t, observe, void,
	private_device_history_t *this, const hwo_link_t *link,
	hwo_feature_t feature)
{
	hwo_learned_t *learned;

	this->mutex->lock(this->mutex);
	learned = find(this, link->ifindex);
	if (learned->feature != feature ||
		!memeq(&learned->link, link, sizeof(*link)))
	{
		*learned = (hwo_learned_t){
			.link = *link,
			.feature = feature,
		};
	}
	this->mutex->unlock(this->mutex);
}

METHOD(device_history_t, works, void,
	private_device_history_t *this, const hwo_offload_t *offload, time_t now)
{
	if (offload->ifindex)
	{
		this->mutex->lock(this->mutex);
		find(this, offload->ifindex)->works[offload->mode] = now;
		this->mutex->unlock(this->mutex);
	}
}

/**
 * Compare refusals
 */
static bool refusal_equals(const hwo_refused_t *a, const hwo_refused_t *b)
{
	return a->reason == b->reason && a->result.err == b->result.err &&
		   streq(a->result.extack, b->result.extack);
}

/**
 * Name what is refused in the terms of reasons
 */
static hwo_reason_t refusal_reason(bool policy, const hwo_result_t *refusal)
{
	if (policy)
	{
		return HWO_REASON_POLICY_REFUSED;
	}
	return refusal->err ? HWO_REASON_DRIVER_REFUSED
						: HWO_REASON_SILENT_SOFTWARE;
}

METHOD(device_history_t, refused, bool,
	private_device_history_t *this, uint32_t ifindex, bool policy,
	const hwo_result_t *refusal, time_t now)
{
	hwo_refused_t *refused, new = {
		.reason = refusal_reason(policy, refusal),
		.result = *refusal,
		.last = now,
	};
	hwo_learned_t *learned;
	bool known = FALSE;
	int i;

	this->mutex->lock(this->mutex);
	learned = find(this, ifindex);
	for (i = 0; i < learned->refusal_count; i++)
	{
		refused = &learned->refusals[i];
		if (refusal_equals(refused, &new))
		{
			refused->last = now;
			known = TRUE;
		}
	}
	if (!known)
	{
		if (learned->refusal_count == HWO_MAX_REFUSALS)
		{
			memmove(learned->refusals, learned->refusals + 1,
					--learned->refusal_count * sizeof(*refused));
		}
		learned->refusals[learned->refusal_count++] = new;
	}
	this->mutex->unlock(this->mutex);
	return !known;
}

METHOD(device_history_t, get, bool,
	private_device_history_t *this, uint32_t ifindex, hwo_learned_t *learned)
{
	hwo_learned_t *found;

	memset(learned, 0, sizeof(*learned));
	this->mutex->lock(this->mutex);
	found = this->devices->get(this->devices, device_key(ifindex));
	if (found)
	{
		*learned = *found;
	}
	this->mutex->unlock(this->mutex);
	return found != NULL;
}

METHOD(device_history_t, forget, void,
	private_device_history_t *this, uint32_t ifindex)
{
	this->mutex->lock(this->mutex);
	if (ifindex)
	{
		free(this->devices->remove(this->devices, device_key(ifindex)));
	}
	else
	{
		forget_all(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(device_history_t, destroy, void,
	private_device_history_t *this)
{
	forget_all(this);
	this->devices->destroy(this->devices);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
device_history_t *hwo_device_history_create(void)
{
	private_device_history_t *this;

	INIT(this,
		.public = {
			.observe = _observe,
			.works = _works,
			.refused = _refused,
			.get = _get,
			.forget = _forget,
			.destroy = _destroy,
		},
		.devices = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									8),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
