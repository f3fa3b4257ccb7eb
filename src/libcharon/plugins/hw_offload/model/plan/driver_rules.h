/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_driver_rules driver_rules
 * @{ @ingroup hwo_model
 *
 * What drivers are known not to do, and do not refuse. NVIDIA has packages of
 * its own with the driver of Linux for ConnectX (mlx5), in another version than
 * that of the kernel they are for.
 *
 * All functions are pure.
 */

#ifndef HWO_DRIVER_RULES_H_
#define HWO_DRIVER_RULES_H_

#include "../../hwo_types.h"

/**
 * Whether NICs match subnets in packet mode.
 */
typedef enum hwo_subnets_t {
	/** as known of the driver */
	HWO_SUBNETS_BY_DRIVER,
	/** none of them */
	HWO_SUBNETS_NO,
	/** all but those of IPv6 with different prefix lengths, or as known */
	HWO_SUBNETS_YES,
	/** all */
	HWO_SUBNETS_ALL,
} hwo_subnets_t;

/**
 * What is known of drivers.
 */
typedef struct hwo_driver_rules_t {
	/** what those of the running kernel don't match, of hwo_shape_t */
	u_int kernel;
	/** what is configured */
	hwo_subnets_t subnets;
} hwo_driver_rules_t;

/**
 * Check if a driver is from a package of NVIDIA's.
 */
bool hwo_driver_is_packaged(const hwo_driver_t *driver);

/**
 * Find out what NICs with a driver don't match besides what none does.
 *
 * @return			of hwo_shape_t
 */
u_int hwo_driver_unmatched(const hwo_driver_rules_t *rules,
						   const hwo_driver_t *driver);

#endif /** HWO_DRIVER_RULES_H_ @}*/
