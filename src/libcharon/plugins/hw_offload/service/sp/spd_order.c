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
	/** checks the table */
	deferred_job_t *job;
	/** TRUE if it could not be sorted the last time, for the job only */
	bool refused;
	/** what is known about the table */
	hwo_spd_growth_t growth;
	/** protects growth and started */
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

METHOD(spd_order_t, guarded, void,
	private_spd_order_t *this)
{
	nl_transport_t *transport;
	bool started;

	this->mutex->lock(this->mutex);
	started = this->started;
	this->started = TRUE;
	this->mutex->unlock(this->mutex);
	if (started)
	{
		return;
	}
	transport = this->listener.open(this->listener.data, hwo_xfrm_sp_groups);
	if (transport)
	{
		this->monitor = hwo_nl_monitor_create(transport, TRUE, process, this);
	}
	/* also for what was added before */
	this->job->schedule(this->job, GROWS);
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
	this->job = hwo_urgent_job_create(check, this);
	return &this->public;
}
