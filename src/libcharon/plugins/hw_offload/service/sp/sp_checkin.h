/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_checkin sp_checkin
 * @{ @ingroup hwo_service
 *
 * Checks SPs in, and does what follows for others. SPs leave their NIC that
 * take packets which should match one in software, see sp_precedence_t; ICMP
 * errors are blocked as long as there is a CHILD_SA, see error_block.
 *
 * Thread-safety: may be used by any thread for entries that it has checked out.
 */

#ifndef HWO_SP_CHECKIN_H_
#define HWO_SP_CHECKIN_H_

#include "sp_installer.h"

/**
 * Check in an entry. Traps and shunts that have to leave a NIC are installed
 * again, CHILD_SAs are rekeyed. What is in a strict mode stays where it is,
 * which is logged. If the SP was in the way of others before, these are looked
 * at again.
 *
 * @param install	what it takes to install SPs
 * @param sps		installer
 * @param table		table of SPs
 * @param entry		entry of the SP, checked out
 */
void hwo_sp_checkin(const hwo_sp_install_t *install, sp_installer_t *sps,
					sp_table_t *table, hwo_sp_entry_t *entry);

#endif /** HWO_SP_CHECKIN_H_ @}*/
