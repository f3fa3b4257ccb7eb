/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_fake_traffic fake_traffic
 * @{ @ingroup hwo_suites
 *
 * Traffic for the fake kernel. Once it is switched on, packets are sent before
 * each request is executed, i.e. between any two requests. They go through the
 * SPD and the SAD as in Linux, and two rules are checked:
 *
 * - A sequence number is never used twice under one key.
 * - A flow that a test covers never leaves in clear.
 *
 * The first packet that breaks one of them is kept with the requests and
 * packets before it.
 *
 *     fake_kernel_traffic(kernel, TRUE);
 *     ... whatever the test does ...
 *     ck_assert_msg(!fake_kernel_violation(kernel), "%s",
 *                   fake_kernel_violation(kernel));
 *
 * Thread-safety: as fake_kernel_t.
 */

#ifndef FAKE_TRAFFIC_H_
#define FAKE_TRAFFIC_H_

#include <stdio.h>

#include "fake_kernel.h"

/**
 * What becomes of a packet.
 */
typedef enum fake_fate_t {
	/** none was sent so far, or there is no route */
	FAKE_NOT_SENT,
	/** protected by an SA */
	FAKE_PROTECTED,
	/** in clear */
	FAKE_CLEAR,
	/** an SP blocks it */
	FAKE_BLOCKED,
	/** the SP has no SA */
	FAKE_NO_SA,
	/** the SA is on a NIC that does not carry it */
	FAKE_DROPPED,
} fake_fate_t;

/**
 * Switch traffic on or off. Unless there are flows, each outbound SP with
 * templates gets a packet.
 */
void fake_kernel_traffic(fake_kernel_t *this, bool on);

/**
 * Add a flow, traffic is on. Its packets are sent by a local socket.
 *
 * @param src			addresses and ports
 * @param dst
 * @param proto			protocol of the packets
 * @return				number of the flow
 */
u_int fake_kernel_add_flow(fake_kernel_t *this, const char *src,
						   uint16_t sport, const char *dst, uint16_t dport,
						   uint8_t proto);

/**
 * From now on, packets of a flow must not leave in clear, or may.
 */
void fake_kernel_cover(fake_kernel_t *this, u_int flow, bool covered);

/**
 * Get what became of the last packet of a flow.
 *
 * @param spi			[out] SPI of the SA that protected it, network order,
 *						may be NULL
 */
fake_fate_t fake_kernel_fate(fake_kernel_t *this, u_int flow, uint32_t *spi);

/**
 * Find out if there is an SP that blocks a flow, on any device, if no NIC sends
 * it.
 */
bool fake_kernel_guarded(fake_kernel_t *this, u_int flow);

/** Names of fates. */
extern enum_name_t *fake_fate_names;

/**
 * Send one packet of each flow.
 */
void fake_kernel_send(fake_kernel_t *this);

/**
 * A second has passed. What NICs counted is sampled, and reported the next
 * time that it is, so counters in packet mode are between one and two seconds
 * old. Larval SAs that nobody completed go away. If this is never called,
 * counters of NICs stay as they are.
 */
void fake_kernel_second(fake_kernel_t *this);

/**
 * Call a function before each request, outside of the lock.
 */
void fake_kernel_hook(fake_kernel_t *this, void (*hook)(void));

/**
 * Get the first violation of the rules.
 *
 * @return				description, NULL if there is none
 */
const char *fake_kernel_violation(fake_kernel_t *this);

/**
 * Note a violation of a rule that the test checks itself.
 *
 * @param fmt			static format for up to four unsigned int
 */
void fake_kernel_violate(fake_kernel_t *this, const char *fmt, uint32_t a,
						 uint32_t b, uint32_t c, uint32_t d);

/**
 * Note what a test does, to be printed with the requests around it.
 *
 * @param fmt			static format for up to four unsigned int
 */
void fake_kernel_note(fake_kernel_t *this, const char *fmt, uint32_t a,
					  uint32_t b, uint32_t c, uint32_t d);

/**
 * Print the last notes, requests, and packets that fared otherwise than those
 * before them.
 */
void fake_kernel_print_trace(fake_kernel_t *this, FILE *out);

#endif /** FAKE_TRAFFIC_H_ @}*/
