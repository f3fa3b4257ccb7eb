/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of nl_transport, the real one, with rtnetlink in a network namespace of
 * our own.
 */

#include "io_suites.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/rtnetlink.h>

#include "../../io/kernel_sockets.h"
#include "../../io/nl_exchange.h"
#include "../../wire/rt_msg.h"

/** a deadline that passes, in milliseconds */
#define SHORT_DEADLINE 50

/** one that is longer than other threads may be held up */
#define MEDIUM_DEADLINE 400

/** errno of a kernel that has no XFRM, 0 if it is there */
static int xfrm_errno;

/**
 * In place of that of the C library, for a kernel without XFRM.
 */
int socket(int domain, int type, int protocol)
{
	if (xfrm_errno && domain == AF_NETLINK && protocol == NETLINK_XFRM)
	{
		errno = xfrm_errno;
		return -1;
	}
	return syscall(SYS_socket, domain, type, protocol);
}

/**
 * Open a transport to rtnetlink.
 */
static nl_transport_t *open_route(const int *groups, size_t rcvbuf,
								  u_int timeout)
{
	nl_transport_t *transport;
	int err = 0;

	transport = hwo_nl_transport_create(NETLINK_ROUTE, groups, rcvbuf, timeout,
										&err);
	ck_assert_msg(transport, "%s", strerror(err));
	return transport;
}

/**
 * Milliseconds of monotonic time.
 */
static uint64_t now(void)
{
	timeval_t tv;

	time_monotonic(&tv);
	return tv.tv_sec * 1000ULL + tv.tv_usec / 1000;
}

/**
 * Send a request for all links.
 */
static void request_links(nl_transport_t *transport, uint32_t seq)
{
	hwo_msg_t msg;

	hwo_msg_begin(&msg, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	msg.hdr.nlmsg_seq = seq;
	ck_assert_int_eq(transport->send(transport, &msg, msg.hdr.nlmsg_len), 0);
}

START_TEST(test_create)
{
	static const int unknown[] = { 100000, 0 };
	nl_transport_t *transport;
	int err = 0;

	transport = hwo_nl_transport_create(NETLINK_ROUTE, unknown, 0, 100, &err);
	ck_assert(!transport);
	ck_assert_int_eq(err, EINVAL);
	transport = hwo_nl_transport_create(MAX_LINKS, NULL, 0, 100, &err);
	ck_assert(!transport);
	ck_assert_int_eq(err, EPROTONOSUPPORT);

	/* charon starts updown scripts */
	transport = open_route(NULL, 65536, 100);
	ck_assert(fcntl(transport->get_fd(transport), F_GETFD) & FD_CLOEXEC);
	transport->destroy(transport);
}
END_TEST

START_TEST(test_no_xfrm)
{
	hwo_kernel_sockets_t found;

	/* nobody knows what is missing from "Protocol not supported" */
	xfrm_errno = EPROTONOSUPPORT;
	ck_assert(!hwo_kernel_sockets_open(&found, SHORT_DEADLINE, 0));
	ck_assert(!found.route);
	ck_assert_int_eq(io_log_lines, 1);
	ck_assert_str_eq(io_log_last, "unable to open XFRM socket: Protocol not "
					 "supported, the kernel lacks it (CONFIG_XFRM_USER, module "
					 "xfrm_user)");
	/* another failure is not blamed on that */
	xfrm_errno = EMFILE;
	ck_assert(!hwo_kernel_sockets_open(&found, SHORT_DEADLINE, 0));
	ck_assert_int_eq(io_log_lines, 2);
	ck_assert_str_eq(io_log_last, "unable to open XFRM socket: Too many open "
					 "files");
}
END_TEST

/**
 * Get the largest receive buffer for those without rights.
 */
static int rmem_max(void)
{
	FILE *file = fopen("/proc/sys/net/core/rmem_max", "r");
	int max = 0;

	if (file)
	{
		if (fscanf(file, "%d", &max) != 1)
		{
			max = 0;
		}
		fclose(file);
	}
	return max;
}

START_TEST(test_options)
{
	static const int on[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, };
	int size = rmem_max() + 100000;
	nl_transport_t *transport = open_route(NULL, size, 100);
	int fd = transport->get_fd(transport), value, i;
	socklen_t len = sizeof(value);

	for (i = 0; i < countof(on); i++)
	{
		ck_assert_int_eq(getsockopt(fd, SOL_NETLINK, on[i], &value, &len), 0);
		ck_assert_msg(value == 1, "option %d", on[i]);
	}
	ck_assert_int_eq(getsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &value,
								&len), 0);
	ck_assert_int_eq(value, 0);
	if (geteuid() == 0)
	{	/* doubled by the kernel; without the right net.core.rmem_max counts */
		ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &len),
						 0);
		ck_assert_int_eq(value, size * 2);
	}
	transport->destroy(transport);
}
END_TEST

START_TEST(test_deadline)
{
	nl_transport_t *transport = open_route(NULL, 0, SHORT_DEADLINE);
	uint8_t buf[256];
	uint64_t start;

	start = now();
	ck_assert_int_eq(transport->receive(transport, buf, sizeof(buf), TRUE),
					 -ETIMEDOUT);
	/* timers of the kernel may be some milliseconds early against ours */
	ck_assert_int_ge(now() - start, SHORT_DEADLINE - 10);
	transport->destroy(transport);

	/* without waiting there is no deadline */
	transport = open_route(NULL, 0, TEST_DEADLINE);
	start = now();
	ck_assert_int_eq(transport->receive(transport, buf, sizeof(buf), FALSE),
					 -EAGAIN);
	ck_assert_int_lt(now() - start, TEST_DEADLINE / 2);
	transport->destroy(transport);
}
END_TEST

START_TEST(test_receive)
{
	nl_transport_t *transport = open_route(NULL, 0, TEST_DEADLINE);
	struct nlmsghdr hdr;
	u_char buf[32768];
	ssize_t len;

	request_links(transport, 4711);
	len = transport->receive(transport, buf, sizeof(buf), TRUE);
	ck_assert_int_ge(len, sizeof(hdr));
	memcpy(&hdr, buf, sizeof(hdr));
	ck_assert_int_eq(hdr.nlmsg_type, RTM_NEWLINK);
	ck_assert_int_eq(hdr.nlmsg_seq, 4711);
	transport->destroy(transport);

	/* a link does not fit, and is gone then; what follows is not */
	transport = open_route(NULL, 0, TEST_DEADLINE);
	request_links(transport, 4711);
	ck_assert_int_eq(transport->receive(transport, buf, 64, TRUE), -EMSGSIZE);
	ck_assert_int_gt(transport->receive(transport, buf, sizeof(buf), TRUE), 0);
	transport->destroy(transport);
}
END_TEST

/**
 * Send a datagram to a transport from user space.
 */
static bool send_foreign(nl_transport_t *transport, const void *data,
						 size_t len)
{
	struct sockaddr_nl to;
	socklen_t to_len = sizeof(to);
	bool sent;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(getsockname(transport->get_fd(transport),
								 (struct sockaddr*)&to, &to_len), 0);
	sent = sendto(fd, data, len, 0, (struct sockaddr*)&to, to_len) == len;
	close(fd);
	return sent;
}

START_TEST(test_foreign)
{
	nl_transport_t *transport;
	hwo_result_t result;
	nl_exchange_t *exchange;
	hwo_msg_t msg;
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr err;
	} forged = {
		.hdr = {
			.nlmsg_type = NLMSG_ERROR,
			.nlmsg_len = sizeof(forged),
			/* the number the first request is going to have */
			.nlmsg_seq = 1,
		},
		.err.error = -EPERM,
	};
	uint8_t buf[256];
	struct pollfd pfd;

	if (!io_enter_netns("foreign sender"))
	{
		return;
	}
	transport = open_route(NULL, 0, SHORT_DEADLINE);
	ck_assert(send_foreign(transport, &forged, sizeof(forged)));
	/* it is there, but nobody gets it */
	pfd.fd = transport->get_fd(transport);
	pfd.events = POLLIN;
	ck_assert_int_eq(poll(&pfd, 1, 0), 1);
	ck_assert_int_eq(transport->receive(transport, buf, sizeof(buf), FALSE),
					 -EAGAIN);
	ck_assert_int_eq(poll(&pfd, 1, 0), 0);
	ck_assert(send_foreign(transport, &forged, sizeof(forged)));
	ck_assert_int_eq(transport->receive(transport, buf, sizeof(buf), TRUE),
					 -ETIMEDOUT);

	/* what the kernel says counts, whoever else says something */
	ck_assert(send_foreign(transport, &forged, sizeof(forged)));
	exchange = hwo_nl_exchange_create(transport);
	hwo_msg_begin(&msg, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
	hwo_msg_put(&msg, IFLA_IFNAME, "nolink", 7);
	exchange->command(exchange, &msg, &result);
	ck_assert_int_eq(result.err, ENODEV);
	exchange->destroy(exchange);
}
END_TEST

/**
 * Interrupts system calls.
 */
static void on_signal(int signo)
{
}

/** set once the flood of the following test may end */
static int enough;

/**
 * Send signals and forged datagrams all the time.
 */
static void *disturb(void *data)
{
	struct {
		pthread_t victim;
		nl_transport_t *transport;
	} *target = data;
	uint8_t junk[64] = {};

	while (!io_get(&enough))
	{
		pthread_kill(target->victim, SIGUSR1);
		send_foreign(target->transport, junk, sizeof(junk));
		usleep(1000);
	}
	return NULL;
}

START_TEST(test_disturbed)
{
	struct sigaction action = {
		.sa_handler = on_signal,
	};
	struct {
		pthread_t victim;
		nl_transport_t *transport;
	} target;
	uint8_t buf[256];
	pthread_t thread;

	if (!io_enter_netns("disturbed"))
	{
		return;
	}
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	target.victim = pthread_self();
	target.transport = open_route(NULL, 0, MEDIUM_DEADLINE);
	ck_assert_int_eq(pthread_create(&thread, NULL, disturb, &target), 0);
	/* the test's timeout strikes if this never ends */
	ck_assert_int_eq(target.transport->receive(target.transport, buf,
											   sizeof(buf), TRUE), -ETIMEDOUT);
	io_add(&enough, 1);
	pthread_join(thread, NULL);
	target.transport->destroy(target.transport);
}
END_TEST

START_TEST(test_overrun)
{
	static const int groups[] = { RTNLGRP_LINK, 0 };
	nl_transport_t *transport;
	uint8_t buf[32768];
	ssize_t len;
	int i, err, overruns = 0, messages = 0;

	if (!io_enter_netns("overrun"))
	{
		return;
	}
	transport = open_route(groups, 4096, TEST_DEADLINE);
	for (i = 0; i < 50; i++)
	{
		err = io_set_link(1, i % 2, NULL, 0);
		ck_assert_msg(err == 0, "%s", strerror(err));
	}
	while ((len = transport->receive(transport, buf, sizeof(buf), FALSE)) !=
			-EAGAIN)
	{
		overruns += len == -ENOBUFS;
		messages += len > 0;
	}
	ck_assert_int_eq(overruns, 1);
	ck_assert_int_gt(messages, 0);
	/* what is announced before the queue is empty is dropped without another
	 * error */
	for (i = 0; i < 51; i++)
	{
		ck_assert_int_eq(io_set_link(1, i % 2, NULL, 0), 0);
	}
	ck_assert_int_eq(transport->receive(transport, buf, sizeof(buf), FALSE),
					 -ENOBUFS);
	ck_assert_int_gt(transport->receive(transport, buf, sizeof(buf), FALSE), 0);
	ck_assert_int_eq(io_set_link(1, FALSE, "unheard", 0), 0);
	while ((len = transport->receive(transport, buf, sizeof(buf), FALSE)) > 0)
	{
		ck_assert(!memmem(buf, len, "unheard", strlen("unheard")));
	}
	ck_assert_int_eq(len, -EAGAIN);
	/* and on it goes */
	ck_assert_int_eq(io_set_link(1, TRUE, NULL, 0), 0);
	ck_assert_int_gt(transport->receive(transport, buf, sizeof(buf), TRUE), 0);
	transport->destroy(transport);
}
END_TEST

TCase *socket_tcase(void)
{
	TCase *tcase = tcase_create("socket");

	tcase_add_checked_fixture(tcase, io_setup, io_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_create);
	tcase_add_test(tcase, test_no_xfrm);
	tcase_add_test(tcase, test_options);
	tcase_add_test(tcase, test_deadline);
	tcase_add_test(tcase, test_receive);
	tcase_add_test(tcase, test_foreign);
	tcase_add_test(tcase, test_disturbed);
	tcase_add_test(tcase, test_overrun);
	return tcase;
}
