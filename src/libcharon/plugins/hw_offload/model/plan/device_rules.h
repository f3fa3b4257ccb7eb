/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_device_rules device_rules
 * @{ @ingroup hwo_model
 *
 * What a device may be asked for: by its kind, by its offload feature, and by
 * the settings of the administrator. What its driver makes of it is not known
 * here.
 *
 * Thread-safety: rules are not changed once they are in use.
 */

#ifndef HWO_DEVICE_RULES_H_
#define HWO_DEVICE_RULES_H_

#include <collections/array.h>

#include "driver_rules.h"
#include "offload_plan.h"

/**
 * Settings for a device.
 */
typedef struct hwo_device_rule_t {
	/** name of the device, or an alternative one */
	char name[HWO_IFNAME_SIZE];
	/** TRUE if only some modes are allowed */
	bool restricted;
	/** allowed modes, indexed by hwo_mode_t */
	bool allowed[HWO_MAX_STEPS];
	/** SAs it may have in each mode, 0 for any number */
	u_int max_sas;
} hwo_device_rule_t;

/**
 * A local address whose traffic goes through a device.
 */
typedef struct hwo_local_rule_t {
	/** address */
	hwo_addr_t addr;
	/** name of the device, or an alternative one */
	char name[HWO_IFNAME_SIZE];
} hwo_local_rule_t;

/**
 * All settings for devices.
 */
typedef struct hwo_device_rules_t {
	/** hwo_device_rule_t, by value */
	array_t *devices;
	/** hwo_local_rule_t, by value */
	array_t *locals;
	/** what is known of drivers */
	hwo_driver_rules_t drivers;
} hwo_device_rules_t;

/**
 * Create rules without any content.
 */
void hwo_device_rules_init(hwo_device_rules_t *rules);

/**
 * Release what is in there.
 */
void hwo_device_rules_clear(hwo_device_rules_t *rules);

/**
 * Get the rule for a device.
 *
 * @param name			name of the device
 * @return				FALSE if there is none, rule is zero then
 */
bool hwo_device_rules_get(const hwo_device_rules_t *rules, const char *name,
						  hwo_device_rule_t *rule);

/**
 * Get the device configured for a local address.
 *
 * @param local			address
 * @return				name, valid as long as the rules, NULL if there is none
 */
const char *hwo_device_rules_local(const hwo_device_rules_t *rules,
								   const hwo_addr_t *local);

/**
 * Tell what a device may be asked for.
 *
 * Modes that are explicitly allowed are not denied because of the kind of
 * device, so that nobody has to wait for us if a kernel can do more one day.
 *
 * @param master		what it is enslaved to, zero if it is not
 * @param feature		state of its offload feature
 * @param rule			settings for it, zero if there are none
 * @param device		[out] what it may be asked for
 */
void hwo_device_judge(const hwo_link_t *link, const hwo_link_t *master,
					  hwo_feature_t feature, const hwo_device_rule_t *rule,
					  hwo_device_t *device);

#endif /** HWO_DEVICE_RULES_H_ @}*/
