/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Our view against the kernel's.
 */

#include "reconcile.h"
#include "../model/selector.h"
#include "../wire/xfrm_sa.h"

#include <netinet/in.h>
#include <time.h>

#include <daemon.h>
#include <collections/array.h>
#include <utils/debug.h>

/**
 * A comparison that is under way.
 */
typedef struct {
	/** records of SAs */
	sa_table_t *table;
	/** stamp for records of SAs that the kernel has */
	u_int stamp;
	/** current time */
	uint64_t now;
	/** SAs beyond a soft limit, hwo_sa_id_t */
	array_t *soft;
} check_t;

/**
 * Check one limit
 */
static bool beyond(uint64_t value, uint64_t limit)
{
	return limit && value >= limit;
}

/*
 * Described in header
 */
bool hwo_beyond_soft_limit(const hwo_sa_state_t *state, uint64_t now)
{
	const hwo_usage_t *usage = &state->usage;
	const hwo_limits_t *limits = &state->limits;
	uint64_t age;

	age = now > usage->add_time ? now - usage->add_time : 0;
	return beyond(usage->packets, limits->soft_packets) ||
		   beyond(usage->bytes, limits->soft_bytes) ||
		   beyond(age, limits->soft_time);
}

/**
 * Callback for each SA of the kernel
 */
static bool check_sa(void *data, const struct nlmsghdr *hdr)
{
	check_t *check = data;
	hwo_sa_state_t state;

	if (!hwo_xfrm_decode_sa(hdr, &state))
	{
		return FALSE;
	}
	if (check->table->stamp(check->table, &state.id, check->stamp) &&
		hwo_beyond_soft_limit(&state, check->now))
	{
		array_insert(check->soft, ARRAY_TAIL, &state.id);
	}
	return TRUE;
}

/**
 * Tell charon that an SA needs to be rekeyed
 */
static void expire(const hwo_sa_id_t *id, const char *why)
{
	host_t *dst;

	if (id->proto != IPPROTO_ESP && id->proto != IPPROTO_AH)
	{
		return;
	}
	dst = hwo_addr_to_host(&id->dst, 0);
	if (dst)
	{
		DBG1(DBG_KNL, "SA %.8x %s, rekeying it", ntohl(id->spi), why);
		charon->kernel->expire(charon->kernel, id->proto, id->spi, dst, FALSE);
		dst->destroy(dst);
	}
}

/**
 * Tell charon about the SAs in a list, which is destroyed
 */
static void expire_all(array_t *ids, const char *why)
{
	hwo_sa_id_t id;

	while (array_remove(ids, ARRAY_HEAD, &id))
	{
		expire(&id, why);
	}
	array_destroy(ids);
}

/*
 * Described in header
 */
void hwo_reconcile(nl_exchange_t *xfrm, sa_table_t *table)
{
	check_t check = {
		.table = table,
		.stamp = table->next_stamp(table),
		.now = time(NULL),
		.soft = array_create(sizeof(hwo_sa_id_t), 0),
	};
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_xfrm_encode_dump_sa(&msg);
	xfrm->dump(xfrm, &msg, check_sa, &check, &result);
	if (result.err)
	{	/* what was not seen may be there nevertheless */
		DBG1(DBG_KNL, "unable to list SAs after events were lost: %s",
			 strerror(result.err));
	}
	else
	{
		expire_all(table->unstamped(table, check.stamp),
				   "is not in the kernel anymore");
	}
	expire_all(check.soft, "is beyond its soft limit");
}
