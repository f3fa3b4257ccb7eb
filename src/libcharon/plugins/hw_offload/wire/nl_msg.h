/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_nl_msg nl_msg
 * @{ @ingroup hwo_wire
 *
 * Netlink messages as bytes: a bounded builder, a table-driven attribute
 * parser and the decoder for acknowledgements.
 *
 * Thread-safety: none needed, all state is in the arguments.
 */

#ifndef HWO_NL_MSG_H_
#define HWO_NL_MSG_H_

#include <linux/netlink.h>

#include "../hwo_types.h"

/** Large enough for any XFRM message: longest keys, ESN bitmap, label */
#define HWO_MSG_SIZE 8192

/**
 * What a request does.
 */
typedef enum hwo_request_kind_t {
	/** nothing that adds or removes SAs or SPs */
	HWO_REQUEST_OTHER,
	/** there is an SA afterwards */
	HWO_REQUEST_ADD_SA,
	/** there is no such SA afterwards */
	HWO_REQUEST_DEL_SA,
	/** there is an SP afterwards */
	HWO_REQUEST_ADD_SP,
	/** there is no such SP afterwards */
	HWO_REQUEST_DEL_SP,
} hwo_request_kind_t;

/**
 * Which SA or SP a request is about, and what becomes of it.
 */
typedef struct hwo_request_t {
	/** what it does */
	hwo_request_kind_t kind;
	/** the SA; not its source */
	hwo_sa_id_t sa;
	/** the SP, the label is that of who has encoded the request */
	hwo_sp_id_t sp;
} hwo_request_t;

/**
 * A message that is being built. May hold keys: call hwo_msg_wipe() on the one
 * exit of the function that built it.
 */
typedef struct hwo_msg_t {
	/** the bytes, zeroed at the start: libmnl 1.0.4 leaves padding as it is */
	union {
		struct nlmsghdr hdr;
		uint8_t bytes[HWO_MSG_SIZE];
		/** fixed headers of XFRM messages have 64-bit members */
		uint64_t alignment;
	};
	/** set once something did not fit, everything later is ignored */
	bool overflow;
	/** what it does, noted by those that encode it */
	hwo_request_t request;
} hwo_msg_t;

/**
 * Begin a message.
 *
 * @param msg		message, completely zeroed here
 * @param type		message type
 * @param flags		NLM_F_*, NLM_F_REQUEST is always added
 * @param hdr_len	size of the fixed header after struct nlmsghdr
 * @return			the zeroed fixed header, to be filled in
 */
void *hwo_msg_begin(hwo_msg_t *msg, uint16_t type, uint16_t flags,
					size_t hdr_len);

/**
 * Append an attribute.
 *
 * @param msg		message
 * @param type		attribute type
 * @param data		payload, NULL for len zero bytes
 * @param len		length of payload in bytes, may be 0
 * @return			pointer to the payload in the message, NULL on overflow
 */
void *hwo_msg_put(hwo_msg_t *msg, uint16_t type, const void *data, size_t len);

/**
 * Append an attribute of 8, 16 or 32 bits in host order.
 */
void hwo_msg_put_u8(hwo_msg_t *msg, uint16_t type, uint8_t value);
void hwo_msg_put_u16(hwo_msg_t *msg, uint16_t type, uint16_t value);
void hwo_msg_put_u32(hwo_msg_t *msg, uint16_t type, uint32_t value);

/**
 * Length of an address in bytes, 0 if the family has none that we know.
 */
size_t hwo_addr_len(uint16_t family);

/**
 * Overwrite a message, as it may hold keys.
 */
void hwo_msg_wipe(hwo_msg_t *msg);

/**
 * Describes one attribute a parser is interested in.
 */
typedef struct hwo_attr_policy_t {
	/** attribute type */
	uint16_t type;
	/** smallest payload in bytes that is accepted */
	uint16_t min_len;
	/** payload must be exactly min_len bytes */
	bool exact;
} hwo_attr_policy_t;

/**
 * Find attributes after the fixed header of a message.
 *
 * An attribute is only returned if its size was proven against the policy and
 * against the end of the message. If one comes twice, the last one counts, as
 * for the kernel's parser. Unknown attributes are skipped.
 *
 * @param hdr		message, nlmsg_len already checked against what was received
 * @param hdr_len	size of the fixed header
 * @param policy	attributes of interest
 * @param count		number of elements in policy and attrs
 * @param attrs		[out] found attributes in the order of policy, or NULL
 * @return			FALSE if the message is too short for the fixed header, or
 *					an attribute is malformed
 */
bool hwo_msg_parse(const struct nlmsghdr *hdr, size_t hdr_len,
				   const hwo_attr_policy_t *policy, int count,
				   const struct nlattr *attrs[]);

/**
 * Decode an NLMSG_ERROR or NLMSG_DONE message with its extended ACK.
 *
 * A text that is not terminated or does not fit is cut; a missing one leaves
 * extack empty.
 *
 * @param hdr		message, nlmsg_len already checked
 * @param result	[out] errno and text
 * @return			FALSE if the message is no acknowledgement or too short,
 *					result is EBADMSG, and the answer lost, then
 */
bool hwo_msg_result(const struct nlmsghdr *hdr, hwo_result_t *result);

#endif /** HWO_NL_MSG_H_ @}*/
