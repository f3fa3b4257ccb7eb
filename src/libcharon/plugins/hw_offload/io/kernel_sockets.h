/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_kernel kernel
 * @{ @ingroup hwo_io
 *
 * All our doors to the running kernel, opened together.
 */

#ifndef HWO_KERNEL_SOCKETS_H_
#define HWO_KERNEL_SOCKETS_H_

#include <sys/utsname.h>

#include "link_driver.h"
#include "link_features.h"
#include "link_state.h"
#include "nl_transport.h"

/**
 * Opens further transports to XFRM, for as long as one is interested in what a
 * multicast group announces.
 */
typedef struct hwo_listener_t {
	/**
	 * Open a transport.
	 *
	 * @param data		see below
	 * @param groups	multicast groups to join, 0-terminated
	 * @return			transport, NULL on failure
	 */
	nl_transport_t *(*open)(void *data, const int *groups);
	/** passed to open() */
	void *data;
} hwo_listener_t;

/**
 * The kernel, as seen from the floors above.
 */
typedef struct hwo_kernel_sockets_t {
	/** name and release */
	struct utsname uname;
	/** requests to XFRM */
	nl_transport_t *xfrm;
	/** events of XFRM, joined hwo_xfrm_event_groups */
	nl_transport_t *xfrm_events;
	/** further transports for what XFRM announces */
	hwo_listener_t listener;
	/** requests to rtnetlink */
	nl_transport_t *route;
	/** events of rtnetlink, joined route_lookup_groups */
	nl_transport_t *route_events;
	/** announcements about links, joined hwo_rt_link_groups */
	nl_transport_t *link_events;
	/** requests for links, to rtnetlink */
	nl_transport_t *link_requests;
	/** the same events as route_events, for who has to act upon them */
	nl_transport_t *route_changes;
	/** links, NULL if not available */
	link_state_t *links;
	/** their features, NULL if not available */
	link_features_t *features;
	/** their speed, see hwo_link_speed() */
	uint64_t (*link_speed)(uint32_t ifindex);
	/** their drivers */
	hwo_link_driver_t link_driver;
} hwo_kernel_sockets_t;

/**
 * Open all doors.
 *
 * @param kernel	[out] kernel
 * @param timeout	deadline for replies in milliseconds
 * @param rcvbuf	receive buffer for events in bytes, 0 for the system's
 *					default
 * @return			FALSE if one is missing, which is logged; all are closed
 *					then
 */
bool hwo_kernel_sockets_open(hwo_kernel_sockets_t *kernel, u_int timeout,
							 size_t rcvbuf);

#endif /** HWO_KERNEL_SOCKETS_H_ @}*/
