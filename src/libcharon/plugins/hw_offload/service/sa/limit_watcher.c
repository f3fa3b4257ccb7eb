/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Limits that nobody else looks after.
 */

#include "limit_watcher.h"
#include "../charon/deferred_job.h"
#include "sa_attempts.h"

#include <errno.h>
#include <netinet/in.h>

#include <threading/mutex.h>
#include <utils/debug.h>

/** SAs that are due within this time are looked at together, milliseconds */
#define SLACK 50

typedef struct private_limit_watcher_t private_limit_watcher_t;

/**
 * Private data of limit_watcher_t.
 */
struct private_limit_watcher_t {

	/**
	 * Public interface
	 */
	limit_watcher_t public;

	/**
	 * Exchange with XFRM
	 */
	nl_exchange_t *xfrm;

	/**
	 * Records of SAs
	 */
	child_table_t *table;

	/**
	 * Requests to rekey
	 */
	sa_expiry_t *rekey;

	/**
	 * SAs that are watched
	 */
	hwo_watch_heap_t heap;

	/**
	 * Protects heap
	 */
	mutex_t *mutex;

	/**
	 * Looks at those that are due
	 */
	deferred_job_t *job;
};

/**
 * Get the current time in milliseconds
 */
static uint64_t get_time(void)
{
	timeval_t now;

	time_monotonic(&now);
	return now.tv_sec * 1000ULL + now.tv_usec / 1000;
}

/**
 * Be back when the first SA is due
 */
static void schedule(private_limit_watcher_t *this)
{
	uint64_t now = get_time(), due = 0;

	this->mutex->lock(this->mutex);
	if (this->heap.count)
	{
		due = max(this->heap.items[0]->due, now + 1);
	}
	this->mutex->unlock(this->mutex);
	if (due)
	{
		this->job->schedule(this->job, due - now);
	}
}

/**
 * Look at an SA
 *
 * @return		FALSE if it does not have to be watched anymore
 */
static bool look_at(private_limit_watcher_t *this, hwo_watch_t *watch,
					uint64_t now)
{
	hwo_child_sa_t *sa = NULL;
	hwo_sa_state_t state;
	hwo_child_t child;
	hwo_result_t result;
	bool late;

	if (this->table->get(this->table, &watch->id, &child))
	{
		sa = hwo_child_find(&child, &watch->id);
	}
	if (!sa || sa->lost || sa->outcome.effective.mode != HWO_MODE_PACKET)
	{
		return FALSE;
	}
	hwo_sa_get(this->xfrm, &watch->id, &state, &result);
	if (result.err)
	{	/* if it's gone, somebody else has noticed, or will */
		watch->due = now + HWO_WATCH_MAX;
		return result.err != ESRCH;
	}
	this->table->note_packets(this->table, &watch->id, state.usage.packets,
							  now / 1000);
	late = state.limits.soft_packets || state.limits.soft_bytes;
	switch (hwo_watch_look(watch, &state, now))
	{
		case HWO_WATCH_OK:
			return TRUE;
		case HWO_WATCH_SOFT:
			if (this->table->soft(this->table, &watch->id, TRUE, late))
			{
				this->rekey->soft(this->rekey, &watch->id,
								  "reached a soft limit");
			}
			return TRUE;
		case HWO_WATCH_HARD:
			break;
	}
	/* first of all, no packet more. The kernel may have been faster. */
	hwo_sa_delete(this->xfrm, &watch->id, &result);
	if (this->table->lose(this->table, &watch->id))
	{
		DBG1(DBG_KNL, "SA %.8x reached a hard limit", ntohl(watch->id.spi));
		hwo_tell_expired(&watch->id, TRUE);
	}
	return FALSE;
}

/**
 * Look at the SAs that are due
 */
CALLBACK(look_at_due, void,
	private_limit_watcher_t *this)
{
	uint64_t now = get_time();
	hwo_watch_t *watch;
	bool keep;

	this->mutex->lock(this->mutex);
	while (!this->job->is_ending(this->job))
	{
		watch = hwo_watch_pop(&this->heap, now + SLACK);
		if (!watch)
		{
			break;
		}
		this->mutex->unlock(this->mutex);
		keep = look_at(this, watch, now);
		this->mutex->lock(this->mutex);
		if (keep)
		{
			hwo_watch_push(&this->heap, watch);
		}
		else
		{
			free(watch);
		}
	}
	this->mutex->unlock(this->mutex);
	schedule(this);
}

/**
 * Say what is special about the limits of an SA
 */
static void log_plan(const hwo_sa_t *sa, const hwo_limit_plan_t *plan)
{
	if (!sa->facts.esn && !sa->facts.inbound)
	{
		DBG1(DBG_KNL, "SA %.8x is in packet mode without ESN: it ends after "
			 "%llu packets, and the NIC may have no replay protection",
			 ntohl(sa->id.spi),
			 (unsigned long long)plan->kernel.hard_packets);
	}
	if (plan->watched.soft_bytes || plan->watched.hard_bytes)
	{
		DBG2(DBG_KNL, "limits in bytes of SA %.8x are not the NIC's business, "
			 "watching them", ntohl(sa->id.spi));
	}
}

METHOD(limit_watcher_t, add, void,
	private_limit_watcher_t *this, const hwo_sa_t *sa,
	const hwo_limit_plan_t *plan)
{
	hwo_watch_t *watch;
	uint64_t now = get_time();

	log_plan(sa, plan);
	watch = malloc_thing(hwo_watch_t);
	if (!hwo_watch_begin(watch, &sa->id, plan, now))
	{
		free(watch);
		return;
	}
	this->mutex->lock(this->mutex);
	hwo_watch_push(&this->heap, watch);
	this->mutex->unlock(this->mutex);
	schedule(this);
}

METHOD(limit_watcher_t, get_count, u_int,
	private_limit_watcher_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->heap.count;
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(limit_watcher_t, destroy, void,
	private_limit_watcher_t *this)
{
	u_int i;

	this->job->destroy(this->job);
	for (i = 0; i < this->heap.count; i++)
	{
		free(this->heap.items[i]);
	}
	free(this->heap.items);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
limit_watcher_t *hwo_limit_watcher_create(nl_exchange_t *xfrm,
										  child_table_t *table,
										  sa_expiry_t *rekey)
{
	private_limit_watcher_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.get_count = _get_count,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.table = table,
		.rekey = rekey,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->job = hwo_urgent_job_create(look_at_due, this);
	return &this->public;
}
