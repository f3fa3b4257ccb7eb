/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds SAs in packet mode that others hide.
 */

#include "sad_order.h"
#include "../charon/deferred_job.h"
#include "../../io/nl_monitor.h"
#include "../../model/state/sad_buckets.h"
#include "../../wire/xfrm_sa.h"
#include "../../wire/xfrm_sad.h"

#include <arpa/inet.h>

#include <collections/linked_list.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** Milliseconds until the table has usually, and certainly, grown after an SA
 * was added. */
#define GROWS 100
#define GROWN 1000

/** Milliseconds until an SA that is hidden by a larval one is not hidden for a
 * moment only. */
#define LARVAL 2000

/** Milliseconds until the record of a new SA is looked for again, and times
 * that it is. */
#define NO_RECORD 1000
#define MAX_NO_RECORD 10

/** Milliseconds until the next try to listen, at first and at last */
#define FIRST_RETRY 1000
#define LAST_RETRY 60000

/**
 * Private data of sad_order_t.
 */
typedef struct {
	/** public interface */
	sad_order_t public;
	/** exchange with XFRM */
	nl_exchange_t *xfrm;
	/** opens a transport for announcements */
	hwo_listener_t listener;
	/** records of CHILD_SAs, and requests to rekey them */
	child_table_t *table;
	sa_expiry_t *expiry;
	/** tries again to listen, after so many milliseconds */
	deferred_job_t *listen;
	u_int retry;
	/** looks for SAs that are hidden now */
	deferred_job_t *job;
	/** SAs that may be hidden, suspect_t*, for the job only */
	linked_list_t *suspects;
	/** TRUE once there was an SA in packet mode */
	bool started;
	/** TRUE if changes were missed */
	bool missed;
	/** time until which the table may still grow, 0 if it does not */
	uint64_t grows;
	/** tells what changes, NULL before there was an SA in packet mode, or if it
	 * can't be listened to. */
	nl_monitor_t *monitor;
	/** what the kernel has */
	sad_buckets_t *buckets;
	/** protects buckets, and what is before it from started on */
	mutex_t *mutex;
} private_sad_order_t;

/**
 * An SA that may be hidden.
 */
typedef struct {
	/** the SA */
	hwo_sad_sa_t sa;
	/** when it is looked at again, and how often it was */
	uint64_t due;
	u_int looks;
	/** TRUE if it is hidden again and again, so its rekeying has to wait */
	bool waits;
} suspect_t;

/**
 * The kernel announces something about SAs.
 */
static void process(void *data, const struct nlmsghdr *hdr)
{
	private_sad_order_t *this = data;
	hwo_sad_event_t event = HWO_SAD_CHANGED;
	hwo_sad_sa_t sa;

	if (hdr && !hwo_xfrm_decode_sad_event(hdr, &event, &sa))
	{
		return;
	}
	this->mutex->lock(this->mutex);
	switch (event)
	{
		case HWO_SAD_ADDED:
		case HWO_SAD_UPDATED:
			this->buckets->add(this->buckets, &sa, event == HWO_SAD_UPDATED);
			this->grows = hwo_now_ms() + GROWN;
			break;
		case HWO_SAD_REMOVED:
			this->buckets->remove(this->buckets, &sa);
			break;
		case HWO_SAD_CHANGED:
			this->missed = TRUE;
			break;
	}
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, GROWS);
}

METHOD(sad_order_t, get_reqid, uint32_t,
	private_sad_order_t *this, const hwo_addr_t *src, const hwo_addr_t *dst)
{
	nl_monitor_t *monitor = HWO_LOCKED(this, this->monitor);

	if (monitor)
	{	/* what was added by other threads counts */
		monitor->drain(monitor);
	}
	return HWO_LOCKED(this, this->buckets->get_reqid(this->buckets, src, dst));
}

METHOD(sad_order_t, lost, void,
	private_sad_order_t *this, const hwo_sa_id_t *id, uint32_t reqid)
{
	const hwo_sad_sa_t sa = {
		.id = *id,
		.reqid = reqid,
	};

	this->mutex->lock(this->mutex);
	this->buckets->remove(this->buckets, &sa);
	this->mutex->unlock(this->mutex);
}

static bool decode_listed(void *data, const struct nlmsghdr *hdr)
{
	private_sad_order_t *this = data;
	hwo_sad_event_t event;
	hwo_sad_sa_t sa;

	if (!hwo_xfrm_decode_sad_event(hdr, &event, &sa) || event != HWO_SAD_ADDED)
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	this->buckets->seen(this->buckets, &sa);
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * List all SAs.
 *
 * @return				FALSE if that is to be tried again
 */
static bool list(private_sad_order_t *this)
{
	hwo_result_t result;
	hwo_msg_t msg;

	this->mutex->lock(this->mutex);
	this->missed = FALSE;
	this->buckets->begin_scan(this->buckets);
	this->mutex->unlock(this->mutex);
	hwo_xfrm_encode_dump_sa(&msg);
	this->xfrm->dump(this->xfrm, &msg, decode_listed, this, &result);
	this->mutex->lock(this->mutex);
	this->buckets->end_scan(this->buckets, !result.err);
	this->missed |= result.err != 0;
	this->mutex->unlock(this->mutex);
	return !result.err;
}

static bool decode_info(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_sad_info(hdr, data);
}

/**
 * Ask for the size of the table if it may have grown.
 *
 * @return				FALSE to ask again later
 */
static bool ask_size(private_sad_order_t *this)
{
	hwo_sad_info_t info = {};
	hwo_result_t result;
	hwo_msg_t msg;
	u_int changes;
	bool grows;

	this->mutex->lock(this->mutex);
	changes = this->buckets->get_changes(this->buckets);
	if (!this->grows && !this->missed)
	{
		this->mutex->unlock(this->mutex);
		return TRUE;
	}
	if (this->grows <= hwo_now_ms())
	{	/* the answer comes after it has grown */
		this->grows = 0;
	}
	grows = this->grows;
	this->mutex->unlock(this->mutex);
	hwo_xfrm_encode_get_sad_info(&msg);
	this->xfrm->query(this->xfrm, &msg, decode_info, &info, &result);
	if (result.err)
	{
		this->mutex->lock(this->mutex);
		this->grows = hwo_now_ms() + GROWN;
		this->mutex->unlock(this->mutex);
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	this->buckets->set_size(this->buckets, info.buckets, changes);
	this->mutex->unlock(this->mutex);
	return !grows;
}

/**
 * Compare with the kernel if changes were missed, and ask for the size of the
 * table if it may have grown.
 */
static void refresh(private_sad_order_t *this)
{
	/* SAs that are listed are in no order, so ask for the size before */
	if (!ask_size(this))
	{
		this->job->schedule(this->job, GROWN);
	}
	if (HWO_LOCKED(this, this->missed) && !list(this))
	{
		this->job->schedule(this->job, GROWN);
	}
}

/**
 * Listen to what is announced about SAs.
 */
static void start_listening(void *data)
{
	private_sad_order_t *this = data;
	nl_transport_t *transport;
	nl_monitor_t *monitor;

	transport = this->listener.open(this->listener.data, hwo_xfrm_sad_groups);
	if (!transport)
	{
		if (!this->retry)
		{
			DBG1(DBG_KNL, "unable to listen to changes of SAs, those that are "
				 "hidden are not found meanwhile");
		}
		this->retry = min(this->retry ? this->retry * 2 : FIRST_RETRY,
						  LAST_RETRY);
		this->listen->schedule(this->listen, this->retry);
		return;
	}
	monitor = hwo_nl_monitor_create(transport, TRUE, process, this);
	this->mutex->lock(this->mutex);
	this->monitor = monitor;
	this->mutex->unlock(this->mutex);
	if (this->retry)
	{
		DBG1(DBG_KNL, "listening to changes of SAs now");
	}
	/* what was there before */
	refresh(this);
	this->job->schedule(this->job, GROWS);
}

METHOD(sad_order_t, follow, void,
	private_sad_order_t *this)
{
	bool started;

	this->mutex->lock(this->mutex);
	started = this->started;
	this->started = TRUE;
	this->mutex->unlock(this->mutex);
	if (!started)
	{
		start_listening(this);
	}
}

/**
 * Look at an SA that is hidden.
 *
 * @return				FALSE if there is nothing more to do about it
 */
static bool look_at_hidden(private_sad_order_t *this, suspect_t *suspect,
						   const hwo_child_t *child, hwo_hidden_t hidden,
						   uint64_t now)
{
	if (suspect->due > now)
	{
		return TRUE;
	}
	if (hidden == HWO_HIDDEN_LARVAL && !suspect->looks++)
	{
		suspect->due = now + LARVAL;
		return TRUE;
	}
	if (child->out.hidden && !suspect->waits)
	{	/* charon is asked already until that changes */
		return FALSE;
	}
	this->table->note(this->table, child->key, HWO_CHILD_HIDDEN);
	suspect->due = HWO_LOCKED(this, this->buckets->heal(this->buckets,
													&suspect->sa, now));
	if (suspect->due > now)
	{
		DBG1(DBG_KNL, "SA %.8x is hidden from its policy again by another SA, "
			 "waiting before it is rekeyed", ntohl(suspect->sa.id.spi));
		suspect->waits = TRUE;
		return TRUE;
	}
	this->expiry->soft_if_hidden(this->expiry, &suspect->sa.id);
	return FALSE;
}

/**
 * Look at an SA that may be hidden.
 *
 * @param sent			TRUE if it is the turn of those that have sent
 * @return				FALSE if there is nothing more to do about it
 */
static bool look_at(private_sad_order_t *this, suspect_t *suspect, bool sent,
					uint64_t now)
{
	hwo_hidden_t hidden = HWO_LOCKED(this,
							this->buckets->is_hidden(this->buckets,
													 &suspect->sa));
	const hwo_sa_id_t *id = &suspect->sa.id;
	hwo_child_t child;

	if (!this->table->get(this->table, id, &child))
	{	/* somebody else's, or its record is not there yet */
		if (suspect->due <= now)
		{
			suspect->due = now + NO_RECORD;
			suspect->looks++;
		}
		return hidden != HWO_HIDDEN_NO && suspect->looks <= MAX_NO_RECORD;
	}
	if (!hwo_sa_id_equals(&child.out.id, id))
	{	/* packets that are received are not looked for that way */
		return FALSE;
	}
	if (hidden != HWO_HIDDEN_NO)
	{
		if (sent != (child.out.changed != 0))
		{
			return TRUE;
		}
		return look_at_hidden(this, suspect, &child, hidden, now);
	}
	if (child.out.hidden)
	{
		this->table->note(this->table, child.key, HWO_CHILD_FOUND);
	}
	return FALSE;
}

CALLBACK(is_suspect, bool,
	suspect_t *suspect, va_list args)
{
	hwo_sad_sa_t *sa;

	VA_ARGS_VGET(args, sa);
	return sa->reqid == suspect->sa.reqid &&
		   hwo_sa_id_equals(&sa->id, &suspect->sa.id);
}

/**
 * Suspect what has changed.
 */
static void add_suspects(private_sad_order_t *this)
{
	suspect_t *suspect;
	hwo_sad_sa_t sa;
	array_t *changed;

	changed = HWO_LOCKED(this, this->buckets->get_changed(this->buckets));
	while (array_remove(changed, ARRAY_HEAD, &sa))
	{
		if (!this->suspects->find_first(this->suspects, is_suspect, NULL, &sa))
		{
			INIT(suspect,
				.sa = sa,
			);
			this->suspects->insert_last(this->suspects, suspect);
		}
	}
	array_destroy(changed);
}

/**
 * Look at all that may be hidden.
 *
 * @param sent			TRUE if it is the turn of those that have sent
 * @return				milliseconds until the next one is due, 0 for none
 */
static u_int look_at_all(private_sad_order_t *this, bool sent)
{
	uint64_t now = hwo_now_ms(), next = 0;
	enumerator_t *enumerator;
	suspect_t *suspect;

	enumerator = this->suspects->create_enumerator(this->suspects);
	while (enumerator->enumerate(enumerator, &suspect))
	{
		if (look_at(this, suspect, sent, now))
		{
			next = next ? min(next, suspect->due) : suspect->due;
			continue;
		}
		this->suspects->remove_at(this->suspects, enumerator);
		free(suspect);
	}
	enumerator->destroy(enumerator);
	return next > now ? next - now : next ? 1 : 0;
}

/**
 * Look for SAs that are hidden now.
 */
static void check(void *data)
{
	private_sad_order_t *this = data;
	u_int next;

	refresh(this);
	add_suspects(this);
	/* policies remember SAs that have sent (6.13) */
	look_at_all(this, FALSE);
	next = look_at_all(this, TRUE);
	if (next)
	{
		this->job->schedule(this->job, next);
	}
}

METHOD(sad_order_t, destroy, void,
	private_sad_order_t *this)
{
	this->listen->destroy(this->listen);
	DESTROY_IF(this->monitor);
	this->job->destroy(this->job);
	this->suspects->destroy_function(this->suspects, free);
	this->buckets->destroy(this->buckets);
	this->mutex->destroy(this->mutex);
	free(this);
}

sad_order_t *hwo_sad_order_create(nl_exchange_t *xfrm,
								  const hwo_listener_t *listener,
								  child_table_t *table, sa_expiry_t *expiry)
{
	private_sad_order_t *this;

	INIT(this,
		.public = {
			.follow = _follow,
			.get_reqid = _get_reqid,
			.lost = _lost,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.listener = *listener,
		.table = table,
		.expiry = expiry,
		.missed = TRUE,
		.suspects = linked_list_create(),
		.buckets = hwo_sad_buckets_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->listen = hwo_deferred_job_create(start_listening, this);
	this->job = hwo_urgent_job_create(check, this);
	return &this->public;
}
