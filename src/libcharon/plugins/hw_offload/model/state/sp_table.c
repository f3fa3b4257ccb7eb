/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SPs and their users.
 */

#include "sp_table.h"

#include <collections/hashtable.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

/** Distance between classes of priorities */
#define PRIO_CLASS 200000

ENUM(hwo_block_reason_names, HWO_BLOCK_NONE, HWO_BLOCK_LEFTOVER,
	"none",
	"lost",
	"rekey-failed",
	"trap-refused",
	"drain",
	"leftover",
);

/**
 * Private data of sp_table_t.
 */
typedef struct {
	/** public interface */
	sp_table_t public;
	/** entries, hwo_sp_entry_t* keyed by their identity */
	hashtable_t *entries;
	/** protects entries, and busy and waiting of each */
	mutex_t *mutex;
	/** signaled if an entry is not busy anymore */
	condvar_t *released;
} private_sp_table_t;

static bool tmpl_equals(const hwo_tmpl_t *a, const hwo_tmpl_t *b)
{
	return a->proto == b->proto && a->spi == b->spi && a->reqid == b->reqid &&
		   a->mode == b->mode && a->optional == b->optional &&
		   hwo_addr_equals(&a->src, &b->src) && hwo_addr_equals(&a->dst,
																&b->dst);
}

/**
 * Compare users, the offload mode excluded.
 */
static bool user_equals(const hwo_sp_request_t *a, const hwo_sp_request_t *b)
{
	int i;

	for (i = 0; i < min(a->sp.tmpl_count, b->sp.tmpl_count); i++)
	{
		if (!tmpl_equals(&a->sp.tmpl[i], &b->sp.tmpl[i]))
		{
			return FALSE;
		}
	}
	return a->type == b->type && a->reqid == b->reqid && a->mode == b->mode &&
		   a->auto_priority == b->auto_priority &&
		   a->sp.priority == b->sp.priority &&
		   a->sp.icmp == b->sp.icmp && a->sp.cpu_acquire == b->sp.cpu_acquire &&
		   a->sp.tmpl_count == b->sp.tmpl_count &&
		   a->sa.spi == b->sa.spi && a->sa.proto == b->sa.proto &&
		   hwo_addr_equals(&a->sa.src, &b->sa.src) &&
		   hwo_addr_equals(&a->sa.dst, &b->sa.dst);
}

/**
 * Check if a user goes before another one that was there first.
 */
static bool user_before(const hwo_sp_request_t *user,
						const hwo_sp_request_t *other)
{
	if (user->sp.priority != other->sp.priority)
	{
		return user->sp.priority < other->sp.priority;
	}
	if (user->auto_priority != other->auto_priority)
	{
		return user->auto_priority < other->auto_priority;
	}
	return user->reqid || !other->reqid;
}

bool hwo_sp_add_user(hwo_sp_entry_t *entry, const hwo_sp_request_t *user)
{
	hwo_sp_request_t *copy, *other;
	int i, count;

	copy = malloc_thing(hwo_sp_request_t);
	*copy = *user;
	copy->sp.id.label = entry->id.label;

	count = array_count(entry->users);
	for (i = 0; i < count; i++)
	{
		array_get(entry->users, i, &other);
		if (user_before(copy, other))
		{
			break;
		}
	}
	array_insert(entry->users, i, copy);
	return hwo_sp_top_user(entry) == copy;
}

bool hwo_sp_remove_user(hwo_sp_entry_t *entry, const hwo_sp_request_t *user,
						bool *top)
{
	hwo_sp_request_t *other;
	bool failed = FALSE;
	int i, found = -1;

	/* a new one goes before an equal one, so the last one is the oldest */
	for (i = 0; i < array_count(entry->users); i++)
	{
		array_get(entry->users, i, &other);
		if (user_equals(user, other) && (other->failed || !failed))
		{
			failed = other->failed;
			found = i;
		}
	}
	if (found < 0)
	{
		*top = FALSE;
		return FALSE;
	}
	array_get(entry->users, found, &other);
	*top = hwo_sp_top_user(entry) == other;
	array_remove(entry->users, found, NULL);
	free(other);
	return TRUE;
}

hwo_sp_request_t *hwo_sp_top_user(hwo_sp_entry_t *entry)
{
	hwo_sp_request_t *user;
	int i;

	for (i = 0; i < array_count(entry->users); i++)
	{
		array_get(entry->users, i, &user);
		if (!user->failed)
		{
			return user;
		}
	}
	return NULL;
}

int hwo_sp_count_users(hwo_sp_entry_t *entry)
{
	hwo_sp_request_t *user;
	int i, count = 0;

	for (i = 0; i < array_count(entry->users); i++)
	{
		array_get(entry->users, i, &user);
		count += !user->failed;
	}
	return count;
}

bool hwo_sp_has_sa(const hwo_sp_request_t *user)
{
	return user->type == POLICY_IPSEC && user->sa.spi;
}

bool hwo_sp_has_failed(hwo_sp_entry_t *entry)
{
	return hwo_sp_count_users(entry) != array_count(entry->users);
}

uint32_t hwo_sp_priority(const hwo_selector_t *sel, policy_priority_t class,
						 bool interface)
{
	uint32_t priority = PRIO_CLASS, bits;

	switch (class)
	{
		case POLICY_PRIORITY_FALLBACK:
			priority += 2 * PRIO_CLASS;
			break;
		case POLICY_PRIORITY_ROUTED:
		case POLICY_PRIORITY_DEFAULT:
			priority += PRIO_CLASS;
			break;
		case POLICY_PRIORITY_PASS:
			break;
	}
	bits = __builtin_popcount(sel->src_port_mask) +
		   __builtin_popcount(sel->dst_port_mask);
	priority -= (sel->src_prefix + sel->dst_prefix) << 9;
	priority -= (sel->proto != 0) << 8;
	priority -= bits << 2;
	priority -= interface << 1;
	priority -= class != POLICY_PRIORITY_ROUTED;
	return priority;
}

static void entry_destroy(void *value, const void *key)
{
	hwo_sp_entry_t *entry = value;

	array_destroy_function(entry->users, (void*)free, NULL);
	chunk_free(&entry->id.label);
	free(entry);
}

METHOD(sp_table_t, checkout, hwo_sp_entry_t*,
	private_sp_table_t *this, const hwo_sp_id_t *id, bool create)
{
	hwo_sp_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, id);
	if (entry)
	{
		entry->waiting++;
		while (entry->busy)
		{
			this->released->wait(this->released, this->mutex);
		}
		entry->waiting--;
	}
	else if (create)
	{
		INIT(entry,
			.id = *id,
			.users = array_create(0, 0),
		);
		entry->id.label = chunk_clone(id->label);
		this->entries->put(this->entries, &entry->id, entry);
	}
	if (entry)
	{
		entry->busy = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return entry;
}

METHOD(sp_table_t, checkin, void,
	private_sp_table_t *this, hwo_sp_entry_t *entry)
{
	this->mutex->lock(this->mutex);
	entry->busy = FALSE;
	if (entry->waiting)
	{
		this->released->broadcast(this->released);
	}
	else if (!array_count(entry->users) && !entry->blocked.why &&
			 !entry->errors_busy)
	{
		this->entries->remove(this->entries, &entry->id);
		entry_destroy(entry, NULL);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sp_table_t, list, array_t*,
	private_sp_table_t *this)
{
	enumerator_t *enumerator;
	hwo_sp_entry_t *entry;
	hwo_sp_id_t id;
	array_t *ids;

	ids = array_create(sizeof(hwo_sp_id_t), 0);
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		id = entry->id;
		id.label = chunk_clone(id.label);
		array_insert(ids, ARRAY_TAIL, &id);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return ids;
}

void hwo_sp_list_destroy(array_t *list)
{
	hwo_sp_id_t id;

	while (array_remove(list, ARRAY_TAIL, &id))
	{
		chunk_free(&id.label);
	}
	array_destroy(list);
}

/**
 * Look at an entry that nobody has.
 */
static void view_entry(hwo_sp_entry_t *entry, hwo_sp_view_t *view)
{
	hwo_sp_request_t *top;
	int i;

	view->kernel = entry->kernel;
	for (i = 0; i < view->kernel.count; i++)
	{
		view->kernel.item[i].sp.id.label = chunk_empty;
	}
	view->effective = entry->effective;
	view->blocked = entry->blocked;
	view->users = hwo_sp_count_users(entry);
	top = hwo_sp_top_user(entry);
	if (top)
	{
		view->top = *top;
		view->top.sp.id.label = chunk_empty;
	}
}

METHOD(sp_table_t, view, bool,
	private_sp_table_t *this, const hwo_sp_id_t *id, hwo_sp_view_t *view)
{
	hwo_sp_entry_t *entry;

	memset(view, 0, sizeof(*view));
	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, id);
	if (entry)
	{	/* who has it changes everything else without the mutex */
		view->busy = entry->busy;
	}
	if (entry && !entry->busy)
	{
		view_entry(entry, view);
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(sp_table_t, destroy, void,
	private_sp_table_t *this)
{
	this->entries->destroy_function(this->entries, entry_destroy);
	this->released->destroy(this->released);
	this->mutex->destroy(this->mutex);
	free(this);
}

sp_table_t *hwo_sp_table_create(void)
{
	private_sp_table_t *this;

	INIT(this,
		.public = {
			.checkout = _checkout,
			.checkin = _checkin,
			.list = _list,
			.view = _view,
			.destroy = _destroy,
		},
		.entries = hashtable_create((hashtable_hash_t)hwo_sp_id_hash,
									(hashtable_equals_t)hwo_sp_id_equals,
									32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.released = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
