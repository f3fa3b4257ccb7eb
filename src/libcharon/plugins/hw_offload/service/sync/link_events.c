/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Follows links that go down or come back.
 */

#include "link_events.h"
#include "../charon/deferred_job.h"
#include "../../wire/rt_msg.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** Milliseconds until links are listed again if that failed */
#define RETRY_MS 500

/** Links whose changes are noted, if there are more all are looked at */
#define MAX_CHANGES 4096

/** What was announced about a link: that it was down (or removed) at least
 * once, and that it is up at the end. */
#define WAS_DOWN 1
#define IS_UP 2

/**
 * Private data of link_events_t.
 */
typedef struct {
	/** public interface */
	link_events_t public;
	/** monitor that delivers the messages */
	nl_monitor_t *monitor;
	/** exchange with rtnetlink, to list links */
	nl_exchange_t *exchange;
	/** compares with the kernel */
	child_worker_t *worker;
	/** installer of SPs */
	sp_installer_t *sps;
	/** bypass for IKE */
	ike_bypass_t *bypass;
	/** what was learned about NICs */
	device_history_t *history;
	/** links that are up, by their index. Used by the job only. */
	hashtable_t *up;
	/** what was announced since the job was done, flags by index of the link */
	hashtable_t *changes;
	/** TRUE if that is not all that happened */
	bool lost;
	/** protects changes and lost */
	mutex_t *mutex;
	/** does what the announcements demand */
	deferred_job_t *job;
} private_link_events_t;

/**
 * Turn a number into a key or value of a table, and the other way round.
 */
static void *to_ptr(uintptr_t number)
{
	return (void*)number;
}

static uintptr_t to_number(const void *ptr)
{
	return (uintptr_t)ptr;
}

static hashtable_t *create_table(void)
{
	return hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8);
}

/**
 * Keep in a table whether a link is up.
 *
 * @return		TRUE if it was
 */
static bool set_up(hashtable_t *up, const hwo_link_change_t *link)
{
	void *key = to_ptr(link->ifindex);

	return (link->up ? up->put(up, key, up) : up->remove(up, key)) != NULL;
}

/**
 * Called for each link. One that changes meanwhile may come twice.
 */
static bool note_link(void *data, const struct nlmsghdr *hdr)
{
	hwo_link_change_t link;

	if (!hwo_rt_decode_link(hdr, &link))
	{
		return FALSE;
	}
	set_up(data, &link);
	return TRUE;
}

/**
 * List the links that are up anew.
 *
 * @param before	[out] links that were up before, to be destroyed
 * @return			FALSE if that failed, nothing changes then
 */
static bool list_links(private_link_events_t *this, hashtable_t **before)
{
	char text[HWO_RESULT_TEXT];
	hashtable_t *up = create_table();
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_rt_encode_dump_links(&msg);
	this->exchange->dump(this->exchange, &msg, note_link, up, &result);
	if (result.err)
	{
		DBG1(DBG_KNL, "unable to list links: %s",
			 hwo_result_text(&result, text));
		up->destroy(up);
		return FALSE;
	}
	*before = this->up;
	this->up = up;
	return TRUE;
}

/**
 * Follow a link, as far as what was announced is new. Links are announced for
 * many reasons, but each time one goes down the kernel drops what it offloads.
 */
static void follow_link(private_link_events_t *this, uint32_t ifindex,
						uintptr_t flags)
{
	hwo_link_change_t link = {
		.ifindex = ifindex,
		.up = flags & IS_UP,
	};

	if (set_up(this->up, &link) && !(flags & WAS_DOWN))
	{
		return;
	}
	/* perhaps its driver was loaded again, or its firmware changed */
	this->history->forget(this->history, ifindex);
	if (flags & WAS_DOWN)
	{
		this->worker->link_down(this->worker, ifindex);
	}
	if (link.up)
	{
		this->bypass->renew_nic(this->bypass, ifindex);
	}
	this->sps->link_changed(this->sps, ifindex, link.up);
	this->worker->retry(this->worker);
}

/**
 * Find out what happened if announcements were lost: links may have been down,
 * and with them everything that they offloaded.
 */
static void follow_all(private_link_events_t *this)
{
	enumerator_t *enumerator;
	hashtable_t *before;
	void *key;

	this->history->forget(this->history, 0);
	if (!list_links(this, &before))
	{
		this->mutex->lock(this->mutex);
		this->lost = TRUE;
		this->mutex->unlock(this->mutex);
		this->job->schedule(this->job, RETRY_MS);
		return;
	}
	enumerator = before->create_enumerator(before);
	while (enumerator->enumerate(enumerator, &key, NULL))
	{
		if (!this->up->get(this->up, key))
		{
			this->worker->link_down(this->worker, to_number(key));
		}
	}
	enumerator->destroy(enumerator);
	before->destroy(before);
	this->bypass->renew(this->bypass);
	this->sps->link_changed(this->sps, 0, TRUE);
	this->worker->retry(this->worker);
	this->worker->compare(this->worker);
}

/**
 * Do what the announcements demand.
 */
CALLBACK(follow_changes, void,
	private_link_events_t *this)
{
	enumerator_t *enumerator;
	hashtable_t *changes;
	void *key, *flags;
	bool lost;

	this->mutex->lock(this->mutex);
	changes = this->changes;
	this->changes = create_table();
	lost = this->lost;
	this->lost = FALSE;
	this->mutex->unlock(this->mutex);
	if (lost)
	{
		follow_all(this);
	}
	enumerator = changes->create_enumerator(changes);
	while (enumerator->enumerate(enumerator, &key, &flags))
	{
		follow_link(this, to_number(key), to_number(flags));
	}
	enumerator->destroy(enumerator);
	changes->destroy(changes);
}

/**
 * Note that announcements were lost, which makes those before it useless.
 */
static void note_lost(private_link_events_t *this)
{
	this->changes->destroy(this->changes);
	this->changes = create_table();
	this->lost = TRUE;
}

/**
 * Note an announcement, what has to be done takes too long here.
 */
static void process(void *data, const struct nlmsghdr *hdr)
{
	private_link_events_t *this = data;
	hwo_link_change_t link;
	uintptr_t flags;
	void *key;

	if (hdr && !hwo_rt_decode_link(hdr, &link))
	{
		return;
	}
	this->mutex->lock(this->mutex);
	if (!hdr || this->changes->get_count(this->changes) >= MAX_CHANGES)
	{
		DBG1(DBG_KNL, "announcements about links were lost, checking all SAs");
		note_lost(this);
	}
	else
	{
		key = to_ptr(link.ifindex);
		flags = to_number(this->changes->get(this->changes, key)) & WAS_DOWN;
		flags |= link.up ? IS_UP : WAS_DOWN;
		this->changes->put(this->changes, key, to_ptr(flags));
	}
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, 0);
}

METHOD(link_events_t, destroy, void,
	private_link_events_t *this)
{
	this->monitor->destroy(this->monitor);
	this->job->destroy(this->job);
	this->exchange->destroy(this->exchange);
	this->up->destroy(this->up);
	this->changes->destroy(this->changes);
	this->mutex->destroy(this->mutex);
	free(this);
}

link_events_t *hwo_link_events_create(nl_transport_t *transport,
									  nl_exchange_t *exchange,
									  child_worker_t *worker,
									  sp_installer_t *sps,
									  ike_bypass_t *bypass,
									  device_history_t *history)
{
	private_link_events_t *this;
	hashtable_t *before = NULL;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.exchange = exchange,
		.worker = worker,
		.sps = sps,
		.bypass = bypass,
		.history = history,
		.up = create_table(),
		.changes = create_table(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->job = hwo_urgent_job_create(follow_changes, this);
	/* announcements that come meanwhile wait in the socket */
	if (list_links(this, &before))
	{
		before->destroy(before);
	}
	else
	{
		this->lost = TRUE;
		this->job->schedule(this->job, RETRY_MS);
	}
	this->monitor = hwo_nl_monitor_create(transport, TRUE, process, this);
	return &this->public;
}
