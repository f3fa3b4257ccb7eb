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
 * Thread-safety: all state belongs to the entry.
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
} hwo_error_block_t;

/**
 * Find out what changes with an entry, and note it there.
 *
 * @param entry		entry of an SP, checked out
 * @param enabled	TRUE to block anything
 * @param change	[out] change
 */
void hwo_error_block_get(hwo_sp_entry_t *entry, bool enabled,
						 hwo_error_block_t *change);

/**
 * Make that change. No entry may be checked out. What fails is logged.
 *
 * @param change	change
 * @param sps		installer
 */
void hwo_error_block_apply(const hwo_error_block_t *change,
						   sp_installer_t *sps);

#endif /** HWO_ERROR_BLOCK_H_ @}*/
