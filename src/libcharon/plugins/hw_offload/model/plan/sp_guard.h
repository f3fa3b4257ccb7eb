/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_guard sp_guard
 * @{ @ingroup hwo_model
 *
 * What one requested SP looks like in the kernel: a single SP if it is not
 * offloaded, two if it is, so that nothing leaves or enters in clear when the
 * NIC loses it.
 *
 * The kernel drops the SPs of a NIC that goes down without a word, and before
 * Linux 7.1 it hands packets that match an offloaded SP to any NIC, in clear if
 * it is not the one that has the SA. So the offloaded SP is limited to its NIC
 * by the interface in its selector, and another one without that interface
 * stands behind it in software:
 *
 * - outbound: the guard, which blocks. It has the next priority, so that no
 *   other SP gets the traffic before. For IPv6 it lets neighbour discovery
 *   pass
 * - inbound, and shunts: the same SP. The kernel never finds an inbound SP that
 *   is limited to an interface, that one is only for the NIC; packets that the
 *   NIC has decrypted pass without an SP
 *
 * A user ID, by which no SP is ever matched, keeps their identities apart from
 * those of others.
 *
 * All functions are pure.
 */

#ifndef HWO_SP_GUARD_H_
#define HWO_SP_GUARD_H_

#include "../../hwo_types.h"

/** There are no more SPs in the kernel for one: four, and while the kernel does
 * not remove them, those before. */
#define HWO_MAX_KERNEL_SPS 8

/**
 * One SP in the kernel.
 */
typedef struct hwo_kernel_sp_t {
	/** the SP, the label is owned by the entry it belongs to */
	hwo_sp_t sp;
	/** its offload */
	hwo_offload_t offload;
	/** TRUE if it blocks on behalf of the one that is offloaded, or belongs to
	 * one that does. */
	bool guard;
} hwo_kernel_sp_t;

/**
 * All SPs in the kernel that belong to a requested one.
 */
typedef struct hwo_kernel_sps_t {
	/** in the order in which they have to be installed */
	hwo_kernel_sp_t item[HWO_MAX_KERNEL_SPS];
	/** number of them, 0 if nothing is installed */
	int count;
} hwo_kernel_sps_t;

/**
 * What guards depend on.
 */
typedef struct hwo_guard_rules_t {
	/** put guards behind SPs that are offloaded */
	bool fail_closed;
	/** the kernel drops packets whose route is not by the NIC of their SA,
	 * Linux 7.1. */
	bool route_checked;
} hwo_guard_rules_t;

/**
 * Check if SPs in a NIC are limited to its interface in tunnel mode, where the
 * kernel compares that with the device of the inner route.
 */
bool hwo_sp_by_inner_route(const hwo_guard_rules_t *rules);

/**
 * Check if traffic would leave in clear when its route moves to another NIC,
 * and no SP can prevent that: before Linux 7.1, if the kernel looks for SPs
 * without the interface (IPv6 sockets, XFRM interfaces), or with that of the
 * inner route (tunnels).
 *
 * @param family	address family of the traffic
 * @param if_id		XFRM interface ID, 0 for none
 * @param local		TRUE if this host may be the origin of the traffic
 * @return			TRUE if it must not be offloaded in packet mode
 */
bool hwo_sp_may_leak(const hwo_guard_rules_t *rules, uint16_t family,
					 ipsec_mode_t mode, uint32_t if_id, bool local);

/**
 * Get the SPs in the kernel for a requested one.
 *
 * @param offload	its effective offload
 */
void hwo_kernel_sps_get(const hwo_sp_t *sp, const hwo_offload_t *offload,
				  const hwo_guard_rules_t *rules, hwo_kernel_sps_t *kernel);

/**
 * Get the SPs in the kernel that block what an SP would protect.
 *
 * @param kernel	[out] its guard only
 */
void hwo_kernel_sps_block(const hwo_sp_t *sp, hwo_kernel_sps_t *kernel);

/**
 * Let a NIC block what an outbound SP of it would protect, so that packets
 * which are in its queues don't leave in clear when their SA is gone.
 *
 * @param kernel	what the kernel has, changed to what it is to have
 * @return			FALSE if there is no such SP, or no guard
 */
bool hwo_kernel_sps_drain(hwo_kernel_sps_t *kernel);

/**
 * Check if there is a guard among the SPs in the kernel, it is the first one.
 */
bool hwo_kernel_sps_guarded(const hwo_kernel_sps_t *kernel);

/**
 * Check if there is more than a guard among the SPs in the kernel.
 */
bool hwo_kernel_sps_installed(const hwo_kernel_sps_t *kernel);

/**
 * Find an SP by its identity.
 *
 * @return			index, -1 if there is none
 */
int hwo_kernel_sps_find(const hwo_kernel_sps_t *kernel, const hwo_sp_id_t *id);

#endif /** HWO_SP_GUARD_H_ @}*/
