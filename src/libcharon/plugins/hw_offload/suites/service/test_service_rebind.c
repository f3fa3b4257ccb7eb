/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SAs in crypto mode and software that follow their packets to other
 * NICs.
 */

#include "service_reroute.h"

#include <errno.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

START_TEST(test_crypto)
{
	hw_offload_t requested = _i ? HW_OFFLOAD_AUTO : HW_OFFLOAD_CRYPTO;
	fake_sa_t sa;

	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(requested);
	ck_assert(reroute_pair_is("crypto3"));
	fake_kernel_use_sa(kernel, sa_out.id.spi, 4700, 47, 1700000000);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 47);
	reroute_to(OTHER);
	ck_assert(reroute_wait_pair("crypto4"));
	ck_assert_uint_eq(reroute_oseq(), 47);
	ck_assert(fake_kernel_get_sa(kernel, sa_out.id.spi, &sa));
	ck_assert_uint_eq(sa.info.curlft.packets, 47);
	ck_assert(service_wait_line("followed its packets (move): from mode crypto "
								"on device nic3 to mode crypto on device "
								"nic4"));
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					 2);
	/* and back */
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 48);
	reroute_to(NIC);
	ck_assert(reroute_wait_pair("crypto3"));
	ck_assert_uint_eq(reroute_oseq(), 48);
	/* who moved it has told the kernel, but may not be done yet */
	ck_assert(service_wait_line("(move): from mode crypto on device nic4 to "
								"mode crypto on device nic3"));
	ck_assert_int_eq(calls.expires, 0);
	assert_no_key();
	reroute_child_del();
}
END_TEST

START_TEST(test_crypto_to_software)
{
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	fake_kernel_set_link(kernel, OTHER, "veth", 0);
	reroute_child_add(HW_OFFLOAD_AUTO);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 5);
	reroute_to(OTHER);
	ck_assert(reroute_wait_pair("none"));
	ck_assert_uint_eq(reroute_oseq(), 5);
	ck_assert(service_wait_line("(degrade): from mode crypto on device nic3 to "
								"mode none on device -, virtual-device"));
	/* it was better, so it is again */
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 6);
	reroute_to(NIC);
	ck_assert(reroute_wait_pair("crypto3"));
	ck_assert_uint_eq(reroute_oseq(), 6);
	ck_assert(service_wait_line("(promote): from mode none on device - to mode "
								"crypto on device nic3"));
	ck_assert_int_eq(calls.expires, 0);
	reroute_child_del();
}
END_TEST

START_TEST(test_crypto_refused)
{
	int i;

	/* known before, or only by trying: then it is put back */
	reroute_start(FAKE_CAPS_CRYPTO, _i % 2 ? "rebind_refused" : NULL, "close");
	if (_i < 2)
	{
		fake_kernel_set_link(kernel, OTHER, "veth", 0);
	}
	else
	{
		fake_kernel_set_caps(kernel, OTHER, FAKE_CAPS_EINVAL);
	}
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 5);
	reroute_to(OTHER);
	if (_i % 2)
	{
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(calls.expire_hard);
		ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
		ck_assert(service_wait_line("closing it"));
	}
	else
	{
		ck_assert(service_wait_line("it stays"));
		ck_assert_int_eq(calls.expires, 0);
	}
	ck_assert(reroute_wait_pair("crypto3"));
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					  _i < 2 ? 0 : 1);
	if (_i >= 2)
	{
		ck_assert_uint_eq(reroute_oseq(), 5);
	}
	/* it is not tried again and again; one that is closed is not looked at */
	for (i = 0; i < 2 && _i % 2 == 0; i++)
	{
		reroute_wait_check();
	}
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					  _i < 2 ? 0 : 1);
	reroute_child_del();
}
END_TEST

START_TEST(test_half_refused)
{
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 5);
	/* the second new one is the inbound one, so the other one goes back */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 2,
					   FAKE_FAULT_ERROR, EINVAL, "fakenic: Table is full");
	reroute_to(OTHER);
	ck_assert(service_wait_line("it stays"));
	ck_assert(reroute_wait_pair("crypto3"));
	ck_assert_uint_eq(reroute_oseq(), 5);
	ck_assert_int_eq(calls.expires, 0);
	assert_no_key();
	reroute_child_del();
}
END_TEST

START_TEST(test_auto_refused)
{
	/* only one direction is refused, but both end in the same mode */
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_AUTO);
	/* the second new one on the other NIC is the inbound one */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 2,
					   FAKE_FAULT_ERROR, EINVAL, "fakenic: Table is full");
	reroute_to(OTHER);
	ck_assert(reroute_wait_pair("none"));
	ck_assert_int_eq(calls.expires, 0);
	reroute_wait_check();
	ck_assert(reroute_pair_is("none"));
	reroute_child_del();
}
END_TEST

START_TEST(test_budget)
{
	const char *modes[2];
	fake_sa_t sa;
	int i;

	/* there is room for one pair on the other NIC */
	lib->settings->set_int(lib->settings,
						   "%s.plugins.hw-offload.devices.nic4.max_sas", 2,
						   lib->ns);
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_AUTO);
	sa_in.id.spi = htonl(SPI_IN + 16);
	sa_out.id.spi = htonl(SPI_OUT + 16);
	sa_in.data.reqid = sa_out.data.reqid = 2;
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	reroute_to(OTHER);
	ck_assert(service_wait_line("(degrade)"));
	ck_assert(service_wait_line("(move)"));
	ck_assert(service_wait_line("budget"));
	for (i = 0; i < 2; i++)
	{
		ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT + 16 * i), &sa));
		modes[i] = sa.offload.ifindex == OTHER ? "crypto" : "none";
		ck_assert(sa.offload.ifindex == OTHER || !sa.offload.ifindex);
		ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_IN + 16 * i), &sa));
		ck_assert_str_eq(modes[i], sa.offload.ifindex == OTHER ? "crypto"
																: "none");
	}
	ck_assert_str_ne(modes[0], modes[1]);
	service_child_clear();
}
END_TEST

START_TEST(test_feature)
{
	/* crypto mode goes and comes with the feature of the NIC */
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	reroute_child_add(HW_OFFLOAD_AUTO);
	ck_assert(reroute_pair_is("crypto3"));
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(reroute_wait_pair("none"));
	ck_assert(service_wait_line("feature-off"));
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(reroute_wait_pair("crypto3"));
	reroute_child_del();
}
END_TEST

START_TEST(test_off)
{
	reroute_start(FAKE_CAPS_CRYPTO, "rebind", "no");
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	reroute_to(OTHER);
	usleep(DELAY * 3000);
	ck_assert(reroute_pair_is("crypto3"));
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_ROUTE, 0), 0);
	reroute_child_del();
}
END_TEST

START_TEST(test_lost_changes)
{
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	/* nobody heard of the route */
	fake_kernel_set_link(kernel, OTHER, NULL, 0);
	fake_kernel_silent_route(kernel, NET, OTHER);
	fake_kernel_overrun(kernel, NETLINK_ROUTE);
	ck_assert(reroute_wait_pair("crypto4"));
	reroute_child_del();
}
END_TEST

START_TEST(test_lost_sequence_number)
{
	/* it must not start again with another one */
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELSA, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	reroute_to(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert(service_wait_line("it can't be moved: rekeying it"));
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA),
					  0);
	service_child_clear();
}
END_TEST

START_TEST(test_lost_deletion)
{
	static const fake_fault_t faults[] = {
		FAKE_FAULT_LOST, FAKE_FAULT_OVERRUN, FAKE_FAULT_TRUNCATED,
	};

	/* it was deleted, and its last state was announced */
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELSA, 1, faults[_i], 0,
					   NULL);
	reroute_to(OTHER);
	ck_assert(reroute_wait_pair("crypto4"));
	ck_assert_int_eq(calls.expires, 0);
	reroute_child_del();
}
END_TEST

START_TEST(test_lost_request)
{
	/* what packets leave in the meantime is not what was asked for, which may
	 * have been there as well */
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	fake_kernel_flood(kernel, sa_out.id.spi);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	reroute_to(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	ck_assert(!calls.expire_hard);
	ck_assert_str_eq(sa_mode(SPI_OUT), "larval");
	fake_kernel_flood(kernel, 0);
	reroute_child_del();
}
END_TEST

START_TEST(test_acquire)
{
	int i;

	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	/* packets that came while the SA was on the move */
	reroute_to(OTHER);
	ck_assert(reroute_wait_pair("crypto4"));
	fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.2", 2,
						IPPROTO_UDP, 1);
	/* and others */
	fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.3", 2,
						IPPROTO_UDP, 2);
	ck_assert(calls_wait(&calls.acquires, 1));
	ck_assert_int_eq(calls.acquires, 1);
	ck_assert_uint_eq(calls.acquire_reqid, 2);
	/* there is no other reason than that for long */
	for (i = 0; i < TEST_DEADLINE / 10 && calls_count(&calls.acquires) < 2;
		 i++)
	{
		fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.2", 2,
							IPPROTO_UDP, 1);
		usleep(10000);
	}
	ck_assert(calls_wait(&calls.acquires, 2));
	ck_assert_uint_eq(calls.acquire_reqid, 1);
	service_child_clear();
}
END_TEST

/**
 * Make the local or remote selector of an SA a subnet.
 */
static void use_subnet(test_sa_t *sa, bool src)
{
	linked_list_t **list = src ? &sa->data.src_ts : &sa->data.dst_ts;

	(*list)->destroy_offset(*list, offsetof(traffic_selector_t, destroy));
	*list = linked_list_create_with_items(
				traffic_selector_create_from_cidr("192.168.50.0/24", 0, 0,
												  65535), NULL);
}

START_TEST(test_reason_stays)
{
	reroute_start(FAKE_CAPS_PACKET, "packet_subnets", "no");
	service_child_init(HW_OFFLOAD_AUTO);
	use_subnet(&sa_in, TRUE);
	use_subnet(&sa_out, FALSE);
	service_child_add();
	ck_assert(reroute_pair_is("crypto3"));
	ck_assert(service_wait_line("effective crypto, device nic3, subnet"));
	reroute_to(OTHER);
	ck_assert(reroute_wait_pair("crypto4"));
	/* not "in-use", which tells that rekeying would help */
	ck_assert(service_wait_line("to mode crypto on device nic4, subnet"));
	reroute_child_del();
}
END_TEST

TCase *rebind_tcase(void)
{
	TCase *tcase = tcase_create("rebind");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_crypto, 0, 2);
	tcase_add_test(tcase, test_crypto_to_software);
	tcase_add_loop_test(tcase, test_crypto_refused, 0, 4);
	tcase_add_test(tcase, test_half_refused);
	tcase_add_test(tcase, test_auto_refused);
	tcase_add_test(tcase, test_budget);
	tcase_add_test(tcase, test_feature);
	tcase_add_test(tcase, test_off);
	tcase_add_test(tcase, test_lost_changes);
	tcase_add_test(tcase, test_lost_sequence_number);
	tcase_add_loop_test(tcase, test_lost_deletion, 0, 3);
	tcase_add_test(tcase, test_lost_request);
	tcase_add_test(tcase, test_acquire);
	tcase_add_test(tcase, test_reason_stays);
	return tcase;
}
