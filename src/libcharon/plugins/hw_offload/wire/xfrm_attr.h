/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_attr xfrm_attr
 * @{ @ingroup hwo_wire
 *
 * Attributes that messages about SAs, SPs and events have in common: marks,
 * interface IDs, security labels and offload.
 */

#ifndef HWO_XFRM_ATTR_H_
#define HWO_XFRM_ATTR_H_

#include <linux/xfrm.h>

#include "nl_msg.h"

/**
 * Append what limits a lookup to a mark and an XFRM interface, if set.
 */
void hwo_xfrm_put_lookup(hwo_msg_t *msg, mark_t mark, uint32_t if_id);

/**
 * Append a security label, if it is not empty.
 */
void hwo_xfrm_put_label(hwo_msg_t *msg, chunk_t label);

/**
 * Append an offload, unless its mode is HWO_MODE_NONE.
 *
 * @param msg		message
 * @param offload	mode and device
 * @param flags		XFRM_OFFLOAD_* in addition to those for the mode
 */
void hwo_xfrm_put_offload(hwo_msg_t *msg, const hwo_offload_t *offload,
						  uint8_t flags);

/** Policies for the getters below */
#define HWO_POLICY_MARK { XFRMA_MARK, sizeof(struct xfrm_mark), TRUE }
#define HWO_POLICY_IF_ID { XFRMA_IF_ID, sizeof(uint32_t), TRUE }
#define HWO_POLICY_LABEL \
	{ XFRMA_SEC_CTX, sizeof(struct xfrm_user_sec_ctx), FALSE }
#define HWO_POLICY_OFFLOAD \
	{ XFRMA_OFFLOAD_DEV, sizeof(struct xfrm_user_offload), TRUE }

/**
 * Read a mark, {0, 0} if attr is NULL.
 */
mark_t hwo_xfrm_get_mark(const struct nlattr *attr);

/**
 * Read a 32-bit value, or a default if attr is NULL.
 */
uint32_t hwo_xfrm_get_u32(const struct nlattr *attr, uint32_t def);

/**
 * Read an offload, HWO_MODE_NONE if attr is NULL.
 */
hwo_offload_t hwo_xfrm_get_offload(const struct nlattr *attr);

/**
 * Find the label in a security context. It is empty if attr is NULL or the
 * context is not one of LSM/SELinux.
 *
 * @param attr		attribute, or NULL
 * @param label		[out] label, points into the message
 * @return			FALSE if the label exceeds the attribute
 */
bool hwo_xfrm_get_label(const struct nlattr *attr, chunk_t *label);

#endif /** HWO_XFRM_ATTR_H_ @}*/
