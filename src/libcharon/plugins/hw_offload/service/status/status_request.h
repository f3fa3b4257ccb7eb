/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_request status_request
 * @{ @ingroup hwo_service
 *
 * Understands what clients of the status service ask for.
 */

#ifndef HWO_STATUS_REQUEST_H_
#define HWO_STATUS_REQUEST_H_

#include <library.h>

/** Version of the protocol, changes if clients would misunderstand answers */
#define HWO_STATUS_PROTOCOL 1

/** Longest argument, longer ones are refused */
#define HWO_STATUS_ARG_LEN 128

/** Longest text in place of arguments, longer ones are refused */
#define HWO_STATUS_TEXT_LEN 4096

/** Most arguments */
#define HWO_STATUS_ARGS 2

/**
 * What clients may ask for.
 */
typedef enum hwo_status_command_t {
	/** CHILD_SAs */
	HWO_STATUS_LIST,
	/** policies */
	HWO_STATUS_POLICIES,
	/** devices */
	HWO_STATUS_DEVICES,
	/** events from now on */
	HWO_STATUS_WATCH,
	/** what a loaded configuration would get */
	HWO_STATUS_EXPLAIN,
	/** what a child would get that is written down */
	HWO_STATUS_EXPLAIN_WRITTEN,
	/** let traffic go that stays blocked */
	HWO_STATUS_RELEASE,
} hwo_status_command_t;

/** Names of commands, as used in requests. */
extern enum_name_t *hwo_status_command_names;

/**
 * A request.
 */
typedef struct hwo_status_request_t {
	/** command */
	hwo_status_command_t command;
	/** arguments, empty if not given */
	char arg[HWO_STATUS_ARGS][HWO_STATUS_ARG_LEN];
	/** what is written down, one JSON object in place of arguments */
	char text[HWO_STATUS_TEXT_LEN];
} hwo_status_request_t;

/**
 * Check if a client may have what it asks for. All may look that may connect,
 * which is up to the permissions of the socket; only its owner may change
 * something.
 *
 * @param uid			user of the client
 * @param owner			owner of the socket
 */
bool hwo_status_permitted(hwo_status_command_t command, uid_t uid,
						  uid_t owner);

/**
 * Parse a request.
 *
 * @param line			request without newline
 * @return				NULL, or what is wrong with it (a literal)
 */
const char *hwo_status_parse(const char *line, hwo_status_request_t *request);

#endif /** HWO_STATUS_REQUEST_H_ @}*/
