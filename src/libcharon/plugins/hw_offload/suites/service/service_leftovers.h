/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A daemon that keeps a journal, and a CHILD_SA that it may leave.
 */

#ifndef SERVICE_LEFTOVERS_H_
#define SERVICE_LEFTOVERS_H_

#include "service_suites.h"

/** SPIs of the pair */
#define IN 0xc0000011
#define OUT 0xc0000012

extern test_sa_t left_in, left_out;
extern test_sp_t left_sp_in, left_sp_out;

/** Describe them in packet mode, and release them */
void leftovers_setup(void);
void leftovers_teardown(void);

/** Start a backend that keeps a journal */
void leftovers_start(int leftover_time);

/** Install the pair and its SPs */
void leftovers_install(void);

#endif /* SERVICE_LEFTOVERS_H_ */
