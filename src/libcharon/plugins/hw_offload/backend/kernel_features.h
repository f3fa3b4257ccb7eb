/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_kernel_features kernel_features
 * @{ @ingroup hw_offload
 *
 * What the running kernel can do that can't be found out by asking it: it
 * ignores attributes that are newer than itself.
 */

#ifndef KERNEL_FEATURES_H_
#define KERNEL_FEATURES_H_

#include "../hwo_types.h"

/**
 * Features that depend on the release.
 */
typedef struct hwo_kernel_features_t {
	/** time of last use is reported for all SAs, 6.2 */
	bool sa_last_used;
	/** transport mode SAs may be for any address family, 6.3 */
	bool sa_af_unspec_transport;
	/** packets don't leave by another device than that of their SA, 7.1 */
	bool route_checked;
	/** what the driver of ConnectX does not match in packet mode: subnets, and
	 * since 6.15 those of IPv6 with different prefix lengths, until 7.2; of
	 * hwo_shape_t. */
	u_int unmatched;
	/** direction of SAs, and rules for replay windows that follow, 6.10 */
	bool sa_dir;
	/** drivers follow the high half of extended sequence numbers of outbound
	 * SAs in crypto mode, 7.2; before, they take what the SA begins with. */
	bool esn_followed;
	/** inbound SAs with an XFRM interface ID are not offloaded, 7.1 */
	bool sa_if_id_in_software;
} hwo_kernel_features_t;

/**
 * Determine features.
 *
 * @param release		release as reported by uname(2), e.g. "6.12.1-amd64"
 * @param features		[out] features, none if the release can't be parsed
 */
void hwo_kernel_features(const char *release, hwo_kernel_features_t *features);

#endif /** KERNEL_FEATURES_H_ @}*/
