/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of CHILD_SAs as a whole: both SAs and their SPs end in the same mode,
 * and none is forgotten when events were lost.
 */

#include "service_child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>
#include <time.h>

/**
 * Check the mode of both SAs.
 */
static void assert_sas(const char *mode)
{
	ck_assert_str_eq(sa_mode(SPI_IN), mode);
	ck_assert_str_eq(sa_mode(SPI_OUT), mode);
}

/**
 * Check the mode of both SPs.
 */
static void assert_sps(const char *mode)
{
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), mode);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), mode);
}

/**
 * Let charon rekey the CHILD_SA, as it was told to by one of its SAs, check the
 * mode of the new ones.
 */
static void assert_rekeyed(uint32_t spi, const char *mode)
{
	test_sa_t in, out;

	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(spi));
	ck_assert(!calls.expire_hard);
	sa_init(&in, SPI_IN + 16, TRUE, HW_OFFLOAD_AUTO);
	sa_init(&out, SPI_OUT + 16, FALSE, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_IN + 16), mode);
	ck_assert_str_eq(sa_mode(SPI_OUT + 16), mode);
	ck_assert_int_eq(sa_del(&in), SUCCESS);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	sa_clear(&in);
	sa_clear(&out);
}

START_TEST(test_outbound_refused)
{
	service_child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_IN), "packet");
	/* once: crypto, twice: not even that */
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	if (_i)
	{
		service_refuse(XFRM_MSG_NEWSA, 2, ENOSPC);
	}
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	/* nobody knows the window of the NIC, the peer may have been fast */
	ck_assert_str_eq(sa_mode(SPI_IN), "packet");
	ck_assert_str_eq(sa_mode(SPI_OUT), _i ? "none" : "crypto");
	ck_assert_int_eq(service_lines_with("driver: out of entries"), 1);
	/* each direction works as it is, with the SPs that go along */
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "packet");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
	if (_i)
	{	/* the new inbound one is in crypto mode first */
		service_refuse(XFRM_MSG_NEWSA, 2, ENOSPC);
	}
	assert_rekeyed(SPI_OUT, _i ? "none" : "crypto");
	ck_assert_int_eq(service_lines_with(", partner-refused"), 1);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	assert_no_key();
	service_child_clear();
}
END_TEST

START_TEST(test_inbound_refused)
{
	service_child_init(HW_OFFLOAD_AUTO);
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	/* the device would take it in packet mode, but the pair is in crypto */
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	assert_sas("crypto");
	service_child_clear();
}
END_TEST

START_TEST(test_policy_refused)
{
	service_child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	assert_sas("packet");
	/* the inbound one, or the outbound one, which comes after its guard */
	if (_i)
	{
		ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	}
	service_refuse(XFRM_MSG_NEWPOLICY, _i + 1, ENOSPC);
	if (!_i)
	{
		ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	}
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	/* the SAs may have been used, the other SP works as it is */
	assert_sas("packet");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL),
					 _i ? "packet" : "none");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE),
					 _i ? "none" : "packet");
	ck_assert_int_eq(service_lines_with("policy not offloaded"), 1);
	assert_rekeyed(_i ? SPI_OUT : SPI_IN, "crypto");
	ck_assert_int_eq(service_lines_with(", policy-refused"), 1);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	assert_no_key();
	service_child_clear();
}
END_TEST

START_TEST(test_policies_refused)
{
	service_child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	service_refuse(XFRM_MSG_NEWPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	service_refuse(XFRM_MSG_NEWPOLICY, 2, ENOSPC);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	assert_sas("packet");
	assert_sps("none");
	/* that is one reason to rekey it, not two */
	ck_assert_int_eq(service_lines_with("policy not offloaded"), 1);
	assert_rekeyed(SPI_IN, "crypto");
	ck_assert_int_eq(service_lines_with("rekeying it later"), 1);
	service_child_clear();
}
END_TEST

START_TEST(test_policy_refused_later)
{
	test_sp_t pass;

	service_child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	sp_init(&pass, POLICY_OUT, LOCAL, REMOTE, 0, 0, HW_OFFLOAD_NO);
	pass.data.prio = POLICY_PRIORITY_PASS;
	pass.data.type = POLICY_PASS;
	ck_assert_int_eq(sp_add(&pass), SUCCESS);
	/* the NIC does not take it back when the one above it goes */
	service_refuse(XFRM_MSG_UPDPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_del(&pass), SUCCESS);
	/* the key was in use */
	assert_sas("packet");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "packet");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
	assert_rekeyed(SPI_OUT, "crypto");
	sp_clear(&pass);
	service_child_clear();
}
END_TEST

START_TEST(test_policy_refused_strict)
{
	service_child_init(HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	service_refuse(XFRM_MSG_NEWPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	assert_sas("packet");
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	service_child_clear();
}
END_TEST

/** answers of drivers, e.g. of mlx5 if its NIC is full, or its firmware does
 * not answer. */
static const int answers[] = {
	ENOMEM, ETIMEDOUT, EPERM, ENOBUFS, EBADMSG,
};

START_TEST(test_policy_full)
{
	service_child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	service_refuse(XFRM_MSG_NEWPOLICY, 1, answers[_i]);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "none");
	assert_rekeyed(SPI_IN, "crypto");
	ck_assert(service_lines_with("driver: out of entries"));
	service_child_clear();
}
END_TEST

START_TEST(test_policy_refused_rekey)
{
	test_sa_t in, out;
	test_sp_t next;
	fake_sp_t guard;

	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	/* the new CHILD_SA fails with its first policy, up to 6.1.0 charon then
	 * closes the old one */
	sa_init(&in, SPI_IN + 16, TRUE, HW_OFFLOAD_PACKET);
	sa_init(&out, SPI_OUT + 16, FALSE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	sp_init(&next, POLICY_IN, LOCAL, REMOTE, SPI_IN + 16, 1,
			HW_OFFLOAD_PACKET);
	service_refuse(XFRM_MSG_UPDPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_add(&next), FAILED);
	sp_del(&next);
	ck_assert_int_eq(sa_del(&in), SUCCESS);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
	sa_clear(&in);
	sa_clear(&out);
	sp_clear(&next);
	service_child_clear();
}
END_TEST

START_TEST(test_policy_fails)
{
	service_child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	/* without an answer nobody has said anything about offload */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_UPDPOLICY, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	ck_assert_int_eq(sp_add(&sp_in), FAILED);
	assert_sas("packet");
	ck_assert_int_eq(service_lines_with("policy not offloaded"), 0);
	/* once there is one, nothing stands in its way */
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "packet");
	service_child_clear();
}
END_TEST

START_TEST(test_demoted_away)
{
	int i;

	service_child_init(HW_OFFLOAD_AUTO);
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_IN), "crypto");
	/* the outbound SA gets to software, the inbound one nowhere, and not back
	 * either */
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	for (i = 3; i <= 5; i++)
	{
		service_refuse(XFRM_MSG_NEWSA, i, ENOSPC);
	}
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_IN), "missing");
	ck_assert_str_eq(sa_mode(SPI_OUT), "none");
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(SPI_OUT));
	ck_assert(!calls.expire_hard);
	assert_no_key();
	service_child_clear();
}
END_TEST

START_TEST(test_demotion_lost)
{
	int i;

	service_child_init(HW_OFFLOAD_AUTO);
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	/* the inbound SA has to follow, but its deletion is not answered: it is
	 * repeated later */
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELSA, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT), "none");
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	for (i = 0; i < TEST_DEADLINE && !streq(sa_mode(SPI_IN), "missing"); i++)
	{
		usleep(1000);
	}
	ck_assert_str_eq(sa_mode(SPI_IN), "missing");
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(SPI_OUT));
	ck_assert(!calls.expire_hard);
	assert_no_key();
	service_child_clear();
}
END_TEST

/**
 * Lose what the kernel says about an SA: charon is told nevertheless, and of
 * nothing else.
 */
static void assert_found_out(uint32_t spi)
{
	fake_kernel_overrun(kernel, NETLINK_XFRM);
	/* anything announced makes the overrun known */
	fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.2", 2,
						IPPROTO_UDP, 1);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(spi));
	/* a hard one would take the policies away */
	ck_assert(!calls.expire_hard);
	ck_assert(calls_wait(&calls.acquires, 1));
	ck_assert_int_eq(calls.expires, 1);
}

START_TEST(test_lost_missing)
{
	service_child_init(HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	if (_i)
	{	/* there is something of that name, but it is not what was lost */
		fake_kernel_flood(kernel, htonl(SPI_OUT));
	}
	fake_kernel_drop_sa(kernel, htonl(SPI_OUT));
	ck_assert_str_eq(sa_mode(SPI_OUT), _i ? "larval" : "missing");
	assert_found_out(SPI_OUT);
	service_child_clear();
}
END_TEST

START_TEST(test_lost_marked)
{
	service_child_init(HW_OFFLOAD_NO);
	/* there is no way for what we mark, but that is not the way to the peer */
	fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 42);
	sa_in.data.mark = (mark_t){ 42, 0xff };
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_drop_sa(kernel, htonl(SPI_IN));
	assert_found_out(SPI_IN);
	ck_assert_int_eq(service_lines_with("until there is a route"), 0);
	service_child_clear();
}
END_TEST

START_TEST(test_lost_soft)
{
	service_child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_use_sa(kernel, htonl(SPI_IN), 100, 999, time(NULL));
	fake_kernel_use_sa(kernel, htonl(SPI_OUT), 100, 1000, time(NULL));
	assert_found_out(SPI_OUT);
	service_child_clear();
}
END_TEST

START_TEST(test_reason)
{
	service_child_init(HW_OFFLOAD_AUTO);
	sa_in.data.encap = sa_out.data.encap = TRUE;
	if (_i)
	{	/* what comes first counts: packet was refused, crypto not tried */
		service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	}
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	assert_sas(_i ? "none" : "packet");
	ck_assert_int_eq(service_lines_with("udp-encap"), 0);
	ck_assert_int_eq(service_lines_with(_i ? "driver-refused: driver: out"
										   : "as-requested"), 1);
	service_child_clear();
}
END_TEST

START_TEST(test_lost_answer)
{
	service_child_init(HW_OFFLOAD_AUTO);
	/* neither executed nor answered: says nothing about packet mode */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_IN), "packet");
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
	service_child_clear();
}
END_TEST

START_TEST(test_budget_same_reqid)
{
	int i, offloaded = 0;
	test_sa_t in, out;
	fake_sa_t sa;

	/* CHILD_SAs per CPU, or duplicates: one more than fit, as it might replace
	 * the other one */
	lib->settings->set_int(lib->settings,
						   "%s.plugins.hw-offload.devices.nic3.max_sas", 2,
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	for (i = 0; i < 16; i++)
	{
		sa_init(&in, SPI_IN + 16 * i, TRUE, HW_OFFLOAD_AUTO);
		sa_init(&out, SPI_OUT + 16 * i, FALSE, HW_OFFLOAD_AUTO);
		ck_assert_int_eq(sa_add(&in), SUCCESS);
		ck_assert_int_eq(sa_add(&out), SUCCESS);
		ck_assert(fake_kernel_get_sa(kernel, in.id.spi, &sa));
		offloaded += sa.offload.ifindex == NIC && sa.offload.flags & 4;
		sa_clear(&in);
		sa_clear(&out);
	}
	ck_assert_int_eq(offloaded, 2);
}
END_TEST

TCase *pair_tcase(void)
{
	TCase *tcase = tcase_create("pair");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_outbound_refused, 0, 2);
	tcase_add_test(tcase, test_inbound_refused);
	tcase_add_loop_test(tcase, test_policy_refused, 0, 2);
	tcase_add_test(tcase, test_policies_refused);
	tcase_add_test(tcase, test_policy_refused_later);
	tcase_add_test(tcase, test_policy_refused_strict);
	tcase_add_loop_test(tcase, test_policy_full, 0, countof(answers));
	tcase_add_test(tcase, test_policy_refused_rekey);
	tcase_add_test(tcase, test_policy_fails);
	tcase_add_test(tcase, test_demoted_away);
	tcase_add_test(tcase, test_demotion_lost);
	tcase_add_test(tcase, test_lost_answer);
	tcase_add_loop_test(tcase, test_reason, 0, 2);
	tcase_add_loop_test(tcase, test_lost_missing, 0, 2);
	tcase_add_test(tcase, test_lost_marked);
	tcase_add_test(tcase, test_lost_soft);
	tcase_add_test(tcase, test_budget_same_reqid);
	return tcase;
}
