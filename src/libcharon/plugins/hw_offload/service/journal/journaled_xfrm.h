/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_journaled_xfrm journaled_xfrm
 * @{ @ingroup hwo_service
 *
 * An exchange with XFRM that notes in the journal what is ours. It stands
 * between the services and the exchange they would use: an object is noted
 * before the request that adds it is sent, and its line is removed once the
 * kernel has removed the object. If a removal fails, nobody would know of the
 * object any longer, so stale_state removes it later.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_JOURNALED_XFRM_H_
#define HWO_JOURNALED_XFRM_H_

#include "journal.h"
#include "stale_state.h"
#include "../../io/nl_exchange.h"

/**
 * Create an exchange that notes what is ours.
 *
 * @param xfrm			exchange to use
 * @param stale			removes what could not be removed
 */
nl_exchange_t *hwo_journaled_xfrm_create(nl_exchange_t *xfrm,
										 journal_t *journal,
										 stale_state_t *stale);

#endif /** HWO_JOURNALED_XFRM_H_ @}*/
