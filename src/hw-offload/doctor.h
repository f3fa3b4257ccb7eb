/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_doctor doctor
 *
 * What the checks of the subcommand doctor share.
 */

#ifndef DOCTOR_H_
#define DOCTOR_H_

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "command.h"
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
typedef struct doctor_t {
	/** options of the command line */
	const options_t *options;
	/** what was found, objects with check, result, text and remedy */
	json_t *findings;
	/** root of the file system, for files of the kernel's configuration; it is
	 * only different for tests */
	const char *root;
	/** interfaces */
	nic_t *nics;
	size_t count;
	/** worst finding */
	finding_t worst;
} doctor_t;

/**
 * Add a finding.
 *
 * @param check			short name of the check
 * @param finding		result
 * @param remedy		command that mends it, NULL if there is none
 * @param format		what was found, as of printf()
 */
void doctor_add(doctor_t *doctor, const char *check, finding_t finding,
				const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * Check if there is an interface with a driver.
 */
bool doctor_has_driver(const doctor_t *doctor, const char *driver);

/**
 * Run a tool that does not wait for anything, get its output.
 *
 * @param line			command line for the shell
 * @return				output to be freed, NULL if it failed
 */
char *doctor_run_tool(const char *line);

/**
 * Groups of checks.
 */
void doctor_kernel(doctor_t *doctor);
void doctor_devices(doctor_t *doctor);
void doctor_switch(doctor_t *doctor);
void doctor_daemon(doctor_t *doctor);

#endif /** DOCTOR_H_ @}*/
