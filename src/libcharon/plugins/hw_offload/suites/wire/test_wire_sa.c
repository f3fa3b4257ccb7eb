/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of requests about SAs: equal to what iproute2 sends for the same.
 */

#include "wire_suites.h"

#include <netinet/in.h>

#include "../../hwo_compat.h"
#include "../../wire/uapi.h"
#include "../../wire/xfrm_map.h"
#include "../../wire/xfrm_sa.h"

#define MOON "192.168.50.1"
#define SUN "192.168.50.2"
#define MOON6 "fec5::1"
#define SUN6 "fec5::2"

/** software, and what the recorded requests say of offload */
static const hwo_offload_t none = {};
static const hwo_offload_t crypto = { .mode = HWO_MODE_CRYPTO, .ifindex = 9 };
static const hwo_offload_t packet = { .mode = HWO_MODE_PACKET, .ifindex = 9 };

/**
 * An SA without algorithms.
 */
static hwo_sa_t make_sa(const char *src, const char *dst, uint8_t proto,
						uint32_t spi, uint32_t reqid, ipsec_mode_t mode)
{
	return (hwo_sa_t){
		.id = {
			.src = wire_addr(src),
			.dst = wire_addr(dst),
			.spi = htonl(spi),
			.proto = proto,
		},
		.reqid = reqid,
		.facts.mode = mode,
		.cpu = UINT32_MAX,
	};
}

static void set_enc(hwo_sa_t *sa, uint16_t ike, size_t key)
{
	ck_assert(hwo_xfrm_algorithm(ENCRYPTION_ALGORITHM, ike, &sa->enc));
	sa->enc.key = key ? wire_key(key) : chunk_empty;
}

static void set_integ(hwo_sa_t *sa, uint16_t ike, size_t key)
{
	ck_assert(hwo_xfrm_algorithm(INTEGRITY_ALGORITHM, ike, &sa->integ));
	sa->integ.key = wire_key(key);
}

/**
 * The outbound and the inbound SA that most recorded requests are about.
 */
static hwo_sa_t make_out(uint32_t reqid, ipsec_mode_t mode)
{
	hwo_sa_t sa = make_sa(MOON, SUN, IPPROTO_ESP, 0xc1000001, reqid, mode);

	set_enc(&sa, ENCR_AES_GCM_ICV16, 20);
	return sa;
}

static hwo_sa_t make_in(uint32_t reqid, ipsec_mode_t mode)
{
	hwo_sa_t sa = make_sa(SUN, MOON, IPPROTO_ESP, 0xc2000002, reqid, mode);

	set_enc(&sa, ENCR_AES_GCM_ICV16, 20);
	sa.facts.inbound = TRUE;
	return sa;
}

/**
 * Compare the request for an SA with a recorded one.
 */
static void same(const char *name, const hwo_sa_t *sa,
				 const hwo_offload_t *offload)
{
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_sa(&msg, sa, offload));
	wire_same(&msg, name, sizeof(struct xfrm_usersa_info));
	ck_assert_int_eq(msg.request.kind, HWO_REQUEST_ADD_SA);
	ck_assert(hwo_sa_id_equals(&msg.request.sa, &sa->id));
}

START_TEST(test_aead)
{
	hwo_sa_t sa;

	sa = make_out(1, MODE_TRANSPORT);
	sa.set_dir = TRUE;
	same("sa_gcm128_out", &sa, &none);

	sa = make_in(1, MODE_TUNNEL);
	set_enc(&sa, ENCR_AES_GCM_ICV16, 36);
	sa.facts.esn = sa.af_unspec = sa.set_dir = TRUE;
	sa.replay_window = 128;
	same("sa_gcm256_in", &sa, &none);

	sa = make_out(1, MODE_TRANSPORT);
	set_enc(&sa, ENCR_AES_GCM_ICV12, 20);
	same("sa_gcm_icv96", &sa, &none);
	set_enc(&sa, ENCR_AES_GCM_ICV8, 20);
	same("sa_gcm_icv64", &sa, &none);
	set_enc(&sa, ENCR_NULL_AUTH_AES_GMAC, 20);
	same("sa_gmac", &sa, &none);
	set_enc(&sa, ENCR_AES_CCM_ICV12, 19);
	same("sa_ccm", &sa, &none);

	sa = make_sa(MOON6, SUN6, IPPROTO_ESP, 0xc3000003, 1, MODE_TRANSPORT);
	set_enc(&sa, ENCR_CHACHA20_POLY1305, 36);
	same("sa_chacha", &sa, &none);
}
END_TEST

START_TEST(test_separate)
{
	hwo_sa_t sa;

	sa = make_sa(SUN6, MOON6, IPPROTO_ESP, 0xc4000004, 2, MODE_TUNNEL);
	sa.facts.inbound = sa.af_unspec = TRUE;
	sa.replay_window = 32;
	set_enc(&sa, ENCR_AES_CBC, 16);
	set_integ(&sa, AUTH_HMAC_SHA2_256_128, 32);
	same("sa_cbc_sha256", &sa, &none);

	sa = make_sa(MOON6, SUN6, IPPROTO_ESP, 0xc3000003, 2, MODE_TRANSPORT);
	set_enc(&sa, ENCR_AES_CBC, 32);
	set_integ(&sa, AUTH_HMAC_SHA1_96, 20);
	same("sa_cbc_sha1", &sa, &none);

	sa = make_out(2, MODE_TRANSPORT);
	set_enc(&sa, ENCR_AES_CTR, 20);
	set_integ(&sa, AUTH_HMAC_SHA2_384_192, 48);
	same("sa_ctr_sha384", &sa, &none);
	set_enc(&sa, ENCR_NULL, 0);
	set_integ(&sa, AUTH_HMAC_SHA2_256_128, 32);
	same("sa_null_sha256", &sa, &none);
	set_enc(&sa, ENCR_3DES, 24);
	set_integ(&sa, AUTH_HMAC_MD5_96, 16);
	same("sa_3des_md5", &sa, &none);
}
END_TEST

START_TEST(test_other_protocols)
{
	hwo_sa_t sa;

	sa = make_sa(MOON, SUN, IPPROTO_AH, 0xc5000005, 3, MODE_TRANSPORT);
	sa.align4 = TRUE;
	sa.replay_window = 32;
	set_integ(&sa, AUTH_HMAC_SHA2_512_512, 64);
	same("sa_ah_sha512", &sa, &none);

	sa = make_sa(MOON, SUN, IPPROTO_AH, 0xc5000005, 3, MODE_TUNNEL);
	sa.align4 = sa.af_unspec = TRUE;
	set_integ(&sa, AUTH_AES_XCBC_96, 16);
	same("sa_ah_xcbc", &sa, &none);

	sa = make_sa(MOON, SUN, IPPROTO_COMP, 0xc606, 3, MODE_TUNNEL);
	sa.af_unspec = TRUE;
	ck_assert(hwo_xfrm_algorithm(COMPRESSION_ALGORITHM, IPCOMP_DEFLATE,
								 &sa.comp));
	same("sa_comp", &sa, &none);
}
END_TEST

START_TEST(test_selector)
{
	hwo_sa_t sa;

	sa = make_out(4, MODE_BEET);
	sa.sel = wire_selector("10.1.0.1", 32, "10.2.0.1", 32);
	same("sa_beet", &sa, &none);

	sa = make_out(4, MODE_TRANSPORT);
	sa.sel = wire_selector(MOON, 32, SUN, 32);
	sa.sel.proto = IPPROTO_UDP;
	sa.sel.dst_port = 4789;
	sa.sel.dst_port_mask = 0xffff;
	same("sa_selector", &sa, &none);
}
END_TEST

START_TEST(test_encap)
{
	hwo_sa_t sa = make_in(4, MODE_TRANSPORT);
	const uint8_t *data;
	hwo_msg_t msg;
	size_t len;

	sa.facts.encap = sa.set_dir = TRUE;
	sa.src_port = 61234;
	sa.dst_port = 4500;
	sa.replay_window = 32;
	same("sa_encap_in", &sa, &none);

	/* iproute2 does not know this one */
	sa.mtimer_thresh = 0x01020304;
	ck_assert(hwo_xfrm_encode_sa(&msg, &sa, &none));
	data = wire_attr(&msg.hdr, sizeof(struct xfrm_usersa_info), 32, &len);
	ck_assert(data && len == 4 && *(uint32_t*)data == 0x01020304);
	/* it is refused without encapsulation */
	sa.facts.encap = FALSE;
	ck_assert(hwo_xfrm_encode_sa(&msg, &sa, &none));
	ck_assert(!wire_attr(&msg.hdr, sizeof(struct xfrm_usersa_info), 32, &len));
	ck_assert(!wire_attr(&msg.hdr, sizeof(struct xfrm_usersa_info), 4, &len));
}
END_TEST

START_TEST(test_options)
{
	hwo_sa_t sa;

	sa = make_in(4, MODE_TUNNEL);
	sa.id.mark = (mark_t){ .value = 0x2a, .mask = 0xff00ff };
	same("sa_mark", &sa, &none);

	sa = make_in(4, MODE_TUNNEL);
	sa.id.if_id = 0x1234;
	same("sa_if_id", &sa, &none);

	sa = make_out(4, MODE_TUNNEL);
	sa.facts.set_mark = (mark_t){ .value = 0x110, .mask = 0xff0 };
	same("sa_set_mark", &sa, &none);

	sa = make_out(4, MODE_TUNNEL);
	sa.limits = (hwo_limits_t){
		.soft_bytes = 1000000007,
		.hard_bytes = 5000000009ULL,
		.soft_packets = 30,
		.hard_packets = 40,
		.soft_time = 3060,
		.hard_time = 3600,
	};
	same("sa_limits", &sa, &none);

	sa = make_in(4, MODE_TUNNEL);
	sa.noecn = sa.decap_dscp = sa.nopmtudisc = sa.icmp = TRUE;
	sa.dont_encap_dscp = TRUE;
	same("sa_flags", &sa, &none);
}
END_TEST

START_TEST(test_rare_options)
{
	hwo_sa_t sa;

	sa = make_out(4, MODE_TUNNEL);
	sa.facts.tfc = 1400;
	same("sa_tfc", &sa, &none);

	sa = make_in(4, MODE_TUNNEL);
	sa.cpu = 3;
	same("sa_pcpu", &sa, &none);

	sa = make_in(4, MODE_TUNNEL);
	/* the kernel takes it as it is, iproute2 swaps it */
	sa.seq = htonl(0xbeef);
	same("sa_seq", &sa, &none);

	sa = make_in(4, MODE_TUNNEL);
	sa.label = wire_label();
	same("sa_label", &sa, &none);

	sa = make_in(4, MODE_TUNNEL);
	sa.update = sa.set_dir = TRUE;
	sa.replay_window = 32;
	same("sa_update", &sa, &none);
}
END_TEST

START_TEST(test_window)
{
	hwo_replay_t replay = { .oseq = 0x12345678, .oseq_hi = 3, .seq = 99 };
	hwo_sa_t sa;

	sa = make_in(5, MODE_TUNNEL);
	sa.facts.esn = TRUE;
	sa.replay_window = 33;
	same("sa_window33", &sa, &none);
	sa.replay_window = 4096;
	same("sa_window4096", &sa, &none);

	/* what is known of the other direction must not be told */
	sa = make_out(5, MODE_TUNNEL);
	sa.facts.esn = TRUE;
	sa.replay_window = 1;
	sa.replay = &replay;
	same("sa_esn_out", &sa, &none);

	sa = make_out(5, MODE_TUNNEL);
	sa.replay = &replay;
	same("sa_replay_out", &sa, &none);
}
END_TEST

START_TEST(test_offload)
{
	hwo_sa_t sa;

	sa = make_in(6, MODE_TRANSPORT);
	sa.set_dir = TRUE;
	same("sa_crypto_in", &sa, &crypto);

	sa = make_out(6, MODE_TRANSPORT);
	sa.set_dir = TRUE;
	same("sa_crypto_out", &sa, &crypto);

	sa = make_sa(SUN6, MOON6, IPPROTO_ESP, 0xc4000004, 6, MODE_TRANSPORT);
	set_enc(&sa, ENCR_AES_GCM_ICV16, 20);
	sa.facts.inbound = sa.facts.esn = sa.set_dir = TRUE;
	sa.replay_window = 64;
	same("sa_packet_in", &sa, &packet);

	sa = make_sa(MOON6, SUN6, IPPROTO_ESP, 0xc3000003, 6, MODE_TRANSPORT);
	set_enc(&sa, ENCR_AES_GCM_ICV16, 20);
	sa.set_dir = TRUE;
	same("sa_packet_out", &sa, &packet);
}
END_TEST

/**
 * Get an attribute of an encoded SA, which must be there with that length.
 */
static const void *get_attr(hwo_msg_t *msg, const hwo_sa_t *sa, uint16_t type,
							size_t expected)
{
	const uint8_t *data;
	size_t len;

	ck_assert(hwo_xfrm_encode_sa(msg, sa, &none));
	data = wire_attr(&msg->hdr, sizeof(struct xfrm_usersa_info), type, &len);
	ck_assert_msg(data, "attribute %d is missing", type);
	ck_assert_uint_eq(len, expected);
	return data;
}

START_TEST(test_carry_over_inbound)
{
	const uint32_t bits[] = { 0x11111111, 0x22222222, 0x33333333 }, *out;
	hwo_replay_t replay = {
		.oseq = 5,
		.oseq_hi = 6,
		.seq = 0x1000,
		.seq_hi = 2,
		.bitmap = bits,
		.bitmap_words = 3,
	};
	hwo_sa_t sa = make_in(5, MODE_TUNNEL);
	hwo_msg_t msg;

	/* bmp_len, oseq, seq, oseq_hi, seq_hi, replay_window, bmp */
	sa.facts.esn = TRUE;
	sa.replay_window = 96;
	sa.replay = &replay;
	out = get_attr(&msg, &sa, XFRMA_REPLAY_ESN_VAL, 24 + sizeof(bits));
	const uint32_t same_size[] = {
		3, 0, 0x1000, 0, 2, 96, 0x11111111, 0x22222222, 0x33333333,
	};
	ck_assert_mem_eq(out, same_size, sizeof(same_size));

	/* nothing in a window of another size may be accepted again */
	sa.replay_window = 64;
	out = get_attr(&msg, &sa, XFRMA_REPLAY_ESN_VAL, 24 + 8);
	const uint32_t other_size[] = { 2, 0, 0x1000, 0, 2, 64, ~0U, ~0U };
	ck_assert_mem_eq(out, other_size, sizeof(other_size));

	/* a small window without ESN: oseq, seq, bitmap */
	sa.facts.esn = FALSE;
	sa.replay_window = 32;
	out = get_attr(&msg, &sa, XFRMA_REPLAY_VAL, 12);
	const uint32_t unknown[] = { 0, 0x1000, ~0U };
	ck_assert_mem_eq(out, unknown, sizeof(unknown));
	replay.bitmap_words = 1;
	out = get_attr(&msg, &sa, XFRMA_REPLAY_VAL, 12);
	const uint32_t known[] = { 0, 0x1000, 0x11111111 };
	ck_assert_mem_eq(out, known, sizeof(known));

	/* nothing was received yet, nothing can come twice */
	replay = (hwo_replay_t){ .oseq = 7 };
	out = get_attr(&msg, &sa, XFRMA_REPLAY_VAL, 12);
	const uint32_t fresh[] = { 0, 0, 0 };
	ck_assert_mem_eq(out, fresh, sizeof(fresh));
}
END_TEST

START_TEST(test_carry_over_usage)
{
	const hwo_usage_t usage = {
		.bytes = 0x100000001ULL,
		.packets = 2,
		.add_time = 3,
		.use_time = 4,
	};
	hwo_sa_t sa = make_out(5, MODE_TUNNEL);
	hwo_msg_t msg;

	sa.usage = &usage;
	const uint64_t expected[] = { 0x100000001ULL, 2, 3, 4 };
	ck_assert_mem_eq(get_attr(&msg, &sa, XFRMA_LTIME_VAL, sizeof(expected)),
					 expected, sizeof(expected));
}
END_TEST

START_TEST(test_iptfs)
{
#if HWO_HAVE_MODE_IPTFS
	const size_t hdr_len = sizeof(struct xfrm_usersa_info);
	hwo_sa_t sa = make_in(5, MODE_IPTFS);
	hwo_msg_t msg;
	size_t len;

	/* numbers and sizes are those of the kernel's documentation, iproute2 has
	 * no such options */
	sa.iptfs = (hwo_iptfs_t){
		.drop_time = 1000001,
		.reorder_window = 3,
		.init_delay = 4,
		.max_queue_size = 1048576,
		.packet_size = 1300,
		.dont_fragment = TRUE,
	};
	ck_assert_uint_eq(*(uint32_t*)get_attr(&msg, &sa, 36, 4), 1000001);
	ck_assert_uint_eq(*(uint16_t*)get_attr(&msg, &sa, 37, 2), 3);
	ck_assert(!wire_attr(&msg.hdr, hdr_len, 38, &len));
	ck_assert(!wire_attr(&msg.hdr, hdr_len, 39, &len));
	sa.facts.inbound = FALSE;
	ck_assert_uint_eq(*(uint32_t*)get_attr(&msg, &sa, 39, 4), 4);
	ck_assert_uint_eq(*(uint32_t*)get_attr(&msg, &sa, 40, 4), 1048576);
	ck_assert_uint_eq(*(uint32_t*)get_attr(&msg, &sa, 41, 4), 1300);
	get_attr(&msg, &sa, 38, 0);
	ck_assert(!wire_attr(&msg.hdr, hdr_len, 36, &len));
	ck_assert_int_eq(((struct xfrm_usersa_info*)(&msg.hdr + 1))->mode, 5);
	/* no other mode has them */
	sa.facts.mode = MODE_TUNNEL;
	ck_assert(hwo_xfrm_encode_sa(&msg, &sa, &none));
	ck_assert(!wire_attr(&msg.hdr, hdr_len, 39, &len));
#endif
}
END_TEST

START_TEST(test_overflow)
{
	static const char name[] =
		"an-algorithm-whose-name-has-64-bytes-is-one-too-long-for-the-ABI";
	hwo_sa_t sa = make_in(5, MODE_TUNNEL);
	chunk_t key = chunk_alloc(HWO_MSG_SIZE);
	hwo_msg_t msg;

	memset(key.ptr, 0x55, key.len);
	sa.facts.esn = TRUE;
	sa.replay_window = UINT32_MAX;
	ck_assert(!hwo_xfrm_encode_sa(&msg, &sa, &none));
	ck_assert_uint_le(msg.hdr.nlmsg_len, HWO_MSG_SIZE);
	/* the largest window that the kernel takes fits, with a long label */
	sa.replay_window = 4096;
	sa.label = chunk_create(key.ptr, 4096);
	ck_assert(hwo_xfrm_encode_sa(&msg, &sa, &none));
	sa.label = key;
	ck_assert(!hwo_xfrm_encode_sa(&msg, &sa, &none));
	sa.label = chunk_empty;
	sa.enc.key = key;
	ck_assert(!hwo_xfrm_encode_sa(&msg, &sa, &none));
	sa.enc.key = wire_key(20);
	ck_assert_uint_eq(strlen(name), 64);
	sa.enc.name = name;
	ck_assert(!hwo_xfrm_encode_sa(&msg, &sa, &none));
	sa.enc.name = name + 1;
	ck_assert(hwo_xfrm_encode_sa(&msg, &sa, &none));
	free(key.ptr);
}
END_TEST

TCase *sa_tcase(void)
{
	TCase *tcase = tcase_create("sa");

	tcase_add_test(tcase, test_aead);
	tcase_add_test(tcase, test_separate);
	tcase_add_test(tcase, test_other_protocols);
	tcase_add_test(tcase, test_selector);
	tcase_add_test(tcase, test_encap);
	tcase_add_test(tcase, test_options);
	tcase_add_test(tcase, test_rare_options);
	tcase_add_test(tcase, test_window);
	tcase_add_test(tcase, test_offload);
	tcase_add_test(tcase, test_carry_over_inbound);
	tcase_add_test(tcase, test_carry_over_usage);
	tcase_add_test(tcase, test_iptfs);
	tcase_add_test(tcase, test_overflow);
	return tcase;
}
