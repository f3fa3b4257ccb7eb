/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_route sp_route
 * @{ @ingroup hwo_service
 *
 * Routes that go along with outbound SPs, so that traffic for the remote subnet
 * gets a source address inside the local one, and leaves by the interface that
 * reaches the peer: with an interface ID the XFRM interface that has it, if
 * there is one. They are installed by charon's kernel-net, in its table.
 */

#ifndef HWO_SP_ROUTE_H_
#define HWO_SP_ROUTE_H_

#include "../../model/state/sp_table.h"

/**
 * Check if an SP needs a route: an outbound one, not limited to a protocol or
 * port, for a mode with inner addresses or a pass policy.
 */
bool hwo_sp_route_needed(const hwo_sp_request_t *user);

/**
 * Install the route for an SP, replacing an older one that differs.
 *
 * @param entry		SP, checked out
 * @param user		user whose SP is installed
 * @param xfrm		name of the XFRM interface, empty if there is none
 */
void hwo_sp_route_install(hwo_sp_entry_t *entry, const hwo_sp_request_t *user,
						  const char *xfrm);

/**
 * Remove the route of an SP, if there is one.
 *
 * @param entry		SP, checked out
 */
void hwo_sp_route_remove(hwo_sp_entry_t *entry);

#endif /** HWO_SP_ROUTE_H_ @}*/
