/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The CHILD_SA of tests that need no other: all traffic between two hosts.
 */

#ifndef SERVICE_CHILD_H_
#define SERVICE_CHILD_H_

#include "service_suites.h"

#define LOCAL "192.168.50.1/32"
#define REMOTE "192.168.50.2/32"
#define SPI_IN 0xc1
#define SPI_OUT 0xc2

extern test_sa_t sa_in, sa_out;
extern test_sp_t sp_in, sp_out;

/** Fill these in */
void service_child_init(hw_offload_t requested);

/** Release them */
void service_child_clear(void);

/** Install them, none may fail */
void service_child_add(void);

/** Set up a backend, and fill them in for packet mode */
void service_child_setup(void);
void service_child_teardown(void);

/** Check if there is a guard, for any interface */
bool service_child_guarded(void);

/** Wait until the OUT policy is offloaded to a NIC, 0 for none */
bool service_child_wait(uint32_t ifindex);

#endif /* SERVICE_CHILD_H_ */
