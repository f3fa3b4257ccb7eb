/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_drain sp_drain
 * @{ @ingroup hwo_service
 *
 * Lets a NIC get rid of the packets of a CHILD_SA that is closed.
 *
 * A NIC looks for a policy when a packet leaves its queue, not when it gets
 * there. Without the SA or the SP that a packet was queued for, it leaves in
 * clear. So when the SP of a CHILD_SA goes, its NIC blocks what that would
 * protect for some time, and the guard stays. What is to come after that waits,
 * but for the next CHILD_SA: its SP takes the place of the block at once.
 *
 * Thread-safety: may be used by any thread; entries that are passed have to be
 * checked out.
 */

#ifndef HWO_SP_DRAIN_H_
#define HWO_SP_DRAIN_H_

#include "sp_installer.h"

typedef struct sp_drain_t sp_drain_t;

/**
 * Drains NICs.
 */
struct sp_drain_t {

	/**
	 * Let the NIC of an SP block, unless it was not that of a CHILD_SA, or the
	 * NIC refuses.
	 *
	 * @param entry		entry of the SP, drained is set if its NIC blocks
	 * @param user		CHILD_SA that was the user on top until now
	 */
	void (*start)(sp_drain_t *this, hwo_sp_entry_t *entry,
				  const hwo_sp_request_t *user);

	/**
	 * Destroy, after waiting for what NICs still have. Nothing stays of SPs
	 * that were removed.
	 */
	void (*destroy)(sp_drain_t *this);
};

/**
 * Check if the SP of a user is not to be installed before its NIC is drained.
 */
bool hwo_sp_waits(const hwo_sp_entry_t *entry, const hwo_sp_request_t *user);

/**
 * Create it.
 *
 * @param sps			table of SPs, not adopted
 * @param install		what it takes to install an SP, not adopted
 * @param installer		installer, not adopted
 */
sp_drain_t *hwo_sp_drain_create(sp_table_t *sps,
								const hwo_sp_install_t *install,
								sp_installer_t *installer);

#endif /** HWO_SP_DRAIN_H_ @}*/
