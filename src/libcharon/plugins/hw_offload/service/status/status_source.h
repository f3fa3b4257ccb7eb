/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_source status_source
 * @{ @ingroup hwo_service
 *
 * What the status service tells about.
 */

#ifndef HWO_STATUS_SOURCE_H_
#define HWO_STATUS_SOURCE_H_

#include "../charon/child_listener.h"
#include "../device/egress_device.h"
#include "../../io/nl_exchange.h"
#include "../../model/state/failed_children.h"
#include "../../model/state/sp_table.h"

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
	/** releases traffic that stays blocked, of a connection, peer or network,
	 * or all (NULL); returns how many policies that were. */
	u_int (*release)(void *data, const char *what);
	/** lists policies that block and that nobody wants, asked for by the
	 * exchange: hwo_sp_state_t with labels of their own. */
	array_t *(*leftovers)(void *data, nl_exchange_t *xfrm);
	/** passed to both */
	void *data;
	/** what guards behind offloaded policies depend on */
	hwo_guard_rules_t guard;
	/** the kernel offloads no inbound SA with an XFRM interface ID, 7.1 */
	bool if_id_in_software;
} hwo_status_source_t;

#endif /** HWO_STATUS_SOURCE_H_ @}*/
