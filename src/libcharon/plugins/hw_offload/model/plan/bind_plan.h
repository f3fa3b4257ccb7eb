/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_bind_plan bind_plan
 * @{ @ingroup hwo_model
 *
 * What to do with a pair of SAs after something changed that may have led their
 * packets to another device, or may let their device do more or less.
 *
 * What decides is who counts sequence numbers, as none may come twice under a
 * key. In software and crypto mode that is the kernel, which tells the final
 * one when an SA is deleted, so the SA can go on elsewhere. In packet mode it
 * is the NIC, which tells nobody, so there it takes new keys: charon rekeys.
 *
 * All functions are pure.
 */

#ifndef HWO_BIND_PLAN_H_
#define HWO_BIND_PLAN_H_

#include "offload_plan.h"

/** The time between two checks grows up to that many times its setting */
#define HWO_BIND_MAX_BACKOFF 32

/**
 * What to do.
 */
typedef enum hwo_bind_action_t {
	/** leave it as it is */
	HWO_BIND_KEEP,
	/** move it to another device, same mode */
	HWO_BIND_MOVE,
	/** move it up to a better mode */
	HWO_BIND_PROMOTE,
	/** move it down to a lesser mode */
	HWO_BIND_DEGRADE,
	/** have charon rekey it, the new SAs end where they should */
	HWO_BIND_REKEY,
	/** leave it as it is, although its packets don't come by anymore: the mode
	 * is strict, and not to be had where they go. */
	HWO_BIND_REFUSED,
	/** have charon close it for that reason */
	HWO_BIND_CLOSE,
} hwo_bind_action_t;

/**
 * Names of actions, for the log.
 */
extern enum_name_t *hwo_bind_action_names;

/**
 * Settings.
 */
typedef struct hwo_bind_rules_t {
	/** get into better modes at once, not with the next rekeying */
	bool promote_now;
	/** close what can't be where it should */
	bool close_refused;
} hwo_bind_rules_t;

/**
 * Facts about the pair, by its outbound SA.
 */
typedef struct hwo_bind_facts_t {
	/** configured offload mode */
	hw_offload_t requested;
	/** effective mode and device */
	hwo_offload_t effective;
	/** best mode that was tried last, and where: what was refused there is not
	 * tried again until that changes. */
	hwo_offload_t tried;
	/** TRUE if it was moved down to software from crypto mode */
	bool degraded;
	/** TRUE if the kernel has lost it, so that it is rekeyed anyway */
	bool lost;
	/** TRUE if its NIC sends to a next hop that is not the one anymore: drivers
	 * look that up for tunnels in packet mode when they are installed. */
	bool rerouted;
} hwo_bind_facts_t;

/**
 * Get the best mode of a plan, and the device.
 *
 * @param plan			plan of an SA
 * @return				best mode; none on no device if there is no step
 */
hwo_offload_t hwo_bind_best(const hwo_plan_t *plan);

/**
 * Decide what to do with a pair of SAs.
 *
 * @param plan			how it would be installed now, see hwo_plan_sa()
 * @return				what to do
 */
hwo_bind_action_t hwo_bind_plan(const hwo_bind_facts_t *facts,
								const hwo_plan_t *plan,
								const hwo_bind_rules_t *rules);

/**
 * Get the reason why SAs that stay where they are have no better mode now.
 *
 * @param plan			plan for them
 * @param outcome		what came of them so far
 * @return				what a new CHILD_SA would be told; the reason so far as
 *						long as only attempts can tell
 */
hwo_reason_t hwo_bind_reason(const hwo_plan_t *plan,
							 const hwo_outcome_t *outcome);

/**
 * Get the time until the next check, so that a route that flaps moves SAs at
 * most once in that time, and ever less often.
 *
 * @param delay			setting
 * @param current		time until the last check, same unit
 * @param moved			TRUE if the last check had anything moved
 * @param changed		TRUE if there were changes before it; if nothing was to
 *						be moved after these, the route may be on its way back
 * @return				twice the last time, up to a limit, if anything was
 *						moved; a bit less than it if not, as other routes may
 *						change all the time; delay once it is calm
 */
u_int hwo_bind_window(u_int delay, u_int current, bool moved, bool changed);

#endif /** HWO_BIND_PLAN_H_ @}*/
