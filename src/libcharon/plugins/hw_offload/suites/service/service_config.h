/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A connection with one child that charon has loaded.
 */

#ifndef SERVICE_CONFIG_H_
#define SERVICE_CONFIG_H_

#include <daemon.h>

/** A connection with one child, as much of them as explain looks at. */
typedef struct service_config_t {
	hw_offload_t requested;
	const char *proposal, *remote;
	uint32_t tfc, window;
	uint64_t bytes;
	bool encap, ipcomp, no_policies;
	_Atomic ipsec_mode_t mode;
	uint32_t if_id_in, peer_if_id;
	mark_t mark_in, mark_out, set_mark_in;
	char *ts;
	/* children of that kind, 0 for one, and references to their configuration
	 * and that of the connection */
	_Atomic int children, refs;
} service_config_t;

/** What is configured. */
extern service_config_t config;

/** Load the connection. */
void service_config_load(void);

#endif /* SERVICE_CONFIG_H_ */
