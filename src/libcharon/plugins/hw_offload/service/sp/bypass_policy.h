/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_bypass_policy bypass_policy
 * @{ @ingroup hwo_service
 *
 * The SPs that let a UDP port of this host past IPsec, in the kernel or on a
 * NIC.
 *
 * Thread-safety: none, see ike_bypass.h.
 */

#ifndef HWO_BYPASS_POLICY_H_
#define HWO_BYPASS_POLICY_H_

#include "../../hwo_types.h"
#include "../../io/nl_exchange.h"

typedef struct bypass_policy_t bypass_policy_t;

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
 * Policies for ports.
 */
struct bypass_policy_t {

	/**
	 * Add or remove the policies for a port in both directions. If one of
	 * them can't be added, which is logged once for each NIC and family, there
	 * is none.
	 *
	 * @param port		port of ours, whatever the other side's is
	 * @param local		address of ours, NULL for any
	 * @param ifindex	NIC, 0 for the kernel
	 * @param add		TRUE to add, FALSE to remove
	 * @return			TRUE if they are there
	 */
	bool (*change)(bypass_policy_t *this, const hwo_bypass_port_t *port,
				   const hwo_addr_t *local, uint32_t ifindex, bool add);

	/**
	 * Destroy, the policies stay.
	 */
	void (*destroy)(bypass_policy_t *this);
};

/**
 * Create it.
 */
bypass_policy_t *hwo_bypass_policy_create(nl_exchange_t *xfrm);

#endif /** HWO_BYPASS_POLICY_H_ @}*/
