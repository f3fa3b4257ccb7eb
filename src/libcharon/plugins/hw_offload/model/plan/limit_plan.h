/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_limit_plan limit_plan
 * @{ @ingroup hwo_model
 *
 * Limits of an SA: which of them the kernel enforces in a mode, and which are
 * left to us, because the NIC does not take them. All functions are pure, time
 * is a parameter.
 *
 * In packet mode NICs want soft limits below hard ones, no hard one without a
 * soft one, and often no limits in bytes at all. Their counters are up to two
 * seconds old.
 */

#ifndef HWO_LIMIT_PLAN_H_
#define HWO_LIMIT_PLAN_H_

#include "../../hwo_types.h"

/** Limits in packets of outbound SAs in packet mode without ESN: the NIC's
 * sequence numbers end at 2^32, whatever is configured. So do the counters of
 * all SAs there that have a soft limit, and the high half that drivers know of
 * SAs with ESN in crypto mode, if they do not follow it. */
#define HWO_AUTO_SOFT_PACKETS 0xc0000000ULL
#define HWO_AUTO_HARD_PACKETS 0xffff0000ULL

/** Age of a NIC's counters, in milliseconds */
#define HWO_COUNTER_DELAY 2000

/** Bounds for the time between two looks at an SA, in milliseconds, and the
 * lower one for an SA that is idle or slow. */
#define HWO_WATCH_MIN 200
#define HWO_WATCH_IDLE_MIN 1000
#define HWO_WATCH_MAX 300000

/** How much rarer an idle SA is looked at if its NIC reports the limit as well,
 * and lets no packet pass beyond the hard one. */
#define HWO_WATCH_BACKUP 10

/** Time over which a rate is taken, in milliseconds: drivers update their
 * counters once a second. */
#define HWO_RATE_TIME 1000

/** Speed of a link that is not known, in bytes per second: 400 Gb/s */
#define HWO_UNKNOWN_SPEED 50000000000ULL

/** Bytes that the smallest packet takes on the wire, gap and preamble
 * included. */
#define HWO_SMALLEST_FRAME 84

/**
 * Who enforces what.
 */
typedef struct hwo_limit_plan_t {
	/** limits for the kernel */
	hwo_limits_t kernel;
	/** limits for us to watch */
	hwo_limits_t watched;
} hwo_limit_plan_t;

/**
 * Plan the limits of an SA.
 *
 * @param sa			facts about the SA, its limits are those configured
 * @param mode			mode it is to be installed in
 * @param no_bytes		TRUE if the device refuses limits in bytes
 */
void hwo_limit_plan(const hwo_sa_t *sa, hwo_mode_t mode, bool no_bytes,
					hwo_limit_plan_t *plan);

/**
 * A counter that is watched.
 */
typedef struct hwo_watch_count_t {
	/** value at the last look, and when its rate was taken last */
	uint64_t value, base;
	/** what it counts per second */
	uint64_t rate;
	/** TRUE once the rate was taken */
	bool begun;
} hwo_watch_count_t;

/**
 * An SA that is watched.
 */
typedef struct hwo_watch_t {
	/** identity */
	hwo_sa_id_t id;
	/** limits the kernel does not enforce, 0 for none */
	hwo_limits_t watched;
	/** TRUE once its soft limit was reached, and when, in milliseconds */
	bool soft;
	uint64_t soft_time;
	/** TRUE if it was not there at the last look */
	bool missing;
	/** speed of its link, in bytes per second */
	uint64_t speed;
	/** counters */
	hwo_watch_count_t packets, bytes;
	/** times at which rates were taken, and of the next look, milliseconds */
	uint64_t last, due;
} hwo_watch_t;

/**
 * What a look at an SA found.
 */
typedef enum hwo_watch_verdict_t {
	/** nothing new */
	HWO_WATCH_OK,
	/** it reached a soft limit, or will before counters show it */
	HWO_WATCH_SOFT,
	/** it reached a hard limit that is left to us, its soft limit was found
	 * before, if it has one. */
	HWO_WATCH_HARD,
	/** it reached both since the last look */
	HWO_WATCH_BOTH,
} hwo_watch_verdict_t;

/**
 * Begin to watch an SA that was just installed.
 *
 * @param plan			plan of its limits
 * @param speed			speed of its link in bytes per second, 0 if not known
 * @param now			current time, monotonic, in milliseconds
 * @return				FALSE if there is nothing to watch
 */
bool hwo_watch_begin(hwo_watch_t *watch, const hwo_sa_id_t *id,
					 const hwo_limit_plan_t *plan, uint64_t speed,
					 uint64_t now);

/**
 * Look at an SA. The limits the kernel has are compared, too, as its driver may
 * be late, and somebody may have changed them.
 *
 * @param watch			watch, updated; each soft limit is found once only
 * @param state			what the kernel says
 * @param now			current time, monotonic, in milliseconds
 * @return				what was found
 */
hwo_watch_verdict_t hwo_watch_look(hwo_watch_t *watch,
								   const hwo_sa_state_t *state, uint64_t now);

/**
 * Heap of watches, the one that is due first is on top. The watches belong to
 * the user.
 */
typedef struct hwo_watch_heap_t {
	/** watches */
	hwo_watch_t **items;
	/** number of them, and of those there is room for */
	u_int count, size;
} hwo_watch_heap_t;

/**
 * Add a watch.
 */
void hwo_watch_push(hwo_watch_heap_t *heap, hwo_watch_t *watch);

/**
 * Remove the first watch if it is due.
 *
 * @param now			time
 * @return				watch, NULL if none is due
 */
hwo_watch_t *hwo_watch_pop(hwo_watch_heap_t *heap, uint64_t now);

#endif /** HWO_LIMIT_PLAN_H_ @}*/
