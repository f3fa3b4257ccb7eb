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

bool hwo_error_block_start(hwo_sp_entry_t *entry, bool enabled,
						   hwo_error_block_t *change)
{
	uint32_t all;

	if (entry->errors_busy)
	{
		return FALSE;
	}
	*change = (hwo_error_block_t){
		.block = enabled && has_sa(entry),
		.blocked = entry->errors_blocked,
	};
	change->count = hwo_icmp_error_sps(&entry->id, change->sps);
	all = (1U << change->count) - 1;
	entry->errors_busy = change->blocked != (change->block ? all : 0);
	return entry->errors_busy;
}

bool hwo_error_block_next(hwo_sp_entry_t *entry, bool enabled,
						  hwo_error_block_t *change)
{
	entry->errors_blocked = change->blocked;
	entry->errors_busy = FALSE;
	return change->block != (enabled && has_sa(entry)) &&
		   hwo_error_block_start(entry, enabled, change);
}

void hwo_error_block_apply(hwo_error_block_t *change, sp_installer_t *sps)
{
	hwo_sp_request_t user = {
		.type = POLICY_DROP,
		.mode = MODE_DROP,
		.requested = HW_OFFLOAD_NO,
	};
	uint32_t bit;
	int i;

	for (i = 0; i < change->count; i++)
	{
		bit = 1U << i;
		user.sp = change->sps[i];
		if (!change->block && (change->blocked & bit))
		{	/* what can't be removed has no user anymore nevertheless */
			sps->del(sps, &user);
			change->blocked &= ~bit;
		}
		else if (change->block && !(change->blocked & bit) &&
				 sps->add(sps, &user) == 0)
		{
			change->blocked |= bit;
		}
	}
}
