/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of links whose announcements were lost, or that are very many.
 */

#include "service_child.h"
#include "bus_child.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <malloc.h>
#include <unistd.h>

/** another NIC */
#define OTHER 4

static void setup(void)
{
	/* memory is only counted in this one */
	mallopt(M_ARENA_MAX, 1);
	service_child_setup();
}

/**
 * Lose what was announced about links, and wait until that was noticed.
 */
static void lose_announcements(void)
{
	int before = service_lines_with("announcements about links were lost");

	fake_kernel_overrun(kernel, NETLINK_ROUTE);
	/* any announcement makes it known */
	fake_kernel_link_up(kernel, OTHER);
	while (service_lines_with("announcements about links were lost") == before)
	{
		usleep(1000);
	}
}

START_TEST(test_lost_up)
{
	service_child_add();
	fake_kernel_link_down(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, 1));
	fake_kernel_list_link(kernel, NIC, TRUE);
	lose_announcements();
	/* charon rekeys */
	sa_del(&sa_in);
	sa_del(&sa_out);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	/* the next time it goes down is as good as the first one */
	fake_kernel_link_down(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert(!calls.expire_hard);
}
END_TEST

START_TEST(test_lost_all)
{
	/* down and up, and nobody heard of it: whatever the NIC had is gone */
	service_child_add();
	fake_kernel_device_down(kernel, NIC);
	lose_announcements();
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(service_lines_with("is not in the kernel anymore"), 1);
	ck_assert(service_child_guarded());
}
END_TEST

START_TEST(test_lost_trap)
{
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	sp_out.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(service_child_wait(NIC));
	fake_kernel_device_down(kernel, NIC);
	lose_announcements();
	ck_assert(service_child_wait(NIC));
	ck_assert(service_child_guarded());
}
END_TEST

/**
 * Wait for a request.
 */
static bool wait_request(int protocol, uint16_t type)
{
	int i;

	fake_kernel_reset_counts(kernel);
	for (i = 0; i < TEST_DEADLINE && !fake_kernel_count(kernel, protocol, type);
		 i++)
	{
		usleep(1000);
	}
	return i < TEST_DEADLINE;
}

/**
 * Let the NIC be up again, which is news, or take the trap later, or have its
 * route later, without any further news.
 */
static bool wait_up(int later)
{
	if (later == 1)
	{
		fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	}
	if (later != 2)
	{
		fake_kernel_silent_route(kernel, "192.168.50.2", NIC);
	}
	fake_kernel_link_up(kernel, NIC);
	if (later == 1)
	{
		ck_assert(wait_request(NETLINK_XFRM, XFRM_MSG_NEWPOLICY));
		fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_PACKET);
	}
	else if (later == 2)
	{	/* once for the news, and then again */
		ck_assert(wait_request(NETLINK_ROUTE, RTM_GETROUTE));
		ck_assert(wait_request(NETLINK_ROUTE, RTM_GETROUTE));
		ck_assert(service_child_guarded());
		fake_kernel_silent_route(kernel, "192.168.50.2", NIC);
	}
	return service_child_wait(NIC);
}

START_TEST(test_lost_down)
{
	int i;

	/* nobody else looks at it, as happens after lost changes of routes */
	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload.rebind",
							FALSE, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	sp_out.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	/* it went down unheard, and the list of links fails at first, too */
	fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 0);
	fake_kernel_inject(kernel, NETLINK_ROUTE, RTM_GETLINK, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	fake_kernel_list_link(kernel, NIC, FALSE);
	fake_kernel_device_down(kernel, NIC);
	fake_kernel_reset_counts(kernel);
	lose_announcements();
	/* the SAs are looked at last */
	for (i = 0; i < TEST_DEADLINE &&
				!fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_GETSA); i++)
	{
		usleep(1000);
	}
	ck_assert(service_child_wait(0));
	ck_assert(service_child_guarded());
	ck_assert(wait_up(_i));
}
END_TEST

START_TEST(test_lost_refused)
{
	int i;

	/* refused by the NIC, and then in software, too; nobody else looks at it */
	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload.rebind",
							FALSE, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_AUTO);
	sp_out.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	service_refuse(XFRM_MSG_NEWPOLICY, 0, ENOMEM);
	service_refuse(XFRM_MSG_UPDPOLICY, 0, ENOMEM);
	fake_kernel_device_down(kernel, NIC);
	lose_announcements();
	for (i = 0; i < TEST_DEADLINE && !service_lines_with("unable to"); i++)
	{
		usleep(1000);
	}
	ck_assert(service_child_guarded());
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	fake_kernel_heal(kernel);
	ck_assert(service_child_wait(NIC));
}
END_TEST

START_TEST(test_lost_bypass)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
	};
	test_sp_t other;
	int fd, before, i;

	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload.port_bypass",
							TRUE, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr*)&addr, sizeof(addr)), 0);
	ck_assert(ipsec->bypass_socket(ipsec, fd, AF_INET));
	/* traps, as they come back by themselves: one is there before the other
	 * one is known to be gone */
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	sp_init(&other, POLICY_OUT, LOCAL, "192.168.50.3/32", 0, 2,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_add(&other), SUCCESS);
	before = fake_kernel_count_sps(kernel);
	fake_kernel_device_down(kernel, NIC);
	/* the traps and IKE in both directions */
	ck_assert_int_eq(fake_kernel_count_sps(kernel), before - 4);
	lose_announcements();
	for (i = 0; i < TEST_DEADLINE &&
				fake_kernel_count_sps(kernel) != before; i++)
	{
		usleep(1000);
	}
	ck_assert_int_eq(fake_kernel_count_sps(kernel), before);
	sp_clear(&other);
	close(fd);
}
END_TEST

/** links that come and go, as with containers; as many changes are noted */
#define LINKS 4000

/**
 * Install the SAs, let links go, and wait for the end of it: what comes last is
 * that the NIC goes down, so that the SAs are lost.
 */
static void lose_links(uint32_t first, int expires)
{
	int i;

	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	for (i = 0; i < LINKS; i++)
	{
		fake_kernel_link_gone(kernel, first + i);
	}
	fake_kernel_link_down(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, expires));
	sa_del(&sa_in);
	sa_del(&sa_out);
}

/**
 * Get the number of bytes that are allocated.
 */
static size_t get_memory(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

START_TEST(test_many_links)
{
	size_t limit;
	int i;

	/* some devices are remembered, and not in the first round if announcements
	 * got lost, but not all of them: that takes twice as much at least */
	lose_links(1000, 1);
	limit = get_memory() + 4 * LINKS * 24;
	for (i = 1; i <= 4; i++)
	{
		lose_links(1000 + i * LINKS, 1 + i);
	}
	for (i = 0; i < TEST_DEADLINE && get_memory() >= limit; i++)
	{
		usleep(1000);
	}
	ck_assert_int_lt(i, TEST_DEADLINE);
}
END_TEST

TCase *link_lost_tcase(void)
{
	TCase *tcase = tcase_create("link_lost");

	tcase_add_checked_fixture(tcase, setup, service_child_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_lost_up);
	tcase_add_test(tcase, test_lost_all);
	tcase_add_test(tcase, test_lost_trap);
	tcase_add_loop_test(tcase, test_lost_down, 0, 3);
	tcase_add_test(tcase, test_lost_refused);
	tcase_add_test(tcase, test_lost_bypass);
	tcase_add_test(tcase, test_many_links);
	return tcase;
}
