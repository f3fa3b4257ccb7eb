/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of messages about the SAD as a whole.
 */

#include "wire_suites.h"

#include <netinet/in.h>
#include <linux/xfrm.h>

#include "../../wire/xfrm_sad.h"

static bool decode_info(const struct nlmsghdr *hdr)
{
	hwo_sad_info_t info;

	return hwo_xfrm_decode_sad_info(hdr, &info);
}

static bool decode_event(const struct nlmsghdr *hdr)
{
	hwo_sad_event_t event;
	hwo_sad_sa_t sa;

	return hwo_xfrm_decode_sad_event(hdr, &event, &sa);
}

/**
 * Answer of the kernel: flags, and what is appended.
 */
static struct nlmsghdr *make_info(uint32_t count, uint32_t buckets)
{
	struct xfrmu_sadhinfo hinfo = {
		.sadhcnt = buckets,
		.sadhmcnt = 1048576,
	};
	struct nlmsghdr *hdr;

	hdr = calloc(1, 20);
	hdr->nlmsg_len = 20;
	hdr->nlmsg_type = XFRM_MSG_NEWSADINFO;
	hdr = wire_append(hdr, XFRMA_SAD_CNT, &count, sizeof(count));
	return wire_append(hdr, XFRMA_SAD_HINFO, &hinfo, sizeof(hinfo));
}

START_TEST(test_info)
{
	static const uint32_t buckets[] = { 1024, 1023 };
	struct nlmsghdr *hdr;
	hwo_sad_info_t info;
	hwo_msg_t msg;
	int i;

	for (i = 0; i < countof(buckets); i++)
	{
		hdr = make_info(1000, buckets[i]);
		ck_assert(hwo_xfrm_decode_sad_info(hdr, &info));
		ck_assert_uint_eq(info.count, 1000);
		ck_assert_uint_eq(info.buckets, 1024);
		wire_abuse(hdr, 4, XFRMA_SAD_HINFO, decode_info);
	}
	hdr = make_info(1, 8);
	hdr->nlmsg_type = XFRM_MSG_GETSADINFO;
	ck_assert(!hwo_xfrm_decode_sad_info(hdr, &info));
	free(hdr);

	ck_assert(hwo_xfrm_encode_get_sad_info(&msg));
	ck_assert_int_eq(msg.hdr.nlmsg_type, 0x23);
	ck_assert_uint_eq(msg.hdr.nlmsg_len, 20);
}
END_TEST

/**
 * Decode an event, and check the SA.
 */
static hwo_sad_sa_t check_event(struct nlmsghdr *hdr, hwo_sad_event_t expected,
								const char *src, const char *dst,
								uint32_t reqid)
{
	const hwo_addr_t from = wire_addr(src), to = wire_addr(dst);
	hwo_sad_event_t event;
	hwo_sad_sa_t sa;

	ck_assert(hwo_xfrm_decode_sad_event(hdr, &event, &sa));
	free(hdr);
	ck_assert_int_eq(event, expected);
	ck_assert_mem_eq(&sa.id.src, &from, sizeof(from));
	ck_assert_mem_eq(&sa.id.dst, &to, sizeof(to));
	ck_assert_int_eq(sa.id.proto, IPPROTO_ESP);
	ck_assert_uint_eq(sa.reqid, reqid);
	return sa;
}

START_TEST(test_acquire)
{
	const struct xfrm_user_offload offload = { .ifindex = 7, .flags = 4 };
	struct xfrm_user_tmpl tmpls[2] = {
		{ .id.proto = IPPROTO_ESP, .reqid = 21, .family = AF_INET },
		{ .id.proto = IPPROTO_AH, .reqid = 22, .family = AF_INET },
	};
	struct nlmsghdr *hdr;
	hwo_sad_sa_t sa;

	sa = check_event(wire_golden_event(XFRM_MSG_ACQUIRE, 0), HWO_SAD_ADDED,
					 "192.168.50.1", "192.168.50.2", 12);
	ck_assert(sa.larval);
	ck_assert(!sa.packet);
	ck_assert_uint_eq(sa.id.spi, 0);
	check_event(wire_golden_event(XFRM_MSG_ACQUIRE, 1), HWO_SAD_ADDED,
				"fec5::1", "fec5::2", 13);
	/* of a policy in packet mode, and of one with two templates */
	hdr = wire_append(wire_golden_event(XFRM_MSG_ACQUIRE, 0),
					  XFRMA_OFFLOAD_DEV, &offload, sizeof(offload));
	hdr = wire_append(hdr, XFRMA_TMPL, tmpls, sizeof(tmpls));
	sa = check_event(hdr, HWO_SAD_ADDED, "192.168.50.1", "192.168.50.2", 21);
	ck_assert(sa.packet);
	wire_abuse(wire_golden_event(XFRM_MSG_ACQUIRE, 0),
			   sizeof(struct xfrm_user_acquire), XFRMA_TMPL, decode_event);
}
END_TEST

START_TEST(test_expire)
{
	/* the first one is a soft limit, the SA stays */
	struct nlmsghdr *hdr = wire_golden_event(XFRM_MSG_EXPIRE, 0);

	ck_assert(!decode_event(hdr));
	free(hdr);
	check_event(wire_golden_event(XFRM_MSG_EXPIRE, 1), HWO_SAD_REMOVED,
				"192.168.50.1", "192.168.50.2", 12);
	wire_abuse(wire_golden_event(XFRM_MSG_EXPIRE, 1),
			   sizeof(struct xfrm_user_expire), 0, decode_event);
}
END_TEST

START_TEST(test_sas)
{
	static const uint16_t changes[] = {
		XFRM_MSG_FLUSHSA, XFRM_MSG_MIGRATE, 0x29,
	};
	const struct xfrm_user_offload offload = { .ifindex = 7, .flags = 5 };
	struct nlmsghdr *hdr = wire_golden("getsa_1");
	hwo_sad_event_t event;
	hwo_sad_sa_t sa;
	int i;

	hdr = wire_append(hdr, XFRMA_OFFLOAD_DEV, &offload, sizeof(offload));
	ck_assert(hwo_xfrm_decode_sad_event(hdr, &event, &sa));
	ck_assert_int_eq(event, HWO_SAD_ADDED);
	ck_assert(sa.packet);
	ck_assert(!sa.larval);
	ck_assert_uint_ne(sa.id.spi, 0);
	hdr->nlmsg_type = XFRM_MSG_NEWPOLICY;
	ck_assert(!decode_event(hdr));
	for (i = 0; i < countof(changes); i++)
	{
		hdr->nlmsg_type = changes[i];
		ck_assert(hwo_xfrm_decode_sad_event(hdr, &event, &sa));
		ck_assert_int_eq(event, HWO_SAD_CHANGED);
	}
	free(hdr);
	hdr = wire_golden_event(XFRM_MSG_UPDSA, 0);
	ck_assert(hwo_xfrm_decode_sad_event(hdr, &event, &sa));
	ck_assert_int_eq(event, HWO_SAD_UPDATED);
	free(hdr);
	hdr = wire_golden_event(XFRM_MSG_DELSA, 0);
	ck_assert(hwo_xfrm_decode_sad_event(hdr, &event, &sa));
	ck_assert_int_eq(event, HWO_SAD_REMOVED);
	wire_abuse(hdr, sizeof(struct xfrm_usersa_id), XFRMA_SA, decode_event);
}
END_TEST

TCase *sad_tcase(void)
{
	TCase *tcase = tcase_create("sad");

	tcase_add_test(tcase, test_info);
	tcase_add_test(tcase, test_acquire);
	tcase_add_test(tcase, test_expire);
	tcase_add_test(tcase, test_sas);
	return tcase;
}
