/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is known of drivers.
 */

#include "model_suites.h"

#include "../../model/plan/driver_rules.h"

#define NET HWO_SHAPE_SUBNET
#define UNEQUAL HWO_SHAPE_UNEQUAL

/** what the kernel's drivers don't match */
#define MINE (1 << 20)

/** drivers, and what they don't match */
static const struct {
	hwo_driver_t driver;
	u_int unmatched;
} drivers[] = {
	{ { "", "" }, MINE },
	{ { "mlx5_core", "" }, MINE },
	{ { "mlx5_core", "6.12.107+deb13-amd64" }, MINE },
	{ { "mlx5_core", "7.2.0-rc1" }, MINE },
	{ { "mlx5_core", "7.2-rc5-amd64" }, MINE },
	{ { "mlx5_core", "5.14.0-503.11.1.el9_5.x86_64" }, MINE },
	{ { "mlx5_core", "25.10" }, MINE },
	{ { "mlx5_core", "x" }, MINE },
	/* other packages have other versions */
	{ { "ixgbe", "25.10-1.7.1" }, MINE },
	{ { "nicsim", "24.10-1.1.4" }, MINE },
	{ { "mlx5_core", "5.8-6.0.4" }, NET },
	{ { "mlx5_core", "23.10-0.5.5" }, NET },
	{ { "mlx5_core", "25.04-0.6.0" }, NET },
	{ { "mlx5_core", "25.07-0.9.7" }, UNEQUAL },
	{ { "mlx5_core", "25.10-1.7.1" }, UNEQUAL },
	{ { "mlx5_core", "26.01-1.0.0" }, UNEQUAL },
};

START_TEST(test_driver)
{
	const hwo_driver_t *driver = &drivers[_i].driver;
	hwo_driver_rules_t rules = {
		.kernel = MINE,
	};
	u_int unmatched = drivers[_i].unmatched;

	ck_assert(hwo_driver_is_packaged(driver) == (unmatched != MINE));
	ck_assert_uint_eq(hwo_driver_unmatched(&rules, driver), unmatched);
	/* what is configured comes before */
	rules.subnets = HWO_SUBNETS_NO;
	ck_assert_uint_eq(hwo_driver_unmatched(&rules, driver), NET | unmatched);
	rules.subnets = HWO_SUBNETS_YES;
	ck_assert_uint_eq(hwo_driver_unmatched(&rules, driver), UNEQUAL);
	rules.subnets = HWO_SUBNETS_ALL;
	ck_assert_uint_eq(hwo_driver_unmatched(&rules, driver), 0);
}
END_TEST

START_TEST(test_kernel)
{
	hwo_driver_rules_t rules = {
		.subnets = HWO_SUBNETS_YES,
	};
	hwo_driver_t driver = {};

	/* nothing is taken from one that matches all */
	ck_assert_uint_eq(hwo_driver_unmatched(&rules, &driver), 0);
}
END_TEST

TCase *driver_tcase(void)
{
	TCase *tcase = tcase_create("driver");

	tcase_add_checked_fixture(tcase, model_setup, model_teardown);
	tcase_add_loop_test(tcase, test_driver, 0, countof(drivers));
	tcase_add_test(tcase, test_kernel);
	return tcase;
}
