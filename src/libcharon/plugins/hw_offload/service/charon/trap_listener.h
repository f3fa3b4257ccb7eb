/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_trap_listener trap_listener
 * @{ @ingroup hwo_service
 *
 * Knows which SPs belong to a trap that could not be installed. charon stops at
 * the first one that is refused, but then removes all SPs of the trap. Those
 * that it has not added may be the ones of another trap, which looks the same.
 * If it was to replace a trap, as that is installed again, charon then gives
 * that one up, too.
 *
 * Thread-safety: may be used by any thread. charon installs and destroys a trap
 * in one.
 */

#ifndef HWO_TRAP_LISTENER_H_
#define HWO_TRAP_LISTENER_H_

#include "../../model/state/child_record.h"

typedef struct trap_listener_t trap_listener_t;

/**
 * Listener for traps that are given up.
 */
struct trap_listener_t {

	/**
	 * Note that the current thread adds an SP of a trap.
	 *
	 * @param reqid		reqid of the trap
	 */
	void (*add)(trap_listener_t *this, const hwo_sp_id_t *id, uint32_t reqid);

	/**
	 * Note that the current thread removes an SP of a trap.
	 *
	 * @param reqid		reqid of the trap
	 * @return			FALSE if the trap is given up and never had that SP
	 */
	bool (*remove)(trap_listener_t *this, const hwo_sp_id_t *id,
				   uint32_t reqid);

	/**
	 * Check if the current thread gives up a trap.
	 *
	 * @param reqid		reqid of the trap
	 * @return			its names, that of its connection is not known; NULL if
	 *					it does not
	 */
	const hwo_names_t *(*get_failed)(trap_listener_t *this, uint32_t reqid);

	void (*destroy)(trap_listener_t *this);
};

/**
 * Start to listen.
 */
trap_listener_t *hwo_trap_listener_create(void);

#endif /** HWO_TRAP_LISTENER_H_ @}*/
