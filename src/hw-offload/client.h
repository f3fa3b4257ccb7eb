/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_client client
 *
 * Asks the status service of the plugin.
 */

#ifndef CLIENT_H_
#define CLIENT_H_

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/** Longest line of an answer that is accepted */
#define CLIENT_LINE (64 * 1024)

/** Longest request, longer ones are not sent */
#define CLIENT_REQUEST 4096

/** Longest message about an error */
#define CLIENT_ERROR 256

/**
 * Called for each item of an answer.
 *
 * @param data			user data
 * @param item			object, keep a reference to have it for longer
 * @return				false to stop
 */
typedef bool (*client_item_t)(void *data, json_t *item);

/**
 * Ask the service.
 *
 * @param socket		path of the socket
 * @param request		command and arguments, separated by blanks
 * @param item			called for each item, but the first that describes the
 *						service
 * @param data			passed to item
 * @param first			[out] first object, NULL if not interesting
 * @param error			[out] what went wrong, empty if nothing did
 * @return				false if something went wrong
 */
bool client_ask(const char *socket, const char *request, client_item_t item,
				void *data, json_t **first, char error[CLIENT_ERROR]);

/**
 * Ask the service for all items.
 *
 * @param socket		path of the socket
 * @param request		command and arguments
 * @param first			[out] first object, NULL if not interesting
 * @param error			[out] what went wrong
 * @return				array, NULL if something went wrong
 */
json_t *client_collect(const char *socket, const char *request, json_t **first,
					   char error[CLIENT_ERROR]);

/**
 * Ask the service for CHILD_SAs.
 *
 * @param socket		path of the socket
 * @param failed		[out] array of those that could not be installed, NULL
 *						if not interesting
 * @param first			[out] first object, NULL if not interesting
 * @param error			[out] what went wrong
 * @return				array of those that are there, NULL if something went
 *						wrong
 */
json_t *client_children(const char *socket, json_t **failed, json_t **first,
						char error[CLIENT_ERROR]);

/**
 * Read an answer, whatever is in it. See client_ask().
 */
bool client_read(FILE *in, client_item_t item, void *data, json_t **first,
				 char error[CLIENT_ERROR]);

#endif /** CLIENT_H_ @}*/
