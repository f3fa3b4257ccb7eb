/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Installs the SP of a user, or lets its SAs be rekeyed.
 */

#include "sp_install.h"
#include "sp_log.h"
#include "sp_planner.h"
#include "sp_route.h"

#include <netinet/in.h>
#include <time.h>

#include <utils/debug.h>

static void log_failure(const hwo_sp_install_t *this, const char *what,
						const hwo_sp_id_t *id, const hwo_sp_outcome_t *outcome)
{
	const hwo_plan_t *plan = &outcome->plan;
	hwo_reason_t why = plan->skipped[HWO_MODE_PACKET];
	hwo_mode_t mode = HWO_MODE_NONE;
	char name[IFNAMSIZ] = "-", text[128];

	if (!plan->count)
	{	/* nobody was asked */
		snprintf(text, sizeof(text), "can't be in packet mode on device %s, %s",
				 this->devices->name(this->devices, plan->ifindex, name),
				 enum_to_name(hwo_reason_names, why));
		hwo_sp_log_traffic(id, text);
		return;
	}
	if (plan->strict && plan->step[0] != HWO_MODE_NONE)
	{
		mode = plan->step[0];
		this->devices->name(this->devices, plan->ifindex, name);
	}
	hwo_sp_log_failure(what, id, mode, name, &outcome->result);
}

/**
 * Do without packet mode for a CHILD_SA whose SP can't be offloaded, if its
 * mode is automatic, and plan the SP again. Its SAs can't go on in another
 * mode: they may have been used, and only the NIC knows their sequence numbers.
 * So they stay until charon has rekeyed them, then both get into a lesser mode.
 * Until then nothing leaves in clear.
 */
static bool leave_packet_mode(const hwo_sp_install_t *this,
							  const hwo_sp_request_t *user,
							  const hwo_result_t *refusal, hwo_plan_t *plan)
{
	device_history_t *history = this->devices->get_history(this->devices);
	const hwo_offload_t none = {};
	char text[HWO_RESULT_TEXT];
	hwo_refusal_t why = {
		.reason = HWO_REASON_POLICY_REFUSED,
		.result = *refusal,
	};
	hwo_sa_record_t sa;

	if (!hwo_sp_find_sa(this->sas, user, &sa) ||
		sa.requested != HW_OFFLOAD_AUTO ||
		sa.outcome.effective.mode != HWO_MODE_PACKET)
	{
		return FALSE;
	}
	if (history->deny_packet(history, sa.outcome.effective.ifindex, sa.reqid,
							 &why, time_monotonic(NULL)))
	{	/* one refusal is enough, the rest may still be offloaded */
		DBG1(DBG_KNL, "policy not offloaded, rekeying SAs %.8x and %.8x: %s",
			 ntohl(sa.id.spi), ntohl(sa.partner.spi),
			 hwo_result_text(refusal, text));
	}
	/* also if that is known from another CHILD_SA with this reqid */
	this->rekey->soft_when_known(this->rekey, &sa.id,
								 "has a policy that is not offloaded");
	hwo_plan_sp(sa.requested, user->sp.id.dir, &none, NULL, plan);
	return TRUE;
}

/**
 * Name what keeps an SP from being installed in the terms of reasons.
 */
static hwo_reason_t get_reason(const hwo_sp_outcome_t *outcome)
{
	const hwo_plan_t *plan = &outcome->plan;

	if (!plan->count)
	{
		return plan->skipped[HWO_MODE_PACKET];
	}
	if (plan->step[plan->count - 1] == HWO_MODE_NONE ||
		!hwo_plan_is_refusal(&outcome->result))
	{	/* it has nothing to do with offload */
		return HWO_REASON_NONE;
	}
	return HWO_REASON_POLICY_REFUSED;
}

void hwo_sp_install_failed(const hwo_sp_install_t *this,
						   const hwo_sp_request_t *user,
						   const hwo_sp_outcome_t *outcome)
{
	const hwo_plan_t *plan = &outcome->plan;
	char name[IFNAMSIZ] = "";
	hwo_sa_record_t failed;

	if (user->requested == HW_OFFLOAD_NO || !user->reqid)
	{	/* nobody could ask for a shunt, which has neither SAs nor a reqid */
		return;
	}
	if (!hwo_sp_find_sa(this->sas, user, &failed))
	{
		failed = (hwo_sa_record_t){
			.id = user->sa,
			.reqid = user->reqid,
			.facts = {
				.inbound = user->sp.id.dir != POLICY_OUT,
				.mode = user->mode,
			},
			.requested = user->requested,
		};
	}
	failed.outcome = (hwo_outcome_t){
		.why.reason = get_reason(outcome),
		.candidate = plan->ifindex ?: failed.outcome.candidate,
	};
	if (plan->count)
	{	/* otherwise nobody was asked */
		failed.outcome.why.result = outcome->result;
	}
	if (failed.outcome.candidate)
	{
		this->devices->name(this->devices, failed.outcome.candidate, name);
	}
	this->failures->note(this->failures, &failed, name, time(NULL));
}

int hwo_sp_install(const hwo_sp_install_t *this, hwo_sp_entry_t *entry,
				   const hwo_sp_request_t *user, hwo_sp_outcome_t *outcome)
{
	device_history_t *history = this->devices->get_history(this->devices);
	hwo_result_t *result = &outcome->result;
	hwo_plan_t *plan = &outcome->plan;
	bool update = entry->kernel.count;
	char xfrm[IFNAMSIZ];

	hwo_sp_plan_user(this, user, plan);
	this->attempts->run(this->attempts, entry, user, plan, result);
	if (hwo_plan_has(plan, HWO_MODE_PACKET) && hwo_plan_is_refusal(result))
	{
		history->refused(history, plan->ifindex, TRUE, result, time(NULL));
	}
	if (hwo_plan_is_refusal(result) && plan->strict &&
		leave_packet_mode(this, user, result, plan))
	{
		this->attempts->run(this->attempts, entry, user, plan, result);
	}
	if (result->err)
	{
		if (!user->logged)
		{
			log_failure(this, update ? "update" : "install", &entry->id,
						outcome);
		}
		return result->err;
	}
	if (this->settings.install_routes && hwo_sp_route_needed(user) &&
		(!entry->id.if_id || this->settings.install_routes_xfrmi))
	{
		this->devices->xfrm_name(this->devices, entry->id.if_id, xfrm);
		hwo_sp_route_install(entry, user, xfrm);
	}
	return 0;
}
