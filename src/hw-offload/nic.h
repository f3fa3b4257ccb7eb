/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_nic nic
 *
 * Network interfaces, as the kernel and their drivers describe them. No rights
 * are needed to look at them.
 */

#ifndef NIC_H_
#define NIC_H_

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Value of a feature.
 */
typedef enum feature_t {
	FEATURE_UNKNOWN,
	/** can't be switched on */
	FEATURE_MISSING,
	FEATURE_OFF,
	FEATURE_ON,
} feature_t;

/**
 * An interface.
 */
typedef struct nic_t {
	/** index and name */
	uint32_t ifindex;
	char name[IFNAMSIZ];
	/** kind of a virtual interface ("bond", "vlan"), empty for others */
	char kind[32];
	/** interface below, or of the tunnel; 0 for none */
	uint32_t lower;
	/** bond or bridge it belongs to, 0 for none */
	uint32_t master;
	/** largest packet */
	uint32_t mtu;
	/** administratively up, and with a carrier */
	bool up, running;
	/** bond: mode (1 for active-backup), index of the active slave */
	int bond_mode;
	uint32_t active_slave;
	/** driver, firmware, and place on the bus; empty if not known */
	char driver[32], firmware[32], bus[32];
	/** features, as in "ethtool -k" */
	feature_t esp, esp_csum, esp_segmentation;
} nic_t;

/**
 * Get all interfaces of this network namespace.
 *
 * @param nics			[out] array, to be freed
 * @param count			[out] number of elements
 * @return				false if the kernel did not tell, errno is set
 */
bool nic_list(nic_t **nics, size_t *count);

/**
 * Find an interface by its index or name.
 *
 * @return				NULL if there is none
 */
const nic_t *nic_by_index(const nic_t *nics, size_t count, uint32_t ifindex);
const nic_t *nic_by_name(const nic_t *nics, size_t count, const char *name);

/**
 * Name of a feature's value.
 */
const char *feature_name(feature_t feature);

#endif /** NIC_H_ @}*/
