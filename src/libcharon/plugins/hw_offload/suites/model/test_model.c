/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the model floor: pure decisions and state, no kernel.
 */

#include "model_suites.h"

#include <stdlib.h>

void model_setup(void)
{
	ck_assert(library_init(NULL, "test_model"));
}

void model_teardown(void)
{
	library_deinit();
}

int main(int argc, char *argv[])
{
	SRunner *runner;
	Suite *suite;
	int failed;

	suite = suite_create("model");
	suite_add_tcase(suite, bind_tcase());
	suite_add_tcase(suite, plan_tcase());
	suite_add_tcase(suite, plan_facts_tcase());
	suite_add_tcase(suite, verdict_tcase());
	suite_add_tcase(suite, selector_tcase());
	suite_add_tcase(suite, shapes_tcase());
	suite_add_tcase(suite, driver_tcase());
	suite_add_tcase(suite, priority_tcase());
	suite_add_tcase(suite, sp_user_tcase());
	suite_add_tcase(suite, sp_table_tcase());
	suite_add_tcase(suite, sp_order_tcase());
	suite_add_tcase(suite, icmp_tcase());
	suite_add_tcase(suite, sp_guard_tcase());
	suite_add_tcase(suite, sad_buckets_tcase());
	suite_add_tcase(suite, sad_chain_tcase());
	suite_add_tcase(suite, spd_growth_tcase());
	suite_add_tcase(suite, limits_tcase());
	suite_add_tcase(suite, child_tcase());
	suite_add_tcase(suite, notes_tcase());
	suite_add_tcase(suite, rooms_tcase());
	suite_add_tcase(suite, waiting_tcase());
	suite_add_tcase(suite, journal_tcase());
	suite_add_tcase(suite, ifname_tcase());
	suite_add_tcase(suite, failed_tcase());
	suite_add_tcase(suite, device_tcase());
	suite_add_tcase(suite, route_tcase());
	suite_add_tcase(suite, nets_tcase());
	suite_add_tcase(suite, view_tcase());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
