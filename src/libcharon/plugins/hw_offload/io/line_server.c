/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * One thread, and poll().
 */

#define _GNU_SOURCE

#include "line_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <threading/mutex.h>
#include <threading/thread.h>
#include <utils/debug.h>

/** Lines for one client before others get their turn */
#define TURN 64

/** Connections that wait to be accepted */
#define BACKLOG 5

typedef struct private_line_server_t private_line_server_t;

/**
 * What is up with a client.
 */
typedef enum client_state_t {
	/** there is none in this slot */
	CLIENT_NONE,
	/** its request is not complete */
	CLIENT_REQUESTS,
	/** its answer is on the way */
	CLIENT_READS,
	/** there is nothing to tell it at the moment */
	CLIENT_WAITS,
} client_state_t;

/**
 * A client.
 */
typedef struct client_t {
	/** what is up */
	client_state_t state;
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
} client_t;

/**
 * Private data of line_server_t.
 */
struct private_line_server_t {

	/**
	 * Public interface
	 */
	line_server_t public;

	/**
	 * Accepts connections
	 */
	stream_service_t *service;

	/**
	 * Produces the answers
	 */
	line_handler_t handler;

	/**
	 * Deadlines
	 */
	line_deadlines_t deadlines;

	/**
	 * Serves the clients
	 */
	thread_t *thread;

	/**
	 * Wakes up the thread
	 */
	int event;

	/**
	 * Clients, only touched by the thread
	 */
	client_t clients[HWO_LINE_CLIENTS];

	/**
	 * Connections the thread has not taken yet, and their number
	 */
	int fresh[HWO_LINE_CLIENTS];
	int fresh_count;

	/**
	 * Number of connections, with those that are not taken yet
	 */
	int count;

	/**
	 * TRUE to end the thread
	 */
	bool stop;

	/**
	 * TRUE if there may be something new for clients that wait
	 */
	bool woken;

	/**
	 * Protects what the thread shares with others: from fresh on
	 */
	mutex_t *mutex;
};

/**
 * Let the thread look at what it shares with others
 */
static void signal_thread(private_line_server_t *this)
{
	uint64_t one = 1;

	/* can only fail if the counter is at its maximum, which is a signal, too */
	if (write(this->event, &one, sizeof(one)) < 0)
	{
		return;
	}
}

/**
 * Get a descriptor of our own for a stream
 */
static int take_fd(stream_t *stream)
{
	FILE *file;
	int fd;

	file = stream->get_file(stream);
	if (!file)
	{
		return -1;
	}
	fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
	fclose(file);
	if (fd != -1 && fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
	{
		close(fd);
		fd = -1;
	}
	return fd;
}

/**
 * Hand a connection to the thread
 */
static bool hand_over(private_line_server_t *this, int fd)
{
	bool taken = FALSE;

	this->mutex->lock(this->mutex);
	if (this->count < HWO_LINE_CLIENTS)
	{
		this->fresh[this->fresh_count++] = fd;
		this->count++;
		taken = TRUE;
	}
	this->mutex->unlock(this->mutex);
	if (taken)
	{
		signal_thread(this);
	}
	return taken;
}

CALLBACK(on_accept, bool,
	private_line_server_t *this, stream_t *stream)
{
	static char busy[] = "{\"error\":\"too many clients\"}\n";
	int fd;

	fd = take_fd(stream);
	if (fd == -1)
	{
		DBG1(DBG_KNL, "unable to serve a client: %s", strerror(errno));
	}
	else if (!hand_over(this, fd))
	{	/* there is room for that in any new socket */
		stream->write(stream, busy, strlen(busy), FALSE);
		close(fd);
	}
	return FALSE;
}

/**
 * Disconnect a client
 */
static void drop(private_line_server_t *this, client_t *client)
{
	if (client->answer)
	{
		this->handler.end(this->handler.data, client->answer);
	}
	close(client->fd);
	free(client->line);
	memset(client, 0, sizeof(*client));
	this->mutex->lock(this->mutex);
	this->count--;
	this->mutex->unlock(this->mutex);
}

/**
 * Take a connection
 */
static void take(private_line_server_t *this, int fd)
{
	client_t *client = this->clients;

	while (client->state != CLIENT_NONE)
	{
		client++;
	}
	client->state = CLIENT_REQUESTS;
	client->fd = fd;
	client->line = malloc(HWO_LINE_SIZE);
	client->started = client->progress = time_monotonic(NULL);
}

/**
 * Read a request, FALSE to drop the client
 */
static bool read_request(private_line_server_t *this, client_t *client)
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
	client->answer = this->handler.begin(this->handler.data, client->request);
	client->state = CLIENT_READS;
	client->progress = time_monotonic(NULL);
	return TRUE;
}

/**
 * Get the next line for a client, FALSE if there is none
 */
static bool next_line(private_line_server_t *this, client_t *client, bool *done)
{
	ssize_t len;

	len = this->handler.next(this->handler.data, client->answer, client->line,
							 HWO_LINE_SIZE);
	*done = len < 0;
	if (len == 0)
	{
		client->state = CLIENT_WAITS;
		client->waited = TRUE;
	}
	client->line_len = max(len, 0);
	client->line_pos = 0;
	return len > 0;
}

/**
 * Send what a client takes, FALSE to drop it
 */
static bool send_answer(private_line_server_t *this, client_t *client)
{
	bool done = FALSE;
	int turn = TURN;
	ssize_t len;

	while (client->line_pos < client->line_len ||
		   (turn-- && next_line(this, client, &done)))
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
 * See if a client that waits is still there: it has nothing to say
 */
static bool still_there(client_t *client)
{
	char buf[64];
	ssize_t len;

	len = recv(client->fd, buf, sizeof(buf), MSG_DONTWAIT);
	return len < 0 && (errno == EAGAIN || errno == EINTR);
}

/**
 * Time at which a client is to be dropped, 0 for never
 */
static time_t deadline(private_line_server_t *this, client_t *client)
{
	switch (client->state)
	{
		case CLIENT_REQUESTS:
			return client->started + this->deadlines.request;
		case CLIENT_READS:
			if (!client->waited)
			{
				return min(client->progress + this->deadlines.stalled,
						   client->started + this->deadlines.answer);
			}
			return client->progress + this->deadlines.stalled;
		default:
			return 0;
	}
}

/**
 * Do what is to be done for a client, FALSE to drop it
 */
static bool serve_client(private_line_server_t *this, client_t *client,
						 short events)
{
	time_t late;

	switch (client->state)
	{
		case CLIENT_REQUESTS:
			if (events && !read_request(this, client))
			{
				return FALSE;
			}
			break;
		case CLIENT_READS:
			if (events && !send_answer(this, client))
			{
				return FALSE;
			}
			break;
		default:
			if (events && !still_there(client))
			{
				return FALSE;
			}
			break;
	}
	late = deadline(this, client);
	return !late || time_monotonic(NULL) < late;
}

/**
 * What to wait for
 */
static short interest(client_t *client)
{
	return client->state == CLIENT_READS ? POLLOUT : POLLIN;
}

/**
 * Take over what others want the thread to know, FALSE to end it
 */
static bool look_around(private_line_server_t *this)
{
	bool woken, stop;
	uint64_t count;
	int fds[HWO_LINE_CLIENTS], n, i;

	if (read(this->event, &count, sizeof(count)) < 0 && errno != EAGAIN &&
		errno != EINTR)
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	n = this->fresh_count;
	memcpy(fds, this->fresh, n * sizeof(fds[0]));
	this->fresh_count = 0;
	woken = this->woken;
	this->woken = FALSE;
	stop = this->stop;
	this->mutex->unlock(this->mutex);

	for (i = 0; i < n; i++)
	{
		take(this, fds[i]);
	}
	for (i = 0; woken && i < HWO_LINE_CLIENTS; i++)
	{
		if (this->clients[i].state == CLIENT_WAITS)
		{
			this->clients[i].state = CLIENT_READS;
			this->clients[i].progress = time_monotonic(NULL);
		}
	}
	return !stop;
}

/**
 * Wait until there is something to do
 */
static void wait_for_work(private_line_server_t *this,
						  short events[HWO_LINE_CLIENTS])
{
	struct pollfd fds[HWO_LINE_CLIENTS + 1];
	bool limited = FALSE;
	int i;

	for (i = 0; i < HWO_LINE_CLIENTS; i++)
	{
		client_t *client = &this->clients[i];

		fds[i] = (struct pollfd){
			.fd = client->state == CLIENT_NONE ? -1 : client->fd,
			.events = interest(client),
		};
		limited |= client->state != CLIENT_NONE && deadline(this, client);
	}
	fds[HWO_LINE_CLIENTS] = (struct pollfd){
		.fd = this->event,
		.events = POLLIN,
	};
	/* deadlines are in seconds, so they need not be met to the millisecond */
	if (poll(fds, countof(fds), limited ? 1000 : -1) < 0)
	{
		memset(events, 0, HWO_LINE_CLIENTS * sizeof(events[0]));
		return;
	}
	for (i = 0; i < HWO_LINE_CLIENTS; i++)
	{
		events[i] = fds[i].revents;
	}
}

/**
 * Main function of the thread
 */
static void *serve(private_line_server_t *this)
{
	short events[HWO_LINE_CLIENTS];
	int i;

	while (look_around(this))
	{
		wait_for_work(this, events);
		for (i = 0; i < HWO_LINE_CLIENTS; i++)
		{
			if (this->clients[i].state != CLIENT_NONE &&
				!serve_client(this, &this->clients[i], events[i]))
			{
				drop(this, &this->clients[i]);
			}
		}
	}
	for (i = 0; i < HWO_LINE_CLIENTS; i++)
	{
		if (this->clients[i].state != CLIENT_NONE)
		{
			drop(this, &this->clients[i]);
		}
	}
	return NULL;
}

/**
 * Create the thread. Plugins are loaded before the daemon blocks the signals it
 * waits for, so without a mask of its own this thread would get SIGTERM, and that
 * would be the end of the daemon, in the middle of everything.
 */
static thread_t *create_thread(private_line_server_t *this)
{
	sigset_t all, old;
	thread_t *thread;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	thread = thread_create((thread_main_t)serve, this);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return thread;
}

METHOD(line_server_t, wake, void,
	private_line_server_t *this)
{
	this->mutex->lock(this->mutex);
	this->woken = TRUE;
	this->mutex->unlock(this->mutex);
	signal_thread(this);
}

METHOD(line_server_t, destroy, void,
	private_line_server_t *this)
{
	/* nobody is accepted anymore */
	this->service->destroy(this->service);
	if (this->thread)
	{
		this->mutex->lock(this->mutex);
		this->stop = TRUE;
		this->mutex->unlock(this->mutex);
		signal_thread(this);
		this->thread->join(this->thread);
	}
	close(this->event);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
line_server_t *line_server_create(char *uri, const line_handler_t *handler,
								  const line_deadlines_t *deadlines)
{
	private_line_server_t *this;
	stream_service_t *service;

	service = lib->streams->create_service(lib->streams, uri, BACKLOG);
	if (!service)
	{
		DBG1(DBG_KNL, "unable to listen on '%s'", uri);
		return NULL;
	}
	INIT(this,
		.public = {
			.wake = _wake,
			.destroy = _destroy,
		},
		.service = service,
		.handler = *handler,
		.deadlines = *deadlines,
		.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	if (this->event != -1)
	{
		this->thread = create_thread(this);
	}
	if (!this->thread)
	{
		DBG1(DBG_KNL, "unable to serve '%s': %s", uri, strerror(errno));
		destroy(this);
		return NULL;
	}
	/* handing over takes no time, so one at a time is enough */
	service->on_accept(service, on_accept, this, JOB_PRIO_MEDIUM, 1);
	return &this->public;
}
