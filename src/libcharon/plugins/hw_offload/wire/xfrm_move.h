/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_move xfrm_move
 * @{ @ingroup hwo_wire
 *
 * An SA that goes on with other addresses, encapsulation, reqid or offload. The
 * kernel can't change these in place, so the SA is deleted and installed again
 * from what the notification of its deletion says: keys, limits, usage and the
 * final sequence numbers. Attributes we don't know are taken along.
 */

#ifndef HWO_XFRM_MOVE_H_
#define HWO_XFRM_MOVE_H_

#include "nl_msg.h"

/** Multicast group of deletions (XFRMNLGRP_SA), 0-terminated. */
extern const int hwo_xfrm_sa_groups[];

/**
 * What changes.
 */
typedef struct hwo_sa_move_t {
	/** new addresses */
	hwo_addr_t src, dst;
	/** UDP encapsulation with these ports, host order */
	bool encap;
	uint16_t src_port, dst_port;
	/** new reqid */
	uint32_t reqid;
	/** TRUE if it protects what we receive */
	bool inbound;
} hwo_sa_move_t;

/**
 * Encode XFRM_MSG_NEWSA for an SA that was deleted, or XFRM_MSG_UPDSA if a
 * larval SA has taken its place meanwhile. The message holds keys.
 *
 * @param msg		message
 * @param deleted	notification XFRM_MSG_DELSA, nlmsg_len already checked
 * @param move		what changes
 * @param offload	offload to ask for
 * @param larval	TRUE if there is a larval SA to be replaced
 * @return			FALSE if the notification is malformed, or it does not fit
 */
bool hwo_xfrm_encode_moved_sa(hwo_msg_t *msg, const struct nlmsghdr *deleted,
							  const hwo_sa_move_t *move,
							  const hwo_offload_t *offload, bool larval);

/**
 * Check if the kernel reports the keys of an SA. In lockdown mode
 * "confidentiality" it sends zeros instead (LOCKDOWN_XFRM_SECRET).
 *
 * @param hdr		XFRM_MSG_NEWSA or DELSA, nlmsg_len already checked
 * @return			FALSE if a key is all zero, or the message is malformed
 */
bool hwo_xfrm_has_keys(const struct nlmsghdr *hdr);

/**
 * Check if a message is XFRM_MSG_DELSA.
 */
bool hwo_xfrm_is_deletion(const struct nlmsghdr *hdr);

#endif /** HWO_XFRM_MOVE_H_ @}*/
