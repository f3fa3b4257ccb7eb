/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_device_history device_history
 * @{ @ingroup hwo_model
 *
 * What was learned about devices by using them: modes in which they took SAs,
 * and with what words they refused some. It is forgotten as soon as a device
 * changes: up or down, renamed, enslaved, its feature switched, its driver
 * loaded again.
 *
 * A refusal says nothing about the next SA, which may have another algorithm or
 * find a free entry, so nothing is left untried because of it. With one
 * exception: CHILD_SAs that have to be rekeyed to get out of packet mode are
 * denied it for a while, or they would be rekeyed for ever.
 *
 * Thread-safety: may be used by any thread, data is copied in and out.
 */

#ifndef HWO_DEVICE_HISTORY_H_
#define HWO_DEVICE_HISTORY_H_

#include "../plan/offload_plan.h"

#include <time.h>

/** Different refusals of a device that are kept */
#define HWO_MAX_REFUSALS 8

/** Seconds until packet mode is tried again for a CHILD_SA that had to leave
 * it; twice as many each time, up to the second value. */
#define HWO_DENIED_SECONDS (60 * 60)
#define HWO_MAX_DENIED_SECONDS (24 * 60 * 60)

/** Seconds for which a device that was busy twice is not asked twice anymore */
#define HWO_BUSY_SECONDS 10

typedef struct device_history_t device_history_t;

/**
 * What a device has said no with.
 */
typedef struct hwo_refused_t {
	/** what became of it: driver-refused, silent-software or policy-refused */
	hwo_reason_t reason;
	/** error and words */
	hwo_result_t result;
	/** when it said so last, seconds of the wall clock */
	time_t last;
} hwo_refused_t;

/**
 * What is known about a device.
 */
typedef struct hwo_learned_t {
	/** the link as it was seen last */
	hwo_link_t link;
	/** state of its offload feature */
	hwo_feature_t feature;
	/** its driver, without a name if it was not asked yet */
	hwo_driver_t driver;
	/** when it took an SA last, seconds of the wall clock, 0 if it did not yet,
	 * indexed by hwo_mode_t. */
	time_t works[HWO_MAX_STEPS];
	/** different refusals, in the order in which they came first */
	hwo_refused_t refusals[HWO_MAX_REFUSALS];
	/** number of them */
	int refusal_count;
	/** monotonic time until which it is not asked twice */
	time_t busy_until;
} hwo_learned_t;

/**
 * History of all devices.
 */
struct device_history_t {

	/**
	 * Note how a device looks. If that is new, what was learned is forgotten.
	 *
	 * @param feature	state of its offload feature
	 */
	void (*observe)(device_history_t *this, const hwo_link_t *link,
					hwo_feature_t feature);

	/**
	 * Note the driver of a device.
	 */
	void (*note_driver)(device_history_t *this, uint32_t ifindex,
						const hwo_driver_t *driver);

	/**
	 * Note that a device took an SA.
	 *
	 * @param now		time of the wall clock
	 */
	void (*works)(device_history_t *this, const hwo_offload_t *offload,
				  time_t now);

	/**
	 * Note that a device refused an SA or SP.
	 *
	 * @param policy	TRUE for an SP, FALSE for an SA
	 * @param refusal	error and words, no error if the kernel took the SA for
	 *					crypto mode, but encrypts in software
	 * @param now		time of the wall clock
	 * @return			TRUE if it did not say the same before
	 */
	bool (*refused)(device_history_t *this, uint32_t ifindex, bool policy,
					const hwo_result_t *refusal, time_t now);

	/**
	 * Check if a device may be busy only for a moment: not if it still was just
	 * now, when it was asked again, it may mean it then.
	 *
	 * @param result	what it said
	 * @param again		TRUE if it was asked again, which is kept
	 * @param now		monotonic time
	 * @return			TRUE to ask it again after HWO_BUSY_DELAY
	 */
	bool (*is_busy)(device_history_t *this, uint32_t ifindex,
					const hwo_result_t *result, bool again, time_t now);

	/**
	 * Deny CHILD_SAs packet mode on a device for a while, as one of their SAs
	 * or SPs was refused after another one was accepted.
	 *
	 * @param reqid		reqid of the CHILD_SAs
	 * @param why		reason, and what the kernel said
	 * @param now		monotonic time
	 * @return			FALSE if they are denied it already
	 */
	bool (*deny_packet)(device_history_t *this, uint32_t ifindex,
						uint32_t reqid, const hwo_refusal_t *why, time_t now);

	/**
	 * Check if CHILD_SAs are denied packet mode on a device.
	 *
	 * @param reqid		reqid of the CHILD_SAs
	 * @param now		monotonic time
	 * @param why		[out] why, not set if they are not
	 */
	bool (*is_denied)(device_history_t *this, uint32_t ifindex, uint32_t reqid,
					  time_t now, hwo_refusal_t *why);

	/**
	 * Get what is known about a device.
	 *
	 * @return			FALSE if nothing is, learned is zero then
	 */
	bool (*get)(device_history_t *this, uint32_t ifindex,
				hwo_learned_t *learned);

	/**
	 * Forget what is known about a device.
	 *
	 * @param ifindex	device, 0 for all
	 */
	void (*forget)(device_history_t *this, uint32_t ifindex);

	void (*destroy)(device_history_t *this);
};

/**
 * Create an empty history.
 */
device_history_t *hwo_device_history_create(void);

#endif /** HWO_DEVICE_HISTORY_H_ @}*/
