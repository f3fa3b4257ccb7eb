/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_sad xfrm_sad
 * @{ @ingroup hwo_wire
 *
 * XFRM messages about the SAD as a whole (linux/xfrm.h: XFRM_MSG_GETSADINFO),
 * and what is announced about SAs that come and go, whoever they belong to.
 */

#ifndef HWO_XFRM_SAD_H_
#define HWO_XFRM_SAD_H_

#include "nl_msg.h"

/**
 * The SAD as a whole.
 */
typedef struct hwo_sad_info_t {
	/** number of SAs, larval ones included */
	uint32_t count;
	/** buckets of its hash tables */
	uint32_t buckets;
} hwo_sad_info_t;

/**
 * What happened to the SAD.
 */
typedef enum hwo_sad_event_t {
	/** an SA was added; an acquire leaves a larval one */
	HWO_SAD_ADDED,
	/** an SA was changed, or added in place of a larval one */
	HWO_SAD_UPDATED,
	/** an SA was removed, or has expired */
	HWO_SAD_REMOVED,
	/** any number of SAs may have been added or removed */
	HWO_SAD_CHANGED,
} hwo_sad_event_t;

/**
 * Multicast groups that announce all this (XFRMNLGRP_*), 0-terminated.
 */
extern const int hwo_xfrm_sad_groups[];

/**
 * Encode XFRM_MSG_GETSADINFO.
 */
bool hwo_xfrm_encode_get_sad_info(hwo_msg_t *msg);

/**
 * Decode the answer to XFRM_MSG_GETSADINFO.
 *
 * @param hdr		message, nlmsg_len already checked
 * @param info		[out] what it says
 * @return			FALSE if it is malformed or of another type
 */
bool hwo_xfrm_decode_sad_info(const struct nlmsghdr *hdr,
							  hwo_sad_info_t *info);

/**
 * Decode what is announced about SAs, or listed of them.
 *
 * @param hdr		message, nlmsg_len already checked
 * @param event		[out] what happened
 * @param sa		[out] to which SA
 * @return			FALSE if it is malformed, or about something else
 */
bool hwo_xfrm_decode_sad_event(const struct nlmsghdr *hdr,
							   hwo_sad_event_t *event, hwo_sad_sa_t *sa);

#endif /** HWO_XFRM_SAD_H_ @}*/
