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
#include <malloc.h>
#include <unistd.h>

#include <threading/thread.h>

/** another NIC */
#define OTHER 4

static void link_setup(void)
{
	/* memory is only counted in this one */
	mallopt(M_ARENA_MAX, 1);
	service_setup();
	service_child_init(HW_OFFLOAD_PACKET);
}

static void link_teardown(void)
{
	service_child_clear();
	service_teardown();
}

static bool guarded(void)
{
	fake_sp_t guard;

	return fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard);
}

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
	ck_assert(guarded());

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
	ck_assert(guarded());
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
	ck_assert(guarded());
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC, NULL, NULL, 0);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
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
	ck_assert(guarded());
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
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0) -
					 fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_GETSPDINFO), 5);
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
	ck_assert(guarded());
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
	ck_assert(guarded());
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
	ck_assert(guarded());
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
	ck_assert(guarded());
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
	ck_assert(guarded());
	/* nothing else changes */
	fake_kernel_set_caps(kernel, OTHER, FAKE_CAPS_PACKET);
	ck_assert(service_child_wait(OTHER));
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
}
END_TEST

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
	ck_assert(guarded());
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
	ck_assert(guarded());
}
END_TEST

START_TEST(test_lost_down)
{
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
	lose_announcements();
	ck_assert(service_child_wait(0));
	ck_assert(guarded());
	/* that it is up again is news */
	fake_kernel_silent_route(kernel, "192.168.50.2", NIC);
	fake_kernel_link_up(kernel, NIC);
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

START_TEST(test_many_links)
{
	struct mallinfo2 before, after;
	int i;

	/* some devices are remembered, but there is a limit */
	lose_links(1000, 1);
	before = mallinfo2();
	lose_links(1000 + LINKS, 2);
	for (i = 0; i < TEST_DEADLINE; i++)
	{
		after = mallinfo2();
		if (after.uordblks < before.uordblks + LINKS * 24)
		{
			break;
		}
		usleep(1000);
	}
	ck_assert_int_lt(after.uordblks - before.uordblks, LINKS * 24);
}
END_TEST

START_TEST(test_hard_limit)
{
	test_sa_t *sa = _i ? &sa_in : &sa_out;

	/* either direction ends the CHILD_SA */
	service_child_add();
	ck_assert(fake_kernel_expire(kernel, sa->id.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(calls.expire_hard);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	sa_del(&sa_in);
	sa_del(&sa_out);
	ck_assert(guarded());
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	ck_assert_int_eq(service_lines_with("192.168.50.2/32 stays blocked"), 1);

	/* the next one has it, and when that is closed it is gone */
	sa_out.id.spi = htonl(SPI_OUT + 1);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 1, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(guarded());
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_spi_again)
{
	test_sa_t other = sa_out;

	/* another peer behind the same address has chosen the same SPI, which the
	 * kernel refuses: the one who has it keeps it, and its record */
	service_child_add();
	other.data.reqid = 2;
	ck_assert_int_eq(sa_add(&other), FAILED);
	ck_assert_str_eq(sa_mode(SPI_OUT), "packet");
	ck_assert(fake_kernel_expire(kernel, sa_in.id.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert(guarded());
	sa_del(&sa_in);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
}
END_TEST

/**
 * Install an SA.
 */
static void *install(void *sa)
{
	return (void*)(uintptr_t)sa_add(sa);
}

/**
 * Begin to install an SA, in a thread that lasts until it is joined.
 */
static thread_t *install_other(test_sa_t *sa)
{
	thread_t *thread = thread_create(install, sa);

	while (streq(sa_mode(ntohl(sa->id.spi)), "missing"))
	{
		usleep(1000);
	}
	return thread;
}

START_TEST(test_unpaired)
{
	thread_t *first, *second;
	test_sa_t in2;

	/* two CHILD_SAs per CPU, say, that the peer rekeys at once: what it uses
	 * first is known later, and to other threads. Then one of them is lost */
	sa_init(&in2, SPI_IN + 16, TRUE, HW_OFFLOAD_PACKET);
	first = install_other(&sa_in);
	second = install_other(&in2);
	bus_child_rekeyed(SPI_IN, SPI_OUT);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	first->join(first);
	second->join(second);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(fake_kernel_expire(kernel, sa_in.id.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert(guarded());
	sa_clear(&in2);
}
END_TEST

START_TEST(test_soft_limit)
{
	service_child_add();
	ck_assert(fake_kernel_expire(kernel, sa_out.id.spi, FALSE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

TCase *link_tcase(void)
{
	TCase *tcase = tcase_create("link");

	tcase_add_checked_fixture(tcase, link_setup, link_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_down, 0, 2);
	tcase_add_test(tcase, test_announced_first);
	tcase_add_test(tcase, test_no_route);
	tcase_add_test(tcase, test_rekeying);
	tcase_add_test(tcase, test_closed_meanwhile);
	tcase_add_test(tcase, test_unused_link);
	tcase_add_test(tcase, test_trap);
	tcase_add_test(tcase, test_trap_refused_once);
	tcase_add_test(tcase, test_route_after_link);
	tcase_add_loop_test(tcase, test_trap_after_child, 0, 2);
	tcase_add_test(tcase, test_lost_announcements);
	tcase_add_test(tcase, test_bystander);
	tcase_add_test(tcase, test_lost_up);
	tcase_add_test(tcase, test_lost_all);
	tcase_add_test(tcase, test_lost_trap);
	tcase_add_test(tcase, test_lost_down);
	tcase_add_test(tcase, test_lost_bypass);
	tcase_add_test(tcase, test_many_links);
	tcase_add_loop_test(tcase, test_hard_limit, 0, 2);
	tcase_add_test(tcase, test_spi_again);
	tcase_add_test(tcase, test_unpaired);
	tcase_add_test(tcase, test_soft_limit);
	return tcase;
}
