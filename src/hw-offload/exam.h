/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_exam exam
 *
 * An examination of the host by the subcommand doctor: what the checks look at,
 * and what they have found. Knows nothing of the checks.
 */

#ifndef EXAM_H_
#define EXAM_H_

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "nic.h"

/**
 * Result of a check.
 */
typedef enum finding_t {
	FINDING_OK,
	FINDING_WARNING,
	FINDING_FAULT,
} finding_t;

/**
 * An examination.
 */
typedef struct exam_t {
	/** root of the file system, for files that are looked at; it is only
	 * different for tests. */
	const char *root;
	/** interfaces, and their number */
	nic_t *nics;
	size_t count;
	/** what was found, objects with check, result, text and remedy */
	json_t *findings;
	/** worst finding */
	finding_t worst;
} exam_t;

/**
 * Add a finding.
 *
 * @param check			short name of the check
 * @param finding		result
 * @param remedy		what mends it: commands, or words where commands can't;
 *						NULL if there is nothing to mend
 * @param format		what was found, as of printf()
 */
void exam_add(exam_t *exam, const char *check, finding_t finding,
			  const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * Name of a result.
 */
const char *finding_name(finding_t finding);

/**
 * Check if there is an interface with a driver.
 */
bool exam_has_driver(const exam_t *exam, const char *driver);

/**
 * Run a tool that does not wait for anything, get its output.
 *
 * @param line			command line for the shell
 * @return				output to be freed, NULL if it failed
 */
char *exam_run_tool(const char *line);

#endif /** EXAM_H_ @}*/
