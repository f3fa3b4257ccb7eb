/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From the SP of a CHILD_SA to those that block ICMP errors.
 */

#include "icmp_errors.h"

#include <netinet/in.h>
#include <sys/socket.h>

/**
 * Types of errors, with masks so that there are few SPs: destination
 * unreachable (3) with time exceeded (11), source quench (4) with parameter
 * problem (12), see RFC 792; and all of ICMPv6, which have no high bit (RFC
 * 4443, 2.1).
 */
static const struct {
	uint16_t family;
	uint8_t proto;
	uint16_t type, mask;
} errors[] = {
	{ AF_INET,	IPPROTO_ICMP,	3,	0xfff7 },
	{ AF_INET,	IPPROTO_ICMP,	4,	0xfff7 },
	{ AF_INET6,	IPPROTO_ICMPV6,	0,	0x0080 },
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
						.src_port_mask = errors[i].mask,
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
