/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Chains of the hash table that outbound policies are found by, and how they
 * are turned over when it grows (net/xfrm/xfrm_policy.c).
 */

#include "fake_private.h"

#include <collections/array.h>

/** Buckets of a new table */
#define FIRST_BUCKETS 8

struct fake_chains_t {
	/** fake_sp_t of each bucket in the order in which they are tried */
	array_t **chain;
	uint32_t buckets;
	/** number of policies */
	uint32_t count;
	/** work that the kernel has still to do */
	bool grow, rebuild;
};

/**
 * Create empty chains.
 */
static void init_chains(fake_chains_t *this, uint32_t buckets)
{
	uint32_t i;

	this->buckets = buckets;
	this->chain = calloc(buckets, sizeof(*this->chain));
	for (i = 0; i < buckets; i++)
	{
		this->chain[i] = array_create(0, 0);
	}
}

/**
 * Destroy chains.
 */
static void clear_chains(array_t **chain, uint32_t buckets)
{
	uint32_t i;

	for (i = 0; i < buckets; i++)
	{
		array_destroy(chain[i]);
	}
	free(chain);
}

fake_chains_t *fake_chains_create(void)
{
	fake_chains_t *this;

	INIT(this);
	init_chains(this, FIRST_BUCKETS);
	return this;
}

void fake_chains_destroy(fake_chains_t *this)
{
	clear_chains(this->chain, this->buckets);
	free(this);
}

bool fake_sp_is_exact(const fake_sp_t *sp)
{
	const struct xfrm_selector *sel = &sp->info.sel;
	uint8_t bits = sel->family == AF_INET ? 32 : 128;

	return sel->prefixlen_s == bits && sel->prefixlen_d == bits;
}

/**
 * Get the bucket of two addresses.
 */
static uint32_t get_bucket(fake_chains_t *this, uint16_t family,
						   const xfrm_address_t *src, const xfrm_address_t *dst)
{
	uint32_t hash = 0, i;

	for (i = 0; i < (family == AF_INET ? 1 : 4); i++)
	{
		hash += ntohl(src->a6[i]) + ntohl(dst->a6[i]);
	}
	return (hash ^ hash >> 16) & (this->buckets - 1);
}

/**
 * Get the bucket of a policy.
 */
static uint32_t get_sp_bucket(fake_chains_t *this, const fake_sp_t *sp)
{
	return get_bucket(this, sp->info.sel.family, &sp->info.sel.saddr,
					  &sp->info.sel.daddr);
}

/**
 * Find a policy in a chain, or -1.
 */
static int find(array_t *chain, const fake_sp_t *sp)
{
	fake_sp_t *other;
	int i;

	for (i = 0; i < array_count(chain); i++)
	{
		array_get(chain, i, &other);
		if (other == sp)
		{
			return i;
		}
	}
	return -1;
}

/**
 * Get where a policy belongs in its chain: one in packet mode at the head,
 * another one behind the last of equal or better priority. When the table is
 * built again, that is before the first of a worse one.
 *
 * @param old			policy it replaces, NULL for none
 */
static int get_place(array_t *chain, const fake_sp_t *sp, const fake_sp_t *old,
					 bool rebuild)
{
	fake_sp_t *other;
	bool seen = FALSE;
	int i, place = 0;

	if (sp->offload.ifindex)
	{
		return 0;
	}
	for (i = 0; i < array_count(chain); i++)
	{
		array_get(chain, i, &other);
		if (other == old)
		{
			seen = TRUE;
			if (sp->info.priority > other->info.priority)
			{
				continue;
			}
		}
		else if (sp->info.priority >= other->info.priority)
		{
			place = i + 1;
			continue;
		}
		if (seen || rebuild)
		{
			break;
		}
	}
	return place;
}

void fake_chains_add(fake_kernel_t *kernel, fake_sp_t *sp,
					 const fake_sp_t *old)
{
	fake_chains_t *this = kernel->chains;
	array_t *chain;

	if (sp->info.dir != XFRM_POLICY_OUT)
	{
		return;
	}
	if (fake_sp_is_exact(sp))
	{
		chain = this->chain[get_sp_bucket(this, sp)];
		array_insert(chain, get_place(chain, sp, old, FALSE), sp);
	}
	this->count++;
	if (!old && this->count >= this->buckets)
	{
		this->grow = TRUE;
	}
}

void fake_chains_remove(fake_kernel_t *kernel, const fake_sp_t *sp)
{
	fake_chains_t *this = kernel->chains;
	array_t *chain = this->chain[get_sp_bucket(this, sp)];
	int i = find(chain, sp);

	if (i >= 0)
	{
		array_remove(chain, i, NULL);
	}
	this->count -= sp->info.dir == XFRM_POLICY_OUT;
}

/**
 * Move the policies of a chain to those of a larger table.
 */
static void transfer(fake_chains_t *this, array_t *old)
{
	uint32_t bucket, last = 0;
	fake_sp_t *sp;
	int i, place = -1;

	while (array_count(old))
	{
		for (i = 0; i < array_count(old);)
		{
			array_get(old, i, &sp);
			bucket = get_sp_bucket(this, sp);
			if (place < 0 || sp->offload.ifindex)
			{
				place = 0;
			}
			else if (bucket == last)
			{
				place++;
			}
			else
			{
				i++;
				continue;
			}
			array_insert(this->chain[bucket], place, sp);
			array_remove(old, i, NULL);
			last = bucket;
		}
		place = -1;
	}
}

/**
 * Let the table grow, once.
 */
static void grow(fake_chains_t *this)
{
	array_t **old = this->chain;
	uint32_t i, buckets = this->buckets;

	init_chains(this, buckets * 2);
	for (i = 0; i < buckets; i++)
	{
		transfer(this, old[i]);
	}
	clear_chains(old, buckets);
}

/**
 * Insert all policies again, in the order in which they were added.
 */
static void rebuild(fake_kernel_t *kernel)
{
	fake_chains_t *this = kernel->chains;
	enumerator_t *enumerator;
	array_t *chain;
	fake_sp_t *sp;

	enumerator = kernel->sps->create_enumerator(kernel->sps);
	while (enumerator->enumerate(enumerator, &sp))
	{
		if (sp->info.dir == XFRM_POLICY_OUT)
		{
			chain = this->chain[get_sp_bucket(this, sp)];
			array_remove(chain, find(chain, sp), NULL);
			if (fake_sp_is_exact(sp))
			{
				array_insert(chain, get_place(chain, sp, NULL, TRUE), sp);
			}
		}
	}
	enumerator->destroy(enumerator);
}

void fake_chains_rebuild(fake_kernel_t *kernel)
{
	kernel->chains->rebuild = TRUE;
}

void fake_kernel_spd_work(fake_kernel_t *kernel)
{
	kernel->mutex->lock(kernel->mutex);
	if (kernel->chains->grow)
	{
		grow(kernel->chains);
		kernel->chains->grow = FALSE;
	}
	if (kernel->chains->rebuild)
	{
		rebuild(kernel);
		kernel->chains->rebuild = FALSE;
	}
	kernel->mutex->unlock(kernel->mutex);
}

fake_sp_t *fake_chains_find(fake_kernel_t *kernel, const fake_flow_t *flow,
							uint32_t oif)
{
	fake_chains_t *this = kernel->chains;
	array_t *chain;
	fake_sp_t *sp;
	int i;

	chain = this->chain[get_bucket(this, flow->family, &flow->src, &flow->dst)];
	for (i = 0; i < array_count(chain); i++)
	{
		array_get(chain, i, &sp);
		if (!sp->mark.v && !sp->if_id && fake_sp_matches(sp, flow, oif))
		{
			return sp;
		}
	}
	return NULL;
}
