/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_udp_decap udp_decap
 * @{ @ingroup hwo_io
 *
 * Has the kernel take ESP packets out of the UDP packets that a socket receives
 * (RFC 3948, UDP_ENCAP).
 */

#ifndef HWO_UDP_DECAP_H_
#define HWO_UDP_DECAP_H_

#include <library.h>

/**
 * Enable decapsulation on a socket, and the merging of packets before it where
 * the kernel can do that. Failures are logged.
 *
 * @param fd		UDP socket
 * @param port		its port in host order, for log messages
 * @return			FALSE if there is no decapsulation
 */
bool hwo_udp_decap_enable(int fd, uint16_t port);

#endif /** HWO_UDP_DECAP_H_ @}*/
