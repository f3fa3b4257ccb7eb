/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_genl_msg genl_msg
 * @{ @ingroup hwo_wire
 *
 * Generic netlink: the number of a family, which the kernel gives at run time,
 * and what the family "ethtool" (Linux 5.7) says about the features of a
 * device.
 *
 * Thread-safety: none needed, all state is in the arguments.
 */

#ifndef HWO_GENL_MSG_H_
#define HWO_GENL_MSG_H_

#include "nl_msg.h"

/**
 * A family, and one of its multicast groups.
 */
typedef struct hwo_genl_family_t {
	/** message type of its messages */
	uint16_t id;
	/** name of the group that is of interest, given by the caller */
	const char *group_name;
	/** number of that group, 0 if there is none */
	uint32_t group;
} hwo_genl_family_t;

/** Name of the family for devices, and its group for changes */
#define HWO_ETHTOOL_FAMILY "ethtool"
#define HWO_ETHTOOL_GROUP "monitor"

/**
 * Encode the request for a family.
 *
 * @param msg			[out] message
 * @param name			name of the family
 */
void hwo_genl_encode_get_family(hwo_msg_t *msg, const char *name);

/**
 * Decode the reply.
 *
 * @param hdr			message, its length is proven
 * @param family		[in,out] group_name is set by the caller
 * @return				FALSE if it is malformed or something else
 */
bool hwo_genl_decode_family(const struct nlmsghdr *hdr,
							hwo_genl_family_t *family);

/**
 * Encode the request for the features of a device.
 *
 * @param msg			[out] message
 * @param family		number of the ethtool family
 * @param ifindex		device
 */
void hwo_ethtool_encode_get_features(hwo_msg_t *msg, uint16_t family,
									 uint32_t ifindex);

/**
 * What a message says about the feature "esp-hw-offload" of a device.
 */
typedef struct hwo_esp_feature_t {
	/** device */
	uint32_t ifindex;
	/** state, HWO_FEATURE_UNKNOWN in announcements, which have no names */
	hwo_feature_t state;
} hwo_esp_feature_t;

/**
 * Decode the reply, or the announcement of a change.
 *
 * @param hdr			message of the ethtool family, its length is proven
 * @param feature		[out] what it says
 * @return				FALSE if it is malformed or something else
 */
bool hwo_ethtool_decode_features(const struct nlmsghdr *hdr,
								 hwo_esp_feature_t *feature);

#endif /** HWO_GENL_MSG_H_ @}*/
