/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Lets virtual time pass. The linker leads calls of time(), time_monotonic()
 * and usleep() here.
 */

#include "history.h"

#include <poll.h>

#include <threading/mutex.h>

/** Wall clock and monotonic clock at the start, in seconds. */
#define WALL 1800000000ULL
#define UPTIME 100000ULL

/** Events and jobs that follow each other at once: more is a busy loop. */
#define BUSY 20000

/** A job in the scheduler. */
typedef struct {
	job_t *job;
	uint64_t due;
} entry_t;

/** A file descriptor that is watched. */
typedef struct {
	int fd;
	watcher_cb_t cb;
	void *data;
} watch_t;

void (*history_second)(void);

/** milliseconds */
static uint64_t now;

/** what libstrongswan has, and jobs and descriptors */
static scheduler_t *real_scheduler;
static watcher_t *real_watcher;
static linked_list_t *entries, *watches;

/** protects both lists, as two threads may install CHILD_SAs */
static mutex_t *mutex;

uint64_t history_now(void)
{
	return now;
}

/** In place of those that are linked. */
time_t __wrap_time(time_t *t);
time_t __wrap_time_monotonic(timeval_t *tv);
int __wrap_usleep(useconds_t us);

time_t __wrap_time(time_t *t)
{
	time_t result = WALL + now / 1000;

	if (t)
	{
		*t = result;
	}
	return result;
}

time_t __wrap_time_monotonic(timeval_t *tv)
{
	if (tv)
	{
		tv->tv_sec = UPTIME + now / 1000;
		tv->tv_usec = now % 1000 * 1000;
	}
	return UPTIME + now / 1000;
}

/**
 * Whoever waits for milliseconds has them at once. No time passes, as a second
 * thread reads it meanwhile.
 */
int __wrap_usleep(useconds_t us)
{
	return 0;
}

/**
 * Add a job behind those that are due before.
 */
static void add_job(job_t *job, uint64_t due)
{
	enumerator_t *enumerator;
	entry_t *entry, *other;

	INIT(entry,
		.job = job,
		.due = due,
	);
	mutex->lock(mutex);
	enumerator = entries->create_enumerator(entries);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (other->due > due)
		{
			break;
		}
	}
	entries->insert_before(entries, enumerator, entry);
	enumerator->destroy(enumerator);
	mutex->unlock(mutex);
}

METHOD(scheduler_t, schedule_job, void,
	scheduler_t *this, job_t *job, uint32_t s)
{
	add_job(job, now + s * 1000ULL);
}

METHOD(scheduler_t, schedule_job_ms, void,
	scheduler_t *this, job_t *job, uint32_t ms)
{
	add_job(job, now + ms);
}

METHOD(scheduler_t, schedule_job_tv, void,
	scheduler_t *this, job_t *job, timeval_t tv)
{
	add_job(job, (tv.tv_sec - UPTIME) * 1000ULL + tv.tv_usec / 1000);
}

METHOD(watcher_t, add, void,
	watcher_t *this, int fd, watcher_event_t events, watcher_cb_t cb,
	void *data)
{
	watch_t *watch;

	INIT(watch,
		.fd = fd,
		.cb = cb,
		.data = data,
	);
	mutex->lock(mutex);
	watches->insert_last(watches, watch);
	mutex->unlock(mutex);
}

METHOD(watcher_t, remove_, void,
	watcher_t *this, int fd)
{
	enumerator_t *enumerator;
	watch_t *watch;

	mutex->lock(mutex);
	enumerator = watches->create_enumerator(watches);
	while (enumerator->enumerate(enumerator, &watch))
	{
		if (watch->fd == fd)
		{
			watches->remove_at(watches, enumerator);
			free(watch);
		}
	}
	enumerator->destroy(enumerator);
	mutex->unlock(mutex);
}

/**
 * Deliver events of one of the sockets that have some.
 */
static bool deliver(void)
{
	struct pollfd fds[16];
	watch_t *found[16], *watch, called;
	enumerator_t *enumerator;
	u_int count = 0, ready = 0, i;

	enumerator = watches->create_enumerator(watches);
	while (count < countof(fds) && enumerator->enumerate(enumerator, &watch))
	{
		fds[count] = (struct pollfd){ .fd = watch->fd, .events = POLLIN };
		found[count++] = watch;
	}
	enumerator->destroy(enumerator);
	if (poll(fds, count, 0) <= 0)
	{
		return FALSE;
	}
	for (i = 0; i < count; i++)
	{
		if (fds[i].revents)
		{
			found[ready++] = found[i];
		}
	}
	called = *found[draw(ready)];
	if (!called.cb(called.data, called.fd, WATCHER_READ))
	{
		remove_(lib->watcher, called.fd);
	}
	return TRUE;
}

/**
 * Do one job that is due.
 */
static bool do_job(void)
{
	entry_t *entry;

	mutex->lock(mutex);
	if (entries->get_first(entries, (void**)&entry) != SUCCESS ||
		entry->due > now)
	{
		mutex->unlock(mutex);
		return FALSE;
	}
	entries->remove_first(entries, (void**)&entry);
	mutex->unlock(mutex);
	entry->job->execute(entry->job);
	entry->job->destroy(entry->job);
	free(entry);
	return TRUE;
}

/**
 * Time when something is due.
 */
static uint64_t next_due(void)
{
	uint64_t due = history_charon_due();
	entry_t *entry;

	if (entries->get_first(entries, (void**)&entry) == SUCCESS)
	{
		due = min(due, entry->due);
	}
	return due;
}

void history_run(u_int ms)
{
	uint64_t end = now + ms, next;
	u_int busy = 0;

	while (TRUE)
	{
		fake_kernel_send(kernel);
		while (deliver() || do_job() || history_charon_task())
		{
			if (++busy == BUSY)
			{
				fake_kernel_violate(kernel, "busy for ever", 0, 0, 0, 0);
				return;
			}
		}
		if (now >= end)
		{
			return;
		}
		next = min(min(next_due(), end), now / 1000 * 1000 + 1000);
		next = max(next, now + 1);
		if (next / 1000 != now / 1000)
		{
			now = next;
			history_second();
		}
		now = next;
	}
}

void history_time_start(void)
{
	static scheduler_t scheduler;
	static watcher_t watcher;

	scheduler = (scheduler_t){
		.schedule_job = _schedule_job,
		.schedule_job_ms = _schedule_job_ms,
		.schedule_job_tv = _schedule_job_tv,
	};
	watcher = (watcher_t){
		.add = _add,
		.remove = _remove_,
	};
	now = 0;
	entries = linked_list_create();
	watches = linked_list_create();
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	real_scheduler = lib->scheduler;
	real_watcher = lib->watcher;
	lib->scheduler = &scheduler;
	lib->watcher = &watcher;
}

/**
 * Destroy a job that was not done.
 */
static void entry_destroy(entry_t *entry)
{
	entry->job->destroy(entry->job);
	free(entry);
}

void history_time_stop(void)
{
	lib->scheduler = real_scheduler;
	lib->watcher = real_watcher;
	entries->destroy_function(entries, (void*)entry_destroy);
	watches->destroy_function(watches, free);
	mutex->destroy(mutex);
}
