/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_service status_service
 * @{ @ingroup hwo_service
 *
 * Tells clients on a UNIX socket how CHILD_SAs are offloaded, and why. Nothing
 * can be changed through it. Who may connect is decided by the permissions of
 * the socket, which belongs to the daemon's group.
 *
 * The protocol, version 1: a client sends one line,
 *
 *   hw-offload 1 COMMAND [ARGUMENT...]
 *
 * and gets lines with one JSON object each: first {"hw-offload":1,...}, then
 * one with a "type" for each item, at last {"end":true,"count":N}. A line with
 * "error" takes the place of the last one if something went wrong. Clients have
 * to ignore members and types that they don't know. See docs/json.md.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_STATUS_SERVICE_H_
#define HWO_STATUS_SERVICE_H_

#include "../device/egress_device.h"
#include "../../io/nl_exchange.h"
#include "../../model/state/failed_children.h"
#include "../charon/child_listener.h"
#include "../../model/state/sa_record.h"
#include "../../model/state/sp_table.h"

typedef struct status_service_t status_service_t;

/**
 * Service for clients who want to know.
 */
struct status_service_t {

	/**
	 * Destroy.
	 */
	void (*destroy)(status_service_t *this);
};

/**
 * What the service tells about.
 */
typedef struct hwo_status_source_t {
	/** version of the plugin */
	const char *version;
	/** exchange with XFRM for this service alone, adopted; so that nobody who
	 * installs SAs has to wait for clients. */
	nl_exchange_t *xfrm;
	/** names of devices */
	egress_device_t *devices;
	/** records of CHILD_SAs */
	child_table_t *table;
	/** tells what happens to CHILD_SAs */
	child_listener_t *names;
	/** table of SPs */
	sp_table_t *sp_table;
	/** CHILD_SAs that could not be installed */
	failed_children_t *failures;
	/** releases traffic that stays blocked, of a connection or network, or all
	 * (NULL); returns how many guards that were. */
	u_int (*release)(void *data, const char *what);
	/** passed to it */
	void *release_data;
	/** what guards behind offloaded policies depend on */
	hwo_guard_rules_t guard;
	/** the kernel offloads no inbound SA with an XFRM interface ID, 7.1 */
	bool if_id_in_software;
	/** NICs match subnets in packet mode, see hwo_kernel_features_t */
	bool subnets_matched;
} hwo_status_source_t;

/**
 * Start to serve clients.
 *
 * @param uri			socket
 * @param source		what to tell about, copied
 * @return				NULL if it can't listen, which is logged
 */
status_service_t *hwo_status_service_create(char *uri,
											const hwo_status_source_t *source);

#endif /** HWO_STATUS_SERVICE_H_ @}*/
