/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_egress_device egress_device
 * @{ @ingroup hwo_service
 *
 * Finds the device whose NIC sees a flow: the one the route to the peer leaves
 * by, which is not always the owner of the local address, or the one that is
 * configured for the local address. Tells what it may be asked for, and whether
 * packets may leave by others, too.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_EGRESS_DEVICE_H_
#define HWO_EGRESS_DEVICE_H_

#include "../../io/link_driver.h"
#include "../../io/link_features.h"
#include "../../io/link_state.h"
#include "../../io/route_lookup.h"
#include "../../model/state/device_history.h"
#include "../../model/plan/device_rules.h"

typedef struct egress_device_t egress_device_t;

/**
 * Selection of devices.
 */
struct egress_device_t {

	/**
	 * Find the device that a flow leaves by.
	 *
	 * @param flow		packets
	 * @param device	[out] device, and what it may be asked for
	 */
	void (*find)(egress_device_t *this, const hwo_flow_t *flow,
				 hwo_device_t *device);

	/**
	 * Find the device that carries the packets of an SA.
	 *
	 * @param device	[out] device, and what it may be asked for
	 */
	void (*find_sa)(egress_device_t *this, const hwo_sa_id_t *id,
					const hwo_sa_facts_t *facts, hwo_device_t *device);

	/**
	 * Deny packet mode if the kernel looks for policies by the inner route, and
	 * that is by another device than the outer one.
	 *
	 * @param device	[in,out] device that carries its packets
	 */
	void (*check_inner)(egress_device_t *this, const hwo_sa_id_t *id,
						const hwo_sa_facts_t *facts, hwo_device_t *device);

	/**
	 * Tell what a device may be asked for.
	 */
	void (*judge)(egress_device_t *this, uint32_t ifindex,
				  hwo_device_t *device);

	/**
	 * Get what was learned about devices.
	 *
	 * @return			history, valid as long as this
	 */
	device_history_t *(*get_history)(egress_device_t *this);

	/**
	 * Get the index of an interface.
	 *
	 * @return			ifindex, 0 if there is none
	 */
	uint32_t (*by_name)(egress_device_t *this, const char *name);

	/**
	 * Get the name of the XFRM interface with an interface ID.
	 *
	 * @param if_id		interface ID, 0 for none
	 * @param buf		[out] name, empty if there is none
	 * @return			FALSE if there is none
	 */
	bool (*xfrm_name)(egress_device_t *this, uint32_t if_id,
					  char buf[IFNAMSIZ]);

	/**
	 * Get the current name of a device, for the log.
	 *
	 * @param ifindex	device, 0 for none
	 * @param buf		[out] name, or "if<index>" if it is not known, "-" for
	 *					none
	 * @return			buf
	 */
	char *(*name)(egress_device_t *this, uint32_t ifindex,
				  char buf[IFNAMSIZ]);

	/**
	 * Destroy, including what it was created with.
	 */
	void (*destroy)(egress_device_t *this);
};

/**
 * Create the selection of devices.
 *
 * @param routes	route lookups, adopted
 * @param links		links, adopted; NULL if their names are not known
 * @param features	offload features of links, adopted; NULL if not known
 * @param driver	tells the driver of a device, NULL if not known
 * @param rules		settings for devices, content adopted
 * @param inner_routes	TRUE if the kernel looks for policies in tunnel mode by
 *					the device of the inner route
 */
egress_device_t *hwo_egress_device_create(route_lookup_t *routes,
										  link_state_t *links,
										  link_features_t *features,
										  hwo_link_driver_t driver,
										  hwo_device_rules_t *rules,
										  bool inner_routes);

#endif /** HWO_EGRESS_DEVICE_H_ @}*/
