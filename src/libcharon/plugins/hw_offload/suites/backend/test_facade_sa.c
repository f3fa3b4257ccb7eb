/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the translation of SAs: identity, flags, algorithms.
 */

#include "facade_sa.h"

#include <netinet/in.h>

START_TEST(test_id)
{
	hwo_sa_id_t sa_id, exp;

	id.mark = expected.id.mark = (mark_t){ 42, 0xff00 };
	id.if_id = expected.id.if_id = 7;
	expected.facts.marked = TRUE;
	if (_i)
	{
		set_hosts("fec5::1", 500, "fec5::2", 4500);
	}
	exp = expected.id;
	memset(&sa_id, 0xa5, sizeof(sa_id));
	hwo_translate_sa_id(&id, &sa_id);
	facade_check_equal(&sa_id, &exp, sizeof(sa_id));
	check_sa();

	/* a CPI has 16 bits, and is where they are in an SPI */
	exp.proto = IPPROTO_COMP;
	exp.spi = htonl(0x0000abcd);
	memset(&sa_id, 0xa5, sizeof(sa_id));
	hwo_translate_ipcomp_id(&id, htons(0xabcd), &sa_id);
	facade_check_equal(&sa_id, &exp, sizeof(sa_id));
}
END_TEST

TCase *translate_id_tcase(void)
{
	TCase *tc;

	tc = tcase_create("translate_id");
	tcase_add_checked_fixture(tc, sa_setup, sa_teardown);
	tcase_add_loop_test(tc, test_id, 0, 2);
	return tc;
}

START_TEST(test_facts)
{
	sec_label_t *label;

	check_sa();
	lifetime.bytes.rekey = expected.limits.soft_bytes = 1ULL << 40;
	lifetime.bytes.life = expected.limits.hard_bytes = 1ULL << 41;
	lifetime.packets.rekey = expected.limits.soft_packets = 1ULL << 32;
	lifetime.packets.life = expected.limits.hard_packets = 1ULL << 33;
	lifetime.time.rekey = expected.limits.soft_time = 3300;
	lifetime.time.life = expected.limits.hard_time = 3960;
	lifetime.time.jitter = lifetime.bytes.jitter = lifetime.packets.jitter = 99;
	data.update = expected.update = TRUE;
	data.mark = expected.facts.set_mark = (mark_t){ 23, 0xff };
	expected.seq = set_sa_seq(&data, 17);
	expected.cpu = set_sa_cpu(&data, 5);
	label = sec_label_from_string("system_u:object_r:ipsec_spd_t:s0");
	data.label = label;
	expected.label = label->get_encoding(label);
	check_sa();
	label->destroy(label);

	how.kernel.sa_dir = expected.set_dir = FALSE;
	data.label = NULL;
	expected.label = chunk_empty;
	check_sa();
	/* that one is for others to look at */
	data.hw_offload = HW_OFFLOAD_PACKET;
	check_sa();
}
END_TEST

/** what becomes of the DSCP field in both directions */
static const struct {
	dscp_copy_t copy;
	bool decap, dont_encap;
} dscps[] = {
	{ DSCP_COPY_OUT_ONLY,	FALSE,	FALSE },
	{ DSCP_COPY_IN_ONLY,	TRUE,	TRUE },
	{ DSCP_COPY_YES,		TRUE,	FALSE },
	{ DSCP_COPY_NO,			FALSE,	TRUE },
};

START_TEST(test_flags)
{
	bool inbound, ecn, df, icmp;
	int flags;

	data.copy_dscp = dscps[_i].copy;
	for (flags = 0; flags < 16; flags++)
	{
		inbound = (flags & 8) != 0;
		ecn = (flags & 1) != 0;
		df = (flags & 2) != 0;
		data.inbound = expected.facts.inbound = inbound;
		data.copy_ecn = ecn;
		data.copy_df = df;
		icmp = set_sa_forward_icmp(&data, (flags & 4) != 0);

		expected.noecn = !ecn;
		expected.nopmtudisc = !inbound && !df;
		expected.icmp = inbound && icmp;
		expected.decap_dscp = inbound && dscps[_i].decap;
		expected.dont_encap_dscp = !inbound && dscps[_i].dont_encap;
		check_sa();
	}
}
END_TEST

START_TEST(test_ah)
{
	id.proto = expected.id.proto = IPPROTO_AH;
	data.enc_alg = ENCR_UNDEFINED;
	data.enc_key = chunk_empty;
	data.int_alg = AUTH_HMAC_SHA2_256_128;
	data.int_key = chunk_create(sa_key, 32);
	expected.enc = (hwo_alg_t){};
	expected.integ = (hwo_alg_t){
		.name = "hmac(sha256)",
		.icv_bits = 128,
		.key = data.int_key,
	};
	expected.align4 = TRUE;
	check_sa();
	/* the kernel's alignment is the right one for IPv6 */
	set_hosts("fec5::1", 500, "fec5::2", 500);
	expected.align4 = FALSE;
	check_sa();
}
END_TEST

/** releases, configured windows, and what the kernel is to hear about them */
static const struct {
	bool sa_dir, inbound, esn;
	uint32_t window, expected;
} windows[] = {
	/* 6.10 and newer refuse a window on outbound SAs */
	{ TRUE,		FALSE,	FALSE,	32,		0 },
	{ TRUE,		FALSE,	TRUE,	32,		0 },
	{ TRUE,		FALSE,	TRUE,	4096,	0 },
	{ TRUE,		FALSE,	FALSE,	0,		0 },
	/* before, ESN was refused without one */
	{ FALSE,	FALSE,	FALSE,	32,		0 },
	{ FALSE,	FALSE,	FALSE,	4096,	0 },
	{ FALSE,	FALSE,	TRUE,	32,		1 },
	{ FALSE,	FALSE,	TRUE,	4096,	1 },
	{ FALSE,	FALSE,	TRUE,	0,		0 },
	/* inbound they are as configured */
	{ TRUE,		TRUE,	FALSE,	0,		0 },
	{ TRUE,		TRUE,	FALSE,	32,		32 },
	{ TRUE,		TRUE,	TRUE,	1,		1 },
	{ TRUE,		TRUE,	TRUE,	4096,	4096 },
	{ FALSE,	TRUE,	FALSE,	0,		0 },
	{ FALSE,	TRUE,	FALSE,	33,		33 },
	{ FALSE,	TRUE,	TRUE,	4096,	4096 },
};

START_TEST(test_window)
{
	how.kernel.sa_dir = expected.set_dir = windows[_i].sa_dir;
	data.inbound = expected.facts.inbound = windows[_i].inbound;
	data.esn = expected.facts.esn = windows[_i].esn;
	data.replay_window = windows[_i].window;
	expected.replay_window = windows[_i].expected;
	check_sa();
	/* charon's data is not ours */
	ck_assert_int_eq(data.replay_window, windows[_i].window);
}
END_TEST

/** algorithms, with their names in the kernel */
static const struct {
	uint16_t enc, integ;
	char *enc_name, *int_name;
	uint16_t enc_icv, int_icv;
	bool aead;
} algs[] = {
	{ ENCR_AES_GCM_ICV8, AUTH_UNDEFINED, "rfc4106(gcm(aes))", NULL, 64, 0,
	  TRUE },
	{ ENCR_NULL_AUTH_AES_GMAC, AUTH_UNDEFINED, "rfc4543(gcm(aes))", NULL, 128,
	  0, TRUE },
	{ ENCR_AES_CBC, AUTH_HMAC_SHA2_512_256, "aes", "hmac(sha512)", 0, 0,
	  FALSE },
	{ ENCR_NULL, AUTH_HMAC_SHA2_256_128, "cipher_null", "hmac(sha256)", 0, 128,
	  FALSE },
	/* registered with charon */
	{ FACADE_ALG, FACADE_ALG, FACADE_ALG_NAME, FACADE_ALG_NAME, 0, 0, FALSE },
};

START_TEST(test_algorithms)
{
	data.enc_alg = algs[_i].enc;
	expected.enc.name = algs[_i].enc_name;
	expected.enc.icv_bits = algs[_i].enc_icv;
	expected.enc.aead = algs[_i].aead;
	data.int_alg = algs[_i].integ;
	data.int_key = chunk_create(sa_key + 1, 32);
	if (algs[_i].int_name)
	{
		expected.integ = (hwo_alg_t){
			.name = algs[_i].int_name,
			.icv_bits = algs[_i].int_icv,
			.key = data.int_key,
		};
	}
	check_sa();
	ck_assert_int_eq(facade_log_lines, 0);
}
END_TEST

START_TEST(test_unknown_algorithm)
{
	hwo_sa_t sa;

	data.enc_alg = 0xdead;
	ck_assert(!hwo_translate_sa(&how, &id, &data, &sa));
	ck_assert_int_eq(facade_alg_type, ENCRYPTION_ALGORITHM);
	ck_assert_int_eq(facade_log_lines, 1);
	ck_assert(strstr(facade_log_last, "ENCRYPTION_ALGORITHM"));
	ck_assert(strstr(facade_log_last, "57005"));

	data.enc_alg = ENCR_AES_CBC;
	data.int_alg = 0xbeef;
	ck_assert(!hwo_translate_sa(&how, &id, &data, &sa));
	ck_assert_int_eq(facade_alg_type, INTEGRITY_ALGORITHM);
	ck_assert_int_eq(facade_log_lines, 2);
	ck_assert(strstr(facade_log_last, "48879"));

	data.ipcomp = IPCOMP_OUI;
	data.cpi = htons(0xabcd);
	ck_assert(!hwo_translate_ipcomp(&how, &id, &data, &sa));
	ck_assert_int_eq(facade_alg_type, COMPRESSION_ALGORITHM);
	ck_assert_int_eq(facade_log_lines, 3);
}
END_TEST

TCase *translate_sa_tcase(void)
{
	TCase *tc;

	tc = tcase_create("translate_sa");
	tcase_add_checked_fixture(tc, sa_setup, sa_teardown);
	tcase_add_test(tc, test_facts);
	tcase_add_loop_test(tc, test_flags, 0, countof(dscps));
	tcase_add_test(tc, test_ah);
	tcase_add_loop_test(tc, test_window, 0, countof(windows));
	tcase_add_loop_test(tc, test_algorithms, 0, countof(algs));
	tcase_add_test(tc, test_unknown_algorithm);
	return tc;
}
