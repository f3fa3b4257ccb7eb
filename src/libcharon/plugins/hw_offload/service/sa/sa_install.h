/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_install sa_install
 * @{ @ingroup hwo_service
 *
 * Installs SAs: runs the offload plan, makes both SAs of a CHILD_SA end in the
 * same mode, and records the outcome.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SA_INSTALL_H_
#define HWO_SA_INSTALL_H_

#include "limit_watcher.h"
#include "sa_mover.h"
#include "../../model/state/failed_children.h"

/**
 * What it takes to install SAs, nothing of it is adopted.
 */
typedef struct hwo_sa_install_t {
	/** what services for SAs have in common */
	hwo_sa_shared_t with;
	/** mover of SAs */
	sa_mover_t *mover;
	/** watcher of limits */
	limit_watcher_t *watcher;
	/** memory of what could not be installed */
	failed_children_t *failures;
} hwo_sa_install_t;

/**
 * Install an SA, see sa_installer_t. A failure is logged.
 *
 * @return				0, or errno value
 */
int hwo_sa_install(const hwo_sa_install_t *this, const hwo_sa_t *sa,
				   hw_offload_t requested);

#endif /** HWO_SA_INSTALL_H_ @}*/
