/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SPs: who is on top is in the SPD, routes go along, and nothing is
 * left when the last one is gone.
 */

#include "service_suites.h"

#include <arpa/inet.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <threading/thread.h>

#include "../../service/sp/spd_setup.h"

/** networks of the SPs */
#define LOCAL "10.1.0.0/16"
#define REMOTE "10.2.0.0/16"

/**
 * Reqid of the first template of the installed SP, 0 for none; fails the test
 * if the priority is another one.
 */
static uint32_t installed_reqid(uint32_t priority)
{
	fake_sp_t sp;

	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_uint_eq(sp.info.priority, priority);
	return sp.tmpl_count ? sp.tmpl[0].reqid : 0;
}

/**
 * Priorities of our SPs: prefixes of 16 bits each, without ports and protocol.
 */
#define PRIO_DEFAULT (400000 - (32 << 9) - 1)
#define PRIO_PASS (200000 - (32 << 9) - 1)
#define PRIO_TRAP (400000 - (32 << 9))
#define PRIO_FALLBACK (600000 - (32 << 9) - 1)

START_TEST(test_users)
{
	test_sp_t first, second, manual;

	sp_init(&first, POLICY_OUT, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_NO);
	sp_init(&second, POLICY_OUT, LOCAL, REMOTE, 0xc2, 2, HW_OFFLOAD_NO);
	sp_init(&manual, POLICY_OUT, LOCAL, REMOTE, 0xc3, 3, HW_OFFLOAD_NO);
	manual.data.manual_prio = 1000;

	ck_assert_int_eq(sp_add(&first), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_DEFAULT), 1);
	/* the later one of two equals */
	ck_assert_int_eq(sp_add(&second), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_DEFAULT), 2);
	ck_assert_int_eq(sp_add(&manual), SUCCESS);
	ck_assert_uint_eq(installed_reqid(1000), 3);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	/* only the first one was new */
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_NEWPOLICY), 1);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_UPDPOLICY), 2);

	/* one that is not on top goes without a request */
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(sp_del(&second), SUCCESS);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0), 0);
	ck_assert_uint_eq(installed_reqid(1000), 3);
	ck_assert_int_eq(sp_del(&second), NOT_FOUND);
	ck_assert_int_eq(sp_del(&manual), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_DEFAULT), 1);
	ck_assert_int_eq(sp_del(&first), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	ck_assert_int_eq(sp_del(&first), NOT_FOUND);
	sp_clear(&first);
	sp_clear(&second);
	sp_clear(&manual);
}
END_TEST

START_TEST(test_same_twice)
{
	test_sp_t sp;

	/* two CHILD_SAs of one configuration, with and without the same reqid */
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_NO);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_classes)
{
	test_sp_t trap, fallback, ipsec_sp, pass;
	fake_sp_t sp;

	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	sp_init(&ipsec_sp, POLICY_OUT, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_NO);
	sp_init(&fallback, POLICY_OUT, LOCAL, REMOTE, 0, 0, HW_OFFLOAD_NO);
	fallback.data.prio = POLICY_PRIORITY_FALLBACK;
	fallback.data.type = POLICY_DROP;
	sp_init(&pass, POLICY_OUT, LOCAL, REMOTE, 0, 0, HW_OFFLOAD_NO);
	pass.data.prio = POLICY_PRIORITY_PASS;
	pass.data.type = POLICY_PASS;

	ck_assert_int_eq(sp_add(&fallback), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_FALLBACK), 0);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_int_eq(sp.info.action, XFRM_POLICY_BLOCK);
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_TRAP), 1);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_int_eq(sp.info.action, XFRM_POLICY_ALLOW);
	ck_assert_uint_eq(sp.tmpl[0].id.spi, 0);
	ck_assert_int_eq(sp_add(&ipsec_sp), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_DEFAULT), 1);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp));
	ck_assert_uint_eq(sp.tmpl[0].id.spi, htonl(0xc1));
	ck_assert_int_eq(sp.tmpl[0].id.proto, IPPROTO_ESP);
	ck_assert_int_eq(sp_add(&pass), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_PASS), 0);

	/* and back */
	ck_assert_int_eq(sp_del(&pass), SUCCESS);
	ck_assert_int_eq(sp_del(&ipsec_sp), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_TRAP), 1);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_FALLBACK), 0);
	ck_assert_int_eq(sp_del(&fallback), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
	sp_clear(&fallback);
	sp_clear(&ipsec_sp);
	sp_clear(&pass);
}
END_TEST

START_TEST(test_exists)
{
	static const hw_offload_t modes[] = { HW_OFFLOAD_NO, HW_OFFLOAD_PACKET };
	test_sp_t sp;

	/* left by a daemon that crashed: what the kernel has is not known to us,
	 * as it was installed by another backend */
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   FAKE_FAULT_SEND, EIO, NULL);
	ck_assert_int_eq(sp_del(&sp), FAILED);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);

	sp.cfg.reqid = 2;
	sp.data.hw_offload = modes[_i];
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_DEFAULT), 2);
	/* a guard takes the place of the old one */
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1 + _i);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE),
					 _i ? "packet" : "none");
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_refused)
{
	test_sp_t first, second;

	sp_init(&first, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	sp_init(&second, POLICY_OUT, LOCAL, REMOTE, 0, 2, HW_OFFLOAD_NO);
	ck_assert_int_eq(sp_add(&first), SUCCESS);
	service_forget_lines();
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_UPDPOLICY, 1,
					   FAKE_FAULT_ERROR, EINVAL, "not today");
	ck_assert_int_eq(sp_add(&second), FAILED);
	ck_assert_msg(line_count() == 1 && strstr(line_at(0), "not today") &&
				  strstr(line_at(0), "10.2.0.0/16"), "%s", line_at(0));
	/* what was there is still there, until charon removes the refused one */
	ck_assert_uint_eq(installed_reqid(PRIO_DEFAULT), 1);
	ck_assert_int_eq(sp_del(&second), SUCCESS);
	ck_assert_int_eq(sp_del(&second), NOT_FOUND);
	ck_assert_uint_eq(installed_reqid(PRIO_DEFAULT), 1);
	ck_assert_int_eq(sp_del(&first), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&first);
	sp_clear(&second);
}
END_TEST

START_TEST(test_lost)
{
	static const fake_fault_t faults[] = {
		FAKE_FAULT_LOST, FAKE_FAULT_OVERRUN, FAKE_FAULT_IGNORED,
		FAKE_FAULT_TRUNCATED,
	};
	test_sp_t sp;

	/* its guard is first; done or not, nobody knows: the kernel must not have
	 * more than we do */
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1, faults[_i],
					   0, NULL);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_uint_eq(installed_reqid(PRIO_DEFAULT), 1);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_rekey)
{
	static const char *local = "192.168.50.1/32", *remote = "192.168.50.2/32";
	test_sa_t sa;
	test_sp_t old, new;
	fake_sp_t sp;

	/* the old SA is offloaded, the new one is not anymore: the SP follows */
	sa_init(&sa, 0xc1, FALSE, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	sp_init(&old, POLICY_OUT, local, remote, 0xc1, 1, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sp_add(&old), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, local, remote), "packet");

	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_CRYPTO);
	sa.id.spi = htonl(0xc2);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_str_eq(sa_mode(0xc2), "crypto");
	sp_init(&new, POLICY_OUT, local, remote, 0xc2, 1, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sp_add(&new), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, local, remote), "none");
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, local, remote, &sp));
	ck_assert_uint_eq(sp.tmpl[0].id.spi, htonl(0xc2));
	ck_assert_int_eq(sp_del(&old), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, local, remote), "none");
	ck_assert_int_eq(sp_del(&new), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&old);
	sp_clear(&new);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_query)
{
	kernel_ipsec_query_policy_t data = {};
	test_sp_t sp;
	time_t used, now;

	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	ck_assert_int_eq(ipsec->query_policy(ipsec, &sp.id, &data, &used), FAILED);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(ipsec->query_policy(ipsec, &sp.id, &data, &used),
					 SUCCESS);
	ck_assert_int_eq(used, 0);
	now = time_monotonic(NULL);
	ck_assert(fake_kernel_use_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE,
								 time(NULL) - 10));
	ck_assert_int_eq(ipsec->query_policy(ipsec, &sp.id, &data, &used),
					 SUCCESS);
	ck_assert_int_ge(used, now - 12);
	ck_assert_int_le(used, now - 8);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_flush)
{
	test_sp_t sp;

	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_FLUSHPOLICY, 1,
					   FAKE_FAULT_ERROR, EPERM, NULL);
	ck_assert_int_eq(ipsec->flush_policies(ipsec), FAILED);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	ck_assert_int_eq(ipsec->flush_policies(ipsec), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	ck_assert_int_eq(sp_del(&sp), NOT_FOUND);
	/* not an update of something that is gone */
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp_clear(&sp);
}
END_TEST

/** threads working on the same SPs, and times they do */
#define THREADS 4
#define TIMES 100

/**
 * Add and remove users of SPs that others use as well.
 */
static void *add_and_remove(void *data)
{
	uint32_t reqid = (uintptr_t)data;
	intptr_t i, failed = 0;
	test_sp_t sp;

	for (i = 0; i < TIMES; i++)
	{
		sp_init(&sp, i % 2 ? POLICY_OUT : POLICY_IN, LOCAL, REMOTE, 0xc1,
				reqid, HW_OFFLOAD_NO);
		sp.cfg.mode = MODE_TUNNEL;
		failed += sp_add(&sp) != SUCCESS;
		failed += sp_del(&sp) != SUCCESS;
		sp_clear(&sp);
	}
	return (void*)failed;
}

START_TEST(test_threads)
{
	thread_t *threads[THREADS];
	uintptr_t i;

	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(add_and_remove, (void*)(i + 1));
	}
	for (i = 0; i < THREADS; i++)
	{
		ck_assert_ptr_eq(threads[i]->join(threads[i]), NULL);
	}
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	ck_assert_int_eq(calls.routes_added, calls.routes_deleted);
	ck_assert_int_eq(line_count(), 0);
}
END_TEST

START_TEST(test_port_bypass)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
	};
	socklen_t len = sizeof(addr);
	fake_sp_t sp;
	int fd;

	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload.port_bypass",
							TRUE, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr*)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr*)&addr, &len), 0);
	ck_assert(ipsec->bypass_socket(ipsec, fd, AF_INET));
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, "0.0.0.0/0",
								 "0.0.0.0/0", &sp));
	ck_assert_int_eq(sp.info.sel.sport, addr.sin_port);
	ck_assert_int_eq(sp.info.sel.sport_mask, 0xffff);
	ck_assert_int_eq(sp.info.sel.dport_mask, 0);
	ck_assert_int_eq(sp.tmpl_count, 0);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_IN, "0.0.0.0/0",
								 "0.0.0.0/0", &sp));
	ck_assert_int_eq(sp.info.sel.dport, addr.sin_port);
	ck_assert_int_eq(sp.info.sel.sport_mask, 0);
	ipsec->destroy(ipsec);
	ipsec = NULL;
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	close(fd);
}
END_TEST

START_TEST(test_thresholds)
{
	uint8_t v4[2], v6[2];

	lib->settings->set_int(lib->settings,
					"%s.plugins.hw-offload.spdh_thresh.ipv4.lbits", 16,
					lib->ns);
	lib->settings->set_int(lib->settings,
					"%s.plugins.hw-offload.spdh_thresh.ipv6.rbits", 48,
					lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_get_thresh(kernel, FALSE, v4);
	ck_assert_uint_eq(v4[0], 16);
	ck_assert_uint_eq(v4[1], 32);
	fake_kernel_get_thresh(kernel, TRUE, v6);
	ck_assert_uint_eq(v6[0], 128);
	ck_assert_uint_eq(v6[1], 48);
	ck_assert_int_eq(line_count(), 0);

	/* nothing that looks like 16 in 8 bits */
	lib->settings->set_int(lib->settings,
				"%s.plugins.hw-offload.spdh_thresh.ipv4.lbits", 272, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_get_thresh(kernel, FALSE, v4);
	ck_assert_uint_eq(v4[0], 32);
	ck_assert_uint_eq(v4[1], 32);
}
END_TEST

START_TEST(test_thresholds_refused)
{
	const hwo_spd_thresh_t v4 = { 16, 32 }, v6 = { 128, 128 };
	nl_exchange_t *xfrm;

	xfrm = hwo_nl_exchange_create(fake_kernel_open(kernel, NETLINK_XFRM, NULL));
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSPDINFO, 1,
					   FAKE_FAULT_ERROR, ENOMEM, NULL);
	/* no reason not to serve */
	ck_assert_int_eq(hwo_spd_setup(xfrm, &v4, &v6), 0);
	ck_assert_int_eq(service_lines_with("spdh_thresh"), 1);
	xfrm->destroy(xfrm);
}
END_TEST

START_TEST(test_decap)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), value = 0;
	socklen_t len = sizeof(value);

	ck_assert(ipsec->enable_udp_decap(ipsec, fd, AF_INET, 4500));
	/* UDP_ENCAP is 100, UDP_ENCAP_ESPINUDP is 2 */
	ck_assert_int_eq(getsockopt(fd, IPPROTO_UDP, 100, &value, &len), 0);
	ck_assert_int_eq(value, 2);
	/* UDP_GRO is 104 */
	ck_assert_int_eq(getsockopt(fd, IPPROTO_UDP, 104, &value, &len), 0);
	ck_assert_int_eq(value, 1);
	close(fd);
	service_forget_lines();
	ck_assert(!ipsec->enable_udp_decap(ipsec, fd, AF_INET, 4500));
	ck_assert_int_eq(line_count(), 1);
}
END_TEST

TCase *sp_tcase(void)
{
	TCase *tcase = tcase_create("sp");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_users);
	tcase_add_test(tcase, test_same_twice);
	tcase_add_test(tcase, test_classes);
	tcase_add_loop_test(tcase, test_exists, 0, 2);
	tcase_add_test(tcase, test_refused);
	tcase_add_loop_test(tcase, test_lost, 0, 4);
	tcase_add_test(tcase, test_rekey);
	tcase_add_test(tcase, test_query);
	tcase_add_test(tcase, test_flush);
	tcase_add_test(tcase, test_threads);
	tcase_add_test(tcase, test_port_bypass);
	tcase_add_test(tcase, test_thresholds);
	tcase_add_test(tcase, test_thresholds_refused);
	tcase_add_test(tcase, test_decap);
	return tcase;
}
