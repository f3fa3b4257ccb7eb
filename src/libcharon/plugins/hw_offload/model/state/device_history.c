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

/** CHILD_SAs without packet mode, from which on old ones are looked for */
#define MIN_DENIALS 64

/**
 * Private data of device_history_t.
 */
typedef struct {
	/** public interface */
	device_history_t public;
	/** devices, ifindex => hwo_learned_t */
	hashtable_t *devices;
	/** CHILD_SAs without packet mode, reqid => denial_t */
	hashtable_t *denials;
	/** number of them from which on old ones are looked for */
	u_int many;
	/** protects all of it */
	mutex_t *mutex;
} private_device_history_t;

/**
 * CHILD_SAs without packet mode.
 */
typedef struct {
	/** device */
	uint32_t ifindex;
	/** why */
	hwo_refusal_t why;
	/** monotonic time until which that holds */
	time_t until;
	/** for how many seconds it did in the end */
	time_t seconds;
} denial_t;

/**
 * Turn a number into a key of a hash table, which takes NULL for a row that was
 * removed, so 0 must not become that.
 */
static const void *to_key(uint32_t number)
{
	return (const void*)((uintptr_t)number + 1);
}

static hashtable_t *create_table(void)
{
	return hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8);
}

/**
 * Forget everything, mutex is held.
 */
static void forget_all(private_device_history_t *this)
{
	this->devices->destroy_function(this->devices, (void*)free);
	this->devices = create_table();
}

/**
 * Find a device, or add it, mutex is held.
 */
static hwo_learned_t *find(private_device_history_t *this, uint32_t ifindex)
{
	hwo_learned_t *learned;

	learned = this->devices->get(this->devices, to_key(ifindex));
	if (!learned)
	{
		if (this->devices->get_count(this->devices) >= MAX_DEVICES)
		{
			forget_all(this);
		}
		INIT(learned);
		this->devices->put(this->devices, to_key(ifindex), learned);
	}
	return learned;
}

/**
 * Forget CHILD_SAs that are denied packet mode, mutex is held.
 *
 * @param ifindex	device, 0 for all
 * @param now		those that were not denied it again lately, 0 for all
 */
static void forget_denials(private_device_history_t *this, uint32_t ifindex,
						   time_t now)
{
	enumerator_t *enumerator;
	denial_t *denial;

	enumerator = this->denials->create_enumerator(this->denials);
	while (enumerator->enumerate(enumerator, NULL, &denial))
	{
		if ((!ifindex || denial->ifindex == ifindex) &&
			(!now || denial->until + denial->seconds < now))
		{
			this->denials->remove_at(this->denials, enumerator);
			free(denial);
		}
	}
	enumerator->destroy(enumerator);
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
		forget_denials(this, link->ifindex, 0);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(device_history_t, note_driver, void,
	private_device_history_t *this, uint32_t ifindex,
	const hwo_driver_t *driver)
{
	this->mutex->lock(this->mutex);
	find(this, ifindex)->driver = *driver;
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

static bool refusal_equals(const hwo_refused_t *a, const hwo_refused_t *b)
{
	return a->reason == b->reason && a->result.err == b->result.err &&
		   streq(a->result.extack, b->result.extack);
}

/**
 * Name what is refused in the terms of reasons.
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

METHOD(device_history_t, is_busy, bool,
	private_device_history_t *this, uint32_t ifindex,
	const hwo_result_t *result, bool again, time_t now)
{
	hwo_learned_t *learned;
	bool ask;

	if (!hwo_plan_is_busy(result))
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	learned = find(this, ifindex);
	ask = !again && now >= learned->busy_until;
	if (again)
	{
		learned->busy_until = now + HWO_BUSY_SECONDS;
	}
	this->mutex->unlock(this->mutex);
	return ask;
}

/**
 * Find out about CHILD_SAs that are denied packet mode, or add them, mutex is
 * held.
 */
static denial_t *find_denial(private_device_history_t *this, uint32_t reqid,
							 time_t now)
{
	denial_t *denial;

	denial = this->denials->get(this->denials, to_key(reqid));
	if (!denial)
	{
		if (this->denials->get_count(this->denials) >= this->many)
		{
			forget_denials(this, 0, now);
			this->many = max(MIN_DENIALS,
							 this->denials->get_count(this->denials) * 2);
		}
		INIT(denial);
		this->denials->put(this->denials, to_key(reqid), denial);
	}
	return denial;
}

METHOD(device_history_t, deny_packet, bool,
	private_device_history_t *this, uint32_t ifindex, uint32_t reqid,
	const hwo_refusal_t *why, time_t now)
{
	denial_t *denial;
	bool again, new;

	this->mutex->lock(this->mutex);
	denial = find_denial(this, reqid, now);
	again = denial->ifindex == ifindex;
	new = !again || now >= denial->until;
	if (new)
	{
		*denial = (denial_t){
			.ifindex = ifindex,
			.why = *why,
			.seconds = again ? min(denial->seconds * 2, HWO_MAX_DENIED_SECONDS)
							 : HWO_DENIED_SECONDS,
		};
		denial->until = now + denial->seconds;
	}
	this->mutex->unlock(this->mutex);
	return new;
}

METHOD(device_history_t, is_denied, bool,
	private_device_history_t *this, uint32_t ifindex, uint32_t reqid,
	time_t now, hwo_refusal_t *why)
{
	denial_t *denial;
	bool denied;

	this->mutex->lock(this->mutex);
	denial = this->denials->get(this->denials, to_key(reqid));
	denied = denial && denial->ifindex == ifindex && now < denial->until;
	if (denied)
	{
		*why = denial->why;
	}
	this->mutex->unlock(this->mutex);
	return denied;
}

METHOD(device_history_t, get, bool,
	private_device_history_t *this, uint32_t ifindex, hwo_learned_t *learned)
{
	hwo_learned_t *found;

	memset(learned, 0, sizeof(*learned));
	this->mutex->lock(this->mutex);
	found = this->devices->get(this->devices, to_key(ifindex));
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
	forget_denials(this, ifindex, 0);
	if (ifindex)
	{
		free(this->devices->remove(this->devices, to_key(ifindex)));
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
	this->devices->destroy_function(this->devices, (void*)free);
	this->denials->destroy_function(this->denials, (void*)free);
	this->mutex->destroy(this->mutex);
	free(this);
}

device_history_t *hwo_device_history_create(void)
{
	private_device_history_t *this;

	INIT(this,
		.public = {
			.observe = _observe,
			.note_driver = _note_driver,
			.works = _works,
			.refused = _refused,
			.is_busy = _is_busy,
			.deny_packet = _deny_packet,
			.is_denied = _is_denied,
			.get = _get,
			.forget = _forget,
			.destroy = _destroy,
		},
		.devices = create_table(),
		.denials = create_table(),
		.many = MIN_DENIALS,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
