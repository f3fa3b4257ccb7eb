/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Knows what drivers don't do.
 */

#include "driver_rules.h"

#include <stdio.h>

/** Packages that match subnets, major * 100 + minor */
#define PACKAGE_SUBNETS 2507

/**
 * Get the version of a package of NVIDIA's, such as "25.10-1.7.1": kernels have
 * a third number first, or none ("7.2-rc5").
 *
 * @return			major * 100 + minor, 0 for other drivers
 */
static u_int package_version(const hwo_driver_t *driver)
{
	u_int major, minor, build;

	if (!streq(driver->name, "mlx5_core") ||
		sscanf(driver->version, "%u.%u-%u", &major, &minor, &build) != 3)
	{
		return 0;
	}
	return major * 100 + minor;
}

bool hwo_driver_is_packaged(const hwo_driver_t *driver)
{
	return package_version(driver) != 0;
}

u_int hwo_driver_unmatched(const hwo_driver_rules_t *rules,
						   const hwo_driver_t *driver)
{
	u_int version = package_version(driver), unmatched = rules->kernel;

	if (version)
	{	/* none has the prefix lengths of IPv6 right so far */
		unmatched = version < PACKAGE_SUBNETS ? HWO_SHAPE_SUBNET
											  : HWO_SHAPE_UNEQUAL;
	}
	switch (rules->subnets)
	{
		case HWO_SUBNETS_NO:
			return unmatched | HWO_SHAPE_SUBNET;
		case HWO_SUBNETS_YES:
			return unmatched ? HWO_SHAPE_UNEQUAL : 0;
		case HWO_SUBNETS_ALL:
			return 0;
		case HWO_SUBNETS_BY_DRIVER:
			break;
	}
	return unmatched;
}
