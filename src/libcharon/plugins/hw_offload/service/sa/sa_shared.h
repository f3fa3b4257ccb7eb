/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_shared sa_shared
 * @{ @ingroup hwo_service
 *
 * What the services for SAs have in common.
 */

#ifndef HWO_SA_SHARED_H_
#define HWO_SA_SHARED_H_

#include "limit_watcher.h"
#include "sad_order.h"
#include "../charon/sa_expiry.h"
#include "../device/egress_device.h"
#include "../../io/kernel_sockets.h"
#include "../../io/nl_exchange.h"
#include "../../model/state/failed_children.h"
#include "../../model/state/sp_precedence.h"

/**
 * What the services for SAs have in common, nothing is owned.
 */
typedef struct hwo_sa_shared_t {
	/** exchange with XFRM */
	nl_exchange_t *xfrm;
	/** opens transports for notifications */
	hwo_listener_t listener;
	/** selection of devices */
	egress_device_t *devices;
	/** records of CHILD_SAs */
	child_table_t *table;
	/** order of SPs */
	sp_precedence_t *precedence;
	/** tells charon about the end of SAs, requests to rekey included */
	sa_expiry_t *rekey;
	/** watcher of limits */
	limit_watcher_t *watcher;
	/** order of SAs in the kernel */
	sad_order_t *order;
	/** memory of what could not be installed */
	failed_children_t *failures;
	/** TRUE to tell the kernel directions, Linux 6.10 and newer */
	bool set_dir;
} hwo_sa_shared_t;

#endif /** HWO_SA_SHARED_H_ @}*/
