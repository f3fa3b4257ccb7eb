/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_journaled_xfrm journaled_xfrm
 * @{ @ingroup hwo_service
 *
 * An exchange with XFRM that keeps book of what is ours. It stands between the
 * services and the exchange they would use, so that nothing is forgotten: what
 * a request adds is noted before it is sent, what it removes once the kernel
 * says so. If the kernel's answer to a removal is lost, nobody would know of
 * the object anymore; the removal is repeated once the kernel answers again.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_JOURNALED_XFRM_H_
#define HWO_JOURNALED_XFRM_H_

#include "journal.h"
#include "../../io/nl_exchange.h"

/**
 * Create an exchange that keeps book.
 *
 * @param xfrm			exchange to use, adopted
 * @param journal		book
 */
nl_exchange_t *hwo_journaled_xfrm_create(nl_exchange_t *xfrm,
										 journal_t *journal);

#endif /** HWO_JOURNALED_XFRM_H_ @}*/
