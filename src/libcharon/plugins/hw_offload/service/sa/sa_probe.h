/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_probe sa_probe
 * @{ @ingroup hwo_service
 *
 * Finds out if a device would take the SAs of a CHILD_SA, by installing others
 * that are like them for a moment. Only the driver knows, and nobody says so
 * before. Rekeying them without knowing is no way to find out for a strict
 * mode: if the new SAs are refused, charon 6.1.0 closes the CHILD_SA.
 *
 * Thread-safety: has no state. The kernel has one SA for trial of each SPI, so
 * there has to be one trial at a time for a CHILD_SA.
 */

#ifndef HWO_SA_PROBE_H_
#define HWO_SA_PROBE_H_

#include "../../io/nl_exchange.h"
#include "../../model/state/child_table.h"

/**
 * Try a pair of SAs.
 *
 * @param child			record of the two
 * @param refusal		[out] what the kernel says, if it's refused
 * @return				FALSE if one of them is refused; TRUE if not, or if that
 *						can't be found out
 */
bool hwo_sa_probe(nl_exchange_t *xfrm, const hwo_child_t *child,
				  const hwo_offload_t *offload, hwo_result_t *refusal);

#endif /** HWO_SA_PROBE_H_ @}*/
