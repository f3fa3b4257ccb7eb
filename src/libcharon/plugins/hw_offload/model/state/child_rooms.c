/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Collects the rooms on devices that a CHILD_SA has.
 */

#include "child_rooms.h"

/*
 * Described in header
 */
bool hwo_rooms_has(const hwo_child_rooms_t *rooms, const hwo_offload_t *offload)
{
	u_int i;

	for (i = 0; i < rooms->count; i++)
	{
		if (hwo_offload_equals(&rooms->room[i], offload))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
void hwo_rooms_add(hwo_child_rooms_t *rooms, const hwo_offload_t *offload)
{
	if (offload->mode != HWO_MODE_NONE && !hwo_rooms_has(rooms, offload) &&
		rooms->count < HWO_CHILD_ROOMS)
	{
		rooms->room[rooms->count++] = *offload;
	}
}

/*
 * Described in header
 */
void hwo_rooms_add_child(hwo_child_rooms_t *rooms, const hwo_child_t *child)
{
	if (child->in.id.spi && !child->in.lost)
	{
		hwo_rooms_add(rooms, &child->in.outcome.effective);
	}
	if (child->out.id.spi && !child->out.lost)
	{
		hwo_rooms_add(rooms, &child->out.outcome.effective);
	}
}
