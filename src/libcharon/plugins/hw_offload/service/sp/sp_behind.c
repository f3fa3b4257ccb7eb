/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Takes SPs out of a NIC.
 */

#include "sp_behind.h"
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

void hwo_sp_leave_nic(const hwo_sp_install_t *this, hwo_sp_entry_t *entry)
{
	hwo_sp_request_t *user = hwo_sp_top_user(entry);
	hwo_sp_outcome_t outcome;
	hwo_sa_record_t sa;

	if (!user || entry->effective.mode != HWO_MODE_PACKET)
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
