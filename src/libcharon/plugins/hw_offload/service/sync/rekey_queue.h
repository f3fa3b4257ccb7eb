/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_rekey_queue rekey_queue
 * @{ @ingroup hwo_service
 *
 * CHILD_SAs that wait for something: to be rekeyed, or to be looked at again.
 * Each of them is there once, however often that is asked for.
 *
 * Thread-safety: for one thread.
 */

#ifndef HWO_REKEY_QUEUE_H_
#define HWO_REKEY_QUEUE_H_

#include "child_place.h"
#include "../charon/deferred_job.h"

typedef struct rekey_queue_t rekey_queue_t;

/**
 * CHILD_SAs that wait.
 */
struct rekey_queue_t {

	/**
	 * Have charon rekey a CHILD_SA.
	 *
	 * @param request	request
	 * @param lost		TRUE if an SA is lost, so there has to be a route
	 */
	void (*add)(rekey_queue_t *this, const hwo_rekey_request_t *request,
				bool lost);

	/**
	 * Note what came of putting a CHILD_SA where it belongs, if there is more
	 * to do.
	 *
	 * @param key		key of its record
	 * @param placed	what came of it
	 */
	void (*place)(rekey_queue_t *this, u_int key, hwo_place_t placed);

	/**
	 * Have those looked at for which there was no route, as routes changed.
	 */
	void (*wake)(rekey_queue_t *this);

	/**
	 * Look at those that are due, those with traffic first.
	 *
	 * @param placer	puts CHILD_SAs where they belong
	 * @param job		tells if that should end early
	 */
	void (*serve)(rekey_queue_t *this, hwo_placer_t *placer,
				  deferred_job_t *job);

	/**
	 * Get the time when the first one is due, monotonic time in milliseconds, 0
	 * if there is none.
	 */
	uint64_t (*next)(rekey_queue_t *this);

	void (*destroy)(rekey_queue_t *this);
};

/**
 * Create an empty queue.
 */
rekey_queue_t *hwo_rekey_queue_create(child_table_t *table);

#endif /** HWO_REKEY_QUEUE_H_ @}*/
