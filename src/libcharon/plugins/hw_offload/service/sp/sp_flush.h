/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_flush sp_flush
 * @{ @ingroup hwo_service
 *
 * Removes all SPs: those of others too, that is how the kernel does it, the
 * bypass for IKE among them.
 *
 * Thread-safety: may be called by any thread. An SP that another thread adds at
 * the same time may be removed or not.
 */

#ifndef HWO_SP_FLUSH_H_
#define HWO_SP_FLUSH_H_

#include "ike_bypass.h"
#include "../../io/nl_exchange.h"
#include "../../model/state/sp_table.h"

/**
 * Remove all SPs, their routes, and the uses they make of NICs. IKE is exempt
 * again afterwards. If that fails, it is logged, and nothing is changed.
 *
 * @param xfrm		exchange with XFRM
 * @param sps		table of SPs
 * @param bypass	bypass for IKE
 * @return			0, or errno value
 */
int hwo_sp_flush(nl_exchange_t *xfrm, sp_table_t *sps, ike_bypass_t *bypass);

#endif /** HWO_SP_FLUSH_H_ @}*/
