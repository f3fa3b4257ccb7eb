/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what goes along with SPs when all of them are removed.
 */

#include "service_suites.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

/** networks of the SPs */
#define LOCAL "10.1.0.0/16"
#define REMOTE "10.2.0.0/16"

START_TEST(test_route)
{
	test_sp_t sp;

	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_NO);
	sp.cfg.mode = MODE_TUNNEL;
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(calls.routes_added, 1);
	/* nothing happens if nothing happened */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_FLUSHPOLICY, 1,
					   FAKE_FAULT_ERROR, EPERM, NULL);
	ck_assert_int_eq(ipsec->flush_policies(ipsec), FAILED);
	ck_assert_int_eq(calls.routes_deleted, 0);
	ck_assert_int_eq(ipsec->flush_policies(ipsec), SUCCESS);
	ck_assert_int_eq(calls.routes_deleted, 1);
	ck_assert_str_eq(calls.route_deleted, calls.route_added);
	ck_assert_int_eq(sp_del(&sp), NOT_FOUND);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_bypass)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
	};
	test_sp_t sp;
	fake_sp_t bypass;
	int fd, ours = _i ? 2 : 0, sps;

	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload.port_bypass",
							_i, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr*)&addr, sizeof(addr)), 0);
	if (!ipsec->bypass_socket(ipsec, fd, AF_INET))
	{	/* exempting sockets takes CAP_NET_ADMIN */
		ck_assert(!_i && geteuid() != 0);
		close(fd);
		return;
	}
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	sps = fake_kernel_count_sps(kernel);
	ck_assert_int_gt(sps, ours + 2);
	/* nobody uses the NIC anymore, but IKE still has to get through */
	ck_assert_int_eq(ipsec->flush_policies(ipsec), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), ours);
	/* on the NIC as well, before there is anything else again */
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), sps);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_IN, "0.0.0.0/0",
								 "192.168.50.1/32", &bypass));
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), ours);
	sp_clear(&sp);
	close(fd);
}
END_TEST

TCase *flush_tcase(void)
{
	TCase *tcase = tcase_create("flush");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_route);
	tcase_add_loop_test(tcase, test_bypass, 0, 2);
	return tcase;
}
