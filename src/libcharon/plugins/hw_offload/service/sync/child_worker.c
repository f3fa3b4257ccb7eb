/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Does the work for CHILD_SAs after something happened.
 */

#include "child_worker.h"
#include "rekey_queue.h"
#include "sad_scan.h"
#include "../charon/deferred_job.h"
#include "../../io/nl_monitor.h"

#include <threading/mutex.h>

/** Milliseconds between comparisons after a link went down, and their number */
#define LOOK_MS 500
#define MAX_LOOKS 10

/** Milliseconds until SPs are tried again that were refused, at first and in
 * the end. */
#define RETRY_MS 1000
#define RETRY_MAX_MS 60000

/**
 * Private data of child_worker_t.
 */
typedef struct {
	/** public interface */
	child_worker_t public;
	/** monitor that delivers changes */
	nl_monitor_t *monitor;
	/** installer of SPs */
	sp_installer_t *sps;
	/** puts CHILD_SAs where they belong */
	hwo_placer_t placer;
	/** records of CHILD_SAs, and requests to rekey them */
	child_table_t *table;
	sa_expiry_t *expiry;
	/** CHILD_SAs that wait, for the thread that works only */
	rekey_queue_t *queue;
	/** milliseconds from a change to the check, setting and current value */
	u_int delay, window;
	/** TRUE if something changed since the last check began, and while one
	 * is under way. */
	bool changed, checking;
	/** links that are down, and may have SAs still, down_t */
	array_t *down;
	/** when to check where CHILD_SAs belong, and when to compare with the
	 * kernel, monotonic time in milliseconds, 0 for never. */
	uint64_t check_due, compare_due;
	/** when to try again SPs that were refused, and the time until then */
	uint64_t retry_due;
	u_int retry;
	/** TRUE to compare whether a link is down or not */
	bool compare_all;
	/** protects window and what follows */
	mutex_t *mutex;
	/** the work */
	deferred_job_t *job;
} private_child_worker_t;

/**
 * A link that is down.
 */
typedef struct {
	/** device */
	uint32_t ifindex;
	/** how often its SAs were looked for */
	u_int looks;
} down_t;

/**
 * Find out if it is time to compare, and if links that are down may have SAs
 * still.
 */
static bool is_compare_due(private_child_worker_t *this)
{
	hwo_offload_t any = {};
	down_t link;
	bool due;
	int i;

	this->mutex->lock(this->mutex);
	due = this->compare_due && this->compare_due <= hwo_now_ms();
	for (i = array_count(this->down) - 1; due && i >= 0; i--)
	{
		array_remove(this->down, i, &link);
		any.ifindex = link.ifindex;
		if (link.looks++ < MAX_LOOKS && this->table->count(this->table, &any))
		{
			array_insert(this->down, i, &link);
		}
	}
	if (due)
	{
		this->compare_due = array_count(this->down) ? hwo_now_ms() + LOOK_MS
													: 0;
		due = this->compare_all || array_count(this->down);
		this->compare_all = FALSE;
	}
	this->mutex->unlock(this->mutex);
	return due;
}

/**
 * Have CHILD_SAs rekeyed whose SAs the kernel has lost, or that are beyond a
 * limit.
 */
static void compare_all(private_child_worker_t *this)
{
	array_t *lost = array_create(sizeof(hwo_sa_id_t), 0),
			*soft = array_create(sizeof(hwo_sa_id_t), 0);
	hwo_rekey_request_t request = {
		.why = "is not in the kernel anymore",
		.patient = TRUE,
	};
	hwo_child_t child;
	hwo_sa_id_t id;

	hwo_sad_scan(this->placer.with.xfrm, this->table, lost, soft);
	while (array_remove(lost, ARRAY_TAIL, &id))
	{
		if (this->table->get(this->table, &id, &child))
		{
			this->placer.with.order->lost(this->placer.with.order, &id,
										  child.reqid);
			request.key = child.key;
			request.inbound = hwo_child_find(&child, &id) == &child.in;
			this->queue->add(this->queue, &request, TRUE);
		}
	}
	while (array_remove(soft, ARRAY_TAIL, &id))
	{
		if (this->table->soft(this->table, &id, TRUE, FALSE))
		{
			this->expiry->soft(this->expiry, &id, "is beyond its soft limit");
		}
	}
	array_destroy(lost);
	array_destroy(soft);
}

/**
 * Put one CHILD_SA where it belongs.
 *
 * @return				TRUE if it does not stay as it was
 */
static bool check_child(private_child_worker_t *this, u_int key)
{
	hwo_place_t placed;
	hwo_child_t child;

	if (!this->table->get_key(this->table, key, &child))
	{
		return FALSE;
	}
	placed = hwo_child_place(&this->placer, &child, FALSE);
	if (placed != HWO_PLACE_FINE && placed != HWO_PLACE_CHANGED)
	{
		this->queue->place(this->queue, key, placed);
	}
	return placed == HWO_PLACE_CHANGED || placed == HWO_PLACE_REKEY;
}

/**
 * Take requests, and look at those that are due.
 */
static void serve(private_child_worker_t *this)
{
	hwo_rekey_request_t request;
	array_t *requests;

	requests = this->expiry->take(this->expiry);
	while (array_remove(requests, ARRAY_HEAD, &request))
	{
		if (!request.place)
		{
			this->queue->add(this->queue, &request, FALSE);
		}
		else if (this->monitor)
		{
			check_child(this, request.key);
		}
	}
	array_destroy(requests);
	this->queue->serve(this->queue, &this->placer, this->job);
}

METHOD(child_worker_t, retry, void,
	private_child_worker_t *this)
{
	this->mutex->lock(this->mutex);
	this->retry = RETRY_MS;
	this->retry_due = hwo_now_ms() + RETRY_MS;
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, RETRY_MS);
}

/**
 * Check where all CHILD_SAs belong, then the SPs that have none.
 *
 * @return				TRUE if any was moved
 */
static bool check_all(private_child_worker_t *this)
{
	bool moved = FALSE;
	array_t *keys;
	u_int key;
	int i;

	this->queue->wake(this->queue);
	keys = this->table->list(this->table);
	for (i = 0; i < array_count(keys) && !this->job->is_ending(this->job); i++)
	{
		array_get(keys, i, &key);
		moved |= check_child(this, key);
	}
	array_destroy(keys);
	this->sps->routes_changed(this->sps);
	retry(this);
	return moved;
}

/**
 * Check if it is time, and again if there were changes meanwhile. As long as
 * windows are longer that happens once more in any case: one without changes
 * before it ends them.
 */
static void check_if_due(private_child_worker_t *this)
{
	bool changed, moved;

	this->mutex->lock(this->mutex);
	if (!this->check_due || this->check_due > hwo_now_ms())
	{
		this->mutex->unlock(this->mutex);
		return;
	}
	this->check_due = 0;
	this->checking = TRUE;
	changed = this->changed;
	this->changed = FALSE;
	this->mutex->unlock(this->mutex);
	moved = check_all(this);
	this->mutex->lock(this->mutex);
	this->window = hwo_bind_window(this->delay, this->window, moved, changed);
	if (this->changed || this->window > this->delay)
	{
		this->check_due = hwo_now_ms() + this->window;
	}
	this->checking = FALSE;
	this->mutex->unlock(this->mutex);
}

/**
 * Try again SPs that were refused, after longer and longer times.
 */
static void retry_if_due(private_child_worker_t *this)
{
	bool due;

	this->mutex->lock(this->mutex);
	due = this->retry_due && this->retry_due <= hwo_now_ms();
	if (due)
	{
		this->retry = min(this->retry * 2, RETRY_MAX_MS);
		this->retry_due = 0;
	}
	this->mutex->unlock(this->mutex);
	if (due && this->sps->retry(this->sps))
	{
		this->mutex->lock(this->mutex);
		this->retry_due = this->retry_due ?: hwo_now_ms() + this->retry;
		this->mutex->unlock(this->mutex);
	}
}

/**
 * Be back when there is something to do.
 */
static void schedule(private_child_worker_t *this)
{
	uint64_t now = hwo_now_ms(), due[4], next = 0;
	int i;

	due[0] = this->queue->next(this->queue);
	this->mutex->lock(this->mutex);
	due[3] = this->retry_due;
	due[1] = this->check_due;
	due[2] = this->compare_due;
	this->mutex->unlock(this->mutex);
	for (i = 0; i < countof(due); i++)
	{
		next = next && due[i] ? min(next, due[i]) : next ?: due[i];
	}
	if (next && next != UINT64_MAX)
	{
		this->job->schedule(this->job, next > now ? next - now : 0);
	}
}

/**
 * Do what there is to do.
 */
CALLBACK(work, void,
	private_child_worker_t *this)
{
	this->placer.paths = hwo_device_cache_create(this->placer.with.devices);
	if (is_compare_due(this))
	{
		compare_all(this);
	}
	serve(this);
	check_if_due(this);
	retry_if_due(this);
	hwo_device_cache_destroy(this->placer.paths);
	schedule(this);
}

/**
 * There are requests.
 */
CALLBACK(on_request, void,
	private_child_worker_t *this)
{
	this->job->schedule(this->job, 0);
}

/**
 * Something changed, or may have: announcements were lost.
 */
static void on_change(void *data, const struct nlmsghdr *hdr)
{
	private_child_worker_t *this = data;
	u_int window;

	this->mutex->lock(this->mutex);
	this->changed = TRUE;
	window = this->window;
	if (this->checking || this->check_due)
	{	/* the next window is not known yet, or it is not long until then */
		window = UINT_MAX;
	}
	else
	{
		this->check_due = hwo_now_ms() + window;
	}
	this->mutex->unlock(this->mutex);
	if (window != UINT_MAX)
	{
		this->job->schedule(this->job, window);
	}
}

METHOD(child_worker_t, compare, void,
	private_child_worker_t *this)
{
	this->mutex->lock(this->mutex);
	this->compare_due = hwo_now_ms();
	this->compare_all = TRUE;
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, 0);
}

METHOD(child_worker_t, link_down, void,
	private_child_worker_t *this, uint32_t ifindex)
{
	const hwo_offload_t any = {
		.ifindex = ifindex,
	};
	const down_t link = {
		.ifindex = ifindex,
	};

	if (!this->table->count(this->table, &any))
	{
		return;
	}
	this->mutex->lock(this->mutex);
	array_insert(this->down, ARRAY_TAIL, (void*)&link);
	this->mutex->unlock(this->mutex);
	compare(this);
}

METHOD(child_worker_t, destroy, void,
	private_child_worker_t *this)
{
	DESTROY_IF(this->monitor);
	this->expiry->on_request(this->expiry, NULL, NULL);
	this->job->destroy(this->job);
	this->queue->destroy(this->queue);
	array_destroy(this->down);
	this->mutex->destroy(this->mutex);
	free(this);
}

child_worker_t *hwo_child_worker_create(nl_transport_t *changes,
										const hwo_sa_shared_t *with,
										sp_installer_t *sps,
										const hwo_rebind_settings_t *settings)
{
	private_child_worker_t *this;

	INIT(this,
		.public = {
			.compare = _compare,
			.link_down = _link_down,
			.retry = _retry,
			.destroy = _destroy,
		},
		.placer = {
			.with = *with,
			.rules = settings->rules,
			.guard = settings->guard,
		},
		.sps = sps,
		.table = with->table,
		.expiry = with->rekey,
		.queue = hwo_rekey_queue_create(with->table),
		.down = array_create(sizeof(down_t), 0),
		.delay = settings->delay,
		.window = settings->delay,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->job = hwo_urgent_job_create(work, this);
	this->expiry->on_request(this->expiry, on_request, this);
	if (settings->enabled)
	{
		this->monitor = hwo_nl_monitor_create(changes, TRUE, on_change, this);
	}
	else
	{
		changes->destroy(changes);
	}
	return &this->public;
}
