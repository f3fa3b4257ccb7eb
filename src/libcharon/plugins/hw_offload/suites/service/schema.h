/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * Comparison of JSON with the schemas in docs.
 */

#ifndef SCHEMA_H_
#define SCHEMA_H_

#include <jansson.h>

/**
 * Check that JSON is as a schema in docs says, and that it has no member which
 * the schema does not know: users may get more with a later version, but now
 * all there is has to be described.
 *
 * Schemas may use what is needed here only; anything else fails, so that
 * nothing in them goes unnoticed.
 *
 * @param command		whose schema it is
 * @param type			name of a definition in it, NULL for the whole document
 * @param value			value to check, not adopted
 */
void assert_schema(const char *command, const char *type, json_t *value);

#endif /** SCHEMA_H_ */
