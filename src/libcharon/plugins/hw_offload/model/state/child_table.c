/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Keeps the records of CHILD_SAs: who may change which, and what is noted.
 */

#include "child_table.h"
#include "child_group.h"

#include <threading/condvar.h>
#include <threading/mutex.h>

/**
 * Private data of child_table_t.
 */
typedef struct {
	/** public interface */
	child_table_t public;
	/** records */
	child_index_t *index;
	/** threads whose inbound SA could not be installed, failed_t */
	array_t *failed;
	/** told about moves, and what to pass to it */
	child_moved_cb_t moved;
	void *moved_data;
	/** protects all of them */
	mutex_t *mutex;
	/** signaled if a record was checked in */
	condvar_t *condvar;
} private_child_table_t;

/**
 * A thread that could not install an inbound SA. charon goes on with the
 * outbound one of the same CHILD_SA nevertheless.
 */
typedef struct {
	/** the thread */
	uintptr_t thread;
	/** reqid of the SA */
	uint32_t reqid;
} failed_t;

static bool has_sa(const hwo_child_t *child)
{
	return child->in.id.spi || child->out.id.spi;
}

/**
 * Give a copy of a record to somebody, before others may have it.
 */
static hwo_child_t *check_out(hwo_child_entry_t *entry)
{
	hwo_child_t *child;

	entry->child.busy = TRUE;
	child = malloc_thing(hwo_child_t);
	*child = entry->child;
	return child;
}

/**
 * Check if the last inbound SA of a thread could not be installed, once.
 */
static bool take_failed(private_child_table_t *this, uintptr_t thread,
						uint32_t reqid)
{
	failed_t failed;
	int i;

	for (i = 0; i < array_count(this->failed); i++)
	{
		array_get(this->failed, i, &failed);
		if (failed.thread == thread)
		{
			array_remove(this->failed, i, NULL);
			return failed.reqid == reqid;
		}
	}
	return FALSE;
}

METHOD(child_table_t, begin, hwo_child_t*,
	private_child_table_t *this, const hwo_sa_id_t *id, bool inbound,
	uint32_t reqid, uintptr_t thread)
{
	hwo_child_entry_t *entry, *twin;
	hwo_child_t *child;
	array_t *group;
	bool alone;

	this->mutex->lock(this->mutex);
	alone = take_failed(this, thread, reqid) || inbound;
	while (TRUE)
	{
		twin = hwo_index_get(this->index, id);
		group = hwo_index_get_group(this->index, reqid);
		entry = alone ? NULL : hwo_group_find_pair(group, id, thread);
		if ((!twin || !twin->child.busy) && (!entry || !entry->child.busy))
		{
			break;
		}
		this->condvar->wait(this->condvar, this->mutex);
	}
	if (!entry)
	{
		entry = hwo_index_create(this->index, reqid);
		entry->child.thread = inbound ? thread : 0;
	}
	if (twin)
	{
		twin->child.busy = TRUE;
		entry->twin = twin->child.key;
	}
	child = check_out(entry);
	this->mutex->unlock(this->mutex);
	return child;
}

METHOD(child_table_t, checkout, hwo_child_t*,
	private_child_table_t *this, const hwo_sa_id_t *id)
{
	hwo_child_entry_t *entry;
	hwo_child_t *child = NULL;

	this->mutex->lock(this->mutex);
	while ((entry = hwo_index_get(this->index, id)) && entry->child.busy)
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	if (entry)
	{
		child = check_out(entry);
	}
	this->mutex->unlock(this->mutex);
	return child;
}

/**
 * Get the state that follows from what is checked in.
 */
static hwo_child_state_t get_state(const hwo_child_t *child,
								   const hwo_child_t *old)
{
	if ((child->in.lost && !old->in.lost) ||
		(child->out.lost && !old->out.lost))
	{
		return hwo_child_next(child->state, HWO_CHILD_LOSS);
	}
	if (child->in.id.spi && child->out.id.spi && !child->in.lost &&
		!child->out.lost && (child->in.id.spi != old->in.id.spi ||
							 child->out.id.spi != old->out.id.spi))
	{
		return hwo_child_next(child->state, HWO_CHILD_INSTALLED);
	}
	return child->state;
}

static void tell_moved(child_moved_cb_t cb, void *data,
					   const hwo_child_t *child, const hwo_child_t *old)
{
	if (cb && child->in.moves.count > old->in.moves.count)
	{
		cb(data, child, &child->in);
	}
	if (cb && child->out.moves.count > old->out.moves.count)
	{
		cb(data, child, &child->out);
	}
}

/**
 * Let others have the record of an SA with the identity of a new one. If that
 * could be installed, the kernel did not have the old one anymore.
 */
static void release_twin(private_child_table_t *this, hwo_child_entry_t *entry)
{
	hwo_child_entry_t *twin;

	twin = entry->twin ? hwo_index_get_key(this->index, entry->twin) : NULL;
	entry->twin = 0;
	if (twin)
	{
		twin->child.busy = FALSE;
		if (!has_sa(&twin->child))
		{
			hwo_index_remove(this->index, twin);
		}
	}
}

/**
 * Note that an inbound SA could not be installed, if a record never had one.
 */
static void note_failed(private_child_table_t *this, const hwo_child_t *child)
{
	failed_t failed = {
		.thread = child->thread,
		.reqid = child->reqid,
	};

	if (child->thread && !has_sa(child))
	{
		array_insert(this->failed, ARRAY_TAIL, &failed);
	}
}

METHOD(child_table_t, checkin, void,
	private_child_table_t *this, hwo_child_t *child)
{
	hwo_child_entry_t *entry;
	child_moved_cb_t moved;
	hwo_child_t old;
	void *data;

	this->mutex->lock(this->mutex);
	entry = hwo_index_get_key(this->index, child->key);
	hwo_index_unlink(this->index, entry);
	old = entry->child;
	hwo_child_take_notes(child, &old);
	child->state = get_state(child, &old);
	child->busy = FALSE;
	entry->child = *child;
	memset(&entry->reserved, 0, sizeof(entry->reserved));
	hwo_index_link(this->index, entry);
	release_twin(this, entry);
	if (!has_sa(child))
	{
		note_failed(this, &old);
		hwo_index_remove(this->index, entry);
	}
	moved = this->moved;
	data = this->moved_data;
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
	tell_moved(moved, data, child, &old);
	free(child);
}

static bool copy(hwo_child_entry_t *entry, hwo_child_t *child)
{
	if (entry && child)
	{
		*child = entry->child;
	}
	return entry != NULL;
}

METHOD(child_table_t, get, bool,
	private_child_table_t *this, const hwo_sa_id_t *id, hwo_child_t *child)
{
	return HWO_LOCKED(this, copy(hwo_index_get(this->index, id), child));
}

METHOD(child_table_t, get_key, bool,
	private_child_table_t *this, u_int key, hwo_child_t *child)
{
	return HWO_LOCKED(this, copy(hwo_index_get_key(this->index, key), child));
}

METHOD(child_table_t, get_child, bool,
	private_child_table_t *this, uint32_t child_id, hwo_child_t *child)
{
	return HWO_LOCKED(this, copy(hwo_index_get_child(this->index, child_id),
							 child));
}

METHOD(child_table_t, list, array_t*,
	private_child_table_t *this)
{
	enumerator_t *enumerator;
	hwo_child_entry_t *entry;
	array_t *keys;

	keys = array_create(sizeof(u_int), 0);
	this->mutex->lock(this->mutex);
	enumerator = hwo_index_create_enumerator(this->index);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		if (has_sa(&entry->child))
		{
			array_insert(keys, ARRAY_TAIL, &entry->child.key);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return keys;
}

METHOD(child_table_t, name, bool,
	private_child_table_t *this, const hwo_sa_id_t *in, const hwo_sa_id_t *out,
	const hwo_names_t *names, hwo_child_t *child)
{
	return HWO_LOCKED(this, copy(hwo_index_name(this->index, in, out, names),
							 child));
}

METHOD(child_table_t, note, void,
	private_child_table_t *this, u_int key, hwo_child_event_t event)
{
	hwo_child_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = hwo_index_get_key(this->index, key);
	if (entry)
	{
		hwo_child_note(&entry->child, event);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(child_table_t, lose, bool,
	private_child_table_t *this, const hwo_sa_id_t *id)
{
	hwo_child_entry_t *entry;
	hwo_child_sa_t *sa;
	bool first = FALSE;

	this->mutex->lock(this->mutex);
	entry = hwo_index_get(this->index, id);
	sa = entry ? hwo_child_find(&entry->child, id) : NULL;
	if (sa && !sa->lost)
	{
		hwo_index_unlink(this->index, entry);
		sa->lost = TRUE;
		entry->child.state = hwo_child_next(entry->child.state,
											HWO_CHILD_LOSS);
		hwo_index_link(this->index, entry);
		first = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return first;
}

METHOD(child_table_t, rekey_failed, void,
	private_child_table_t *this, const hwo_sa_id_t *id, uint32_t reqid,
	uint32_t ike_id)
{
	this->mutex->lock(this->mutex);
	hwo_group_fail(hwo_index_get_group(this->index, reqid), id, ike_id);
	this->mutex->unlock(this->mutex);
}

METHOD(child_table_t, soft, bool,
	private_child_table_t *this, const hwo_sa_id_t *id, bool watched, bool late)
{
	hwo_child_entry_t *entry;
	bool news = TRUE;

	this->mutex->lock(this->mutex);
	entry = hwo_index_get(this->index, id);
	if (entry)
	{
		news = hwo_child_sa_soft(hwo_child_find(&entry->child, id), watched,
								 late);
	}
	this->mutex->unlock(this->mutex);
	return news;
}

METHOD(child_table_t, note_packets, time_t,
	private_child_table_t *this, const hwo_sa_id_t *id, uint64_t packets,
	time_t now)
{
	hwo_child_entry_t *entry;
	time_t changed = 0;

	this->mutex->lock(this->mutex);
	entry = hwo_index_get(this->index, id);
	if (entry)
	{
		changed = hwo_child_sa_packets(hwo_child_find(&entry->child, id),
									   packets, now);
	}
	this->mutex->unlock(this->mutex);
	return changed;
}

METHOD(child_table_t, admit, bool,
	private_child_table_t *this, hwo_child_t *child,
	const hwo_offload_t *offload, u_int max)
{
	return HWO_LOCKED(this, hwo_index_admit(this->index,
							hwo_index_get_key(this->index, child->key),
							offload, max));
}

METHOD(child_table_t, count, u_int,
	private_child_table_t *this, const hwo_offload_t *offload)
{
	return HWO_LOCKED(this, hwo_index_count(this->index, offload));
}

METHOD(child_table_t, is_single, bool,
	private_child_table_t *this, const hwo_child_t *child)
{
	return HWO_LOCKED(this, hwo_group_is_single(
							hwo_index_get_group(this->index, child->reqid),
							child));
}

METHOD(child_table_t, moving, bool,
	private_child_table_t *this, uint32_t reqid, time_t now)
{
	return HWO_LOCKED(this, hwo_group_is_moving(
							hwo_index_get_group(this->index, reqid), now));
}

METHOD(child_table_t, on_move, void,
	private_child_table_t *this, child_moved_cb_t cb, void *data)
{
	this->mutex->lock(this->mutex);
	this->moved = cb;
	this->moved_data = data;
	this->mutex->unlock(this->mutex);
}

METHOD(child_table_t, flush, void,
	private_child_table_t *this)
{
	hwo_child_entry_t *entry;
	array_t *keys;
	u_int key;

	keys = list(this);
	this->mutex->lock(this->mutex);
	while (array_remove(keys, ARRAY_TAIL, &key))
	{
		entry = hwo_index_get_key(this->index, key);
		if (entry && !entry->child.busy)
		{
			hwo_index_remove(this->index, entry);
		}
	}
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
	array_destroy(keys);
}

METHOD(child_table_t, destroy, void,
	private_child_table_t *this)
{
	hwo_index_destroy(this->index);
	array_destroy(this->failed);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this);
}

child_table_t *hwo_child_table_create(void)
{
	private_child_table_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.checkout = _checkout,
			.checkin = _checkin,
			.get = _get,
			.get_key = _get_key,
			.get_child = _get_child,
			.list = _list,
			.name = _name,
			.note = _note,
			.lose = _lose,
			.rekey_failed = _rekey_failed,
			.soft = _soft,
			.note_packets = _note_packets,
			.admit = _admit,
			.count = _count,
			.is_single = _is_single,
			.moving = _moving,
			.on_move = _on_move,
			.flush = _flush,
			.destroy = _destroy,
		},
		.index = hwo_child_index_create(),
		.failed = array_create(sizeof(failed_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
