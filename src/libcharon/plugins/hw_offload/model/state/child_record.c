/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tells what follows for a CHILD_SA from what happens to it.
 */

#include "child_record.h"

void hwo_name_keep(char kept[HWO_NAME_LEN], const char *name)
{
	size_t len = strnlen(name, HWO_NAME_LEN);

	if (len == HWO_NAME_LEN)
	{
		len--;
		while (len && (name[len] & 0xc0) == 0x80)
		{
			len--;
		}
	}
	memcpy(kept, name, len);
	kept[len] = '\0';
}

bool hwo_name_is(const char kept[HWO_NAME_LEN], const char *name)
{
	char cut[HWO_NAME_LEN];

	hwo_name_keep(cut, name);
	return streq(kept, cut);
}

hwo_child_state_t hwo_child_next(hwo_child_state_t state,
								 hwo_child_event_t event)
{
	if (state == HWO_CHILD_CLOSED)
	{
		return state;
	}
	switch (event)
	{
		case HWO_CHILD_INSTALLED:
			return state == HWO_CHILD_INSTALLING || state == HWO_CHILD_LOST ?
				   HWO_CHILD_UP : state;
		case HWO_CHILD_LOSS:
			return HWO_CHILD_LOST;
		case HWO_CHILD_FAILURE:
			return state == HWO_CHILD_UP ? HWO_CHILD_REKEY_FAILED : state;
		case HWO_CHILD_REPLACEMENT:
			return HWO_CHILD_REPLACED;
		case HWO_CHILD_DELETION:
			return state == HWO_CHILD_REKEY_FAILED ? HWO_CHILD_UP : state;
		case HWO_CHILD_CLOSE:
			return HWO_CHILD_CLOSED;
		case HWO_CHILD_HIDDEN:
		case HWO_CHILD_FOUND:
			break;
	}
	return state;
}

void hwo_child_note(hwo_child_t *child, hwo_child_event_t event)
{
	child->state = hwo_child_next(child->state, event);
	if (event == HWO_CHILD_HIDDEN || event == HWO_CHILD_FOUND)
	{
		child->out.hidden = event == HWO_CHILD_HIDDEN;
	}
}

bool hwo_child_holds(hwo_child_state_t state)
{
	return state == HWO_CHILD_LOST || state == HWO_CHILD_REKEY_FAILED;
}

hwo_child_sa_t *hwo_child_sa(hwo_child_t *child, bool inbound)
{
	return inbound ? &child->in : &child->out;
}

hwo_child_sa_t *hwo_child_find(hwo_child_t *child, const hwo_sa_id_t *id)
{
	if (child->out.id.spi && hwo_sa_id_equals(&child->out.id, id))
	{
		return &child->out;
	}
	if (child->in.id.spi && hwo_sa_id_equals(&child->in.id, id))
	{
		return &child->in;
	}
	return NULL;
}

const hwo_child_sa_t *hwo_child_main(const hwo_child_t *child)
{
	return child->out.id.spi ? &child->out : &child->in;
}

/**
 * Check if packets go from one host to another.
 */
static bool goes(const hwo_sa_id_t *id, const hwo_addr_t *src,
				 const hwo_addr_t *dst)
{
	return hwo_addr_equals(&id->src, src) && hwo_addr_equals(&id->dst, dst);
}

bool hwo_child_is_between(const hwo_child_t *child, const hwo_sa_id_t *id)
{
	const hwo_sa_id_t *own = &hwo_child_main(child)->id;

	return own->proto == id->proto && (goes(own, &id->src, &id->dst) ||
									   goes(own, &id->dst, &id->src));
}

bool hwo_child_misses(const hwo_child_t *child, const hwo_sa_id_t *id)
{
	return child->in.id.spi && !child->out.id.spi && !child->in.lost &&
		   child->in.id.proto == id->proto &&
		   goes(&child->in.id, &id->dst, &id->src);
}

bool hwo_child_is_split(const hwo_child_t *child)
{
	uint32_t in = child->in.outcome.effective.ifindex,
			 out = child->out.outcome.effective.ifindex;

	return child->in.id.spi && child->out.id.spi && in && out && in != out &&
		   !child->out.facts.set_mark.mask;
}

bool hwo_child_is_moving(const hwo_child_t *child, time_t now)
{
	const hwo_sa_moves_t *moves = &child->out.moves;

	return child->out.id.spi && !child->out.lost &&
		   (child->busy || (moves->count && now - moves->monotonic < 2));
}

/**
 * Take over what others noted about an SA.
 */
static void take_notes(hwo_child_sa_t *sa, const hwo_child_sa_t *noted)
{
	if (sa->id.spi && sa->id.spi == noted->id.spi)
	{
		sa->lost |= noted->lost;
		sa->hidden = noted->hidden;
		sa->soft = noted->soft;
		sa->soft_late = noted->soft_late;
		sa->packets = noted->packets;
		sa->changed = noted->changed;
	}
}

void hwo_child_take_notes(hwo_child_t *child, const hwo_child_t *noted)
{
	take_notes(&child->in, &noted->in);
	take_notes(&child->out, &noted->out);
	child->names = noted->names;
	child->out_spi = noted->out_spi;
	child->state = noted->state;
}

time_t hwo_child_sa_packets(hwo_child_sa_t *sa, uint64_t packets, time_t now)
{
	if (sa->packets != packets)
	{
		sa->packets = packets;
		sa->changed = now;
	}
	return sa->changed;
}

bool hwo_child_sa_soft(hwo_child_sa_t *sa, bool watched, bool late)
{
	bool news;

	news = watched ? !sa->soft : !sa->soft_late;
	if (!watched || news)
	{	/* later ones of the kernel, e.g. by time, are news again */
		sa->soft_late = watched && late;
	}
	sa->soft = TRUE;
	return news;
}

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

void hwo_rooms_add(hwo_child_rooms_t *rooms, const hwo_offload_t *offload)
{
	if (offload->mode != HWO_MODE_NONE && !hwo_rooms_has(rooms, offload) &&
		rooms->count < HWO_CHILD_ROOMS)
	{
		rooms->room[rooms->count++] = *offload;
	}
}

void hwo_rooms_remove(hwo_child_rooms_t *rooms, const hwo_offload_t *offload)
{
	u_int i;

	for (i = 0; i < rooms->count; i++)
	{
		if (hwo_offload_equals(&rooms->room[i], offload))
		{
			rooms->room[i] = rooms->room[--rooms->count];
			return;
		}
	}
}

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
