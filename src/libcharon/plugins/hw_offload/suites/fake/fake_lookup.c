/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds the SP and the SA for a packet, as xfrm_policy_lookup_bytype() and
 * xfrm_state_find() do.
 */

#include "fake_private.h"

/**
 * Check if an address is in a network.
 */
static bool in_net(const xfrm_address_t *addr, const xfrm_address_t *net,
				   uint8_t bits)
{
	const uint8_t *a = (const void*)addr, *b = (const void*)net;
	uint8_t mask = 0xff << (8 - bits % 8);

	return memeq(a, b, bits / 8) &&
		   (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

bool fake_sp_matches(const fake_sp_t *sp, const fake_flow_t *flow,
					 uint32_t oif)
{
	const struct xfrm_selector *sel = &sp->info.sel;

	/* its user is never looked at */
	return sel->family == flow->family &&
		   in_net(&flow->dst, &sel->daddr, sel->prefixlen_d) &&
		   in_net(&flow->src, &sel->saddr, sel->prefixlen_s) &&
		   !((flow->dport ^ sel->dport) & sel->dport_mask) &&
		   !((flow->sport ^ sel->sport) & sel->sport_mask) &&
		   (!sel->proto || sel->proto == flow->proto) &&
		   (!sel->ifindex || sel->ifindex == oif);
}

/**
 * Check if packets meet an SP that was added later before another one.
 */
static bool goes_before(const fake_sp_t *sp, const fake_sp_t *other)
{
	return sp->info.priority < other->info.priority ||
		   (sp->info.priority == other->info.priority &&
			sp->offload.ifindex && !other->offload.ifindex);
}

fake_sp_t *fake_lookup_sp(fake_kernel_t *this, const fake_flow_t *flow,
						  uint32_t oif)
{
	fake_sp_t *sp, *best;
	enumerator_t *enumerator;

	best = fake_chains_find(this, flow, oif);
	if (best && best->offload.ifindex)
	{	/* whatever its priority */
		return best;
	}
	enumerator = this->sps->create_enumerator(this->sps);
	while (enumerator->enumerate(enumerator, &sp))
	{
		if (sp->info.dir == XFRM_POLICY_OUT && !sp->mark.v && !sp->if_id &&
			!fake_sp_is_exact(sp) && fake_sp_matches(sp, flow, oif) &&
			(!best || goes_before(sp, best)))
		{
			best = sp;
		}
	}
	enumerator->destroy(enumerator);
	return best;
}

/**
 * Check if an SA has the addresses of a template, or those of the packet.
 */
static bool has_addresses(const fake_sa_t *sa, const fake_flow_t *flow,
						  const struct xfrm_user_tmpl *tmpl)
{
	bool tunnel = tmpl->mode == XFRM_MODE_TUNNEL;
	const xfrm_address_t *src = tunnel ? &tmpl->saddr : &flow->src;
	const xfrm_address_t *dst = tunnel ? &tmpl->id.daddr : &flow->dst;
	size_t len = sa->info.family == AF_INET ? 4 : 16;

	return sa->info.family == (tunnel ? tmpl->family : flow->family) &&
		   memeq(&sa->info.id.daddr, dst, len) &&
		   memeq(&sa->info.saddr, src, len);
}

/**
 * Check if the offload of an SA is that of an SP: both in packet mode on one
 * device, or neither.
 */
static bool same_offload(const fake_sa_t *sa, const fake_sp_t *sp)
{
	uint32_t device = 0;

	if (sa->offload.flags & FAKE_OFFLOAD_PACKET)
	{
		device = sa->offload.ifindex;
	}
	return device == sp->offload.ifindex;
}

fake_sa_t *fake_lookup_sa(fake_kernel_t *this, const fake_flow_t *flow,
						  const fake_sp_t *sp, bool *wait)
{
	const struct xfrm_user_tmpl *tmpl = &sp->tmpl[0];
	fake_sa_t *sa, *found = NULL;
	enumerator_t *enumerator;

	*wait = FALSE;
	enumerator = this->sas->create_enumerator(this->sas);
	while (enumerator->enumerate(enumerator, &sa))
	{
		if (sa->info.id.proto != tmpl->id.proto ||
			!has_addresses(sa, flow, tmpl) ||
			(tmpl->id.spi && tmpl->id.spi != sa->info.id.spi))
		{
			continue;
		}
		if (sp->offload.ifindex && fake_bydst_hides(this, sa))
		{	/* it is there, but not where it is looked for */
			*wait |= tmpl->id.spi != 0;
			continue;
		}
		if (sa->larval)
		{
			*wait |= sa->info.reqid == tmpl->reqid;
		}
		else if (sa->info.reqid == tmpl->reqid && !sa->if_id &&
				 sa->info.mode == tmpl->mode && same_offload(sa, sp))
		{	/* the latest one, but rather one that is not to expire */
			found = !found || found->dying || !sa->dying ? sa : found;
		}
		else
		{	/* an SPI that is there already can't be acquired */
			*wait |= tmpl->id.spi != 0;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}
