/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Limits, and when to look at them.
 */

#include "limit_plan.h"

/**
 * Lower a limit, which may not be set
 */
static uint64_t lower(uint64_t limit, uint64_t other)
{
	return limit ? min(limit, other) : other;
}

/**
 * Make a pair of limits one that NICs take, tell if that is possible
 */
static bool normalise(uint64_t *soft, uint64_t *hard)
{
	if (*hard && *soft >= *hard)
	{
		*soft = *hard - 1;
	}
	return *soft || !*hard;
}

/**
 * Plan limits for a NIC
 */
static void plan_packet(const hwo_sa_t *sa, bool no_bytes,
						hwo_limit_plan_t *plan)
{
	hwo_limits_t *kernel = &plan->kernel, *watched = &plan->watched;

	if (!sa->facts.esn && !sa->facts.inbound)
	{
		kernel->soft_packets = lower(kernel->soft_packets,
									 HWO_AUTO_SOFT_PACKETS);
		kernel->hard_packets = lower(kernel->hard_packets,
									 HWO_AUTO_HARD_PACKETS);
	}
	if (!normalise(&kernel->soft_packets, &kernel->hard_packets))
	{
		watched->hard_packets = kernel->hard_packets;
		kernel->hard_packets = 0;
	}
	if (!normalise(&kernel->soft_bytes, &kernel->hard_bytes) || no_bytes)
	{
		watched->soft_bytes = kernel->soft_bytes;
		watched->hard_bytes = kernel->hard_bytes;
		kernel->soft_bytes = kernel->hard_bytes = 0;
	}
}

/*
 * Described in header
 */
void hwo_limit_plan(const hwo_sa_t *sa, hwo_mode_t mode, bool no_bytes,
					hwo_limit_plan_t *plan)
{
	*plan = (hwo_limit_plan_t){
		.kernel = sa->limits,
	};
	if (mode == HWO_MODE_PACKET)
	{
		plan_packet(sa, no_bytes, plan);
	}
}

/**
 * Time until a counter reaches its limit at a rate
 */
static uint64_t time_left(uint64_t value, uint64_t limit, uint64_t rate)
{
	uint64_t left;

	if (!limit || !rate)
	{
		return UINT64_MAX;
	}
	left = value < limit ? limit - value : 0;
	/* in seconds first where milliseconds would not fit */
	return left > UINT64_MAX / 1000 ? left / rate * 1000 : left * 1000 / rate;
}

/**
 * Limits that count next: soft ones, then hard ones that are ours
 */
static void next_limits(const hwo_watch_t *watch, const hwo_limits_t *kernel,
						uint64_t *packets, uint64_t *bytes)
{
	if (watch->soft)
	{
		*packets = watch->watched.hard_packets;
		*bytes = watch->watched.hard_bytes;
		return;
	}
	*packets = kernel->soft_packets ?: watch->watched.hard_packets;
	*bytes = kernel->soft_bytes ?: watch->watched.soft_bytes ?:
			 watch->watched.hard_bytes;
}

/**
 * Set the time of the next look: after half of what is left at its rate, given
 * that the counters are late, or at the rate that it may begin with any time
 */
static void set_due(hwo_watch_t *watch, const hwo_limits_t *kernel,
					uint64_t now)
{
	uint64_t packets, bytes, left, idle;

	next_limits(watch, kernel, &packets, &bytes);
	left = min(time_left(watch->packets, packets, watch->packet_rate),
			   time_left(watch->bytes, bytes, watch->byte_rate));
	left = left > HWO_COUNTER_DELAY ? (left - HWO_COUNTER_DELAY) / 2 : 0;
	left = max(left, HWO_WATCH_MIN);
	idle = min(time_left(watch->packets, packets, HWO_IDLE_PACKETS),
			   time_left(watch->bytes, bytes, HWO_IDLE_BYTES));
	idle = max(idle / 2, HWO_WATCH_IDLE_MIN);
	watch->due = now + min(min(left, idle), HWO_WATCH_MAX);
}

/*
 * Described in header
 */
bool hwo_watch_begin(hwo_watch_t *watch, const hwo_sa_id_t *id,
					 const hwo_limit_plan_t *plan, uint64_t now)
{
	const hwo_limits_t *watched = &plan->watched, *kernel = &plan->kernel;

	*watch = (hwo_watch_t){
		.id = *id,
		.watched = *watched,
		.last = now,
	};
	set_due(watch, kernel, now);
	return kernel->soft_packets || kernel->soft_bytes || watched->soft_bytes ||
		   watched->hard_bytes || watched->hard_packets;
}

/**
 * Update the estimate of a rate: at once if it is higher, slowly if not
 */
static uint64_t update_rate(uint64_t rate, uint64_t before, uint64_t value,
							uint64_t ms)
{
	uint64_t now;

	now = value > before ? (value - before) * 1000 / ms : 0;
	return max(now, rate / 2);
}

/**
 * Check a limit
 */
static bool beyond(uint64_t value, uint64_t limit)
{
	return limit && value >= limit;
}

/**
 * Check if a soft limit is reached. Those that are ours are before what the
 * counters show; the kernel is trusted to be on time.
 */
static bool beyond_soft(const hwo_watch_t *watch, const hwo_limits_t *kernel)
{
	uint64_t unseen = watch->byte_rate * HWO_COUNTER_DELAY / 1000;

	return beyond(watch->packets, kernel->soft_packets) ||
		   beyond(watch->bytes, kernel->soft_bytes) ||
		   beyond(watch->bytes + unseen, watch->watched.soft_bytes);
}

/*
 * Described in header
 */
hwo_watch_verdict_t hwo_watch_look(hwo_watch_t *watch,
								   const hwo_sa_state_t *state, uint64_t now)
{
	hwo_watch_verdict_t verdict = HWO_WATCH_OK;
	const hwo_usage_t *usage = &state->usage;
	uint64_t ms = max(now - watch->last, 1);

	watch->packet_rate = update_rate(watch->packet_rate, watch->packets,
									 usage->packets, ms);
	watch->byte_rate = update_rate(watch->byte_rate, watch->bytes,
								   usage->bytes, ms);
	watch->packets = usage->packets;
	watch->bytes = usage->bytes;
	watch->last = now;
	if (beyond(usage->packets, watch->watched.hard_packets) ||
		beyond(usage->bytes, watch->watched.hard_bytes))
	{
		return HWO_WATCH_HARD;
	}
	if (!watch->soft && beyond_soft(watch, &state->limits))
	{
		watch->soft = TRUE;
		verdict = HWO_WATCH_SOFT;
	}
	set_due(watch, &state->limits, now);
	return verdict;
}

/*
 * Described in header
 */
void hwo_watch_push(hwo_watch_heap_t *heap, hwo_watch_t *watch)
{
	u_int i, parent;

	if (heap->count == heap->size)
	{
		heap->size = heap->size ? heap->size * 2 : 64;
		heap->items = realloc(heap->items, heap->size * sizeof(watch));
	}
	for (i = heap->count++; i; i = parent)
	{
		parent = (i - 1) / 2;
		if (heap->items[parent]->due <= watch->due)
		{
			break;
		}
		heap->items[i] = heap->items[parent];
	}
	heap->items[i] = watch;
}

/*
 * Described in header
 */
hwo_watch_t *hwo_watch_pop(hwo_watch_heap_t *heap, uint64_t now)
{
	hwo_watch_t *first, *last;
	u_int i = 0, child;

	if (!heap->count || heap->items[0]->due > now)
	{
		return NULL;
	}
	first = heap->items[0];
	last = heap->items[--heap->count];
	for (child = 1; child < heap->count; child = 2 * i + 1)
	{
		if (child + 1 < heap->count &&
			heap->items[child + 1]->due < heap->items[child]->due)
		{
			child++;
		}
		if (last->due <= heap->items[child]->due)
		{
			break;
		}
		heap->items[i] = heap->items[child];
		i = child;
	}
	heap->items[i] = last;
	return first;
}
