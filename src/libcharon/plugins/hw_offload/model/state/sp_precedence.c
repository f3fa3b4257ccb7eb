/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds SPs in a NIC that take what is for others.
 */

#include "sp_precedence.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

/** Longest prefix */
#define MAX_PREFIX 128

/**
 * Private data of sp_precedence_t.
 */
typedef struct {
	/** public interface */
	sp_precedence_t public;
	/** SPs by identity, hwo_ranked_sp_t* */
	hashtable_t *by_id;
	/** the same, sorted by the network of the peer */
	array_t *by_net;
	/** how many have a prefix of that length there, whatever the family */
	u_int prefixes[MAX_PREFIX + 1];
	/** protects all of it */
	mutex_t *mutex;
} private_sp_precedence_t;

/**
 * Look at an SP that overlaps with another one, at the peer's side at least.
 *
 * @return				FALSE to look at no more
 */
typedef bool (*visit_t)(hwo_ranked_sp_t *other, void *data);

/**
 * Compare where SPs are sorted in.
 */
static int compare(const hwo_ranked_sp_t *a, const hwo_ranked_sp_t *b)
{
	const hwo_selector_t *x = &a->id.sel, *y = &b->id.sel;
	int order;

	order = (int)x->family - y->family;
	order = order ?: memcmp(x->dst, y->dst, sizeof(x->dst));
	return order ?: (int)x->dst_prefix - y->dst_prefix;
}

/**
 * Get the position of the first SP that is not before another one.
 */
static int lower_bound(private_sp_precedence_t *this, const hwo_ranked_sp_t *sp)
{
	int low = 0, high = array_count(this->by_net), mid;
	hwo_ranked_sp_t *other;

	while (low < high)
	{
		mid = low + (high - low) / 2;
		array_get(this->by_net, mid, &other);
		if (compare(other, sp) < 0)
		{
			low = mid + 1;
		}
		else
		{
			high = mid;
		}
	}
	return low;
}

/**
 * Keep the bits of a prefix only.
 */
static void truncate_net(uint8_t net[16], uint8_t prefix)
{
	int i;

	for (i = prefix / 8; i < 16; i++)
	{
		net[i] &= i == prefix / 8 ? 0xff << (8 - prefix % 8) : 0;
	}
}

/**
 * Look at SPs whose network of the peer is that of another one, with a prefix
 * of some length, or is within it.
 */
static bool visit_net(private_sp_precedence_t *this, const hwo_ranked_sp_t *sp,
					  uint8_t prefix, bool within, visit_t visit, void *data)
{
	const hwo_selector_t *sel = &sp->id.sel;
	hwo_ranked_sp_t first = *sp, *other;
	bool more = TRUE;
	int i;

	truncate_net(first.id.sel.dst, prefix);
	first.id.sel.dst_prefix = prefix;
	for (i = lower_bound(this, &first); more; i++)
	{
		if (!array_get(this->by_net, i, &other) ||
			other->id.sel.family != sel->family ||
			!hwo_net_equals(other->id.sel.dst, sel->dst,
							min(prefix, sel->dst_prefix)) ||
			(!within && compare(other, &first) != 0))
		{
			break;
		}
		more = visit(other, data);
	}
	return more;
}

/**
 * Look at all SPs that overlap with another one at the peer's side: in networks
 * around its own, then in its own and within.
 */
static void visit_all(private_sp_precedence_t *this, const hwo_ranked_sp_t *sp,
					  visit_t visit, void *data)
{
	int i;

	for (i = 0; i < sp->id.sel.dst_prefix; i++)
	{
		if (this->prefixes[i] && !visit_net(this, sp, i, FALSE, visit, data))
		{
			return;
		}
	}
	visit_net(this, sp, sp->id.sel.dst_prefix, TRUE, visit, data);
}

/**
 * A search for SPs that are behind others, or were.
 */
typedef struct {
	/** SP to look from, and where it is now, NULL if it is not installed */
	const hwo_ranked_sp_t *sp, *now;
	/** identities of those that are found, created if there are any */
	array_t *found;
} search_t;

static void add_found(search_t *search, const hwo_ranked_sp_t *sp)
{
	hwo_sp_id_t id = sp->id;

	id.label = chunk_clone(id.label);
	array_insert_create_value(&search->found, sizeof(id), ARRAY_TAIL, &id);
}

/**
 * Implementation of visit_t: find out which of two is behind the other.
 */
static bool find_behind(hwo_ranked_sp_t *other, void *data)
{
	search_t *search = data;

	if (hwo_sp_goes_before(search->sp, other))
	{
		add_found(search, other);
	}
	else if (hwo_sp_goes_before(other, search->sp))
	{
		add_found(search, search->sp);
		return FALSE;
	}
	return TRUE;
}

/**
 * Implementation of visit_t: find those that were behind one in software, had
 * they been in a NIC.
 */
static bool find_freed(hwo_ranked_sp_t *other, void *data)
{
	search_t *search = data;
	hwo_ranked_sp_t nic = *other;

	nic.offload = (hwo_offload_t){
		.mode = HWO_MODE_PACKET,
		.ifindex = search->sp->id.sel.ifindex,
	};
	if (other->reqid && other->offload.mode == HWO_MODE_NONE &&
		hwo_sp_goes_before(search->sp, &nic) &&
		!(search->now && hwo_sp_goes_before(search->now, &nic)))
	{
		add_found(search, other);
	}
	return TRUE;
}

/**
 * Implementation of visit_t: find the SP that another one is to replace.
 */
static bool find_priority(hwo_ranked_sp_t *other, void *data)
{
	hwo_ranked_sp_t *sp = data;
	const hwo_selector_t *a = &sp->id.sel, *b = &other->id.sel;

	if (other->reqid == sp->reqid && a->src_prefix == b->src_prefix &&
		a->proto == b->proto && a->src_port_mask == b->src_port_mask &&
		a->dst_port_mask == b->dst_port_mask && hwo_selector_overlaps(a, b))
	{
		sp->priority = other->priority;
		return FALSE;
	}
	return TRUE;
}

METHOD(sp_precedence_t, is_behind, bool,
	private_sp_precedence_t *this, const hwo_ranked_sp_t *sp)
{
	hwo_ranked_sp_t ranked = *sp;
	search_t search = {
		.sp = &ranked,
	};
	bool found;

	this->mutex->lock(this->mutex);
	if (!ranked.priority)
	{
		ranked.priority = hwo_sp_priority(&sp->id.sel, POLICY_PRIORITY_DEFAULT,
										  FALSE);
		visit_net(this, sp, sp->id.sel.dst_prefix, FALSE, find_priority,
				  &ranked);
	}
	visit_all(this, &ranked, find_behind, &search);
	this->mutex->unlock(this->mutex);
	found = search.found != NULL;
	hwo_sp_list_destroy(search.found);
	return found;
}

static void forget(private_sp_precedence_t *this, const hwo_sp_id_t *id)
{
	hwo_ranked_sp_t *sp, *other = NULL;
	int i;

	sp = this->by_id->remove(this->by_id, id);
	if (!sp)
	{
		return;
	}
	for (i = lower_bound(this, sp); other != sp; i++)
	{
		array_get(this->by_net, i, &other);
	}
	array_remove(this->by_net, i - 1, NULL);
	this->prefixes[sp->id.sel.dst_prefix]--;
	chunk_free(&sp->id.label);
	free(sp);
}

static void remember(private_sp_precedence_t *this, const hwo_ranked_sp_t *sp)
{
	hwo_ranked_sp_t *copy;

	INIT(copy);
	*copy = *sp;
	copy->id.label = chunk_clone(sp->id.label);
	this->by_id->put(this->by_id, &copy->id, copy);
	array_insert(this->by_net, lower_bound(this, copy), copy);
	this->prefixes[copy->id.sel.dst_prefix]++;
}

static bool get_ranked(const hwo_sp_entry_t *entry, hwo_ranked_sp_t *sp)
{
	hwo_sp_request_t *top = hwo_sp_top_user((hwo_sp_entry_t*)entry);

	if (!top || !hwo_kernel_sps_installed(&entry->kernel))
	{
		return FALSE;
	}
	*sp = (hwo_ranked_sp_t){
		.id = entry->id,
		.priority = top->sp.priority,
		.reqid = top->reqid,
		.spi = top->sa.spi,
		.offload = entry->effective,
	};
	return TRUE;
}

/**
 * Replace what is known about an SP.
 *
 * @param sp			where it is now, NULL if it is not installed
 */
static void replace(private_sp_precedence_t *this, const hwo_sp_id_t *id,
					const hwo_ranked_sp_t *sp, search_t *behind,
					search_t *freed)
{
	hwo_ranked_sp_t *old, was = {};

	old = this->by_id->get(this->by_id, id);
	if (old)
	{
		was = *old;
		was.id.label = id->label;
		forget(this, id);
	}
	if (sp)
	{
		remember(this, sp);
		behind->sp = sp;
		visit_all(this, sp, find_behind, behind);
	}
	if (old && was.offload.mode == HWO_MODE_NONE)
	{
		freed->sp = &was;
		freed->now = sp;
		visit_all(this, &was, find_freed, freed);
	}
}

METHOD(sp_precedence_t, note, array_t*,
	private_sp_precedence_t *this, const hwo_sp_entry_t *entry, array_t **freed)
{
	search_t behind = {}, after = {};
	hwo_ranked_sp_t sp, *old;
	bool installed;

	*freed = NULL;
	if (entry->id.dir != POLICY_OUT)
	{
		return NULL;
	}
	installed = get_ranked(entry, &sp);
	this->mutex->lock(this->mutex);
	old = this->by_id->get(this->by_id, &entry->id);
	if (!installed || !old || old->priority != sp.priority ||
		old->reqid != sp.reqid || old->spi != sp.spi ||
		!hwo_offload_equals(&old->offload, &sp.offload))
	{
		replace(this, &entry->id, installed ? &sp : NULL, &behind, &after);
	}
	this->mutex->unlock(this->mutex);
	*freed = after.found;
	return behind.found;
}

METHOD(sp_precedence_t, destroy, void,
	private_sp_precedence_t *this)
{
	hwo_ranked_sp_t *sp;

	while (array_get(this->by_net, ARRAY_TAIL, &sp))
	{
		forget(this, &sp->id);
	}
	array_destroy(this->by_net);
	this->by_id->destroy(this->by_id);
	this->mutex->destroy(this->mutex);
	free(this);
}

sp_precedence_t *hwo_sp_precedence_create(void)
{
	private_sp_precedence_t *this;

	INIT(this,
		.public = {
			.note = _note,
			.is_behind = _is_behind,
			.destroy = _destroy,
		},
		.by_id = hashtable_create((hashtable_hash_t)hwo_sp_id_hash,
								  (hashtable_equals_t)hwo_sp_id_equals, 32),
		.by_net = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
