/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of CHILD_SAs in packet mode whose packets go to other NICs: they take
 * new keys.
 */

#include "service_reroute.h"

#include <arpa/inet.h>
#include <errno.h>

START_TEST(test_packet)
{
	hw_offload_t requested = _i ? HW_OFFLOAD_AUTO : HW_OFFLOAD_PACKET;
	test_sa_t new_in, new_out;
	test_sp_t new_sp_in, new_sp_out;
	fake_sp_t sp;
	u_int deleted;

	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	reroute_child_add(requested);
	ck_assert(reroute_pair_is("packet3"));
	fake_kernel_reset_counts(kernel);
	reroute_to(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	/* nobody touched them, and the traffic is blocked until they are rekeyed.
	 * Where nothing else will do, a pair of others is tried at each look */
	reroute_wait_check();
	deleted = fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA);
	ck_assert_int_eq(deleted > 0, requested == HW_OFFLOAD_PACKET);
	ck_assert_uint_eq(deleted % 2, 0);
	ck_assert_uint_eq(deleted,
					  fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA));
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 2);
	ck_assert_int_eq(calls.expires, 1);
	ck_assert(reroute_pair_is("packet3"));
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));

	sa_init(&new_in, SPI_IN + 16, TRUE, requested);
	sa_init(&new_out, SPI_OUT + 16, FALSE, requested);
	sp_init(&new_sp_in, POLICY_IN, LOCAL, REMOTE, SPI_IN + 16, 1, requested);
	sp_init(&new_sp_out, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 16, 1, requested);
	ck_assert_int_eq(sa_add(&new_in), SUCCESS);
	ck_assert_int_eq(sa_add(&new_out), SUCCESS);
	ck_assert_int_eq(sp_add(&new_sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&new_sp_out), SUCCESS);
	ck_assert(service_child_wait(OTHER));
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));
	ck_assert_int_eq(sp_del(&new_sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&new_sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&new_out), SUCCESS);
	ck_assert_int_eq(sa_del(&new_in), SUCCESS);
	sa_clear(&new_in);
	sa_clear(&new_out);
	sp_clear(&new_sp_in);
	sp_clear(&new_sp_out);
	reroute_child_del();
}
END_TEST

START_TEST(test_packet_and_back)
{
	/* who is asked for each way, but no more than that */
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_PACKET);
	reroute_to(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	reroute_to(NIC);
	reroute_wait_check();
	ck_assert_int_eq(calls.expires, 1);
	reroute_to(OTHER);
	ck_assert(calls_wait(&calls.expires, 2));
	/* nor if there is no way at all */
	reroute_to(0);
	reroute_wait_check();
	reroute_to(OTHER);
	reroute_wait_check();
	ck_assert_int_eq(calls.expires, 2);
	ck_assert(reroute_pair_is("packet3"));
	reroute_child_del();
}
END_TEST

/**
 * Let packets leave by a gateway on the NIC.
 */
static void reroute_via(char *gateway)
{
	fake_kernel_add_route(kernel, NET, NIC, gateway, "192.168.50.1", 0);
}

START_TEST(test_gateway)
{
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	service_child_init(_i & 1 ? HW_OFFLOAD_AUTO : HW_OFFLOAD_PACKET);
	sa_in.data.mode = sa_out.data.mode = MODE_TUNNEL;
	sp_in.cfg.mode = sp_out.cfg.mode = MODE_TUNNEL;
	if (_i & 2)
	{
		reroute_via("192.168.50.253");
	}
	service_child_add();
	reroute_wait_check();
	ck_assert_int_eq(calls.expires, 0);
	/* the NIC would go on to send to where it was before */
	reroute_via("192.168.50.254");
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	ck_assert_int_eq(service_lines_with("by another next hop, rekeying it"), 1);
	reroute_wait_check();
	ck_assert_int_eq(calls.expires, 1);
	/* the next one as well, but not if there is none */
	reroute_to(0);
	reroute_wait_check();
	ck_assert_int_eq(calls.expires, 1);
	reroute_to(NIC);
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert(reroute_pair_is("packet3"));
	reroute_child_del();
}
END_TEST

START_TEST(test_gateway_refused)
{
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	service_child_init(HW_OFFLOAD_PACKET);
	sa_in.data.mode = sa_out.data.mode = MODE_TUNNEL;
	sp_in.cfg.mode = sp_out.cfg.mode = MODE_TUNNEL;
	service_child_add();
	/* the NIC has no room for new SAs, this time */
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	reroute_via("192.168.50.254");
	ck_assert(service_wait_line("it stays"));
	ck_assert_int_eq(calls.expires, 0);
	ck_assert(calls_wait(&calls.expires, 1));
	reroute_child_del();
}
END_TEST

START_TEST(test_gateway_no_matter)
{
	/* the kernel writes the header in transport mode, and in crypto mode */
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	service_child_init(_i ? HW_OFFLOAD_CRYPTO : HW_OFFLOAD_PACKET);
	if (_i)
	{
		sa_in.data.mode = sa_out.data.mode = MODE_TUNNEL;
		sp_in.cfg.mode = sp_out.cfg.mode = MODE_TUNNEL;
	}
	service_child_add();
	reroute_via("192.168.50.254");
	reroute_wait_check();
	reroute_to(OTHER);
	ck_assert(_i ? reroute_wait_pair("crypto4")
				 : calls_wait(&calls.expires, 1));
	ck_assert_int_eq(service_lines_with("next hop"), 0);
	ck_assert_int_eq(calls.expires, !_i);
	reroute_child_del();
}
END_TEST

/**
 * Add a CHILD_SA whose route moves between its two SAs.
 */
static void split_add(void)
{
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	service_child_init(HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	reroute_to(OTHER);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert(service_wait_line("on another device than the inbound one, "
								"rekeying it later"));
}

START_TEST(test_packet_split)
{
	/* nobody looks at it later */
	split_add();
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	service_child_clear();
}
END_TEST

START_TEST(test_packet_split_closed)
{
	test_sa_t other;

	/* it is closed at once, so nothing is to be rekeyed */
	split_add();
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	/* one that is split later is rekeyed later */
	reroute_to(NIC);
	sa_init(&other, SPI_IN + 16, TRUE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&other), SUCCESS);
	reroute_to(OTHER);
	sa_out.id.spi = htonl(SPI_OUT + 16);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	ck_assert_int_eq(calls.expires, 1);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_del(&other), SUCCESS);
	sa_clear(&other);
	service_child_clear();
}
END_TEST

START_TEST(test_packet_rekeying)
{
	test_sa_t new;

	/* the peer rekeys it, and has not concluded that when the route moves */
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_PACKET);
	sa_init(&new, SPI_OUT + 16, FALSE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&new), SUCCESS);
	reroute_to(OTHER);
	reroute_wait_check();
	ck_assert_int_eq(calls.expires, 0);
	/* now it has, the new one is on the wrong NIC */
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, new.id.spi);
	ck_assert_int_eq(sa_del(&new), SUCCESS);
	sa_clear(&new);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	reroute_child_del();
}
END_TEST

START_TEST(test_packet_same_reqid)
{
	test_sa_t other;

	/* two CHILD_SAs may have the same reqid for ever */
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_PACKET);
	sa_init(&other, SPI_OUT + 16, FALSE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&other), SUCCESS);
	reroute_to(OTHER);
	while (!calls_wait(&calls.expires, 2))
	{	/* as it waits nearly as long as we do usually */
	}
	ck_assert_int_eq(sa_del(&other), SUCCESS);
	sa_clear(&other);
	reroute_child_del();
}
END_TEST

START_TEST(test_packet_refused)
{
	fake_sp_t guard;

	reroute_start(FAKE_CAPS_PACKET, _i ? "rebind_refused" : NULL, "close");
	fake_kernel_set_link(kernel, OTHER, "veth", 0);
	reroute_child_add(HW_OFFLOAD_PACKET);
	reroute_to(OTHER);
	if (_i)
	{
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(calls.expire_hard);
		/* charon closes it, its traffic does not leave in clear */
		ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
		ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
		ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	}
	else
	{
		ck_assert(service_wait_line("where its mode can't be had: it stays"));
		/* there is another chance as soon as anything changes */
		fake_kernel_set_link(kernel, OTHER, NULL, 0);
		fake_kernel_link_up(kernel, OTHER);
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(!calls.expire_hard);
	}
	ck_assert(reroute_pair_is("packet3"));
	if (!_i)
	{
		reroute_child_del();
		return;
	}
	service_child_clear();
}
END_TEST

START_TEST(test_packet_tried)
{
	fake_sp_t guard;

	/* the NIC does not take the first or the second of the pair */
	reroute_start(FAKE_CAPS_PACKET, _i % 2 ? "rebind_refused" : NULL, "close");
	reroute_child_add(HW_OFFLOAD_PACKET);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, _i / 2 + 1,
					   FAKE_FAULT_ERROR, EINVAL, "fakenic: not with me");
	reroute_to(OTHER);
	if (_i % 2)
	{
		ck_assert(service_wait_line("where it was refused: closing it"));
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(calls.expire_hard);
	}
	else
	{	/* charon would close it if it failed to rekey it */
		ck_assert(service_wait_line("where it was refused: it stays"));
		reroute_wait_check();
		ck_assert_int_eq(calls.expires, 0);
	}
	ck_assert(reroute_pair_is("packet3"));
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
	/* nothing is left of those that were tried */
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 2);
	assert_no_key();
	if (_i % 2 == 0)
	{
		/* there is another chance when the route moves again */
		reroute_to(NIC);
		reroute_wait_check();
		reroute_to(OTHER);
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(!calls.expire_hard);
		reroute_child_del();
		return;
	}
	service_child_clear();
}
END_TEST

START_TEST(test_packet_tried_lost)
{
	static const fake_fault_t faults[] = {
		FAKE_FAULT_LOST, FAKE_FAULT_OVERRUN, FAKE_FAULT_IGNORED,
	};

	/* whether the NIC takes it is not known at once, but it does */
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_PACKET);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1, faults[_i], 0,
					   NULL);
	reroute_to(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	/* nothing is left of those that were tried */
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 2);
	reroute_child_del();
}
END_TEST

START_TEST(test_packet_auto_down)
{
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	fake_kernel_set_link(kernel, OTHER, "veth", 0);
	reroute_child_add(HW_OFFLOAD_AUTO);
	reroute_to(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					  0);
	reroute_child_del();
}
END_TEST

START_TEST(test_promote)
{
	reroute_start(_i < 2 ? FAKE_CAPS_CRYPTO : FAKE_CAPS_PACKET,
				  _i ? "promote" : NULL, "now");
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	reroute_child_add(HW_OFFLOAD_AUTO);
	ck_assert(reroute_pair_is("none"));
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	fake_kernel_link_up(kernel, NIC);
	if (_i == 0)
	{
		reroute_wait_check();
		ck_assert(reroute_pair_is("none"));
		ck_assert_int_eq(calls.expires, 0);
	}
	else
	{	/* whether it is more than crypto mode is not known before */
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(!calls.expire_hard);
		reroute_wait_check();
		ck_assert_int_eq(calls.expires, 1);
	}
	reroute_child_del();
}
END_TEST

START_TEST(test_trap)
{
	reroute_start(FAKE_CAPS_PACKET, NULL, NULL);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	sp_out.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(service_child_wait(NIC));
	reroute_to(OTHER);
	ck_assert(service_child_wait(OTHER));
	/* the next look comes after all of that */
	reroute_wait_check();
	/* where it can't go it blocks */
	fake_kernel_set_link(kernel, NIC, "veth", 0);
	fake_kernel_reset_counts(kernel);
	reroute_to(NIC);
	reroute_wait_check();
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0), 0);
	ck_assert(service_child_wait(OTHER));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&sp_out);
}
END_TEST

TCase *rebind_packet_tcase(void)
{
	TCase *tcase = tcase_create("rebind_packet");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_packet, 0, 2);
	tcase_add_test(tcase, test_packet_and_back);
	tcase_add_loop_test(tcase, test_gateway, 0, 4);
	tcase_add_test(tcase, test_gateway_refused);
	tcase_add_loop_test(tcase, test_gateway_no_matter, 0, 2);
	tcase_add_test(tcase, test_packet_split);
	tcase_add_test(tcase, test_packet_split_closed);
	tcase_add_test(tcase, test_packet_rekeying);
	tcase_add_test(tcase, test_packet_same_reqid);
	tcase_add_loop_test(tcase, test_packet_refused, 0, 2);
	tcase_add_loop_test(tcase, test_packet_tried, 0, 4);
	tcase_add_loop_test(tcase, test_packet_tried_lost, 0, 3);
	tcase_add_test(tcase, test_packet_auto_down);
	tcase_add_loop_test(tcase, test_promote, 0, 3);
	tcase_add_test(tcase, test_trap);
	return tcase;
}
