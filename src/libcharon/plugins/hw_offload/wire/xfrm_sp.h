/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_sp xfrm_sp
 * @{ @ingroup hwo_wire
 *
 * XFRM messages about SPs (linux/xfrm.h: XFRM_MSG_NEWPOLICY, UPDPOLICY,
 * GETPOLICY, DELPOLICY, FLUSHPOLICY, NEWSPDINFO, GETSPDINFO) and the per-socket
 * policies.
 *
 * All encoders return FALSE if the message does not fit.
 */

#ifndef HWO_XFRM_SP_H_
#define HWO_XFRM_SP_H_

#include "nl_msg.h"

/**
 * Encode XFRM_MSG_NEWPOLICY, or XFRM_MSG_UPDPOLICY.
 *
 * @param msg		message
 * @param sp		the SP
 * @param offload	mode HWO_MODE_PACKET or HWO_MODE_NONE, the kernel knows no
 *					other for SPs
 * @param update	TRUE to replace an SP of the same identity
 */
bool hwo_xfrm_encode_sp(hwo_msg_t *msg, const hwo_sp_t *sp,
						const hwo_offload_t *offload, bool update);

/**
 * Encode XFRM_MSG_GETPOLICY for one SP.
 */
bool hwo_xfrm_encode_get_sp(hwo_msg_t *msg, const hwo_sp_id_t *id);

/**
 * Encode XFRM_MSG_GETPOLICY for a dump of all SPs.
 */
bool hwo_xfrm_encode_dump_sp(hwo_msg_t *msg);

/**
 * Encode XFRM_MSG_DELPOLICY.
 */
bool hwo_xfrm_encode_del_sp(hwo_msg_t *msg, const hwo_sp_id_t *id);

/**
 * Encode XFRM_MSG_FLUSHPOLICY (main policies).
 */
bool hwo_xfrm_encode_flush_sp(hwo_msg_t *msg);

/**
 * Check if an XFRM_MSG_NEWPOLICY describes the policy of a socket. The kernel
 * lists these in dumps, too, with directions behind those of the SPD
 * (XFRM_POLICY_MAX), and they are nobody's but their socket's.
 *
 * @param hdr		message, nlmsg_len already checked
 */
bool hwo_xfrm_is_socket_sp(const struct nlmsghdr *hdr);

/**
 * Decode XFRM_MSG_NEWPOLICY or UPDPOLICY.
 *
 * @param hdr		message, nlmsg_len already checked
 * @param state		[out] what it says, the label points into the message
 * @return			FALSE if it is malformed or of another type
 */
bool hwo_xfrm_decode_sp(const struct nlmsghdr *hdr, hwo_sp_state_t *state);

/**
 * Multicast group that announces SPs (XFRMNLGRP_POLICY), 0-terminated.
 */
extern const int hwo_xfrm_sp_groups[];

/**
 * Check if a message announces that an SP was added. The kernel repeats the
 * type of the request, and XFRM_MSG_UPDPOLICY may add one, too.
 *
 * @param hdr		message, nlmsg_len already checked
 * @param added		[out] TRUE if an outbound one was added, FALSE if it may
 *					have been, or is of another direction
 * @return			FALSE if none was added
 */
bool hwo_xfrm_is_new_sp(const struct nlmsghdr *hdr, bool *added);

/**
 * Prefix lengths from which on the SPD hashes SPs of a family.
 */
typedef struct hwo_spd_thresh_t {
	/** local and remote prefix lengths in bits */
	uint8_t lbits, rbits;
} hwo_spd_thresh_t;

/**
 * Encode XFRM_MSG_GETSPDINFO.
 */
bool hwo_xfrm_encode_get_spd_info(hwo_msg_t *msg);

/**
 * What the kernel says about its SPD. There is no word about the size of the
 * tables that SPs are found by, only about another one (XFRMA_SPD_HINFO).
 */
typedef struct hwo_spd_info_t {
	/** thresholds for IPv4 and for IPv6 */
	hwo_spd_thresh_t v4, v6;
	/** number of outbound SPs, without those of sockets */
	uint32_t outbound;
} hwo_spd_info_t;

/**
 * Decode XFRM_MSG_NEWSPDINFO.
 *
 * @param hdr		message, nlmsg_len already checked
 * @param info		[out] what it says
 * @return			FALSE if malformed, of another type, or without thresholds
 */
bool hwo_xfrm_decode_spd_info(const struct nlmsghdr *hdr,
							  hwo_spd_info_t *info);

/**
 * Encode XFRM_MSG_NEWSPDINFO.
 */
bool hwo_xfrm_encode_spd_thresh(hwo_msg_t *msg, const hwo_spd_thresh_t *v4,
								const hwo_spd_thresh_t *v6);

/**
 * Argument for the socket option IP_XFRM_POLICY (or IPV6_XFRM_POLICY) that
 * exempts a socket from IPsec.
 *
 * @param family	AF_INET or AF_INET6
 * @param dir		POLICY_IN or POLICY_OUT
 * @param buf		[out] struct xfrm_userpolicy_info
 * @param size		size of buf
 * @param level		[out] level for setsockopt()
 * @param option	[out] option name for setsockopt()
 * @return			bytes written to buf, 0 if it is too small or the family is
 *					not known
 */
size_t hwo_xfrm_socket_bypass(int family, policy_dir_t dir, void *buf,
							  size_t size, int *level, int *option);

#endif /** HWO_XFRM_SP_H_ @}*/
