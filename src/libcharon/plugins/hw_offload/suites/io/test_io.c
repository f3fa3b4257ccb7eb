/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the io floor: over the fake kernel, and where it is permitted in a
 * network namespace of the real one.
 */

#include "io_suites.h"

#include <errno.h>
#include <sched.h>
#include <linux/rtnetlink.h>

#include <threading/condvar.h>
#include <threading/mutex.h>

#include "../../io/nl_exchange.h"

int io_log_lines;
char io_log_last[256];

/** lock and signal for values that threads share */
static mutex_t *mutex;
static condvar_t *condvar;

/**
 * Count what our code logs.
 */
static void count_lines(debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	if (group == DBG_KNL && level <= 1)
	{
		va_start(args, fmt);
		vsnprintf(io_log_last, sizeof(io_log_last), fmt, args);
		va_end(args);
		io_log_lines++;
	}
}

void io_setup(void)
{
	ck_assert(library_init(NULL, "test_io"));
	dbg = count_lines;
	io_log_lines = 0;
	io_log_last[0] = '\0';
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	condvar = condvar_create(CONDVAR_TYPE_DEFAULT);
}

void io_teardown(void)
{
	lib->processor->cancel(lib->processor);
	condvar->destroy(condvar);
	mutex->destroy(mutex);
	library_deinit();
}

void io_start_threads(void)
{
	lib->processor->set_threads(lib->processor, 4);
}

void io_add(int *value, int add)
{
	mutex->lock(mutex);
	*value += add;
	condvar->broadcast(condvar);
	mutex->unlock(mutex);
}

int io_get(int *value)
{
	int current;

	mutex->lock(mutex);
	current = *value;
	mutex->unlock(mutex);
	return current;
}

bool io_wait_for(int *value, int expected)
{
	timeval_t deadline, timeout = {
		.tv_sec = TEST_DEADLINE / 1000,
	};
	bool reached, late = FALSE;

	time_monotonic(&deadline);
	timeradd(&deadline, &timeout, &deadline);
	mutex->lock(mutex);
	while (*value < expected && !late)
	{
		late = condvar->timed_wait_abs(condvar, mutex, deadline);
	}
	reached = *value >= expected;
	mutex->unlock(mutex);
	return reached;
}

bool io_enter_netns(const char *test)
{
	if (unshare(CLONE_NEWNET) == 0 ||
		unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
	{
		return TRUE;
	}
	fprintf(stderr, "SKIP: %s: no network namespace: %s\n", test,
			strerror(errno));
	return FALSE;
}

/**
 * Send a request about a link to the real kernel.
 */
static int link_request(hwo_msg_t *msg)
{
	nl_transport_t *transport;
	nl_exchange_t *exchange;
	hwo_result_t result;
	int err;

	transport = hwo_nl_transport_create(NETLINK_ROUTE, NULL, 0, TEST_DEADLINE,
										&err);
	ck_assert_msg(transport, "%s", strerror(err));
	exchange = hwo_nl_exchange_create(transport);
	exchange->command(exchange, msg, &result);
	exchange->destroy(exchange);
	return result.err;
}

/**
 * Write an attribute, return its length.
 */
static size_t put_attr(uint8_t *buf, uint16_t type, const void *data,
					   size_t len)
{
	struct nlattr attr = {
		.nla_type = type,
		.nla_len = NLA_HDRLEN + len,
	};

	memcpy(buf, &attr, sizeof(attr));
	memcpy(buf + NLA_HDRLEN, data, len);
	return NLA_ALIGN(attr.nla_len);
}

/**
 * Add a link of a kind, with one option if len is not 0.
 */
static int add_link(const char *name, const char *kind, uint16_t option,
					const void *data, size_t len)
{
	hwo_msg_t msg;
	uint8_t info[128] = {}, options[32] = {};
	size_t used;

	used = put_attr(info, IFLA_INFO_KIND, kind, strlen(kind));
	if (len)
	{
		len = put_attr(options, option, data, len);
		used += put_attr(info + used, IFLA_INFO_DATA, options, len);
	}
	hwo_msg_begin(&msg, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
				  sizeof(struct ifinfomsg));
	hwo_msg_put(&msg, IFLA_IFNAME, name, strlen(name) + 1);
	hwo_msg_put(&msg, IFLA_LINKINFO, info, used);
	return link_request(&msg);
}

int io_add_link(const char *name, const char *kind)
{
	return add_link(name, kind, 0, NULL, 0);
}

int io_add_xfrmi(const char *name, uint32_t if_id)
{
	return add_link(name, "xfrm", IFLA_XFRM_IF_ID, &if_id, sizeof(if_id));
}

int io_add_altname(uint32_t ifindex, const char *name)
{
	struct nlattr attr = {
		.nla_len = NLA_HDRLEN + strlen(name) + 1,
		.nla_type = IFLA_ALT_IFNAME,
	};
	struct ifinfomsg *info;
	uint8_t nested[256] = {};
	hwo_msg_t msg;

	memcpy(nested, &attr, sizeof(attr));
	strcpy((char*)nested + NLA_HDRLEN, name);
	info = hwo_msg_begin(&msg, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL |
						 NLM_F_APPEND, sizeof(*info));
	info->ifi_index = ifindex;
	hwo_msg_put(&msg, IFLA_PROP_LIST | NLA_F_NESTED, nested,
				NLA_ALIGN(attr.nla_len));
	return link_request(&msg);
}

int io_del_link(const char *name)
{
	hwo_msg_t msg;

	hwo_msg_begin(&msg, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	hwo_msg_put(&msg, IFLA_IFNAME, name, strlen(name) + 1);
	return link_request(&msg);
}

int io_set_link(uint32_t ifindex, bool up, const char *name, uint32_t master)
{
	struct ifinfomsg *info;
	hwo_msg_t msg;

	info = hwo_msg_begin(&msg, RTM_NEWLINK, 0, sizeof(*info));
	info->ifi_index = ifindex;
	info->ifi_flags = up ? IFF_UP : 0;
	info->ifi_change = IFF_UP;
	if (name)
	{
		hwo_msg_put(&msg, IFLA_IFNAME, name, strlen(name) + 1);
	}
	if (master)
	{
		hwo_msg_put_u32(&msg, IFLA_MASTER, master);
	}
	return link_request(&msg);
}

int main(int argc, char *argv[])
{
	SRunner *runner;
	Suite *suite;
	int failed;

	suite = suite_create("io");
	suite_add_tcase(suite, exchange_tcase());
	suite_add_tcase(suite, dump_tcase());
	suite_add_tcase(suite, monitor_tcase());
	suite_add_tcase(suite, route_tcase());
	suite_add_tcase(suite, socket_tcase());
	suite_add_tcase(suite, answers_tcase());
	suite_add_tcase(suite, link_tcase());
	suite_add_tcase(suite, state_tcase());
	suite_add_tcase(suite, state_daemon_tcase());
	suite_add_tcase(suite, features_tcase());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
