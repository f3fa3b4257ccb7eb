/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is read of the kernel's messages about SAs.
 */

#include "wire_suites.h"

#include <netinet/in.h>
#include <linux/xfrm.h>

#include "../../wire/xfrm_sa.h"

#define HDR_LEN sizeof(struct xfrm_usersa_info)
#define ID_LEN sizeof(struct xfrm_usersa_id)

static bool decode(const struct nlmsghdr *hdr)
{
	hwo_sa_state_t state;

	return hwo_xfrm_decode_sa(hdr, &state);
}

/**
 * Check addresses, SPI and protocol.
 */
static void check_id(const hwo_sa_id_t *id, const char *src, const char *dst,
					 uint32_t spi)
{
	const hwo_addr_t from = wire_addr(src), to = wire_addr(dst);

	ck_assert_mem_eq(&id->src, &from, sizeof(from));
	ck_assert_mem_eq(&id->dst, &to, sizeof(to));
	ck_assert_uint_eq(ntohl(id->spi), spi);
	ck_assert_int_eq(id->proto, IPPROTO_ESP);
}

/**
 * Check the SA that was recorded with a mark.
 */
static void check_marked(const struct nlmsghdr *hdr)
{
	hwo_sa_state_t state;

	ck_assert(hwo_xfrm_decode_sa(hdr, &state));
	check_id(&state.id, "192.168.50.2", "192.168.50.1", 0xc2000002);
	ck_assert_uint_eq(state.id.mark.value, 0x2a);
	ck_assert_uint_eq(state.id.mark.mask, 0xff00ff);
	ck_assert_uint_eq(state.id.if_id, 0x1234);
	ck_assert_uint_eq(state.reqid, 3);
	ck_assert(!state.esn);
	ck_assert(!state.larval);
	ck_assert_uint_eq(state.limits.soft_bytes, 0);
	ck_assert_uint_eq(state.limits.hard_bytes, 0);
	ck_assert_uint_eq(state.limits.soft_packets, 100);
	ck_assert_uint_eq(state.limits.hard_packets, 200);
	ck_assert_uint_eq(state.limits.soft_time, 3000);
	ck_assert_uint_eq(state.limits.hard_time, 0);
	ck_assert_uint_gt(state.usage.add_time, 1700000000);
	ck_assert_uint_eq(state.usage.use_time, 0);
	ck_assert_int_eq(state.offload.mode, HWO_MODE_NONE);
	ck_assert_uint_eq(state.last_used, 0);
}

/**
 * Check the SA that was recorded with ESN.
 */
static void check_esn(const struct nlmsghdr *hdr)
{
	hwo_sa_state_t state;

	ck_assert(hwo_xfrm_decode_sa(hdr, &state));
	check_id(&state.id, "fec5::1", "fec5::2", 0xc3000003);
	ck_assert_uint_eq(state.id.mark.value, 0);
	ck_assert_uint_eq(state.id.if_id, 0);
	ck_assert_uint_eq(state.reqid, 4);
	ck_assert(state.esn);
	ck_assert(!state.larval);
	ck_assert_uint_eq(state.replay.oseq, 9);
	ck_assert_uint_eq(state.replay.oseq_hi, 2);
	ck_assert_uint_eq(state.replay.seq, 0);
	ck_assert_uint_eq(state.replay.seq_hi, 0);
}

START_TEST(test_reply)
{
	struct nlmsghdr *hdr;

	hdr = wire_golden("getsa_1");
	check_marked(hdr);
	wire_abuse(hdr, HDR_LEN, 0, decode);
	hdr = wire_golden("getsa6_1");
	check_esn(hdr);
	wire_abuse(hdr, HDR_LEN, 0, decode);
}
END_TEST

START_TEST(test_dump)
{
	struct nlmsghdr *hdr;
	hwo_sa_state_t state;

	hdr = wire_golden("dumpsa_1");
	check_esn(hdr);
	free(hdr);
	hdr = wire_golden("dumpsa_2");
	check_marked(hdr);
	free(hdr);
	hdr = wire_golden("dumpsa_3");
	ck_assert_int_eq(hdr->nlmsg_type, NLMSG_DONE);
	ck_assert(!hwo_xfrm_decode_sa(hdr, &state));
	free(hdr);
}
END_TEST

/**
 * Check the SA that was updated and deleted while a monitor listened.
 */
static void check_monitored(const struct nlmsghdr *hdr)
{
	hwo_sa_state_t state;

	ck_assert(hwo_xfrm_decode_sa(hdr, &state));
	check_id(&state.id, "192.168.50.2", "192.168.50.1", 0xc2000002);
	ck_assert_uint_eq(state.id.mark.value, 0x2a);
	ck_assert_uint_eq(state.id.mark.mask, 0xff00ff);
	ck_assert_uint_eq(state.id.if_id, 0x1234);
	ck_assert_uint_eq(state.reqid, 11);
	ck_assert(state.esn);
	ck_assert(!state.larval);
	ck_assert_uint_eq(state.limits.soft_bytes, 1000);
	ck_assert_uint_eq(state.limits.hard_bytes, 2000);
	ck_assert_uint_eq(state.limits.hard_time, 3600);
	ck_assert_uint_eq(state.replay.seq, 7);
	ck_assert_uint_eq(state.replay.seq_hi, 1);
	ck_assert(!state.replay.bitmap);
}

START_TEST(test_notification)
{
	struct nlmsghdr *hdr;

	hdr = wire_golden_event(XFRM_MSG_UPDSA, 0);
	check_monitored(hdr);
	wire_abuse(hdr, HDR_LEN, 0, decode);
	hdr = wire_golden_event(XFRM_MSG_DELSA, 0);
	check_monitored(hdr);
	wire_abuse(hdr, ID_LEN, XFRMA_SA, decode);
}
END_TEST

START_TEST(test_deleted_without_sa)
{
	struct nlmsghdr *hdr;

	hdr = wire_resize(wire_golden_event(XFRM_MSG_DELSA, 0), ID_LEN, XFRMA_SA,
					  HDR_LEN - 1);
	ck_assert(!decode(hdr));
	free(hdr);
	hdr = wire_resize(wire_golden_event(XFRM_MSG_DELSA, 0), ID_LEN, XFRMA_SA,
					  HDR_LEN + 4);
	ck_assert(!decode(hdr));
	free(hdr);
}
END_TEST

/**
 * Check the effective offload of a recorded SA.
 */
static void check_offload(const char *name, hwo_mode_t mode)
{
	struct nlmsghdr *hdr = wire_golden(name);
	const uint8_t *data;
	hwo_sa_state_t state;
	size_t len;

	data = wire_attr(hdr, HDR_LEN, XFRMA_OFFLOAD_DEV, &len);
	ck_assert(data && len == 8 && data[0]);
	ck_assert(hwo_xfrm_decode_sa(hdr, &state));
	ck_assert_int_eq(state.offload.mode, mode);
	ck_assert_uint_eq(state.offload.ifindex, data[0]);
	wire_abuse(hdr, HDR_LEN, 0, decode);
}

START_TEST(test_offload_recorded)
{
	check_offload("offload_crypto_1", HWO_MODE_CRYPTO);
	check_offload("offload_packet_1", HWO_MODE_PACKET);
}
END_TEST

START_TEST(test_offload)
{
	/* ifindex, flags */
	uint32_t offload[] = { 7, 0 };
	struct nlmsghdr *hdr;
	hwo_sa_state_t state;

	static const struct {
		uint32_t flags;
		hwo_mode_t mode;
	} cases[] = {
		{ 0, HWO_MODE_CRYPTO },
		{ XFRM_OFFLOAD_INBOUND, HWO_MODE_CRYPTO },
		{ 4, HWO_MODE_PACKET },
		{ 4 | XFRM_OFFLOAD_INBOUND, HWO_MODE_PACKET },
	};
	int i;

	for (i = 0; i < countof(cases); i++)
	{
		offload[1] = cases[i].flags;
		hdr = wire_append(wire_golden("getsa_1"), XFRMA_OFFLOAD_DEV, offload,
						  sizeof(offload));
		ck_assert(hwo_xfrm_decode_sa(hdr, &state));
		ck_assert_int_eq(state.offload.mode, cases[i].mode);
		ck_assert_uint_eq(state.offload.ifindex, 7);
		wire_abuse(hdr, HDR_LEN, 0, decode);
	}
}
END_TEST

START_TEST(test_larval)
{
	static const uint16_t algorithms[] = {
		XFRMA_ALG_AEAD, XFRMA_ALG_CRYPT, XFRMA_ALG_AUTH, XFRMA_ALG_AUTH_TRUNC,
		XFRMA_ALG_COMP,
	};
	const struct xfrm_algo alg = {
		.alg_name = "name",
	};
	struct nlmsghdr *hdr;
	hwo_sa_state_t state;
	int i;

	for (i = 0; i < countof(algorithms); i++)
	{
		hdr = wire_golden("getsa_1");
		hdr->nlmsg_len = NLMSG_LENGTH(HDR_LEN);
		ck_assert(hwo_xfrm_decode_sa(hdr, &state));
		ck_assert(state.larval);
		/* not what tells */
		ck_assert_uint_eq(state.reqid, 3);
		hdr = wire_append(hdr, algorithms[i], &alg, sizeof(alg));
		ck_assert(hwo_xfrm_decode_sa(hdr, &state));
		ck_assert(!state.larval);
		wire_abuse(hdr, HDR_LEN, 0, decode);
	}
}
END_TEST

START_TEST(test_counters)
{
	const struct xfrm_lifetime_cur usage = {
		.bytes = 0x100000001ULL,
		.packets = 0x200000002ULL,
		.add_time = 1700000001,
		.use_time = 1700000002,
	};
	const uint64_t last_used = 1700000003;
	struct nlmsghdr *hdr;
	hwo_sa_state_t state;
	uint8_t *info;

	hdr = wire_append(wire_golden("getsa_1"), XFRMA_LASTUSED, &last_used,
					  sizeof(last_used));
	info = (uint8_t*)(hdr + 1);
	memcpy(info + offsetof(struct xfrm_usersa_info, curlft), &usage,
		   sizeof(usage));
	info[offsetof(struct xfrm_usersa_info, stats.replay)] = 3;
	info[offsetof(struct xfrm_usersa_info, stats.integrity_failed)] = 4;
	ck_assert(hwo_xfrm_decode_sa(hdr, &state));
	ck_assert_uint_eq(state.usage.bytes, usage.bytes);
	ck_assert_uint_eq(state.usage.packets, usage.packets);
	ck_assert_uint_eq(state.usage.add_time, usage.add_time);
	ck_assert_uint_eq(state.usage.use_time, usage.use_time);
	ck_assert_uint_eq(state.last_used, last_used);
	ck_assert_uint_eq(state.replay_drops, 3);
	ck_assert_uint_eq(state.integrity_drops, 4);
	wire_abuse(hdr, HDR_LEN, 0, decode);
}
END_TEST

START_TEST(test_replay)
{
	/* oseq, seq, bitmap */
	const uint32_t small[] = { 5, 6, 0xff };
	/* bmp_len, oseq, seq, oseq_hi, seq_hi, replay_window, bmp */
	uint32_t large[] = { 2, 11, 12, 13, 14, 64, 0, 0 };
	struct nlmsghdr *hdr;
	hwo_sa_state_t state;

	/* an attribute that comes twice: the last one counts */
	hdr = wire_append(wire_golden("getsa_1"), XFRMA_REPLAY_VAL, small,
					  sizeof(small));
	ck_assert(hwo_xfrm_decode_sa(hdr, &state));
	ck_assert_uint_eq(state.replay.oseq, 5);
	ck_assert_uint_eq(state.replay.seq, 6);
	ck_assert_uint_eq(state.replay.seq_hi, 0);

	hdr = wire_append(hdr, XFRMA_REPLAY_ESN_VAL, large, sizeof(large));
	ck_assert(hwo_xfrm_decode_sa(hdr, &state));
	ck_assert_uint_eq(state.replay.oseq, 11);
	ck_assert_uint_eq(state.replay.seq, 12);
	ck_assert_uint_eq(state.replay.oseq_hi, 13);
	ck_assert_uint_eq(state.replay.seq_hi, 14);
	free(hdr);

	/* bitmaps that are longer than the attribute */
	large[0] = 3;
	hdr = wire_append(wire_golden("getsa_1"), XFRMA_REPLAY_ESN_VAL, large,
					  sizeof(large));
	ck_assert(!decode(hdr));
	free(hdr);
	large[0] = 0x40000001;
	hdr = wire_append(wire_golden("getsa_1"), XFRMA_REPLAY_ESN_VAL, large,
					  sizeof(large));
	ck_assert(!decode(hdr));
	free(hdr);
}
END_TEST

START_TEST(test_sizes)
{
	static const struct {
		uint16_t type;
		size_t size;
	} exact[] = {
		{ XFRMA_MARK, 8 },
		{ XFRMA_IF_ID, 4 },
		{ XFRMA_REPLAY_VAL, 12 },
	};
	struct nlmsghdr *hdr;
	int i, add;

	for (i = 0; i < countof(exact); i++)
	{
		for (add = -1; add <= 1; add++)
		{
			hdr = wire_resize(wire_golden("getsa_1"), HDR_LEN, exact[i].type,
							  exact[i].size + add);
			ck_assert_msg(decode(hdr) == (add == 0), "attribute %d with %zu",
						  exact[i].type, exact[i].size + add);
			free(hdr);
		}
	}
	/* attributes that nobody knows, or looks at, may have any size */
	for (i = 0; i < 3; i++)
	{
		hdr = wire_append(wire_golden("getsa_1"), 250, "abc", i);
		ck_assert(decode(hdr));
		free(hdr);
		hdr = wire_resize(wire_golden("getsa_1"), HDR_LEN, XFRMA_ALG_AEAD, i);
		ck_assert(decode(hdr));
		free(hdr);
	}
}
END_TEST

START_TEST(test_foreign)
{
	struct nlmsghdr *hdr;
	hwo_sa_state_t state;
	int type;

	/* all the same bytes under other names */
	for (type = 0; type < 0x40; type++)
	{
		hdr = wire_golden("getsa_1");
		hdr->nlmsg_type = type;
		ck_assert_int_eq(decode(hdr), type == 0x10 || type == 0x1a);
		free(hdr);
	}
	/* neither IPv4 nor IPv6 */
	hdr = wire_golden("getsa_1");
	((struct xfrm_usersa_info*)(hdr + 1))->family = AF_UNSPEC;
	ck_assert(!hwo_xfrm_decode_sa(hdr, &state));
	free(hdr);
}
END_TEST

TCase *sa_decode_tcase(void)
{
	TCase *tcase = tcase_create("sa-decode");

	tcase_add_test(tcase, test_reply);
	tcase_add_test(tcase, test_dump);
	tcase_add_test(tcase, test_notification);
	tcase_add_test(tcase, test_deleted_without_sa);
	tcase_add_test(tcase, test_offload_recorded);
	tcase_add_test(tcase, test_offload);
	tcase_add_test(tcase, test_larval);
	tcase_add_test(tcase, test_counters);
	tcase_add_test(tcase, test_replay);
	tcase_add_test(tcase, test_sizes);
	tcase_add_test(tcase, test_foreign);
	return tcase;
}
