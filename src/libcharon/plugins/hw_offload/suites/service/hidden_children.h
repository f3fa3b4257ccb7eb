/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_hidden_children hidden_children
 * @{ @ingroup hwo_suites
 *
 * CHILD_SAs that hide each other: of one peer, each for a port.
 */

#ifndef HWO_HIDDEN_CHILDREN_H_
#define HWO_HIDDEN_CHILDREN_H_

#include "service_suites.h"

#include "../fake/fake_traffic.h"

/** CHILD_SAs of a test */
#define MAX_CHILDREN 1000

/**
 * A CHILD_SA.
 */
typedef struct {
	/** its SAs, and the outbound SP */
	test_sa_t in, out;
	test_sp_t sp;
	/** flow of its packets */
	u_int flow;
} hidden_child_t;

/** CHILD_SAs, and their number */
extern hidden_child_t hidden_children[MAX_CHILDREN];
extern int hidden_count;

/** TRUE if there is no traffic for those that are added */
extern bool hidden_silent;

/**
 * Add a CHILD_SA, and have traffic for it.
 */
hidden_child_t *hidden_add(uint32_t reqid, hw_offload_t requested);

/**
 * Rekey a CHILD_SA, as charon does.
 */
void hidden_rekey(hidden_child_t *child, hw_offload_t requested);

/**
 * Remove what a CHILD_SA has in the kernel.
 */
void hidden_uninstall(hidden_child_t *child);

/**
 * Check what becomes of a packet of a CHILD_SA.
 */
void hidden_check_fate(const hidden_child_t *child, fake_fate_t fate);

/**
 * Wait until charon was asked to rekey a CHILD_SA, and nothing else.
 */
void hidden_wait_asked(const hidden_child_t *child);

/**
 * Fixture.
 */
void hidden_setup(void);
void hidden_teardown(void);

#endif /** HWO_HIDDEN_CHILDREN_H_ @}*/
