/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Compares and names the values that all floors share.
 */

#include "hwo_types.h"

#include <arpa/inet.h>

ENUM(hwo_mode_names, HWO_MODE_NONE, HWO_MODE_PACKET,
	"none",
	"crypto",
	"packet",
);

bool hwo_addr_equals(const hwo_addr_t *a, const hwo_addr_t *b)
{
	return a->family == b->family && memeq(a->bytes, b->bytes,
											   sizeof(a->bytes));
}

bool hwo_net_equals(const uint8_t *a, const uint8_t *b, uint8_t prefix)
{
	uint8_t mask = 0xff << (8 - prefix % 8);

	return memeq(a, b, prefix / 8) &&
		   (prefix % 8 == 0 || ((a[prefix / 8] ^ b[prefix / 8]) & mask) == 0);
}

bool hwo_net_is(uint16_t family, const uint8_t *bytes, uint8_t prefix,
				const char *text)
{
	char addr[INET6_ADDRSTRLEN], net[INET6_ADDRSTRLEN + 8];
	int all = family == AF_INET ? 32 : 128;

	if (!family || !inet_ntop(family, bytes, addr, sizeof(addr)))
	{
		return FALSE;
	}
	snprintf(net, sizeof(net), "%s/%u", addr, prefix);
	return streq(net, text) || (prefix == all && streq(addr, text));
}

/**
 * Compare selectors, padding excluded.
 */
static bool sel_equals(const hwo_selector_t *a, const hwo_selector_t *b)
{
	return a->family == b->family && a->proto == b->proto &&
		   a->src_prefix == b->src_prefix && a->dst_prefix == b->dst_prefix &&
		   memeq(a->src, b->src, sizeof(a->src)) &&
		   memeq(a->dst, b->dst, sizeof(a->dst)) &&
		   a->src_port == b->src_port && a->dst_port == b->dst_port &&
		   a->src_port_mask == b->src_port_mask &&
		   a->dst_port_mask == b->dst_port_mask &&
		   a->ifindex == b->ifindex && a->user == b->user;
}

/**
 * Compare marks.
 */
static bool mark_equals(const mark_t *a, const mark_t *b)
{
	return a->value == b->value && a->mask == b->mask;
}

/**
 * Compare labels, chunk_equals() finds empty ones different.
 */
static bool label_equals(chunk_t a, chunk_t b)
{
	return a.len == b.len && (!a.len || memeq(a.ptr, b.ptr, a.len));
}

u_int hwo_sp_id_hash(const hwo_sp_id_t *id)
{
	u_int hash;

	hash = chunk_hash(chunk_from_thing(id->sel.src));
	hash = chunk_hash_inc(chunk_from_thing(id->sel.dst), hash);
	hash = chunk_hash_inc(chunk_from_thing(id->sel.src_port), hash);
	hash = chunk_hash_inc(chunk_from_thing(id->sel.dst_port), hash);
	hash = chunk_hash_inc(chunk_from_thing(id->mark.value), hash);
	hash = chunk_hash_inc(chunk_from_thing(id->if_id), hash);
	return hash ^ id->dir;
}

bool hwo_sp_id_equals(const hwo_sp_id_t *a, const hwo_sp_id_t *b)
{
	return a->dir == b->dir && a->if_id == b->if_id &&
		   sel_equals(&a->sel, &b->sel) && mark_equals(&a->mark, &b->mark) &&
		   label_equals(a->label, b->label);
}

u_int hwo_sa_id_hash(const hwo_sa_id_t *id)
{
	/* the kernel allocated or the peer chose the SPI at random */
	return chunk_hash_inc(chunk_from_thing(id->dst.bytes),
						  chunk_hash(chunk_from_thing(id->spi)));
}

bool hwo_sa_id_equals(const hwo_sa_id_t *a, const hwo_sa_id_t *b)
{
	return a->spi == b->spi && a->proto == b->proto &&
		   a->dst.family == b->dst.family &&
		   memeq(a->dst.bytes, b->dst.bytes, sizeof(a->dst.bytes)) &&
		   a->mark.value == b->mark.value && a->mark.mask == b->mark.mask;
}

/* flows are compared and hashed as bytes */
_Static_assert(sizeof(hwo_flow_t) == 2 * sizeof(hwo_addr_t) +
			   3 * sizeof(uint32_t), "hwo_flow_t has padding");

u_int hwo_flow_hash(const hwo_flow_t *flow)
{
	return chunk_hash(chunk_create((u_char*)flow, sizeof(*flow)));
}

bool hwo_flow_equals(const hwo_flow_t *a, const hwo_flow_t *b)
{
	return memeq(a, b, sizeof(*a));
}

bool hwo_offload_equals(const hwo_offload_t *a, const hwo_offload_t *b)
{
	return a->mode == b->mode && a->ifindex == b->ifindex;
}
