/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of nl_monitor: every message once, one after the other, and nothing
 * lost without a word.
 */

#include "io_suites.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>
#include <linux/rtnetlink.h>

#include <threading/thread.h>

#include "../../io/nl_monitor.h"

/** announcements of the larger tests */
#define EVENTS 500

/** a type no monitor knows, its sequence number says which message it is */
#define EVENT_TYPE 0x77

static fake_kernel_t *kernel;
static const int groups[] = { RTNLGRP_LINK, 0 };

/**
 * What a callback got.
 */
static struct {
	/** messages, and times it was told that some were lost */
	int messages, lost;
	/** sequence numbers of messages, in the order they came */
	uint32_t seq[EVENTS];
	/** messages got before the first time some were lost */
	int before_lost;
	/** callbacks running, and whether there was ever more than one */
	int running;
	bool concurrent;
	/** it blocks until this is set, if wanted */
	int blocked, entered, left;
} got;

static void setup(void)
{
	io_setup();
	memset(&got, 0, sizeof(got));
	kernel = fake_kernel_create(FAKE_LINUX_7_2);
}

static void teardown(void)
{
	fake_kernel_destroy(kernel);
	io_teardown();
}

/**
 * Note what was delivered.
 */
static void on_event(void *data, const struct nlmsghdr *hdr)
{
	ck_assert_ptr_eq(data, &got);
	if (__sync_add_and_fetch(&got.running, 1) != 1)
	{
		got.concurrent = TRUE;
	}
	if (!hdr)
	{
		got.before_lost = got.lost ? got.before_lost : io_get(&got.messages);
		io_add(&got.lost, 1);
	}
	else
	{
		ck_assert_int_eq(hdr->nlmsg_type, EVENT_TYPE);
		got.seq[io_get(&got.messages) % EVENTS] = hdr->nlmsg_seq;
		__sync_sub_and_fetch(&got.running, 1);
		io_add(&got.messages, 1);
		return;
	}
	__sync_sub_and_fetch(&got.running, 1);
}

/**
 * Open a monitor.
 */
static nl_monitor_t *create_monitor(bool watch)
{
	return hwo_nl_monitor_create(fake_kernel_open(kernel, NETLINK_ROUTE,
												  groups),
								 watch, on_event, &got);
}

/**
 * Announce a datagram with messages of some bytes of payload.
 */
static void announce(uint32_t first, int count, size_t payload)
{
	size_t len = NLMSG_SPACE(payload);
	chunk_t datagram = chunk_alloca(len * count);
	struct nlmsghdr hdr = {
		.nlmsg_type = EVENT_TYPE,
		.nlmsg_len = NLMSG_LENGTH(payload),
	};
	int i;

	memset(datagram.ptr, 0, datagram.len);
	for (i = 0; i < count; i++)
	{
		hdr.nlmsg_seq = first + i;
		memcpy(datagram.ptr + i * len, &hdr, sizeof(hdr));
	}
	fake_kernel_announce(kernel, NETLINK_ROUTE, RTNLGRP_LINK, datagram);
}

START_TEST(test_drain)
{
	nl_monitor_t *monitor = create_monitor(FALSE);
	int i;

	monitor->drain(monitor);
	ck_assert_int_eq(got.messages, 0);

	/* three in one datagram, the last one without padding */
	announce(0, 3, 8);
	announce(3, 1, 5);
	announce(4, 1, 0);
	ck_assert_int_eq(got.messages, 0);
	monitor->drain(monitor);
	ck_assert_int_eq(got.messages, 5);
	for (i = 0; i < 5; i++)
	{
		ck_assert_int_eq(got.seq[i], i);
	}
	monitor->drain(monitor);
	ck_assert_int_eq(got.messages, 5);
	ck_assert_int_eq(got.lost, 0);

	/* other groups and protocols are not ours */
	fake_kernel_add_route(kernel, "10.0.0.0/8", 1, NULL, NULL, 0);
	fake_kernel_acquire(kernel, "10.0.0.1", 1, "10.0.0.2", 2, 17, 1);
	monitor->drain(monitor);
	ck_assert_int_eq(got.messages, 5);
	monitor->destroy(monitor);
}
END_TEST

START_TEST(test_overrun)
{
	nl_monitor_t *monitor = create_monitor(FALSE);

	announce(0, 2, 8);
	monitor->drain(monitor);
	announce(2, 1, 8);
	fake_kernel_overrun(kernel, NETLINK_ROUTE);
	announce(3, 1, 8);
	monitor->drain(monitor);
	ck_assert_int_eq(got.lost, 1);
	/* whoever reads the state anew does so after what is left in the queue,
	 * as up to its end more may have been dropped */
	ck_assert_int_eq(got.before_lost, 3);
	ck_assert_int_eq(got.messages, 3);
	ck_assert_int_eq(got.seq[2], 3);

	/* datagrams that do not fit are lost as well, which is said once */
	announce(4, 1, 40000);
	announce(4, 1, 40000);
	announce(5, 1, 8);
	monitor->drain(monitor);
	ck_assert_int_eq(got.lost, 2);
	ck_assert_int_eq(got.messages, 4);
	ck_assert_int_eq(got.seq[3], 5);
	monitor->destroy(monitor);
}
END_TEST

/**
 * Datagrams with one good message, and how the second one is wrong.
 */
static const struct {
	uint32_t len;
	size_t cut;
} malformed[] = {
	{ 0, 0 },
	{ sizeof(struct nlmsghdr) - 1, 0 },
	{ NLMSG_LENGTH(8) + 1, 0 },
	{ UINT32_MAX, 0 },
	{ NLMSG_LENGTH(8), 1 },
	{ NLMSG_LENGTH(8), 9 },
};

START_TEST(test_malformed)
{
	nl_monitor_t *monitor = create_monitor(FALSE);
	struct nlmsghdr hdr[4] = {
		{ .nlmsg_type = EVENT_TYPE, .nlmsg_len = sizeof(hdr[0]), },
		{ .nlmsg_type = EVENT_TYPE, .nlmsg_len = malformed[_i].len, },
	};
	chunk_t datagram = chunk_create((u_char*)hdr, sizeof(hdr[0]) +
									NLMSG_LENGTH(8) - malformed[_i].cut);

	fake_kernel_announce(kernel, NETLINK_ROUTE, RTNLGRP_LINK, datagram);
	announce(1, 1, 8);
	fake_kernel_announce(kernel, NETLINK_ROUTE, RTNLGRP_LINK, datagram);
	announce(2, 1, 8);
	monitor->drain(monitor);
	ck_assert_int_eq(got.messages, 4);
	ck_assert_int_eq(got.seq[1], 1);
	ck_assert_int_eq(got.seq[3], 2);
	ck_assert_int_eq(got.lost, 0);
	/* one line, whoever sends them must not fill the log */
	ck_assert_int_eq(io_log_lines, 1);
	monitor->destroy(monitor);
}
END_TEST

/**
 * Let the watcher deliver something.
 */
static void deliver_watched(void)
{
	nl_monitor_t *monitor;

	/* one that was counted may not have returned yet */
	while (__sync_add_and_fetch(&got.running, 0))
	{
		sched_yield();
	}
	memset(&got, 0, sizeof(got));
	monitor = create_monitor(TRUE);
	announce(0, 3, 8);
	ck_assert(io_wait_for(&got.messages, 3));
	fake_kernel_overrun(kernel, NETLINK_ROUTE);
	ck_assert(io_wait_for(&got.lost, 1));
	announce(3, 1, 8);
	ck_assert(io_wait_for(&got.messages, 4));
	monitor->destroy(monitor);
}

START_TEST(test_watch)
{
	io_start_threads();
	deliver_watched();
}
END_TEST

/** threads that drain while the watcher delivers */
#define DRAINERS 3

/**
 * Drain until all messages were delivered to whomever.
 */
static void *drain_all(void *data)
{
	nl_monitor_t *monitor = data;

	while (io_get(&got.messages) < EVENTS)
	{
		monitor->drain(monitor);
	}
	return NULL;
}

START_TEST(test_drain_and_watch)
{
	thread_t *threads[DRAINERS];
	nl_monitor_t *monitor;
	int i;

	io_start_threads();
	monitor = create_monitor(TRUE);
	for (i = 0; i < DRAINERS; i++)
	{
		threads[i] = thread_create(drain_all, monitor);
	}
	for (i = 0; i < EVENTS; i++)
	{
		announce(i, 1, 8);
	}
	ck_assert(io_wait_for(&got.messages, EVENTS));
	for (i = 0; i < DRAINERS; i++)
	{
		threads[i]->join(threads[i]);
	}
	monitor->destroy(monitor);
	/* each once, in order, one after the other */
	ck_assert_int_eq(got.messages, EVENTS);
	for (i = 0; i < EVENTS; i++)
	{
		ck_assert_int_eq(got.seq[i], i);
	}
	ck_assert(!got.concurrent);
}
END_TEST

/**
 * A callback that takes its time.
 */
static void on_event_slow(void *data, const struct nlmsghdr *hdr)
{
	io_add(&got.entered, 1);
	io_wait_for(&got.blocked, 1);
	/* give a destroy() that does not wait for us the time to be wrong */
	usleep(20000);
	io_add(&got.left, 1);
}

START_TEST(test_destroy_waits)
{
	nl_monitor_t *monitor;

	io_start_threads();
	monitor = hwo_nl_monitor_create(fake_kernel_open(kernel, NETLINK_ROUTE,
													 groups),
									TRUE, on_event_slow, NULL);
	announce(0, 1, 8);
	ck_assert(io_wait_for(&got.entered, 1));
	io_add(&got.blocked, 1);
	monitor->destroy(monitor);
	ck_assert_int_eq(io_get(&got.left), 1);
}
END_TEST

/** calls of the following */
static int broken_calls;

/**
 * A transport that is broken for good.
 */
static ssize_t receive_nothing(nl_transport_t *this, void *buf, size_t size,
							   bool wait)
{
	io_add(&broken_calls, 1);
	return -EBADF;
}

START_TEST(test_broken)
{
	nl_transport_t *transport = fake_kernel_open(kernel, NETLINK_ROUTE, groups);
	nl_monitor_t *monitor;

	io_start_threads();
	transport->receive = receive_nothing;
	monitor = hwo_nl_monitor_create(transport, TRUE, on_event, &got);
	announce(0, 1, 8);
	ck_assert(io_wait_for(&got.lost, 1));
	ck_assert_msg(io_log_lines == 1, "%d: %s", io_log_lines, io_log_last);
	/* the watcher must not try again and again: it is idle once it delivers the
	 * messages of another monitor */
	deliver_watched();
	ck_assert_int_eq(io_get(&broken_calls), 1);
	monitor->destroy(monitor);
}
END_TEST

TCase *monitor_tcase(void)
{
	TCase *tcase = tcase_create("monitor");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_drain);
	tcase_add_test(tcase, test_overrun);
	tcase_add_loop_test(tcase, test_malformed, 0, countof(malformed));
	tcase_add_test(tcase, test_watch);
	tcase_add_test(tcase, test_drain_and_watch);
	tcase_add_test(tcase, test_destroy_waits);
	tcase_add_test(tcase, test_broken);
	return tcase;
}
