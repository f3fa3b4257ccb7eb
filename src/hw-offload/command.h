/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_command command
 *
 * The command hw-offload: what all subcommands share.
 */

#ifndef COMMAND_H_
#define COMMAND_H_

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/** Exit status, besides 0: what was looked at is not as it should be */
#define EXIT_NOT_SO 1
/** Exit status: wrong usage, or no answer */
#define EXIT_TROUBLE 2

/**
 * Options of the command line.
 */
typedef struct options_t {
	/** path of the socket */
	const char *socket;
	/** path of a configuration that is not loaded, NULL for what is */
	const char *file;
	/** how to use the subcommand, instead of using it */
	bool help;
	/** JSON instead of text */
	bool json;
	/** details in text */
	bool verbose;
	/** colours in text */
	bool colour;
} options_t;

/**
 * Subcommands. They print their result, and get the arguments that follow their
 * name.
 *
 * @return				exit status
 */
int command_list(const options_t *options, int argc, char *argv[]);
int command_policies(const options_t *options, int argc, char *argv[]);
int command_devices(const options_t *options, int argc, char *argv[]);
int command_explain(const options_t *options, int argc, char *argv[]);
int command_doctor(const options_t *options, int argc, char *argv[]);
int command_probe(const options_t *options, int argc, char *argv[]);
int command_watch(const options_t *options, int argc, char *argv[]);
int command_release(const options_t *options, int argc, char *argv[]);
int command_clean_up(const options_t *options, int argc, char *argv[]);
int command_metrics(const options_t *options, int argc, char *argv[]);

/**
 * Get a text of an object.
 *
 * @return				text, "-" if there is none or it is no text; not owned
 */
const char *get_text(const json_t *object, const char *key);

/**
 * Get what the kernel said when it refused something: its words, else the name
 * of its error, else "-".
 *
 * @param object		object with "kernel" and "errno"
 */
const char *get_refusal(const json_t *object);

/**
 * Get a number of an object, 0 if there is none.
 */
long long get_number(const json_t *object, const char *key);

/**
 * Check a boolean of an object, false if there is none.
 */
bool get_bool(const json_t *object, const char *key);

/**
 * Print a document or item as JSON, released.
 *
 * @param document		document
 * @param line			true for one line, not indented
 * @return				exit status
 */
int print_json(json_t *document, bool line);

#endif /** COMMAND_H_ @}*/
