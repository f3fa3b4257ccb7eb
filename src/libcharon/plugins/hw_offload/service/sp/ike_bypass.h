/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_ike_bypass ike_bypass
 * @{ @ingroup hwo_service
 *
 * Keeps IKE itself out of IPsec: in the kernel its sockets are exempt from all
 * SPs, or its ports are, if configured. A NIC knows no sockets, so on those
 * that carry packet SPs, and only for that time, there are SPs for the ports
 * that are really bound. They are limited to the addresses of this host:
 * packets that it forwards from these ports are protected as any others.
 *
 * Thread-safety: may be used by any thread. Other than elsewhere, the lock is
 * held while policies are installed: a second thread must not offload an SP
 * before the bypass is there. Callers may have an SP checked out. With the
 * lock, only the exchange and charon's list of addresses are used. Their locks
 * are taken last and they do not call back, so this cannot become a deadlock.
 */

#ifndef HWO_IKE_BYPASS_H_
#define HWO_IKE_BYPASS_H_

#include "../../io/nl_exchange.h"

typedef struct ike_bypass_t ike_bypass_t;

/**
 * Settings of the bypass.
 */
typedef struct hwo_bypass_settings_t {
	/** in the kernel, exempt ports instead of sockets */
	bool ports;
	/** exempt ports on NICs */
	bool nics;
} hwo_bypass_settings_t;

/**
 * Bypass for IKE.
 */
struct ike_bypass_t {

	/**
	 * Exempt a socket, and its port on all NICs in use.
	 *
	 * @param fd		bound UDP socket
	 * @param family	AF_INET or AF_INET6
	 * @return			FALSE on failure, which is logged
	 */
	bool (*add)(ike_bypass_t *this, int fd, int family);

	/**
	 * Exempt all ports on a NIC, before an SP is offloaded to it. If the NIC
	 * does not want that, it is logged: IKE is only in danger if it is covered
	 * by the SPs.
	 *
	 * @param local		our address for the SAs of the SP, may be any
	 */
	void (*use_nic)(ike_bypass_t *this, uint32_t ifindex,
					const hwo_addr_t *local);

	/**
	 * Release a NIC, once for each use. After the last one, ports are not
	 * exempt any longer.
	 */
	void (*release_nic)(ike_bypass_t *this, uint32_t ifindex);

	/**
	 * Exempt all ports on a NIC again, if it is in use, after it was down: the
	 * kernel has dropped what it had then.
	 */
	void (*renew_nic)(ike_bypass_t *this, uint32_t ifindex);

	/**
	 * Exempt the addresses on NICs that this host has now, and no others.
	 */
	void (*addrs_changed)(ike_bypass_t *this);

	/**
	 * Exempt everything again: SPs in the kernel and on NICs were removed, or
	 * announcements about links that do so were lost.
	 */
	void (*renew)(ike_bypass_t *this);

	/**
	 * Remove the policies that were installed, and destroy.
	 */
	void (*destroy)(ike_bypass_t *this);
};

/**
 * Create the bypass.
 *
 * @param settings		settings, copied
 */
ike_bypass_t *hwo_ike_bypass_create(nl_exchange_t *xfrm,
									const hwo_bypass_settings_t *settings);

#endif /** HWO_IKE_BYPASS_H_ @}*/
