/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Installs traps and shunts where their packets leave.
 */

#include "sp_follow.h"
#include "sp_planner.h"
#include "../../model/plan/bind_plan.h"

/**
 * Get the user of an SP without SA, i.e. a trap or shunt, if it may be
 * offloaded, and does not wait for what is in the queues of a NIC.
 */
static hwo_sp_request_t *get_single(hwo_sp_entry_t *entry)
{
	hwo_sp_request_t *user = hwo_sp_top_user(entry);

	return user && !entry->drained && !user->sa.spi &&
		   (user->requested == HW_OFFLOAD_PACKET ||
			user->requested == HW_OFFLOAD_AUTO) ? user : NULL;
}

void hwo_sp_follow_route(const hwo_sp_install_t *this, hwo_sp_entry_t *entry,
						 void *data)
{
	hwo_sp_request_t *user = get_single(entry);
	bool *refused = data, missing, again;
	hwo_offload_t best;
	hwo_sp_outcome_t outcome;
	hwo_plan_t plan;

	if (!user)
	{
		return;
	}
	missing = !hwo_kernel_sps_installed(&entry->kernel);
	hwo_sp_plan_user(this, user, &plan);
	best = hwo_bind_best(&plan);
	again = hwo_offload_equals(&best, &entry->tried);
	if (refused && !missing &&
		(!again || user->requested != HW_OFFLOAD_PACKET))
	{	/* only what was refused is tried again, the rest follows routes */
		return;
	}
	if ((refused && missing && plan.count) ||
		(best.ifindex && !hwo_offload_equals(&best, &entry->effective) &&
		 (refused || !hwo_offload_equals(&best, &entry->tried))))
	{
		missing = hwo_sp_install(this, entry, user, &outcome) != 0;
	}
	if (refused)
	{	/* without a route there may be one later */
		*refused |= missing;
	}
}

void hwo_sp_follow_link(const hwo_sp_install_t *this, hwo_sp_entry_t *entry,
						void *data)
{
	hwo_sp_request_t *user = get_single(entry);
	sp_attempts_t *attempts = this->attempts;
	const hwo_sp_link_change_t *change = data;
	hwo_sp_outcome_t outcome;
	bool lost;

	lost = attempts->check(attempts, entry, change->ifindex,
						   user && change->ifindex && !change->up);
	if (lost && user)
	{
		hwo_sp_install(this, entry, user, &outcome);
	}
	else if (user && change->up && change->capable)
	{
		if (entry->tried.ifindex == change->ifindex)
		{
			memset(&entry->tried, 0, sizeof(entry->tried));
		}
		hwo_sp_follow_route(this, entry, NULL);
	}
}
