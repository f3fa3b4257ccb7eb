/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_mover sa_mover
 * @{ @ingroup hwo_service
 *
 * Moves SAs to other addresses (MOBIKE), encapsulation (NAT) or reqids, to
 * other devices, and down to software.
 *
 * The kernel has to delete an SA to install it with other addresses, and its
 * sequence numbers must go on: with AES-GCM one that comes twice under a key is
 * the end of that key. The last ones are in the notification of the deletion,
 * no query before it can know them. So what is moved are SAs whose sequence
 * numbers the kernel counts. Those of a NIC in packet mode nobody knows, not
 * even if they were used: its counters are up to two seconds old. So charon
 * rekeys them.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SA_MOVER_H_
#define HWO_SA_MOVER_H_

#include "sa_shared.h"
#include "../../wire/xfrm_move.h"

/**
 * Move an SA.
 *
 * Whatever can be found out before the SA is deleted is found out. If it can't
 * be installed in its new form, the old one is put back.
 *
 * @param move			what changes; inbound is taken from the record of the SA
 * @return				0, EOPNOTSUPP if it has to be rekeyed, or another errno
 *						value, after which it has to be as well
 */
int hwo_sa_move(const hwo_sa_shared_t *shared, const hwo_sa_id_t *id,
				const hwo_sa_move_t *move);

/**
 * Put the SAs of a CHILD_SA where they belong, both in the same mode on the
 * same device. Not into packet mode, and not out of it.
 *
 * @param child			record, checked out; an SA that is gone is lost then
 * @param plan			plan for both, with the device
 * @param outcome		[in,out] why they are in no better mode, if not for what
 *						the plan says; what came of it
 * @return				0, EOPNOTSUPP if an SA was refused there or is in packet
 *						mode, so both stay where they are, or another errno
 *						value
 */
int hwo_sa_place(const hwo_sa_shared_t *shared, hwo_child_t *child,
				 const hwo_plan_t *plan, hwo_outcome_t *outcome);

#endif /** HWO_SA_MOVER_H_ @}*/
