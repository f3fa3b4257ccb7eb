/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_backend_services backend_services
 * @{ @ingroup hw_offload
 *
 * The services behind charon's interface, and who is told about whom: started
 * from the lowest to the highest, and stopped the other way round.
 */

#ifndef BACKEND_SERVICES_H_
#define BACKEND_SERVICES_H_

#include "kernel_features.h"
#include "../io/kernel_sockets.h"
#include "../service/sync/xfrm_events.h"
#include "../service/journal/stale_state.h"
#include "../service/sync/link_events.h"
#include "../service/sync/child_worker.h"
#include "../service/sa/sa_shared.h"
#include "../service/status/status_service.h"

typedef struct hwo_services_t hwo_services_t;

/**
 * The services, all NULL before they are started.
 */
struct hwo_services_t {

	/**
	 * Journal of what is ours.
	 */
	journal_t *journal;

	/**
	 * Exchange with XFRM that uses the journal, and the one behind it.
	 */
	nl_exchange_t *xfrm, *plain;

	/**
	 * Removes what nobody wants.
	 */
	stale_state_t *stale_state;

	/**
	 * Selection of devices.
	 */
	egress_device_t *devices;

	/**
	 * Records of CHILD_SAs.
	 */
	child_table_t *table;

	/**
	 * Follows what happens to CHILD_SAs in charon.
	 */
	child_listener_t *names;

	/**
	 * Requests to rekey.
	 */
	sa_expiry_t *rekey;

	/**
	 * Table of SPs.
	 */
	sp_table_t *sp_table;
	/** order of SPs */
	sp_precedence_t *precedence;

	/**
	 * CHILD_SAs that could not be installed.
	 */
	failed_children_t *failures;

	/**
	 * What it takes to install SAs.
	 */
	hwo_sa_shared_t sas;

	/**
	 * Watcher of limits.
	 */
	limit_watcher_t *watcher;

	/**
	 * Order of SAs in the kernel.
	 */
	sad_order_t *sad_order;

	/**
	 * Installer of SPs.
	 */
	sp_installer_t *sps;

	/**
	 * Order of SPs in the kernel.
	 */
	spd_order_t *order;

	/**
	 * Bypass for IKE.
	 */
	ike_bypass_t *bypass;

	/**
	 * Does what there is to do about CHILD_SAs.
	 */
	child_worker_t *worker;

	/**
	 * Events of the kernel.
	 */
	xfrm_events_t *events;

	/**
	 * Announcements about links.
	 */
	link_events_t *links;

	/**
	 * Tells clients about all that, NULL if it does not.
	 */
	status_service_t *status;
};

/**
 * Start the services, with the settings of strongswan.conf.
 *
 * @param this			[out] services, to be stopped also on failure
 * @param kernel		kernel, its doors are adopted, also on failure
 * @param features		what the kernel can do
 * @param guard			what guards behind offloaded policies depend on
 * @return				FALSE if the kernel does not let us in, which is logged
 */
bool hwo_services_start(hwo_services_t *this,
						const hwo_kernel_sockets_t *kernel,
						const hwo_kernel_features_t *features,
						const hwo_guard_rules_t *guard);

/**
 * Stop the services that were started.
 */
void hwo_services_stop(hwo_services_t *this);

#endif /** BACKEND_SERVICES_H_ @}*/
