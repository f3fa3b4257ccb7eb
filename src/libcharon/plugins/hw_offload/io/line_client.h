/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_line_client line_client
 * @{ @ingroup hwo_io
 *
 * A client of a line_server_t: reads the line it sends, and sends the lines of
 * the answer as fast as it reads them. Never blocks.
 *
 * Thread-safety: none, the thread of the server has its clients for itself.
 */

#ifndef HWO_LINE_CLIENT_H_
#define HWO_LINE_CLIENT_H_

#include <sys/types.h>

#include <library.h>

/** Longest request, including its newline */
#define HWO_LINE_REQUEST 4096

/** Longest line of an answer, including its newline */
#define HWO_LINE_SIZE 16384

typedef struct line_handler_t line_handler_t;

/**
 * Produces the answers.
 */
struct line_handler_t {

	/**
	 * Begin an answer.
	 *
	 * @param data		see below
	 * @param request	request without newline, may be empty or any garbage,
	 *					but has no NUL inside
	 * @param uid		user that the client had when it connected, -1 if the
	 *					kernel does not tell
	 * @return			answer, not NULL
	 */
	void *(*begin)(void *data, const char *request, uid_t uid);

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
 * What is up with a client.
 */
typedef enum {
	/** there is none in this slot */
	LINE_CLIENT_NONE,
	/** its request is not complete */
	LINE_CLIENT_REQUESTS,
	/** its answer is on the way */
	LINE_CLIENT_READS,
	/** there is nothing to tell it at the moment */
	LINE_CLIENT_WAITS,
} line_client_state_t;

/**
 * A client.
 */
typedef struct {
	/** what is up */
	line_client_state_t state;
	/** non-blocking socket */
	int fd;
	/** what was read of the request */
	char request[HWO_LINE_REQUEST];
	size_t request_len;
	/** answer, NULL until there is one */
	void *answer;
	/** line that is being sent, allocated with the client */
	char *line;
	size_t line_len, line_pos;
	/** monotonic time of the connection, and of the last progress */
	time_t started, progress;
	/** TRUE once it had to wait for something to tell */
	bool waited;
} line_client_t;

/**
 * Begin with a new client.
 *
 * @param client		[out] client
 * @param fd			non-blocking socket, adopted
 */
void hwo_line_client_open(line_client_t *client, int fd);

/**
 * Disconnect a client, whatever it is up to.
 *
 * @param client		client, has LINE_CLIENT_NONE as state then
 * @param handler		produces the answers
 */
void hwo_line_client_close(line_client_t *client,
						   const line_handler_t *handler);

/**
 * Do what is to be done for a client.
 *
 * @param client		client
 * @param handler		produces the answers
 * @param deadlines		deadlines
 * @param events		what poll() says about its socket
 * @return				FALSE if it has to be disconnected
 */
bool hwo_line_client_serve(line_client_t *client, const line_handler_t *handler,
						   const line_deadlines_t *deadlines, short events);

/**
 * Get the time at which a client is to be disconnected.
 *
 * @return				monotonic time in seconds, 0 for never
 */
time_t hwo_line_client_deadline(const line_client_t *client,
								const line_deadlines_t *deadlines);

/**
 * Get what poll() should wait for.
 */
short hwo_line_client_interest(const line_client_t *client);

/**
 * Ask for the next line again, if there was none.
 */
void hwo_line_client_wake(line_client_t *client);

#endif /** HWO_LINE_CLIENT_H_ @}*/
