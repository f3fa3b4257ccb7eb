/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: answers about routes, next hops and rules, and announcements
 * about links.
 */

#include "fuzz_input.h"

#include "../wire/rt_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *hdr = fuzz_msg(data, size);
	hwo_link_change_t link;
	hwo_nexthop_t nexthop;
	hwo_route_t route;
	hwo_rule_t rule;

	if (hdr)
	{
		hwo_rt_decode_route(hdr, &route);
		hwo_rt_decode_nexthop(hdr, &nexthop);
		hwo_rt_decode_rule(hdr, &rule);
		hwo_rt_decode_link(hdr, &link);
		free(hdr);
	}
	return 0;
}
