/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_route_plan route_plan
 * @{ @ingroup hwo_model
 *
 * Which packets have to be asked about to find the device of an SA, and what a
 * route lookup cannot know of them. All functions are pure.
 */

#ifndef HWO_ROUTE_PLAN_H_
#define HWO_ROUTE_PLAN_H_

#include "../../hwo_types.h"

/**
 * Get the packets that an SA sends, whose route decides about its device; those
 * that the SA of the other direction sends if it is an inbound one.
 *
 * In transport mode they keep the route they had before, by the mark that the
 * policy demands. In tunnel mode they are routed again, with the mark that the
 * SA sets.
 *
 * @param flow		[out] packets
 */
void hwo_flow_of_sa(const hwo_sa_id_t *id, const hwo_sa_facts_t *facts,
					hwo_flow_t *flow);

/**
 * Get packets before they get into a tunnel.
 *
 * @param n			number of a network of the peer
 * @param flow		[out] packets to that network
 */
void hwo_flow_into_sa(const hwo_sa_id_t *id, const hwo_sa_facts_t *facts,
					  u_int n, hwo_flow_t *flow);

/**
 * Check if a rule of policy routing may lead packets of a flow elsewhere than a
 * lookup says, because it looks at what the kernel cannot be asked for, or at
 * what differs from packet to packet.
 *
 * @param flow		packets
 */
bool hwo_rule_may_divert(const hwo_rule_t *rule, const hwo_flow_t *flow);

#endif /** HWO_ROUTE_PLAN_H_ @}*/
