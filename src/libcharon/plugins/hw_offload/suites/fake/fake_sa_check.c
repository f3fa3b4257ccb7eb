/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What Linux insists on before it makes an SA of a request (verify_newsa_info()
 * and verify_replay() in net/xfrm/xfrm_user.c, xfrm_init_replay()).
 */

#include "fake_private.h"

#include <errno.h>
#include <netinet/in.h>

/**
 * Names the crypto API has for what IPsec uses.
 */
static const char *algorithms[] = {
	"rfc4106(gcm(aes))", "rfc4543(gcm(aes))", "rfc4309(ccm(aes))",
	"rfc7539esp(chacha20,poly1305)",
	"digest_null", "hmac(md5)", "hmac(sha1)", "hmac(sha256)", "hmac(sha384)",
	"hmac(sha512)", "hmac(rmd160)", "xcbc(aes)", "cmac(aes)",
	"md5", "sha1", "sha256", "sha384", "sha512",
	"ecb(cipher_null)", "cipher_null", "cbc(des)", "cbc(des3_ede)",
	"cbc(cast5)", "cbc(blowfish)", "cbc(aes)", "cbc(serpent)",
	"cbc(camellia)", "cbc(twofish)", "rfc3686(ctr(aes))",
	"des", "des3_ede", "cast5", "blowfish", "aes", "serpent", "camellia",
	"twofish", "deflate", "lzs", "lzjh",
};

/**
 * Check one algorithm: name and key fit the attribute.
 *
 * @param fixed		size of the attribute's struct without the key
 * @param key_at	offset of the length of the key
 */
static int check_algorithm(fake_request_t *request, int type, size_t fixed,
						   size_t key_at)
{
	const struct nlattr *attr = request->tb[type];
	char name[64];
	uint32_t bits;
	int i;

	if (!attr)
	{
		return 0;
	}
	if (fake_attr_len(attr) < fixed)
	{
		return refuse(request, EINVAL, "Invalid algorithm attribute length");
	}
	memcpy(name, fake_attr_data(attr), sizeof(name));
	memcpy(&bits, (const char*)fake_attr_data(attr) + key_at, sizeof(bits));
	if (fake_attr_len(attr) < fixed + (bits + 7) / 8)
	{
		return refuse(request, EINVAL, "Invalid algorithm attribute length");
	}
	name[sizeof(name) - 1] = '\0';
	for (i = 0; i < countof(algorithms); i++)
	{
		if (streq(algorithms[i], name))
		{
			return 0;
		}
	}
	return refuse(request, ENOSYS, "Requested algorithm not found");
}

/**
 * Check that a protocol has the algorithms it needs, and no others.
 */
static int check_algorithms(fake_request_t *request, uint8_t proto)
{
	const struct nlattr **tb = request->tb;
	bool auth = tb[XFRMA_ALG_AUTH] || tb[XFRMA_ALG_AUTH_TRUNC];
	int err;

	switch (proto)
	{
		case IPPROTO_AH:
			if (!auth || tb[XFRMA_ALG_AEAD] || tb[XFRMA_ALG_CRYPT] ||
				tb[XFRMA_ALG_COMP] || tb[XFRMA_TFCPAD])
			{
				return refuse(request, EINVAL, "Invalid attributes for AH");
			}
			break;
		case IPPROTO_ESP:
			if (tb[XFRMA_ALG_COMP] ||
				(!auth && !tb[XFRMA_ALG_CRYPT] && !tb[XFRMA_ALG_AEAD]) ||
				(tb[XFRMA_ALG_AEAD] && (auth || tb[XFRMA_ALG_CRYPT])))
			{
				return refuse(request, EINVAL, "Invalid attributes for ESP");
			}
			break;
		case IPPROTO_COMP:
			if (!tb[XFRMA_ALG_COMP] || tb[XFRMA_ALG_AEAD] || auth ||
				tb[XFRMA_ALG_CRYPT] || tb[XFRMA_TFCPAD])
			{
				return refuse(request, EINVAL, "Invalid attributes for COMP");
			}
			break;
		default:
			return refuse(request, EINVAL, "Unsupported protocol");
	}
	err = check_algorithm(request, XFRMA_ALG_AEAD,
						  sizeof(struct xfrm_algo_aead),
						  offsetof(struct xfrm_algo_aead, alg_key_len));
	err = err ?: check_algorithm(request, XFRMA_ALG_AUTH_TRUNC,
						  sizeof(struct xfrm_algo_auth),
						  offsetof(struct xfrm_algo_auth, alg_key_len));
	err = err ?: check_algorithm(request, XFRMA_ALG_AUTH,
						  sizeof(struct xfrm_algo),
						  offsetof(struct xfrm_algo, alg_key_len));
	err = err ?: check_algorithm(request, XFRMA_ALG_CRYPT,
						  sizeof(struct xfrm_algo),
						  offsetof(struct xfrm_algo, alg_key_len));
	return err ?: check_algorithm(request, XFRMA_ALG_COMP,
						  sizeof(struct xfrm_algo),
						  offsetof(struct xfrm_algo, alg_key_len));
}

/**
 * Check family, addresses and selector.
 */
static int check_addresses(fake_request_t *request,
						   const struct xfrm_usersa_info *info)
{
	uint8_t bits = info->family == AF_INET ? 32 : 128;

	if (info->family != AF_INET && info->family != AF_INET6)
	{
		return refuse(request, EINVAL, "Invalid address family");
	}
	switch (info->sel.family)
	{
		case AF_UNSPEC:
			return 0;
		case AF_INET:
			bits = 32;
			break;
		case AF_INET6:
			bits = 128;
			break;
		default:
			return refuse(request, EINVAL, "Invalid family in selector");
	}
	if (info->sel.prefixlen_d > bits || info->sel.prefixlen_s > bits)
	{
		return refuse(request, EINVAL, "Invalid prefix length in selector");
	}
	return 0;
}

/**
 * Check the replay state of an SA with ESN, or with a window it does not fit
 * into the fixed header.
 */
static int check_replay_esn(fake_request_t *request,
							const struct xfrm_usersa_info *info, uint8_t dir)
{
	const struct nlattr *attr = request->tb[XFRMA_REPLAY_ESN_VAL];
	struct xfrm_replay_state_esn esn;

	if (fake_attr_len(attr) < sizeof(esn))
	{
		return EINVAL;
	}
	memcpy(&esn, fake_attr_data(attr), sizeof(esn));
	if (esn.bmp_len > XFRMA_REPLAY_ESN_MAX / 32 ||
		fake_attr_len(attr) != sizeof(esn) + esn.bmp_len * sizeof(uint32_t))
	{
		return refuse(request, EINVAL, "ESN attribute is too short to fit the "
					  "full bitmap length");
	}
	if (info->id.proto == IPPROTO_COMP)
	{
		return refuse(request, EINVAL, "ESN only supported for ESP and AH");
	}
	if (info->replay_window)
	{
		return refuse(request, EINVAL, "ESN not compatible with legacy "
					  "replay_window");
	}
	if (esn.replay_window > esn.bmp_len * 32)
	{
		return refuse(request, EINVAL, "ESN replay window is too large for the "
					  "chosen bitmap size");
	}
	if (dir == FAKE_DIR_OUT &&
		(esn.replay_window || esn.bmp_len || esn.seq || esn.seq_hi))
	{
		return refuse(request, EINVAL, "Replay state must be 0 for output SA");
	}
	if (dir == FAKE_DIR_IN && (esn.oseq || esn.oseq_hi))
	{
		return refuse(request, EINVAL, "Replay oseq and oseq_hi should be 0 "
					  "for input SA");
	}
	if (dir != FAKE_DIR_OUT && (info->flags & XFRM_STATE_ESN) &&
		!esn.replay_window)
	{
		return refuse(request, EINVAL, "ESN replay window must be > 0");
	}
	return 0;
}

/**
 * Check what goes with a direction, or only without one.
 */
static int check_direction(fake_request_t *request,
						   const struct xfrm_usersa_info *info, uint8_t dir)
{
	const struct nlattr **tb = request->tb;

	if (!dir && request->kernel->version >= FAKE_LINUX_6_12 &&
		(info->mode == 5 || tb[FAKE_XFRMA_SA_PCPU]))
	{	/* IP-TFS, or one per CPU */
		return refuse(request, EINVAL, "SA_DIR attribute is missing");
	}
	if (dir == FAKE_DIR_OUT && info->replay_window)
	{
		return refuse(request, EINVAL,
					  "Replay window should not be set for OUT SA");
	}
	if (dir == FAKE_DIR_OUT && tb[XFRMA_MTIMER_THRESH])
	{
		return refuse(request, EINVAL,
					  "MTIMER_THRESH attribute should not be set on output SA");
	}
	if (dir == FAKE_DIR_OUT && (info->flags & (XFRM_STATE_DECAP_DSCP |
											   XFRM_STATE_ICMP |
											   XFRM_STATE_WILDRECV)))
	{
		return refuse(request, EINVAL, "Flag not valid for output SA");
	}
	if (dir == FAKE_DIR_IN && (info->flags & (XFRM_STATE_NOPMTUDISC)))
	{
		return refuse(request, EINVAL,
					  "Flag NOPMTUDISC not valid for input SA");
	}
	if (dir == FAKE_DIR_IN && tb[XFRMA_SA_EXTRA_FLAGS] &&
		(fake_attr_u32(tb[XFRMA_SA_EXTRA_FLAGS], 0) &
		 XFRM_SA_XFLAG_DONT_ENCAP_DSCP))
	{
		return refuse(request, EINVAL, "Flag DONT_ENCAP_DSCP not valid for "
					  "input SA");
	}
	return 0;
}

/**
 * Check attributes of a fixed size.
 */
static int check_sizes(fake_request_t *request)
{
	static const struct {
		int type;
		size_t size;
	} sizes[] = {
		{ XFRMA_ENCAP, sizeof(struct xfrm_encap_tmpl) },
		{ XFRMA_MARK, sizeof(struct xfrm_mark) },
		{ XFRMA_OFFLOAD_DEV, sizeof(struct xfrm_user_offload) },
		{ XFRMA_LTIME_VAL, sizeof(struct xfrm_lifetime_cur) },
		{ XFRMA_REPLAY_VAL, sizeof(struct xfrm_replay_state) },
		{ XFRMA_COADDR, sizeof(xfrm_address_t) },
		{ XFRMA_SEC_CTX, sizeof(struct xfrm_user_sec_ctx) },
		{ XFRMA_TFCPAD, 4 },
		{ XFRMA_SET_MARK, 4 },
		{ XFRMA_SET_MARK_MASK, 4 },
		{ XFRMA_IF_ID, 4 },
		{ XFRMA_MTIMER_THRESH, 4 },
		{ XFRMA_SA_EXTRA_FLAGS, 4 },
		{ FAKE_XFRMA_SA_DIR, 1 },
	};
	int i;

	for (i = 0; i < countof(sizes); i++)
	{
		if (request->tb[sizes[i].type] &&
			fake_attr_len(request->tb[sizes[i].type]) < sizes[i].size)
		{
			return refuse(request, ERANGE,
						  "Attribute failed policy validation");
		}
	}
	return 0;
}

int fake_check_sa(fake_request_t *request)
{
	const struct xfrm_usersa_info *info = request->body;
	uint8_t dir;
	int err;

	err = check_sizes(request);
	err = err ?: check_addresses(request, info);
	err = err ?: check_algorithms(request, info->id.proto);
	if (err)
	{
		return err;
	}
	if (info->mode > 5)
	{
		return refuse(request, EINVAL, "Unsupported mode");
	}
	if (!info->id.spi)
	{	/* such an SA is never found, Linux takes it nevertheless */
		return refuse(request, EINVAL, "fake kernel: SA without SPI");
	}
	dir = fake_attr_u8(request->tb[FAKE_XFRMA_SA_DIR], 0);
	if (dir > FAKE_DIR_OUT || (request->tb[FAKE_XFRMA_SA_DIR] && !dir))
	{
		return refuse(request, ERANGE, "integer out of range");
	}
	if (request->tb[XFRMA_MTIMER_THRESH] && !request->tb[XFRMA_ENCAP])
	{
		return refuse(request, EINVAL, "MTIMER_THRESH attribute can only be "
					  "set on ENCAP states");
	}
	err = check_direction(request, info, dir);
	if (!err && request->tb[XFRMA_REPLAY_ESN_VAL])
	{
		return check_replay_esn(request, info, dir);
	}
	if (!err && (info->flags & XFRM_STATE_ESN))
	{
		return refuse(request, EINVAL, "Missing required attribute for ESN");
	}
	return err;
}
