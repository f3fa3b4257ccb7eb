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

#include "sa_shared.h"

/**
 * Install an SA. A failure is logged.
 *
 * charon installs the inbound SA of a CHILD_SA first. With automatic mode, the
 * outbound one does not get beyond its mode. If it does not even get there, the
 * inbound one is moved from crypto mode to software; one in packet mode stays,
 * and charon is told to rekey: then both get the lesser mode.
 *
 * @return				0, or errno value
 */
int hwo_sa_install(const hwo_sa_shared_t *shared, const hwo_sa_t *sa,
				   hw_offload_t requested);

#endif /** HWO_SA_INSTALL_H_ @}*/
