/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Has the kernel sort its SPs after their table has grown.
 */

#include "spd_order.h"
#include "spd_setup.h"
#include "../charon/deferred_job.h"
#include "../../io/nl_monitor.h"
#include "../../model/plan/spd_growth.h"

#include <threading/mutex.h>
#include <utils/debug.h>

/** Milliseconds until the table has usually grown after an SP was added */
#define GROWS 100

/** Milliseconds until the next try to listen, at first and at last */
#define FIRST_RETRY 1000
#define LAST_RETRY 60000

/**
 * Private data of spd_order_t.
 */
typedef struct {
	/** public interface */
	spd_order_t public;
	/** exchange with XFRM */
	nl_exchange_t *xfrm;
	/** opens a transport for announcements */
	hwo_listener_t listener;
	/** TRUE once there was a guard */
	bool started;
	/** tells what is added, NULL before, or if it can't be listened to */
	nl_monitor_t *monitor;
	/** tries again to listen */
	deferred_job_t *listen;
	/** milliseconds that it waits for, 0 if nothing has failed yet */
	u_int retry;
	/** TRUE if we can't listen, so that the table is checked all the time */
	bool deaf;
	/** checks the table */
	deferred_job_t *job;
	/** TRUE if it could not be sorted the last time, for the job only */
	bool refused;
	/** what is known about the table */
	hwo_spd_growth_t growth;
	/** protects growth, started and deaf */
	mutex_t *mutex;
} private_spd_order_t;

/**
 * The kernel announces something about SPs.
 */
static void process(void *data, const struct nlmsghdr *hdr)
{
	private_spd_order_t *this = data;
	bool added = FALSE;

	if (hdr && !hwo_xfrm_is_new_sp(hdr, &added))
	{
		return;
	}
	this->mutex->lock(this->mutex);
	if (!hdr)
	{	/* how often the table has grown is unknown */
		this->growth = (hwo_spd_growth_t){};
	}
	else if (added)
	{
		hwo_spd_growth_added(&this->growth, hwo_now_ms());
	}
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, GROWS);
}

/**
 * Try again to listen later. Until then the table is checked all the time,
 * which misses only SPs that do not stay.
 */
static void listen_later(private_spd_order_t *this)
{
	if (!this->retry)
	{
		DBG1(DBG_KNL, "unable to listen to changes of policies, looking for "
			 "them meanwhile");
	}
	this->retry = min(this->retry ? this->retry * 2 : FIRST_RETRY, LAST_RETRY);
	this->listen->schedule(this->listen, this->retry);
}

/**
 * Listen to what is announced about SPs.
 */
static void start_listening(void *data)
{
	private_spd_order_t *this = data;
	nl_transport_t *transport;

	transport = this->listener.open(this->listener.data, hwo_xfrm_sp_groups);
	this->mutex->lock(this->mutex);
	this->deaf = !transport;
	if (transport)
	{	/* how often the table has grown before is unknown */
		this->growth = (hwo_spd_growth_t){};
	}
	this->mutex->unlock(this->mutex);
	if (!transport)
	{
		listen_later(this);
	}
	else
	{
		this->monitor = hwo_nl_monitor_create(transport, TRUE, process, this);
		if (this->retry)
		{
			DBG1(DBG_KNL, "listening to changes of policies now");
		}
	}
	/* also for what was added before */
	this->job->schedule(this->job, GROWS);
}

METHOD(spd_order_t, guarded, void,
	private_spd_order_t *this)
{
	bool started;

	this->mutex->lock(this->mutex);
	started = this->started;
	this->started = TRUE;
	this->mutex->unlock(this->mutex);
	if (!started)
	{
		start_listening(this);
	}
}

/**
 * Have the kernel sort its SPs.
 */
static bool sort(private_spd_order_t *this, const hwo_spd_info_t *info)
{
	hwo_result_t result;
	hwo_msg_t msg;

	DBG2(DBG_KNL, "having the kernel sort its policies, there are %u outbound "
		 "ones", info->outbound);
	hwo_xfrm_encode_spd_thresh(&msg, &info->v4, &info->v6);
	this->xfrm->command(this->xfrm, &msg, &result);
	if (result.err && !this->refused)
	{
		DBG1(DBG_KNL, "unable to have the kernel sort its policies, trying "
			 "again: %s", strerror(result.err));
	}
	this->refused = result.err != 0;
	return !result.err;
}

/**
 * Check the table, some time after an SP was added.
 */
static void check(void *data)
{
	private_spd_order_t *this = data;
	hwo_spd_info_t info;
	u_int again;
	bool grows;

	if (hwo_spd_get_info(this->xfrm, &info))
	{	/* without an answer it may have grown */
		this->job->schedule(this->job, HWO_SPD_GROWN);
		return;
	}
	this->mutex->lock(this->mutex);
	grows = hwo_spd_growth_check(&this->growth, info.outbound, hwo_now_ms(),
								 &again);
	again = again ?: this->deaf ? HWO_SPD_GROWN : 0;
	this->mutex->unlock(this->mutex);
	if (grows && !sort(this, &info))
	{
		again = HWO_SPD_GROWN;
	}
	if (again)
	{
		this->job->schedule(this->job, again);
	}
}

METHOD(spd_order_t, destroy, void,
	private_spd_order_t *this)
{
	this->listen->destroy(this->listen);
	DESTROY_IF(this->monitor);
	this->job->destroy(this->job);
	this->mutex->destroy(this->mutex);
	free(this);
}

spd_order_t *hwo_spd_order_create(nl_exchange_t *xfrm,
								  const hwo_listener_t *listener)
{
	private_spd_order_t *this;

	INIT(this,
		.public = {
			.guarded = _guarded,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.listener = *listener,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->listen = hwo_deferred_job_create(start_listening, this);
	this->job = hwo_urgent_job_create(check, this);
	return &this->public;
}
