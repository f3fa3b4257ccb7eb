/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Plans limits, and when to look at them.
 */

#include "limit_plan.h"

/**
 * Lower a limit, which may not be set.
 */
static uint64_t lower(uint64_t limit, uint64_t other)
{
	return limit ? min(limit, other) : other;
}

/**
 * Make a pair of limits one that NICs take, tell if that is possible.
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
 * Have an SA rekeyed before its sequence numbers need more than 32 bits.
 */
static void limit_packets(hwo_limits_t *limits)
{
	limits->soft_packets = lower(limits->soft_packets, HWO_AUTO_SOFT_PACKETS);
	limits->hard_packets = lower(limits->hard_packets, HWO_AUTO_HARD_PACKETS);
}

/**
 * Plan limits for a NIC.
 */
static void plan_packet(const hwo_sa_t *sa, bool no_bytes,
						hwo_limit_plan_t *plan)
{
	hwo_limits_t *kernel = &plan->kernel, *watched = &plan->watched;

	if ((!sa->facts.esn && !sa->facts.inbound) || kernel->soft_packets)
	{	/* with a soft limit, the counter of ConnectX ends at 2^32 */
		limit_packets(kernel);
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
	else if (sa->facts.esn_stale)
	{	/* also in software, from where it may move to a NIC */
		limit_packets(&plan->kernel);
	}
}

/**
 * Time until a counter may reach its limit at a rate, given that it is late.
 */
static uint64_t time_left(uint64_t value, uint64_t limit, uint64_t rate)
{
	uint64_t left = value < limit ? limit - value : 0;

	/* in seconds first where milliseconds would not fit */
	left = left > UINT64_MAX / 1000 ? left / rate * 1000 : left * 1000 / rate;
	return left > HWO_COUNTER_DELAY ? left - HWO_COUNTER_DELAY : 0;
}

/**
 * Time until a counter has to be looked at: before it can reach its limit if
 * the link begins to carry nothing else now, and when it reaches it at its
 * rate.
 *
 * @param speed		what the link can carry
 * @param backup	TRUE if the NIC looks at it, too
 */
static uint64_t next_look(const hwo_watch_count_t *count, uint64_t limit,
						  uint64_t speed, bool backup)
{
	uint64_t left;

	if (!limit)
	{
		return HWO_WATCH_MAX;
	}
	left = max(time_left(count->value, limit, speed), HWO_WATCH_IDLE_MIN);
	if (count->rate)
	{
		left = min(left, max(time_left(count->value, limit, count->rate),
							 HWO_WATCH_MIN));
	}
	else if (backup && count->begun)
	{
		left *= HWO_WATCH_BACKUP;
	}
	return min(left, HWO_WATCH_MAX);
}

/**
 * Set the time of the next look: soft limits, then hard ones that are ours.
 */
static void set_due(hwo_watch_t *watch, const hwo_limits_t *kernel,
					uint64_t now)
{
	const hwo_limits_t *watched = &watch->watched;
	uint64_t packets = watched->hard_packets, bytes = watched->hard_bytes;
	bool backup_packets = FALSE, backup_bytes = FALSE;

	if (!watch->soft)
	{
		backup_packets = kernel->soft_packets;
		backup_bytes = kernel->soft_bytes;
		packets = kernel->soft_packets ?: packets;
		bytes = kernel->soft_bytes ?: watched->soft_bytes ?: bytes;
	}
	watch->due = now + min(next_look(&watch->packets, packets,
									 watch->speed / HWO_SMALLEST_FRAME,
									 backup_packets),
						   next_look(&watch->bytes, bytes, watch->speed,
									 backup_bytes));
}

bool hwo_watch_begin(hwo_watch_t *watch, const hwo_sa_id_t *id,
					 const hwo_limit_plan_t *plan, uint64_t speed,
					 uint64_t now)
{
	const hwo_limits_t *watched = &plan->watched, *kernel = &plan->kernel;

	*watch = (hwo_watch_t){
		.id = *id,
		.watched = *watched,
		.speed = speed ?: HWO_UNKNOWN_SPEED,
		.last = now,
	};
	set_due(watch, kernel, now);
	return kernel->soft_packets || kernel->soft_bytes || watched->soft_bytes ||
		   watched->hard_bytes || watched->hard_packets;
}

/**
 * Follow a counter.
 *
 * @param ms		time since the last update of its rate
 */
static void follow(hwo_watch_count_t *count, uint64_t value, uint64_t ms)
{
	count->value = value;
	if (ms >= HWO_RATE_TIME)
	{	/* drivers update their counters once a second */
		count->rate = value > count->base ? (value - count->base) * 1000 / ms
										  : 0;
		count->base = value;
		count->begun = TRUE;
	}
}

static bool beyond(uint64_t value, uint64_t limit)
{
	return limit && value >= limit;
}

/**
 * Check a limit of ours, before what the counter shows.
 */
static bool beyond_ours(const hwo_watch_count_t *count, uint64_t limit)
{
	return beyond(count->value + count->rate * HWO_COUNTER_DELAY / 1000, limit);
}

/**
 * Check if a soft limit is reached. The kernel is trusted to be on time.
 */
static bool beyond_soft(const hwo_watch_t *watch, const hwo_limits_t *kernel)
{
	return beyond(watch->packets.value, kernel->soft_packets) ||
		   beyond(watch->bytes.value, kernel->soft_bytes) ||
		   beyond_ours(&watch->bytes, watch->watched.soft_bytes);
}

/**
 * Check if a hard limit of ours is reached, as far as the counters show it.
 */
static bool beyond_hard(const hwo_watch_t *watch)
{
	return beyond(watch->packets.value, watch->watched.hard_packets) ||
		   beyond(watch->bytes.value, watch->watched.hard_bytes);
}

/**
 * Check if a hard limit of ours was probably reached since the counters were
 * updated. That has to be seen at another rate than the soft one was, which
 * also leaves charon some time to rekey.
 */
static bool beyond_hard_late(const hwo_watch_t *watch, uint64_t now)
{
	return (!watch->soft || now - watch->soft_time >= HWO_RATE_TIME) &&
		   (beyond_ours(&watch->packets, watch->watched.hard_packets) ||
			beyond_ours(&watch->bytes, watch->watched.hard_bytes));
}

hwo_watch_verdict_t hwo_watch_look(hwo_watch_t *watch,
								   const hwo_sa_state_t *state, uint64_t now)
{
	hwo_watch_verdict_t verdict = HWO_WATCH_OK;
	uint64_t ms = now - watch->last;
	bool soft;

	follow(&watch->packets, state->usage.packets, ms);
	follow(&watch->bytes, state->usage.bytes, ms);
	watch->last = ms >= HWO_RATE_TIME ? now : watch->last;
	soft = !watch->soft && beyond_soft(watch, &state->limits);
	if (beyond_hard(watch))
	{
		verdict = soft ? HWO_WATCH_BOTH : HWO_WATCH_HARD;
	}
	else if (soft)
	{
		verdict = HWO_WATCH_SOFT;
	}
	else if (beyond_hard_late(watch, now))
	{
		verdict = HWO_WATCH_HARD;
	}
	if (soft)
	{
		watch->soft = TRUE;
		watch->soft_time = now;
	}
	set_due(watch, &state->limits, now);
	return verdict;
}

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
