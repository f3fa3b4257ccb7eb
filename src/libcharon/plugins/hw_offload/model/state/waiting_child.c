/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Decides when to try again what can't be done at once.
 */

#include "waiting_child.h"

/** Times to wait for the end of a rekeying: a message that was lost is sent
 * again after four seconds. */
#define MAX_WAITS 22

/** Times to wait until charon knows a new CHILD_SA, if it does not say so, and
 * times to look if it knows it after that. */
#define MAX_UNKNOWN 10
#define MAX_EARLY 30

/** Milliseconds until a route to a lost peer is looked for again, at first and
 * in the end; a change of routes does that, too. */
#define ROUTE_MS 500
#define ROUTE_MAX_MS 10000

/** Milliseconds until it is tried again what was refused */
#define REFUSED_MS 2000
#define REFUSED_MAX_MS (300 * 1000)

/** Milliseconds until charon is asked again to rekey what still has to be */
#define ASK_MS 15000
#define ASK_MAX_MS (300 * 1000)

/**
 * Get a time that is twice as long after each try, up to a limit.
 */
static uint64_t grow(u_int tries, u_int first, u_int limit)
{
	return min((uint64_t)first << min(tries, 16), limit);
}

bool hwo_waiting_is_ready(hwo_waiting_t *waiting, bool known, bool single)
{
	u_int waits = waiting->waits++;

	return (known || waits >= MAX_UNKNOWN) && (single || waits >= MAX_WAITS);
}

void hwo_waiting_asked(hwo_waiting_t *waiting, bool known, uint64_t now)
{
	waiting->early = !known && waiting->waits < MAX_EARLY;
	if (waiting->early)
	{
		waiting->waits++;
		waiting->due = now + HWO_WAITING_RETRY * 5;
		return;
	}
	waiting->due = now + grow(waiting->tries++, ASK_MS, ASK_MAX_MS);
	waiting->rekey = waiting->lost || waiting->hidden;
	waiting->request.hidden = waiting->hidden;
	waiting->place = waiting->follow;
	waiting->request.why = NULL;
}

void hwo_waiting_unreachable(hwo_waiting_t *waiting, uint64_t now)
{
	waiting->tries = waiting->unreachable ? waiting->tries + 1 : 0;
	waiting->due = now + grow(waiting->tries, ROUTE_MS, ROUTE_MAX_MS);
	waiting->unreachable = TRUE;
}

void hwo_waiting_reachable(hwo_waiting_t *waiting)
{
	if (waiting->unreachable)
	{
		waiting->unreachable = FALSE;
		waiting->tries = 0;
	}
}

void hwo_waiting_placed(hwo_waiting_t *waiting, hwo_place_t placed,
						uint64_t now)
{
	switch (placed)
	{
		case HWO_PLACE_BUSY:
			waiting->place = TRUE;
			waiting->due = now + grow(waiting->waits++, HWO_WAITING_RETRY,
									  ASK_MS);
			break;
		case HWO_PLACE_REFUSED:
			waiting->place = TRUE;
			waiting->due = now + grow(waiting->tries++, REFUSED_MS,
									  REFUSED_MAX_MS);
			break;
		case HWO_PLACE_REKEY:
			waiting->follow = TRUE;
			/* whatever else was the reason, it is not over with that */
			waiting->request.split = waiting->request.hidden = FALSE;
			if (!waiting->rekey || waiting->early)
			{
				waiting->request.patient = TRUE;
				waiting->rekey = TRUE;
				waiting->early = FALSE;
				waiting->waits = 0;
			}
			waiting->due = now;
			break;
		default:
			waiting->follow = FALSE;
			break;
	}
}

bool hwo_waiting_is_over(const hwo_waiting_t *waiting,
						 const hwo_child_t *child)
{
	const hwo_child_sa_t *sa = waiting->request.inbound ? &child->in
														: &child->out;

	return !sa->id.spi || child->state == HWO_CHILD_CLOSED ||
		   child->state == HWO_CHILD_REPLACED ||
		   (waiting->lost && child->state != HWO_CHILD_LOST) ||
		   (waiting->request.split && !hwo_child_is_split(child)) ||
		   (waiting->request.hidden && !child->out.hidden);
}
