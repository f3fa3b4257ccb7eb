/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_ts_convert selector
 * @{ @ingroup hwo_model
 *
 * charon's addresses and traffic selectors as values, and back.
 */

#ifndef HWO_TS_CONVERT_H_
#define HWO_TS_CONVERT_H_

#include <collections/linked_list.h>
#include <networking/host.h>
#include <selectors/traffic_selector.h>

#include "../../hwo_types.h"

/**
 * Convert an address. Bytes that are not used are zeroed.
 *
 * @param host		host, NULL for no address
 */
void hwo_addr_from_host(host_t *host, hwo_addr_t *addr);

/**
 * Convert an address to a host.
 *
 * @param addr		address
 * @param port		port, host order
 * @return			host, NULL if there is no address
 */
host_t *hwo_addr_to_host(const hwo_addr_t *addr, uint16_t port);

/**
 * Check if there is no address, or just the wildcard (0.0.0.0 or ::).
 */
bool hwo_addr_is_any(const hwo_addr_t *addr);

/**
 * Convert a pair of traffic selectors to a selector of the SPD. Address ranges
 * become the smallest subnet around them, port ranges the longest common mask.
 * For ICMP the type goes to the source port and the code to the destination
 * port, as the kernel expects.
 *
 * @param src		source traffic selector
 * @param dst		destination traffic selector
 * @param sel		[out] selector, ifindex is 0
 */
void hwo_selector_from_ts(traffic_selector_t *src, traffic_selector_t *dst,
						  hwo_selector_t *sel);

/**
 * Convert lists of traffic selectors to the selectors of SPs for traffic from
 * one of the first to one of the second.
 *
 * @param src		source traffic selectors
 * @param dst		destination traffic selectors
 * @return			hwo_selector_t
 */
array_t *hwo_selectors_from_ts(linked_list_t *src, linked_list_t *dst);

/**
 * Check if an address is valid on one link only (fe80::/10).
 */
bool hwo_addr_is_link_local(const hwo_addr_t *addr);

/**
 * Get the index of the interface that link-local addresses are on.
 *
 * @param src		address, NULL for none
 * @param dst		address, NULL for none
 * @return			index, 0 if neither has one
 */
uint32_t hwo_hosts_link(host_t *src, host_t *dst);

/**
 * Add the network of a traffic selector, the smallest subnet around it, unless
 * it is there already.
 */
void hwo_nets_add(hwo_nets_t *nets, traffic_selector_t *ts);

/**
 * Get the networks of traffic selectors.
 *
 * @param list		traffic_selector_t*
 */
void hwo_nets_from_ts(linked_list_t *list, hwo_nets_t *nets);

/**
 * Get the protocol of packets between traffic selectors.
 *
 * @param src		source traffic selectors
 * @param dst		destination traffic selectors
 * @return			protocol, 0 if it may be any or there are several
 */
uint8_t hwo_proto_from_ts(linked_list_t *src, linked_list_t *dst);

/**
 * Find out what a selector has that NICs may not match.
 *
 * @return			of hwo_shape_t
 */
u_int hwo_selector_shapes(const hwo_selector_t *sel);

/**
 * Find out what any of some selectors has, hwo_selector_t.
 *
 * @return			of hwo_shape_t
 */
u_int hwo_selectors_shapes(array_t *all);

/**
 * Convert one side of a selector of the SPD to a traffic selector. Both sides
 * have type and code in case of ICMP. Port 0 alone stands for any port, as the
 * kernel reports it for packets of protocols without ports.
 *
 * @param src		TRUE for the source, FALSE for the destination
 * @return			traffic selector, NULL if the selector has no family
 */
traffic_selector_t *hwo_selector_to_ts(const hwo_selector_t *sel, bool src);

#endif /** HWO_TS_CONVERT_H_ @}*/
