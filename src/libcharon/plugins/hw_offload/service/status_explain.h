/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_explain status_explain
 * @{ @ingroup hwo_service
 *
 * Explains what the children of a loaded connection would get on this host,
 * before IKE runs: the same plan that SAs are installed by, applied to what the
 * configuration says. Only a driver can tell whether it agrees.
 *
 * Thread-safety: all state is in the arguments. No lock of the daemon's
 * configuration is held while the kernel is asked.
 */

#ifndef HWO_STATUS_EXPLAIN_H_
#define HWO_STATUS_EXPLAIN_H_

#include <jansson.h>

#include "offload_device.h"
#include "../model/sp_faces.h"

/**
 * Explain a connection.
 *
 * @param connection	name of the connection
 * @param child			name of a child, empty for all
 * @param devices		selection of devices
 * @param guard			what guards behind offloaded policies depend on
 * @return				array of rules and verdicts, NULL if there is no such
 *						connection or child
 */
json_t *hwo_status_explain(const char *connection, const char *child,
						   offload_device_t *devices,
						   const hwo_guard_rules_t *guard);

#endif /** HWO_STATUS_EXPLAIN_H_ @}*/
