/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_behind sp_behind
 * @{ @ingroup hwo_service
 *
 * Takes SPs out of a NIC that take packets which should match one in software,
 * see sp_precedence_t.
 *
 * Thread-safety: may be used by any thread for entries that it has checked out.
 */

#ifndef HWO_SP_BEHIND_H_
#define HWO_SP_BEHIND_H_

#include "sp_install.h"

/**
 * Take an SP out of its NIC. Traps and shunts are installed again, CHILD_SAs
 * rekeyed. What is in a strict mode stays where it is, which is logged.
 *
 * @param this		what it takes to install SPs
 * @param entry		entry of the SP, checked out
 */
void hwo_sp_leave_nic(const hwo_sp_install_t *this, hwo_sp_entry_t *entry);

#endif /** HWO_SP_BEHIND_H_ @}*/
