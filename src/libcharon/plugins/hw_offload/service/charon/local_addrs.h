/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_local_addrs local_addrs
 * @{ @ingroup hwo_service
 *
 * The addresses of this host that IKE may use, as charon sees them.
 *
 * Thread-safety: may be used by any thread. The backend for networks takes its
 * own lock for it, which it does not hold when it calls others.
 */

#ifndef HWO_LOCAL_ADDRS_H_
#define HWO_LOCAL_ADDRS_H_

#include <collections/array.h>

#include "../../hwo_types.h"

/**
 * List the addresses of interfaces that are up and that charon may use.
 *
 * @return			hwo_addr_t
 */
array_t *hwo_local_addrs(void);

/**
 * Check if an address is one of this host, even if it is not listed: one that
 * is deprecated still serves who has it.
 *
 * @param addr		address
 */
bool hwo_local_addr_exists(const hwo_addr_t *addr);

#endif /** HWO_LOCAL_ADDRS_H_ @}*/
