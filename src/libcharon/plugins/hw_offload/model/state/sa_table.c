/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Records of installed SAs: who may have which, and what is noted in them.
 */

#include "sa_table.h"
#include "device_budget.h"
#include "sa_index.h"

#include <threading/condvar.h>
#include <threading/mutex.h>

typedef struct private_sa_table_t private_sa_table_t;

/**
 * Private data of sa_table_t.
 */
struct private_sa_table_t {

	/**
	 * Public interface
	 */
	sa_table_t public;

	/**
	 * Records
	 */
	sa_index_t *records;

	/**
	 * Room on devices
	 */
	device_budget_t *room;

	/**
	 * Stamp of the last comparison with the kernel
	 */
	u_int last_stamp;

	/**
	 * Told about moves, and what to pass to it
	 */
	sa_table_moved_cb_t moved;
	void *moved_data;

	/**
	 * Protects all of them
	 */
	mutex_t *mutex;

	/**
	 * Signaled if an SA that was taken is not anymore
	 */
	condvar_t *given;
};

METHOD(sa_table_t, put, void,
	private_sa_table_t *this, const hwo_sa_record_t *record)
{
	hwo_sa_record_t *copy, old;

	this->mutex->lock(this->mutex);
	copy = this->records->put(this->records, record, &old);
	copy->stamp = this->last_stamp;
	copy->taken = old.taken;
	this->mutex->unlock(this->mutex);
}

METHOD(sa_table_t, move_, void,
	private_sa_table_t *this, const hwo_sa_id_t *from,
	const hwo_sa_record_t *record)
{
	hwo_sa_record_t *copy, old, moved;
	sa_table_moved_cb_t cb;
	void *data;

	this->mutex->lock(this->mutex);
	copy = this->records->move(this->records, from, record, &old);
	copy->stamp = this->last_stamp;
	copy->taken = old.taken && hwo_sa_id_equals(from, &record->id);
	if (old.id.spi)
	{
		hwo_sa_take_notes(copy, &old);
	}
	moved = *copy;
	cb = moved.moves.count != old.moves.count ? this->moved : NULL;
	data = this->moved_data;
	this->given->broadcast(this->given);
	this->mutex->unlock(this->mutex);
	if (cb)
	{
		cb(data, &moved);
	}
}

METHOD(sa_table_t, get, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, hwo_sa_record_t *record)
{
	hwo_sa_record_t *found;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	if (found && record)
	{
		*record = *found;
	}
	this->mutex->unlock(this->mutex);
	return found != NULL;
}

METHOD(sa_table_t, take, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, hwo_sa_record_t *record)
{
	hwo_sa_record_t *found;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	while (found && found->taken)
	{
		this->given->wait(this->given, this->mutex);
		found = this->records->get(this->records, id);
	}
	if (found)
	{
		found->taken = TRUE;
		if (record)
		{
			*record = *found;
		}
	}
	this->mutex->unlock(this->mutex);
	return found != NULL;
}

METHOD(sa_table_t, give, void,
	private_sa_table_t *this, const hwo_sa_id_t *id)
{
	hwo_sa_record_t *found;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	if (found)
	{
		found->taken = FALSE;
	}
	this->given->broadcast(this->given);
	this->mutex->unlock(this->mutex);
}

/**
 * What records are searched by.
 */
typedef struct {
	/** reqid, or device */
	uint32_t value;
	/** current time */
	time_t now;
	/** record of another SA */
	const hwo_sa_record_t *other;
} search_t;

/**
 * Count the records that match, up to a number that is enough
 */
static u_int count(private_sa_table_t *this, const search_t *search,
				   bool (*match)(const hwo_sa_record_t *record,
								 const search_t *search), u_int enough)
{
	enumerator_t *enumerator;
	hwo_sa_record_t *record;
	u_int found = 0;

	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (found < enough && enumerator->enumerate(enumerator, NULL, &record))
	{
		found += match(record, search);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Check if an SA is missing for a moment
 */
static bool is_moving(const hwo_sa_record_t *record, const search_t *search)
{
	return hwo_sa_is_moving(record, search->value, search->now);
}

METHOD(sa_table_t, moving, bool,
	private_sa_table_t *this, uint32_t reqid, time_t now)
{
	const search_t search = {
		.value = reqid,
		.now = now,
	};

	return count(this, &search, is_moving, 1) == 1;
}

/**
 * Check if an SA is the outbound one of a CHILD_SA
 */
static bool is_outbound(const hwo_sa_record_t *record, const search_t *search)
{
	return hwo_sa_is_outbound_of(record, search->other);
}

METHOD(sa_table_t, is_single, bool,
	private_sa_table_t *this, const hwo_sa_record_t *record)
{
	const search_t search = {
		.other = record,
	};

	/* charon keeps the inbound SAs of rekeyed ones for a while */
	return count(this, &search, is_outbound, 2) < 2;
}

/**
 * Check if an SA is offloaded to a device
 */
static bool is_on_device(const hwo_sa_record_t *record, const search_t *search)
{
	return hwo_sa_is_on_device(record, search->value);
}

METHOD(sa_table_t, uses, bool,
	private_sa_table_t *this, uint32_t ifindex)
{
	const search_t search = {
		.value = ifindex,
	};

	return count(this, &search, is_on_device, 1) == 1;
}

METHOD(sa_table_t, try_, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, const hwo_offload_t *best)
{
	hwo_sa_record_t *found;
	bool new = FALSE;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	if (found)
	{
		new = !hwo_offload_equals(&found->tried, best);
		found->tried = *best;
	}
	this->mutex->unlock(this->mutex);
	return new;
}

METHOD(sa_table_t, pair, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, uint32_t reqid,
	hwo_sa_record_t *partner)
{
	hwo_sa_record_t *found;

	this->mutex->lock(this->mutex);
	found = this->records->pair(this->records, id, reqid);
	if (found)
	{
		*partner = *found;
	}
	this->mutex->unlock(this->mutex);
	return found != NULL;
}

METHOD(sa_table_t, name, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, const hwo_names_t *names)
{
	hwo_sa_record_t *pair[2];
	u_int i, count;

	this->mutex->lock(this->mutex);
	count = this->records->get_pair(this->records, id, pair);
	for (i = 0; i < count; i++)
	{
		pair[i]->names = *names;
	}
	this->mutex->unlock(this->mutex);
	return count > 0;
}

METHOD(sa_table_t, list, array_t*,
	private_sa_table_t *this)
{
	enumerator_t *enumerator;
	hwo_sa_record_t *record;
	array_t *ids;

	ids = array_create(sizeof(hwo_sa_id_t), 0);
	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &record))
	{
		/* charon removes the outbound SA first when a CHILD_SA is rekeyed */
		if (!record->facts.inbound ||
			!this->records->get(this->records, &record->partner))
		{
			array_insert(ids, ARRAY_TAIL, &record->id);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return ids;
}

METHOD(sa_table_t, on_move, void,
	private_sa_table_t *this, sa_table_moved_cb_t cb, void *data)
{
	this->mutex->lock(this->mutex);
	this->moved = cb;
	this->moved_data = data;
	this->mutex->unlock(this->mutex);
}

METHOD(sa_table_t, admit, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, uint32_t reqid,
	const hwo_offload_t *offload, u_int max)
{
	enumerator_t *records;
	bool admitted;

	this->mutex->lock(this->mutex);
	records = this->records->create_enumerator(this->records);
	admitted = this->room->admit(this->room, records, id, reqid, offload, max);
	records->destroy(records);
	this->mutex->unlock(this->mutex);
	return admitted;
}

METHOD(sa_table_t, settle, void,
	private_sa_table_t *this, const hwo_sa_id_t *id)
{
	this->mutex->lock(this->mutex);
	this->room->settle(this->room, id);
	this->mutex->unlock(this->mutex);
}

METHOD(sa_table_t, note_packets, time_t,
	private_sa_table_t *this, const hwo_sa_id_t *id, uint64_t packets,
	time_t now)
{
	hwo_sa_record_t *found;
	time_t changed = 0;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	if (found)
	{
		changed = hwo_sa_note_packets(found, packets, now);
	}
	this->mutex->unlock(this->mutex);
	return changed;
}

METHOD(sa_table_t, next_stamp, u_int,
	private_sa_table_t *this)
{
	u_int stamp;

	this->mutex->lock(this->mutex);
	stamp = ++this->last_stamp;
	this->mutex->unlock(this->mutex);
	return stamp;
}

METHOD(sa_table_t, stamp, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, u_int stamp)
{
	hwo_sa_record_t *found;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	if (found)
	{
		found->stamp = max(found->stamp, stamp);
	}
	this->mutex->unlock(this->mutex);
	return found != NULL;
}

METHOD(sa_table_t, unstamped, array_t*,
	private_sa_table_t *this, u_int stamp)
{
	enumerator_t *enumerator;
	hwo_sa_record_t *record;
	array_t *ids;

	ids = array_create(sizeof(hwo_sa_id_t), 0);
	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &record))
	{
		if (record->stamp < stamp && !record->taken)
		{
			array_insert(ids, ARRAY_TAIL, &record->id);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return ids;
}

METHOD(sa_table_t, lose, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, hwo_sa_record_t *record)
{
	hwo_sa_record_t *found;
	bool first = FALSE;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	if (found)
	{
		first = !found->lost;
		found->lost = TRUE;
		if (record)
		{
			*record = *found;
		}
	}
	this->mutex->unlock(this->mutex);
	return first;
}

METHOD(sa_table_t, orphan, void,
	private_sa_table_t *this, const hwo_sa_id_t *id, uint32_t reqid)
{
	enumerator_t *enumerator;
	hwo_sa_record_t *record;

	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &record))
	{
		record->orphaned |= hwo_sa_is_replaced(record, id, reqid);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(sa_table_t, close_, void,
	private_sa_table_t *this, const hwo_sa_id_t *id)
{
	hwo_sa_record_t *pair[2];
	u_int i, count;

	this->mutex->lock(this->mutex);
	count = this->records->get_pair(this->records, id, pair);
	for (i = 0; i < count; i++)
	{
		pair[i]->closed = TRUE;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(sa_table_t, tell_soft, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, bool watched, bool late)
{
	hwo_sa_record_t *found;
	bool tell = TRUE;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	if (found)
	{
		tell = hwo_sa_note_soft(found, watched, late);
	}
	this->mutex->unlock(this->mutex);
	return tell;
}

METHOD(sa_table_t, remove_, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id)
{
	bool removed;

	this->mutex->lock(this->mutex);
	removed = this->records->remove(this->records, id);
	this->given->broadcast(this->given);
	this->mutex->unlock(this->mutex);
	return removed;
}

METHOD(sa_table_t, flush, void,
	private_sa_table_t *this)
{
	this->mutex->lock(this->mutex);
	this->records->flush(this->records);
	this->given->broadcast(this->given);
	this->mutex->unlock(this->mutex);
}

METHOD(sa_table_t, get_count, u_int,
	private_sa_table_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->records->get_count(this->records);
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(sa_table_t, destroy, void,
	private_sa_table_t *this)
{
	this->records->destroy(this->records);
	this->room->destroy(this->room);
	this->given->destroy(this->given);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
sa_table_t *hwo_sa_table_create(void)
{
	private_sa_table_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.move = _move_,
			.get = _get,
			.take = _take,
			.give = _give,
			.moving = _moving,
			.try = _try_,
			.pair = _pair,
			.name = _name,
			.list = _list,
			.on_move = _on_move,
			.admit = _admit,
			.settle = _settle,
			.note_packets = _note_packets,
			.next_stamp = _next_stamp,
			.stamp = _stamp,
			.unstamped = _unstamped,
			.lose = _lose,
			.orphan = _orphan,
			.close = _close_,
			.tell_soft = _tell_soft,
			.is_single = _is_single,
			.uses = _uses,
			.remove = _remove_,
			.flush = _flush,
			.get_count = _get_count,
			.destroy = _destroy,
		},
		.records = hwo_sa_index_create(),
		.room = hwo_device_budget_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.given = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
