/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_spd_growth spd_growth
 * @{ @ingroup hwo_model
 *
 * Tells when the kernel's hash table of outbound SPs may have grown, which is
 * when it puts guards before the SPs that they stand behind.
 *
 * The table doubles when an SP is added and there are as many of them as
 * buckets, once for any number of SPs that are added until a work item has done
 * it. If one of another direction is added, it may double if it has not kept
 * pace. It never shrinks. The kernel does not tell its size, so this follows
 * the smallest one that the table can have.
 *
 * All functions are pure. Times are monotonic, in milliseconds.
 */

#ifndef HWO_SPD_GROWTH_H_
#define HWO_SPD_GROWTH_H_

#include <library.h>

/** Milliseconds after which the kernel has certainly let the table grow. */
#define HWO_SPD_GROWN 1000

/**
 * What is known about the table.
 */
typedef struct hwo_spd_growth_t {
	/** number of buckets it has at least, 0 before anything is known */
	uint32_t buckets;
	/** time of the first check since it may grow, 0 if it does not */
	uint64_t since;
	/** time when an outbound SP was added, the first since it has grown */
	uint64_t added;
	/** number of outbound SPs at the last check */
	uint32_t count;
} hwo_spd_growth_t;

/**
 * Note that an outbound SP was added.
 */
void hwo_spd_growth_added(hwo_spd_growth_t *growth, uint64_t now);

/**
 * Check if the order of SPs has to be mended, some time after one of any
 * direction was added.
 *
 * @param growth	what is known, updated
 * @param count		number of outbound SPs
 * @param now		current time, not 0
 * @param again		[out] milliseconds after which to check again, 0 not to
 * @return			TRUE if the table may have grown
 */
bool hwo_spd_growth_check(hwo_spd_growth_t *growth, uint32_t count,
						  uint64_t now, u_int *again);

#endif /** HWO_SPD_GROWTH_H_ @}*/
