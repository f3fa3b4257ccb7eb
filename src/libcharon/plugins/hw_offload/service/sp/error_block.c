/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Blocks ICMP errors as long as there is a CHILD_SA.
 */

#include "error_block.h"

/** Seconds until SPs that were refused are tried again, at first and at last */
#define FIRST_RETRY 60
#define LAST_RETRY 3600

/**
 * Check if there are packets that errors may be about: with an SA only.
 */
static bool has_sa(hwo_sp_entry_t *entry)
{
	hwo_sp_request_t *top = hwo_sp_top_user(entry);

	return top && top->type == POLICY_IPSEC && top->sa.spi &&
		   top->mode == MODE_TRANSPORT && top->requested != HW_OFFLOAD_NO;
}

bool hwo_error_block_start(hwo_sp_entry_t *entry, bool enabled, time_t now,
						   hwo_error_block_t *change)
{
	if (entry->errors_busy)
	{
		return FALSE;
	}
	*change = (hwo_error_block_t){
		.block = enabled && has_sa(entry),
		.blocked = entry->errors_blocked,
		.refused = entry->errors_refused,
	};
	change->count = hwo_icmp_error_sps(&entry->id, change->sps);
	if (change->block)
	{
		change->wanted = (1U << change->count) - 1;
		if (now < entry->errors_retry)
		{
			change->wanted &= ~entry->errors_refused;
		}
	}
	entry->errors_busy = change->blocked != change->wanted;
	return entry->errors_busy;
}

/**
 * Note what could not be installed, and when to try that again.
 */
static void note_refused(hwo_sp_entry_t *entry, time_t now,
						 const hwo_error_block_t *change)
{
	uint32_t all = change->block ? (1U << change->count) - 1 : 0;

	entry->errors_refused = all & ~change->blocked;
	if (!entry->errors_refused)
	{
		entry->errors_wait = entry->errors_retry = 0;
	}
	else if (now >= entry->errors_retry)
	{
		entry->errors_wait = min(entry->errors_wait ? entry->errors_wait * 2
													: FIRST_RETRY, LAST_RETRY);
		entry->errors_retry = now + entry->errors_wait;
	}
}

bool hwo_error_block_next(hwo_sp_entry_t *entry, bool enabled, time_t now,
						  hwo_error_block_t *change)
{
	entry->errors_blocked = change->blocked;
	entry->errors_busy = FALSE;
	note_refused(entry, now, change);
	return change->block != (enabled && has_sa(entry)) &&
		   hwo_error_block_start(entry, enabled, now, change);
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
		user.logged = change->refused & bit;
		if (!change->block && (change->blocked & bit))
		{	/* what can't be removed has no user anymore nevertheless */
			sps->del(sps, &user);
			change->blocked &= ~bit;
		}
		else if ((change->wanted & ~change->blocked & bit) &&
				 sps->add(sps, &user) == 0)
		{
			change->blocked |= bit;
		}
	}
}
