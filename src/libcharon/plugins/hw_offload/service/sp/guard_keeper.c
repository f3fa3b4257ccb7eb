/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Keeps guards, and releases them.
 */

#include "guard_keeper.h"
#include "sp_log.h"
#include "sp_route.h"

#include <arpa/inet.h>
#include <time.h>

#include <collections/array.h>
#include <threading/mutex.h>

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
	/** number of the next guard, and of guards since the last count */
	uint64_t next;
	u_int fresh;
	/** protects these */
	mutex_t *mutex;
} private_guard_keeper_t;

/**
 * Note why a guard stays.
 */
static void note(private_guard_keeper_t *this, hwo_sp_entry_t *entry,
				 hwo_block_reason_t why, const hwo_names_t *names,
				 const hwo_addr_t *peer)
{
	entry->blocked = (hwo_block_t){
		.why = why,
		.since = time(NULL),
		.peer = *peer,
	};
	if (names)
	{
		entry->blocked.names = *names;
	}
	this->mutex->lock(this->mutex);
	entry->blocked.number = ++this->next;
	this->fresh++;
	this->mutex->unlock(this->mutex);
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
 * Check if a network is that which a text names, single addresses without the
 * length of their prefix as well.
 */
static bool is_net(const hwo_selector_t *sel, const char *text)
{
	char addr[INET6_ADDRSTRLEN], net[INET6_ADDRSTRLEN + 8];
	int all = sel->family == AF_INET ? 32 : 128;

	if (!sel->family || !inet_ntop(sel->family, sel->dst, addr, sizeof(addr)))
	{
		return FALSE;
	}
	snprintf(net, sizeof(net), "%s/%u", addr, sel->dst_prefix);
	return streq(net, text) || (sel->dst_prefix == all && streq(addr, text));
}

/**
 * Check if a guard is kept for what a text names.
 */
static bool is_for(const hwo_sp_entry_t *entry, const char *what)
{
	const hwo_block_t *blocked = &entry->blocked;

	return !what || is_net(&entry->id.sel, what) ||
		   (blocked->names.connection[0] &&
			streq(blocked->names.connection, what));
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

/**
 * Find the oldest guard, and count all.
 */
static u_int find_oldest(private_guard_keeper_t *this, array_t *ids,
						 hwo_sp_id_t *oldest)
{
	uint64_t first = UINT64_MAX;
	hwo_sp_view_t view;
	hwo_sp_id_t id;
	u_int count = 0;
	int i;

	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &id);
		if (this->sps->view(this->sps, &id, &view) && view.blocked.why)
		{
			count++;
			if (view.blocked.number < first)
			{
				first = view.blocked.number;
				*oldest = id;
			}
		}
	}
	return count;
}

/**
 * Check if there may be too many guards. There are not more than at the last
 * count, and those since.
 */
static bool is_full(private_guard_keeper_t *this)
{
	bool full;

	this->mutex->lock(this->mutex);
	full = this->fresh > this->max;
	this->mutex->unlock(this->mutex);
	return full;
}

METHOD(guard_keeper_t, trim, void,
	private_guard_keeper_t *this)
{
	hwo_sp_entry_t *entry;
	hwo_sp_id_t oldest;
	array_t *ids;
	u_int count;

	while (is_full(this))
	{
		ids = this->sps->list(this->sps);
		count = find_oldest(this, ids, &oldest);
		entry = count > this->max ?
				this->sps->checkout(this->sps, &oldest, FALSE) : NULL;
		if (entry)
		{
			if (entry->blocked.why)
			{
				release_one(this, entry, "there are too many that are");
			}
			this->sps->checkin(this->sps, entry);
			count--;
		}
		hwo_sp_list_destroy(ids);
		this->mutex->lock(this->mutex);
		this->fresh = min(count, this->fresh - 1);
		this->mutex->unlock(this->mutex);
	}
}

METHOD(guard_keeper_t, destroy, void,
	private_guard_keeper_t *this)
{
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
			.block = _block,
			.trim = _trim,
			.release = _release,
			.destroy = _destroy,
		},
		.sps = sps,
		.attempts = attempts,
		.max = max,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
