/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * One client: what it asks for, and what it takes of the answer.
 */

#define _GNU_SOURCE

#include "line_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/** Lines for one client before others get their turn */
#define TURN 64

void hwo_line_client_open(line_client_t *client, int fd)
{
	*client = (line_client_t){
		.state = LINE_CLIENT_REQUESTS,
		.fd = fd,
		.line = malloc(HWO_LINE_SIZE),
		.started = time_monotonic(NULL),
	};
	client->progress = client->started;
}

void hwo_line_client_close(line_client_t *client, const line_handler_t *handler)
{
	if (client->answer)
	{
		handler->end(handler->data, client->answer);
	}
	close(client->fd);
	free(client->line);
	memset(client, 0, sizeof(*client));
}

/**
 * Get the user that a client had when it connected.
 */
static uid_t get_user(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 ? cred.uid
																	 : -1;
}

/**
 * Read a request, FALSE to drop the client.
 */
static bool read_request(line_client_t *client, const line_handler_t *handler)
{
	char *end;
	ssize_t len;

	len = recv(client->fd, client->request + client->request_len,
			   sizeof(client->request) - client->request_len, MSG_DONTWAIT);
	if (len < 0)
	{
		return errno == EAGAIN || errno == EINTR;
	}
	end = memchr(client->request + client->request_len, '\n', len);
	client->request_len += len;
	if (!end)
	{	/* disconnected, or there is no room for the rest */
		return len && client->request_len < sizeof(client->request);
	}
	*end = '\0';
	if (strlen(client->request) != end - client->request)
	{
		return FALSE;
	}
	client->answer = handler->begin(handler->data, client->request,
									get_user(client->fd));
	client->state = LINE_CLIENT_READS;
	client->progress = time_monotonic(NULL);
	return TRUE;
}

/**
 * Get the next line for a client, FALSE if there is none.
 */
static bool next_line(line_client_t *client, const line_handler_t *handler,
					  bool *done)
{
	ssize_t len;

	len = handler->next(handler->data, client->answer, client->line,
						HWO_LINE_SIZE);
	*done = len < 0;
	if (len == 0)
	{
		client->state = LINE_CLIENT_WAITS;
		client->waited = TRUE;
	}
	client->line_len = max(len, 0);
	client->line_pos = 0;
	return len > 0;
}

/**
 * Send what a client takes, FALSE to drop it.
 */
static bool send_answer(line_client_t *client, const line_handler_t *handler)
{
	bool done = FALSE;
	int turn = TURN;
	ssize_t len;

	while (client->line_pos < client->line_len ||
		   (turn-- && next_line(client, handler, &done)))
	{
		len = send(client->fd, client->line + client->line_pos,
				   client->line_len - client->line_pos,
				   MSG_DONTWAIT | MSG_NOSIGNAL);
		if (len < 0)
		{
			return errno == EAGAIN || errno == EINTR;
		}
		client->line_pos += len;
		client->progress = time_monotonic(NULL);
	}
	return !done;
}

/**
 * See if a client that waits is still there: it has nothing to say.
 */
static bool still_there(line_client_t *client)
{
	char buf[64];
	ssize_t len;

	len = recv(client->fd, buf, sizeof(buf), MSG_DONTWAIT);
	return len < 0 && (errno == EAGAIN || errno == EINTR);
}

time_t hwo_line_client_deadline(const line_client_t *client,
								const line_deadlines_t *deadlines)
{
	switch (client->state)
	{
		case LINE_CLIENT_REQUESTS:
			return client->started + deadlines->request;
		case LINE_CLIENT_READS:
			if (!client->waited)
			{
				return min(client->progress + deadlines->stalled,
						   client->started + deadlines->answer);
			}
			return client->progress + deadlines->stalled;
		default:
			return 0;
	}
}

/**
 * Do what a client is ready for, FALSE to drop it.
 */
static bool handle(line_client_t *client, const line_handler_t *handler)
{
	switch (client->state)
	{
		case LINE_CLIENT_REQUESTS:
			return read_request(client, handler);
		case LINE_CLIENT_READS:
			return send_answer(client, handler);
		default:
			return still_there(client);
	}
}

bool hwo_line_client_serve(line_client_t *client, const line_handler_t *handler,
						   const line_deadlines_t *deadlines, short events)
{
	time_t late;

	if (events && !handle(client, handler))
	{
		return FALSE;
	}
	late = hwo_line_client_deadline(client, deadlines);
	return !late || time_monotonic(NULL) < late;
}

short hwo_line_client_interest(const line_client_t *client)
{
	return client->state == LINE_CLIENT_READS ? POLLOUT : POLLIN;
}

void hwo_line_client_wake(line_client_t *client)
{
	if (client->state == LINE_CLIENT_WAITS)
	{
		client->state = LINE_CLIENT_READS;
		client->progress = time_monotonic(NULL);
	}
}
