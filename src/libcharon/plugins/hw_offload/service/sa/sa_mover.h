/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_mover sa_mover
 * @{ @ingroup hwo_service
 *
 * Moves SAs to other addresses (MOBIKE), encapsulation (NAT) or reqids, to other
 * devices, and down to a lesser offload mode.
 *
 * The kernel has to delete an SA to install it with other addresses, and its
 * sequence numbers must go on: with AES-GCM one that comes twice under a key is
 * the end of that key. The final ones are in the notification of the deletion,
 * no query before it can know them. So what is moved are SAs whose sequence
 * numbers the kernel counts; those of a NIC in packet mode are not known to
 * anybody, charon has to rekey them.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SA_MOVER_H_
#define HWO_SA_MOVER_H_

#include "../device/egress_device.h"
#include "../charon/sa_expiry.h"
#include "../../io/kernel_sockets.h"
#include "../../io/nl_exchange.h"
#include "../../model/state/sa_table.h"
#include "../../wire/xfrm_move.h"

typedef struct sa_mover_t sa_mover_t;

/**
 * Mover of SAs.
 */
struct sa_mover_t {

	/**
	 * Move an SA.
	 *
	 * Whatever can be found out before the SA is deleted is found out. If it
	 * can't be installed in its new form, the old one is put back.
	 *
	 * @param id		identity
	 * @param move		what changes; inbound is taken from the record of the SA
	 * @return			0, EOPNOTSUPP if it has to be rekeyed, or another errno
	 *					value, after which it has to be as well
	 */
	int (*move)(sa_mover_t *this, const hwo_sa_id_t *id,
				const hwo_sa_move_t *move);

	/**
	 * Move an SA to another device or mode, addresses stay. Not into packet
	 * mode, and not out of it.
	 *
	 * @param id		identity
	 * @param best		best mode it may get, and the device for that
	 * @param reason	why there is no better one, HWO_REASON_NONE if the device
	 *					decides
	 * @param effective	[out] mode and device in the end
	 * @return			0, ENOENT if there is no record, EOPNOTSUPP if it was
	 *					refused there, or another errno value. If it is gone, so
	 *					is its record
	 */
	int (*rebind)(sa_mover_t *this, const hwo_sa_id_t *id,
				  const hwo_offload_t *best, hwo_reason_t reason,
				  hwo_offload_t *effective);

	/**
	 * Move the SAs of a CHILD_SA that are not in use yet down to a lesser
	 * offload mode, so that both end in the same one. Those that are not above
	 * it stay as they are, and so do those that are in use: nobody knows their
	 * sequence numbers but the NIC.
	 *
	 * @param id		identity of one SA
	 * @param partner	identity of the other one, spi 0 if there is none
	 * @param best		best mode they may have, and the device for that
	 * @param reason	why
	 * @param refusal	the kernel's words for it
	 * @return			0, EBUSY if one is in use already, or is gone as it was used
	 *					meanwhile or nothing takes it anymore: charon rekeys it, that
	 *					gets both into the same mode; or another errno value, after
	 *					which it does not
	 */
	int (*demote)(sa_mover_t *this, const hwo_sa_id_t *id,
				  const hwo_sa_id_t *partner, const hwo_offload_t *best,
				  hwo_reason_t reason, const hwo_result_t *refusal);

	/**
	 * Destroy.
	 */
	void (*destroy)(sa_mover_t *this);
};

/**
 * Create a mover.
 *
 * @param xfrm			exchange with XFRM
 * @param listener		opens transports for notifications
 * @param devices		selection of devices
 * @param table			records of SAs
 * @param rekey			requests to rekey
 */
sa_mover_t *hwo_sa_mover_create(nl_exchange_t *xfrm,
								const hwo_listener_t *listener,
								egress_device_t *devices, sa_table_t *table,
								sa_expiry_t *rekey);

#endif /** HWO_SA_MOVER_H_ @}*/
