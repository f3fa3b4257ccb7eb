/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_install sp_install
 * @{ @ingroup hwo_service
 *
 * Installs the SP of a user, with its route. If the SP can't be offloaded and
 * the mode is automatic, the SAs are rekeyed.
 *
 * Thread-safety: may be used by any thread for entries that it has checked out.
 */

#ifndef HWO_SP_INSTALL_H_
#define HWO_SP_INSTALL_H_

#include "../charon/sa_expiry.h"
#include "../device/egress_device.h"
#include "sp_attempts.h"
#include "../../model/state/failed_children.h"
#include "../../model/state/sp_precedence.h"

/**
 * What it takes to install SPs, nothing of it is adopted.
 */
typedef struct hwo_sp_install_t {
	/** selection of devices */
	egress_device_t *devices;
	/** requests to rekey */
	sa_expiry_t *rekey;
	/** records of SAs */
	child_table_t *sas;
	/** order of SPs */
	sp_precedence_t *precedence;
	/** memory of what could not be installed */
	failed_children_t *failures;
	/** keeps the order of SPs in the kernel */
	spd_order_t *order;
	/** takes the steps */
	sp_attempts_t *attempts;
	/** settings */
	hwo_sp_settings_t settings;
} hwo_sp_install_t;

/**
 * What came of an installation.
 */
typedef struct hwo_sp_outcome_t {
	/** steps that were tried */
	hwo_plan_t plan;
	/** outcome of the last one */
	hwo_result_t result;
} hwo_sp_outcome_t;

/**
 * Install the SP of a user. A failure is logged.
 *
 * @param entry		entry of the SP, checked out
 * @param user		user to install it for
 * @param outcome	[out] what came of it
 * @return			0, or errno value
 */
int hwo_sp_install(const hwo_sp_install_t *this, hwo_sp_entry_t *entry,
				   const hwo_sp_request_t *user, hwo_sp_outcome_t *outcome);

/**
 * Keep why a CHILD_SA or trap could not be installed, for those who ask later.
 *
 * @param user		user whose SP could not be installed
 * @param outcome	what came of it
 */
void hwo_sp_install_failed(const hwo_sp_install_t *this,
						   const hwo_sp_request_t *user,
						   const hwo_sp_outcome_t *outcome);

#endif /** HWO_SP_INSTALL_H_ @}*/
