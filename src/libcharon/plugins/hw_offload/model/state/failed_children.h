/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_failed_children failed_children
 * @{ @ingroup hwo_model
 *
 * Remembers CHILD_SAs that were to be offloaded and could not be installed, so
 * that somebody who asks later is told why. Who installs knows the reason but
 * not the name, the daemon tells that when it gives the CHILD_SA up.
 *
 * A failure is forgotten when a CHILD_SA of that name and peer is up, or fails
 * again, that of a trap when one of that name is installed. All of them are
 * after a day, as peers may not come again, and when there are many newer ones.
 *
 * Thread-safety: may be used by any thread, data is copied in and out.
 */

#ifndef HWO_FAILED_CHILDREN_H_
#define HWO_FAILED_CHILDREN_H_

#include "sa_record.h"

#include <net/if.h>

#include <collections/array.h>

/** Failures that are remembered, and for how many seconds */
#define HWO_FAILED_CHILDREN 64
#define HWO_FAILED_SECONDS (24 * 60 * 60)

typedef struct failed_children_t failed_children_t;

/**
 * A CHILD_SA that failed.
 */
typedef struct hwo_failed_child_t {
	/** the SA that could not be installed, or that whose SP could not, with the
	 * device that was considered, the reason and the kernel's words, and
	 * without effective mode; spi 0 for traps, which have no SAs. */
	hwo_sa_record_t sa;
	/** name of that device then, it may be gone by now; empty for none */
	char device[IFNAMSIZ];
	/** when, seconds of the wall clock */
	time_t time;
} hwo_failed_child_t;

/**
 * Memory of failures.
 */
struct failed_children_t {

	/**
	 * Note why an SA or SP could not be installed. If that is so for several of
	 * a CHILD_SA, the first one counts.
	 *
	 * @param sa		facts as in hwo_failed_child_t, names and moves are not
	 *					looked at
	 * @param device	name of the device that was considered, empty for none
	 * @param now		time of the wall clock
	 * @return			FALSE if it is an outbound SA, and its inbound SA has
	 *					failed before
	 */
	bool (*note)(failed_children_t *this, const hwo_sa_record_t *sa,
				 const char *device, time_t now);

	/**
	 * Note that a CHILD_SA is given up.
	 *
	 * @param spi_in	SPI of its inbound SA, 0 if it has none; network order
	 * @param spi_out	the same for its outbound SA
	 * @param reqid		reqid, that counts if it has no SAs
	 * @param failed	[out] what is known about it
	 * @return			FALSE if that is nothing, or nothing new, or it was not
	 *					to be offloaded
	 */
	bool (*give_up)(failed_children_t *this, uint32_t spi_in, uint32_t spi_out,
					uint32_t reqid, const hwo_names_t *names,
					hwo_failed_child_t *failed);

	/**
	 * Forget what was noted about a CHILD_SA that was up, so that it ends for
	 * other reasons.
	 *
	 * @param spi_in	SPI of its inbound SA, network order
	 * @param spi_out	the same for its outbound SA
	 */
	void (*drop)(failed_children_t *this, uint32_t spi_in, uint32_t spi_out);

	/**
	 * Forget the failure of a CHILD_SA that is up now.
	 *
	 * @param sa		record of one of its SAs
	 */
	void (*forget)(failed_children_t *this, const hwo_sa_record_t *sa);

	/**
	 * Forget the failure of a trap that is installed now. Nobody tells the
	 * peer, so that is so for all traps of that name.
	 *
	 * @param child		name of the child
	 */
	void (*forget_trap)(failed_children_t *this, const char *child);

	/**
	 * List those that were given up, in the order in which they failed.
	 *
	 * @param now		time of the wall clock
	 * @return			array of hwo_failed_child_t
	 */
	array_t *(*list)(failed_children_t *this, time_t now);

	void (*destroy)(failed_children_t *this);
};

/**
 * Create an empty memory.
 */
failed_children_t *hwo_failed_children_create(void);

#endif /** HWO_FAILED_CHILDREN_H_ @}*/
