/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SAs for trial.
 */

#include "wire_suites.h"

#include <arpa/inet.h>

#include "../../wire/uapi.h"
#include "../../wire/xfrm_probe.h"

#define HDR_LEN sizeof(struct xfrm_usersa_info)

static const hwo_offload_t packet = { .mode = HWO_MODE_PACKET, .ifindex = 9 };

/**
 * Check the identity in a request, and that it is what we were told.
 */
static void check_id(const hwo_msg_t *msg, const hwo_sa_id_t *id,
					 const char *src, const char *dst)
{
	const struct xfrm_usersa_info *info = (const void*)(&msg->hdr + 1);
	const hwo_addr_t from = wire_addr(src), to = wire_addr(dst);
	size_t len = from.family == AF_INET ? 4 : 16;

	ck_assert_int_eq(info->family, from.family);
	ck_assert_mem_eq(&info->saddr, from.bytes, len);
	ck_assert_mem_eq(&info->id.daddr, to.bytes, len);
	ck_assert_mem_eq(&id->src, &from, sizeof(from));
	ck_assert_mem_eq(&id->dst, &to, sizeof(to));
	ck_assert_uint_eq(id->spi, info->id.spi);
	ck_assert_int_eq(id->proto, IPPROTO_ESP);
	ck_assert_int_eq(info->id.proto, IPPROTO_ESP);
	ck_assert_int_eq(msg->request.kind, HWO_REQUEST_ADD_SA);
	ck_assert(hwo_sa_id_equals(&msg->request.sa, id));
}

START_TEST(test_inbound)
{
	const uint8_t offload[] = { 9, 0, 0, 0, XFRM_OFFLOAD_PACKET |
								XFRM_OFFLOAD_INBOUND, 0, 0, 0 };
	const uint8_t zeros[20] = {};
	const struct xfrm_usersa_info *info;
	struct nlmsghdr *hdr;
	struct xfrm_selector none = {};
	const uint8_t *data, *old;
	hwo_sa_id_t id;
	hwo_msg_t msg;
	size_t len;

	hdr = wire_golden("getsa_1");
	ck_assert(hwo_xfrm_encode_trial_sa(&msg, hdr, TRUE, &packet, &id));
	ck_assert_int_eq(msg.hdr.nlmsg_type, XFRM_MSG_NEWSA);
	ck_assert_int_eq(msg.hdr.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	check_id(&msg, &id, "192.0.2.2", "192.0.2.1");
	ck_assert_uint_eq(ntohl(id.spi), 0xc2000002);
	/* it is found by its mark */
	ck_assert_uint_eq(id.mark.value, 0x2a);
	ck_assert_uint_eq(id.mark.mask, 0xff00ff);
	data = wire_attr(&msg.hdr, HDR_LEN, XFRMA_MARK, &len);
	ck_assert_uint_eq(len, 8);
	/* what drivers look at is the same, the key is not */
	info = (const void*)(&msg.hdr + 1);
	ck_assert_int_eq(info->mode, XFRM_MODE_TUNNEL);
	/* no policy may lead traffic to it */
	ck_assert_uint_eq(info->reqid, HWO_PROBE_REQID);
	ck_assert_uint_eq(info->lft.soft_packet_limit, 100);
	ck_assert_uint_eq(info->lft.hard_packet_limit, 200);
	ck_assert_mem_eq(&info->sel, &none, sizeof(none));
	old = wire_attr(hdr, HDR_LEN, XFRMA_ALG_AEAD, &len);
	data = wire_attr(&msg.hdr, HDR_LEN, XFRMA_ALG_AEAD, &len);
	ck_assert_uint_eq(len, sizeof(struct xfrm_algo_aead) + sizeof(zeros));
	ck_assert_mem_eq(data, old, sizeof(struct xfrm_algo_aead));
	ck_assert_mem_eq(data + sizeof(struct xfrm_algo_aead), zeros,
					 sizeof(zeros));
	data = wire_attr(&msg.hdr, HDR_LEN, XFRMA_OFFLOAD_DEV, &len);
	ck_assert_uint_eq(len, sizeof(offload));
	ck_assert_mem_eq(data, offload, len);
	free(hdr);
}
END_TEST

START_TEST(test_outbound)
{
	const uint8_t label[8] = { 8, 0, 1, 1, 0, 0, 0, 0 };
	const struct xfrm_usersa_info *info;
	struct xfrm_usersa_info *limited;
	const uint8_t *data;
	struct nlmsghdr *hdr;
	hwo_sa_id_t id;
	hwo_msg_t msg;
	size_t len;

	hdr = wire_append(wire_golden("getsa6_1"), XFRMA_SEC_CTX, label,
					  sizeof(label));
	limited = (struct xfrm_usersa_info*)(hdr + 1);
	limited->lft.soft_byte_limit = limited->lft.hard_byte_limit = 1000;
	ck_assert(hwo_xfrm_encode_trial_sa(&msg, hdr, FALSE, &packet, &id));
	check_id(&msg, &id, "2001:db8::1", "2001:db8::2");
	ck_assert_uint_eq(id.mark.mask, 0);
	/* a device that refuses these limits may take the SA without them */
	info = (const void*)(&msg.hdr + 1);
	ck_assert(info->lft.soft_byte_limit == XFRM_INF);
	ck_assert(info->lft.hard_byte_limit == XFRM_INF);
	ck_assert(!wire_attr(&msg.hdr, HDR_LEN, XFRMA_SEC_CTX, &len));
	data = wire_attr(&msg.hdr, HDR_LEN, XFRMA_OFFLOAD_DEV, &len);
	ck_assert_uint_eq(data[4], XFRM_OFFLOAD_PACKET);
	/* sequence numbers, as their kind matters, and the direction */
	ck_assert(wire_attr(&msg.hdr, HDR_LEN, XFRMA_REPLAY_ESN_VAL, &len));
	ck_assert(wire_attr(&msg.hdr, HDR_LEN, 33, &len));
	free(hdr);
}
END_TEST

/**
 * Whether nothing of a key is left, 16 bytes after a header of some size.
 */
static bool is_blank(uint16_t type, size_t hdr_len)
{
	uint8_t alg[128] = {}, key[16];
	const uint8_t *data;
	uint32_t bits = sizeof(key) * 8;
	struct nlmsghdr *hdr;
	hwo_sa_id_t id;
	hwo_msg_t msg;
	size_t i;
	bool blank = TRUE;

	memset(key, 0xab, sizeof(key));
	memcpy(alg + 64, &bits, sizeof(bits));
	memcpy(alg + hdr_len, key, sizeof(key));
	hdr = wire_append(wire_golden("getsa_1"), type, alg, hdr_len + sizeof(key));
	ck_assert(hwo_xfrm_encode_trial_sa(&msg, hdr, FALSE, &packet, &id));
	data = (const uint8_t*)&msg.hdr;
	for (i = 0; i < msg.hdr.nlmsg_len; i++)
	{
		blank = blank && data[i] != 0xab;
	}
	free(hdr);
	return blank;
}

START_TEST(test_keys)
{
	ck_assert(is_blank(XFRMA_ALG_AEAD, sizeof(struct xfrm_algo_aead)));
	ck_assert(is_blank(XFRMA_ALG_CRYPT, sizeof(struct xfrm_algo)));
	ck_assert(is_blank(XFRMA_ALG_AUTH, sizeof(struct xfrm_algo)));
	ck_assert(is_blank(XFRMA_ALG_AUTH_TRUNC, sizeof(struct xfrm_algo_auth)));
}
END_TEST

static bool encode(const struct nlmsghdr *hdr)
{
	hwo_sa_id_t id;
	hwo_msg_t msg;

	return hwo_xfrm_encode_trial_sa(&msg, hdr, TRUE, &packet, &id);
}

START_TEST(test_malformed)
{
	struct nlmsghdr *hdr;

	wire_abuse(wire_golden("getsa_1"), HDR_LEN, 0, encode);
	hdr = wire_golden("getsa_1");
	hdr->nlmsg_type = XFRM_MSG_DELSA;
	ck_assert(!encode(hdr));
	free(hdr);
}
END_TEST

TCase *trial_tcase(void)
{
	TCase *tcase = tcase_create("trial");

	tcase_add_test(tcase, test_inbound);
	tcase_add_test(tcase, test_outbound);
	tcase_add_test(tcase, test_keys);
	tcase_add_test(tcase, test_malformed);
	return tcase;
}
