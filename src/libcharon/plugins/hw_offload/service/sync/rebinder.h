/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_rebinder rebinder
 * @{ @ingroup hwo_service
 *
 * Lets SAs and SPs follow their packets: after anything changed that may have
 * led them to another device (routes, rules, next hops, links, addresses), or
 * that lets a device do more or less, each pair of SAs is compared with where it
 * would be installed now. See bind_plan for what follows from that.
 *
 * What has changed is not looked at, only that it did: the kernel is asked about
 * the route of each different pair of addresses and mark, once. That happens a
 * while after the first change, so that one check serves all that come with it,
 * and changes that go on and on don't put it off. If it had SAs moved, the next
 * one comes after twice the time, up to a limit, so a route that flaps does not
 * keep SAs busy.
 *
 * Thread-safety: changes are noted on threads of the watcher, checks run on
 * those of the processor, one at a time. No lock is held while the kernel or
 * charon are asked.
 */

#ifndef HWO_REBINDER_H_
#define HWO_REBINDER_H_

#include "../device/egress_device.h"
#include "../sa/sa_mover.h"
#include "../charon/sa_expiry.h"
#include "../sp/sp_installer.h"
#include "../../io/nl_transport.h"
#include "../../model/plan/bind_plan.h"
#include "../../model/state/sa_table.h"

typedef struct rebinder_t rebinder_t;

/**
 * Settings of the rebinder.
 */
typedef struct hwo_rebind_settings_t {
	/** FALSE to leave everything where it was installed */
	bool enabled;
	/** milliseconds from a change to the check */
	u_int delay;
	/** what the plan depends on */
	hwo_bind_rules_t rules;
} hwo_rebind_settings_t;

/**
 * Rebinder.
 */
struct rebinder_t {

	/**
	 * Stop listening, wait for a check that is running, and destroy.
	 */
	void (*destroy)(rebinder_t *this);
};

/**
 * Start to listen.
 *
 * @param changes		transport that joined route_lookup_groups, adopted
 * @param xfrm			exchange with XFRM
 * @param devices		selection of devices
 * @param mover			mover of SAs
 * @param sps			installer of SPs
 * @param table			records of SAs
 * @param rekey			requests to rekey
 * @param settings		settings, copied
 */
rebinder_t *hwo_rebinder_create(nl_transport_t *changes, nl_exchange_t *xfrm,
								egress_device_t *devices, sa_mover_t *mover,
								sp_installer_t *sps, sa_table_t *table,
								sa_expiry_t *rekey,
								const hwo_rebind_settings_t *settings);

#endif /** HWO_REBINDER_H_ @}*/
