/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_event xfrm_event
 * @{ @ingroup hwo_wire
 *
 * Decoder for what the kernel announces on the XFRM multicast groups
 * (linux/xfrm.h: XFRM_MSG_ACQUIRE, EXPIRE, MAPPING, MIGRATE).
 */

#ifndef HWO_XFRM_EVENT_H_
#define HWO_XFRM_EVENT_H_

#include "nl_msg.h"

/**
 * Multicast groups these events come from (XFRMNLGRP_*), 0-terminated.
 */
extern const int hwo_xfrm_event_groups[];

/**
 * Kinds of events.
 */
typedef enum hwo_event_type_t {
	/** traffic hit an SP without SA */
	HWO_EVENT_ACQUIRE,
	/** an SA reached a soft or hard limit */
	HWO_EVENT_EXPIRE,
	/** the peer's UDP encapsulation endpoint changed */
	HWO_EVENT_MAPPING,
	/** somebody (e.g. a Mobile IPv6 daemon) asks to move SAs and SPs */
	HWO_EVENT_MIGRATE,
} hwo_event_type_t;

/**
 * A decoded event, chunks point into the message.
 */
typedef struct hwo_event_t {
	/** which member of the union is valid */
	hwo_event_type_t type;
	union {
		struct {
			/** protocol of the template: ESP, AH, IPComp, or 0 */
			uint8_t proto;
			/** reqid of the (last) template, 0 if there is none */
			uint32_t reqid;
			/** sequence number of the acquire */
			uint32_t seq;
			/** selector made from the packet */
			hwo_selector_t sel;
			/** CPU, UINT32_MAX if not given */
			uint32_t cpu;
			/** encoded label of LSM/SELinux contexts, or empty */
			chunk_t label;
		} acquire;
		struct {
			/** identity: dst, spi, proto, and mark/if_id if reported */
			hwo_sa_id_t id;
			/** usage at the time of the event */
			hwo_usage_t usage;
			/** TRUE for a hard limit: the SA is gone */
			bool hard;
		} expire;
		struct {
			/** identity of the SA: dst, spi, proto */
			hwo_sa_id_t id;
			/** old and new address of the peer */
			hwo_addr_t old_src, new_src;
			/** old and new UDP port, host order */
			uint16_t old_port, new_port;
		} mapping;
		struct {
			/** direction of the SP */
			policy_dir_t dir;
			/** selector of the SP */
			hwo_selector_t sel;
			/** reqid of the (last) migrate entry */
			uint32_t reqid;
			/** addresses for IKE (XFRMA_KMADDRESS), family 0 if missing */
			hwo_addr_t local, remote;
		} migrate;
	};
} hwo_event_t;

/**
 * Decode an event.
 *
 * @param hdr		message, nlmsg_len already checked
 * @param event		[out] the event
 * @return			0, ENOMSG for a type that is none of the above, or EBADMSG
 *					for a malformed message
 */
int hwo_xfrm_decode_event(const struct nlmsghdr *hdr, hwo_event_t *event);

#endif /** HWO_XFRM_EVENT_H_ @}*/
