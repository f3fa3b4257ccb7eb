/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sad_chain sad_chain
 * @{ @ingroup hwo_model
 *
 * The SAs of one bucket of the kernel's hash table, in any order.
 *
 * Thread-safety: for one thread at a time.
 */

#ifndef HWO_SAD_CHAIN_H_
#define HWO_SAD_CHAIN_H_

#include "../../hwo_types.h"

typedef struct hwo_sad_entry_t hwo_sad_entry_t;

/**
 * Where an SA in packet mode is, relative to the others.
 */
typedef enum hwo_sad_order_t {
	HWO_SAD_BEFORE,
	HWO_SAD_BEHIND,
	HWO_SAD_UNKNOWN,
} hwo_sad_order_t;

/**
 * An SA.
 */
struct hwo_sad_entry_t {
	/** the next one in its bucket */
	hwo_sad_entry_t *next;
	/** the SA */
	hwo_sad_sa_t sa;
	/** its hash, from which the bucket follows */
	uint32_t hash;
	/** in packet mode: where it is; only counts if there are others */
	hwo_sad_order_t order;
	/** number of the change that put it there, or added it */
	u_int since;
	/** scan that has seen it */
	u_int scan;
	/** TRUE if it was reported, and nobody has looked at it since */
	bool reported;
	/** times that its CHILD_SA was rekeyed for this, and when it was last */
	u_int healed;
	uint64_t healed_last;
};

/**
 * Hash SAs as the kernel does. Both directions have the same hash, and the
 * bucket is in its lower bits.
 */
uint32_t hwo_sad_hash(const hwo_addr_t *src, const hwo_addr_t *dst,
					  uint32_t reqid);

/**
 * Find an SA.
 *
 * @param chain			where the first SA of its bucket is
 * @return				where it is, or would be appended
 */
hwo_sad_entry_t **hwo_sad_chain_find(hwo_sad_entry_t **chain,
									 const hwo_sad_sa_t *sa);

/**
 * Find the larval SA for which one was added, among those behind that.
 *
 * @return				where it is, NULL if there is none
 */
hwo_sad_entry_t **hwo_sad_chain_find_larval(hwo_sad_entry_t *added);

/**
 * Check if there are SAs that are not in packet mode.
 *
 * @param larval		FALSE to ignore larval ones
 */
bool hwo_sad_chain_has_others(const hwo_sad_entry_t *chain, bool larval);

/**
 * Take over how often the CHILD_SA was rekeyed that a new one replaces.
 *
 * @param chain			SAs of its bucket, without it
 */
void hwo_sad_entry_inherit(hwo_sad_entry_t *entry,
						   const hwo_sad_entry_t *chain);

/**
 * Note that the CHILD_SA of an SA is going to be rekeyed. If that has happened
 * a few times within an hour, it has to wait.
 *
 * @param now			current time in milliseconds
 * @return				time when it may, now if it is noted
 */
uint64_t hwo_sad_entry_heal(hwo_sad_entry_t *entry, uint64_t now);

#endif /** HWO_SAD_CHAIN_H_ @}*/
