/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Work that is done later.
 */

#include "deferred_job.h"

#include <processing/jobs/callback_job.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <utils/utils.h>

/**
 * Private data of deferred_job_t.
 */
typedef struct {
	/** public interface */
	deferred_job_t public;
	/** the work, and what to pass to it */
	deferred_work_t work;
	void *data;
	/** priority among charon's jobs */
	job_priority_t prio;
	/** monotonic time in milliseconds when it is to be done, 0 if it is not */
	uint64_t due;
	/** TRUE if its time has come, and while it is done */
	bool wanted, running;
	/** TRUE once the owner does not need us anymore */
	bool closed;
	/** protects these four, and signaled after running */
	mutex_t *mutex;
	condvar_t *condvar;
	/** references of the owner and of jobs in the scheduler */
	refcount_t refs;
} private_deferred_job_t;

uint64_t hwo_now_ms(void)
{
	timeval_t now;

	time_monotonic(&now);
	return now.tv_sec * 1000ULL + now.tv_usec / 1000;
}

/**
 * A job in the scheduler.
 */
typedef struct {
	/** what it is for */
	private_deferred_job_t *this;
	/** time for which it is scheduled, tells if it still counts */
	uint64_t due;
} turn_t;

static void release(private_deferred_job_t *this)
{
	if (ref_put(&this->refs))
	{
		this->condvar->destroy(this->condvar);
		this->mutex->destroy(this->mutex);
		free(this);
	}
}

/**
 * The scheduler does not need a job anymore.
 */
CALLBACK(destroy_turn, void,
	turn_t *turn)
{
	release(turn->this);
	free(turn);
}

/**
 * Do the work, also for those whose time comes meanwhile.
 */
CALLBACK(take_turn, job_requeue_t,
	turn_t *turn)
{
	private_deferred_job_t *this = turn->this;

	this->mutex->lock(this->mutex);
	if (turn->due == this->due)
	{
		this->due = 0;
		this->wanted = TRUE;
	}
	while (this->wanted && !this->running && !this->closed)
	{
		this->wanted = FALSE;
		this->running = TRUE;
		this->mutex->unlock(this->mutex);
		this->work(this->data);
		this->mutex->lock(this->mutex);
		this->running = FALSE;
	}
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
	return JOB_REQUEUE_NONE;
}

METHOD(deferred_job_t, schedule, void,
	private_deferred_job_t *this, u_int ms)
{
	turn_t *turn;
	job_t *job;

	INIT(turn,
		.this = this,
		.due = hwo_now_ms() + ms,
	);
	this->mutex->lock(this->mutex);
	if (this->closed || (this->due && this->due <= turn->due))
	{
		this->mutex->unlock(this->mutex);
		free(turn);
		return;
	}
	this->due = turn->due;
	ref_get(&this->refs);
	this->mutex->unlock(this->mutex);
	job = (job_t*)callback_job_create_with_prio(take_turn, turn, destroy_turn,
												NULL, this->prio);
	lib->scheduler->schedule_job_ms(lib->scheduler, job, ms);
}

METHOD(deferred_job_t, is_ending, bool,
	private_deferred_job_t *this)
{
	bool closed;

	this->mutex->lock(this->mutex);
	closed = this->closed;
	this->mutex->unlock(this->mutex);
	return closed;
}

METHOD(deferred_job_t, destroy, void,
	private_deferred_job_t *this)
{
	this->mutex->lock(this->mutex);
	this->closed = TRUE;
	while (this->running)
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	this->mutex->unlock(this->mutex);
	release(this);
}

static deferred_job_t *create(deferred_work_t work, void *data,
							  job_priority_t prio)
{
	private_deferred_job_t *this;

	INIT(this,
		.public = {
			.schedule = _schedule,
			.is_ending = _is_ending,
			.destroy = _destroy,
		},
		.work = work,
		.data = data,
		.prio = prio,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
		.refs = 1,
	);
	return &this->public;
}

deferred_job_t *hwo_deferred_job_create(deferred_work_t work, void *data)
{
	return create(work, data, JOB_PRIO_MEDIUM);
}

deferred_job_t *hwo_urgent_job_create(deferred_work_t work, void *data)
{
	return create(work, data, JOB_PRIO_HIGH);
}
