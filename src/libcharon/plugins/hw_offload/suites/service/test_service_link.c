/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what happens when NICs go down, come back or are gone, and of guards
 * that outlive their CHILD_SA.
 */

#include "service_child.h"
#include "bus_child.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include <threading/thread.h>

/** another NIC */
#define OTHER 4

/**
 * Wait until all SAs were listed that many times since the last reset.
 */
static bool wait_checks(u_int checks)
{
	int i;

	for (i = 0; i < TEST_DEADLINE; i++)
	{
		if (fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_GETSA) >= checks)
		{
			return TRUE;
		}
		usleep(1000);
	}
	return FALSE;
}

START_TEST(test_down)
{
	/* there is another way to the peer: rekey at once, and only once */
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_PACKET, NULL);
	service_child_add();
	fake_kernel_add_route(kernel, "192.168.50.0/24", OTHER, NULL, NULL, 0);
	if (_i)
	{
		fake_kernel_link_gone(kernel, NIC);
	}
	else
	{
		fake_kernel_link_down(kernel, NIC);
	}
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_int_eq(calls.expire_proto, IPPROTO_ESP);
	ck_assert_int_eq(service_lines_with("is not in the kernel anymore"), 1);
	ck_assert(service_child_guarded());

	/* once is enough */
	fake_kernel_link_up(kernel, NIC);
	fake_kernel_link_down(kernel, NIC);
	fake_kernel_link_up(kernel, NIC);
	fake_kernel_link_down(kernel, NIC);

	/* the next SAs use the other one */
	sa_out.id.spi = htonl(SPI_OUT + 1);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 1, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(service_child_wait(OTHER));
	ck_assert(service_child_guarded());
	sa_del(&sa_in);
	sa_out.id.spi = htonl(SPI_OUT);
	sa_del(&sa_out);
	/* one announcement after another, so those of the first one are done */
	fake_kernel_link_down(kernel, OTHER);
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert_int_eq(calls.expires, 2);
	ck_assert_uint_eq(calls.expire_spi, htonl(SPI_OUT + 1));
}
END_TEST

START_TEST(test_announced_first)
{
	/* the kernel says that the link is down before it takes the SAs away */
	service_child_add();
	fake_kernel_reset_counts(kernel);
	fake_kernel_announce_down(kernel, NIC);
	ck_assert(wait_checks(1));
	ck_assert_int_eq(calls.expires, 0);
	fake_kernel_device_down(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_int_eq(service_lines_with("is not in the kernel anymore"), 1);
}
END_TEST

START_TEST(test_no_route)
{
	service_child_add();
	fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 0);
	fake_kernel_link_down(kernel, NIC);
	while (!service_lines_with("1 lost SAs have to wait"))
	{
		usleep(1000);
	}
	ck_assert_int_eq(calls.expires, 0);
	ck_assert(service_child_guarded());
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC, NULL, NULL, 0);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
}
END_TEST

START_TEST(test_route_goes_later)
{
	/* the kernel takes the SAs first, and then the route: with that, charon
	 * would send its request to nobody */
	service_child_add();
	fake_kernel_link_down(kernel, NIC);
	while (!service_lines_with("1 lost SAs have to wait"))
	{
		ck_assert_int_eq(calls.expires, 0);
		usleep(1000);
	}
	fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 0);
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC, NULL, NULL, 0);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, 1));
}
END_TEST

START_TEST(test_rekeying)
{
	test_sa_t new;

	/* the peer has begun to rekey it, and did not say yet that it's done */
	service_child_add();
	sa_init(&new, SPI_OUT + 1, FALSE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&new), SUCCESS);
	fake_kernel_link_down(kernel, NIC);
	while (service_lines_with("not in the kernel anymore, rekeying it "
							  "later") < 2)
	{
		usleep(1000);
	}
	ck_assert_int_eq(calls.expires, 0);
	/* now it is: the new one is told */
	sa_del(&sa_out);
	sa_del(&sa_in);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(SPI_OUT + 1));
	sa_clear(&new);
}
END_TEST

START_TEST(test_closed_meanwhile)
{
	service_child_add();
	fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 0);
	fake_kernel_link_down(kernel, NIC);
	while (!service_lines_with("have to wait"))
	{
		usleep(1000);
	}
	sp_del(&sp_out);
	sp_del(&sp_in);
	sa_del(&sa_in);
	sa_del(&sa_out);
	/* it was not closed on purpose, for all we know */
	ck_assert(service_child_guarded());
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	ck_assert_int_eq(service_lines_with("stays blocked"), 1);
	/* nothing to rekey anymore, but the daemon ends in a state that it knows */
	ipsec->destroy(ipsec);
	ipsec = NULL;
	ck_assert_int_eq(calls.expires, 0);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

/**
 * Wait until there were so many requests of a type.
 */
static bool wait_requests(uint16_t type, u_int count)
{
	int ms;

	for (ms = 0; ms < TEST_DEADLINE; ms++)
	{
		if (fake_kernel_count(kernel, NETLINK_XFRM, type) >= count)
		{
			return TRUE;
		}
		usleep(1000);
	}
	return FALSE;
}

START_TEST(test_unused_link)
{
	service_child_add();
	fake_kernel_reset_counts(kernel);
	fake_kernel_link_up(kernel, NIC);
	fake_kernel_link_down(kernel, OTHER);
	fake_kernel_link_up(kernel, OTHER);
	/* these were announced before this one: for it all SAs are dumped, and each
	 * of two policies is asked for and removed */
	fake_kernel_link_down(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(wait_requests(XFRM_MSG_DELPOLICY, 2));
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0), 5);
}
END_TEST

/**
 * Install a trap, which has no SA, in packet mode.
 */
static void add_trap(test_sp_t *trap, hw_offload_t mode)
{
	sp_init(trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, mode);
	trap->data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(trap), SUCCESS);
	ck_assert(service_child_wait(NIC));
}

/**
 * Let the NIC go down and up again, with a route that comes later.
 */
static void flap_link(void)
{
	fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 0);
	fake_kernel_link_down(kernel, NIC);
	ck_assert(service_child_wait(0));
	ck_assert(service_child_guarded());
}

/** a NIC with a policy of its own */
#define MARKER 5

/**
 * Wait until everything is done about links that were announced to be up or
 * down. What comes at once is done in any order, so this takes two turns.
 */
static void settle_links(void)
{
	test_sp_t marker;
	u_int i, gone;

	fake_kernel_add_device(kernel, MARKER, FAKE_CAPS_PACKET, NULL);
	sp_init(&marker, POLICY_OUT, LOCAL, "10.9.0.0/16", 0, 0,
			HW_OFFLOAD_PACKET);
	marker.data.type = POLICY_PASS;
	marker.id.interface = "nic5";
	ck_assert_int_eq(sp_add(&marker), SUCCESS);
	for (i = 0; i < 2; i++)
	{
		gone = fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY);
		fake_kernel_link_down(kernel, MARKER);
		ck_assert(wait_requests(XFRM_MSG_DELPOLICY, gone + 1));
	}
	ck_assert_int_eq(sp_del(&marker), SUCCESS);
	sp_clear(&marker);
}

/**
 * Let the NIC be up, and then have its route again.
 */
static void return_link(void)
{
	fake_kernel_link_up(kernel, NIC);
	settle_links();
	ck_assert(service_child_wait(0));
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC, NULL, NULL, 0);
	ck_assert(service_child_wait(NIC));
	ck_assert(service_child_guarded());
}

START_TEST(test_route_after_link)
{
	test_sp_t trap;

	add_trap(&trap, HW_OFFLOAD_PACKET);
	flap_link();
	return_link();
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
}
END_TEST

START_TEST(test_trap_after_child)
{
	test_sp_t trap;

	/* its CHILD_SA is given up while there is no way to the peer */
	add_trap(&trap, HW_OFFLOAD_PACKET);
	service_child_add();
	if (_i)
	{	/* or the NIC loses its policies without a word */
		fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 0);
		fake_kernel_device_down(kernel, NIC);
	}
	else
	{
		flap_link();
	}
	sp_del(&sp_out);
	sp_del(&sp_in);
	sa_del(&sa_out);
	sa_del(&sa_in);
	ck_assert(service_child_guarded());
	if (_i)
	{
		fake_kernel_add_route(kernel, "192.168.50.0/24", NIC, NULL, NULL, 0);
		ck_assert(service_child_wait(NIC));
	}
	else
	{
		return_link();
	}
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
}
END_TEST

START_TEST(test_lost_announcements)
{
	test_sp_t trap;

	/* down and up again, without anybody noticing */
	add_trap(&trap, HW_OFFLOAD_PACKET);
	fake_kernel_device_down(kernel, NIC);
	ck_assert(service_child_wait(0));
	fake_kernel_overrun(kernel, NETLINK_ROUTE);
	ck_assert(service_child_wait(NIC));
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
}
END_TEST

START_TEST(test_bystander)
{
	test_sp_t trap;
	int i;

	/* a trap in software, as its NIC refuses it */
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_AUTO);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert(service_child_wait(0));
	fake_kernel_reset_counts(kernel);
	/* links of containers come and go, the packets do not take them */
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_NONE, NULL);
	for (i = 0; i < 5; i++)
	{
		fake_kernel_link_down(kernel, OTHER);
		fake_kernel_link_up(kernel, OTHER);
	}
	settle_links();
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_UPDPOLICY), 0);
	fake_kernel_reset_counts(kernel);
	/* after these, its own one: now it is tried again */
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_PACKET);
	fake_kernel_link_down(kernel, NIC);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(service_child_wait(NIC));
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_NEWPOLICY), 1);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	sp_clear(&trap);
}
END_TEST

START_TEST(test_trap)
{
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	sp_out.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(service_child_wait(NIC));
	/* nowhere to go, so it stays blocked until the NIC is back */
	fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 0);
	fake_kernel_link_down(kernel, NIC);
	ck_assert(service_child_wait(0));
	ck_assert(service_child_guarded());
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC, NULL, NULL, 0);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(service_child_wait(NIC));
	/* and if there is another NIC, it goes there */
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_PACKET, NULL);
	fake_kernel_add_route(kernel, "192.168.50.0/24", OTHER, NULL, NULL, 0);
	fake_kernel_link_down(kernel, NIC);
	ck_assert(service_child_wait(OTHER));
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_trap_refused_once)
{
	test_sp_t trap;

	int i;

	/* the only NIC that is left refuses it, which is tried twice as it is told
	 * about the route and the link, and again after that */
	add_trap(&trap, HW_OFFLOAD_PACKET);
	ck_assert(service_child_wait(NIC));
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_EINVAL, NULL);
	fake_kernel_reset_counts(kernel);
	fake_kernel_add_route(kernel, "192.168.50.0/24", OTHER, NULL, NULL, 0);
	fake_kernel_link_down(kernel, NIC);
	for (i = 0; i < TEST_DEADLINE &&
		 fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY) < 4; i++)
	{
		usleep(1000);
	}
	ck_assert(service_child_wait(0));
	ck_assert(service_child_guarded());
	/* nothing else changes */
	fake_kernel_set_caps(kernel, OTHER, FAKE_CAPS_PACKET);
	ck_assert(service_child_wait(OTHER));
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
}
END_TEST

TCase *link_tcase(void)
{
	TCase *tcase = tcase_create("link");

	tcase_add_checked_fixture(tcase, service_child_setup,
							  service_child_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_down, 0, 2);
	tcase_add_test(tcase, test_announced_first);
	tcase_add_test(tcase, test_no_route);
	tcase_add_test(tcase, test_route_goes_later);
	tcase_add_test(tcase, test_rekeying);
	tcase_add_test(tcase, test_closed_meanwhile);
	tcase_add_test(tcase, test_unused_link);
	tcase_add_test(tcase, test_trap);
	tcase_add_test(tcase, test_trap_refused_once);
	tcase_add_test(tcase, test_route_after_link);
	tcase_add_loop_test(tcase, test_trap_after_child, 0, 2);
	tcase_add_test(tcase, test_lost_announcements);
	tcase_add_test(tcase, test_bystander);
	return tcase;
}
