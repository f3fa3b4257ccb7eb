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

#include "line_client.h"

/** Most clients at a time, others are turned away */
#define HWO_LINE_CLIENTS 16

typedef struct line_server_t line_server_t;

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
 * Start to listen.
 *
 * @param uri			where, see stream_service_t
 * @param handler		produces the answers, copied
 * @param deadlines		deadlines, copied
 * @return				NULL if that failed, which is logged
 */
line_server_t *hwo_line_server_create(char *uri, const line_handler_t *handler,
									  const line_deadlines_t *deadlines);

#endif /** HWO_LINE_SERVER_H_ @}*/
