/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Blocks ICMP errors as long as there is a CHILD_SA.
 */

#include "error_block.h"

/**
 * Check if there are packets that errors may be about: with an SA only.
 */
static bool has_sa(hwo_sp_entry_t *entry)
{
	hwo_sp_request_t *top = hwo_sp_top_user(entry);

	return top && top->type == POLICY_IPSEC && top->sa.spi &&
		   top->mode == MODE_TRANSPORT && top->requested != HW_OFFLOAD_NO;
}

void hwo_error_block_get(hwo_sp_entry_t *entry, bool enabled,
						 hwo_error_block_t *change)
{
	*change = (hwo_error_block_t){
		.block = enabled && has_sa(entry),
	};
	if (change->block != entry->errors_blocked)
	{
		change->count = hwo_icmp_error_sps(&entry->id, change->sps);
		entry->errors_blocked = change->block;
	}
}

void hwo_error_block_apply(const hwo_error_block_t *change, sp_installer_t *sps)
{
	hwo_sp_request_t user = {
		.type = POLICY_DROP,
		.mode = MODE_DROP,
		.requested = HW_OFFLOAD_NO,
	};
	int i;

	for (i = 0; i < change->count; i++)
	{
		user.sp = change->sps[i];
		if (change->block)
		{
			sps->add(sps, &user);
		}
		else
		{
			sps->del(sps, &user);
		}
	}
}
