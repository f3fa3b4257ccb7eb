/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Our view against the kernel's.
 */

#include "reconciler.h"
#include "../charon/deferred_job.h"
#include "../../model/plan/ts_convert.h"
#include "../../wire/xfrm_sa.h"

#include <netinet/in.h>
#include <time.h>

#include <collections/array.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** Milliseconds until routes are looked up again, and SAs on links that are down
 * are looked for */
#define RETRY_MS 500

/** Times to look for SAs on a link that is down */
#define MAX_LOOKS 10

/**
 * A link that is down, and may have SAs still.
 */
typedef struct {
	/** device */
	uint32_t ifindex;
	/** how often they were looked for */
	u_int looks;
} down_t;

typedef struct private_reconciler_t private_reconciler_t;

/**
 * Private data of reconciler_t.
 */
struct private_reconciler_t {

	/**
	 * Public interface
	 */
	reconciler_t public;

	/**
	 * Exchange with XFRM
	 */
	nl_exchange_t *xfrm;

	/**
	 * Selection of devices
	 */
	egress_device_t *devices;

	/**
	 * Records of SAs
	 */
	sa_table_t *table;

	/**
	 * Requests to rekey
	 */
	sa_expiry_t *rekey;

	/**
	 * SAs that are gone, and wait to be rekeyed, hwo_sa_id_t
	 */
	array_t *waiting;

	/**
	 * Links that are down, down_t
	 */
	array_t *down;

	/**
	 * Protects both
	 */
	mutex_t *mutex;

	/**
	 * Looks for routes and SAs
	 */
	deferred_job_t *job;
};

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
static bool is_beyond(uint64_t value, uint64_t limit)
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
	return is_beyond(usage->packets, limits->soft_packets) ||
		   is_beyond(usage->bytes, limits->soft_bytes) ||
		   is_beyond(age, limits->soft_time);
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
	/* a packet that came after an SA was gone leaves a larval one, if its SP
	 * names the SPI */
	if (!state.larval &&
		check->table->stamp(check->table, &state.id, check->stamp) &&
		hwo_beyond_soft_limit(&state, check->now))
	{
		array_insert(check->soft, ARRAY_TAIL, &state.id);
	}
	return TRUE;
}

/**
 * Tell charon about the SAs in a list
 */
static void expire_all(private_reconciler_t *this, array_t *ids,
					   const char *why)
{
	hwo_sa_id_t id;
	int i;

	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &id);
		this->rekey->rekey(this->rekey, &id, why);
	}
}

/**
 * Check if there is a route to the peer of an SA
 */
static bool has_route(private_reconciler_t *this, const hwo_sa_record_t *sa)
{
	hwo_device_t device;

	this->devices->find_sa(this->devices, &sa->id.src, &sa->id.dst,
						   sa->facts.inbound, sa->facts.set_mark, &device);
	return device.ifindex ||
		   device.denied[HWO_MODE_PACKET] != HWO_REASON_NO_ROUTE;
}

/**
 * Let charon rekey those SAs in a list that can be, keep the others
 */
static void rekey_reachable(private_reconciler_t *this, array_t *list)
{
	hwo_sa_record_t sa;
	hwo_sa_id_t id;
	int i;

	/* from the end, where those are added that have to wait */
	for (i = array_count(list) - 1; i >= 0; i--)
	{
		array_get(list, i, &id);
		array_remove(list, i, NULL);
		if (!this->table->get(this->table, &id, &sa))
		{	/* not charon's anymore either */
			continue;
		}
		if (!has_route(this, &sa))
		{
			array_insert(list, ARRAY_TAIL, &id);
		}
		else
		{
			this->rekey->rekey(this->rekey, &id,
							   "is not in the kernel anymore");
		}
	}
}

/**
 * Move all items of a list to another one
 */
static void move_ids(array_t *from, array_t *to)
{
	hwo_sa_id_t id;

	while (array_remove(from, ARRAY_TAIL, &id))
	{
		array_insert(to, ARRAY_TAIL, &id);
	}
}

static void compare(private_reconciler_t *this, bool soft);

/**
 * Get the links that may have SAs still, for one more look
 */
static bool take_down(private_reconciler_t *this)
{
	down_t link;
	int i;

	for (i = array_count(this->down) - 1; i >= 0; i--)
	{
		array_get(this->down, i, &link);
		array_remove(this->down, i, NULL);
		if (link.looks++ < MAX_LOOKS &&
			this->table->uses(this->table, link.ifindex))
		{
			array_insert(this->down, ARRAY_TAIL, &link);
		}
	}
	return array_count(this->down);
}

/**
 * Have another look for routes, and for SAs on links that are down
 */
CALLBACK(look_again, void,
	private_reconciler_t *this)
{
	array_t *ids;
	bool again, down;

	ids = array_create(sizeof(hwo_sa_id_t), 0);
	this->mutex->lock(this->mutex);
	move_ids(this->waiting, ids);
	down = take_down(this);
	this->mutex->unlock(this->mutex);
	if (down)
	{
		compare(this, FALSE);
	}
	rekey_reachable(this, ids);
	this->mutex->lock(this->mutex);
	move_ids(ids, this->waiting);
	again = array_count(this->waiting) || array_count(this->down);
	this->mutex->unlock(this->mutex);
	array_destroy(ids);
	if (again)
	{
		this->job->schedule(this->job, RETRY_MS);
	}
}

/**
 * Have a look for routes later, until all of these SAs are rekeyed
 */
static void rekey_later(private_reconciler_t *this, array_t *ids)
{
	if (!array_count(ids))
	{
		return;
	}
	DBG1(DBG_KNL, "%d lost SAs have to wait to be rekeyed, until there is a "
		 "route to the peer", array_count(ids));
	this->mutex->lock(this->mutex);
	move_ids(ids, this->waiting);
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, RETRY_MS);
}

/**
 * Let charon rekey SAs that are gone, now or when there is a route. Either
 * direction stands for both of a CHILD_SA.
 */
static void rekey_lost(private_reconciler_t *this, array_t *ids)
{
	hwo_sa_record_t sa, partner;
	array_t *lost;
	hwo_sa_id_t id;

	lost = array_create(sizeof(hwo_sa_id_t), 0);
	while (array_remove(ids, ARRAY_TAIL, &id))
	{
		if (this->table->lose(this->table, &id, &sa) &&
			(!sa.partner.spi ||
			 !this->table->get(this->table, &sa.partner, &partner) ||
			 !partner.lost))
		{
			array_insert(lost, ARRAY_TAIL, &id);
		}
	}
	rekey_reachable(this, lost);
	rekey_later(this, lost);
	array_destroy(lost);
}

/**
 * Compare with the kernel
 *
 * @param soft		TRUE to tell charon about soft limits as well
 */
static void compare(private_reconciler_t *this, bool soft)
{
	check_t check = {
		.table = this->table,
		.stamp = this->table->next_stamp(this->table),
		.now = time(NULL),
		.soft = array_create(sizeof(hwo_sa_id_t), 0),
	};
	hwo_result_t result;
	hwo_msg_t msg;
	array_t *lost;

	hwo_xfrm_encode_dump_sa(&msg);
	this->xfrm->dump(this->xfrm, &msg, check_sa, &check, &result);
	if (result.err)
	{	/* what was not seen may be there nevertheless */
		DBG1(DBG_KNL, "unable to list SAs to compare them: %s",
			 strerror(result.err));
	}
	else
	{
		lost = this->table->unstamped(this->table, check.stamp);
		rekey_lost(this, lost);
		array_destroy(lost);
	}
	if (soft)
	{
		expire_all(this, check.soft, "is beyond its soft limit");
	}
	array_destroy(check.soft);
}

METHOD(reconciler_t, check, void,
	private_reconciler_t *this)
{
	compare(this, TRUE);
}

METHOD(reconciler_t, link_down, void,
	private_reconciler_t *this, uint32_t ifindex)
{
	down_t link = {
		.ifindex = ifindex,
	};

	compare(this, TRUE);
	this->mutex->lock(this->mutex);
	array_insert(this->down, ARRAY_TAIL, &link);
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, RETRY_MS);
}

METHOD(reconciler_t, destroy, void,
	private_reconciler_t *this)
{
	this->job->destroy(this->job);
	array_destroy(this->waiting);
	array_destroy(this->down);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
reconciler_t *hwo_reconciler_create(nl_exchange_t *xfrm,
									egress_device_t *devices,
									sa_table_t *table, sa_expiry_t *rekey)
{
	private_reconciler_t *this;

	INIT(this,
		.public = {
			.check = _check,
			.link_down = _link_down,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.devices = devices,
		.table = table,
		.rekey = rekey,
		.waiting = array_create(sizeof(hwo_sa_id_t), 0),
		.down = array_create(sizeof(down_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->job = hwo_deferred_job_create(look_again, this);
	return &this->public;
}
