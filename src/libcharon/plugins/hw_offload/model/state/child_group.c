/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Relates CHILD_SAs with the same reqid to each other.
 */

#include "child_group.h"

hwo_child_entry_t *hwo_group_find_pair(array_t *group, const hwo_sa_id_t *id,
									   uintptr_t thread)
{
	hwo_child_entry_t *entry, *own = NULL, *other = NULL;
	u_int others = 0;
	int i;

	for (i = 0; i < array_count(group); i++)
	{
		array_get(group, i, &entry);
		if (!hwo_child_misses(&entry->child, id))
		{
			continue;
		}
		if (entry->child.out_spi == id->spi)
		{
			return entry;
		}
		if (entry->child.thread != thread)
		{
			other = entry;
			others++;
		}
		else if (!own || own->child.key < entry->child.key)
		{
			own = entry;
		}
	}
	return own ?: (others == 1 ? other : NULL);
}

bool hwo_child_is_extra(const hwo_child_entry_t *entry,
						const hwo_offload_t *room)
{
	return hwo_rooms_has(&entry->extra, room);
}

hwo_child_entry_t *hwo_group_find_room(array_t *group,
									   const hwo_child_entry_t *entry,
									   const hwo_offload_t *room, bool extra)
{
	hwo_child_entry_t *other;
	int i;

	for (i = 0; i < array_count(group); i++)
	{
		array_get(group, i, &other);
		if (other != entry && hwo_rooms_has(&other->rooms, room) &&
			hwo_child_is_extra(other, room) == extra)
		{
			return other;
		}
	}
	return NULL;
}

bool hwo_group_is_single(array_t *group, const hwo_child_t *child)
{
	const hwo_sa_id_t *id = &hwo_child_main(child)->id;
	hwo_child_entry_t *entry;
	u_int count = 0;
	int i;

	for (i = 0; count < 2 && i < array_count(group); i++)
	{
		array_get(group, i, &entry);
		count += entry->child.out.id.spi &&
				 hwo_child_is_between(&entry->child, id);
	}
	return count < 2;
}

bool hwo_group_is_moving(array_t *group, time_t now)
{
	hwo_child_entry_t *entry;
	int i;

	for (i = 0; i < array_count(group); i++)
	{
		array_get(group, i, &entry);
		if (hwo_child_is_moving(&entry->child, now))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check if an SA may have been added to replace one of a CHILD_SA. MOBIKE can
 * change the addresses of an IKE_SA before, and SAs in packet mode do not
 * follow.
 */
static bool is_successor(const hwo_child_t *child, const hwo_sa_id_t *id,
						 uint32_t ike_id)
{
	return ike_id && child->names.ike_id ? child->names.ike_id == ike_id
										 : hwo_child_is_between(child, id);
}

void hwo_group_fail(array_t *group, const hwo_sa_id_t *id, uint32_t ike_id)
{
	hwo_child_entry_t *entry;
	hwo_child_t *child;
	int i;

	for (i = 0; i < array_count(group); i++)
	{
		array_get(group, i, &entry);
		child = &entry->child;
		if (is_successor(child, id, ike_id))
		{
			child->state = hwo_child_next(child->state, HWO_CHILD_FAILURE);
		}
	}
}
