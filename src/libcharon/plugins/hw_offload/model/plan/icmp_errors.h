/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_icmp_errors icmp_errors
 * @{ @ingroup hwo_model
 *
 * Which ICMP errors must not leave in clear. If nobody listens on the port of a
 * packet that was decrypted, the kernel answers with an error that quotes it:
 * up to 548 bytes (RFC 1812, 4.3.2.3), or 1232 over IPv6 (RFC 4443, 2.4). If
 * the CHILD_SA is for another protocol, the error does not match its SPs.
 *
 * All functions are pure.
 */

#ifndef HWO_ICMP_ERRORS_H_
#define HWO_ICMP_ERRORS_H_

#include "../../hwo_types.h"

/** Behind all SPs that may protect errors, or let them pass on purpose: lower
 * than any priority that is calculated from a selector. */
#define HWO_ICMP_ERROR_PRIORITY 1000000

/** SPs that block errors of either family */
#define HWO_ICMP_ERROR_SPS 4

/**
 * Get the SPs that block errors about packets from the peer of an SP of a
 * CHILD_SA in transport mode.
 *
 * Those about path MTU get through: a host sends none about packets that it was
 * to receive, but if it routes for the peer it does about packets that it
 * forwards, and the peer's connections would hang without them. Other errors
 * about packets that it forwards for the peer are blocked, too.
 *
 * The SPs have neither the mark nor the XFRM interface ID of the CHILD_SA, as
 * the kernel gives an error none of the two (but for the mark, if
 * fwmark_reflect is set), so they would not match it. They do match errors
 * about packets between the same hosts that others send in clear.
 *
 * @param id		SP of the CHILD_SA
 * @param sps		[out] SPs
 * @return			number of them, 0 if none are needed: it is not outbound,
 *					not for two hosts, or it protects ICMP
 */
int hwo_icmp_error_sps(const hwo_sp_id_t *id, hwo_sp_t sps[HWO_ICMP_ERROR_SPS]);

#endif /** HWO_ICMP_ERRORS_H_ @}*/
