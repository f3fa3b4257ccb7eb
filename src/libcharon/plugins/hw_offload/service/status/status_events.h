/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_events status_events
 * @{ @ingroup hwo_service
 *
 * The latest events, for those who watch. The number of events that are kept is
 * fixed; who is slower than that is told how many it missed.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_STATUS_EVENTS_H_
#define HWO_STATUS_EVENTS_H_

#include "../../model/state/sa_record.h"

/** Number of events that are kept */
#define HWO_STATUS_EVENTS 256

/** Event of a CHILD_SA that could not be installed */
#define HWO_EVENT_FAILED "failed"

typedef struct status_events_t status_events_t;

/**
 * Something that happened to a CHILD_SA.
 */
typedef struct hwo_status_event_t {
	/** what it was, a literal */
	const char *what;
	/** seconds since the epoch */
	time_t time;
	/** one of its SAs, as it was then */
	hwo_sa_record_t record;
} hwo_status_event_t;

/**
 * Create an empty list.
 */
status_events_t *hwo_status_events_create(void);

/**
 * Add an event.
 *
 * @param what			what happened, a literal
 * @param record		SA it happened to, copied
 */
void hwo_status_events_add(status_events_t *events, const char *what,
						   const hwo_sa_record_t *record);

/**
 * Number of the event that comes next.
 */
uint64_t hwo_status_events_next(status_events_t *events);

/**
 * Get an event.
 *
 * @param number		[in,out] number of the event, that of the next then
 * @param missed		[out] number of events before it that are gone
 * @return				FALSE if there is none yet
 */
bool hwo_status_events_get(status_events_t *events, uint64_t *number,
						   hwo_status_event_t *event, uint64_t *missed);

/**
 * Destroy.
 */
void hwo_status_events_destroy(status_events_t *events);

#endif /** HWO_STATUS_EVENTS_H_ @}*/
