/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Two threads that install CHILD_SAs at the same time: each of charon's calls
 * is drawn to be that of the one or the other. ThreadSanitizer would see
 * nothing then, so with that they really run at the same time.
 */

#include "history.h"

#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>
#include <threading/thread_value.h>

/** A thread. */
typedef struct {
	u_int number;
	child_t *child;
	bool result;
} worker_t;

/** threads that run, whose turn it is, and which thread this is */
static bool running[2];
static u_int turn;
static thread_value_t *self;
static mutex_t *mutex;
static condvar_t *changed;

/**
 * Pass the turn to any thread that runs. Mutex is held.
 */
static void pass(void)
{
	turn = draw(2);
	if (!running[turn])
	{
		turn = !turn;
	}
	changed->broadcast(changed);
}

void history_turn(void)
{
#ifndef __SANITIZE_THREAD__
	worker_t *me = self ? self->get(self) : NULL;

	if (me)
	{
		mutex->lock(mutex);
		pass();
		while (turn != me->number)
		{
			changed->wait(changed, mutex);
		}
		mutex->unlock(mutex);
	}
#endif
}

/**
 * Install a CHILD_SA in its turns.
 */
static void *install(void *data)
{
	worker_t *me = data;

	self->set(self, me);
	mutex->lock(mutex);
	while (turn != me->number)
	{
		changed->wait(changed, mutex);
	}
#ifdef __SANITIZE_THREAD__
	pass();
#endif
	mutex->unlock(mutex);
	me->result = history_child_install(me->child, FALSE);
	mutex->lock(mutex);
	running[me->number] = FALSE;
	pass();
	mutex->unlock(mutex);
	return NULL;
}

void history_install_both(child_t *a, child_t *b, bool result[2])
{
	worker_t jobs[] = {
		{ 0, a, FALSE },
		{ 1, b, FALSE },
	};
	thread_t *threads[2];
	int i;

	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	changed = condvar_create(CONDVAR_TYPE_DEFAULT);
	self = thread_value_create(NULL);
	running[0] = running[1] = TRUE;
	turn = draw(2);
	for (i = 0; i < 2; i++)
	{
		threads[i] = thread_create(install, &jobs[i]);
	}
	for (i = 0; i < 2; i++)
	{
		threads[i]->join(threads[i]);
		result[i] = jobs[i].result;
	}
	self->destroy(self);
	self = NULL;
	changed->destroy(changed);
	mutex->destroy(mutex);
}
