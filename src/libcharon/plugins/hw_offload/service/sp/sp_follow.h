/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_follow sp_follow
 * @{ @ingroup hwo_service
 *
 * Lets traps and shunts follow their packets to other devices. The SPs of SAs
 * follow with those.
 *
 * Thread-safety: may be used by any thread for entries that it has checked out.
 */

#ifndef HWO_SP_FOLLOW_H_
#define HWO_SP_FOLLOW_H_

#include "sp_install.h"

/**
 * A change of a link.
 */
typedef struct hwo_sp_link_change_t {
	/** device, 0 for any */
	uint32_t ifindex;
	/** TRUE if it is up, FALSE if it may be down */
	bool up;
	/** TRUE if policies may be offloaded to it */
	bool capable;
} hwo_sp_link_change_t;

/**
 * Follow the packets of an SP to another device, unless that has refused it.
 * One in a strict mode that can't be had there stays, and blocks them, until it
 * is tried again.
 *
 * @param this		what it takes to install SPs
 * @param entry		entry of the SP, checked out
 * @param data		bool, to try again one in a strict mode that was refused,
 *					set to TRUE if that was refused, too; NULL not to try again
 */
void hwo_sp_follow_route(const hwo_sp_install_t *this, hwo_sp_entry_t *entry,
						 void *data);

/**
 * Follow a change of a link. The SP of an SA comes back with the next SA. A NIC
 * that is there again may take what it has refused.
 *
 * @param this		what it takes to install SPs
 * @param entry		entry of the SP, checked out
 * @param data		hwo_sp_link_change_t
 */
void hwo_sp_follow_link(const hwo_sp_install_t *this, hwo_sp_entry_t *entry,
						void *data);

#endif /** HWO_SP_FOLLOW_H_ @}*/
