/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_explain_rules explain_rules
 * @{ @ingroup hwo_service
 *
 * Puts into words what speaks for and against modes of a child.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_EXPLAIN_RULES_H_
#define HWO_EXPLAIN_RULES_H_

#include <jansson.h>

#include "child_facts.h"
#include "status_source.h"

/**
 * An explanation under way.
 */
typedef struct hwo_explanation_t {
	/** rules and verdict */
	json_t *items;
	/** what it depends on, besides the configuration */
	const hwo_status_source_t *host;
	/** TRUE if it is about what was tried, not about what is only written */
	bool loaded;
	/** what the configuration says */
	hwo_child_facts_t facts;
	/** device that carries the traffic */
	hwo_device_t device;
	/** what will be tried there */
	hwo_plan_t plan;
} hwo_explanation_t;

/**
 * Add a rule.
 *
 * @param result		"ok", "no" if it rules something out, "note"
 * @param when			when that was, 0 if it is not about the past
 * @param text			what it says, with arguments as for printf()
 */
void hwo_explain_rule(hwo_explanation_t *this, const char *rule,
					  const char *result, time_t when, const char *text, ...)
		__attribute__((format(printf, 5, 6)));

/**
 * Check if the driver will be asked for anything.
 */
bool hwo_explain_asks_driver(const hwo_explanation_t *this);

/**
 * Explain which device carries the traffic.
 */
void hwo_explain_device(hwo_explanation_t *this);

/**
 * Explain what speaks against modes, and what does not.
 */
void hwo_explain_modes(hwo_explanation_t *this);

/**
 * Explain what the driver has to agree to, and what it said before.
 */
void hwo_explain_driver(hwo_explanation_t *this);

#endif /** HWO_EXPLAIN_RULES_H_ @}*/
