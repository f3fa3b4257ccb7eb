/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * A CHILD_SA between 192.168.50.1 and .2, and its IKE_SA, as much of them as
 * listeners on the bus look at. Tells them what happens to it;
 * SPIs are in host order.
 */

#ifndef BUS_CHILD_H_
#define BUS_CHILD_H_

#include <bus/bus.h>
#include <sa/child_sa.h>

/** Unique ID of the IKE_SA. */
#define BUS_IKE_ID 7

/** Names of the IKE_SA and the CHILD_SA, its reqid and unique ID. */
extern char *bus_ike_name;
extern char *bus_child_name;
extern uint32_t bus_child_reqid;
extern uint32_t bus_child_id;

/** Its marks and XFRM interface IDs, outbound and inbound. */
extern mark_t bus_child_mark[2];
extern uint32_t bus_child_if_id[2];

/** It is up or down. */
void bus_child_updown(uint32_t spi_in, uint32_t spi_out, bool up);

/** It takes the place of another one. */
void bus_child_rekeyed(uint32_t spi_in, uint32_t spi_out);

/** Something went wrong. */
void bus_child_alert(uint32_t spi_in, uint32_t spi_out, alert_t alert);

/** It is about to be destroyed, and was in that state. */
void bus_child_destroy(uint32_t spi_in, uint32_t spi_out,
					   child_sa_state_t state);

/** Its SAs are about to be installed, with a configured priority. */
void bus_child_installing(bool no_policies, uint32_t priority);

/** They are. */
void bus_child_installed(void);

/** A trap for it is installed; and about to be destroyed. Of these, no IKE_SA
 * is told unless ike is TRUE. */
void bus_trap_routed(void);
void bus_trap_destroy(child_sa_state_t state, bool ike);

#endif /** BUS_CHILD_H_ */
