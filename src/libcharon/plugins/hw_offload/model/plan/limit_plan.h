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
 * sequence numbers end at 2^32, whatever is configured */
#define HWO_AUTO_SOFT_PACKETS 0xc0000000ULL
#define HWO_AUTO_HARD_PACKETS 0xffff0000ULL

/** Age of a NIC's counters, in milliseconds */
#define HWO_COUNTER_DELAY 2000

/** Bounds for the time between two looks at an SA, in milliseconds, and the
 * lower one for an SA that is idle or slow */
#define HWO_WATCH_MIN 200
#define HWO_WATCH_IDLE_MIN 1000
#define HWO_WATCH_MAX 300000

/** What an SA that is idle may begin with any time, per second: an SA is looked
 * at before it can reach its limit at that rate */
#define HWO_IDLE_PACKETS 1000000ULL
#define HWO_IDLE_BYTES 125000000ULL

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
 * @param plan			[out] plan
 */
void hwo_limit_plan(const hwo_sa_t *sa, hwo_mode_t mode, bool no_bytes,
					hwo_limit_plan_t *plan);

/**
 * An SA that is watched.
 */
typedef struct hwo_watch_t {
	/** identity */
	hwo_sa_id_t id;
	/** limits the kernel does not enforce, 0 for none */
	hwo_limits_t watched;
	/** TRUE once its soft limit was reached */
	bool soft;
	/** counters at the last look */
	uint64_t packets, bytes;
	/** rates per second, estimated */
	uint64_t packet_rate, byte_rate;
	/** time of the last look, and of the next one, milliseconds */
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
	/** it reached a hard limit that is left to us */
	HWO_WATCH_HARD,
} hwo_watch_verdict_t;

/**
 * Begin to watch an SA that was just installed.
 *
 * @param watch			[out] watch
 * @param id			identity
 * @param plan			plan of its limits
 * @param now			current time, monotonic, in milliseconds
 * @return				FALSE if there is nothing to watch
 */
bool hwo_watch_begin(hwo_watch_t *watch, const hwo_sa_id_t *id,
					 const hwo_limit_plan_t *plan, uint64_t now);

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
