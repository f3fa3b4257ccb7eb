/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * An SA as charon asks for it, and what is expected to come of it. Each test
 * changes both side by side, and everything is compared: so whatever else
 * changes along fails the test too.
 */

#ifndef FACADE_SA_H_
#define FACADE_SA_H_

#include "facade_suites.h"

#include "../../backend/translate.h"

/** What charon asks for. */
extern kernel_ipsec_sa_id_t id;
extern kernel_ipsec_add_sa_t data;
extern lifetime_cfg_t lifetime;

/** What influences the translation. */
extern hwo_translate_t how;

/** What comes of it. */
extern hwo_sa_t expected;

/** Some key material, it does not matter what. */
extern uint8_t sa_key[36];

/** Start with an outbound ESP SA in tunnel mode with AES-GCM, on a current
 * kernel. */
void sa_setup(void);
void sa_teardown(void);

/** Set the hosts, and expect them. */
void set_hosts(const char *src, uint16_t src_port, const char *dst,
			   uint16_t dst_port);

/** Translate and compare, the IPComp SA that goes along in the second case. */
void check_sa(void);
void check_ipcomp(void);

#endif /** FACADE_SA_H_ */
