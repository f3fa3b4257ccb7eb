/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * A client of the status service, and a backend that has one.
 */

#ifndef STATUS_CLIENT_H_
#define STATUS_CLIENT_H_

#include <stdio.h>

#include <jansson.h>

#include <ipsec/ipsec_types.h>

/** Path of the socket, and its URI. */
extern char status_path[96], status_uri[128];

/** Set up a backend with a service. */
void status_setup(void);
void status_teardown(void);

/** Install the SAs of a CHILD_SA, SPIs in host order. */
void install_pair(hw_offload_t requested, uint32_t in, uint32_t out);

/** Connect, without a word. */
int client_connect(void);

/** Connect, send a request. */
FILE *client_ask(const char *request);

/** Read a line, NULL at the end. Items have to be as their schema says. */
json_t *client_line(FILE *client);

/** Text of an object, or "(none)"; number of an object, or 0. */
const char *text(json_t *object, const char *key);
int number(json_t *object, const char *key);

/** Read the first line, check what it answers. */
void client_first(FILE *client, const char *answer);

/** Check that nothing but the last line follows, disconnect. */
void client_last(FILE *client, int count);

/** Ask for explanations, get the reason of the first verdict; kind is the name
 * of the answer. */
const char *client_explain(const char *request, const char *kind);

#endif /** STATUS_CLIENT_H_ */
