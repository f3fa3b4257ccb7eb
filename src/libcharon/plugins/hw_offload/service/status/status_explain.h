/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_explain status_explain
 * @{ @ingroup hwo_service
 *
 * Explains what children would get on this host, before IKE runs: the same plan
 * that SAs are installed by, applied to what the configuration says, be it
 * loaded or written down. Only a driver can tell whether it agrees, but it may
 * have done so before, or not have done so when the CHILD_SA failed.
 *
 * Thread-safety: all state is in the arguments. No lock of the daemon's
 * configuration is held while the kernel is asked.
 */

#ifndef HWO_STATUS_EXPLAIN_H_
#define HWO_STATUS_EXPLAIN_H_

#include <jansson.h>

#include "child_facts.h"
#include "status_source.h"

/**
 * Explain a child that is loaded.
 *
 * @param loaded		child
 * @return				array of rules and a verdict
 */
json_t *hwo_status_explain(const hwo_status_source_t *host,
						   const hwo_loaded_child_t *loaded);

/**
 * Explain a child that is written down.
 *
 * @param text			what is written, see hwo_child_facts_written()
 * @param error			[out] what is wrong with it
 * @return				array of rules and a verdict, NULL if not understood
 */
json_t *hwo_status_explain_written(const hwo_status_source_t *host,
								   const char *text,
								   char error[HWO_STATUS_ERROR]);

#endif /** HWO_STATUS_EXPLAIN_H_ @}*/
