/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Watches limits that nobody else looks after.
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

/** Milliseconds in which others notice that an SA is gone, if they do at all */
#define MISSING_MS 2000

/** Milliseconds for which the speed of a device is remembered */
#define SPEED_MS 10000

/**
 * Private data of limit_watcher_t.
 */
typedef struct {
	/** public interface */
	limit_watcher_t public;
	/** exchange with XFRM */
	nl_exchange_t *xfrm;
	/** records of SAs */
	child_table_t *table;
	/** requests to rekey */
	sa_expiry_t *rekey;
	/** tells the speed of a device */
	hwo_link_speed_t link_speed;
	/** the device that was asked for last, its speed, and how long that is
	 * remembered: SAs come in crowds, and drivers may take their time. */
	uint32_t device;
	uint64_t speed, speed_end;
	/** SAs that are watched */
	hwo_watch_heap_t heap;
	/** protects all of these */
	mutex_t *mutex;
	/** looks at those that are due */
	deferred_job_t *job;
} private_limit_watcher_t;

static void schedule(private_limit_watcher_t *this)
{
	uint64_t now = hwo_now_ms(), due = 0;

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
 * Handle an SA that is not there. There are many who would have noticed, so
 * they get some time. Then charon has to rekey it, nobody else will tell.
 *
 * @return		FALSE if it does not have to be watched anymore
 */
static bool handle_missing(private_limit_watcher_t *this, hwo_watch_t *watch,
						   uint64_t now)
{
	hwo_sa_state_t state;
	hwo_result_t result;
	hwo_child_t *child;
	bool gone;

	if (!watch->missing)
	{
		watch->missing = TRUE;
		watch->due = now + MISSING_MS;
		return TRUE;
	}
	/* nobody moves or deletes it now */
	child = this->table->checkout(this->table, &watch->id);
	if (!child)
	{
		return FALSE;
	}
	hwo_sa_get(this->xfrm, &watch->id, &state, &result);
	gone = result.err == ESRCH || (!result.err && state.larval);
	this->table->checkin(this->table, child);
	if (gone && this->table->lose(this->table, &watch->id))
	{
		this->rekey->soft_when_known(this->rekey, &watch->id,
									 "is not in the kernel anymore");
	}
	watch->due = now + MISSING_MS;
	return !gone;
}

/**
 * Tell charon about a soft limit, unless it knows already.
 *
 * @return		TRUE if it did not
 */
static bool tell_soft(private_limit_watcher_t *this, hwo_watch_t *watch,
					  const hwo_limits_t *kernel, const char *why)
{
	bool late = kernel->soft_packets || kernel->soft_bytes;

	if (!this->table->soft(this->table, &watch->id, TRUE, late))
	{
		return FALSE;
	}
	this->rekey->soft(this->rekey, &watch->id, why);
	return TRUE;
}

/**
 * End an SA that reached a hard limit.
 *
 * @param both	TRUE if it reached its soft limit only now, too
 */
static void end_sa(private_limit_watcher_t *this, hwo_watch_t *watch,
				   const hwo_limits_t *kernel, bool both)
{
	hwo_result_t result;

	/* first of all, no packet more. The kernel may have been faster. */
	hwo_sa_delete(this->xfrm, &watch->id, &result);
	if (this->table->lose(this->table, &watch->id) &&
		!(both && tell_soft(this, watch, kernel,
							"reached its hard limit at once")))
	{
		DBG1(DBG_KNL, "SA %.8x reached a hard limit", ntohl(watch->id.spi));
		hwo_tell_expired(&watch->id, TRUE);
	}
}

/**
 * Look at an SA.
 *
 * @return		FALSE if it does not have to be watched anymore
 */
static bool look_at(private_limit_watcher_t *this, hwo_watch_t *watch,
					uint64_t now)
{
	hwo_child_sa_t *sa = NULL;
	hwo_sa_state_t state;
	hwo_child_t child;
	hwo_watch_verdict_t verdict;
	hwo_result_t result;

	if (this->table->get(this->table, &watch->id, &child))
	{
		sa = hwo_child_find(&child, &watch->id);
	}
	if (!sa || sa->lost || sa->outcome.effective.mode != HWO_MODE_PACKET)
	{
		return FALSE;
	}
	hwo_sa_get(this->xfrm, &watch->id, &state, &result);
	if (result.err == ESRCH || (!result.err && state.larval))
	{	/* a packet that finds no SA may leave a larval one */
		return handle_missing(this, watch, now);
	}
	if (result.err)
	{
		watch->due = now + HWO_WATCH_IDLE_MIN;
		return TRUE;
	}
	watch->missing = FALSE;
	this->table->note_packets(this->table, &watch->id, state.usage.packets,
							  now / 1000);
	verdict = hwo_watch_look(watch, &state, now);
	switch (verdict)
	{
		case HWO_WATCH_OK:
			break;
		case HWO_WATCH_SOFT:
			tell_soft(this, watch, &state.limits, "reached a soft limit");
			break;
		case HWO_WATCH_HARD:
		case HWO_WATCH_BOTH:
			end_sa(this, watch, &state.limits, verdict == HWO_WATCH_BOTH);
			return FALSE;
	}
	return TRUE;
}

/**
 * Look at the SAs that are due.
 */
CALLBACK(look_at_due, void,
	private_limit_watcher_t *this)
{
	uint64_t now = hwo_now_ms();
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
 * Say what is special about the limits of an SA.
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

static uint64_t get_speed(private_limit_watcher_t *this, const hwo_sa_id_t *id,
						  uint64_t now)
{
	uint64_t speed = 0;
	uint32_t device;
	hwo_child_t child;
	bool known;

	if (!this->link_speed || !this->table->get(this->table, id, &child))
	{
		return 0;
	}
	device = hwo_child_find(&child, id)->outcome.effective.ifindex;
	this->mutex->lock(this->mutex);
	known = this->device == device && now < this->speed_end;
	speed = this->speed;
	this->mutex->unlock(this->mutex);
	if (!known)
	{
		speed = this->link_speed(device);
		this->mutex->lock(this->mutex);
		this->device = device;
		this->speed = speed;
		this->speed_end = now + SPEED_MS;
		this->mutex->unlock(this->mutex);
	}
	return speed;
}

METHOD(limit_watcher_t, add, void,
	private_limit_watcher_t *this, const hwo_sa_t *sa,
	const hwo_limit_plan_t *plan)
{
	hwo_watch_t *watch;
	uint64_t now = hwo_now_ms();

	log_plan(sa, plan);
	watch = malloc_thing(hwo_watch_t);
	if (!hwo_watch_begin(watch, &sa->id, plan, get_speed(this, &sa->id, now),
						 now))
	{
		free(watch);
		return;
	}
	this->mutex->lock(this->mutex);
	hwo_watch_push(&this->heap, watch);
	this->mutex->unlock(this->mutex);
	schedule(this);
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

limit_watcher_t *hwo_limit_watcher_create(nl_exchange_t *xfrm,
										  child_table_t *table,
										  sa_expiry_t *rekey,
										  hwo_link_speed_t link_speed)
{
	private_limit_watcher_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.table = table,
		.rekey = rekey,
		.link_speed = link_speed,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->job = hwo_urgent_job_create(look_at_due, this);
	return &this->public;
}
