/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_map xfrm_map
 * @{ @ingroup hwo_wire
 *
 * Tables and conversions between IKE's and our terms and those of
 * linux/xfrm.h: algorithms, modes, directions, addresses, selectors, limits.
 */

#ifndef HWO_XFRM_MAP_H_
#define HWO_XFRM_MAP_H_

#include <linux/xfrm.h>

#include "../hwo_types.h"

/**
 * Look up the kernel's name and the ICV length of an IKE algorithm.
 *
 * @param type		ENCRYPTION_ALGORITHM, INTEGRITY_ALGORITHM or
 *					COMPRESSION_ALGORITHM (IPComp transforms)
 * @param ike		IKE identifier
 * @param alg		[out] name, icv_bits and aead; the key is left alone
 * @return			FALSE if the algorithm is not known
 */
bool hwo_xfrm_algorithm(transform_type_t type, uint16_t ike, hwo_alg_t *alg);

/**
 * XFRM_MODE_* for a mode; modes that are none of an SA give transport mode.
 */
uint8_t hwo_xfrm_mode(ipsec_mode_t mode);

/**
 * Convert a direction from the kernel's form.
 *
 * @return			FALSE if it is none of in, out and forward
 */
bool hwo_xfrm_get_dir(uint8_t dir, policy_dir_t *out);

/**
 * Convert an address to the kernel's form, without the family.
 */
void hwo_xfrm_put_addr(const hwo_addr_t *addr, xfrm_address_t *out);

/**
 * Convert an address from the kernel's form.
 *
 * @return			FALSE if the family is neither AF_INET nor AF_INET6, out is
 *					all zero then
 */
bool hwo_xfrm_get_addr(uint16_t family, const xfrm_address_t *addr,
					   hwo_addr_t *out);

/**
 * Convert a selector to and from the kernel's form. Selectors without family
 * that the kernel reports for acquires get it from the prefix length. Prefix
 * lengths read never exceed the width of the family.
 */
void hwo_xfrm_put_selector(const hwo_selector_t *sel,
						   struct xfrm_selector *out);
void hwo_xfrm_get_selector(const struct xfrm_selector *sel,
						   hwo_selector_t *out);

/**
 * Convert limits to and from the kernel's form (0 and XFRM_INF).
 */
void hwo_xfrm_put_limits(const hwo_limits_t *limits,
						 struct xfrm_lifetime_cfg *out);
void hwo_xfrm_get_limits(const struct xfrm_lifetime_cfg *limits,
						 hwo_limits_t *out);

#endif /** HWO_XFRM_MAP_H_ @}*/
