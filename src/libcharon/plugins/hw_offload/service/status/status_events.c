/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Events in a ring.
 */

#include "status_events.h"

#include <time.h>

#include <threading/mutex.h>

/**
 * The latest events.
 */
struct status_events_t {
	/** events, by their number modulo the size */
	hwo_status_event_t ring[HWO_STATUS_EVENTS];
	/** number of the next event */
	uint64_t next;
	/** protects both */
	mutex_t *mutex;
};

void hwo_status_events_add(status_events_t *this, const char *what,
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

uint64_t hwo_status_events_next(status_events_t *this)
{
	uint64_t next;

	this->mutex->lock(this->mutex);
	next = this->next;
	this->mutex->unlock(this->mutex);
	return next;
}

bool hwo_status_events_get(status_events_t *this, uint64_t *number,
						   hwo_status_event_t *event, uint64_t *missed)
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

void hwo_status_events_destroy(status_events_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

status_events_t *hwo_status_events_create(void)
{
	status_events_t *this;

	INIT(this,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return this;
}
