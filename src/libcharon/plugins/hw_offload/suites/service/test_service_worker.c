/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests that no change is missed, and nothing refused for ever: CHILD_SAs get
 * where they belong in the end.
 */

#include "service_reroute.h"
#include "bus_child.h"

#include <errno.h>
#include <unistd.h>

#include <linux/rtnetlink.h>
#include <threading/thread.h>

static void *install(void *data)
{
	return (void*)(uintptr_t)sa_add(data);
}

START_TEST(test_route_moves_meanwhile)
{
	thread_t *slow;

	/* the driver takes its time with the inbound or the outbound SA */
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	service_child_init(HW_OFFLOAD_PACKET);
	if (_i)
	{
		ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	}
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_BLOCKED, 0, NULL);
	slow = thread_create(install, _i ? &sa_out : &sa_in);
	fake_kernel_await_blocked(kernel);
	reroute_to(OTHER);
	/* the check is done before the SA is there */
	usleep(DELAY * 5000);
	fake_kernel_unblock(kernel);
	ck_assert_ptr_eq(slow->join(slow), (void*)SUCCESS);
	if (!_i)
	{
		ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	}
	bus_child_updown(SPI_IN, SPI_OUT, TRUE);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	service_child_clear();
}
END_TEST

START_TEST(test_known_later)
{
	/* charon is busy with the policies, and does not know the CHILD_SA yet */
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	service_child_init(HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	reroute_to(OTHER);
	if (_i)
	{	/* for so long that it is asked nevertheless, which it drops */
		ck_assert(calls_wait(&calls.expires, 1));
	}
	else
	{
		ck_assert(service_wait_line("is not known to charon yet, rekeying it "
									"later"));
		ck_assert_int_eq(calls.expires, 0);
	}
	bus_child_updown(SPI_IN, SPI_OUT, TRUE);
	ck_assert(calls_wait(&calls.expires, _i + 1));
	ck_assert(!calls.expire_hard);
	service_child_clear();
}
END_TEST

START_TEST(test_busy_once)
{
	reroute_start(_i ? FAKE_CAPS_CRYPTO : FAKE_CAPS_PACKET, NULL, NULL);
	reroute_child_add(_i ? HW_OFFLOAD_CRYPTO : HW_OFFLOAD_PACKET);
	bus_child_updown(SPI_IN, SPI_OUT, TRUE);
	/* something else is going on in the NIC at the moment */
	service_refuse(XFRM_MSG_NEWSA, 1, EBUSY);
	service_refuse(XFRM_MSG_NEWSA, 2, EBUSY);
	reroute_to(OTHER);
	ck_assert(service_wait_line("it stays"));
	ck_assert(reroute_pair_is(_i ? "crypto3" : "packet3"));
	ck_assert_int_eq(calls.expires, 0);
	/* and nothing else changes */
	if (_i)
	{
		ck_assert(reroute_wait_pair("crypto4"));
	}
	else
	{
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(!calls.expire_hard);
	}
	reroute_child_del();
}
END_TEST

START_TEST(test_refused_before_route_is_gone)
{
	int i;

	reroute_start(_i ? FAKE_CAPS_CRYPTO : FAKE_CAPS_PACKET, NULL, NULL);
	reroute_child_add(_i ? HW_OFFLOAD_CRYPTO : HW_OFFLOAD_PACKET);
	bus_child_updown(SPI_IN, SPI_OUT, TRUE);
	fake_kernel_set_caps(kernel, OTHER, FAKE_CAPS_EINVAL);
	reroute_to(OTHER);
	ck_assert(service_wait_line("it stays"));
	/* there is no route when it is tried again */
	reroute_to(0);
	reroute_wait_check();
	fake_kernel_reset_counts(kernel);
	for (i = 0; i < TEST_DEADLINE &&
		 !fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE); i++)
	{
		usleep(1000);
	}
	/* it comes back, to the same device */
	fake_kernel_set_caps(kernel, OTHER, FAKE_CAPS_PACKET);
	reroute_to(OTHER);
	if (_i)
	{
		ck_assert(reroute_wait_pair("crypto4"));
	}
	else
	{
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(!calls.expire_hard);
	}
	reroute_child_del();
}
END_TEST

START_TEST(test_address_later)
{
	/* a gateway, on a kernel that would send its own traffic in clear once its
	 * route moves */
	reroute_set("rebind_delay", "20");
	reroute_set("rebind_refused", "close");
	ck_assert(service_start(FAKE_LINUX_6_12, FAKE_CAPS_PACKET, NULL));
	calls.have_address = FALSE;
	service_child_init(_i ? HW_OFFLOAD_PACKET : HW_OFFLOAD_AUTO);
	sa_in.data.mode = sa_out.data.mode = MODE_TUNNEL;
	sp_in.cfg.mode = sp_out.cfg.mode = MODE_TUNNEL;
	service_child_add();
	bus_child_updown(SPI_IN, SPI_OUT, TRUE);
	ck_assert(reroute_pair_is("packet3"));
	reroute_wait_check();
	ck_assert_int_eq(calls.expires, 0);
	/* now it gets an address in there */
	calls.have_address = TRUE;
	fake_kernel_add_route(kernel, "10.99.0.0/16", NIC, NULL, NULL, 0);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(calls.expire_hard == _i);
	service_child_clear();
}
END_TEST

/** number of CHILD_SAs, more than are rekeyed at once */
#define MANY 100

START_TEST(test_paced)
{
	test_sa_t in, out;
	int i;

	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	for (i = 0; i < MANY; i++)
	{
		sa_init(&in, 0x10000 + i, TRUE, HW_OFFLOAD_AUTO);
		sa_init(&out, 0x20000 + i, FALSE, HW_OFFLOAD_AUTO);
		in.data.reqid = out.data.reqid = i + 1;
		ck_assert_int_eq(sa_add(&in), SUCCESS);
		ck_assert_int_eq(sa_add(&out), SUCCESS);
		bus_child_updown(0x10000 + i, 0x20000 + i, TRUE);
		sa_clear(&in);
		sa_clear(&out);
	}
	reroute_to(OTHER);
	ck_assert(calls_wait(&calls.expires, 64));
	usleep(1000000);
	ck_assert_int_eq(calls.expires, 64);
	/* the rest has its turn when these are done */
	for (i = 0; i < MANY; i++)
	{
		sa_init(&in, 0x10000 + i, TRUE, HW_OFFLOAD_AUTO);
		sa_init(&out, 0x20000 + i, FALSE, HW_OFFLOAD_AUTO);
		if (i < MANY / 2)
		{
			sa_del(&out);
			sa_del(&in);
		}
		sa_clear(&in);
		sa_clear(&out);
	}
	ck_assert(calls_wait(&calls.expires, 65));
}
END_TEST

TCase *worker_tcase(void)
{
	TCase *tcase = tcase_create("worker");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_route_moves_meanwhile, 0, 2);
	tcase_add_loop_test(tcase, test_known_later, 0, 2);
	tcase_add_loop_test(tcase, test_busy_once, 0, 2);
	tcase_add_loop_test(tcase, test_refused_before_route_is_gone, 0, 2);
	tcase_add_loop_test(tcase, test_address_later, 0, 2);
	tcase_add_test(tcase, test_paced);
	return tcase;
}
