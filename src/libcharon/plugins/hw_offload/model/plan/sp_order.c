/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Decides which SP comes first.
 */

#include "sp_order.h"

bool hwo_selector_overlaps(const hwo_selector_t *a, const hwo_selector_t *b)
{
	return a->family == b->family &&
		   hwo_net_equals(a->src, b->src, min(a->src_prefix, b->src_prefix)) &&
		   hwo_net_equals(a->dst, b->dst, min(a->dst_prefix, b->dst_prefix)) &&
		   (!a->proto || !b->proto || a->proto == b->proto) &&
		   !((a->src_port ^ b->src_port) & a->src_port_mask &
			 b->src_port_mask) &&
		   !((a->dst_port ^ b->dst_port) & a->dst_port_mask & b->dst_port_mask);
}

bool hwo_sp_goes_before(const hwo_ranked_sp_t *soft, const hwo_ranked_sp_t *nic)
{
	uint32_t link = soft->id.sel.ifindex;
	/* what comes first of equals is first, and the guard has the next priority.
	 * The SP of another CHILD_SA protects as well, so there it is no matter */
	uint32_t last = soft->reqid ? nic->priority - 1
								: max(nic->priority, nic->priority + 1);

	return soft->offload.mode == HWO_MODE_NONE &&
		   nic->offload.mode == HWO_MODE_PACKET &&
		   soft->priority <= last && soft->id.if_id == nic->id.if_id &&
		   (!link || link == nic->offload.ifindex) &&
		   (!soft->reqid || soft->reqid != nic->reqid) &&
		   !hwo_sp_id_equals(&soft->id, &nic->id) &&
		   hwo_selector_overlaps(&soft->id.sel, &nic->id.sel);
}
