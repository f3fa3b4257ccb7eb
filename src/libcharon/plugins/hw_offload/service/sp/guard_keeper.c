/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Keeps guards, and releases them.
 */

#include "guard_keeper.h"
#include "../charon/deferred_job.h"
#include "../charon/loaded_config.h"
#include "sp_log.h"
#include "sp_route.h"

#include <time.h>

#include <collections/array.h>
#include <threading/mutex.h>

/** Milliseconds until the first look at the configuration, which may be about
 * to change, and from one look to the next. That is so many times as long as a
 * look takes at least. */
#define FIRST_LOOK_MS 20
#define LOOK_MS 1000
#define LOOK_FACTOR 100

/**
 * A guard that was kept. It may have been replaced since.
 */
typedef struct {
	/** identity of its SP, the label is owned */
	hwo_sp_id_t id;
	/** its number, see hwo_block_t */
	uint64_t number;
	/** TRUE if the configuration wanted it at any look */
	bool wanted;
	/** TRUE if it did not want it anymore at the last look */
	bool unwanted;
} kept_t;

/**
 * Private data of guard_keeper_t.
 */
typedef struct {
	/** public interface */
	guard_keeper_t public;
	/** table of SPs */
	sp_table_t *sps;
	/** changes SPs */
	sp_attempts_t *attempts;
	/** guards that are kept at most */
	u_int max;
	/** number of the last guard */
	uint64_t last;
	/** guards, kept_t*, the oldest first */
	array_t *kept;
	/** protects these */
	mutex_t *mutex;
	/** looks for guards that nobody wants */
	deferred_job_t *job;
} private_guard_keeper_t;

/**
 * Note that a guard stays. It gets a new number, and may be looked at.
 */
static void note_block(private_guard_keeper_t *this, hwo_sp_entry_t *entry,
					   const hwo_block_t *block)
{
	kept_t *kept;

	entry->blocked = *block;
	INIT(kept,
		.id = entry->id,
	);
	kept->id.label = chunk_clone(entry->id.label);
	this->mutex->lock(this->mutex);
	entry->blocked.number = kept->number = ++this->last;
	array_insert(this->kept, ARRAY_TAIL, kept);
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, FIRST_LOOK_MS);
}

/**
 * Note why a guard stays.
 */
static void note(private_guard_keeper_t *this, hwo_sp_entry_t *entry,
				 hwo_block_reason_t why, const hwo_names_t *names,
				 const hwo_addr_t *peer)
{
	hwo_block_t block = {
		.why = why,
		.since = time(NULL),
		.peer = *peer,
	};

	if (names)
	{
		block.names = *names;
	}
	note_block(this, entry, &block);
}

METHOD(guard_keeper_t, keep, void,
	private_guard_keeper_t *this, hwo_sp_entry_t *entry, hwo_block_reason_t why,
	const hwo_names_t *names, const hwo_addr_t *peer)
{
	hwo_sp_log_traffic(&entry->id, "stays blocked, its CHILD_SA was lost");
	hwo_sp_route_remove(entry);
	this->attempts->keep_guard(this->attempts, entry);
	note(this, entry, why, names, peer);
}

METHOD(guard_keeper_t, keep_failed, bool,
	private_guard_keeper_t *this, hwo_sp_entry_t *entry,
	const hwo_sp_request_t *user, const hwo_names_t *names, bool strict)
{
	bool guarded = hwo_kernel_sps_guarded(&entry->kernel);

	if (!entry->before.why && !(strict && guarded))
	{
		return FALSE;
	}
	hwo_sp_log_traffic(&entry->id, "stays blocked, its trap can't be "
					   "installed");
	hwo_sp_route_remove(entry);
	if (guarded)
	{
		this->attempts->keep_guard(this->attempts, entry);
	}
	else if (!this->attempts->block(this->attempts, entry, user))
	{	/* in software, the trap has replaced the guard */
		return FALSE;
	}
	if (entry->before.why)
	{	/* a look may have forgotten it meanwhile */
		note_block(this, entry, &entry->before);
		memset(&entry->before, 0, sizeof(entry->before));
	}
	else
	{
		note(this, entry, HWO_BLOCK_TRAP_REFUSED, names, &user->sa.dst);
	}
	return TRUE;
}

METHOD(guard_keeper_t, block, bool,
	private_guard_keeper_t *this, hwo_sp_entry_t *entry,
	const hwo_sp_request_t *user)
{
	if (!this->attempts->block(this->attempts, entry, user))
	{
		return FALSE;
	}
	hwo_sp_log_traffic(&entry->id, "is blocked, its trap can't be offloaded");
	note(this, entry, HWO_BLOCK_TRAP_REFUSED, NULL, &user->sa.dst);
	return TRUE;
}

/**
 * Check if a guard is kept for what a text names.
 */
static bool is_for(const hwo_sp_entry_t *entry, const char *what)
{
	const hwo_block_t *blocked = &entry->blocked;
	const hwo_selector_t *sel = &entry->id.sel;

	if (entry->drained && blocked->why == HWO_BLOCK_DRAIN)
	{	/* nothing stays */
		return FALSE;
	}
	if (hwo_sp_top_user((hwo_sp_entry_t*)entry))
	{	/* it goes once what waits for it is installed, and no sooner */
		return FALSE;
	}
	return !what ||
		   hwo_net_is(sel->family, sel->dst, sel->dst_prefix, what) ||
		   hwo_net_is(blocked->peer.family, blocked->peer.bytes,
					  blocked->peer.family == AF_INET ? 32 : 128, what) ||
		   (blocked->names.connection[0] &&
			hwo_name_is(blocked->names.connection, what));
}

/**
 * Release a guard.
 */
static void release_one(private_guard_keeper_t *this, hwo_sp_entry_t *entry,
						const char *who)
{
	hwo_result_t result;
	char text[64];

	snprintf(text, sizeof(text), "is not blocked anymore, %s", who);
	hwo_sp_log_traffic(&entry->id, text);
	if (entry->drained)
	{	/* goes when that is over */
		entry->blocked.why = HWO_BLOCK_DRAIN;
		return;
	}
	this->attempts->remove(this->attempts, entry, &result);
	if (result.err)
	{
		hwo_sp_log_failure("remove", &entry->id, HWO_MODE_NONE, "-", &result);
	}
}

METHOD(guard_keeper_t, release, u_int,
	private_guard_keeper_t *this, const char *what, const char *who)
{
	hwo_sp_entry_t *entry;
	hwo_sp_id_t id;
	array_t *ids;
	u_int count = 0;
	int i;

	ids = this->sps->list(this->sps);
	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &id);
		entry = this->sps->checkout(this->sps, &id, FALSE);
		if (!entry)
		{
			continue;
		}
		if (entry->blocked.why && is_for(entry, what))
		{
			release_one(this, entry, who);
			count++;
		}
		this->sps->checkin(this->sps, entry);
	}
	hwo_sp_list_destroy(ids);
	return count;
}

static void kept_destroy(kept_t *kept)
{
	chunk_free(&kept->id.label);
	free(kept);
}

/**
 * Check if a guard is still there.
 */
static bool is_kept(private_guard_keeper_t *this, const kept_t *kept,
					hwo_sp_view_t *view)
{
	return this->sps->view(this->sps, &kept->id, view) &&
		   (view->busy ||
			(view->blocked.why && view->blocked.number == kept->number));
}

/**
 * Release a guard, unless it was replaced.
 */
static void release_kept(private_guard_keeper_t *this, const kept_t *kept,
						 const char *who)
{
	hwo_sp_entry_t *entry;

	entry = this->sps->checkout(this->sps, &kept->id, FALSE);
	if (entry)
	{
		if (entry->blocked.why && entry->blocked.number == kept->number &&
			!hwo_sp_top_user(entry))
		{
			release_one(this, entry, who);
		}
		this->sps->checkin(this->sps, entry);
	}
}

/**
 * Take all guards out that are still there, so that they can be looked at
 * without a lock.
 */
static array_t *take_out(private_guard_keeper_t *this)
{
	hwo_sp_view_t view;
	array_t *all;
	kept_t *kept;
	int i;

	this->mutex->lock(this->mutex);
	all = this->kept;
	this->kept = array_create(0, 0);
	this->mutex->unlock(this->mutex);
	for (i = array_count(all) - 1; i >= 0; i--)
	{
		array_get(all, i, &kept);
		if (!is_kept(this, kept, &view))
		{
			array_remove(all, i, NULL);
			kept_destroy(kept);
		}
	}
	return all;
}

/**
 * Put guards back, before those that came meanwhile.
 */
static bool put_back(private_guard_keeper_t *this, array_t *all)
{
	kept_t *kept;
	bool any;

	this->mutex->lock(this->mutex);
	while (array_remove(all, ARRAY_TAIL, &kept))
	{
		array_insert(this->kept, ARRAY_HEAD, kept);
	}
	any = array_count(this->kept);
	this->mutex->unlock(this->mutex);
	array_destroy(all);
	return any;
}

/**
 * Find out if the configuration wants a guard, so that a CHILD_SA may come for
 * its traffic. A connection that is unloaded may be loaded again at once, so it
 * has to be missing twice. One that was never seen may be in no configuration,
 * and its clients may bring it up again nevertheless (NetworkManager).
 */
static bool is_wanted(private_guard_keeper_t *this, kept_t *kept)
{
	hwo_sp_view_t view;
	bool before = kept->unwanted, loaded;

	if (!is_kept(this, kept, &view) || view.busy)
	{	/* whoever is at it knows better */
		return TRUE;
	}
	loaded = hwo_child_is_loaded(&view.blocked.names);
	kept->wanted |= loaded;
	kept->unwanted = kept->wanted && !loaded;
	return !kept->unwanted || !before;
}

/**
 * Release guards that the configuration does not want anymore.
 */
CALLBACK(look, void,
	private_guard_keeper_t *this)
{
	uint64_t begin = hwo_now_ms();
	array_t *all;
	kept_t *kept;
	int i;

	all = take_out(this);
	for (i = array_count(all) - 1; i >= 0; i--)
	{
		array_get(all, i, &kept);
		if (!this->job->is_ending(this->job) && !is_wanted(this, kept))
		{
			release_kept(this, kept, "its connection is not loaded");
			array_remove(all, i, NULL);
			kept_destroy(kept);
		}
	}
	if (put_back(this, all))
	{
		this->job->schedule(this->job,
							max(LOOK_MS, (hwo_now_ms() - begin) * LOOK_FACTOR));
	}
}

static bool is_full(private_guard_keeper_t *this)
{
	bool full;

	this->mutex->lock(this->mutex);
	full = array_count(this->kept) > this->max;
	this->mutex->unlock(this->mutex);
	return full;
}

METHOD(guard_keeper_t, trim, void,
	private_guard_keeper_t *this)
{
	array_t *all;
	kept_t *kept;

	if (!is_full(this))
	{
		return;
	}
	all = take_out(this);
	while (array_count(all) > this->max && array_remove(all, ARRAY_HEAD, &kept))
	{
		release_kept(this, kept, "there are too many that are");
		kept_destroy(kept);
	}
	put_back(this, all);
}

METHOD(guard_keeper_t, destroy, void,
	private_guard_keeper_t *this)
{
	this->job->destroy(this->job);
	array_destroy_function(this->kept, (void*)kept_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

guard_keeper_t *hwo_guard_keeper_create(sp_table_t *sps,
										sp_attempts_t *attempts, u_int max)
{
	private_guard_keeper_t *this;

	INIT(this,
		.public = {
			.keep = _keep,
			.keep_failed = _keep_failed,
			.block = _block,
			.trim = _trim,
			.release = _release,
			.destroy = _destroy,
		},
		.sps = sps,
		.attempts = attempts,
		.max = max,
		.kept = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->job = hwo_deferred_job_create(look, this);
	return &this->public;
}
