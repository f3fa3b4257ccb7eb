/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_attempts sp_attempts
 * @{ @ingroup hwo_service
 *
 * Runs the steps of an offload plan for one SP against the kernel, and takes it
 * back. A guard goes before an SP that is offloaded, and so does what lets IKE
 * past the SPs of a NIC, for as long as it has some.
 *
 * Thread-safety: may be used by any thread for entries that it has checked out.
 */

#ifndef HWO_SP_ATTEMPTS_H_
#define HWO_SP_ATTEMPTS_H_

#include "ike_bypass.h"
#include "spd_order.h"
#include "../../io/nl_exchange.h"
#include "../../model/plan/offload_plan.h"
#include "../../model/state/device_history.h"
#include "../../model/state/sp_table.h"

typedef struct sp_attempts_t sp_attempts_t;

/**
 * Settings for SPs.
 */
typedef struct hwo_sp_settings_t {
	/** install routes along with SPs */
	bool install_routes;
	/** also for those with XFRM interface IDs */
	bool install_routes_xfrmi;
	/** replace SPs of others instead of trying to add ours first */
	bool policy_update;
	/** what guards depend on */
	hwo_guard_rules_t guard;
	/** block ICMP errors about what a CHILD_SA has decrypted */
	bool block_icmp_errors;
	/** guards that are kept at most though nobody uses them */
	u_int max_blocked;
	/** milliseconds for which a NIC blocks what it has of a closed CHILD_SA */
	u_int drain_time;
} hwo_sp_settings_t;

/**
 * Steps of SPs.
 */
struct sp_attempts_t {

	/**
	 * Run the steps until one succeeds, or one fails in a way that leaves no
	 * other. What was installed before stays then.
	 *
	 * @param entry		entry of the SP, checked out
	 * @param user		user to install it for
	 * @param plan		steps to try
	 * @param result	[out] outcome of the last attempt
	 */
	void (*run)(sp_attempts_t *this, hwo_sp_entry_t *entry,
				const hwo_sp_request_t *user, const hwo_plan_t *plan,
				hwo_result_t *result);

	/**
	 * Remove an SP from the kernel, with its guard.
	 *
	 * @param entry		entry of the SP, checked out
	 */
	void (*remove)(sp_attempts_t *this, hwo_sp_entry_t *entry,
				   hwo_result_t *result);

	/**
	 * Remove an SP from the kernel, but not its guard. Nothing is done while
	 * its NIC blocks, see drain().
	 *
	 * @param entry		entry of the SP, checked out
	 */
	void (*keep_guard)(sp_attempts_t *this, hwo_sp_entry_t *entry);

	/**
	 * Let the NIC of an outbound SP block what it would protect. A failure is
	 * logged, the SP is as it was then.
	 *
	 * @param entry		entry of the SP, checked out
	 * @return			FALSE if that failed, or there is no such NIC
	 */
	bool (*drain)(sp_attempts_t *this, hwo_sp_entry_t *entry);

	/**
	 * Install nothing but the guard of an SP. A failure is logged.
	 *
	 * @param entry		entry of the SP, checked out
	 * @param user		user of the SP
	 * @return			FALSE if that failed
	 */
	bool (*block)(sp_attempts_t *this, hwo_sp_entry_t *entry,
				  const hwo_sp_request_t *user);

	/**
	 * Check if an SP is still in its NIC: the kernel drops those of a NIC that
	 * goes down, without a word.
	 *
	 * @param entry		entry of the SP, checked out
	 * @param ifindex	NIC that may have lost it, 0 for any
	 * @param gone		TRUE if it is or will be gone, without asking the kernel
	 * @return			TRUE if it was lost: what is left is its guard, or what
	 *					does the same in software
	 */
	bool (*check)(sp_attempts_t *this, hwo_sp_entry_t *entry, uint32_t ifindex,
				  bool gone);

	void (*destroy)(sp_attempts_t *this);
};

/**
 * Create it.
 *
 * @param xfrm		exchange with XFRM, not adopted
 * @param bypass	bypass for IKE, not adopted
 * @param order		keeps the order of SPs, not adopted
 * @param history	what devices said before, not adopted
 * @param settings	settings, copied
 */
sp_attempts_t *hwo_sp_attempts_create(nl_exchange_t *xfrm, ike_bypass_t *bypass,
									  spd_order_t *order,
									  device_history_t *history,
									  const hwo_sp_settings_t *settings);

#endif /** HWO_SP_ATTEMPTS_H_ @}*/
