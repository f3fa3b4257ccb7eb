/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of many SAs that follow their packets, or few that do so often.
 */

#include "service_reroute.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include <threading/thread.h>

START_TEST(test_flapping)
{
	u_int moves;
	int i;

	/* ten times in a window */
	reroute_set("rebind_delay", "100");
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO, NULL));
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_CRYPTO, NULL);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	for (i = 0; i < 100; i++)
	{
		fake_kernel_set_oseq(kernel, sa_out.id.spi, i + 1);
		reroute_to(i % 2 ? NIC : OTHER);
		usleep(10000);
	}
	reroute_to(OTHER);
	ck_assert(reroute_wait_pair("crypto4"));
	/* two requests for each move, and each move doubles the window, until it is
	 * calm: one second has 100 + 200 + 400 and those on their way, 8 of them
	 * would take 25 seconds */
	moves = fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA) / 2;
	ck_assert_uint_ge(moves, 1);
	ck_assert_uint_le(moves, 8);
	ck_assert_uint_le(fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE),
					  moves * 3 + 12);
	ck_assert_int_eq(calls.expires, 0);
	reroute_child_del();
}
END_TEST

/**
 * Move SAs to and fro.
 */
static void *flap(void *unused)
{
	int i;

	for (i = 0; i < 100; i++)
	{
		reroute_to(i % 2 ? NIC : OTHER);
		usleep(2000);
	}
	return NULL;
}

START_TEST(test_closed_meanwhile)
{
	thread_t *thread;
	int i;

	reroute_set("rebind_delay", "1");
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO, NULL));
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_CRYPTO, NULL);
	thread = thread_create(flap, NULL);
	for (i = 0; i < 100; i++)
	{
		reroute_child_add(HW_OFFLOAD_CRYPTO);
		usleep(1500);
		/* nothing is left, nothing is missing */
		reroute_child_del();
	}
	thread->join(thread);
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

/** number of peers, and of all CHILD_SAs */
#define PEERS 100
static int children;

/**
 * Add or remove the SAs of all children.
 */
static void mass(bool add)
{
	char addr[32];
	test_sa_t in, out;
	int i;

	for (i = 0; i < children; i++)
	{
		snprintf(addr, sizeof(addr), "192.168.50.%d", 100 + i % PEERS);
		sa_init(&in, 0x10000 + i, TRUE, HW_OFFLOAD_CRYPTO);
		sa_init(&out, 0x20000 + i, FALSE, HW_OFFLOAD_CRYPTO);
		in.id.src->destroy(in.id.src);
		in.id.src = host_create_from_string(addr, 0);
		out.id.dst->destroy(out.id.dst);
		out.id.dst = host_create_from_string(addr, 0);
		in.data.reqid = out.data.reqid = i + 1;
		ck_assert_int_eq(add ? sa_add(&in) : sa_del(&in), SUCCESS);
		ck_assert_int_eq(add ? sa_add(&out) : sa_del(&out), SUCCESS);
		sa_clear(&in);
		sa_clear(&out);
	}
}

START_TEST(test_mass)
{
	const char *bench = getenv("HWO_REBIND_CHILDREN");
	fake_sa_t sa;
	u_int lookups;
	int i, wait;

	children = bench ? atoi(bench) : 500;
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	mass(TRUE);
	fake_kernel_reset_counts(kernel);
	reroute_to(OTHER);
	for (i = 0; i < children * 2; i++)
	{
		for (wait = 0; wait < TEST_DEADLINE * 4; wait++)
		{
			if (fake_kernel_get_sa(kernel, htonl((i % 2 ? 0x10000 : 0x20000) +
												 i / 2), &sa) &&
				sa.offload.ifindex == OTHER)
			{
				break;
			}
			usleep(1000);
		}
		ck_assert_int_lt(wait, TEST_DEADLINE * 4);
	}
	lookups = fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE);
	ck_assert_uint_eq(lookups, PEERS);
	/* query, delete, add, and read back */
	for (wait = 0; wait < TEST_DEADLINE &&
		 fake_kernel_count(kernel, NETLINK_XFRM, 0) < children * 8; wait++)
	{
		usleep(1000);
	}
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0),
					  children * 8);
	ck_assert_int_eq(calls.expires, 0);
	if (bench)
	{
		printf("%d SAs of %d peers: %u route lookups, %.1f XFRM requests for "
			   "each SA\n", children * 2, PEERS, lookups,
			   fake_kernel_count(kernel, NETLINK_XFRM, 0) / (children * 2.0));
	}
	mass(FALSE);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
}
END_TEST

TCase *rebind_storm_tcase(void)
{
	TCase *tcase = tcase_create("rebind_storm");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_flapping);
	tcase_add_test(tcase, test_closed_meanwhile);
	tcase_add_test(tcase, test_mass);
	return tcase;
}
