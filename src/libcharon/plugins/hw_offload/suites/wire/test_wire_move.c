/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of installing an SA again from the notification of its deletion.
 */

#include "wire_suites.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>

#include "../../wire/xfrm_move.h"

#define HDR_LEN sizeof(struct xfrm_usersa_info)
#define ID_LEN sizeof(struct xfrm_usersa_id)

/** software, and offload to some device */
static const hwo_offload_t none = {};
static const hwo_offload_t crypto = { .mode = HWO_MODE_CRYPTO, .ifindex = 9 };

/**
 * The peer of the recorded SA goes elsewhere.
 */
static hwo_sa_move_t make_move(void)
{
	return (hwo_sa_move_t){
		.src = wire_addr("203.0.113.2"),
		.dst = wire_addr("192.168.50.1"),
		.encap = TRUE,
		.src_port = 61234,
		.dst_port = 4500,
		.reqid = 0x55,
		.inbound = TRUE,
	};
}

/**
 * Fixed part of a request.
 */
static const struct xfrm_usersa_info *get_info(const hwo_msg_t *msg)
{
	return (const struct xfrm_usersa_info*)(&msg->hdr + 1);
}

/**
 * Check that an attribute is in the request as it was in the notification.
 */
static void check_kept(const hwo_msg_t *msg, const struct nlmsghdr *deleted,
					   uint16_t type)
{
	const uint8_t *old, *new;
	size_t old_len, new_len;

	old = wire_attr(deleted, ID_LEN, type, &old_len);
	new = wire_attr(&msg->hdr, HDR_LEN, type, &new_len);
	ck_assert_msg(old && new && old_len == new_len, "attribute %d", type);
	ck_assert_mem_eq(new, old, old_len);
}

START_TEST(test_no_pmtu_disc)
{
	struct nlmsghdr *hdr = wire_golden_event(XFRM_MSG_DELSA, 0);
	uint8_t *flags;
	hwo_sa_move_t move = make_move();
	hwo_msg_t msg;
	size_t len;

	/* attributes are aligned to 4 bytes only */
	flags = (uint8_t*)wire_attr(hdr, ID_LEN, XFRMA_SA, &len) +
			offsetof(struct xfrm_usersa_info, flags);
	*flags |= XFRM_STATE_NOPMTUDISC | XFRM_STATE_DECAP_DSCP;
	move.inbound = _i;
	ck_assert(hwo_xfrm_encode_moved_sa(&msg, hdr, &move, &crypto, FALSE));
	ck_assert_uint_eq(get_info(&msg)->flags,
					  _i ? *flags & ~XFRM_STATE_NOPMTUDISC : *flags);
	free(hdr);
}
END_TEST

START_TEST(test_moved)
{
	static const uint16_t kept[] = {
		XFRMA_ALG_AEAD, XFRMA_MARK, XFRMA_REPLAY_ESN_VAL, XFRMA_IF_ID, 33,
	};
	const uint8_t encap[] = { 2, 0, 0xef, 0x32, 0x11, 0x94 },
				  offload[] = { 9, 0, 0, 0, XFRM_OFFLOAD_INBOUND, 0, 0, 0 };
	struct nlmsghdr *hdr = wire_golden_event(XFRM_MSG_DELSA, 0);
	const struct xfrm_usersa_info *info;
	const uint8_t *data, *old;
	hwo_sa_move_t move = make_move();
	hwo_msg_t msg, larval;
	size_t len, i;

	ck_assert(hwo_xfrm_encode_moved_sa(&msg, hdr, &move, &crypto, FALSE));
	ck_assert_int_eq(msg.hdr.nlmsg_type, XFRM_MSG_NEWSA);
	ck_assert_int_eq(msg.hdr.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	ck_assert(hwo_xfrm_encode_moved_sa(&larval, hdr, &move, &crypto, TRUE));
	ck_assert_int_eq(larval.hdr.nlmsg_type, XFRM_MSG_UPDSA);
	larval.hdr.nlmsg_type = XFRM_MSG_NEWSA;
	ck_assert(memeq(&larval.hdr, &msg.hdr, msg.hdr.nlmsg_len));
	for (i = 0; i < countof(kept); i++)
	{
		check_kept(&msg, hdr, kept[i]);
	}
	old = wire_attr(hdr, ID_LEN, XFRMA_SA, &len);
	ck_assert_uint_eq(len, HDR_LEN);
	info = get_info(&msg);
	ck_assert_mem_eq(&info->saddr, move.src.bytes, 16);
	ck_assert_mem_eq(&info->id.daddr, move.dst.bytes, 16);
	ck_assert_uint_eq(ntohl(info->id.spi), 0xc2000002);
	ck_assert_int_eq(info->id.proto, IPPROTO_ESP);
	ck_assert_uint_eq(info->reqid, 0x55);
	ck_assert_mem_eq(&info->lft, old + offsetof(typeof(*info), lft),
					 sizeof(info->lft));
	ck_assert_uint_eq(info->flags, old[offsetof(typeof(*info), flags)]);
	data = wire_attr(&msg.hdr, HDR_LEN, XFRMA_LTIME_VAL, &len);
	ck_assert(data && len == sizeof(info->curlft));
	ck_assert_mem_eq(data, old + offsetof(typeof(*info), curlft), len);
	data = wire_attr(&msg.hdr, HDR_LEN, XFRMA_ENCAP, &len);
	ck_assert(data && len == sizeof(struct xfrm_encap_tmpl));
	ck_assert_mem_eq(data, encap, sizeof(encap));
	data = wire_attr(&msg.hdr, HDR_LEN, XFRMA_OFFLOAD_DEV, &len);
	ck_assert(data && len == sizeof(offload));
	ck_assert_mem_eq(data, offload, sizeof(offload));
	/* what was the fixed part, is */
	ck_assert(!wire_attr(&msg.hdr, HDR_LEN, XFRMA_SA, &len));
	free(hdr);
}
END_TEST

START_TEST(test_request)
{
	struct nlmsghdr *hdr = wire_golden_event(XFRM_MSG_DELSA, 0);
	hwo_sa_move_t move = make_move();
	const hwo_sa_id_t id = {
		.dst = move.dst,
		.spi = htonl(0xc2000002),
		.proto = IPPROTO_ESP,
		.mark = { .value = 0x2a, .mask = 0xff00ff },
	};
	hwo_msg_t msg;

	/* with the new address, and for the journal */
	ck_assert(hwo_xfrm_encode_moved_sa(&msg, hdr, &move, &crypto, _i));
	ck_assert_int_eq(msg.request.kind, HWO_REQUEST_ADD_SA);
	ck_assert(hwo_sa_id_equals(&msg.request.sa, &id));
	free(hdr);
}
END_TEST

START_TEST(test_set_anew)
{
	const uint32_t offload[] = { 7, XFRM_OFFLOAD_INBOUND };
	const struct xfrm_encap_tmpl encap = { .encap_type = 2 };
	const uint64_t last_used = 1;
	hwo_sa_move_t move = make_move();
	struct nlmsghdr *hdr;
	hwo_msg_t msg;
	size_t len;

	/* nothing of the old place is left */
	hdr = wire_append(wire_golden_event(XFRM_MSG_DELSA, 0), XFRMA_OFFLOAD_DEV,
					  offload, sizeof(offload));
	hdr = wire_append(hdr, XFRMA_ENCAP, &encap, sizeof(encap));
	hdr = wire_append(hdr, XFRMA_LASTUSED, &last_used, sizeof(last_used));
	hdr = wire_append(hdr, 250, "from the future", 16);
	move.encap = FALSE;
	ck_assert(hwo_xfrm_encode_moved_sa(&msg, hdr, &move, &none, FALSE));
	ck_assert(!wire_attr(&msg.hdr, HDR_LEN, XFRMA_OFFLOAD_DEV, &len));
	ck_assert(!wire_attr(&msg.hdr, HDR_LEN, XFRMA_ENCAP, &len));
	ck_assert(!wire_attr(&msg.hdr, HDR_LEN, XFRMA_LASTUSED, &len));
	check_kept(&msg, hdr, 250);
	free(hdr);
}
END_TEST

START_TEST(test_selector)
{
	hwo_sa_move_t move = make_move();
	struct xfrm_selector sel = {
		.family = AF_INET,
		.saddr.a4 = inet_addr("192.168.50.2"),
		.prefixlen_s = 32,
		.daddr.a4 = inet_addr("10.0.0.0"),
		.prefixlen_d = 8,
		.proto = IPPROTO_UDP,
		.dport = htons(4789),
		.dport_mask = 0xffff,
	};
	struct nlmsghdr *hdr = wire_golden_event(XFRM_MSG_DELSA, 0);
	const struct xfrm_usersa_info *info;
	hwo_msg_t msg;
	size_t len;

	/* the fixed part is the first attribute, the selector its first member */
	memcpy((uint8_t*)wire_attr(hdr, ID_LEN, XFRMA_SA, &len), &sel, sizeof(sel));
	ck_assert(hwo_xfrm_encode_moved_sa(&msg, hdr, &move, &none, FALSE));
	info = get_info(&msg);
	ck_assert_uint_eq(info->sel.saddr.a4, inet_addr("203.0.113.2"));
	ck_assert_uint_eq(info->sel.prefixlen_s, 32);
	/* networks and everything else stay */
	ck_assert_uint_eq(info->sel.daddr.a4, inet_addr("10.0.0.0"));
	ck_assert_uint_eq(info->sel.prefixlen_d, 8);
	ck_assert_int_eq(info->sel.proto, IPPROTO_UDP);
	ck_assert_uint_eq(ntohs(info->sel.dport), 4789);
	ck_assert_uint_eq(info->sel.dport_mask, 0xffff);
	ck_assert_uint_eq(info->sel.family, AF_INET);

	/* a network that is named by the address that moves */
	sel.prefixlen_s = 24;
	memcpy((uint8_t*)wire_attr(hdr, ID_LEN, XFRMA_SA, &len), &sel, sizeof(sel));
	ck_assert(hwo_xfrm_encode_moved_sa(&msg, hdr, &move, &none, FALSE));
	ck_assert_mem_eq(&get_info(&msg)->sel, &sel, sizeof(sel));
	free(hdr);
}
END_TEST

static bool encode(const struct nlmsghdr *hdr)
{
	hwo_sa_move_t move = make_move();
	hwo_msg_t msg;

	return hwo_xfrm_encode_moved_sa(&msg, hdr, &move, &crypto, FALSE);
}

static bool has_keys(const struct nlmsghdr *hdr)
{
	hwo_xfrm_has_keys(hdr);
	return encode(hdr);
}

START_TEST(test_malformed)
{
	struct nlmsghdr *hdr;
	int add;

	wire_abuse(wire_golden_event(XFRM_MSG_DELSA, 0), ID_LEN, XFRMA_SA,
			   has_keys);
	hdr = wire_golden("getsa_1");
	ck_assert(!hwo_xfrm_is_deletion(hdr));
	ck_assert(!encode(hdr));
	free(hdr);
	hdr = wire_golden_event(XFRM_MSG_DELSA, 0);
	ck_assert(hwo_xfrm_is_deletion(hdr));
	hdr->nlmsg_type = XFRM_MSG_NEWSA;
	ck_assert(!hwo_xfrm_is_deletion(hdr));
	ck_assert(!encode(hdr));
	free(hdr);
	for (add = -1; add <= 1; add++)
	{
		hdr = wire_resize(wire_golden_event(XFRM_MSG_DELSA, 0), ID_LEN,
						  XFRMA_SA, HDR_LEN + add);
		ck_assert_int_eq(encode(hdr), add == 0);
		free(hdr);
	}
}
END_TEST

/**
 * Whether a key of given length, with one byte that is not zero at pos, counts
 * as one that is there.
 */
static bool is_key(uint16_t type, size_t hdr_len, size_t len, int pos)
{
	uint8_t *alg = calloc(1, hdr_len + len);
	uint32_t bits = len * 8;
	struct nlmsghdr *hdr;
	bool found;

	memcpy(alg + 64, &bits, sizeof(bits));
	if (pos >= 0)
	{
		alg[hdr_len + pos] = 1;
	}
	hdr = wire_append(wire_golden("getsa_1"), type, alg, hdr_len + len);
	found = hwo_xfrm_has_keys(hdr);
	free(hdr);
	free(alg);
	return found;
}

START_TEST(test_keys)
{
	static const struct {
		uint16_t type;
		size_t hdr_len;
	} algs[] = {
		{ XFRMA_ALG_AUTH, 68 },
		{ XFRMA_ALG_CRYPT, 68 },
		{ XFRMA_ALG_AEAD, 72 },
		{ XFRMA_ALG_AUTH_TRUNC, 72 },
	};
	uint8_t alg[72 + 4] = {};
	struct nlmsghdr *hdr;
	int i;

	hdr = wire_golden("getsa_1");
	ck_assert(hwo_xfrm_has_keys(hdr));
	free(hdr);
	hdr = wire_golden_event(XFRM_MSG_DELSA, 0);
	ck_assert(hwo_xfrm_has_keys(hdr));
	free(hdr);
	for (i = 0; i < countof(algs); i++)
	{
		ck_assert(is_key(algs[i].type, algs[i].hdr_len, 16, 0));
		ck_assert(is_key(algs[i].type, algs[i].hdr_len, 16, 15));
		ck_assert(!is_key(algs[i].type, algs[i].hdr_len, 16, -1));
		/* null encryption has none that could be missing */
		ck_assert(is_key(algs[i].type, algs[i].hdr_len, 0, -1));
	}
	/* a key that is longer than the attribute: 5 bytes of 4 */
	memset(alg + 72, 1, 4);
	alg[64] = 33;
	hdr = wire_append(wire_golden("getsa_1"), XFRMA_ALG_AEAD, alg, sizeof(alg));
	ck_assert(!hwo_xfrm_has_keys(hdr));
	free(hdr);
}
END_TEST

START_TEST(test_groups)
{
	/* SA of enum xfrm_nlgroups */
	ck_assert_int_eq(hwo_xfrm_sa_groups[0], 3);
	ck_assert_int_eq(hwo_xfrm_sa_groups[1], 0);
}
END_TEST

TCase *move_tcase(void)
{
	TCase *tcase = tcase_create("move");

	tcase_add_test(tcase, test_moved);
	tcase_add_loop_test(tcase, test_request, 0, 2);
	tcase_add_loop_test(tcase, test_no_pmtu_disc, 0, 2);
	tcase_add_test(tcase, test_set_anew);
	tcase_add_test(tcase, test_selector);
	tcase_add_test(tcase, test_malformed);
	tcase_add_test(tcase, test_keys);
	tcase_add_test(tcase, test_groups);
	return tcase;
}
