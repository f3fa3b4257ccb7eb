/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_bypass_policy bypass_policy
 * @{ @ingroup hwo_service
 *
 * The SPs that let a UDP port of this host past IPsec, in the kernel or on a
 * NIC.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_BYPASS_POLICY_H_
#define HWO_BYPASS_POLICY_H_

#include "../../io/nl_exchange.h"

/**
 * A port that is exempt.
 */
typedef struct hwo_bypass_port_t {
	/** address family */
	int family;
	/** UDP port, host order */
	uint16_t port;
} hwo_bypass_port_t;

/**
 * Add or remove the policies for a port in both directions. If one of them
 * can't be added, which is logged, there is none.
 *
 * @param port		port of ours, whatever the other side's is
 * @param local		address of ours, NULL for any
 * @param ifindex	NIC, 0 for the kernel
 * @param add		TRUE to add, FALSE to remove
 * @param refused	[in,out] TRUE if the NIC refuses them, which is logged once
 * @return			TRUE if they are there
 */
bool hwo_bypass_change(nl_exchange_t *xfrm, const hwo_bypass_port_t *port,
					   const hwo_addr_t *local, uint32_t ifindex, bool add,
					   bool *refused);

#endif /** HWO_BYPASS_POLICY_H_ @}*/
