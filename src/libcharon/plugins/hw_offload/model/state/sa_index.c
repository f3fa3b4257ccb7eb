/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Records of SAs by their identity, and those that wait for a partner.
 */

#include "sa_index.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>

typedef struct private_sa_index_t private_sa_index_t;

/**
 * Private data of sa_index_t.
 */
struct private_sa_index_t {

	/**
	 * Public interface
	 */
	sa_index_t public;

	/**
	 * Records, hwo_sa_record_t* keyed by their identity
	 */
	hashtable_t *records;

	/**
	 * Inbound SAs without partner, hwo_sa_record_t* owned by records, latest
	 * first. charon installs the other direction right away, so they are few
	 */
	linked_list_t *single;
};

/**
 * Check if a record is of an inbound SA without partner
 */
static bool is_single(const hwo_sa_record_t *record)
{
	return record->facts.inbound && !record->partner.spi;
}

/**
 * Destroy a record that is not among the others anymore
 */
static void release(private_sa_index_t *this, hwo_sa_record_t *record)
{
	if (is_single(record))
	{
		this->single->remove(this->single, record, NULL);
	}
	free(record);
}

METHOD(sa_index_t, put, hwo_sa_record_t*,
	private_sa_index_t *this, const hwo_sa_record_t *record,
	hwo_sa_record_t *old)
{
	hwo_sa_record_t *copy, *replaced;

	copy = malloc_thing(hwo_sa_record_t);
	*copy = *record;
	memset(old, 0, sizeof(*old));
	replaced = this->records->put(this->records, &copy->id, copy);
	if (replaced)
	{
		*old = *replaced;
		release(this, replaced);
	}
	if (is_single(copy))
	{
		this->single->insert_first(this->single, copy);
	}
	return copy;
}

METHOD(sa_index_t, get, hwo_sa_record_t*,
	private_sa_index_t *this, const hwo_sa_id_t *id)
{
	return this->records->get(this->records, id);
}

METHOD(sa_index_t, remove_, bool,
	private_sa_index_t *this, const hwo_sa_id_t *id)
{
	hwo_sa_record_t *found;

	found = this->records->remove(this->records, id);
	if (found)
	{
		release(this, found);
	}
	return found != NULL;
}

METHOD(sa_index_t, move_, hwo_sa_record_t*,
	private_sa_index_t *this, const hwo_sa_id_t *from,
	const hwo_sa_record_t *record, hwo_sa_record_t *old)
{
	hwo_sa_record_t *copy, *partner, replaced, moved = *record;

	copy = get(this, from);
	*old = copy ? *copy : (hwo_sa_record_t){};
	if (copy)
	{	/* it may have got one, or that was moved, since the record was read */
		moved.partner = copy->partner;
	}
	if (!hwo_sa_id_equals(from, &record->id))
	{
		remove_(this, from);
	}
	copy = put(this, &moved, &replaced);
	partner = get(this, &copy->partner);
	if (partner)
	{
		if (is_single(partner))
		{
			this->single->remove(this->single, partner, NULL);
		}
		partner->partner = record->id;
	}
	return copy;
}

METHOD(sa_index_t, get_pair, u_int,
	private_sa_index_t *this, const hwo_sa_id_t *id, hwo_sa_record_t *pair[2])
{
	pair[0] = get(this, id);
	if (!pair[0])
	{
		return 0;
	}
	pair[1] = get(this, &pair[0]->partner);
	return pair[1] ? 2 : 1;
}

METHOD(sa_index_t, pair, hwo_sa_record_t*,
	private_sa_index_t *this, const hwo_sa_id_t *id, uint32_t reqid)
{
	hwo_sa_record_t *record, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->single->create_enumerator(this->single);
	while (!found && enumerator->enumerate(enumerator, &record))
	{
		if (hwo_sa_is_partner(record, id, reqid))
		{
			this->single->remove_at(this->single, enumerator);
			record->partner = *id;
			found = record;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(sa_index_t, create_enumerator, enumerator_t*,
	private_sa_index_t *this)
{
	return this->records->create_enumerator(this->records);
}

METHOD(sa_index_t, flush, void,
	private_sa_index_t *this)
{
	enumerator_t *enumerator;
	hwo_sa_record_t *record;

	enumerator = this->records->create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, NULL, &record))
	{
		this->records->remove_at(this->records, enumerator);
		release(this, record);
	}
	enumerator->destroy(enumerator);
}

METHOD(sa_index_t, get_count, u_int,
	private_sa_index_t *this)
{
	return this->records->get_count(this->records);
}

METHOD(sa_index_t, destroy, void,
	private_sa_index_t *this)
{
	flush(this);
	this->records->destroy(this->records);
	this->single->destroy(this->single);
	free(this);
}

/*
 * Described in header
 */
sa_index_t *hwo_sa_index_create(void)
{
	private_sa_index_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.move = _move_,
			.get = _get,
			.get_pair = _get_pair,
			.pair = _pair,
			.create_enumerator = _create_enumerator,
			.remove = _remove_,
			.flush = _flush,
			.get_count = _get_count,
			.destroy = _destroy,
		},
		.records = hashtable_create((hashtable_hash_t)hwo_sa_id_hash,
									(hashtable_equals_t)hwo_sa_id_equals,
									32),
		.single = linked_list_create(),
	);
	return &this->public;
}
