/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * XFRM messages about SAs.
 */

#include "xfrm_sa.h"
#include "uapi.h"
#include "xfrm_attr.h"
#include "xfrm_map.h"
#include "../hwo_compat.h"

#include <linux/udp.h>
#include <libmnl/libmnl.h>

/** Largest window that fits struct xfrm_usersa_info and REPLAY_VAL */
#define SMALL_WINDOW 32

/** Bits per word of the window's bitmap */
#define WORD_BITS 32

/**
 * Reserve an algorithm and fill in its name and the length of its key, which
 * the structures for all kinds of algorithms start with. The key is the last
 * part of all of them.
 */
static void *put_alg(hwo_msg_t *msg, uint16_t type, const hwo_alg_t *alg,
					 size_t size)
{
	struct xfrm_algo *out;
	size_t len = strlen(alg->name);

	out = hwo_msg_put(msg, type, NULL, size + alg->key.len);
	if (!out)
	{
		return NULL;
	}
	if (len >= sizeof(out->alg_name))
	{
		msg->overflow = TRUE;
		return NULL;
	}
	memcpy(out->alg_name, alg->name, len);
	out->alg_key_len = alg->key.len * 8;
	if (alg->key.len)
	{
		memcpy((uint8_t*)out + size, alg->key.ptr, alg->key.len);
	}
	return out;
}

/**
 * Append an AEAD.
 */
static void put_aead(hwo_msg_t *msg, const hwo_alg_t *alg)
{
	struct xfrm_algo_aead *out;

	out = put_alg(msg, XFRMA_ALG_AEAD, alg, sizeof(*out));
	if (out)
	{
		out->alg_icv_len = alg->icv_bits;
	}
}

/**
 * Append a MAC that is not truncated as is the kernel's default.
 */
static void put_truncated(hwo_msg_t *msg, const hwo_alg_t *alg)
{
	struct xfrm_algo_auth *out;

	out = put_alg(msg, XFRMA_ALG_AUTH_TRUNC, alg, sizeof(*out));
	if (out)
	{
		out->alg_trunc_len = alg->icv_bits;
	}
}

/**
 * Append the algorithms of an SA.
 */
static void put_algs(hwo_msg_t *msg, const hwo_sa_t *sa)
{
	if (sa->enc.name && sa->enc.aead)
	{
		put_aead(msg, &sa->enc);
	}
	else if (sa->enc.name)
	{
		put_alg(msg, XFRMA_ALG_CRYPT, &sa->enc, sizeof(struct xfrm_algo));
	}
	if (sa->integ.name && sa->integ.icv_bits)
	{
		put_truncated(msg, &sa->integ);
	}
	else if (sa->integ.name)
	{
		put_alg(msg, XFRMA_ALG_AUTH, &sa->integ, sizeof(struct xfrm_algo));
	}
	if (sa->comp.name)
	{
		put_alg(msg, XFRMA_ALG_COMP, &sa->comp, sizeof(struct xfrm_algo));
	}
}

/**
 * Append UDP encapsulation.
 */
static void put_encap(hwo_msg_t *msg, const hwo_sa_t *sa)
{
	struct xfrm_encap_tmpl encap = {
		.encap_type = UDP_ENCAP_ESPINUDP,
		.encap_sport = htons(sa->src_port),
		.encap_dport = htons(sa->dst_port),
	};

	if (sa->facts.encap)
	{
		hwo_msg_put(msg, XFRMA_ENCAP, &encap, sizeof(encap));
		if (sa->mtimer_thresh)
		{
			hwo_msg_put_u32(msg, XFRMA_MTIMER_THRESH, sa->mtimer_thresh);
		}
	}
}

/**
 * Append what belongs to aggregation and fragmentation.
 */
static void put_iptfs(hwo_msg_t *msg, const hwo_sa_t *sa)
{
	const hwo_iptfs_t *iptfs = &sa->iptfs;

	if (!hwo_compat_mode_is_iptfs(sa->facts.mode))
	{
		return;
	}
	if (sa->facts.inbound)
	{
		hwo_msg_put_u32(msg, HWO_XFRMA_IPTFS_DROP_TIME, iptfs->drop_time);
		hwo_msg_put_u16(msg, HWO_XFRMA_IPTFS_REORDER_WINDOW,
						iptfs->reorder_window);
		return;
	}
	hwo_msg_put_u32(msg, HWO_XFRMA_IPTFS_INIT_DELAY, iptfs->init_delay);
	hwo_msg_put_u32(msg, HWO_XFRMA_IPTFS_MAX_QSIZE, iptfs->max_queue_size);
	hwo_msg_put_u32(msg, HWO_XFRMA_IPTFS_PKT_SIZE, iptfs->packet_size);
	if (iptfs->dont_fragment)
	{
		hwo_msg_put(msg, HWO_XFRMA_IPTFS_DONT_FRAG, NULL, 0);
	}
}

/**
 * Append the marks to set, padding, flags that did not fit struct
 * xfrm_usersa_info, direction and CPU.
 */
static void put_options(hwo_msg_t *msg, const hwo_sa_t *sa)
{
	if (sa->facts.set_mark.value || sa->facts.set_mark.mask)
	{
		hwo_msg_put_u32(msg, XFRMA_SET_MARK, sa->facts.set_mark.value);
		hwo_msg_put_u32(msg, XFRMA_SET_MARK_MASK, sa->facts.set_mark.mask);
	}
	if (sa->dont_encap_dscp)
	{
		hwo_msg_put_u32(msg, XFRMA_SA_EXTRA_FLAGS,
						XFRM_SA_XFLAG_DONT_ENCAP_DSCP);
	}
	if (sa->facts.tfc)
	{
		hwo_msg_put_u32(msg, XFRMA_TFCPAD, sa->facts.tfc);
	}
	if (sa->set_dir)
	{
		hwo_msg_put_u8(msg, HWO_XFRMA_SA_DIR,
					   sa->facts.inbound ? HWO_XFRM_SA_DIR_IN
										 : HWO_XFRM_SA_DIR_OUT);
	}
	if (sa->cpu != UINT32_MAX)
	{
		hwo_msg_put_u32(msg, HWO_XFRMA_SA_PCPU, sa->cpu);
	}
}

/**
 * Fill in the bitmap of an inbound SA that continues from another one. The
 * position of a packet in it depends on the size of the window, so if that
 * changed, every packet up to the last one counts as seen: better to drop one
 * that comes late than to accept one twice.
 */
static void copy_bitmap(const hwo_replay_t *replay, uint32_t *bitmap,
						uint32_t words)
{
	if (replay->bitmap && replay->bitmap_words == words)
	{
		memcpy(bitmap, replay->bitmap, words * sizeof(*bitmap));
	}
	else if (replay->seq || replay->seq_hi)
	{
		memset(bitmap, 0xff, words * sizeof(*bitmap));
	}
}

/**
 * Append the replay state of an SA with ESN or a large window.
 */
static void put_replay_esn(hwo_msg_t *msg, const hwo_sa_t *sa)
{
	struct xfrm_replay_state_esn *out;
	uint32_t words;

	words = ((uint64_t)sa->replay_window + WORD_BITS - 1) / WORD_BITS;
	out = hwo_msg_put(msg, XFRMA_REPLAY_ESN_VAL, NULL,
					  sizeof(*out) + (size_t)words * sizeof(out->bmp[0]));
	if (!out)
	{
		return;
	}
	out->bmp_len = words;
	out->replay_window = sa->replay_window;
	if (sa->replay && sa->facts.inbound)
	{
		out->seq = sa->replay->seq;
		out->seq_hi = sa->replay->seq_hi;
		copy_bitmap(sa->replay, out->bmp, words);
	}
	else if (sa->replay)
	{
		out->oseq = sa->replay->oseq;
		out->oseq_hi = sa->replay->oseq_hi;
	}
}

/**
 * Append the replay state of an SA with a small window, if it continues from
 * another one.
 */
static void put_replay(hwo_msg_t *msg, const hwo_sa_t *sa)
{
	struct xfrm_replay_state out = {};

	if (!sa->replay)
	{
		return;
	}
	/* since Linux 6.10, the kernel refuses the state of the other direction */
	if (sa->facts.inbound)
	{
		out.seq = sa->replay->seq;
		copy_bitmap(sa->replay, &out.bitmap, 1);
	}
	else
	{
		out.oseq = sa->replay->oseq;
	}
	hwo_msg_put(msg, XFRMA_REPLAY_VAL, &out, sizeof(out));
}

/**
 * Append the usage to continue from.
 */
static void put_usage(hwo_msg_t *msg, const hwo_usage_t *usage)
{
	struct xfrm_lifetime_cur out;

	if (usage)
	{
		out = (struct xfrm_lifetime_cur){
			.bytes = usage->bytes,
			.packets = usage->packets,
			.add_time = usage->add_time,
			.use_time = usage->use_time,
		};
		hwo_msg_put(msg, XFRMA_LTIME_VAL, &out, sizeof(out));
	}
}

/**
 * Get the XFRM_STATE_* flags of an SA.
 */
static uint8_t state_flags(const hwo_sa_t *sa)
{
	return (sa->noecn ? XFRM_STATE_NOECN : 0) |
		   (sa->decap_dscp ? XFRM_STATE_DECAP_DSCP : 0) |
		   (sa->nopmtudisc ? XFRM_STATE_NOPMTUDISC : 0) |
		   (sa->icmp ? XFRM_STATE_ICMP : 0) |
		   (sa->af_unspec ? XFRM_STATE_AF_UNSPEC : 0) |
		   (sa->align4 ? XFRM_STATE_ALIGN4 : 0) |
		   (sa->facts.esn ? XFRM_STATE_ESN : 0);
}

/**
 * Whether the replay state needs a bitmap of its own.
 */
static bool has_large_state(const hwo_sa_t *sa)
{
	return sa->facts.esn || sa->replay_window > SMALL_WINDOW;
}

/**
 * Fill in the fixed header of an SA.
 */
static void fill_info(struct xfrm_usersa_info *info, const hwo_sa_t *sa)
{
	hwo_xfrm_put_selector(&sa->sel, &info->sel);
	hwo_xfrm_put_addr(&sa->id.dst, &info->id.daddr);
	hwo_xfrm_put_addr(&sa->id.src, &info->saddr);
	info->id.spi = sa->id.spi;
	info->id.proto = sa->id.proto;
	hwo_xfrm_put_limits(&sa->limits, &info->lft);
	info->seq = sa->seq;
	info->reqid = sa->reqid;
	info->family = sa->id.dst.family;
	info->mode = hwo_xfrm_mode(sa->facts.mode);
	info->flags = state_flags(sa);
	if (!has_large_state(sa))
	{
		info->replay_window = sa->replay_window;
	}
}

bool hwo_xfrm_encode_sa(hwo_msg_t *msg, const hwo_sa_t *sa,
						const hwo_offload_t *offload)
{
	struct xfrm_usersa_info *info;

	info = hwo_msg_begin(msg, sa->update ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA,
						 NLM_F_ACK, sizeof(*info));
	msg->request.kind = HWO_REQUEST_ADD_SA;
	msg->request.sa = sa->id;
	fill_info(info, sa);
	put_algs(msg, sa);
	put_encap(msg, sa);
	hwo_xfrm_put_lookup(msg, sa->id.mark, sa->id.if_id);
	hwo_xfrm_put_label(msg, sa->label);
	put_options(msg, sa);
	put_iptfs(msg, sa);
	if (has_large_state(sa))
	{
		put_replay_esn(msg, sa);
	}
	else
	{
		put_replay(msg, sa);
	}
	put_usage(msg, sa->usage);
	hwo_xfrm_put_offload(msg, offload,
						 sa->facts.inbound ? XFRM_OFFLOAD_INBOUND : 0);
	return !msg->overflow;
}

/**
 * Encode a message with struct xfrm_usersa_id.
 */
static bool encode_id(hwo_msg_t *msg, uint16_t type, uint16_t flags,
					  const hwo_sa_id_t *id)
{
	struct xfrm_usersa_id *out;

	out = hwo_msg_begin(msg, type, flags, sizeof(*out));
	hwo_xfrm_put_addr(&id->dst, &out->daddr);
	out->spi = id->spi;
	out->family = id->dst.family;
	out->proto = id->proto;
	hwo_xfrm_put_lookup(msg, id->mark, id->if_id);
	return !msg->overflow;
}

bool hwo_xfrm_encode_get_sa(hwo_msg_t *msg, const hwo_sa_id_t *id)
{
	return encode_id(msg, XFRM_MSG_GETSA, 0, id);
}

bool hwo_xfrm_encode_dump_sa(hwo_msg_t *msg)
{
	/* for dumps, the kernel expects attributes right after the header */
	hwo_msg_begin(msg, XFRM_MSG_GETSA, NLM_F_DUMP, 0);
	return !msg->overflow;
}

bool hwo_xfrm_encode_del_sa(hwo_msg_t *msg, const hwo_sa_id_t *id)
{
	encode_id(msg, XFRM_MSG_DELSA, NLM_F_ACK, id);
	msg->request.kind = HWO_REQUEST_DEL_SA;
	msg->request.sa = *id;
	return !msg->overflow;
}

bool hwo_xfrm_encode_alloc_spi(hwo_msg_t *msg, const hwo_addr_t *src,
							   const hwo_addr_t *dst, uint8_t proto,
							   uint32_t min, uint32_t max, bool set_dir)
{
	struct xfrm_userspi_info *out;

	out = hwo_msg_begin(msg, XFRM_MSG_ALLOCSPI, 0, sizeof(*out));
	hwo_xfrm_put_addr(src, &out->info.saddr);
	hwo_xfrm_put_addr(dst, &out->info.id.daddr);
	out->info.id.proto = proto;
	out->info.family = dst->family;
	/* a larval SA has no mode yet, the kernel still wants a valid one */
	out->info.mode = XFRM_MODE_TUNNEL;
	out->min = min;
	out->max = max;
	if (set_dir)
	{
		hwo_msg_put_u8(msg, HWO_XFRMA_SA_DIR, HWO_XFRM_SA_DIR_IN);
	}
	return !msg->overflow;
}

void hwo_xfrm_set_larval_reqid(hwo_msg_t *msg, uint32_t reqid)
{
	struct xfrm_userspi_info *out = mnl_nlmsg_get_payload(&msg->hdr);

	out->info.reqid = reqid;
}

bool hwo_xfrm_encode_flush_sa(hwo_msg_t *msg, uint8_t proto)
{
	struct xfrm_usersa_flush *out;

	out = hwo_msg_begin(msg, XFRM_MSG_FLUSHSA, NLM_F_ACK, sizeof(*out));
	out->proto = proto;
	return !msg->overflow;
}
