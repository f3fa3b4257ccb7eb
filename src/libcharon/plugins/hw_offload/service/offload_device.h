/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_offload_device offload_device
 * @{ @ingroup hwo_service
 *
 * Finds the device whose NIC sees a flow: the one the route to the peer leaves
 * by, which is not always the owner of the local address.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_OFFLOAD_DEVICE_H_
#define HWO_OFFLOAD_DEVICE_H_

#include "../io/link_state.h"
#include "../io/route_lookup.h"
#include "../model/offload_plan.h"

typedef struct offload_device_t offload_device_t;

/**
 * Selection of devices.
 */
struct offload_device_t {

	/**
	 * Find the device for traffic between two addresses.
	 *
	 * @param local		our address, wildcard if not known
	 * @param remote	the peer's address
	 * @param mark		mark of the packets on the wire, 0 for none
	 * @param reason	[out] why there is none
	 * @return			ifindex, 0 if there is none
	 */
	uint32_t (*find)(offload_device_t *this, const hwo_addr_t *local,
					 const hwo_addr_t *remote, uint32_t mark,
					 hwo_reason_t *reason);

	/**
	 * Get the index of an interface.
	 *
	 * @param name		name
	 * @return			ifindex, 0 if there is none
	 */
	uint32_t (*by_name)(offload_device_t *this, const char *name);

	/**
	 * Get the name of the XFRM interface with an interface ID.
	 *
	 * @param if_id		interface ID, 0 for none
	 * @param buf		[out] name, empty if there is none
	 * @return			FALSE if there is none
	 */
	bool (*xfrm_name)(offload_device_t *this, uint32_t if_id,
					  char buf[IFNAMSIZ]);

	/**
	 * Get the current name of a device, for the log.
	 *
	 * @param ifindex	index
	 * @param buf		[out] name, or "if<index>" if it is not known
	 * @return			buf
	 */
	char *(*name)(offload_device_t *this, uint32_t ifindex,
				  char buf[IFNAMSIZ]);

	/**
	 * Destroy, including what it was created with.
	 */
	void (*destroy)(offload_device_t *this);
};

/**
 * Create the selection of devices.
 *
 * @param routes	route lookups, adopted
 * @param links		links, adopted; NULL if their names are not known
 */
offload_device_t *offload_device_create(route_lookup_t *routes,
										link_state_t *links);

#endif /** HWO_OFFLOAD_DEVICE_H_ @}*/
