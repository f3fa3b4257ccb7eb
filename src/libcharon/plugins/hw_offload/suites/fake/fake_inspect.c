/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What tests see of the fake kernel, and what it announces on their request.
 */

#include "fake_private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>

chunk_t fake_sa_attr(const fake_sa_t *sa, uint16_t type)
{
	const struct nlattr *tb[FAKE_MAX_ATTR];

	if (!fake_attrs_parse(sa->attrs.ptr, sa->attrs.len, tb) || !tb[type])
	{
		return chunk_empty;
	}
	return chunk_create((u_char*)fake_attr_data(tb[type]),
						fake_attr_len(tb[type]));
}

bool fake_kernel_get_sa(fake_kernel_t *this, uint32_t spi, fake_sa_t *out)
{
	fake_sa_t *sa;

	memset(out, 0, sizeof(*out));
	this->mutex->lock(this->mutex);
	sa = fake_sad_find(this, spi);
	if (sa)
	{
		*out = *sa;
	}
	this->mutex->unlock(this->mutex);
	return sa != NULL;
}

void fake_kernel_use_sa(fake_kernel_t *this, uint32_t spi, uint64_t bytes,
						uint64_t packets, uint64_t last_used)
{
	fake_sa_t *sa;

	this->mutex->lock(this->mutex);
	sa = fake_sad_find(this, spi);
	if (sa)
	{
		sa->info.curlft.bytes = bytes;
		sa->info.curlft.packets = packets;
		/* software sees the packets, hardware keeps that to itself */
		if (!(sa->offload.flags & FAKE_OFFLOAD_PACKET))
		{
			sa->last_used = last_used;
		}
	}
	this->mutex->unlock(this->mutex);
}

void fake_kernel_set_oseq(fake_kernel_t *this, uint32_t spi, uint32_t oseq)
{
	fake_sa_t *sa;
	chunk_t attr;

	this->mutex->lock(this->mutex);
	sa = fake_sad_find(this, spi);
	attr = sa ? fake_sa_attr(sa, XFRMA_REPLAY_ESN_VAL) : chunk_empty;
	if (attr.len >= sizeof(struct xfrm_replay_state_esn))
	{
		memcpy(attr.ptr + offsetof(struct xfrm_replay_state_esn, oseq), &oseq,
			   sizeof(oseq));
	}
	this->mutex->unlock(this->mutex);
}

bool fake_kernel_drop_sa(fake_kernel_t *this, uint32_t spi)
{
	fake_sa_t *sa;

	this->mutex->lock(this->mutex);
	sa = fake_sad_find(this, spi);
	if (sa)
	{
		fake_sad_take_away(this, sa);
	}
	this->mutex->unlock(this->mutex);
	return sa != NULL;
}

u_int fake_kernel_count_sas(fake_kernel_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->sas->get_count(this->sas);
	this->mutex->unlock(this->mutex);
	return count;
}

u_int fake_kernel_count_sps(fake_kernel_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->sps->get_count(this->sps);
	this->mutex->unlock(this->mutex);
	return count;
}

void fake_kernel_get_thresh(fake_kernel_t *this, bool v6, uint8_t thresh[2])
{
	this->mutex->lock(this->mutex);
	memcpy(thresh, this->thresh[v6 ? 1 : 0], sizeof(this->thresh[0]));
	this->mutex->unlock(this->mutex);
}

/**
 * Check if packets meet an SP before another one.
 */
static bool goes_before(const fake_sp_t *sp, const fake_sp_t *other)
{
	return sp->info.priority < other->info.priority ||
		   (sp->info.priority == other->info.priority &&
			sp->offload.ifindex && !other->offload.ifindex);
}

/**
 * Find an SP by its networks. Mutex is held.
 */
static fake_sp_t *find_sp(fake_kernel_t *this, uint8_t dir, const char *src,
						  const char *dst)
{
	uint8_t saddr[16], daddr[16], sbits, dbits;
	fake_sp_t *sp, *found = NULL;
	enumerator_t *enumerator;
	uint16_t family;

	if (!fake_parse_net(src, &family, saddr, &sbits) ||
		!fake_parse_net(dst, &family, daddr, &dbits))
	{
		abort();
	}
	enumerator = this->sps->create_enumerator(this->sps);
	while (enumerator->enumerate(enumerator, &sp))
	{
		if (sp->info.dir == dir && sp->info.sel.family == family &&
			sp->info.sel.prefixlen_s == sbits &&
			sp->info.sel.prefixlen_d == dbits &&
			memeq(&sp->info.sel.saddr, saddr, family == AF_INET ? 4 : 16) &&
			memeq(&sp->info.sel.daddr, daddr, family == AF_INET ? 4 : 16))
		{
			if (!found || goes_before(sp, found))
			{
				found = sp;
			}
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

bool fake_kernel_get_sp(fake_kernel_t *this, uint8_t dir, const char *src,
						const char *dst, fake_sp_t *out)
{
	fake_sp_t *sp;

	memset(out, 0, sizeof(*out));
	this->mutex->lock(this->mutex);
	sp = find_sp(this, dir, src, dst);
	if (sp)
	{
		*out = *sp;
	}
	this->mutex->unlock(this->mutex);
	return sp != NULL;
}

bool fake_kernel_get_guard(fake_kernel_t *this, const char *src,
						   const char *dst, fake_sp_t *out)
{
	uint8_t saddr[16], daddr[16], sbits, dbits;
	enumerator_t *enumerator;
	bool found = FALSE;
	uint16_t family;
	fake_sp_t *sp;

	fake_parse_net(src, &family, saddr, &sbits);
	fake_parse_net(dst, &family, daddr, &dbits);
	memset(out, 0, sizeof(*out));
	this->mutex->lock(this->mutex);
	enumerator = this->sps->create_enumerator(this->sps);
	while (!found && enumerator->enumerate(enumerator, &sp))
	{
		found = sp->info.dir == XFRM_POLICY_OUT && !sp->tmpl_count &&
				sp->info.action == XFRM_POLICY_BLOCK &&
				!sp->offload.ifindex &&
				memeq(&sp->info.sel.saddr, saddr, family == AF_INET ? 4 : 16) &&
				memeq(&sp->info.sel.daddr, daddr, family == AF_INET ? 4 : 16);
		if (found)
		{
			*out = *sp;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return found;
}

bool fake_kernel_use_sp(fake_kernel_t *this, uint8_t dir, const char *src,
						const char *dst, uint64_t use_time)
{
	fake_sp_t *sp;

	this->mutex->lock(this->mutex);
	sp = find_sp(this, dir, src, dst);
	if (sp)
	{
		sp->info.curlft.use_time = use_time;
	}
	this->mutex->unlock(this->mutex);
	return sp != NULL;
}

void fake_kernel_announce(fake_kernel_t *this, int protocol, int group,
						  chunk_t bytes)
{
	this->mutex->lock(this->mutex);
	fake_announce(this, protocol, group, bytes);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_flood(fake_kernel_t *this, uint32_t spi)
{
	this->mutex->lock(this->mutex);
	this->flooded = spi;
	this->mutex->unlock(this->mutex);
}

/**
 * Larval SA for an acquire, it is found by the SPI if the template has one.
 */
static fake_sa_t *add_larval(fake_kernel_t *this, const fake_flow_t *flow,
							 const struct xfrm_user_tmpl *tmpl,
							 const struct xfrm_user_offload *offload)
{
	fake_sa_t *sa;

	INIT(sa,
		.larval = TRUE,
		.info = {
			.seq = this->next_seq,
			.reqid = tmpl->reqid,
			.family = flow->family,
			.mode = tmpl->mode,
			.id = {
				.daddr = flow->dst,
				.spi = tmpl->id.spi,
				.proto = IPPROTO_ESP,
			},
			.saddr = flow->src,
			.curlft.add_time = time(NULL),
		},
		.dir = FAKE_DIR_OUT,
	);
	if (tmpl->mode == XFRM_MODE_TUNNEL)
	{
		sa->info.id.daddr = tmpl->id.daddr;
		sa->info.saddr = tmpl->saddr;
	}
	if (offload->ifindex)
	{	/* the larval SA of a policy in packet mode is in that mode, too */
		sa->offload = *offload;
		sa->offload.flags |= FAKE_OFFLOAD_PACKET;
	}
	fake_sad_add(this, sa);
	return sa;
}

uint32_t fake_acquire(fake_kernel_t *this, const fake_flow_t *flow,
					  const struct xfrm_user_tmpl *tmpl,
					  const struct xfrm_user_offload *offload)
{
	uint8_t bits = flow->family == AF_INET ? 32 : 128;
	struct xfrm_user_acquire acquire = {
		.sel = {
			.family = flow->family,
			.saddr = flow->src,
			.daddr = flow->dst,
			.prefixlen_s = bits,
			.prefixlen_d = bits,
			.proto = flow->proto,
			.sport = flow->sport,
			.sport_mask = htons(0xffff),
			.dport = flow->dport,
			.dport_mask = htons(0xffff),
		},
		.policy.dir = XFRM_POLICY_OUT,
		.seq = ++this->next_seq,
	};
	fake_sa_t *larval;
	chunk_t msg;

	acquire.policy.sel = acquire.sel;
	larval = add_larval(this, flow, tmpl, offload);
	acquire.id = larval->info.id;
	acquire.saddr = larval->info.saddr;
	msg = fake_msg_begin(XFRM_MSG_ACQUIRE, 0, 0, &acquire, sizeof(acquire));
	fake_msg_attr(&msg, XFRMA_TMPL, tmpl, sizeof(*tmpl));
	if (offload->ifindex)
	{
		fake_msg_attr(&msg, XFRMA_OFFLOAD_DEV, offload, sizeof(*offload));
	}
	fake_announce(this, NETLINK_XFRM, XFRMNLGRP_ACQUIRE, msg);
	chunk_free(&msg);
	return acquire.seq;
}

void fake_flow_init(fake_flow_t *flow, const char *src, uint16_t sport,
					const char *dst, uint16_t dport, uint8_t proto)
{
	uint8_t saddr[16], daddr[16], bits;

	*flow = (fake_flow_t){
		.sport = htons(sport),
		.dport = htons(dport),
		.proto = proto,
	};
	if (!fake_parse_net(src, &flow->family, saddr, &bits) ||
		!fake_parse_net(dst, &flow->family, daddr, &bits))
	{
		abort();
	}
	memcpy(&flow->src, saddr, sizeof(saddr));
	memcpy(&flow->dst, daddr, sizeof(daddr));
}

uint32_t fake_kernel_acquire(fake_kernel_t *this, const char *src,
							 uint16_t sport, const char *dst, uint16_t dport,
							 uint8_t proto, uint32_t reqid)
{
	struct xfrm_user_tmpl tmpl = {
		.id.proto = IPPROTO_ESP,
		.reqid = reqid,
	};
	struct xfrm_user_offload none = {};
	fake_flow_t flow;
	uint32_t seq;

	fake_flow_init(&flow, src, sport, dst, dport, proto);
	tmpl.family = flow.family;
	this->mutex->lock(this->mutex);
	seq = fake_acquire(this, &flow, &tmpl, &none);
	this->mutex->unlock(this->mutex);
	return seq;
}

void fake_expire(fake_kernel_t *this, fake_sa_t *sa, bool hard)
{
	struct xfrm_user_expire expire = {
		.state = sa->info,
		.hard = hard,
	};
	chunk_t msg;

	fake_trace(this, hard ? "kernel: SA %08x expires, hard"
						  : "kernel: SA %08x expires, soft",
			   ntohl(sa->info.id.spi), 0, 0, 0);
	msg = fake_msg_begin(XFRM_MSG_EXPIRE, 0, 0, &expire, sizeof(expire));
	if (sa->mark.m | sa->mark.v)
	{
		fake_msg_attr(&msg, XFRMA_MARK, &sa->mark, sizeof(sa->mark));
	}
	if (sa->if_id)
	{
		fake_msg_attr(&msg, XFRMA_IF_ID, &sa->if_id, sizeof(sa->if_id));
	}
	fake_announce(this, NETLINK_XFRM, XFRMNLGRP_EXPIRE, msg);
	chunk_free(&msg);
	if (hard)
	{
		fake_sad_remove(this, sa);
	}
}

bool fake_kernel_expire(fake_kernel_t *this, uint32_t spi, bool hard)
{
	fake_sa_t *sa;

	this->mutex->lock(this->mutex);
	sa = fake_sad_find(this, spi);
	if (sa)
	{
		fake_expire(this, sa, hard);
	}
	this->mutex->unlock(this->mutex);
	return sa != NULL;
}

bool fake_kernel_mapping(fake_kernel_t *this, uint32_t spi, const char *src,
						 uint16_t port)
{
	struct xfrm_user_mapping mapping = {
		.new_sport = htons(port),
	};
	struct xfrm_encap_tmpl encap = {};
	uint8_t addr[16], bits;
	uint16_t family;
	fake_sa_t *sa;
	chunk_t msg;

	if (!fake_parse_net(src, &family, addr, &bits))
	{
		abort();
	}
	this->mutex->lock(this->mutex);
	sa = fake_sad_find(this, spi);
	if (sa && fake_sa_attr(sa, XFRMA_ENCAP).len >= sizeof(encap))
	{
		memcpy(&encap, fake_sa_attr(sa, XFRMA_ENCAP).ptr, sizeof(encap));
		mapping.id.daddr = sa->info.id.daddr;
		mapping.id.spi = spi;
		mapping.id.family = sa->info.family;
		mapping.id.proto = sa->info.id.proto;
		mapping.reqid = sa->info.reqid;
		mapping.old_saddr = sa->info.saddr;
		mapping.old_sport = encap.encap_sport;
		memcpy(&mapping.new_saddr, addr, sizeof(addr));
		msg = fake_msg_begin(XFRM_MSG_MAPPING, 0, 0, &mapping,
							 sizeof(mapping));
		fake_announce(this, NETLINK_XFRM, XFRMNLGRP_MAPPING, msg);
		chunk_free(&msg);
	}
	this->mutex->unlock(this->mutex);
	return sa != NULL;
}
