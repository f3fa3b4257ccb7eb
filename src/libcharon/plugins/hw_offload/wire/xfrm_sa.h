/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_sa xfrm_sa
 * @{ @ingroup hwo_wire
 *
 * XFRM messages about SAs (linux/xfrm.h: XFRM_MSG_NEWSA, UPDSA, GETSA, DELSA,
 * ALLOCSPI, FLUSHSA).
 *
 * All encoders return FALSE if the message does not fit (hwo_msg_t.overflow).
 */

#ifndef HWO_XFRM_SA_H_
#define HWO_XFRM_SA_H_

#include "nl_msg.h"

/**
 * Encode XFRM_MSG_NEWSA, or XFRM_MSG_UPDSA if sa->update. The message holds
 * keys.
 *
 * @param msg		message
 * @param sa		facts about the SA
 * @param offload	offload to ask for, mode HWO_MODE_NONE for software
 */
bool hwo_xfrm_encode_sa(hwo_msg_t *msg, const hwo_sa_t *sa,
						const hwo_offload_t *offload);

/**
 * Encode XFRM_MSG_GETSA for one SA. The reply holds keys.
 */
bool hwo_xfrm_encode_get_sa(hwo_msg_t *msg, const hwo_sa_id_t *id);

/**
 * Encode XFRM_MSG_GETSA for a dump of all SAs. The replies hold keys.
 */
bool hwo_xfrm_encode_dump_sa(hwo_msg_t *msg);

/**
 * Encode XFRM_MSG_DELSA.
 */
bool hwo_xfrm_encode_del_sa(hwo_msg_t *msg, const hwo_sa_id_t *id);

/**
 * Encode XFRM_MSG_ALLOCSPI, which leaves a larval inbound SA.
 *
 * @param msg		message
 * @param src		source address
 * @param dst		destination address
 * @param proto		IPPROTO_ESP, IPPROTO_AH or IPPROTO_COMP
 * @param min		smallest SPI/CPI, host order
 * @param max		largest SPI/CPI, host order
 * @param set_dir	TRUE to set the direction: if it is missing here but given
 *					in UPDSA later (or vice versa) that fails with ESRCH (6.10)
 */
bool hwo_xfrm_encode_alloc_spi(hwo_msg_t *msg, const hwo_addr_t *src,
							   const hwo_addr_t *dst, uint8_t proto,
							   uint32_t min, uint32_t max, bool set_dir);

/**
 * Set the reqid of a larval SA in XFRM_MSG_ALLOCSPI. What is installed in its
 * place may have another one.
 */
void hwo_xfrm_set_larval_reqid(hwo_msg_t *msg, uint32_t reqid);

/**
 * Encode XFRM_MSG_FLUSHSA for one protocol.
 */
bool hwo_xfrm_encode_flush_sa(hwo_msg_t *msg, uint8_t proto);

/**
 * Decode XFRM_MSG_NEWSA and UPDSA (replies, dumps, notifications) and
 * XFRM_MSG_DELSA notifications (struct xfrm_usersa_id with nested XFRMA_SA).
 *
 * @param hdr		message, nlmsg_len already checked
 * @param state		[out] what it says, zero for what it does not say
 * @return			FALSE if it is malformed or of another type
 */
bool hwo_xfrm_decode_sa(const struct nlmsghdr *hdr, hwo_sa_state_t *state);

#endif /** HWO_XFRM_SA_H_ @}*/
