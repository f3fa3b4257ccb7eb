/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * What the tests of the model floor share.
 */

#ifndef MODEL_SUITES_H_
#define MODEL_SUITES_H_

#include <check.h>

#include <library.h>

/** No thread of a test takes longer, in seconds */
#define TEST_DEADLINE 10

/** The test cases by subject. */
TCase *bind_tcase(void);
TCase *plan_tcase(void);
TCase *plan_facts_tcase(void);
TCase *verdict_tcase(void);
TCase *selector_tcase(void);
TCase *shapes_tcase(void);
TCase *driver_tcase(void);
TCase *priority_tcase(void);
TCase *sp_user_tcase(void);
TCase *sp_table_tcase(void);
TCase *sp_order_tcase(void);
TCase *icmp_tcase(void);
TCase *sp_guard_tcase(void);
TCase *sad_buckets_tcase(void);
TCase *sad_chain_tcase(void);
TCase *spd_growth_tcase(void);
TCase *limits_tcase(void);
TCase *child_tcase(void);
TCase *notes_tcase(void);
TCase *rooms_tcase(void);
TCase *waiting_tcase(void);
TCase *journal_tcase(void);
TCase *ifname_tcase(void);
TCase *failed_tcase(void);
TCase *device_tcase(void);
TCase *route_tcase(void);
TCase *nets_tcase(void);
TCase *view_tcase(void);

/** Set up and tear down libstrongswan. */
void model_setup(void);
void model_teardown(void);

#endif /** MODEL_SUITES_H_ */
