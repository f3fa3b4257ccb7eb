/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Has charon rekey CHILD_SAs when it is time, and looks again at others.
 */

#include "rekey_queue.h"

#include <netinet/in.h>

#include <collections/hashtable.h>
#include <utils/debug.h>

/** Rekeyings that may be under way at once, of those that can wait, and
 * milliseconds that one counts if it is not done before. */
#define MAX_REKEYINGS 64
#define REKEYING_MS 10000

/** Seconds since the last traffic of a CHILD_SA that goes first */
#define TRAFFIC 60

/**
 * Private data of rekey_queue_t.
 */
typedef struct {
	/** public interface */
	rekey_queue_t public;
	/** records of CHILD_SAs */
	child_table_t *table;
	/** CHILD_SAs that wait, hwo_waiting_t by key */
	hashtable_t *waiting;
	/** rekeyings that are under way, rekeying_t */
	array_t *rekeyings;
	/** how many more of those that can wait may begin */
	int room;
} private_rekey_queue_t;

/**
 * A rekeying that charon was asked for.
 */
typedef struct {
	/** key of the record */
	u_int key;
	/** when it does not count anymore */
	uint64_t until;
} rekeying_t;

/**
 * Add one, or put it back.
 */
static void put(private_rekey_queue_t *this, hwo_waiting_t *waiting)
{
	void *key = (void*)(uintptr_t)waiting->request.key;

	free(this->waiting->put(this->waiting, key, waiting));
}

/**
 * Get one, it is added if it is not there.
 */
static hwo_waiting_t *get(private_rekey_queue_t *this, u_int key)
{
	hwo_waiting_t *waiting;

	waiting = this->waiting->get(this->waiting, (void*)(uintptr_t)key);
	if (!waiting)
	{
		INIT(waiting,
			.request.key = key,
		);
		put(this, waiting);
	}
	return waiting;
}

/**
 * Check if the peer of a lost CHILD_SA can be reached. The kernel takes SAs off
 * a link that goes down before it takes away the routes over it, so a route is
 * looked at a second time then.
 */
static bool is_reachable(const hwo_placer_t *placer, const hwo_child_t *child,
						 bool again)
{
	const hwo_device_t *device = hwo_device_cache_get(placer->paths, child);

	return device->ifindex ? again || !device->down
		   : device->denied[HWO_MODE_PACKET] != HWO_REASON_NO_ROUTE;
}

/**
 * Count how many rekeyings may begin, of those that can wait.
 */
static void count_room(private_rekey_queue_t *this, uint64_t now)
{
	rekeying_t rekeying;
	hwo_child_t child;
	int i;

	for (i = array_count(this->rekeyings) - 1; i >= 0; i--)
	{
		array_get(this->rekeyings, i, &rekeying);
		if (rekeying.until <= now ||
			!this->table->get_key(this->table, rekeying.key, &child))
		{
			array_remove(this->rekeyings, i, NULL);
		}
	}
	this->room = MAX_REKEYINGS - array_count(this->rekeyings);
}

/**
 * Check if charon can be asked to rekey a CHILD_SA now, log if not.
 */
static bool is_ready(private_rekey_queue_t *this, hwo_waiting_t *waiting,
					 const hwo_child_t *child, const hwo_sa_id_t *id)
{
	bool single = this->table->is_single(this->table, child);

	if (hwo_waiting_is_ready(waiting, child->names.child_id, single))
	{
		return TRUE;
	}
	if (!waiting->logged)
	{
		waiting->logged = TRUE;
		DBG1(DBG_KNL, "SA %.8x %s, rekeying it later", ntohl(id->spi),
			 waiting->request.why ?:
			 single ? "is not known to charon yet"
					: "has to wait for another rekeying");
	}
	return FALSE;
}

/**
 * Ask charon to rekey a CHILD_SA.
 */
static void tell(private_rekey_queue_t *this, const hwo_waiting_t *waiting,
				 const hwo_sa_id_t *id, uint64_t now)
{
	const hwo_rekey_request_t *request = &waiting->request;
	const rekeying_t rekeying = {
		.key = request->key,
		.until = now + REKEYING_MS,
	};

	if (request->why && !waiting->logged)
	{
		DBG1(DBG_KNL, "SA %.8x %s, rekeying it", ntohl(id->spi), request->why);
	}
	if (request->patient)
	{
		array_insert(this->rekeyings, ARRAY_TAIL, (void*)&rekeying);
		this->room--;
	}
	hwo_tell_expired(id, FALSE);
}

/**
 * Have charon rekey a CHILD_SA, if it is time.
 */
static void ask(private_rekey_queue_t *this, const hwo_placer_t *placer,
				hwo_waiting_t *waiting, hwo_child_t *child, uint64_t now)
{
	const hwo_rekey_request_t *request = &waiting->request;
	const hwo_sa_id_t *id = &hwo_child_sa(child, request->inbound)->id;

	if (waiting->early && !child->names.child_id)
	{
		hwo_waiting_asked(waiting, child->names.child_id, now);
		return;
	}
	if (waiting->lost && !is_reachable(placer, child, waiting->unreachable ||
														waiting->waits))
	{
		hwo_waiting_unreachable(waiting, now);
		return;
	}
	hwo_waiting_reachable(waiting);
	waiting->due = now + HWO_WAITING_RETRY;
	if (is_ready(this, waiting, child, id) &&
		(!request->patient || this->room > 0))
	{
		tell(this, waiting, id, now);
		hwo_waiting_asked(waiting, child->names.child_id, now);
	}
}

/**
 * Look at a CHILD_SA that waits.
 *
 * @return				TRUE if it still has to
 */
static bool look_at(private_rekey_queue_t *this, hwo_placer_t *placer,
					hwo_waiting_t *waiting, uint64_t now)
{
	hwo_child_t child;

	if (!this->table->get_key(this->table, waiting->request.key, &child))
	{	/* not charon's anymore either */
		return FALSE;
	}
	if (child.busy)
	{
		waiting->due = now + HWO_WAITING_RETRY;
		return TRUE;
	}
	if (waiting->place)
	{
		waiting->place = FALSE;
		hwo_waiting_placed(waiting, hwo_child_place(placer, &child,
											 waiting->tries > 0), now);
	}
	if (waiting->rekey && hwo_waiting_is_over(waiting, &child))
	{
		waiting->rekey = FALSE;
	}
	if (waiting->rekey)
	{
		ask(this, placer, waiting, &child, now);
	}
	return waiting->rekey || waiting->place;
}

/**
 * Check if others go first: there was no traffic, and there is no hurry. If it
 * is hidden, there is no hurry if there was, as its policy remembers the SA
 * (6.13).
 */
static bool is_idle(private_rekey_queue_t *this, const hwo_waiting_t *waiting)
{
	time_t now = time_monotonic(NULL);
	hwo_child_t child;

	if (!waiting->request.patient ||
		!this->table->get_key(this->table, waiting->request.key, &child))
	{
		return FALSE;
	}
	if (waiting->hidden)
	{
		return child.out.changed != 0;
	}
	return (!child.in.changed || now - child.in.changed > TRAFFIC) &&
		   (!child.out.changed || now - child.out.changed > TRAFFIC);
}

/**
 * Look at some that are due, and log how many have to wait for a route.
 */
static void look_at_all(private_rekey_queue_t *this, hwo_placer_t *placer,
						deferred_job_t *job, array_t *due)
{
	uint64_t now = hwo_now_ms();
	u_int unreachable = 0;
	hwo_waiting_t *waiting;
	bool before;

	while (array_remove(due, ARRAY_HEAD, &waiting))
	{
		before = waiting->unreachable;
		if (job->is_ending(job) || !look_at(this, placer, waiting, now))
		{
			free(waiting);
			continue;
		}
		unreachable += !before && waiting->unreachable;
		put(this, waiting);
	}
	if (unreachable)
	{
		DBG1(DBG_KNL, "%u lost SAs have to wait to be rekeyed, until there is "
			 "a route to the peer", unreachable);
	}
}

METHOD(rekey_queue_t, add, void,
	private_rekey_queue_t *this, const hwo_rekey_request_t *request, bool lost)
{
	hwo_waiting_t *waiting = get(this, request->key);

	waiting->lost |= lost;
	waiting->hidden |= request->hidden;
	if (!waiting->rekey || waiting->early)
	{
		waiting->request = *request;
		waiting->rekey = TRUE;
		waiting->early = FALSE;
		waiting->due = hwo_now_ms();
		waiting->waits = waiting->tries = 0;
	}
	else
	{	/* whoever is in a hurry counts, and what holds for longer */
		waiting->request.patient &= request->patient;
		waiting->request.split &= request->split;
		waiting->request.hidden &= request->hidden;
	}
}

METHOD(rekey_queue_t, place, void,
	private_rekey_queue_t *this, u_int key, hwo_place_t placed)
{
	hwo_waiting_t *waiting = get(this, key);

	/* charon is asked again to rekey it in any case if it is not where it
	 * belongs */
	if (placed == HWO_PLACE_REKEY ||
		(!waiting->place && !(placed == HWO_PLACE_REFUSED && waiting->follow)))
	{
		waiting->tries = 0;
		hwo_waiting_placed(waiting, placed, hwo_now_ms());
	}
}

METHOD(rekey_queue_t, wake, void,
	private_rekey_queue_t *this)
{
	enumerator_t *enumerator;
	hwo_waiting_t *waiting;

	enumerator = this->waiting->create_enumerator(this->waiting);
	while (enumerator->enumerate(enumerator, NULL, &waiting))
	{
		if (waiting->unreachable)
		{
			waiting->due = hwo_now_ms();
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(rekey_queue_t, serve, void,
	private_rekey_queue_t *this, hwo_placer_t *placer, deferred_job_t *job)
{
	array_t *busy = array_create(0, 0), *idle = array_create(0, 0);
	uint64_t now = hwo_now_ms();
	enumerator_t *enumerator;
	hwo_waiting_t *waiting;

	enumerator = this->waiting->create_enumerator(this->waiting);
	while (enumerator->enumerate(enumerator, NULL, &waiting))
	{
		if (waiting->due <= now)
		{
			this->waiting->remove_at(this->waiting, enumerator);
			array_insert(is_idle(this, waiting) ? idle : busy, ARRAY_TAIL,
						 waiting);
		}
	}
	enumerator->destroy(enumerator);
	count_room(this, now);
	look_at_all(this, placer, job, busy);
	look_at_all(this, placer, job, idle);
	array_destroy(busy);
	array_destroy(idle);
}

METHOD(rekey_queue_t, next, uint64_t,
	private_rekey_queue_t *this)
{
	enumerator_t *enumerator;
	hwo_waiting_t *waiting;
	uint64_t next = 0;

	enumerator = this->waiting->create_enumerator(this->waiting);
	while (enumerator->enumerate(enumerator, NULL, &waiting))
	{
		next = next ? min(next, waiting->due) : waiting->due;
	}
	enumerator->destroy(enumerator);
	return next;
}

METHOD(rekey_queue_t, destroy, void,
	private_rekey_queue_t *this)
{
	this->waiting->destroy_function(this->waiting, (void*)free);
	array_destroy(this->rekeyings);
	free(this);
}

rekey_queue_t *hwo_rekey_queue_create(child_table_t *table)
{
	private_rekey_queue_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.place = _place,
			.wake = _wake,
			.serve = _serve,
			.next = _next,
			.destroy = _destroy,
		},
		.table = table,
		.rekeyings = array_create(sizeof(rekeying_t), 0),
		.waiting = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									32),
	);
	return &this->public;
}
