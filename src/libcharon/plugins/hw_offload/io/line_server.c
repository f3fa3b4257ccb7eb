/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * One thread for all clients, and poll().
 */

#define _GNU_SOURCE

#include "line_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <threading/mutex.h>
#include <threading/thread.h>
#include <utils/debug.h>

/** Connections that wait to be accepted */
#define BACKLOG 5

/**
 * Private data of line_server_t.
 */
typedef struct {
	/** public interface */
	line_server_t public;
	/** accepts connections */
	stream_service_t *service;
	/** produces the answers */
	line_handler_t handler;
	/** deadlines */
	line_deadlines_t deadlines;
	/** serves the clients */
	thread_t *thread;
	/** wakes up the thread */
	int event;
	/** clients, only touched by the thread */
	line_client_t clients[HWO_LINE_CLIENTS];
	/** connections the thread has not taken yet, and their number */
	int fresh[HWO_LINE_CLIENTS];
	int fresh_count;
	/** number of connections, with those that are not taken yet */
	int count;
	/** TRUE to end the thread */
	bool stop;
	/** TRUE if there may be something new for clients that wait */
	bool woken;
	/** protects what the thread shares with others: from fresh on */
	mutex_t *mutex;
} private_line_server_t;

/**
 * Let the thread look at what it shares with others.
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
 * Get a descriptor of our own for a stream.
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
 * Hand a connection to the thread.
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
 * Disconnect a client.
 */
static void drop(private_line_server_t *this, line_client_t *client)
{
	hwo_line_client_close(client, &this->handler);
	this->mutex->lock(this->mutex);
	this->count--;
	this->mutex->unlock(this->mutex);
}

/**
 * Take a connection.
 */
static void take(private_line_server_t *this, int fd)
{
	line_client_t *client = this->clients;

	while (client->state != LINE_CLIENT_NONE)
	{
		client++;
	}
	hwo_line_client_open(client, fd);
}

/**
 * Take over what others want the thread to know, FALSE to end it.
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
		hwo_line_client_wake(&this->clients[i]);
	}
	return !stop;
}

/**
 * Wait until there is something to do.
 */
static void wait_for_work(private_line_server_t *this,
						  short events[HWO_LINE_CLIENTS])
{
	struct pollfd fds[HWO_LINE_CLIENTS + 1];
	bool limited = FALSE;
	int i;

	for (i = 0; i < HWO_LINE_CLIENTS; i++)
	{
		line_client_t *client = &this->clients[i];

		fds[i] = (struct pollfd){
			.fd = client->state == LINE_CLIENT_NONE ? -1 : client->fd,
			.events = hwo_line_client_interest(client),
		};
		limited |= hwo_line_client_deadline(client, &this->deadlines) != 0;
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
 * Main function of the thread.
 */
static void *serve(private_line_server_t *this)
{
	short events[HWO_LINE_CLIENTS];
	line_client_t *client;
	int i;

	while (look_around(this))
	{
		wait_for_work(this, events);
		for (i = 0; i < HWO_LINE_CLIENTS; i++)
		{
			client = &this->clients[i];
			if (client->state != LINE_CLIENT_NONE &&
				!hwo_line_client_serve(client, &this->handler, &this->deadlines,
									   events[i]))
			{
				drop(this, client);
			}
		}
	}
	for (i = 0; i < HWO_LINE_CLIENTS; i++)
	{
		if (this->clients[i].state != LINE_CLIENT_NONE)
		{
			drop(this, &this->clients[i]);
		}
	}
	return NULL;
}

/**
 * Create the thread. Plugins are loaded before the daemon blocks the signals it
 * waits for, so without a mask of its own this thread would get SIGTERM, and
 * that would be the end of the daemon, in the middle of everything.
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

line_server_t *hwo_line_server_create(char *uri, const line_handler_t *handler,
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
