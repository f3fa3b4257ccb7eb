/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_service status_service
 * @{ @ingroup hwo_service
 *
 * Tells clients on a UNIX socket how CHILD_SAs are offloaded, and why. Nothing
 * can be changed through it. Who may connect is decided by the permissions of
 * the socket, which belongs to the daemon's group.
 *
 * The protocol, version 1: a client sends one line,
 *
 *   hw-offload 1 COMMAND [ARGUMENT...]
 *
 * and gets lines with one JSON object each: first {"hw-offload":1,...}, then
 * one with a "type" for each item, at last {"end":true,"count":N}. A line with
 * "error" takes the place of the last one if something went wrong. Clients have
 * to ignore members and types that they don't know. See docs/json.md.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_STATUS_SERVICE_H_
#define HWO_STATUS_SERVICE_H_

#include "status_source.h"

typedef struct status_service_t status_service_t;

/**
 * Service for clients who want to know.
 */
struct status_service_t {

	void (*destroy)(status_service_t *this);
};

/**
 * Start to serve clients.
 *
 * @param uri			socket
 * @param source		what to tell about, copied
 * @return				NULL if it can't listen, which is logged
 */
status_service_t *hwo_status_service_create(char *uri,
											const hwo_status_source_t *source);

#endif /** HWO_STATUS_SERVICE_H_ @}*/
