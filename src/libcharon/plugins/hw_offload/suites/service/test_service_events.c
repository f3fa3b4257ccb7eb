/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what the kernel announces: charon hears of it, once.
 */

#include "service_suites.h"
#include "../backend/facade_suites.h"
#include "../fake/fake_private.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>

#define SPI 0xc0000077

START_TEST(test_acquire)
{
	uint32_t seq;

	seq = fake_kernel_acquire(kernel, "192.168.50.1", 4000, "192.168.50.2",
							  4789, IPPROTO_UDP, 17);
	ck_assert(calls_wait(&calls.acquires, 1));
	ck_assert_uint_eq(calls.acquire_reqid, 17);
	ck_assert_uint_eq(calls.acquire_seq, HWO_HAVE_ACQUIRE_SEQ ? seq : 0);
	ck_assert_str_eq(calls.acquire_src, "192.168.50.1/32[udp/4000]");
	ck_assert_str_eq(calls.acquire_dst, "192.168.50.2/32[udp/4789]");

	fake_kernel_acquire(kernel, "fec5::1", 0, "fec5::2", 0, IPPROTO_TCP, 18);
	ck_assert(calls_wait(&calls.acquires, 2));
	ck_assert_uint_eq(calls.acquire_reqid, 18);
	ck_assert_msg(strpfx(calls.acquire_src, "fec5::1/128[tcp"), "%s",
				  calls.acquire_src);
	ck_assert_int_eq(calls.acquires, 2);
}
END_TEST

START_TEST(test_acquire_answered)
{
	test_sa_t sa;
	uint32_t seq;
	bool known;

	/* the new SA takes the place of the one that stands for the acquire */
	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_AUTO);
	seq = fake_kernel_acquire(kernel, "192.168.50.1", 4000, "192.168.50.2",
							  4789, IPPROTO_UDP, 1);
	known = set_sa_seq(&sa.data, seq) == seq;
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	/* a charon that knows no sequence numbers leaves the other to time out */
	ck_assert_int_eq(fake_kernel_count_sas(kernel), known ? 1 : 2);
	ck_assert_str_eq(sa_mode(SPI), "packet");
	sa_clear(&sa);
}
END_TEST

START_TEST(test_expire)
{
	test_sa_t sa;

	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_expire(kernel, sa.id.spi, FALSE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(SPI));
	ck_assert_int_eq(calls.expire_proto, IPPROTO_ESP);
	ck_assert_str_eq(calls.expire_dst, "192.168.50.2");
	ck_assert(!calls.expire_hard);

	ck_assert(fake_kernel_expire(kernel, sa.id.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert(calls.expire_hard);
	/* charon removes what is gone already */
	/* nothing to complain about */
	service_forget_lines();
	ck_assert_int_eq(sa_del(&sa), NOT_FOUND);
	ck_assert_int_eq(line_count(), 0);
	sa_clear(&sa);
}
END_TEST

/**
 * Announce that a larval SA with the SPI of another one has expired.
 */
static void announce_larval(uint32_t spi)
{
	struct {
		struct nlmsghdr hdr;
		struct xfrm_user_expire expire;
	} msg = {
		.hdr = {
			.nlmsg_len = sizeof(msg),
			.nlmsg_type = XFRM_MSG_EXPIRE,
		},
		.expire = {
			.state = {
				.id = {
					.spi = spi,
					.proto = IPPROTO_ESP,
					.daddr.a4 = inet_addr("192.168.50.2"),
				},
				.family = AF_INET,
			},
			.hard = TRUE,
		},
	};

	fake_kernel_announce(kernel, NETLINK_XFRM, XFRMNLGRP_EXPIRE,
						 chunk_from_thing(msg));
}

START_TEST(test_larval_expires)
{
	test_sa_t sa;

	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_CRYPTO);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	announce_larval(sa.id.spi);
	ck_assert(fake_kernel_expire(kernel, sa.id.spi, FALSE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	/* if it was that of the SA, charon learns of it */
	ck_assert(fake_kernel_expire(kernel, sa.id.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert(calls.expire_hard);
	ck_assert_int_eq(sa_del(&sa), NOT_FOUND);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_mapping)
{
	test_sa_t sa;

	sa_init(&sa, SPI, TRUE, HW_OFFLOAD_NO);
	sa.data.encap = TRUE;
	sa.id.src->set_port(sa.id.src, 4500);
	sa.id.dst->set_port(sa.id.dst, 4500);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_mapping(kernel, sa.id.spi, "198.51.100.9", 61000));
	ck_assert(calls_wait(&calls.mappings, 1));
	ck_assert_uint_eq(calls.mapping_spi, htonl(SPI));
	ck_assert_str_eq(calls.mapping_dst, "192.168.50.1");
	ck_assert_str_eq(calls.mapping_remote, "198.51.100.9[61000]");
	ck_assert_int_eq(sa_del(&sa), SUCCESS);

	/* SAs per CPU are for any port, every packet would change it */
	sa.id.src->set_port(sa.id.src, 0);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_mapping(kernel, sa.id.spi, "198.51.100.9", 61000));
	ck_assert(fake_kernel_expire(kernel, sa.id.spi, FALSE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(calls.mappings, 1);
	sa_clear(&sa);
}
END_TEST

/**
 * Announce that a policy and its SAs are to move, with or without the addresses
 * of the daemons.
 */
static void announce_migrate(bool daemons)
{
	struct xfrm_userpolicy_id policy = {
		.sel = {
			.family = AF_INET,
			.saddr.a4 = inet_addr("10.1.0.0"),
			.prefixlen_s = 16,
			.daddr.a4 = inet_addr("10.2.0.0"),
			.prefixlen_d = 16,
		},
		.dir = XFRM_POLICY_OUT,
	};
	struct xfrm_user_migrate migrate = {
		.reqid = 5,
		.old_family = AF_INET,
		.new_family = AF_INET,
	};
	struct xfrm_user_kmaddress addresses = {
		.local.a4 = inet_addr("192.168.50.1"),
		.remote.a4 = inet_addr("192.168.51.2"),
		.family = AF_INET,
	};
	chunk_t msg;

	msg = fake_msg_begin(XFRM_MSG_MIGRATE, 0, 0, &policy, sizeof(policy));
	if (daemons)
	{
		fake_msg_attr(&msg, XFRMA_KMADDRESS, &addresses, sizeof(addresses));
	}
	fake_msg_attr(&msg, XFRMA_MIGRATE, &migrate, sizeof(migrate));
	fake_kernel_announce(kernel, NETLINK_XFRM, XFRMNLGRP_MIGRATE, msg);
	chunk_free(&msg);
}

START_TEST(test_migrate)
{
	/* nobody knows which IKE_SA that is for */
	announce_migrate(FALSE);
	announce_migrate(TRUE);
	ck_assert(calls_wait(&calls.migrates, 1));
	ck_assert_int_eq(calls.migrates, 1);
	ck_assert_str_eq(calls.migrate, "5 out 10.1.0.0/16 10.2.0.0/16 "
					 "192.168.50.1 192.168.51.2");
}
END_TEST

START_TEST(test_foreign)
{
	struct nlmsghdr hdr = {
		.nlmsg_len = sizeof(hdr),
		.nlmsg_type = _i,
	};

	/* truncated messages of all types, and types that do not exist */
	fake_kernel_announce(kernel, NETLINK_XFRM, XFRMNLGRP_EXPIRE,
						 chunk_from_thing(hdr));
	fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.2", 2,
						IPPROTO_UDP, 1);
	ck_assert(calls_wait(&calls.acquires, 1));
	ck_assert_int_eq(calls.acquires, 1);
	ck_assert_int_eq(calls.expires, 0);
	ck_assert_int_eq(calls.mappings, 0);
	ck_assert_int_le(line_count(), 1);
}
END_TEST

START_TEST(test_overrun)
{
	test_sa_t sa;

	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	fake_kernel_overrun(kernel, NETLINK_XFRM);
	ck_assert(fake_kernel_expire(kernel, sa.id.spi, FALSE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(service_lines_with("lost"), 1);
	sa_clear(&sa);
}
END_TEST

TCase *event_tcase(void)
{
	TCase *tcase = tcase_create("events");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_acquire);
	tcase_add_test(tcase, test_acquire_answered);
	tcase_add_test(tcase, test_expire);
	tcase_add_test(tcase, test_larval_expires);
	tcase_add_test(tcase, test_mapping);
	tcase_add_test(tcase, test_migrate);
	tcase_add_loop_test(tcase, test_foreign, 0, 64);
	tcase_add_test(tcase, test_overrun);
	return tcase;
}
