/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests that no sequence number is used twice under a key: with traffic between
 * the requests, an SA that is taken away again only goes on from its last
 * state.
 */

#include "service_reroute.h"
#include "../fake/fake_traffic.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <linux/rtnetlink.h>
#include <threading/thread.h>

/**
 * Stop before the nth request of a type from now on is executed.
 */
static void stop_before(uint16_t type, int n)
{
	fake_kernel_inject(kernel, NETLINK_XFRM, type, n, FAKE_FAULT_BLOCKED, 0,
					   NULL);
}

/**
 * Five packets are sent while requests stop.
 */
static void send_five(void)
{
	uint32_t last = reroute_oseq();

	fake_kernel_set_oseq(kernel, sa_out.id.spi, last + 5);
}

START_TEST(test_silent_software)
{
	fake_sa_t sa;

	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	fake_kernel_set_caps(kernel, OTHER, FAKE_CAPS_EOPNOTSUPP);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 5);
	/* the first one plans the move, the second one reads back */
	stop_before(XFRM_MSG_GETSA, 2);
	reroute_to(OTHER);
	fake_kernel_await_blocked(kernel);
	ck_assert(fake_kernel_get_sa(kernel, sa_out.id.spi, &sa));
	ck_assert_int_eq(sa.offload.ifindex, 0);
	send_five();
	fake_kernel_unblock(kernel);
	ck_assert(service_wait_line("it stays"));
	ck_assert(reroute_wait_pair("crypto3"));
	ck_assert_uint_eq(reroute_oseq(), 10);
	ck_assert_int_eq(calls.expires, 0);
	assert_no_key();
	reroute_child_del();
}
END_TEST

START_TEST(test_gone)
{
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	fake_kernel_set_caps(kernel, OTHER, FAKE_CAPS_EOPNOTSUPP);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	/* what is to be taken away after reading it back is gone without a word,
	 * so nobody knows what it has sent */
	stop_before(XFRM_MSG_DELSA, 2);
	reroute_to(OTHER);
	fake_kernel_await_blocked(kernel);
	send_five();
	fake_kernel_drop_sa(kernel, sa_out.id.spi);
	fake_kernel_unblock(kernel);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	ck_assert(!calls.expire_hard);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT), "missing");
	assert_no_key();
	service_child_clear();
}
END_TEST

START_TEST(test_wrong_device)
{
	fake_sa_t sa;

	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_AUTO);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 5);
	stop_before(XFRM_MSG_DELSA, 1);
	reroute_to(OTHER);
	fake_kernel_await_blocked(kernel);
	/* the other NIC goes away, so the kernel takes that of the route */
	fake_kernel_silent_route(kernel, NET, NIC);
	fake_kernel_remove_device(kernel, OTHER);
	stop_before(XFRM_MSG_GETSA, 1);
	fake_kernel_unblock(kernel);
	fake_kernel_await_blocked(kernel);
	ck_assert(fake_kernel_get_sa(kernel, sa_out.id.spi, &sa));
	ck_assert_int_eq(sa.offload.ifindex, NIC);
	send_five();
	fake_kernel_unblock(kernel);
	ck_assert(service_wait_line("followed its packets"));
	ck_assert_uint_eq(reroute_oseq(), 10);
	ck_assert_int_eq(calls.expires, 0);
	assert_no_key();
	service_child_clear();
}
END_TEST

START_TEST(test_lost_notification)
{
	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	fake_kernel_set_caps(kernel, OTHER, FAKE_CAPS_EOPNOTSUPP);
	reroute_child_add(HW_OFFLOAD_CRYPTO);
	/* the second deletion is that after reading back */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELSA, 2,
					   FAKE_FAULT_IGNORED, 0, NULL);
	reroute_to(OTHER);
	/* the next request has it repeated, so nothing is left of it */
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	ck_assert(!calls.expire_hard);
	ck_assert_int_eq(service_lines_with("its key is finished"), 2);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT), "missing");
	assert_no_key();
	service_child_clear();
}
END_TEST

START_TEST(test_lost_read_back)
{
	int i;

	reroute_start(FAKE_CAPS_CRYPTO, NULL, NULL);
	reroute_child_add(HW_OFFLOAD_AUTO);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 5);
	/* one answer is lost, or that to the repeated question, too */
	for (i = 0; i <= _i; i++)
	{
		fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSA, 2 + i,
						   FAKE_FAULT_OVERRUN, 0, NULL);
	}
	if (_i)
	{	/* the first one deletes what is moved */
		stop_before(XFRM_MSG_DELSA, 2);
	}
	reroute_to(OTHER);
	if (_i)
	{
		fake_kernel_await_blocked(kernel);
		send_five();
		fake_kernel_unblock(kernel);
	}
	ck_assert(service_wait_line("followed its packets"));
	ck_assert(reroute_wait_pair(_i ? "none" : "crypto4"));
	ck_assert_uint_eq(reroute_oseq(), _i ? 10 : 5);
	ck_assert_int_eq(calls.expires, 0);
	assert_no_key();
	service_child_clear();
}
END_TEST

/**
 * Move the outbound SA to another address of the peer.
 */
static void *move_out(void *data)
{
	return (void*)(uintptr_t)ipsec->update_sa(ipsec, &sa_out.id, data);
}

START_TEST(test_mobike)
{
	kernel_ipsec_update_sa_t update;
	thread_t *mover;

	service_child_init(HW_OFFLOAD_CRYPTO);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 5);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EOPNOTSUPP);
	stop_before(XFRM_MSG_GETSA, 2);
	update = (kernel_ipsec_update_sa_t){
		.new_src = sa_out.id.src,
		.new_dst = host_create_from_string("192.168.50.3", 0),
		.new_reqid = 1,
	};
	mover = thread_create(move_out, &update);
	fake_kernel_await_blocked(kernel);
	send_five();
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_CRYPTO);
	fake_kernel_unblock(kernel);
	ck_assert_ptr_eq(mover->join(mover), (void*)NOT_SUPPORTED);
	ck_assert_str_eq(sa_mode(SPI_OUT), "crypto");
	ck_assert_uint_eq(reroute_oseq(), 10);
	assert_no_key();
	update.new_dst->destroy(update.new_dst);
	service_child_clear();
}
END_TEST

/**
 * Install an SA.
 */
static void *install(void *data)
{
	return (void*)(uintptr_t)sa_add(data);
}

START_TEST(test_new)
{
	thread_t *installer;

	/* its policy is there already, e.g. as a trap */
	service_child_init(HW_OFFLOAD_AUTO);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_CRYPTO);
	stop_before(XFRM_MSG_NEWSA, 2);
	installer = thread_create(install, &sa_out);
	fake_kernel_await_blocked(kernel);
	/* crypto mode after packet mode was refused, but it was another NIC */
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_CRYPTO, NULL);
	fake_kernel_silent_route(kernel, NET, OTHER);
	fake_kernel_remove_device(kernel, NIC);
	stop_before(XFRM_MSG_GETSA, 1);
	fake_kernel_unblock(kernel);
	fake_kernel_await_blocked(kernel);
	send_five();
	fake_kernel_unblock(kernel);
	ck_assert_ptr_eq(installer->join(installer), (void*)SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT), "none");
	ck_assert_uint_eq(reroute_oseq(), 5);
	assert_no_key();
	service_child_clear();
}
END_TEST

START_TEST(test_late_counters)
{
	test_sp_t in, out;

	service_child_init(HW_OFFLOAD_AUTO);
	service_child_add();
	/* the NIC sends, but its counters are late: the kernel reports no packets,
	 * and as it does not count itself, sequence number 0 */
	sp_init(&in, POLICY_IN, LOCAL, "192.168.50.4/32", SPI_IN, 1,
			HW_OFFLOAD_AUTO);
	sp_init(&out, POLICY_OUT, LOCAL, "192.168.50.4/32", SPI_OUT, 1,
			HW_OFFLOAD_AUTO);
	service_refuse(XFRM_MSG_NEWPOLICY, 1, ENOSPC);
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(sp_add(&in), SUCCESS);
	ck_assert_int_eq(sp_add(&out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					 0);
	ck_assert_str_eq(sa_mode(SPI_IN), "packet");
	ck_assert_str_eq(sa_mode(SPI_OUT), "packet");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	ck_assert(calls_wait(&calls.expires, 1));
	sp_clear(&in);
	sp_clear(&out);
	service_child_clear();
}
END_TEST

START_TEST(test_refused_again)
{
	test_sa_t in, out;
	test_sp_t new_in, new_out;

	/* two CHILD_SAs with one reqid: the policy of the second one is refused,
	 * and that of the first one when it is to come back */
	service_child_init(HW_OFFLOAD_AUTO);
	service_child_add();
	sa_init(&in, SPI_IN + 16, TRUE, HW_OFFLOAD_AUTO);
	sa_init(&out, SPI_OUT + 16, FALSE, HW_OFFLOAD_AUTO);
	sp_init(&new_in, POLICY_IN, LOCAL, REMOTE, SPI_IN + 16, 1,
			HW_OFFLOAD_AUTO);
	sp_init(&new_out, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 16, 1,
			HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_int_eq(sp_add(&new_in), SUCCESS);
	service_refuse(XFRM_MSG_UPDPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_add(&new_out), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, out.id.spi);
	service_refuse(XFRM_MSG_NEWPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_del(&new_out), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	sa_clear(&in);
	sa_clear(&out);
	sp_clear(&new_in);
	sp_clear(&new_out);
	service_child_clear();
}
END_TEST

START_TEST(test_limits)
{
	const lifetime_cfg_t lifetime = {
		.bytes = { .rekey = 1000000, .life = 2000000 },
	};
	test_sa_t in, out;
	fake_sa_t sa;
	int i;

	fake_kernel_refuse_bytes(kernel, NIC, TRUE);
	service_child_init(HW_OFFLOAD_AUTO);
	sa_in.lifetime = sa_out.lifetime = lifetime;
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	/* the NIC takes neither limits in bytes nor policies */
	service_refuse(XFRM_MSG_NEWPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	sa_init(&in, SPI_IN + 16, TRUE, HW_OFFLOAD_AUTO);
	sa_init(&out, SPI_OUT + 16, FALSE, HW_OFFLOAD_AUTO);
	in.lifetime = out.lifetime = lifetime;
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	/* those that left packet mode have them in the kernel, which counts now */
	for (i = 0; i < 2; i++)
	{
		ck_assert(fake_kernel_get_sa(kernel, i ? in.id.spi : out.id.spi, &sa));
		ck_assert(!(sa.offload.flags & XFRM_OFFLOAD_PACKET));
		ck_assert_uint_eq(sa.info.lft.soft_byte_limit, 1000000);
		ck_assert_uint_eq(sa.info.lft.hard_byte_limit, 2000000);
	}
	ck_assert_int_eq(sa_del(&in), SUCCESS);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	/* and those that did not are watched still */
	fake_kernel_use_sa(kernel, sa_out.id.spi, 1500000, 1500, time(NULL));
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	sa_clear(&in);
	sa_clear(&out);
	service_child_clear();
}
END_TEST

/**
 * What was requested has sent a packet, and is gone before it is asked for.
 */
static void lose_new(void)
{
	if (fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA) == 1)
	{
		fake_kernel_send(kernel);
		fake_kernel_drop_sa(kernel, sa_out.id.spi);
	}
}

START_TEST(test_lost_and_gone)
{
	const hw_offload_t modes[] = {
		HW_OFFLOAD_NO, HW_OFFLOAD_CRYPTO, HW_OFFLOAD_PACKET,
	};
	test_sp_t trap;

	/* with a trap, it is used from the moment it is there */
	service_child_init(modes[_i]);
	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, modes[_i]);
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	fake_kernel_add_flow(kernel, "192.168.50.1", 1000, "192.168.50.2", 2000,
						 IPPROTO_UDP);
	fake_kernel_traffic(kernel, TRUE);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	fake_kernel_hook(kernel, lose_new);
	ck_assert_int_eq(sa_add(&sa_out), FAILED);
	fake_kernel_hook(kernel, NULL);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA),
					 1);
	fake_kernel_send(kernel);
	ck_assert_msg(!fake_kernel_violation(kernel), "%s",
				  fake_kernel_violation(kernel));
	ck_assert_str_eq(sa_mode(SPI_OUT), "missing");
	assert_no_key();
	sp_clear(&trap);
	service_child_clear();
}
END_TEST

START_TEST(test_lost_thrice)
{
	test_sa_t *sa = _i ? &sa_in : &sa_out;
	kernel_ipsec_update_sa_t update = {
		.new_reqid = 1,
		.inbound = _i,
	};
	int i;

	service_child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(sa), SUCCESS);
	update.new_src = _i ? host_create_from_string("192.168.50.3", 0)
						: sa->id.src->clone(sa->id.src);
	update.new_dst = host_create_from_string(_i ? "192.168.50.9"
												: "192.168.50.3", 0);
	/* the answer is lost, and those to the questions what became of it, too: an
	 * outbound one may have been used */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	for (i = 2; i <= 3; i++)
	{
		fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSA, i,
						   FAKE_FAULT_LOST, 0, NULL);
	}
	ck_assert_int_eq(ipsec->update_sa(ipsec, &sa->id, &update),
					 _i ? SUCCESS : NOT_SUPPORTED);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), _i);
	update.new_src->destroy(update.new_src);
	update.new_dst->destroy(update.new_dst);
	service_child_clear();
}
END_TEST

START_TEST(test_never_known)
{
	kernel_ipsec_update_sa_t update = {
		.new_reqid = 1,
		.inbound = TRUE,
	};
	int i;

	service_child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	update.new_src = host_create_from_string("192.168.50.3", 0);
	update.new_dst = host_create_from_string("192.168.50.9", 0);
	/* it is there, but whatever is asked about it */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	for (i = 2; i <= 5; i++)
	{
		fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSA, i,
						   FAKE_FAULT_LOST, 0, NULL);
	}
	ck_assert_int_eq(ipsec->update_sa(ipsec, &sa_in.id, &update),
					 NOT_SUPPORTED);
	/* it is back where it was, and nowhere else */
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	assert_no_key();
	update.new_src->destroy(update.new_src);
	update.new_dst->destroy(update.new_dst);
	service_child_clear();
}
END_TEST

TCase *keys_tcase(void)
{
	TCase *tcase = tcase_create("keys");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_silent_software);
	tcase_add_test(tcase, test_gone);
	tcase_add_test(tcase, test_wrong_device);
	tcase_add_test(tcase, test_lost_notification);
	tcase_add_loop_test(tcase, test_lost_read_back, 0, 2);
	tcase_add_test(tcase, test_mobike);
	tcase_add_test(tcase, test_new);
	tcase_add_test(tcase, test_late_counters);
	tcase_add_test(tcase, test_refused_again);
	tcase_add_test(tcase, test_limits);
	tcase_add_loop_test(tcase, test_lost_and_gone, 0, 3);
	tcase_add_loop_test(tcase, test_lost_thrice, 0, 2);
	tcase_add_test(tcase, test_never_known);
	return tcase;
}
