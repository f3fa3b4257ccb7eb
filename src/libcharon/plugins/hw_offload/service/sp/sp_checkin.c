/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Checks SPs in, and looks after others.
 */

#include "sp_checkin.h"
#include "error_block.h"
#include "sp_follow.h"
#include "sp_log.h"
#include "sp_planner.h"

/**
 * Note that a CHILD_SA can't be in packet mode anymore, both SAs.
 *
 * @return				FALSE if it is noted already, or it is not in that mode
 */
static bool note_shunted(child_table_t *table, const hwo_sa_id_t *id)
{
	hwo_child_t *child;
	bool fresh = FALSE;

	child = table->checkout(table, id);
	if (child)
	{
		fresh = !child->out.facts.shunted &&
				child->out.outcome.effective.mode == HWO_MODE_PACKET;
		child->in.facts.shunted = child->out.facts.shunted = TRUE;
		table->checkin(table, child);
	}
	return fresh;
}

/**
 * Take an SP out of its NIC.
 */
static void leave_nic(const hwo_sp_install_t *this, hwo_sp_entry_t *entry)
{
	hwo_sp_request_t *user = hwo_sp_top_user(entry);
	hwo_sp_outcome_t outcome;
	hwo_sa_record_t sa;

	if (!user || entry->effective.mode != HWO_MODE_PACKET || entry->drained)
	{
		return;
	}
	if (!hwo_sp_find_sa(this->sas, user, &sa))
	{
		if (user->requested == HW_OFFLOAD_AUTO)
		{
			hwo_sp_install(this, entry, user, &outcome);
			return;
		}
	}
	else if (!note_shunted(this->sas, &sa.id))
	{
		return;
	}
	else if (sa.requested == HW_OFFLOAD_AUTO)
	{
		this->rekey->soft_when_known(this->rekey, &sa.id, "has a policy in a "
									 "NIC behind one that is in software");
		return;
	}
	hwo_sp_log_traffic(&entry->id, "is in a NIC, so it does not reach a policy "
					   "in software that goes before");
}

/**
 * Note that a CHILD_SA may be in packet mode again, both SAs.
 */
static void note_freed(child_table_t *table, const hwo_sa_id_t *id)
{
	hwo_child_t *child = table->checkout(table, id);

	if (child)
	{
		child->in.facts.shunted = child->out.facts.shunted = FALSE;
		table->checkin(table, child);
	}
}

/**
 * Look again at an SP in software which the one that is gone kept out of a NIC.
 * Others may still do so.
 */
static void look_again(const hwo_sp_install_t *this, hwo_sp_entry_t *entry)
{
	hwo_sp_request_t *user = hwo_sp_top_user(entry);
	hwo_sa_record_t sa;

	if (user && !user->sa.spi)
	{
		hwo_sp_follow_route(this, entry, NULL);
	}
	else if (user && hwo_sp_find_sa(this->sas, user, &sa) && sa.facts.shunted &&
			 !hwo_sp_is_behind(this, user, sa.outcome.candidate))
	{
		note_freed(this->sas, &sa.id);
		this->rekey->place(this->rekey, &sa.id);
	}
}

/**
 * Check an SP in, and change what blocks ICMP errors about its packets.
 */
static void checkin(const hwo_sp_install_t *install, sp_installer_t *sps,
					sp_table_t *table, hwo_sp_entry_t *entry)
{
	bool enabled = install->settings.block_icmp_errors;
	hwo_error_block_t change;
	hwo_sp_id_t id = entry->id;
	bool changes;

	changes = hwo_error_block_start(entry, enabled, time_monotonic(NULL),
									&change);
	id.label = chunk_clone(id.label);
	while (changes)
	{
		table->checkin(table, entry);
		hwo_error_block_apply(&change, sps);
		entry = table->checkout(table, &id, FALSE);
		changes = hwo_error_block_next(entry, enabled, time_monotonic(NULL),
									   &change);
	}
	table->checkin(table, entry);
	chunk_free(&id.label);
}

/**
 * Do something with SPs of a list, and check them in.
 *
 * @param ids		hwo_sp_id_t, destroyed
 */
static void for_each(const hwo_sp_install_t *install, sp_installer_t *sps,
					 sp_table_t *table, array_t *ids,
					 void (*cb)(const hwo_sp_install_t *this,
								hwo_sp_entry_t *entry))
{
	hwo_sp_entry_t *entry;
	hwo_sp_id_t id;
	int i;

	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &id);
		entry = table->checkout(table, &id, FALSE);
		if (entry)
		{
			cb(install, entry);
			hwo_sp_checkin(install, sps, table, entry);
		}
	}
	hwo_sp_list_destroy(ids);
}

void hwo_sp_checkin(const hwo_sp_install_t *install, sp_installer_t *sps,
					sp_table_t *table, hwo_sp_entry_t *entry)
{
	sp_precedence_t *precedence = install->precedence;
	array_t *behind, *freed;

	behind = precedence->note(precedence, entry, &freed);
	checkin(install, sps, table, entry);
	for_each(install, sps, table, behind, leave_nic);
	for_each(install, sps, table, freed, look_again);
}
