/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_child_worker child_worker
 * @{ @ingroup hwo_service
 *
 * Does what there is to do about CHILD_SAs, one at a time: puts them where
 * their packets go, and has charon rekey them. Others only say that something
 * happened.
 *
 * - Something changed that may have led packets to another device (routes,
 *   rules, next hops, links, addresses), or that lets a device do more or less:
 *   each CHILD_SA is compared with where it would be installed now. What has
 *   changed is not looked at, the kernel is asked about the route of each
 *   different pair of addresses and mark, once. That happens a while after the
 *   first change, so that one check serves all that come with it, and changes
 *   that go on and on don't put it off. If it had SAs moved, the next one comes
 *   after twice the time, up to a limit, so a route that flaps does not keep
 *   SAs busy.
 *
 * - Events were lost, or a device went down: SAs that are gone are rekeyed as
 *   soon as there is a route to the peer, so that the IKE_SA does not end for
 *   want of an answer while a cable is out. SAs beyond a soft limit are, too.
 *   Lost acquires are repeated by the kernel (net.core.xfrm_acq_expires).
 *
 * - Requests to rekey wait until charon knows the CHILD_SA, and for a rekeying
 *   that is under way: up to 6.1.0, charon crashes if it has to rekey the
 *   result of the peer's rekeying before the peer has concluded that
 *   (child_rekey_conclude_rekeying). As two CHILD_SAs may have the same reqid
 *   without a rekeying, they do not wait for long. So that not all CHILD_SAs
 *   are rekeyed at once, those that can wait do so, and those with traffic go
 *   first.
 *
 * What can't be done now is tried again, after growing times: a refusal may
 * depend on what else the device has, and charon may drop what it is asked for.
 *
 * Thread-safety: may be used by any thread, the work is done by one of those of
 * the processor. No lock is held while the kernel or charon are asked.
 */

#ifndef HWO_CHILD_WORKER_H_
#define HWO_CHILD_WORKER_H_

#include "../sa/sa_shared.h"
#include "../sp/sp_installer.h"
#include "../../io/nl_transport.h"
#include "../../model/plan/bind_plan.h"

typedef struct child_worker_t child_worker_t;

/**
 * Settings.
 */
typedef struct hwo_rebind_settings_t {
	/** FALSE to leave everything where it was installed */
	bool enabled;
	/** milliseconds from a change to the check */
	u_int delay;
	/** what the plan depends on */
	hwo_bind_rules_t rules;
	/** what guards depend on */
	hwo_guard_rules_t guard;
} hwo_rebind_settings_t;

/**
 * Worker.
 */
struct child_worker_t {

	/**
	 * Have our view compared with the kernel's, as events were lost.
	 */
	void (*compare)(child_worker_t *this);

	/**
	 * The same after a link went down if there are SAs on it, and again for
	 * some seconds as long as there seem to be: the kernel announces that
	 * before it takes the SAs away.
	 */
	void (*link_down)(child_worker_t *this, uint32_t ifindex);

	/**
	 * Have traps tried again that the NIC refuses, after growing times, whether
	 * CHILD_SAs follow routes or not: a link has changed.
	 */
	void (*retry)(child_worker_t *this);

	/**
	 * Stop, after work that is under way, and destroy.
	 */
	void (*destroy)(child_worker_t *this);
};

/**
 * Create a worker, which takes requests from now on.
 *
 * @param changes		transport that joined route_lookup_groups, adopted
 * @param sps			installer of SPs, those without SAs follow routes, too
 * @param settings		settings, copied
 */
child_worker_t *hwo_child_worker_create(nl_transport_t *changes,
										const hwo_sa_shared_t *with,
										sp_installer_t *sps,
										const hwo_rebind_settings_t *settings);

#endif /** HWO_CHILD_WORKER_H_ @}*/
