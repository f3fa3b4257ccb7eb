/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_installer sp_installer
 * @{ @ingroup hwo_service
 *
 * Installs, queries and removes SPs. An SP is offloaded if, and only if, the SA
 * behind it is in packet mode, and then to the same device. If the SAs move
 * down as an SP can't be offloaded, their other SPs follow.
 *
 * If the CHILD_SA of an SP in packet mode goes after the kernel has lost one of
 * its SAs, or because the peer does not answer, its guard stays, so that its
 * traffic does not leave in clear because a limit was reached, an interface was
 * down or the network did not work. It goes with the next CHILD_SA for the same
 * traffic, with the IKE_SA if that is closed on purpose, or at the end.
 *
 * Errors are positive errno values. Failures are logged here.
 *
 * Thread-safety: may be used by any thread; calls for the same SP take turns.
 */

#ifndef HWO_SP_INSTALLER_H_
#define HWO_SP_INSTALLER_H_

#include "sp_install.h"
#include "../../io/nl_exchange.h"
#include "../../model/plan/icmp_errors.h"
#include "../../model/state/sp_table.h"

typedef struct sp_installer_t sp_installer_t;

/**
 * Installer of SPs.
 */
struct sp_installer_t {

	/**
	 * Add a user of an SP, and install it if that user is on top.
	 *
	 * @param user		user, everything set but sp.id.label's owner
	 * @return			0, or errno value
	 */
	int (*add)(sp_installer_t *this, const hwo_sp_request_t *user);

	/**
	 * Remove a user of an SP. Installs the SP of the next one, or removes it
	 * from the kernel if there is none.
	 *
	 * @param user		user that equals the one added
	 * @return			0, or errno value, ENOENT if there is no such SP
	 */
	int (*del)(sp_installer_t *this, const hwo_sp_request_t *user);

	/**
	 * Query when an SP was used last.
	 *
	 * @param used		[out] monotonic time, 0 if it was not used
	 * @return			0, or errno value
	 */
	int (*query)(sp_installer_t *this, const hwo_sp_id_t *id, time_t *used);

	/**
	 * Remove all SPs from the kernel, also those installed by others.
	 *
	 * @return			0, or errno value
	 */
	int (*flush)(sp_installer_t *this);

	/**
	 * Note what a NIC lost that was down, and install traps and shunts again
	 * that a change of a link affects: those that were lost, elsewhere if there
	 * is another route, and those that may be offloaded to it now.
	 *
	 * @param ifindex	device, 0 if it is not known which ones changed
	 * @param up		TRUE if it is up, or may be up again
	 */
	void (*link_changed)(sp_installer_t *this, uint32_t ifindex, bool up);

	/**
	 * Install traps and shunts again whose packets leave by another device than
	 * before. Those of SAs follow with the SAs.
	 */
	void (*routes_changed)(sp_installer_t *this);

	/**
	 * Try again to install traps and shunts in a strict mode that a device has
	 * refused, so that their traffic is blocked.
	 *
	 * @return			TRUE if there are still some
	 */
	bool (*retry)(sp_installer_t *this);

	/**
	 * Release guards that stayed.
	 *
	 * @param what		name of a connection, or network or address behind which
	 *					the traffic goes, NULL for all
	 * @return			number of those that were released
	 */
	u_int (*release)(sp_installer_t *this, const char *what);

	/**
	 * Destroy, guards that stayed are removed.
	 */
	void (*destroy)(sp_installer_t *this);
};

/**
 * Create an installer.
 *
 * @param bypass		bypass for IKE on NICs that get SPs
 * @param install		what it takes to install SPs but the attempts, copied
 */
sp_installer_t *hwo_sp_installer_create(nl_exchange_t *xfrm,
										ike_bypass_t *bypass, sp_table_t *sps,
										const hwo_sp_install_t *install);

#endif /** HWO_SP_INSTALLER_H_ @}*/
