/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_error_block error_block
 * @{ @ingroup hwo_service
 *
 * Blocks ICMP errors about what a CHILD_SA has decrypted, see icmp_errors. The
 * SPs are drop shunts of our own: CHILD_SAs between the same hosts share them.
 * There are some for each CHILD_SA that asks for offload, in whatever mode it
 * ends up, as errors leave in clear in each of them and modes change. Without
 * offload nothing differs from what kernel-netlink does.
 *
 * Thread-safety: all state belongs to the entry. It is not checked out during a
 * change, so one thread makes all changes that fall due until it is done.
 */

#ifndef HWO_ERROR_BLOCK_H_
#define HWO_ERROR_BLOCK_H_

#include "sp_installer.h"

/**
 * A change of what is blocked.
 */
typedef struct hwo_error_block_t {
	/** SPs, and their number */
	hwo_sp_t sps[HWO_ICMP_ERROR_SPS];
	int count;
	/** TRUE to block, FALSE to end that */
	bool block;
	/** those that are to block, those that do, and those that were refused
	 * before, a bit each. */
	uint32_t wanted, blocked, refused;
} hwo_error_block_t;

/**
 * Find out what changes with an entry, and start that. What was refused is not
 * tried again before its time.
 *
 * @param entry		entry of an SP, checked out
 * @param enabled	TRUE to block anything
 * @param now		monotonic time
 * @param change	[out] change
 * @return			FALSE if nothing changes, or another thread changes it
 */
bool hwo_error_block_start(hwo_sp_entry_t *entry, bool enabled, time_t now,
						   hwo_error_block_t *change);

/**
 * Make a change that was started. No entry may be checked out. What fails is
 * logged once.
 *
 * @param change	change, gets what blocks now
 * @param sps		installer
 */
void hwo_error_block_apply(hwo_error_block_t *change, sp_installer_t *sps);

/**
 * Note in an entry what was changed, and start what has become due meanwhile.
 * What failed is tried again if the entry is checked in after some time, which
 * grows.
 *
 * @param entry		the same entry, checked out again
 * @param enabled	TRUE to block anything
 * @param now		monotonic time
 * @param change	change that was made, [out] the next one
 * @return			FALSE if nothing else changes
 */
bool hwo_error_block_next(hwo_sp_entry_t *entry, bool enabled, time_t now,
						  hwo_error_block_t *change);

#endif /** HWO_ERROR_BLOCK_H_ @}*/
