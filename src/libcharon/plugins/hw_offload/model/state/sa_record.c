/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Comparisons of SAs, and what is noted about them.
 */

#include "sa_record.h"

/**
 * Check if packets go from one host to another
 */
static bool is_between(const hwo_sa_id_t *id, const hwo_addr_t *src,
					   const hwo_addr_t *dst)
{
	return memeq(&id->src, src, sizeof(*src)) &&
		   memeq(&id->dst, dst, sizeof(*dst));
}

/*
 * Described in header
 */
bool hwo_sa_is_partner(const hwo_sa_record_t *record, const hwo_sa_id_t *id,
					   uint32_t reqid)
{
	return record->facts.inbound && !record->partner.spi &&
		   record->reqid == reqid && record->id.proto == id->proto &&
		   is_between(&record->id, &id->dst, &id->src);
}

/*
 * Described in header
 */
bool hwo_sa_is_replaced(const hwo_sa_record_t *record, const hwo_sa_id_t *id,
						uint32_t reqid)
{
	return record->reqid == reqid && record->id.proto == id->proto &&
		   (is_between(&record->id, &id->src, &id->dst) ||
			is_between(&record->id, &id->dst, &id->src));
}

/*
 * Described in header
 */
bool hwo_sa_is_outbound_of(const hwo_sa_record_t *record,
						   const hwo_sa_record_t *other)
{
	const hwo_sa_id_t *id = &other->id;

	return !record->facts.inbound && record->reqid == other->reqid &&
		   record->id.proto == id->proto &&
		   is_between(&record->id, other->facts.inbound ? &id->dst : &id->src,
					  other->facts.inbound ? &id->src : &id->dst);
}

/*
 * Described in header
 */
bool hwo_sa_is_moving(const hwo_sa_record_t *record, uint32_t reqid, time_t now)
{
	return record->reqid == reqid && !record->facts.inbound && !record->lost &&
		   (record->taken ||
			(record->moves.count && now - record->moves.last < 2));
}

/*
 * Described in header
 */
void hwo_sa_take_notes(hwo_sa_record_t *record, const hwo_sa_record_t *old)
{
	record->names = old->names;
	record->lost = old->lost;
	record->orphaned = old->orphaned;
	record->closed = old->closed;
	record->soft = old->soft;
	record->soft_late = old->soft_late;
	record->packets = old->packets;
	record->changed = old->changed;
}

/*
 * Described in header
 */
bool hwo_sa_is_on_device(const hwo_sa_record_t *record, uint32_t ifindex)
{
	return !record->lost && record->outcome.effective.mode != HWO_MODE_NONE &&
		   record->outcome.effective.ifindex == ifindex;
}

/*
 * Described in header
 */
time_t hwo_sa_note_packets(hwo_sa_record_t *record, uint64_t packets,
						   time_t now)
{
	if (record->packets != packets)
	{
		record->packets = packets;
		record->changed = now;
	}
	return record->changed;
}

/*
 * Described in header
 */
bool hwo_sa_note_soft(hwo_sa_record_t *record, bool watched, bool late)
{
	bool news;

	news = watched ? !record->soft : !record->soft_late;
	if (!watched || news)
	{	/* later ones of the kernel, e.g. by time, are news again */
		record->soft_late = watched && late;
	}
	record->soft = TRUE;
	return news;
}
