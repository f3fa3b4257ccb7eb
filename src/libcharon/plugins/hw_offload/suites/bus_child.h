/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * A CHILD_SA between 192.168.50.1 and .2, of an IKE_SA that is called gw, as much
 * of them as listeners on the bus look at. Tells them what happens to it; SPIs
 * are in host order.
 */

#ifndef BUS_CHILD_H_
#define BUS_CHILD_H_

#include <bus/bus.h>

/** Name of the CHILD_SA, and the reqid. */
extern char *bus_child_name;
extern uint32_t bus_child_reqid;

/** It is up or down. */
void bus_child_updown(uint32_t spi_in, uint32_t spi_out, bool up);

/** Something went wrong. */
void bus_child_alert(uint32_t spi_in, uint32_t spi_out, alert_t alert);

/** It is about to be destroyed.
 *
 * @param trap		TRUE if there is no IKE_SA
 */
void bus_child_destroy(uint32_t spi_in, uint32_t spi_out, bool trap);

#endif /** BUS_CHILD_H_ */
