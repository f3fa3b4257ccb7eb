/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sad_buckets sad_buckets
 * @{ @ingroup hwo_model
 *
 * Tells which SAs in packet mode the kernel does not find for outbound packets.
 *
 * It has a hash table of SAs by reqid and addresses. For a policy in packet
 * mode, it looks for an SA in a bucket only up to the first one that is not in
 * packet mode, as it expects all others behind. But where each stands depends
 * on the past:
 *
 * - An SA in packet mode is put at the head.
 * - Any other one is put before the first of its kind, or also at the head if
 *   there is none. That hides all those in packet mode that are there, for as
 *   long as any other SA is in the bucket; those that come later are found.
 * - When the table grows, all SAs are taken from the old buckets, from the head
 *   on, and added to the new ones that way: wherever there is another SA, those
 *   in packet mode that were found are hidden, and those that were hidden are
 *   found.
 *
 * So what counts is only whether an SA in packet mode is before or behind the
 * others of its bucket. If that is not known, it counts as hidden: to rekey it
 * does no harm, and its successor is at the head.
 *
 * The kernel does not announce that its table grows, and larval SAs of which
 * only the SPI is allocated are not announced either. A CHILD_SA gets such an
 * SPI while it is negotiated; hwo_sad_buckets_t.get_reqid() keeps these SAs
 * from hiding others.
 *
 * Thread-safety: for one thread at a time.
 */

#ifndef HWO_SAD_BUCKETS_H_
#define HWO_SAD_BUCKETS_H_

#include "../../hwo_types.h"

typedef struct sad_buckets_t sad_buckets_t;

/**
 * Whether the kernel finds an SA.
 */
typedef enum hwo_hidden_t {
	/** it does, or there is no such SA */
	HWO_HIDDEN_NO,
	/** only larval SAs hide it, which do not stay for long */
	HWO_HIDDEN_LARVAL,
	/** another SA hides it, or that is not known */
	HWO_HIDDEN_YES,
} hwo_hidden_t;

/**
 * The kernel's table of SAs.
 */
struct sad_buckets_t {

	/**
	 * Note that an SA was added.
	 *
	 * @param update	TRUE if it may have been there already
	 */
	void (*add)(sad_buckets_t *this, const hwo_sad_sa_t *sa, bool update);

	/**
	 * Note that an SA was removed.
	 */
	void (*remove)(sad_buckets_t *this, const hwo_sad_sa_t *sa);

	/**
	 * Begin to compare with all SAs that the kernel has. What is added and
	 * removed until the end counts, too.
	 */
	void (*begin_scan)(sad_buckets_t *this);

	/**
	 * Note an SA that the kernel has.
	 */
	void (*seen)(sad_buckets_t *this, const hwo_sad_sa_t *sa);

	/**
	 * Forget SAs that were not seen. The order of the others is not known.
	 *
	 * @param complete	FALSE if not all were seen, so that none is forgotten
	 */
	void (*end_scan)(sad_buckets_t *this, bool complete);

	/**
	 * Get the number of changes, to be called before the kernel is asked for
	 * the size of its table.
	 */
	u_int (*get_changes)(sad_buckets_t *this);

	/**
	 * Note the size of the table.
	 *
	 * @param buckets	number of buckets, a power of two
	 * @param changes	number of changes before the kernel was asked
	 */
	void (*set_size)(sad_buckets_t *this, uint32_t buckets, u_int changes);

	/**
	 * Get SAs in packet mode that may be found or hidden now, but were not
	 * before. They are reported again only after is_hidden() was called.
	 *
	 * @return			hwo_sad_sa_t, by value
	 */
	array_t *(*get_changed)(sad_buckets_t *this);

	/**
	 * Check if an SA is hidden.
	 */
	hwo_hidden_t (*is_hidden)(sad_buckets_t *this, const hwo_sad_sa_t *sa);

	/**
	 * Note that a CHILD_SA is going to be rekeyed as its SA is hidden. If that
	 * has happened a few times within an hour, it has to wait.
	 *
	 * @param now		current time in milliseconds
	 * @return			time when it may, now if it is noted
	 */
	uint64_t (*heal)(sad_buckets_t *this, const hwo_sad_sa_t *sa, uint64_t now);

	/**
	 * Get a reqid for a larval SA, with which it hides no other SA.
	 *
	 * @return			reqid, 0 if there is no better one
	 */
	uint32_t (*get_reqid)(sad_buckets_t *this, const hwo_addr_t *src,
						  const hwo_addr_t *dst);

	void (*destroy)(sad_buckets_t *this);
};

/**
 * Create an empty table.
 */
sad_buckets_t *hwo_sad_buckets_create(void);

#endif /** HWO_SAD_BUCKETS_H_ @}*/
