/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Soft expires of our own.
 */

#include "sa_expiry.h"
#include "deferred_job.h"
#include "../../model/plan/ts_convert.h"

#include <netinet/in.h>

#include <daemon.h>
#include <collections/array.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** Milliseconds until those that wait are looked at again */
#define RETRY_MS 200

/** Times to wait for the end of a rekeying: a message that was lost is sent
 * again after four seconds */
#define MAX_WAITS 22

/** Times to wait until charon knows a new CHILD_SA, if it does not say so */
#define MAX_UNKNOWN 10

/**
 * An SA that waits to be rekeyed.
 */
typedef struct {
	/** identity */
	hwo_sa_id_t id;
	/** why, static, NULL if that is logged */
	const char *why;
	/** TRUE if charon may not know it yet */
	bool new;
	/** TRUE if it is rekeyed only for as long as its pair is split */
	bool split;
	/** how often it had to wait */
	u_int waits;
} request_t;

typedef struct private_sa_expiry_t private_sa_expiry_t;

/**
 * Private data of sa_expiry_t.
 */
struct private_sa_expiry_t {

	/**
	 * Public interface
	 */
	sa_expiry_t public;

	/**
	 * Records of SAs
	 */
	sa_table_t *table;

	/**
	 * SAs that wait, request_t
	 */
	array_t *waiting;

	/**
	 * Protects waiting
	 */
	mutex_t *mutex;

	/**
	 * Looks at them
	 */
	deferred_job_t *job;
};

/**
 * Tell charon
 */
static void tell_charon(const request_t *request)
{
	const hwo_sa_id_t *id = &request->id;
	host_t *dst;

	dst = hwo_addr_to_host(&id->dst, 0);
	if (dst)
	{
		if (request->why)
		{
			DBG1(DBG_KNL, "SA %.8x %s, rekeying it", ntohl(id->spi),
				 request->why);
		}
		charon->kernel->expire(charon->kernel, id->proto, id->spi, dst, FALSE);
		dst->destroy(dst);
	}
}

/**
 * Check if charon has to be told now
 *
 * @param record		record of the SA, NULL if there is none
 */
static bool is_ready(private_sa_expiry_t *this, const request_t *request,
					 const hwo_sa_record_t *record)
{
	if (request->new && request->waits < MAX_UNKNOWN &&
		(!record || !record->names.child_id))
	{
		return FALSE;
	}
	return !record || request->waits >= MAX_WAITS ||
		   this->table->is_single(this->table, record);
}

/**
 * Check if an outbound SA is on another device than its inbound one. A mark
 * leads what is sent to another device than what is received.
 */
static bool is_split(private_sa_expiry_t *this, const hwo_sa_id_t *id)
{
	hwo_sa_record_t out, in;
	uint32_t from, to;

	if (!this->table->get(this->table, id, &out) ||
		out.facts.set_mark.mask || !out.partner.spi ||
		!this->table->get(this->table, &out.partner, &in))
	{
		return FALSE;
	}
	from = in.outcome.effective.ifindex;
	to = out.outcome.effective.ifindex;
	return from && to && from != to;
}

/**
 * Look at one that waits
 *
 * @return				TRUE if it still has to
 */
static bool look_at(private_sa_expiry_t *this, request_t *request)
{
	hwo_sa_record_t record;
	bool found;

	found = this->table->get(this->table, &request->id, &record);
	if (!found && !request->new)
	{	/* not charon's anymore either */
		return FALSE;
	}
	if (request->split && !is_split(this, &request->id))
	{	/* closed meanwhile, or one was moved after the other */
		return FALSE;
	}
	request->waits++;
	if (!is_ready(this, request, found ? &record : NULL))
	{
		return TRUE;
	}
	tell_charon(request);
	return FALSE;
}

/**
 * Look at those that wait, those that come meanwhile have their turn next time
 */
CALLBACK(look_at_all, void,
	private_sa_expiry_t *this)
{
	request_t request;
	bool again;
	int count;

	this->mutex->lock(this->mutex);
	count = array_count(this->waiting);
	while (count-- && !this->job->is_ending(this->job))
	{
		array_remove(this->waiting, ARRAY_HEAD, &request);
		this->mutex->unlock(this->mutex);
		again = look_at(this, &request);
		this->mutex->lock(this->mutex);
		if (again)
		{
			array_insert(this->waiting, ARRAY_TAIL, &request);
		}
	}
	again = array_count(this->waiting);
	this->mutex->unlock(this->mutex);
	if (again)
	{
		this->job->schedule(this->job, RETRY_MS);
	}
}

/**
 * Look at an SA later
 */
static void wait_for(private_sa_expiry_t *this, const request_t *request)
{
	DBG1(DBG_KNL, "SA %.8x %s, rekeying it later", ntohl(request->id.spi),
		 request->why ?: "has to wait for another rekeying");
	this->mutex->lock(this->mutex);
	array_insert(this->waiting, ARRAY_TAIL, (void*)request);
	this->mutex->unlock(this->mutex);
	this->job->schedule(this->job, RETRY_MS);
}

METHOD(sa_expiry_t, rekey, void,
	private_sa_expiry_t *this, const hwo_sa_id_t *id, const char *why)
{
	const request_t request = {
		.id = *id,
		.why = why,
	};
	hwo_sa_record_t record;
	bool found;

	if (id->proto != IPPROTO_ESP && id->proto != IPPROTO_AH)
	{
		return;
	}
	found = this->table->get(this->table, id, &record);
	if (is_ready(this, &request, found ? &record : NULL))
	{
		tell_charon(&request);
	}
	else
	{
		wait_for(this, &request);
	}
}

METHOD(sa_expiry_t, rekey_new, void,
	private_sa_expiry_t *this, const hwo_sa_id_t *id, const char *why)
{
	const request_t request = {
		.id = *id,
		.why = why,
		.new = TRUE,
	};

	wait_for(this, &request);
}

METHOD(sa_expiry_t, rekey_split, void,
	private_sa_expiry_t *this, const hwo_sa_id_t *id)
{
	const request_t request = {
		.id = *id,
		.why = "is on another device than the inbound one",
		.new = TRUE,
		.split = TRUE,
	};

	if (is_split(this, id))
	{
		wait_for(this, &request);
	}
}

METHOD(sa_expiry_t, destroy, void,
	private_sa_expiry_t *this)
{
	this->job->destroy(this->job);
	array_destroy(this->waiting);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
sa_expiry_t *hwo_sa_expiry_create(sa_table_t *table)
{
	private_sa_expiry_t *this;

	INIT(this,
		.public = {
			.rekey = _rekey,
			.rekey_new = _rekey_new,
			.rekey_split = _rekey_split,
			.destroy = _destroy,
		},
		.table = table,
		.waiting = array_create(sizeof(request_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->job = hwo_deferred_job_create(look_at_all, this);
	return &this->public;
}
