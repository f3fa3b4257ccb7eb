/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_request xfrm_request
 * @{ @ingroup hwo_wire
 *
 * Which SA or SP a request of ours is about, and what becomes of it.
 */

#ifndef HWO_XFRM_REQUEST_H_
#define HWO_XFRM_REQUEST_H_

#include "nl_msg.h"

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
 * A request.
 */
typedef struct hwo_request_t {
	/** what it does */
	hwo_request_kind_t kind;
	/** the SA; of its source only what the request has, DEL_SA has none */
	hwo_sa_id_t sa;
	/** the SP, the label points into the message */
	hwo_sp_id_t sp;
} hwo_request_t;

/**
 * Decode a request.
 *
 * @param hdr		message, nlmsg_len already checked
 * @param request	[out] request, HWO_REQUEST_OTHER if it is malformed
 */
void hwo_xfrm_decode_request(const struct nlmsghdr *hdr,
							 hwo_request_t *request);

#endif /** HWO_XFRM_REQUEST_H_ @}*/
