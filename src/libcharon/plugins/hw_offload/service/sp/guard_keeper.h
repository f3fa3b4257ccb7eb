/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_guard_keeper guard_keeper
 * @{ @ingroup hwo_service
 *
 * Keeps guards whose CHILD_SA is gone, or was never there: why, since when and
 * for whom. They end with the next CHILD_SA or trap for the same traffic, by a
 * command, once the configuration is unloaded that had them protected and was
 * loaded when they were kept, at the end of the daemon, or if there are too
 * many of them, the oldest one first.
 *
 * Thread-safety: may be used by any thread; entries that are passed have to be
 * checked out.
 */

#ifndef HWO_GUARD_KEEPER_H_
#define HWO_GUARD_KEEPER_H_

#include "sp_attempts.h"

typedef struct guard_keeper_t guard_keeper_t;

/**
 * Keeper of guards.
 */
struct guard_keeper_t {

	/**
	 * Remove an SP from the kernel, but not its guard.
	 *
	 * @param entry		entry of the SP, with a guard
	 * @param why		why the guard stays
	 * @param names		names of the CHILD_SA
	 * @param peer		address of the peer
	 */
	void (*keep)(guard_keeper_t *this, hwo_sp_entry_t *entry,
				 hwo_block_reason_t why, const hwo_names_t *names,
				 const hwo_addr_t *peer);

	/**
	 * Remove the SP of a trap that is given up, as another SP of it could not
	 * be installed. Its guard stays if the trap blocks when it is refused, or
	 * if the guard stayed before.
	 *
	 * @param entry		entry of the SP
	 * @param user		user that was the last one
	 * @param names		names of the trap
	 * @param strict	TRUE if the trap blocks when it is refused
	 * @return			FALSE if the guard does not stay, nothing is done then
	 */
	bool (*keep_failed)(guard_keeper_t *this, hwo_sp_entry_t *entry,
						const hwo_sp_request_t *user, const hwo_names_t *names,
						bool strict);

	/**
	 * Block the traffic of an SP that could not be installed, if there is
	 * nothing else for it. Its names are not known yet.
	 *
	 * @param user		user whose SP could not be installed
	 * @return			FALSE if that failed
	 */
	bool (*block)(guard_keeper_t *this, hwo_sp_entry_t *entry,
				  const hwo_sp_request_t *user);

	/**
	 * Release guards until there are not too many. No entry may be checked out
	 * by the caller.
	 */
	void (*trim)(guard_keeper_t *this);

	/**
	 * Release guards.
	 *
	 * @param what		name of a connection, address of a peer, or network or
	 *					address to which the traffic goes, NULL for all
	 * @param who		what the log says about who wants that
	 * @return			number of those that were released
	 */
	u_int (*release)(guard_keeper_t *this, const char *what, const char *who);

	/**
	 * Destroy, guards stay until they are released.
	 */
	void (*destroy)(guard_keeper_t *this);
};

/**
 * Create a keeper.
 *
 * @param sps			table of SPs, not adopted
 * @param attempts		changes SPs, not adopted
 * @param max			number of guards that are kept at most
 */
guard_keeper_t *hwo_guard_keeper_create(sp_table_t *sps,
										sp_attempts_t *attempts, u_int max);

#endif /** HWO_GUARD_KEEPER_H_ @}*/
