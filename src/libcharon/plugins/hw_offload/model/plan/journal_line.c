/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Lines of the journal.
 */

#include "journal_line.h"

#include <arpa/inet.h>
#include <stdio.h>

static const char *print_addr(uint16_t family, const uint8_t *bytes,
							  char buf[INET6_ADDRSTRLEN])
{
	const char *str;

	str = inet_ntop(family, bytes, buf, INET6_ADDRSTRLEN);
	return str ?: "any";
}

void hwo_journal_sa_line(const hwo_sa_id_t *id, char line[HWO_JOURNAL_LINE])
{
	char dst[INET6_ADDRSTRLEN];

	snprintf(line, HWO_JOURNAL_LINE, "sa %s proto %u spi %08x mark %x/%x",
			 print_addr(id->dst.family, id->dst.bytes, dst), id->proto,
			 ntohl(id->spi), id->mark.value, id->mark.mask);
}

/**
 * Name of a direction, as ip-xfrm(8) has it.
 */
static const char *print_dir(policy_dir_t dir)
{
	switch (dir)
	{
		case POLICY_IN:
			return "in";
		case POLICY_OUT:
			return "out";
		default:
			return "fwd";
	}
}

void hwo_journal_sp_line(const hwo_sp_id_t *id, char line[HWO_JOURNAL_LINE])
{
	const hwo_selector_t *sel = &id->sel;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	uint32_t hash = 0;

	if (id->label.len)
	{	/* the other hashes have a key that is made up by each process */
		hash = chunk_hash_static(id->label);
	}
	snprintf(line, HWO_JOURNAL_LINE, "sp %s %s/%u %s/%u family %u proto %u "
			 "ports %x/%x %x/%x dev %u user %u mark %x/%x if_id %x "
			 "label %zu:%08x",
			 print_dir(id->dir),
			 print_addr(sel->family, sel->src, src), sel->src_prefix,
			 print_addr(sel->family, sel->dst, dst), sel->dst_prefix,
			 sel->family, sel->proto, sel->src_port, sel->src_port_mask,
			 sel->dst_port, sel->dst_port_mask, sel->ifindex, sel->user,
			 id->mark.value, id->mark.mask, id->if_id, id->label.len, hash);
}
