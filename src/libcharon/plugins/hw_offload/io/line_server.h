/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_line_server line_server
 * @{ @ingroup hwo_io
 *
 * Answers requests on a stream service (a UNIX socket): a client sends one line
 * and gets lines until the answer is complete, then the connection is closed.
 *
 * Whatever clients do, it costs no more than this: one thread that is not one
 * of the daemon's workers, HWO_LINE_CLIENTS connections with a buffer of
 * HWO_LINE_SIZE each, one answer for each connection. An answer is produced
 * line by line, only as fast as its client reads. Who sends no request, does
 * not read, or takes too long is disconnected.
 *
 * Thread-safety: may be used by any thread; the callbacks are called by one
 * thread only, one after the other.
 */

#ifndef HWO_LINE_SERVER_H_
#define HWO_LINE_SERVER_H_

#include <library.h>

/** Longest request, including its newline */
#define HWO_LINE_REQUEST 4096

/** Longest line of an answer, including its newline */
#define HWO_LINE_SIZE 16384

/** Most clients at a time, others are turned away */
#define HWO_LINE_CLIENTS 16

typedef struct line_server_t line_server_t;
typedef struct line_handler_t line_handler_t;

/**
 * Produces the answers.
 */
struct line_handler_t {

	/**
	 * Begin an answer.
	 *
	 * @param data		see below
	 * @param request	request without newline, may be empty or any garbage, but
	 *					has no NUL inside
	 * @return			answer, not NULL
	 */
	void *(*begin)(void *data, const char *request);

	/**
	 * Produce the next line of an answer.
	 *
	 * @param data		see below
	 * @param answer	answer
	 * @param buf		[out] line with its newline, without NUL
	 * @param size		size of buf
	 * @return			length of the line, 0 if there is none until the server
	 *					is woken up, -1 if the answer is complete
	 */
	ssize_t (*next)(void *data, void *answer, char *buf, size_t size);

	/**
	 * Release an answer, complete or not.
	 */
	void (*end)(void *data, void *answer);

	/** passed to the callbacks */
	void *data;
};

/**
 * Server for lines.
 */
struct line_server_t {

	/**
	 * Ask all answers again that had no line.
	 */
	void (*wake)(line_server_t *this);

	/**
	 * Destroy, all connections are closed.
	 */
	void (*destroy)(line_server_t *this);
};

/**
 * Deadlines, in seconds.
 */
typedef struct line_deadlines_t {
	/** for the request */
	u_int request;
	/** for a client to take what is ready for it */
	u_int stalled;
	/** for all of an answer, unless it had to wait to be woken up */
	u_int answer;
} line_deadlines_t;

/**
 * Start to listen.
 *
 * @param uri			where, see stream_service_t
 * @param handler		produces the answers, copied
 * @param deadlines		deadlines, copied
 * @return				NULL if that failed, which is logged
 */
line_server_t *line_server_create(char *uri, const line_handler_t *handler,
								  const line_deadlines_t *deadlines);

#endif /** HWO_LINE_SERVER_H_ @}*/
