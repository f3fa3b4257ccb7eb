/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of work that is done later: once, by one thread, and not after its
 * owner is gone.
 */

#include "service_suites.h"

#include <unistd.h>

#include <processing/jobs/callback_job.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

#include "../../service/charon/deferred_job.h"

/** what the tests look at: the job, and another one that tells the time */
static deferred_job_t *job, *clock_job;

/** how often the work was done, how many do it, and the most there were */
static int done, working, most;

/** what the work does: schedule itself so many times, or take long */
static int again;
static bool slow;

/** the time has come */
static bool rung;

/** protects them, and announces changes */
static mutex_t *lock;
static condvar_t *changed;

/**
 * The work.
 */
static void work(void *data)
{
	bool more;

	lock->lock(lock);
	working++;
	most = max(most, working);
	changed->broadcast(changed);
	while (slow && !job->is_ending(job))
	{	/* who ends it does not tell us */
		lock->unlock(lock);
		usleep(1000);
		lock->lock(lock);
	}
	more = again > 0;
	again -= more;
	lock->unlock(lock);
	if (more)
	{
		job->schedule(job, 1);
	}
	lock->lock(lock);
	working--;
	done++;
	changed->broadcast(changed);
	lock->unlock(lock);
}

/**
 * Work that tells the time.
 */
static void ring(void *data)
{
	lock->lock(lock);
	rung = TRUE;
	changed->broadcast(changed);
	lock->unlock(lock);
}

/**
 * Wait until a counter is that large.
 */
static bool wait_for(int *counter, int expected)
{
	bool late = FALSE;

	lock->lock(lock);
	while (*counter < expected && !late)
	{
		late = changed->timed_wait(changed, lock, TEST_DEADLINE);
	}
	lock->unlock(lock);
	return !late;
}

/**
 * Let time pass: what was scheduled for less has had its turn.
 */
static void pass(u_int ms)
{
	lock->lock(lock);
	rung = FALSE;
	lock->unlock(lock);
	clock_job->schedule(clock_job, ms);
	lock->lock(lock);
	while (!rung)
	{
		changed->wait(changed, lock);
	}
	lock->unlock(lock);
}

static void job_setup(void)
{
	ck_assert(library_init(NULL, "test_service"));
	dbg_default_set_level(0);
	lib->processor->set_threads(lib->processor, 4);
	lock = mutex_create(MUTEX_TYPE_DEFAULT);
	changed = condvar_create(CONDVAR_TYPE_DEFAULT);
	done = working = most = again = 0;
	slow = FALSE;
	job = hwo_deferred_job_create(work, NULL);
	clock_job = hwo_deferred_job_create(ring, NULL);
}

static void job_teardown(void)
{
	DESTROY_IF(job);
	clock_job->destroy(clock_job);
	lib->processor->cancel(lib->processor);
	changed->destroy(changed);
	lock->destroy(lock);
	library_deinit();
}

START_TEST(test_once)
{
	/* the second one comes before the first one is due */
	job->schedule(job, 500);
	job->schedule(job, 600);
	ck_assert(wait_for(&done, 1));
	pass(150);
	ck_assert_int_eq(done, 1);
}
END_TEST

START_TEST(test_sooner)
{
	job->schedule(job, 500);
	job->schedule(job, 1);
	ck_assert(wait_for(&done, 1));
	/* the first one still comes, for nothing */
	pass(550);
	ck_assert_int_eq(done, 1);
	job->schedule(job, 1);
	ck_assert(wait_for(&done, 2));
}
END_TEST

START_TEST(test_again)
{
	again = 5;
	job->schedule(job, 1);
	ck_assert(wait_for(&done, 6));
	pass(50);
	ck_assert_int_eq(done, 6);
}
END_TEST

START_TEST(test_one_at_a_time)
{
	slow = TRUE;
	job->schedule(job, 1);
	ck_assert(wait_for(&working, 1));
	/* its time comes while it is done */
	job->schedule(job, 1);
	pass(50);
	ck_assert_int_eq(done, 0);
	lock->lock(lock);
	slow = FALSE;
	lock->unlock(lock);
	ck_assert(wait_for(&done, 2));
	ck_assert_int_eq(most, 1);
}
END_TEST

/** jobs of charon that come first, and those that are done */
#define BUSY 200
static int busy_done;

/**
 * Such a job.
 */
static job_requeue_t busy(void *data)
{
	usleep(10000);
	__sync_add_and_fetch(&busy_done, 1);
	return JOB_REQUEUE_NONE;
}

START_TEST(test_urgent)
{
	int i;

	job->destroy(job);
	job = _i ? hwo_urgent_job_create(work, NULL)
			 : hwo_deferred_job_create(work, NULL);
	busy_done = 0;
	for (i = 0; i < BUSY; i++)
	{
		lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create(busy, NULL, NULL, NULL));
	}
	job->schedule(job, 1);
	ck_assert(wait_for(&done, 1));
	i = __sync_add_and_fetch(&busy_done, 0);
	if (_i)
	{
		ck_assert_int_lt(i, BUSY / 2);
	}
	else
	{
		ck_assert_int_gt(i, BUSY / 2);
	}
}
END_TEST

START_TEST(test_end)
{
	slow = TRUE;
	job->schedule(job, 1);
	ck_assert(wait_for(&working, 1));
	lock->lock(lock);
	again = 1;
	lock->unlock(lock);
	ck_assert(!job->is_ending(job));
	job->destroy(job);
	job = NULL;
	/* it was waited for, and what it scheduled does not come anymore */
	ck_assert_int_eq(done, 1);
	pass(50);
	ck_assert_int_eq(done, 1);
}
END_TEST

START_TEST(test_end_before)
{
	job->schedule(job, 50);
	job->destroy(job);
	job = NULL;
	pass(100);
	ck_assert_int_eq(done, 0);
}
END_TEST

TCase *job_tcase(void)
{
	TCase *tcase = tcase_create("job");

	tcase_add_checked_fixture(tcase, job_setup, job_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_once);
	tcase_add_test(tcase, test_sooner);
	tcase_add_test(tcase, test_again);
	tcase_add_test(tcase, test_one_at_a_time);
	tcase_add_loop_test(tcase, test_urgent, 0, 2);
	tcase_add_test(tcase, test_end);
	tcase_add_test(tcase, test_end_before);
	return tcase;
}
