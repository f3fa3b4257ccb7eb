/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From the SP of a CHILD_SA to those that block ICMP errors.
 */

#include "icmp_errors.h"

#include <netinet/in.h>
#include <sys/socket.h>

/**
 * Types and codes of errors, with masks so that there are few SPs. The kernel
 * compares the type with the source port, the code with the destination port.
 *
 * IPv4 (RFC 792, RFC 1812): destination unreachable (3) with codes 0 to 3 and 8
 * to 15, source quench (4) with parameter problem (12), time exceeded (11).
 * Code 4 is fragmentation needed; 5 to 7 are about forwarded packets, too.
 * IPv6 (RFC 4443): destination unreachable (1) with time exceeded (3), and
 * parameter problem (4). Type 2 is packet too big.
 */
static const struct {
	uint16_t family;
	uint8_t proto;
	uint16_t type, type_mask, code, code_mask;
} errors[] = {
	{ AF_INET,	IPPROTO_ICMP,	3,	0xffff,	0,	0xfffc },
	{ AF_INET,	IPPROTO_ICMP,	3,	0xffff,	8,	0xfff8 },
	{ AF_INET,	IPPROTO_ICMP,	4,	0xfff7,	0,	0 },
	{ AF_INET,	IPPROTO_ICMP,	11,	0xffff,	0,	0 },
	{ AF_INET6,	IPPROTO_ICMPV6,	1,	0xfffd,	0,	0 },
	{ AF_INET6,	IPPROTO_ICMPV6,	4,	0xffff,	0,	0 },
};

int hwo_icmp_error_sps(const hwo_sp_id_t *id, hwo_sp_t sps[HWO_ICMP_ERROR_SPS])
{
	const hwo_selector_t *sel = &id->sel;
	uint8_t host = sel->family == AF_INET ? 32 : 128;
	int i, count = 0;

	if (id->dir != POLICY_OUT || sel->src_prefix != host ||
		sel->dst_prefix != host || !sel->proto || sel->proto == IPPROTO_ICMP ||
		sel->proto == IPPROTO_ICMPV6)
	{
		return 0;
	}
	for (i = 0; i < countof(errors); i++)
	{
		if (errors[i].family == sel->family)
		{
			sps[count] = (hwo_sp_t){
				.id = {
					.dir = POLICY_OUT,
					.sel = {
						.family = sel->family,
						.proto = errors[i].proto,
						.src_prefix = host,
						.dst_prefix = host,
						.src_port = errors[i].type,
						.src_port_mask = errors[i].type_mask,
						.dst_port = errors[i].code,
						.dst_port_mask = errors[i].code_mask,
					},
				},
				.priority = HWO_ICMP_ERROR_PRIORITY,
				.block = TRUE,
			};
			memcpy(sps[count].id.sel.src, sel->src, sizeof(sel->src));
			memcpy(sps[count].id.sel.dst, sel->dst, sizeof(sel->dst));
			count++;
		}
	}
	return count;
}
