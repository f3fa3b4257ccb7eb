/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tables and conversions between our terms and those of linux/xfrm.h.
 */

#include "xfrm_map.h"
#include "nl_msg.h"
#include "uapi.h"
#include "../hwo_compat.h"

#include <crypto/crypters/crypter.h>
#include <crypto/signers/signer.h>

/**
 * An algorithm that the kernel knows.
 */
typedef struct {
	/** IKE identifier */
	uint16_t ike;
	/** length of the ICV in bits, 0 for the kernel's default */
	uint16_t icv_bits;
	/** name in the kernel's crypto API */
	const char *name;
} algorithm_t;

/**
 * Ciphers without integrity protection.
 */
static const algorithm_t ciphers[] = {
	{ ENCR_NULL,				0, "cipher_null" },
	{ ENCR_AES_CBC,				0, "aes" },
	{ ENCR_AES_CTR,				0, "rfc3686(ctr(aes))" },
	{ ENCR_CAMELLIA_CBC,		0, "cbc(camellia)" },
	{ ENCR_SERPENT_CBC,			0, "serpent" },
	{ ENCR_TWOFISH_CBC,			0, "twofish" },
	{ ENCR_BLOWFISH,			0, "blowfish" },
	{ ENCR_CAST,				0, "cast5" },
	{ ENCR_3DES,				0, "des3_ede" },
	{ ENCR_DES,					0, "des" },
};

/**
 * Combined mode algorithms, GMAC included.
 */
static const algorithm_t aeads[] = {
	{ ENCR_AES_GCM_ICV16,		128, "rfc4106(gcm(aes))" },
	{ ENCR_AES_GCM_ICV12,		96, "rfc4106(gcm(aes))" },
	{ ENCR_AES_GCM_ICV8,		64, "rfc4106(gcm(aes))" },
	{ ENCR_NULL_AUTH_AES_GMAC,	128, "rfc4543(gcm(aes))" },
	{ ENCR_AES_CCM_ICV16,		128, "rfc4309(ccm(aes))" },
	{ ENCR_AES_CCM_ICV12,		96, "rfc4309(ccm(aes))" },
	{ ENCR_AES_CCM_ICV8,		64, "rfc4309(ccm(aes))" },
	{ ENCR_CHACHA20_POLY1305,	128, "rfc7539esp(chacha20,poly1305)" },
};

/**
 * Integrity algorithms. Where the kernel's default truncation is that of the
 * IKE algorithm, none is given. For SHA-256 the default are the 96 bits of an
 * early draft, not the 128 of RFC 4868.
 */
static const algorithm_t macs[] = {
	{ AUTH_HMAC_SHA2_256_128,	128, "hmac(sha256)" },
	{ AUTH_HMAC_SHA2_256_256,	256, "hmac(sha256)" },
	{ AUTH_HMAC_SHA2_256_96,	0, "sha256" },
	{ AUTH_HMAC_SHA2_384_192,	0, "hmac(sha384)" },
	{ AUTH_HMAC_SHA2_384_384,	384, "hmac(sha384)" },
	{ AUTH_HMAC_SHA2_512_256,	0, "hmac(sha512)" },
	{ AUTH_HMAC_SHA2_512_512,	512, "hmac(sha512)" },
	{ AUTH_HMAC_SHA1_96,		0, "sha1" },
	{ AUTH_HMAC_SHA1_160,		160, "hmac(sha1)" },
	{ AUTH_HMAC_MD5_96,			0, "md5" },
	{ AUTH_HMAC_MD5_128,		128, "hmac(md5)" },
	{ AUTH_AES_XCBC_96,			0, "xcbc(aes)" },
	{ AUTH_AES_CMAC_96,			0, "cmac(aes)" },
};

/**
 * IPComp algorithms.
 */
static const algorithm_t compressions[] = {
	{ IPCOMP_DEFLATE,			0, "deflate" },
	{ IPCOMP_LZS,				0, "lzs" },
	{ IPCOMP_LZJH,				0, "lzjh" },
};

/**
 * Find an algorithm in a table.
 */
static bool find_algorithm(const algorithm_t *table, int count, uint16_t ike,
						   bool aead, hwo_alg_t *alg)
{
	int i;

	for (i = 0; i < count; i++)
	{
		if (table[i].ike == ike)
		{
			alg->name = table[i].name;
			alg->icv_bits = table[i].icv_bits;
			alg->aead = aead;
			return TRUE;
		}
	}
	return FALSE;
}

bool hwo_xfrm_algorithm(transform_type_t type, uint16_t ike, hwo_alg_t *alg)
{
	switch (type)
	{
		case ENCRYPTION_ALGORITHM:
			return find_algorithm(aeads, countof(aeads), ike, TRUE, alg) ||
				   find_algorithm(ciphers, countof(ciphers), ike, FALSE, alg);
		case INTEGRITY_ALGORITHM:
			return find_algorithm(macs, countof(macs), ike, FALSE, alg);
		case COMPRESSION_ALGORITHM:
			return find_algorithm(compressions, countof(compressions), ike,
								  FALSE, alg);
		default:
			return FALSE;
	}
}

uint8_t hwo_xfrm_mode(ipsec_mode_t mode)
{
	if (mode == MODE_TUNNEL)
	{
		return XFRM_MODE_TUNNEL;
	}
	if (mode == MODE_BEET)
	{
		return XFRM_MODE_BEET;
	}
	if (hwo_compat_mode_is_iptfs(mode))
	{
		return XFRM_MODE_IPTFS;
	}
	return XFRM_MODE_TRANSPORT;
}

bool hwo_xfrm_get_dir(uint8_t dir, policy_dir_t *out)
{
	switch (dir)
	{
		case XFRM_POLICY_IN:
			*out = POLICY_IN;
			return TRUE;
		case XFRM_POLICY_OUT:
			*out = POLICY_OUT;
			return TRUE;
		case XFRM_POLICY_FWD:
			*out = POLICY_FWD;
			return TRUE;
		default:
			return FALSE;
	}
}

void hwo_xfrm_put_addr(const hwo_addr_t *addr, xfrm_address_t *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out, addr->bytes, hwo_addr_len(addr->family));
}

bool hwo_xfrm_get_addr(uint16_t family, const xfrm_address_t *addr,
					   hwo_addr_t *out)
{
	size_t len = hwo_addr_len(family);

	memset(out, 0, sizeof(*out));
	if (!len)
	{
		return FALSE;
	}
	out->family = family;
	memcpy(out->bytes, addr, len);
	return TRUE;
}

void hwo_xfrm_put_selector(const hwo_selector_t *sel,
						   struct xfrm_selector *out)
{
	size_t len = hwo_addr_len(sel->family);

	memset(out, 0, sizeof(*out));
	out->family = sel->family;
	memcpy(&out->saddr, sel->src, len);
	memcpy(&out->daddr, sel->dst, len);
	out->prefixlen_s = sel->src_prefix;
	out->prefixlen_d = sel->dst_prefix;
	out->proto = sel->proto;
	out->sport = htons(sel->src_port);
	out->sport_mask = htons(sel->src_port_mask);
	out->dport = htons(sel->dst_port);
	out->dport_mask = htons(sel->dst_port_mask);
	out->ifindex = sel->ifindex;
	out->user = sel->user;
}

/**
 * Family of a selector: the kernel did not always set it in acquires, the
 * prefix lengths of a selector made from a packet tell it too.
 */
static uint16_t selector_family(const struct xfrm_selector *sel)
{
	if (hwo_addr_len(sel->family))
	{
		return sel->family;
	}
	if (sel->prefixlen_s == 32 || sel->prefixlen_d == 32)
	{
		return AF_INET;
	}
	if (sel->prefixlen_s == 128 || sel->prefixlen_d == 128)
	{
		return AF_INET6;
	}
	return AF_UNSPEC;
}

void hwo_xfrm_get_selector(const struct xfrm_selector *sel,
						   hwo_selector_t *out)
{
	size_t len;

	memset(out, 0, sizeof(*out));
	out->family = selector_family(sel);
	len = hwo_addr_len(out->family);
	memcpy(out->src, &sel->saddr, len);
	memcpy(out->dst, &sel->daddr, len);
	out->src_prefix = min(sel->prefixlen_s, len * 8);
	out->dst_prefix = min(sel->prefixlen_d, len * 8);
	out->proto = sel->proto;
	out->src_port = ntohs(sel->sport);
	out->src_port_mask = ntohs(sel->sport_mask);
	out->dst_port = ntohs(sel->dport);
	out->dst_port_mask = ntohs(sel->dport_mask);
	out->ifindex = sel->ifindex;
	out->user = sel->user;
}

void hwo_xfrm_put_limits(const hwo_limits_t *limits,
						 struct xfrm_lifetime_cfg *out)
{
	memset(out, 0, sizeof(*out));
	out->soft_byte_limit = limits->soft_bytes ?: XFRM_INF;
	out->hard_byte_limit = limits->hard_bytes ?: XFRM_INF;
	out->soft_packet_limit = limits->soft_packets ?: XFRM_INF;
	out->hard_packet_limit = limits->hard_packets ?: XFRM_INF;
	/* for times, 0 is the kernel's way to say that there is no limit */
	out->soft_add_expires_seconds = limits->soft_time;
	out->hard_add_expires_seconds = limits->hard_time;
}

/**
 * Convert one limit from the kernel's form.
 */
static uint64_t get_limit(uint64_t limit)
{
	return limit == XFRM_INF ? 0 : limit;
}

void hwo_xfrm_get_limits(const struct xfrm_lifetime_cfg *limits,
						 hwo_limits_t *out)
{
	out->soft_bytes = get_limit(limits->soft_byte_limit);
	out->hard_bytes = get_limit(limits->hard_byte_limit);
	out->soft_packets = get_limit(limits->soft_packet_limit);
	out->hard_packets = get_limit(limits->hard_packet_limit);
	out->soft_time = get_limit(limits->soft_add_expires_seconds);
	out->hard_time = get_limit(limits->hard_add_expires_seconds);
}
