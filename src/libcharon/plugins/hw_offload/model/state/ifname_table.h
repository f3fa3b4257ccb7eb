/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_ifname_table ifname_table
 * @{ @ingroup hwo_model
 *
 * Which indices the names of interfaces stood for when SPs were limited to
 * them. charon knows names only, but the SPD knows indices: an SP has to be
 * found by its name even if the interface is gone, or has another index
 * meanwhile.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_IFNAME_TABLE_H_
#define HWO_IFNAME_TABLE_H_

#include <library.h>

typedef struct ifname_table_t ifname_table_t;

/**
 * Table of names and indices.
 */
struct ifname_table_t {

	/**
	 * An SP was limited to an interface.
	 */
	void (*add)(ifname_table_t *this, const char *name, uint32_t ifindex);

	/**
	 * An SP that was limited to an interface is gone.
	 */
	void (*remove)(ifname_table_t *this, const char *name, uint32_t ifindex);

	/**
	 * Get an index that a name stands or stood for while there are SPs.
	 *
	 * @param current	index it stands for now, 0 for none
	 * @param n			0 for the current one, if any, from then on those it
	 *					stood for before, the latest first
	 * @return			index, 0 if there are no more
	 */
	uint32_t (*get)(ifname_table_t *this, const char *name, uint32_t current,
					u_int n);

	void (*destroy)(ifname_table_t *this);
};

/**
 * Create an empty table.
 */
ifname_table_t *hwo_ifname_table_create(void);

#endif /** HWO_IFNAME_TABLE_H_ @}*/
