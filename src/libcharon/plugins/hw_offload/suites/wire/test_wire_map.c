/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the tables and conversions.
 */

#include "wire_suites.h"

#include <netinet/in.h>

#include <crypto/crypters/crypter.h>
#include <crypto/signers/signer.h>

#include "../../hwo_compat.h"
#include "../../wire/uapi.h"
#include "../../wire/xfrm_map.h"

/**
 * Algorithms by the numbers that IANA has given to them (strongSwan's private
 * ones by name), and what the kernel calls them.
 */
static const struct {
	transform_type_t type;
	uint16_t ike;
	const char *name;
	uint16_t icv_bits;
	bool aead;
} algorithms[] = {
	{ ENCRYPTION_ALGORITHM, 2, "des", 0, FALSE },
	{ ENCRYPTION_ALGORITHM, 3, "des3_ede", 0, FALSE },
	{ ENCRYPTION_ALGORITHM, 6, "cast5", 0, FALSE },
	{ ENCRYPTION_ALGORITHM, 7, "blowfish", 0, FALSE },
	{ ENCRYPTION_ALGORITHM, 11, "cipher_null", 0, FALSE },
	{ ENCRYPTION_ALGORITHM, 12, "aes", 0, FALSE },
	{ ENCRYPTION_ALGORITHM, 13, "rfc3686(ctr(aes))", 0, FALSE },
	{ ENCRYPTION_ALGORITHM, 14, "rfc4309(ccm(aes))", 64, TRUE },
	{ ENCRYPTION_ALGORITHM, 15, "rfc4309(ccm(aes))", 96, TRUE },
	{ ENCRYPTION_ALGORITHM, 16, "rfc4309(ccm(aes))", 128, TRUE },
	{ ENCRYPTION_ALGORITHM, 18, "rfc4106(gcm(aes))", 64, TRUE },
	{ ENCRYPTION_ALGORITHM, 19, "rfc4106(gcm(aes))", 96, TRUE },
	{ ENCRYPTION_ALGORITHM, 20, "rfc4106(gcm(aes))", 128, TRUE },
	{ ENCRYPTION_ALGORITHM, 21, "rfc4543(gcm(aes))", 128, TRUE },
	{ ENCRYPTION_ALGORITHM, 23, "cbc(camellia)", 0, FALSE },
	{ ENCRYPTION_ALGORITHM, 28, "rfc7539esp(chacha20,poly1305)", 128, TRUE },
	{ ENCRYPTION_ALGORITHM, ENCR_SERPENT_CBC, "serpent", 0, FALSE },
	{ ENCRYPTION_ALGORITHM, ENCR_TWOFISH_CBC, "twofish", 0, FALSE },
	{ INTEGRITY_ALGORITHM, 1, "md5", 0, FALSE },
	{ INTEGRITY_ALGORITHM, 2, "sha1", 0, FALSE },
	{ INTEGRITY_ALGORITHM, 5, "xcbc(aes)", 0, FALSE },
	{ INTEGRITY_ALGORITHM, 6, "hmac(md5)", 128, FALSE },
	{ INTEGRITY_ALGORITHM, 7, "hmac(sha1)", 160, FALSE },
	{ INTEGRITY_ALGORITHM, 8, "cmac(aes)", 0, FALSE },
	{ INTEGRITY_ALGORITHM, 12, "hmac(sha256)", 128, FALSE },
	{ INTEGRITY_ALGORITHM, 13, "hmac(sha384)", 0, FALSE },
	{ INTEGRITY_ALGORITHM, 14, "hmac(sha512)", 0, FALSE },
	{ INTEGRITY_ALGORITHM, AUTH_HMAC_SHA2_256_96, "sha256", 0, FALSE },
	{ INTEGRITY_ALGORITHM, AUTH_HMAC_SHA2_256_256, "hmac(sha256)", 256, FALSE },
	{ INTEGRITY_ALGORITHM, AUTH_HMAC_SHA2_384_384, "hmac(sha384)", 384, FALSE },
	{ INTEGRITY_ALGORITHM, AUTH_HMAC_SHA2_512_512, "hmac(sha512)", 512, FALSE },
	{ COMPRESSION_ALGORITHM, 2, "deflate", 0, FALSE },
	{ COMPRESSION_ALGORITHM, 3, "lzs", 0, FALSE },
	{ COMPRESSION_ALGORITHM, 4, "lzjh", 0, FALSE },
};

START_TEST(test_algorithm)
{
	hwo_alg_t alg = { .name = "?", .aead = !algorithms[_i].aead };

	ck_assert(hwo_xfrm_algorithm(algorithms[_i].type, algorithms[_i].ike,
								 &alg));
	ck_assert_str_eq(alg.name, algorithms[_i].name);
	ck_assert_uint_eq(alg.icv_bits, algorithms[_i].icv_bits);
	ck_assert_int_eq(alg.aead, algorithms[_i].aead);
	ck_assert(!alg.key.ptr);
}
END_TEST

/**
 * Whether an algorithm is among those above.
 */
static bool is_known(transform_type_t type, uint16_t ike)
{
	int i;

	for (i = 0; i < countof(algorithms); i++)
	{
		if (algorithms[i].type == type && algorithms[i].ike == ike)
		{
			return TRUE;
		}
	}
	return FALSE;
}

START_TEST(test_algorithm_unknown)
{
	static const transform_type_t types[] = {
		ENCRYPTION_ALGORITHM, INTEGRITY_ALGORITHM, COMPRESSION_ALGORITHM,
	};
	hwo_alg_t alg;
	int i, ike;

	for (i = 0; i < countof(types); i++)
	{
		for (ike = 0; ike <= UINT16_MAX; ike++)
		{
			ck_assert_int_eq(hwo_xfrm_algorithm(types[i], ike, &alg),
							 is_known(types[i], ike));
		}
	}
	ck_assert(!hwo_xfrm_algorithm(PSEUDO_RANDOM_FUNCTION, 2, &alg));
}
END_TEST

START_TEST(test_mode)
{
	ck_assert_int_eq(hwo_xfrm_mode(MODE_TRANSPORT), 0);
	ck_assert_int_eq(hwo_xfrm_mode(MODE_TUNNEL), 1);
	ck_assert_int_eq(hwo_xfrm_mode(MODE_BEET), 4);
	ck_assert_int_eq(hwo_xfrm_mode(MODE_NONE), 0);
	ck_assert_int_eq(hwo_xfrm_mode(MODE_PASS), 0);
	ck_assert_int_eq(hwo_xfrm_mode(MODE_DROP), 0);
#if HWO_HAVE_MODE_IPTFS
	ck_assert_int_eq(hwo_xfrm_mode(MODE_IPTFS), 5);
#endif
}
END_TEST

START_TEST(test_direction)
{
	policy_dir_t dir;
	int i;

	for (i = 0; i <= UINT8_MAX; i++)
	{
		dir = 99;
		ck_assert_int_eq(hwo_xfrm_get_dir(i, &dir), i < 3);
		ck_assert_int_eq(dir, i < 3 ? i : 99);
	}
	ck_assert_int_eq(POLICY_IN, 0);
	ck_assert_int_eq(POLICY_OUT, 1);
	ck_assert_int_eq(POLICY_FWD, 2);
}
END_TEST

START_TEST(test_address)
{
	static const char *addrs[] = { "192.0.2.1", "2001:db8::2" };
	const hwo_addr_t unspecified = {};
	xfrm_address_t out, zero = {};
	hwo_addr_t addr, back;
	int i;

	for (i = 0; i < countof(addrs); i++)
	{
		addr = wire_addr(addrs[i]);
		memset(&out, 0xff, sizeof(out));
		hwo_xfrm_put_addr(&addr, &out);
		ck_assert_mem_eq(&out, addr.bytes, sizeof(out));
		memset(&back, 0xff, sizeof(back));
		ck_assert(hwo_xfrm_get_addr(addr.family, &out, &back));
		ck_assert_mem_eq(&back, &addr, sizeof(addr));
	}
	/* bytes that don't belong to the family are not taken over */
	memset(&out, 0xff, sizeof(out));
	ck_assert(hwo_xfrm_get_addr(AF_INET, &out, &back));
	addr = wire_addr("255.255.255.255");
	ck_assert_mem_eq(&back, &addr, sizeof(addr));
	memset(addr.bytes, 0xff, sizeof(addr.bytes));
	hwo_xfrm_put_addr(&addr, &out);
	ck_assert_mem_eq(&out, "\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0", 16);

	memset(&back, 0xff, sizeof(back));
	ck_assert(!hwo_xfrm_get_addr(AF_UNIX, &out, &back));
	ck_assert_mem_eq(&back, &unspecified, sizeof(back));
	memset(&out, 0xff, sizeof(out));
	hwo_xfrm_put_addr(&unspecified, &out);
	ck_assert_mem_eq(&out, &zero, sizeof(out));
}
END_TEST

START_TEST(test_selector)
{
	hwo_selector_t sel = wire_selector("10.1.0.0", 16, "10.2.3.0", 24), back,
				   none = {};
	struct xfrm_selector out, zero = {};

	sel.proto = IPPROTO_TCP;
	sel.src_port = 0x1234;
	sel.src_port_mask = 0xfff0;
	sel.dst_port = 0x5678;
	sel.dst_port_mask = 0xff00;
	sel.ifindex = 7;
	memset(&out, 0xff, sizeof(out));
	hwo_xfrm_put_selector(&sel, &out);
	ck_assert_uint_eq(ntohl(out.saddr.a4), 0x0a010000);
	ck_assert_uint_eq(ntohl(out.daddr.a4), 0x0a020300);
	ck_assert_uint_eq(ntohs(out.sport), 0x1234);
	ck_assert_uint_eq(ntohs(out.sport_mask), 0xfff0);
	ck_assert_uint_eq(ntohs(out.dport), 0x5678);
	ck_assert_uint_eq(ntohs(out.dport_mask), 0xff00);
	ck_assert_int_eq(out.ifindex, 7);
	ck_assert_uint_eq(out.user, 0);
	hwo_xfrm_get_selector(&out, &back);
	ck_assert_mem_eq(&back, &sel, sizeof(sel));

	/* prefixes that do not exist */
	out.prefixlen_s = 33;
	out.prefixlen_d = 255;
	hwo_xfrm_get_selector(&out, &back);
	ck_assert_uint_eq(back.src_prefix, 32);
	ck_assert_uint_eq(back.dst_prefix, 32);

	hwo_xfrm_put_selector(&none, &out);
	ck_assert_mem_eq(&out, &zero, sizeof(out));
	memset(&back, 0xff, sizeof(back));
	hwo_xfrm_get_selector(&out, &back);
	ck_assert_mem_eq(&back, &none, sizeof(none));
}
END_TEST

START_TEST(test_limits)
{
	const hwo_limits_t none = {}, some = { 1, 2, 3, 4, 5, 6 };
	struct xfrm_lifetime_cfg out;
	hwo_limits_t back;

	hwo_xfrm_put_limits(&none, &out);
	ck_assert_uint_eq(out.soft_byte_limit, UINT64_MAX);
	ck_assert_uint_eq(out.hard_byte_limit, UINT64_MAX);
	ck_assert_uint_eq(out.soft_packet_limit, UINT64_MAX);
	ck_assert_uint_eq(out.hard_packet_limit, UINT64_MAX);
	ck_assert_uint_eq(out.soft_add_expires_seconds, 0);
	ck_assert_uint_eq(out.hard_add_expires_seconds, 0);
	hwo_xfrm_get_limits(&out, &back);
	ck_assert_mem_eq(&back, &none, sizeof(none));

	hwo_xfrm_put_limits(&some, &out);
	ck_assert_uint_eq(out.soft_use_expires_seconds, 0);
	ck_assert_uint_eq(out.hard_use_expires_seconds, 0);
	hwo_xfrm_get_limits(&out, &back);
	ck_assert_mem_eq(&back, &some, sizeof(some));

	/* others may have written what means "never" differently */
	memset(&out, 0xff, sizeof(out));
	hwo_xfrm_get_limits(&out, &back);
	ck_assert_mem_eq(&back, &none, sizeof(none));
}
END_TEST

START_TEST(test_mode_names)
{
	ck_assert_str_eq(enum_to_name(hwo_mode_names, HWO_MODE_NONE), "none");
	ck_assert_str_eq(enum_to_name(hwo_mode_names, HWO_MODE_CRYPTO), "crypto");
	ck_assert_str_eq(enum_to_name(hwo_mode_names, HWO_MODE_PACKET), "packet");
}
END_TEST

TCase *map_tcase(void)
{
	TCase *tcase = tcase_create("map");

	tcase_add_loop_test(tcase, test_algorithm, 0, countof(algorithms));
	tcase_add_test(tcase, test_algorithm_unknown);
	tcase_add_test(tcase, test_mode);
	tcase_add_test(tcase, test_direction);
	tcase_add_test(tcase, test_address);
	tcase_add_test(tcase, test_selector);
	tcase_add_test(tcase, test_limits);
	tcase_add_test(tcase, test_mode_names);
	return tcase;
}
