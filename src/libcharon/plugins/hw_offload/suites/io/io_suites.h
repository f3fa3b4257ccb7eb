/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * What the tests of the io floor share.
 */

#ifndef IO_SUITES_H_
#define IO_SUITES_H_

#include <check.h>

#include "../fake/fake_kernel.h"
#include "../fake/patience.h"

/** answers from user space to user space need no more, in milliseconds */
#define TEST_DEADLINE (5000 * test_patience())

/** The test cases by subject. */
TCase *exchange_tcase(void);
TCase *dump_tcase(void);
TCase *monitor_tcase(void);
TCase *route_tcase(void);
TCase *socket_tcase(void);
TCase *answers_tcase(void);
TCase *link_tcase(void);
TCase *state_tcase(void);
TCase *state_daemon_tcase(void);
TCase *features_tcase(void);

/** Set up and tear down libstrongswan; no thread runs until io_start_threads().
 * Log lines are counted in io_log_lines, and the last one kept. */
void io_setup(void);
void io_teardown(void);
void io_start_threads(void);

/** Lines of DBG_KNL logged at level 1 since io_setup(), and the last one. */
extern int io_log_lines;
extern char io_log_last[256];

/** Wait until a value is at least that large, FALSE if it takes too long. */
bool io_wait_for(int *value, int expected);

/** Add to a value that is looked at by other threads. */
void io_add(int *value, int add);
int io_get(int *value);

/**
 * Enter a network namespace of our own, where we may do anything. Before any
 * thread is started. FALSE, and a visible line, if this is not permitted.
 */
bool io_enter_netns(const char *test);

/** Give a link an alternative name. 0, or an errno value */
int io_add_altname(uint32_t ifindex, const char *name);

/** Create a link of a kind, or change the flags of one. Errno value. */
int io_add_link(const char *name, const char *kind);
int io_add_xfrmi(const char *name, uint32_t if_id);
int io_del_link(const char *name);
int io_set_link(uint32_t ifindex, bool up, const char *rename,
				uint32_t master);

#endif /** IO_SUITES_H_ */
