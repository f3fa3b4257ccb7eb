/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Records of installed SAs in a hash table.
 */

#include "sa_table.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
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
	 * Records, hwo_sa_record_t* keyed by their identity
	 */
	hashtable_t *records;

	/**
	 * Inbound SAs without partner, hwo_sa_record_t* owned by records, latest
	 * first. charon installs the other direction right away, so they are few
	 */
	linked_list_t *single;

	/**
	 * Room that is kept for SAs under way, admission_t
	 */
	array_t *admissions;

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

/**
 * Room for a pair of SAs.
 */
typedef struct {
	/** identity of one of them */
	hwo_sa_id_t id;
	/** mode and device */
	hwo_offload_t offload;
} admission_t;

/**
 * Hash what the kernel identifies an SA by
 */
static u_int id_hash(const hwo_sa_id_t *id)
{
	/* the kernel allocated or the peer chose the SPI at random */
	return chunk_hash_inc(chunk_from_thing(id->dst.bytes),
						  chunk_hash(chunk_from_thing(id->spi)));
}

/**
 * Compare what the kernel identifies an SA by
 */
static bool id_equals(const hwo_sa_id_t *a, const hwo_sa_id_t *b)
{
	return a->spi == b->spi && a->proto == b->proto &&
		   a->dst.family == b->dst.family &&
		   memeq(a->dst.bytes, b->dst.bytes, sizeof(a->dst.bytes)) &&
		   a->mark.value == b->mark.value && a->mark.mask == b->mark.mask;
}

/**
 * Compare offloads
 */
static bool offload_equals(const hwo_offload_t *a, const hwo_offload_t *b)
{
	return a->mode == b->mode && a->ifindex == b->ifindex;
}

/**
 * Destroy a record that is not in the table anymore
 */
static void release(private_sa_table_t *this, hwo_sa_record_t *record)
{
	if (record && record->inbound && !record->partner.spi)
	{
		this->single->remove(this->single, record, NULL);
	}
	free(record);
}

METHOD(sa_table_t, put, void,
	private_sa_table_t *this, const hwo_sa_record_t *record)
{
	sa_table_moved_cb_t moved = NULL;
	hwo_sa_record_t *copy, *old;
	void *data;

	copy = malloc_thing(hwo_sa_record_t);
	*copy = *record;
	this->mutex->lock(this->mutex);
	copy->stamp = this->last_stamp;
	old = this->records->put(this->records, &copy->id, copy);
	copy->taken = old && old->taken;
	if (copy->inbound && !copy->partner.spi)
	{
		this->single->insert_first(this->single, copy);
	}
	if (record->moves.count &&
		(!old || old->moves.count != record->moves.count))
	{
		moved = this->moved;
		data = this->moved_data;
	}
	release(this, old);
	this->mutex->unlock(this->mutex);
	if (moved)
	{
		moved(data, record);
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
 * What a record is searched by.
 */
typedef struct {
	/** reqid, or device */
	uint32_t value;
	/** current time */
	time_t now;
} search_t;

/**
 * Check if any record matches
 */
static bool any(private_sa_table_t *this, const search_t *search,
				bool (*match)(const hwo_sa_record_t *record,
							  const search_t *search))
{
	enumerator_t *enumerator;
	hwo_sa_record_t *record;
	bool found = FALSE;

	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (!found && enumerator->enumerate(enumerator, NULL, &record))
	{
		found = match(record, search);
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
	return record->reqid == search->value && !record->inbound &&
		   !record->lost && (record->taken ||
		   (record->moves.count && search->now - record->moves.last < 2));
}

METHOD(sa_table_t, moving, bool,
	private_sa_table_t *this, uint32_t reqid, time_t now)
{
	const search_t search = { reqid, now };

	return any(this, &search, is_moving);
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
		new = !offload_equals(&found->tried, best);
		found->tried = *best;
	}
	this->mutex->unlock(this->mutex);
	return new;
}

/**
 * Check if an SA may be the other direction of an outbound one
 */
static bool is_partner(const hwo_sa_record_t *record, const hwo_sa_id_t *id,
					   uint32_t reqid)
{
	return record->inbound && !record->partner.spi &&
		   record->reqid == reqid && record->id.proto == id->proto &&
		   memeq(&record->id.src, &id->dst, sizeof(id->dst)) &&
		   memeq(&record->id.dst, &id->src, sizeof(id->src));
}

METHOD(sa_table_t, pair, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, uint32_t reqid,
	hwo_sa_record_t *partner)
{
	hwo_sa_record_t *record, *found = NULL;
	enumerator_t *enumerator;

	this->mutex->lock(this->mutex);
	enumerator = this->single->create_enumerator(this->single);
	while (!found && enumerator->enumerate(enumerator, &record))
	{
		if (is_partner(record, id, reqid))
		{
			this->single->remove_at(this->single, enumerator);
			found = record;
		}
	}
	enumerator->destroy(enumerator);
	if (found)
	{
		found->partner = *id;
		*partner = *found;
	}
	this->mutex->unlock(this->mutex);
	return found != NULL;
}

METHOD(sa_table_t, name, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, const hwo_names_t *names)
{
	hwo_sa_record_t *found, *partner;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	if (found)
	{
		found->names = *names;
		partner = this->records->get(this->records, &found->partner);
		if (partner)
		{
			partner->names = *names;
		}
	}
	this->mutex->unlock(this->mutex);
	return found != NULL;
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
		if (!record->inbound ||
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

/**
 * Check if an inbound SA does the same as another one, in either direction
 */
static bool is_replaced(const hwo_sa_record_t *record, const hwo_sa_id_t *id,
						uint32_t reqid)
{
	return record->reqid == reqid && record->id.proto == id->proto &&
		   ((memeq(&record->id.src, &id->src, sizeof(id->src)) &&
			 memeq(&record->id.dst, &id->dst, sizeof(id->dst))) ||
			(memeq(&record->id.src, &id->dst, sizeof(id->dst)) &&
			 memeq(&record->id.dst, &id->src, sizeof(id->src))));
}

/**
 * Count the pairs in a mode on a device, those under way included
 *
 * @param replaced	[out] TRUE if the SA replaces one of them
 */
static u_int count_pairs(private_sa_table_t *this, const hwo_sa_id_t *id,
						 uint32_t reqid, const hwo_offload_t *offload,
						 bool *replaced)
{
	enumerator_t *enumerator;
	hwo_sa_record_t *record;
	admission_t admission;
	u_int count = 0;
	int i;

	*replaced = FALSE;
	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &record))
	{
		if (record->inbound && !record->lost &&
			offload_equals(&record->effective, offload))
		{
			*replaced = *replaced || is_replaced(record, id, reqid);
			count++;
		}
	}
	enumerator->destroy(enumerator);
	for (i = 0; i < array_count(this->admissions); i++)
	{
		array_get(this->admissions, i, &admission);
		count += offload_equals(&admission.offload, offload);
	}
	return count;
}

METHOD(sa_table_t, admit, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, uint32_t reqid,
	const hwo_offload_t *offload, u_int max)
{
	admission_t admission = {
		.id = *id,
		.offload = *offload,
	};
	bool admitted;

	this->mutex->lock(this->mutex);
	if ((count_pairs(this, id, reqid, offload, &admitted) + 1) * 2 <= max)
	{
		admitted = TRUE;
	}
	if (admitted)
	{
		array_insert(this->admissions, ARRAY_TAIL, &admission);
	}
	this->mutex->unlock(this->mutex);
	return admitted;
}

METHOD(sa_table_t, settle, void,
	private_sa_table_t *this, const hwo_sa_id_t *id)
{
	admission_t admission;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->admissions) - 1; i >= 0; i--)
	{
		array_get(this->admissions, i, &admission);
		if (id_equals(&admission.id, id))
		{
			array_remove(this->admissions, i, NULL);
		}
	}
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
		if (found->packets != packets)
		{
			found->packets = packets;
			found->changed = now;
		}
		changed = found->changed;
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

METHOD(sa_table_t, tell_soft, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id, bool watched, bool late)
{
	hwo_sa_record_t *found;
	bool tell = TRUE;

	this->mutex->lock(this->mutex);
	found = this->records->get(this->records, id);
	if (found)
	{
		tell = watched ? !found->soft : !found->soft_late;
		if (!watched || tell)
		{	/* later ones of the kernel, e.g. by time, are news again */
			found->soft_late = watched && late;
		}
		found->soft = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return tell;
}

/**
 * Check if an SA is offloaded to a device
 */
static bool is_on_device(const hwo_sa_record_t *record, const search_t *search)
{
	return record->effective.mode != HWO_MODE_NONE &&
		   record->effective.ifindex == search->value;
}

METHOD(sa_table_t, is_single, bool,
	private_sa_table_t *this, const hwo_sa_record_t *record)
{
	const hwo_sa_id_t *id = &record->id;
	const hwo_addr_t *src, *dst;
	enumerator_t *enumerator;
	hwo_sa_record_t *other;
	u_int count = 0;

	/* charon keeps the inbound SAs of rekeyed ones for a while */
	src = record->inbound ? &id->dst : &id->src;
	dst = record->inbound ? &id->src : &id->dst;
	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &other))
	{
		count += !other->inbound && other->reqid == record->reqid &&
				 other->id.proto == id->proto &&
				 memeq(&other->id.src, src, sizeof(*src)) &&
				 memeq(&other->id.dst, dst, sizeof(*dst));
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return count <= 1;
}

METHOD(sa_table_t, uses, bool,
	private_sa_table_t *this, uint32_t ifindex)
{
	const search_t search = { ifindex };

	return any(this, &search, is_on_device);
}

METHOD(sa_table_t, remove_, bool,
	private_sa_table_t *this, const hwo_sa_id_t *id)
{
	hwo_sa_record_t *found;

	this->mutex->lock(this->mutex);
	found = this->records->remove(this->records, id);
	release(this, found);
	this->given->broadcast(this->given);
	this->mutex->unlock(this->mutex);
	return found != NULL;
}

METHOD(sa_table_t, flush, void,
	private_sa_table_t *this)
{
	enumerator_t *enumerator;
	hwo_sa_record_t *record;

	this->mutex->lock(this->mutex);
	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &record))
	{
		this->records->remove_at(this->records, enumerator);
		release(this, record);
	}
	enumerator->destroy(enumerator);
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
	flush(this);
	this->records->destroy(this->records);
	this->single->destroy(this->single);
	array_destroy(this->admissions);
	this->given->destroy(this->given);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
sa_table_t *sa_table_create(void)
{
	private_sa_table_t *this;

	INIT(this,
		.public = {
			.put = _put,
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
			.tell_soft = _tell_soft,
			.is_single = _is_single,
			.uses = _uses,
			.remove = _remove_,
			.flush = _flush,
			.get_count = _get_count,
			.destroy = _destroy,
		},
		.records = hashtable_create((hashtable_hash_t)id_hash,
									(hashtable_equals_t)id_equals, 32),
		.single = linked_list_create(),
		.admissions = array_create(sizeof(admission_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.given = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
