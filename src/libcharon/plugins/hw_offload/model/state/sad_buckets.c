/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Follows in which order the kernel has SAs.
 */

#include "sad_buckets.h"
#include "sad_chain.h"

/** Buckets of a new table */
#define FIRST_BUCKETS 8

/** Reqids that are tried for larval SAs */
#define MAX_REQIDS 32

/**
 * Private data of sad_buckets_t.
 */
typedef struct {
	/** public interface */
	sad_buckets_t public;
	/** buckets, and their number */
	hwo_sad_entry_t **bucket;
	uint32_t count;
	/** number of the last change, and of the last one before which the table
	 * had the current size for certain. */
	u_int changes, settled;
	/** number of the last scan, TRUE while it is under way */
	u_int scan;
	bool scanning;
	/** SAs that were removed meanwhile, hwo_sad_sa_t */
	array_t *removed;
	/** SAs to report, hwo_sad_sa_t */
	array_t *changed;
} private_sad_buckets_t;

static hwo_sad_entry_t **get_bucket(private_sad_buckets_t *this, uint32_t hash)
{
	return &this->bucket[hash & (this->count - 1)];
}

/**
 * Find an SA, or where it would be appended.
 */
static hwo_sad_entry_t **find(private_sad_buckets_t *this,
							  const hwo_sad_sa_t *sa)
{
	return hwo_sad_chain_find(get_bucket(this,
						hwo_sad_hash(&sa->id.src, &sa->id.dst, sa->reqid)), sa);
}

/**
 * Report an SA.
 */
static void report(private_sad_buckets_t *this, hwo_sad_entry_t *entry)
{
	if (!entry->reported)
	{
		entry->reported = TRUE;
		array_insert(this->changed, ARRAY_TAIL, &entry->sa);
	}
}

/**
 * Note where all SAs in packet mode of a bucket are now.
 */
static void set_order(private_sad_buckets_t *this, hwo_sad_entry_t *entry,
					  hwo_sad_order_t order)
{
	for (; entry; entry = entry->next)
	{
		if (!entry->sa.packet)
		{
			continue;
		}
		if (entry->order != order || order == HWO_SAD_UNKNOWN)
		{
			report(this, entry);
		}
		entry->order = order;
		entry->since = this->changes;
	}
}

/**
 * Remove an SA, if it is there.
 */
static void unlink_entry(private_sad_buckets_t *this, hwo_sad_entry_t **place)
{
	hwo_sad_entry_t *entry = *place, **bucket;

	if (entry)
	{
		bucket = get_bucket(this, entry->hash);
		*place = entry->next;
		if (!entry->sa.packet && !hwo_sad_chain_has_others(*bucket, TRUE))
		{
			set_order(this, *bucket, HWO_SAD_BEFORE);
		}
		free(entry);
	}
}

/**
 * Add an SA.
 */
static hwo_sad_entry_t *link_entry(private_sad_buckets_t *this,
								   const hwo_sad_sa_t *sa)
{
	hwo_sad_entry_t **bucket, *entry;

	INIT(entry,
		.sa = *sa,
		.hash = hwo_sad_hash(&sa->id.src, &sa->id.dst, sa->reqid),
		.since = this->changes,
		.scan = this->scan,
	);
	bucket = get_bucket(this, entry->hash);
	if (sa->packet)
	{
		hwo_sad_entry_inherit(entry, *bucket);
	}
	else if (!hwo_sad_chain_has_others(*bucket, TRUE))
	{
		set_order(this, *bucket, HWO_SAD_BEHIND);
	}
	entry->next = *bucket;
	*bucket = entry;
	return entry;
}

/**
 * An SA that was removed while all are listed is there again.
 */
static void not_removed(private_sad_buckets_t *this, const hwo_sad_sa_t *sa)
{
	hwo_sad_sa_t removed;
	int i;

	for (i = array_count(this->removed) - 1; i >= 0; i--)
	{
		array_get(this->removed, i, &removed);
		if (hwo_sa_id_equals(&removed.id, &sa->id))
		{
			array_remove(this->removed, i, NULL);
		}
	}
}

METHOD(sad_buckets_t, add, void,
	private_sad_buckets_t *this, const hwo_sad_sa_t *sa, bool update)
{
	hwo_sad_entry_t **old = find(this, sa), **larval, *entry;

	not_removed(this, sa);
	if (update && *old && !(*old)->sa.larval)
	{	/* only its limits and the like have changed */
		return;
	}
	this->changes++;
	if (!update)
	{	/* what has the same identity is gone, without a word */
		unlink_entry(this, old);
	}
	entry = link_entry(this, sa);
	larval = sa->larval ? NULL : hwo_sad_chain_find_larval(entry);
	if (larval)
	{
		unlink_entry(this, larval);
	}
}

METHOD(sad_buckets_t, remove_, void,
	private_sad_buckets_t *this, const hwo_sad_sa_t *sa)
{
	this->changes++;
	unlink_entry(this, find(this, sa));
	if (this->scanning)
	{
		array_insert(this->removed, ARRAY_TAIL, (void*)sa);
	}
}

METHOD(sad_buckets_t, begin_scan, void,
	private_sad_buckets_t *this)
{
	this->scan++;
	this->scanning = TRUE;
}

METHOD(sad_buckets_t, seen, void,
	private_sad_buckets_t *this, const hwo_sad_sa_t *sa)
{
	hwo_sad_entry_t *entry = *find(this, sa);

	if (!entry && !(sa->larval && sa->id.spi))
	{
		entry = link_entry(this, sa);
	}
	if (entry)
	{
		entry->scan = this->scan;
	}
}

METHOD(sad_buckets_t, end_scan, void,
	private_sad_buckets_t *this, bool complete)
{
	hwo_sad_sa_t removed;
	hwo_sad_entry_t **entry;
	uint32_t i;

	this->changes++;
	while (array_remove(this->removed, ARRAY_TAIL, &removed))
	{
		unlink_entry(this, find(this, &removed));
	}
	for (i = 0; i < this->count; i++)
	{
		for (entry = &this->bucket[i]; *entry;)
		{
			if (complete && (*entry)->scan != this->scan)
			{
				unlink_entry(this, entry);
				continue;
			}
			entry = &(*entry)->next;
		}
		if (hwo_sad_chain_has_others(this->bucket[i], TRUE))
		{
			set_order(this, this->bucket[i], HWO_SAD_UNKNOWN);
		}
	}
	this->scanning = FALSE;
}

METHOD(sad_buckets_t, get_changes, u_int,
	private_sad_buckets_t *this)
{
	return this->changes;
}

/**
 * Check if another SA was in a bucket all the time since the table had its old
 * size, so that it is certain what has become of those in packet mode.
 */
static bool is_certain(private_sad_buckets_t *this,
					   const hwo_sad_entry_t *entry)
{
	for (; entry; entry = entry->next)
	{
		if (!entry->sa.packet && entry->since <= this->settled)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Turn over the SAs of a bucket, after all of them were put into it.
 *
 * @param odd			TRUE if the table has grown once, or an odd number of
 *						times
 */
static void turn_over(private_sad_buckets_t *this, hwo_sad_entry_t *first,
					  bool odd)
{
	bool certain = is_certain(this, first);
	hwo_sad_entry_t *entry;

	for (entry = first; entry; entry = entry->next)
	{
		if (!entry->sa.packet)
		{
			continue;
		}
		if (!certain || entry->since > this->settled)
		{
			entry->order = HWO_SAD_UNKNOWN;
		}
		else if (odd && entry->order != HWO_SAD_UNKNOWN)
		{
			entry->order = entry->order == HWO_SAD_BEFORE ? HWO_SAD_BEHIND
														  : HWO_SAD_BEFORE;
		}
		report(this, entry);
	}
}

METHOD(sad_buckets_t, set_size, void,
	private_sad_buckets_t *this, uint32_t buckets, u_int changes)
{
	hwo_sad_entry_t **old = this->bucket, *entry, **place;
	uint32_t i, count = this->count;
	bool odd = FALSE;

	if (buckets > count && !(buckets & (buckets - 1)))
	{
		this->count = buckets;
		this->bucket = calloc(buckets, sizeof(hwo_sad_entry_t*));
		for (i = 0; i < count; i++)
		{
			while ((entry = old[i]))
			{
				old[i] = entry->next;
				place = get_bucket(this, entry->hash);
				entry->next = *place;
				*place = entry;
			}
		}
		free(old);
		for (i = count; i < buckets; i *= 2)
		{
			odd = !odd;
		}
		for (i = 0; i < buckets; i++)
		{
			if (hwo_sad_chain_has_others(this->bucket[i], TRUE))
			{
				turn_over(this, this->bucket[i], odd);
			}
			else
			{
				set_order(this, this->bucket[i], HWO_SAD_BEFORE);
			}
		}
	}
	this->settled = changes;
}

METHOD(sad_buckets_t, get_changed, array_t*,
	private_sad_buckets_t *this)
{
	array_t *changed = this->changed;

	this->changed = array_create(sizeof(hwo_sad_sa_t), 0);
	return changed;
}

METHOD(sad_buckets_t, is_hidden, hwo_hidden_t,
	private_sad_buckets_t *this, const hwo_sad_sa_t *sa)
{
	hwo_sad_entry_t *entry = *find(this, sa), *first;

	if (entry)
	{
		entry->reported = FALSE;
	}
	if (!entry || !entry->sa.packet || entry->order == HWO_SAD_BEFORE)
	{
		return HWO_HIDDEN_NO;
	}
	first = *get_bucket(this, entry->hash);
	if (hwo_sad_chain_has_others(first, FALSE))
	{
		return HWO_HIDDEN_YES;
	}
	return hwo_sad_chain_has_others(first, TRUE) ? HWO_HIDDEN_LARVAL
												 : HWO_HIDDEN_NO;
}

METHOD(sad_buckets_t, heal, uint64_t,
	private_sad_buckets_t *this, const hwo_sad_sa_t *sa, uint64_t now)
{
	hwo_sad_entry_t *entry = *find(this, sa);

	return entry ? hwo_sad_entry_heal(entry, now) : now;
}

METHOD(sad_buckets_t, get_reqid, uint32_t,
	private_sad_buckets_t *this, const hwo_addr_t *src, const hwo_addr_t *dst)
{
	const hwo_sad_entry_t *entry, *first;
	uint32_t reqid;

	for (reqid = 0; reqid < MAX_REQIDS; reqid++)
	{
		first = *get_bucket(this, hwo_sad_hash(src, dst, reqid));
		for (entry = first; entry && !entry->sa.packet; entry = entry->next);
		if (!entry || hwo_sad_chain_has_others(first, FALSE))
		{
			return reqid;
		}
	}
	return 0;
}

METHOD(sad_buckets_t, destroy, void,
	private_sad_buckets_t *this)
{
	hwo_sad_entry_t *entry;
	uint32_t i;

	for (i = 0; i < this->count; i++)
	{
		while ((entry = this->bucket[i]))
		{
			this->bucket[i] = entry->next;
			free(entry);
		}
	}
	free(this->bucket);
	array_destroy(this->removed);
	array_destroy(this->changed);
	free(this);
}

sad_buckets_t *hwo_sad_buckets_create(void)
{
	private_sad_buckets_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.begin_scan = _begin_scan,
			.seen = _seen,
			.end_scan = _end_scan,
			.get_changes = _get_changes,
			.set_size = _set_size,
			.get_changed = _get_changed,
			.is_hidden = _is_hidden,
			.heal = _heal,
			.get_reqid = _get_reqid,
			.destroy = _destroy,
		},
		.bucket = calloc(FIRST_BUCKETS, sizeof(hwo_sad_entry_t*)),
		.count = FIRST_BUCKETS,
		.removed = array_create(sizeof(hwo_sad_sa_t), 0),
		.changed = array_create(sizeof(hwo_sad_sa_t), 0),
	);
	return &this->public;
}
