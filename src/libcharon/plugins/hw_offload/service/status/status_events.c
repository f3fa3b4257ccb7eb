/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Events in a ring.
 */

#include "status_events.h"

#include <time.h>

#include <threading/mutex.h>

/**
 * Private data of status_events_t.
 */
typedef struct {
	/** public interface */
	status_events_t public;
	/** events, by their number modulo the size */
	hwo_status_event_t ring[HWO_STATUS_EVENTS];
	/** number of the next event */
	uint64_t next;
	/** protects both */
	mutex_t *mutex;
} private_status_events_t;

METHOD(status_events_t, add, void,
	private_status_events_t *this, const char *what,
	const hwo_sa_record_t *record)
{
	hwo_status_event_t event = {
		.what = what,
		.time = time(NULL),
		.record = *record,
	};

	this->mutex->lock(this->mutex);
	this->ring[this->next++ % HWO_STATUS_EVENTS] = event;
	this->mutex->unlock(this->mutex);
}

METHOD(status_events_t, get_next, uint64_t,
	private_status_events_t *this)
{
	uint64_t next;

	this->mutex->lock(this->mutex);
	next = this->next;
	this->mutex->unlock(this->mutex);
	return next;
}

METHOD(status_events_t, get, bool,
	private_status_events_t *this, uint64_t *number, hwo_status_event_t *event,
	uint64_t *missed)
{
	bool found;

	*missed = 0;
	this->mutex->lock(this->mutex);
	if (this->next - *number > HWO_STATUS_EVENTS)
	{
		*missed = this->next - HWO_STATUS_EVENTS - *number;
		*number += *missed;
	}
	found = *number < this->next;
	if (found)
	{
		*event = this->ring[(*number)++ % HWO_STATUS_EVENTS];
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(status_events_t, destroy, void,
	private_status_events_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

status_events_t *hwo_status_events_create(void)
{
	private_status_events_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.get_next = _get_next,
			.get = _get,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
