/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds records of CHILD_SAs, and counts them by device.
 */

#include "child_group.h"

#include <collections/hashtable.h>

/**
 * Index of records.
 */
struct child_index_t {

	/**
	 * Records by the identities of their SAs, by their keys, and by charon's
	 * unique identifiers.
	 */
	hashtable_t *sas, *keys, *children;

	/**
	 * Records by reqid, array_t of hwo_child_entry_t*.
	 */
	hashtable_t *groups;

	/**
	 * Devices that have SAs, usage_t by index.
	 */
	hashtable_t *devices;

	/**
	 * Key of the last record.
	 */
	u_int last;
};

/**
 * What a device has.
 */
typedef struct {
	/** pairs of SAs in each mode, without those that replace others */
	u_int pairs[HWO_MAX_STEPS];
	/** rooms of any kind, it is forgotten with the last one */
	u_int rooms;
} usage_t;

/**
 * Turn a number into a key of a hash table, which takes NULL for a row that was
 * removed, so 0 must not become that.
 */
static void *to_key(uint32_t number)
{
	return (void*)((uintptr_t)number + 1);
}

/**
 * Count a room of a record, or don't count it anymore.
 */
static void count_room(child_index_t *this, hwo_child_entry_t *entry,
					   const hwo_offload_t *room, int change)
{
	void *key = to_key(room->ifindex);
	usage_t *usage;

	usage = this->devices->get(this->devices, key);
	if (!usage)
	{
		INIT(usage);
		this->devices->put(this->devices, key, usage);
	}
	usage->rooms += change;
	usage->pairs[room->mode] += hwo_child_is_extra(entry, room) ? 0 : change;
	if (!usage->rooms)
	{
		free(this->devices->remove(this->devices, key));
	}
}

/**
 * Count the rooms of a record: where its SAs are, and where they may be soon.
 */
static void occupy(child_index_t *this, hwo_child_entry_t *entry)
{
	hwo_child_rooms_t extra = entry->extra;
	u_int i;

	entry->rooms = entry->reserved;
	hwo_rooms_add_child(&entry->rooms, &entry->child);
	entry->extra.count = 0;
	for (i = 0; i < extra.count; i++)
	{
		if (hwo_rooms_has(&entry->rooms, &extra.room[i]))
		{
			hwo_rooms_add(&entry->extra, &extra.room[i]);
		}
	}
	for (i = 0; i < entry->rooms.count; i++)
	{
		count_room(this, entry, &entry->rooms.room[i], 1);
	}
}

hwo_child_entry_t *hwo_index_get(child_index_t *this, const hwo_sa_id_t *id)
{
	return this->sas->get(this->sas, id);
}

hwo_child_entry_t *hwo_index_get_key(child_index_t *this, u_int key)
{
	return this->keys->get(this->keys, to_key(key));
}

hwo_child_entry_t *hwo_index_get_child(child_index_t *this, uint32_t child_id)
{
	return this->children->get(this->children, to_key(child_id));
}

array_t *hwo_index_get_group(child_index_t *this, uint32_t reqid)
{
	return this->groups->get(this->groups, to_key(reqid));
}

enumerator_t *hwo_index_create_enumerator(child_index_t *this)
{
	return this->keys->create_enumerator(this->keys);
}

/**
 * Leave a room to the one that replaces a record, if there is one.
 */
static void leave_room(child_index_t *this, hwo_child_entry_t *entry,
					   const hwo_offload_t *room)
{
	array_t *group = hwo_index_get_group(this, entry->child.reqid);
	hwo_child_entry_t *next;

	next = hwo_group_find_room(group, entry, room, TRUE);
	if (next)
	{
		count_room(this, next, room, -1);
		hwo_rooms_remove(&next->extra, room);
		count_room(this, next, room, 1);
	}
}

/**
 * Don't count the rooms of a record anymore, note those that others may have.
 */
static void vacate(child_index_t *this, hwo_child_entry_t *entry)
{
	hwo_child_rooms_t left = {};
	u_int i;

	for (i = 0; i < entry->rooms.count; i++)
	{
		count_room(this, entry, &entry->rooms.room[i], -1);
		if (!hwo_child_is_extra(entry, &entry->rooms.room[i]))
		{
			hwo_rooms_add(&left, &entry->rooms.room[i]);
		}
	}
	entry->rooms = left;
}

/**
 * Put an SA into the index, the kernel has only one of that identity.
 */
static void put_sa(child_index_t *this, hwo_child_entry_t *entry,
				   hwo_child_sa_t *sa)
{
	hwo_child_entry_t *other;
	hwo_child_sa_t *old;

	if (!sa->id.spi)
	{
		return;
	}
	other = this->sas->remove(this->sas, &sa->id);
	old = other ? hwo_child_find(&other->child, &sa->id) : NULL;
	if (old && old != sa)
	{
		vacate(this, other);
		memset(old, 0, sizeof(*old));
		occupy(this, other);
	}
	this->sas->put(this->sas, &sa->id, entry);
}

static void remove_sa(child_index_t *this, hwo_child_entry_t *entry,
					  hwo_child_sa_t *sa)
{
	if (sa->id.spi && hwo_index_get(this, &sa->id) == entry)
	{
		this->sas->remove(this->sas, &sa->id);
	}
}

static void join_group(child_index_t *this, hwo_child_entry_t *entry)
{
	void *key = to_key(entry->child.reqid);
	array_t *group;

	group = this->groups->get(this->groups, key);
	if (!group)
	{
		group = array_create(0, 0);
		this->groups->put(this->groups, key, group);
	}
	array_insert(group, ARRAY_TAIL, entry);
}

static void leave_group(child_index_t *this, hwo_child_entry_t *entry)
{
	void *key = to_key(entry->child.reqid);
	hwo_child_entry_t *found;
	array_t *group;
	int i;

	group = this->groups->get(this->groups, key);
	for (i = array_count(group) - 1; i >= 0; i--)
	{
		array_get(group, i, &found);
		if (found == entry)
		{
			array_remove(group, i, NULL);
			break;
		}
	}
	if (!array_count(group))
	{
		this->groups->remove(this->groups, key);
		array_destroy(group);
	}
}

void hwo_index_link(child_index_t *this, hwo_child_entry_t *entry)
{
	hwo_child_rooms_t left = entry->rooms;
	hwo_child_t *child = &entry->child;
	u_int i;

	this->keys->put(this->keys, to_key(child->key), entry);
	put_sa(this, entry, &child->in);
	put_sa(this, entry, &child->out);
	if (child->names.child_id)
	{
		this->children->put(this->children, to_key(child->names.child_id),
							entry);
	}
	join_group(this, entry);
	occupy(this, entry);
	for (i = 0; i < left.count; i++)
	{
		if (!hwo_rooms_has(&entry->rooms, &left.room[i]))
		{
			leave_room(this, entry, &left.room[i]);
		}
	}
}

void hwo_index_unlink(child_index_t *this, hwo_child_entry_t *entry)
{
	hwo_child_t *child = &entry->child;

	this->keys->remove(this->keys, to_key(child->key));
	remove_sa(this, entry, &child->in);
	remove_sa(this, entry, &child->out);
	if (child->names.child_id &&
		hwo_index_get_child(this, child->names.child_id) == entry)
	{
		this->children->remove(this->children,
							   to_key(child->names.child_id));
	}
	leave_group(this, entry);
	vacate(this, entry);
}

hwo_child_entry_t *hwo_index_create(child_index_t *this, uint32_t reqid)
{
	hwo_child_entry_t *entry;

	INIT(entry,
		.child = {
			.key = ++this->last,
			.reqid = reqid,
		},
	);
	hwo_index_link(this, entry);
	return entry;
}

void hwo_index_remove(child_index_t *this, hwo_child_entry_t *entry)
{
	u_int i;

	hwo_index_unlink(this, entry);
	for (i = 0; i < entry->rooms.count; i++)
	{
		leave_room(this, entry, &entry->rooms.room[i]);
	}
	free(entry);
}

/**
 * Give the outbound SA of one record to that of its inbound one, unless
 * somebody has one of them.
 */
static void join(child_index_t *this, hwo_child_entry_t *in,
				 hwo_child_entry_t *out)
{
	if (in->child.out.id.spi || out->child.in.id.spi || in->child.busy ||
		out->child.busy)
	{
		return;
	}
	hwo_index_unlink(this, in);
	hwo_index_unlink(this, out);
	in->child.out = out->child.out;
	in->child.state = hwo_child_next(out->child.state, HWO_CHILD_INSTALLED);
	memset(&out->child.out, 0, sizeof(out->child.out));
	hwo_index_link(this, out);
	hwo_index_remove(this, out);
	hwo_index_link(this, in);
}

static void set_names(child_index_t *this, hwo_child_entry_t *entry,
					  const hwo_names_t *names)
{
	hwo_index_unlink(this, entry);
	entry->child.names = *names;
	hwo_index_link(this, entry);
}

hwo_child_entry_t *hwo_index_name(child_index_t *this, const hwo_sa_id_t *in,
								  const hwo_sa_id_t *out,
								  const hwo_names_t *names)
{
	hwo_child_entry_t *first = hwo_index_get(this, in);
	hwo_child_entry_t *second = hwo_index_get(this, out);

	if (first && second && first != second)
	{
		join(this, first, second);
		second = hwo_index_get(this, out);
	}
	if (second && second != first)
	{
		set_names(this, second, names);
	}
	if (first)
	{
		set_names(this, first, names);
		first->child.out_spi = out->spi;
	}
	return second ?: first;
}

u_int hwo_index_count(child_index_t *this, const hwo_offload_t *offload)
{
	usage_t *usage;

	usage = this->devices->get(this->devices, to_key(offload->ifindex));
	if (!usage || offload->mode == HWO_MODE_NONE)
	{
		return usage ? usage->rooms : 0;
	}
	return usage->pairs[offload->mode];
}

bool hwo_index_admit(child_index_t *this, hwo_child_entry_t *entry,
					 const hwo_offload_t *offload, u_int max)
{
	bool full = (hwo_index_count(this, offload) + 1) * 2 > max;
	array_t *group = hwo_index_get_group(this, entry->child.reqid);

	if (hwo_rooms_has(&entry->rooms, offload))
	{
		return TRUE;
	}
	if (full && (!hwo_group_find_room(group, entry, offload, FALSE) ||
				 hwo_group_find_room(group, entry, offload, TRUE)))
	{
		return FALSE;
	}
	if (full)
	{
		hwo_rooms_add(&entry->extra, offload);
	}
	hwo_rooms_add(&entry->reserved, offload);
	hwo_rooms_add(&entry->rooms, offload);
	count_room(this, entry, offload, 1);
	return TRUE;
}

static void destroy_entry(void *entry, const void *key)
{
	free(entry);
}

static void destroy_group(void *group, const void *key)
{
	array_destroy(group);
}

void hwo_index_destroy(child_index_t *this)
{
	this->sas->destroy(this->sas);
	this->children->destroy(this->children);
	this->groups->destroy_function(this->groups, destroy_group);
	this->devices->destroy_function(this->devices, destroy_entry);
	this->keys->destroy_function(this->keys, destroy_entry);
	free(this);
}

static hashtable_t *create_numbers(void)
{
	return hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32);
}

child_index_t *hwo_child_index_create(void)
{
	child_index_t *this;

	INIT(this,
		.sas = hashtable_create((hashtable_hash_t)hwo_sa_id_hash,
								(hashtable_equals_t)hwo_sa_id_equals, 32),
		.keys = create_numbers(),
		.children = create_numbers(),
		.groups = create_numbers(),
		.devices = create_numbers(),
	);
	return this;
}
