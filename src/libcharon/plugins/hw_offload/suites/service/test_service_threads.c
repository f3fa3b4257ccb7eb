/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of threads: while the kernel is busy with the request of one of them,
 * say because a driver is slow, others get as far as the kernel lets them.
 */

#include "service_suites.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include <threading/thread.h>

/** SPIs of an SA that is there, one that takes long, and a third one */
#define THERE 0xc0000021
#define SLOW 0xc0000022
#define OTHER 0xc0000023

static test_sa_t there, slow, other;
static test_sp_t sp;

static void setup(void)
{
	service_setup();
	sa_init(&there, THERE, FALSE, HW_OFFLOAD_PACKET);
	sa_init(&slow, SLOW, FALSE, HW_OFFLOAD_PACKET);
	sa_init(&other, OTHER, FALSE, HW_OFFLOAD_PACKET);
	/* whose route nobody has asked for yet */
	other.id.dst->destroy(other.id.dst);
	other.id.dst = host_create_from_string("192.168.50.77", 0);
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", THERE, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&there), SUCCESS);
}

static void teardown(void)
{
	sa_clear(&there);
	sa_clear(&slow);
	sa_clear(&other);
	sp_clear(&sp);
	service_teardown();
}

/**
 * Install an SA.
 */
static void *install(void *data)
{
	return (void*)(uintptr_t)sa_add(data);
}

/**
 * Install an SP.
 */
static void *install_sp(void *data)
{
	return (void*)(uintptr_t)sp_add(data);
}

/**
 * Wait until the kernel was asked for a number of routes.
 */
static void await_routes(u_int count)
{
	while (fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE) < count)
	{
		usleep(1000);
	}
}

START_TEST(test_slow_driver)
{
	thread_t *blocked, *waiting, *sp_waiting;
	u_int routes;

	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_BLOCKED, 0, NULL);
	blocked = thread_create(install, &slow);
	fake_kernel_await_blocked(kernel);

	/* charon hears of another SA at once */
	ck_assert(fake_kernel_expire(kernel, there.id.spi, FALSE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(THERE));

	/* and whatever else has to be found out for a third one is */
	routes = fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE);
	waiting = thread_create(install, &other);
	await_routes(routes + 1);
	sp_waiting = thread_create(install_sp, &sp);
	ck_assert_str_eq(sa_mode(SLOW), "missing");
	ck_assert_str_eq(sa_mode(OTHER), "missing");

	fake_kernel_unblock(kernel);
	ck_assert_ptr_eq(blocked->join(blocked), (void*)SUCCESS);
	ck_assert_ptr_eq(waiting->join(waiting), (void*)SUCCESS);
	ck_assert_ptr_eq(sp_waiting->join(sp_waiting), (void*)SUCCESS);
	ck_assert_str_eq(sa_mode(SLOW), "packet");
	ck_assert_str_eq(sa_mode(OTHER), "packet");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, "192.168.50.1/32",
							 "192.168.50.2/32"), "packet");
}
END_TEST

START_TEST(test_slow_route)
{
	thread_t *blocked;

	/* a slow lookup for one SA does not hold up requests for another */
	fake_kernel_inject(kernel, NETLINK_ROUTE, RTM_GETROUTE, 1,
					   FAKE_FAULT_BLOCKED, 0, NULL);
	blocked = thread_create(install, &other);
	fake_kernel_await_blocked(kernel);
	ck_assert_int_eq(sa_del(&there), SUCCESS);
	slow.data.hw_offload = HW_OFFLOAD_NO;
	ck_assert_int_eq(sa_add(&slow), SUCCESS);
	ck_assert_str_eq(sa_mode(SLOW), "none");
	ck_assert_str_eq(sa_mode(OTHER), "missing");
	fake_kernel_unblock(kernel);
	ck_assert_ptr_eq(blocked->join(blocked), (void*)SUCCESS);
}
END_TEST

TCase *threads_tcase(void)
{
	TCase *tcase = tcase_create("threads");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_slow_driver);
	tcase_add_test(tcase, test_slow_route);
	return tcase;
}
