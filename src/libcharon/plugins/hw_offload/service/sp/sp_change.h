/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_change sp_change
 * @{ @ingroup hwo_service
 *
 * Brings the kernel from the SPs it has for a requested one to those it is to
 * have, in an order that leaves no gap: what is new is there before anything is
 * replaced, and that before anything is removed.
 *
 * Thread-safety: all state belongs to the caller.
 */

#ifndef HWO_SP_CHANGE_H_
#define HWO_SP_CHANGE_H_

#include "../../io/nl_exchange.h"
#include "../../model/plan/sp_guard.h"

/**
 * Change SPs. If that fails, the kernel is left as it was as far as possible.
 *
 * @param have		what the kernel has, changed to what it has then, also on
 *					failure
 * @param want		what it is to have
 * @param update	TRUE to replace SPs of others without trying to add first
 */
void hwo_sp_change(nl_exchange_t *xfrm, hwo_kernel_sps_t *have,
				   const hwo_kernel_sps_t *want, bool update,
				   hwo_result_t *result);

/**
 * Remove all SPs. Those that are offloaded may be gone already, the kernel
 * drops them if their NIC goes down.
 *
 * @param have		what the kernel has, none afterwards
 * @param result	[out] outcome, the first failure if there is one
 */
void hwo_sp_remove_all(nl_exchange_t *xfrm, hwo_kernel_sps_t *have,
					   hwo_result_t *result);

/**
 * Forget the SPs in a NIC that the kernel does not have anymore: it drops them
 * if the NIC goes down.
 *
 * @param have		what the kernel has, changed
 * @param ifindex	NIC, 0 for any
 * @param all		TRUE to remove those that it may still have
 * @return			TRUE if there were some
 */
bool hwo_sp_forget_lost(nl_exchange_t *xfrm, hwo_kernel_sps_t *have,
						uint32_t ifindex, bool all);

/**
 * Query when an SP was used last, by any of those in the
 * kernel but the guard.
 *
 * @param have		what the kernel has
 * @param used		[out] seconds since the epoch, 0 if it was not
 * @return			0, or errno value if none of them is there
 */
int hwo_sp_last_use(nl_exchange_t *xfrm, const hwo_kernel_sps_t *have,
					uint64_t *used);

#endif /** HWO_SP_CHANGE_H_ @}*/
