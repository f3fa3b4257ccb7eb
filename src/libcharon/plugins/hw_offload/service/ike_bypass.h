/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_ike_bypass ike_bypass
 * @{ @ingroup hwo_service
 *
 * Keeps IKE itself out of IPsec: its sockets are exempt from all SPs, or its
 * ports are, if configured.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_IKE_BYPASS_H_
#define HWO_IKE_BYPASS_H_

#include "../io/nl_exchange.h"

typedef struct ike_bypass_t ike_bypass_t;

/**
 * Bypass for IKE.
 */
struct ike_bypass_t {

	/**
	 * Exempt a socket.
	 *
	 * @param fd		bound UDP socket
	 * @param family	AF_INET or AF_INET6
	 * @return			FALSE on failure, which is logged
	 */
	bool (*add)(ike_bypass_t *this, int fd, int family);

	/**
	 * Remove the policies that were installed, and destroy.
	 */
	void (*destroy)(ike_bypass_t *this);
};

/**
 * Create the bypass.
 *
 * @param xfrm			exchange with XFRM
 * @param ports			TRUE to install policies for ports, FALSE for per-socket
 *						policies
 */
ike_bypass_t *ike_bypass_create(nl_exchange_t *xfrm, bool ports);

#endif /** HWO_IKE_BYPASS_H_ @}*/
