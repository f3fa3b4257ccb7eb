/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of guards that stay behind what they belong to, however many SPs there
 * are and whoever adds some: the kernel turns them over when its table grows.
 */

#include "service_suites.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "../fake/fake_traffic.h"

#define LOCAL "192.168.50.1/32"
#define REMOTE "192.168.50.2/32"

/** CHILD_SAs with the same peer, and so in the same chain, each for a port */
#define CHILDREN 10
#define PORT 4000

static test_sa_t sas[CHILDREN][2];
static test_sp_t sps[CHILDREN];

/**
 * Fill in an SP for a port.
 */
static void sp_init_port(test_sp_t *sp, uint32_t spi, uint32_t reqid,
						 uint16_t port, hw_offload_t requested)
{
	sp_init(sp, POLICY_OUT, LOCAL, REMOTE, spi, reqid, requested);
	sp->id.dst_ts->destroy(sp->id.dst_ts);
	sp->id.dst_ts = traffic_selector_create_from_cidr(REMOTE, IPPROTO_UDP, port,
													  port);
}

/**
 * Install a CHILD_SA, and have traffic for it.
 */
static void add_child(int i)
{
	uint32_t spi = 0x100 + 2 * i;
	int out;

	for (out = 0; out < 2; out++)
	{
		sa_init(&sas[i][out], spi + out, !out, HW_OFFLOAD_PACKET);
		sas[i][out].data.reqid = i + 1;
		ck_assert_int_eq(sa_add(&sas[i][out]), SUCCESS);
	}
	sp_init_port(&sps[i], spi + 1, i + 1, PORT + i, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sps[i]), SUCCESS);
	fake_kernel_add_flow(kernel, "192.168.50.1", 1000, "192.168.50.2",
						 PORT + i, IPPROTO_UDP);
}

/**
 * Count the flows that are blocked.
 */
static int count_blocked(void)
{
	int i, count = 0;

	fake_kernel_send(kernel);
	for (i = 0; i < CHILDREN; i++)
	{
		count += fake_kernel_fate(kernel, i, NULL) == FAKE_BLOCKED;
	}
	return count;
}

/**
 * Wait until the kernel was asked to sort SPs, and let it do that.
 */
static void wait_sorted(void)
{
	int ms;

	for (ms = 0; ms < TEST_DEADLINE; ms++)
	{
		if (fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSPDINFO))
		{
			fake_kernel_reset_counts(kernel);
			fake_kernel_spd_work(kernel);
			return;
		}
		usleep(1000);
	}
	ck_abort_msg("SPs are not sorted");
}

/**
 * Let the kernel refuse to sort SPs, or not anymore.
 */
static void refuse(bool on)
{
	if (on)
	{
		fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSPDINFO, 0,
						   FAKE_FAULT_ERROR, ENOMEM, "no memory");
		return;
	}
	fake_kernel_heal(kernel);
	fake_kernel_reset_counts(kernel);
}

/**
 * Install all CHILD_SAs while the kernel refuses to sort their SPs.
 */
static void add_children(void)
{
	int i;

	fake_kernel_traffic(kernel, TRUE);
	refuse(TRUE);
	for (i = 0; i < CHILDREN; i++)
	{
		add_child(i);
	}
}

static void clear_children(void)
{
	int i;

	for (i = 0; i < CHILDREN; i++)
	{
		sa_clear(&sas[i][0]);
		sa_clear(&sas[i][1]);
		sp_clear(&sps[i]);
	}
}

static void order_setup(void)
{
	service_setup();
	add_children();
}

static void order_teardown(void)
{
	ck_assert_ptr_null(fake_kernel_violation(kernel));
	clear_children();
	service_teardown();
}

START_TEST(test_growth)
{
	ck_assert_int_eq(count_blocked(), 0);
	fake_kernel_spd_work(kernel);
	ck_assert_int_eq(count_blocked(), CHILDREN - 1);
	refuse(FALSE);
	wait_sorted();
	ck_assert_int_eq(count_blocked(), 0);
}
END_TEST

START_TEST(test_grows_late)
{
	refuse(FALSE);
	/* it may be busy, so it is asked again */
	wait_sorted();
	ck_assert_int_eq(count_blocked(), 0);
	wait_sorted();
	ck_assert_int_eq(count_blocked(), 0);
}
END_TEST

/**
 * Add an SP of somebody else, which turns those of the CHILD_SAs over once the
 * table grows, and see that they are sorted.
 *
 * @param removed		TRUE to remove it again at once
 */
static void add_other(uint16_t port, bool removed)
{
	test_sp_t other;

	refuse(TRUE);
	sp_init_port(&other, 0, 0, port, HW_OFFLOAD_NO);
	other.data.type = POLICY_PASS;
	ck_assert_int_eq(sp_add(&other), SUCCESS);
	if (removed)
	{
		ck_assert_int_eq(sp_del(&other), SUCCESS);
	}
	sp_clear(&other);
	fake_kernel_spd_work(kernel);
	ck_assert_int_eq(count_blocked(), CHILDREN - 1);
	refuse(FALSE);
	wait_sorted();
	ck_assert_int_eq(count_blocked(), 0);
}

/**
 * Begin anew, after settings have changed.
 */
static void restart(void)
{
	service_stop();
	clear_children();
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	add_children();
}

START_TEST(test_others)
{
	refuse(FALSE);
	wait_sorted();
	wait_sorted();
	/* events about SPs may get lost */
	if (_i)
	{
		fake_kernel_overrun(kernel, NETLINK_XFRM);
	}
	add_other(PORT - 1, TRUE);
}
END_TEST

START_TEST(test_updates)
{
	/* what is added by an update is announced as one */
	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload."
							"policy_update", TRUE, lib->ns);
	restart();
	refuse(FALSE);
	wait_sorted();
	wait_sorted();
	add_other(PORT - 1, FALSE);
}
END_TEST

START_TEST(test_no_events)
{
	/* there is no socket left, or not at first */
	test_deaf = TRUE;
	restart();
	ck_assert(service_wait_line("unable to listen to changes of policies"));
	if (_i)
	{
		test_deaf = FALSE;
		ck_assert(service_wait_line("listening to changes of policies now"));
	}
	refuse(FALSE);
	wait_sorted();
	wait_sorted();
	add_other(PORT - 1, _i);
}
END_TEST

START_TEST(test_lost_answers)
{
	fake_kernel_spd_work(kernel);
	refuse(FALSE);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSPDINFO, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSPDINFO, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	wait_sorted();
	ck_assert_int_eq(count_blocked(), CHILDREN - 1);
	wait_sorted();
	ck_assert_int_eq(count_blocked(), 0);
}
END_TEST

TCase *order_tcase(void)
{
	TCase *tcase = tcase_create("spd_order");

	tcase_add_checked_fixture(tcase, order_setup, order_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_growth);
	tcase_add_test(tcase, test_grows_late);
	tcase_add_loop_test(tcase, test_others, 0, 2);
	tcase_add_test(tcase, test_updates);
	tcase_add_loop_test(tcase, test_no_events, 0, 2);
	tcase_add_test(tcase, test_lost_answers);
	return tcase;
}
