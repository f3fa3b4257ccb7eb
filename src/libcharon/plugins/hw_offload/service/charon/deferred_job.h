/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_deferred_job deferred_job
 * @{ @ingroup hwo_service
 *
 * Work of a service that is done later, by one of charon's threads.
 *
 * The scheduler can't cancel a job. So one that is scheduled still comes if the
 * work was done before, or if who wanted it is not there anymore: it does
 * nothing then.
 *
 * Thread-safety: may be used by any thread, the work itself included. No lock
 * is held during the work, which is never done by two threads at a time.
 */

#ifndef HWO_DEFERRED_JOB_H_
#define HWO_DEFERRED_JOB_H_

#include <library.h>

typedef struct deferred_job_t deferred_job_t;

/**
 * The work.
 */
typedef void (*deferred_work_t)(void *data);

/**
 * Work that is done later.
 */
struct deferred_job_t {

	/**
	 * Have the work done within some time. Nothing changes if it is to be done
	 * sooner anyway. If the work is under way, it is done once more.
	 *
	 * @param ms		milliseconds from now
	 */
	void (*schedule)(deferred_job_t *this, u_int ms);

	/**
	 * Check if the work should stop early, as somebody waits in destroy().
	 */
	bool (*is_ending)(deferred_job_t *this);

	/**
	 * Destroy, after the end of work that is under way; there won't be more of
	 * it. Not for the work itself.
	 */
	void (*destroy)(deferred_job_t *this);
};

/**
 * Create a job, nothing is scheduled.
 *
 * @param data			passed to it
 */
deferred_job_t *hwo_deferred_job_create(deferred_work_t work, void *data);

/**
 * Create a job that does not wait behind charon's other jobs, such as messages
 * of IKE that came before.
 *
 * @param work			the work, limits and what keeps traffic protected only
 * @param data			passed to it
 */
deferred_job_t *hwo_urgent_job_create(deferred_work_t work, void *data);

/**
 * Get the current monotonic time in milliseconds.
 */
uint64_t hwo_now_ms(void);

#endif /** HWO_DEFERRED_JOB_H_ @}*/
