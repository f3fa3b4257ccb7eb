/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Follows the size of the kernel's hash table of SPs.
 */

#include "spd_growth.h"

/** Buckets of a new table */
#define FIRST_BUCKETS 8

/**
 * Get the time that is left until the table has certainly grown.
 */
static u_int get_rest(uint64_t since, uint64_t now)
{
	return now - since < HWO_SPD_GROWN ? HWO_SPD_GROWN - (now - since) : 0;
}

void hwo_spd_growth_added(hwo_spd_growth_t *growth, uint64_t now)
{
	growth->added = growth->added ?: now;
}

bool hwo_spd_growth_check(hwo_spd_growth_t *growth, uint32_t count,
						  uint64_t now, u_int *again)
{
	*again = 0;
	growth->buckets = max(growth->buckets, FIRST_BUCKETS);
	if (count > growth->count)
	{
		hwo_spd_growth_added(growth, now);
	}
	growth->count = count;
	if (!growth->since)
	{
		if (count < growth->buckets)
		{
			growth->added = 0;
			return FALSE;
		}
		growth->since = now;
	}
	*again = get_rest(growth->since, now);
	if (!*again && growth->added)
	{
		*again = get_rest(growth->added, now);
		if (!*again)
		{
			growth->buckets *= 2;
			growth->added = 0;
		}
	}
	if (!*again)
	{
		growth->since = 0;
	}
	return TRUE;
}
