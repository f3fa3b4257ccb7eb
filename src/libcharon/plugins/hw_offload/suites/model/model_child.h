/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A table of CHILD_SAs, and SAs to add to it.
 */

#ifndef MODEL_CHILD_H_
#define MODEL_CHILD_H_

#include "model_suites.h"
#include "../../model/state/child_table.h"

/** threads of charon that install SAs */
#define ONE 11
#define TWO 22

extern child_table_t *child_table;

void child_setup(void);
void child_teardown(void);

/** Identity of an SA between 192.168.50.1 and .2 */
hwo_sa_id_t child_sa_id(uint32_t spi, bool inbound);

/** Install an SA, get the key of its record */
u_int child_add_id(const hwo_sa_id_t *id, bool inbound, uint32_t reqid,
				   uintptr_t thread);
u_int child_add(uint32_t spi, bool inbound, uint32_t reqid, uintptr_t thread);

/** Remove an SA */
void child_del(uint32_t spi, bool inbound);

/** Count the records */
int child_count(void);

#endif /* MODEL_CHILD_H_ */
