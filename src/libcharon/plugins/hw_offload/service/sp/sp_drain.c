/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Drains NICs of packets whose CHILD_SA is closed.
 */

#include "sp_drain.h"
#include "../charon/deferred_job.h"
#include "sp_checkin.h"
#include "sp_log.h"
#include "sp_planner.h"

#include <time.h>
#include <unistd.h>

#include <collections/array.h>
#include <threading/mutex.h>

/** Milliseconds until an SP is tried again that was to come after a drain, at
 * first and in the end. */
#define RETRY_MS 1000
#define RETRY_MAX_MS 60000

/**
 * An SP whose NIC blocks, or did.
 */
typedef struct {
	/** identity of the SP, the label is owned */
	hwo_sp_id_t id;
	/** when to look at it, monotonic milliseconds */
	uint64_t due;
	/** milliseconds since it failed last to install what is to come, 0 if that
	 * was not tried yet. */
	u_int wait;
} item_t;

/**
 * Private data of sp_drain_t.
 */
typedef struct {
	/** public interface */
	sp_drain_t public;
	/** table of SPs */
	sp_table_t *sps;
	/** what it takes to install an SP */
	const hwo_sp_install_t *install;
	/** installer */
	sp_installer_t *installer;
	/** SPs, item_t* */
	array_t *items;
	/** protects these */
	mutex_t *mutex;
	/** looks at those whose time has come */
	deferred_job_t *job;
} private_sp_drain_t;

bool hwo_sp_waits(const hwo_sp_entry_t *entry, const hwo_sp_request_t *user)
{
	return entry->drained && !hwo_sp_has_sa(user);
}

/**
 * Have an SP looked at.
 */
static void look_later(private_sp_drain_t *this, const hwo_sp_entry_t *entry,
					   uint64_t due, u_int wait)
{
	uint64_t now = hwo_now_ms();
	item_t *item;

	INIT(item,
		.id = entry->id,
		.due = due,
		.wait = wait,
	);
	item->id.label = chunk_clone(entry->id.label);
	this->mutex->lock(this->mutex);
	array_insert(this->items, ARRAY_TAIL, item);
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, due > now ? due - now : 0);
}

static void item_destroy(item_t *item)
{
	chunk_free(&item->id.label);
	free(item);
}

METHOD(sp_drain_t, start, void,
	private_sp_drain_t *this, hwo_sp_entry_t *entry,
	const hwo_sp_request_t *user)
{
	sp_attempts_t *attempts = this->install->attempts;
	u_int ms = this->install->settings.drain_time;
	hwo_sa_record_t sa;

	if (!ms || !hwo_sp_has_sa(user) || entry->id.dir != POLICY_OUT ||
		entry->effective.mode != HWO_MODE_PACKET ||
		!attempts->drain(attempts, entry))
	{
		return;
	}
	entry->blocked = (hwo_block_t){
		.why = HWO_BLOCK_DRAIN,
		.since = time(NULL),
		.peer = user->sa.dst,
	};
	if (hwo_sp_find_sa(this->install->sas, user, &sa))
	{
		entry->blocked.names = sa.names;
	}
	entry->drained = hwo_now_ms() + ms;
	hwo_sp_log_change("draining", entry);
	look_later(this, entry, entry->drained, 0);
}

static void remove_sp(private_sp_drain_t *this, hwo_sp_entry_t *entry)
{
	hwo_result_t result;

	this->install->attempts->remove(this->install->attempts, entry, &result);
	if (result.err)
	{
		hwo_sp_log_failure("remove", &entry->id, HWO_MODE_NONE, "-", &result);
	}
}

/**
 * The NIC has sent what it had: install what is to come, if there is something.
 *
 * @return				FALSE if that failed
 */
static bool finish(private_sp_drain_t *this, hwo_sp_entry_t *entry)
{
	sp_attempts_t *attempts = this->install->attempts;
	hwo_sp_request_t *top = hwo_sp_top_user(entry);
	hwo_sp_outcome_t outcome;
	bool done = TRUE;

	entry->drained = 0;
	if (!top && entry->blocked.why == HWO_BLOCK_DRAIN)
	{
		remove_sp(this, entry);
		return TRUE;
	}
	if (top)
	{
		done = !hwo_sp_install(this->install, entry, top, &outcome);
	}
	if (!top || !done)
	{
		attempts->keep_guard(attempts, entry);
	}
	return done;
}

/**
 * Check if an SP is still in the state that it is to be looked at for.
 */
static bool is_current(hwo_sp_entry_t *entry, const item_t *item)
{
	if (item->wait)
	{	/* it still waits for what it could not be replaced by */
		return entry->blocked.why && !entry->drained && hwo_sp_top_user(entry);
	}
	return entry->drained && entry->drained == item->due;
}

/**
 * Look at an SP.
 */
static void look(private_sp_drain_t *this, const item_t *item)
{
	hwo_sp_entry_t *entry;
	u_int wait;

	entry = this->sps->checkout(this->sps, &item->id, FALSE);
	if (!entry)
	{
		return;
	}
	if (is_current(entry, item) && !finish(this, entry))
	{
		wait = item->wait ? min(item->wait * 2, RETRY_MAX_MS) : RETRY_MS;
		look_later(this, entry, hwo_now_ms() + wait, wait);
	}
	hwo_sp_checkin(this->install, this->installer, this->sps, entry);
}

/**
 * Take an SP out whose time has come.
 *
 * @param next			[out] when the next one is due, 0 if there is none
 * @return				NULL if there is none, owned by the caller
 */
static item_t *take_due(private_sp_drain_t *this, uint64_t *next)
{
	uint64_t now = hwo_now_ms();
	item_t *item, *found = NULL;
	int i;

	*next = 0;
	this->mutex->lock(this->mutex);
	for (i = 0; !found && i < array_count(this->items); i++)
	{
		array_get(this->items, i, &item);
		if (item->due <= now)
		{
			array_remove(this->items, i, NULL);
			found = item;
		}
		else if (!*next || item->due < *next)
		{
			*next = item->due;
		}
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Look at all SPs whose time has come.
 */
CALLBACK(look_all, void,
	private_sp_drain_t *this)
{
	uint64_t next = 0, now;
	item_t *item;

	while (!this->job->is_ending(this->job) && (item = take_due(this, &next)))
	{
		look(this, item);
		item_destroy(item);
	}
	if (!this->job->is_ending(this->job) && next)
	{
		now = hwo_now_ms();
		this->job->schedule(this->job, next > now ? next - now : 0);
	}
}

/**
 * Wait until the NIC of an SP is drained, and remove it unless it is one that
 * is released later.
 */
static void await(private_sp_drain_t *this, hwo_sp_entry_t *entry)
{
	uint64_t now = hwo_now_ms();

	if (entry->drained > now)
	{
		usleep((entry->drained - now) * 1000);
	}
	if (entry->blocked.why &&
		(entry->blocked.why == HWO_BLOCK_DRAIN || hwo_sp_top_user(entry)))
	{
		remove_sp(this, entry);
	}
	entry->drained = 0;
}

METHOD(sp_drain_t, destroy, void,
	private_sp_drain_t *this)
{
	hwo_sp_entry_t *entry;
	hwo_sp_id_t id;
	array_t *ids;
	int i;

	this->job->destroy(this->job);
	ids = this->sps->list(this->sps);
	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &id);
		entry = this->sps->checkout(this->sps, &id, FALSE);
		if (entry)
		{
			await(this, entry);
			this->sps->checkin(this->sps, entry);
		}
	}
	hwo_sp_list_destroy(ids);
	array_destroy_function(this->items, (void*)item_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

sp_drain_t *hwo_sp_drain_create(sp_table_t *sps,
								const hwo_sp_install_t *install,
								sp_installer_t *installer)
{
	private_sp_drain_t *this;

	INIT(this,
		.public = {
			.start = _start,
			.destroy = _destroy,
		},
		.sps = sps,
		.install = install,
		.installer = installer,
		.items = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->job = hwo_deferred_job_create(look_all, this);
	return &this->public;
}
