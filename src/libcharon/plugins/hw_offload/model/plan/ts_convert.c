/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Addresses and selectors: charon's objects to values and back.
 */

#include "ts_convert.h"

#include <netinet/in.h>

void hwo_addr_from_host(host_t *host, hwo_addr_t *addr)
{
	chunk_t bytes;

	memset(addr, 0, sizeof(*addr));
	if (host)
	{
		bytes = host->get_address(host);
		addr->family = host->get_family(host);
		memcpy(addr->bytes, bytes.ptr, min(bytes.len, sizeof(addr->bytes)));
	}
}

static size_t addr_len(uint16_t family)
{
	return family == AF_INET ? 4 : 16;
}

host_t *hwo_addr_to_host(const hwo_addr_t *addr, uint16_t port)
{
	if (addr->family != AF_INET && addr->family != AF_INET6)
	{
		return NULL;
	}
	return host_create_from_chunk(addr->family,
						chunk_create((u_char*)addr->bytes,
									 addr_len(addr->family)), port);
}

bool hwo_addr_is_any(const hwo_addr_t *addr)
{
	static const uint8_t zero[sizeof(addr->bytes)];

	return memeq(addr->bytes, zero, sizeof(zero));
}

/**
 * Convert the addresses of one traffic selector.
 */
static void put_subnet(traffic_selector_t *ts, uint8_t bytes[16],
					   uint8_t *prefix)
{
	host_t *net;
	chunk_t chunk;

	ts->to_subnet(ts, &net, prefix);
	chunk = net->get_address(net);
	memcpy(bytes, chunk.ptr, min(chunk.len, 16));
	net->destroy(net);
}

bool hwo_addr_is_link_local(const hwo_addr_t *addr)
{
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
		   (addr->bytes[1] & 0xc0) == 0x80;
}

/**
 * Get the index of the interface of an address, 0 if it has none.
 */
static uint32_t get_scope(host_t *host)
{
	struct sockaddr_in6 *addr;
	hwo_addr_t bytes;

	hwo_addr_from_host(host, &bytes);
	if (!hwo_addr_is_link_local(&bytes))
	{
		return 0;
	}
	addr = (struct sockaddr_in6*)host->get_sockaddr(host);
	return addr->sin6_scope_id;
}

uint32_t hwo_hosts_link(host_t *src, host_t *dst)
{
	return get_scope(src) ?: get_scope(dst);
}

void hwo_nets_add(hwo_nets_t *nets, traffic_selector_t *ts)
{
	hwo_addr_t net = {
		.family = ts->get_type(ts) == TS_IPV4_ADDR_RANGE ? AF_INET : AF_INET6,
	};
	uint8_t prefix;
	u_int i;

	put_subnet(ts, net.bytes, &prefix);
	for (i = 0; i < min(nets->count, HWO_MAX_NETS); i++)
	{
		if (nets->prefix[i] == prefix && hwo_addr_equals(&nets->net[i], &net))
		{
			return;
		}
	}
	if (nets->count < HWO_MAX_NETS)
	{
		nets->net[nets->count] = net;
		nets->prefix[nets->count] = prefix;
	}
	nets->count++;
}

void hwo_nets_from_ts(linked_list_t *list, hwo_nets_t *nets)
{
	enumerator_t *enumerator;
	traffic_selector_t *ts;

	memset(nets, 0, sizeof(*nets));
	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &ts))
	{
		hwo_nets_add(nets, ts);
	}
	enumerator->destroy(enumerator);
}

/**
 * Get the protocol that all of some traffic selectors have, 0 if there is none.
 */
static uint8_t common_proto(linked_list_t *list)
{
	enumerator_t *enumerator;
	traffic_selector_t *ts;
	uint8_t proto = 0;
	bool first = TRUE;

	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &ts))
	{
		proto = first || proto == ts->get_protocol(ts) ? ts->get_protocol(ts)
													   : 0;
		first = FALSE;
	}
	enumerator->destroy(enumerator);
	return proto;
}

uint8_t hwo_proto_from_ts(linked_list_t *src, linked_list_t *dst)
{
	return max(common_proto(src), common_proto(dst));
}

/**
 * Convert the port range of one traffic selector to a port and the mask of
 * those leading bits that all ports in the range have in common.
 */
static void put_ports(traffic_selector_t *ts, uint16_t *port, uint16_t *mask)
{
	uint16_t from, differ;

	from = ts->get_from_port(ts);
	differ = from ^ ts->get_to_port(ts);
	*mask = 0xffff;
	while (differ & *mask)
	{
		*mask <<= 1;
	}
	*port = from & *mask;
}

/**
 * Check if the ports of a protocol are really the ICMP type and code.
 */
static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/**
 * Put ICMP type and code where the kernel looks for them. A zero type or code
 * can't be told from "any", so they are not matched then. Ranges keep the mask
 * of their part, as with the type's first value alone the others would be left
 * in clear.
 */
static void move_icmp(hwo_selector_t *sel)
{
	uint16_t port, mask;

	if (is_icmp(sel->proto) && (sel->src_port || sel->dst_port))
	{
		port = max(sel->src_port, sel->dst_port);
		mask = port == sel->src_port ? sel->src_port_mask : sel->dst_port_mask;
		sel->src_port = traffic_selector_icmp_type(port);
		sel->src_port_mask = sel->src_port ? 0xff00 | mask >> 8 : 0;
		sel->dst_port = traffic_selector_icmp_code(port);
		sel->dst_port_mask = sel->dst_port ? 0xff00 | mask : 0;
	}
}

void hwo_selector_from_ts(traffic_selector_t *src, traffic_selector_t *dst,
						  hwo_selector_t *sel)
{
	memset(sel, 0, sizeof(*sel));
	sel->family = src->get_type(src) == TS_IPV4_ADDR_RANGE ? AF_INET : AF_INET6;
	/* one of them might be for any protocol */
	sel->proto = max(src->get_protocol(src), dst->get_protocol(dst));
	put_subnet(src, sel->src, &sel->src_prefix);
	put_subnet(dst, sel->dst, &sel->dst_prefix);
	put_ports(src, &sel->src_port, &sel->src_port_mask);
	put_ports(dst, &sel->dst_port, &sel->dst_port_mask);
	move_icmp(sel);
}

array_t *hwo_selectors_from_ts(linked_list_t *src, linked_list_t *dst)
{
	traffic_selector_t *from, *to;
	enumerator_t *out, *in;
	hwo_selector_t sel;
	array_t *all;

	all = array_create(sizeof(hwo_selector_t), 0);
	out = src->create_enumerator(src);
	while (out->enumerate(out, &from))
	{
		in = dst->create_enumerator(dst);
		while (in->enumerate(in, &to))
		{
			if (from->get_type(from) == to->get_type(to))
			{
				hwo_selector_from_ts(from, to, &sel);
				array_insert(all, ARRAY_TAIL, &sel);
			}
		}
		in->destroy(in);
	}
	out->destroy(out);
	return all;
}

/**
 * Check if a prefix is for more than one address, but not for all.
 */
static bool is_subnet(const hwo_selector_t *sel, uint8_t prefix)
{
	return prefix && prefix != addr_len(sel->family) * 8;
}

u_int hwo_selector_shapes(const hwo_selector_t *sel)
{
	static const uint8_t zero[sizeof(sel->src)];
	bool src = memeq(sel->src, zero, sizeof(zero));
	bool dst = memeq(sel->dst, zero, sizeof(zero));
	u_int shapes = 0;

	if ((src && dst) || (src && sel->src_prefix) || (dst && sel->dst_prefix))
	{
		shapes |= HWO_SHAPE_ANY_ANY;
	}
	if (!sel->proto && (sel->src_port_mask || sel->dst_port_mask))
	{
		shapes |= HWO_SHAPE_ANY_PROTOCOL;
	}
	if (is_subnet(sel, sel->src_prefix) || is_subnet(sel, sel->dst_prefix))
	{
		shapes |= HWO_SHAPE_SUBNET;
	}
	if (sel->family == AF_INET6 && sel->src_prefix != sel->dst_prefix)
	{
		shapes |= HWO_SHAPE_UNEQUAL;
	}
	return shapes;
}

u_int hwo_selectors_shapes(array_t *all)
{
	hwo_selector_t sel;
	u_int shapes = 0;
	int i;

	for (i = 0; i < array_count(all); i++)
	{
		array_get(all, i, &sel);
		shapes |= hwo_selector_shapes(&sel);
	}
	return shapes;
}

traffic_selector_t *hwo_selector_to_ts(const hwo_selector_t *sel, bool src)
{
	uint16_t port, mask, from, to;
	host_t *net;

	if (sel->family != AF_INET && sel->family != AF_INET6)
	{
		return NULL;
	}
	if (is_icmp(sel->proto))
	{
		port = (sel->src_port << 8) | (sel->dst_port & 0xff);
		mask = (sel->src_port_mask << 8) | (sel->dst_port_mask & 0xff);
	}
	else
	{
		port = src ? sel->src_port : sel->dst_port;
		mask = src ? sel->src_port_mask : sel->dst_port_mask;
	}
	if (!port && mask == 0xffff)
	{	/* packets in acquires have exact ports, 0 if the protocol has none */
		mask = 0;
	}
	from = port & mask;
	to = from | (uint16_t)~mask;
	net = host_create_from_chunk(sel->family,
					chunk_create((u_char*)(src ? sel->src : sel->dst),
								 addr_len(sel->family)), 0);
	return traffic_selector_create_from_subnet(net,
									src ? sel->src_prefix : sel->dst_prefix,
									sel->proto, from, to);
}
