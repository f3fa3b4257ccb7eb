/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_link_events link_events
 * @{ @ingroup hwo_service
 *
 * Links that go down or come back. The kernel drops the SAs and SPs of a NIC
 * that goes down or is removed, and says nothing about them.
 *
 * Announcements are only noted when they come, one of charon's threads does
 * what they demand, in one go for all links that change together. If some are
 * lost, all links are listed anew, and whatever they may have dropped is
 * compared or installed again.
 *
 * Thread-safety: nothing is called by more than one thread at a time.
 */

#ifndef HWO_LINK_EVENTS_H_
#define HWO_LINK_EVENTS_H_

#include "../sp/ike_bypass.h"
#include "child_worker.h"
#include "../sp/sp_installer.h"
#include "../../io/nl_exchange.h"
#include "../../io/nl_monitor.h"
#include "../../model/state/device_history.h"

typedef struct link_events_t link_events_t;

/**
 * Announcements about links.
 */
struct link_events_t {

	/**
	 * Stop listening and destroy.
	 */
	void (*destroy)(link_events_t *this);
};

/**
 * Start to listen.
 *
 * @param transport		transport that joined hwo_rt_link_groups, adopted
 * @param exchange		exchange with rtnetlink, adopted
 * @param worker		compares with the kernel
 * @param bypass		bypass for IKE on NICs
 * @param history		what was learned about NICs
 */
link_events_t *hwo_link_events_create(nl_transport_t *transport,
									  nl_exchange_t *exchange,
									  child_worker_t *worker,
									  sp_installer_t *sps,
									  ike_bypass_t *bypass,
									  device_history_t *history);

#endif /** HWO_LINK_EVENTS_H_ @}*/
