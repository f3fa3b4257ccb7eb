/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SPs: the one on top of each entry goes to the kernel.
 */

#include "sp_installer.h"
#include "../charon/ike_listener.h"
#include "sp_change.h"
#include "sp_failure.h"
#include "sp_planner.h"
#include "sp_flush.h"
#include "sp_route.h"
#include "../../model/plan/bind_plan.h"
#include "../../model/plan/ts_convert.h"
#include "../../model/state/sp_refusals.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>

#include <utils/debug.h>
#include <utils/utils.h>

typedef struct private_sp_installer_t private_sp_installer_t;

/**
 * Private data of sp_installer_t.
 */
struct private_sp_installer_t {

	/**
	 * Public interface
	 */
	sp_installer_t public;

	/**
	 * Exchange with XFRM
	 */
	nl_exchange_t *xfrm;

	/**
	 * Selection of devices
	 */
	egress_device_t *devices;

	/**
	 * Requests to rekey
	 */
	sa_expiry_t *rekey;

	/**
	 * Bypass for IKE
	 */
	ike_bypass_t *bypass;

	/**
	 * Records of SAs
	 */
	child_table_t *sas;

	/**
	 * Table of SPs
	 */
	sp_table_t *sps;

	/**
	 * Tells who was lost and who is closed
	 */
	ike_listener_t *ike_listener;

	/**
	 * Refusals that were logged
	 */
	sp_refusals_t *refusals;

	/**
	 * Settings
	 */
	hwo_sp_settings_t settings;

	/**
	 * Takes the steps
	 */
	sp_attempts_t *attempts;

	/**
	 * CHILD_SAs and traps that could not be installed, for who asks later
	 */
	failed_children_t *failures;
};

/**
 * What came of an installation.
 */
typedef struct {
	/** steps that were tried */
	hwo_plan_t plan;
	/** outcome of the last one */
	hwo_result_t result;
} outcome_t;

/**
 * Log a failure to do something with an SP
 */
static void log_failure(private_sp_installer_t *this, level_t level,
						const char *what, const hwo_sp_id_t *id,
						const hwo_plan_t *plan, const hwo_result_t *result)
{
	traffic_selector_t *src, *dst;
	char name[IFNAMSIZ] = "-", text[HWO_RESULT_TEXT];
	hwo_mode_t mode = HWO_MODE_NONE;

	if (plan && plan->strict && plan->step[0] != HWO_MODE_NONE)
	{
		mode = plan->step[0];
		this->devices->name(this->devices, plan->ifindex, name);
	}
	src = hwo_selector_to_ts(&id->sel, TRUE);
	dst = hwo_selector_to_ts(&id->sel, FALSE);
	dbg(DBG_KNL, level, "unable to %s policy %R === %R %N, mode %N, device %s: "
		"%s", what, src, dst, policy_dir_names, id->dir, hwo_mode_names, mode,
		name, hwo_result_text(result, text));
	DESTROY_IF(src);
	DESTROY_IF(dst);
}

/**
 * Do without packet mode for a CHILD_SA whose SP can't be offloaded, if its
 * mode is automatic, and plan the SP again. Its SAs can't go on in another mode:
 * they may have been used, and only the NIC knows their sequence numbers. So
 * they stay until charon has rekeyed them, then both get into a lesser mode.
 * Until then nothing leaves in clear.
 */
static bool leave_packet_mode(private_sp_installer_t *this,
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
		this->rekey->soft_when_known(this->rekey, &sa.id,
									 "has a policy that is not offloaded");
	}
	hwo_plan_sp(sa.requested, user->sp.id.dir, &none, NULL, plan);
	return TRUE;
}

/**
 * Check if a failure is the first one of the SPs of a CHILD_SA
 */
static bool is_news(private_sp_installer_t *this, const hwo_sp_request_t *user)
{
	hwo_sa_record_t sa;
	bool found;

	found = hwo_sp_find_sa(this->sas, user, &sa);
	return this->refusals->note(this->refusals, user, found ? &sa : NULL);
}

/**
 * Keep why a CHILD_SA or trap could not be installed
 */
static void note_failure(private_sp_installer_t *this,
						 const hwo_sp_request_t *user, const outcome_t *outcome)
{
	char name[IFNAMSIZ] = "";
	hwo_sa_record_t failed;

	if (hwo_sp_failure(this->sas, user, &outcome->plan, &outcome->result,
					   &failed))
	{
		if (failed.outcome.candidate)
		{
			this->devices->name(this->devices, failed.outcome.candidate, name);
		}
		this->failures->note(this->failures, &failed, name, time(NULL));
	}
}

/**
 * Install the SP of a user
 */
static int install(private_sp_installer_t *this, hwo_sp_entry_t *entry,
				   const hwo_sp_request_t *user, outcome_t *outcome)
{
	hwo_result_t *result = &outcome->result;
	hwo_plan_t *plan = &outcome->plan;
	bool update = entry->kernel.count;
	char xfrm[IFNAMSIZ];

	hwo_sp_plan_user(this->devices, this->sas, user, plan);
	this->attempts->run(this->attempts, entry, user, plan, result);
	hwo_sp_note_refusal(this->devices->get_history(this->devices), plan,
						result);
	if (hwo_plan_is_refusal(result) && plan->strict &&
		leave_packet_mode(this, user, result, plan))
	{
		this->attempts->run(this->attempts, entry, user, plan, result);
	}
	if (result->err)
	{
		log_failure(this, is_news(this, user) ? 1 : 2,
					update ? "update" : "install", &entry->id, plan, result);
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

/**
 * Do something with all SPs. There is no entry checked out by us here, as
 * another thread may do the same.
 */
static void for_each(private_sp_installer_t *this,
					 void (*cb)(private_sp_installer_t *this,
								hwo_sp_entry_t *entry, void *data), void *data)
{
	hwo_sp_entry_t *entry;
	hwo_sp_id_t id;
	array_t *ids;
	int i;

	ids = this->sps->list(this->sps);
	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &id);
		entry = this->sps->checkout(this->sps, &id, FALSE);
		if (entry)
		{
			cb(this, entry, data);
			this->sps->checkin(this->sps, entry);
		}
	}
	hwo_sp_list_destroy(ids);
}

METHOD(sp_installer_t, add, int,
	private_sp_installer_t *this, const hwo_sp_request_t *user)
{
	hwo_sp_entry_t *entry;
	outcome_t outcome = {};
	int err = 0;
	bool top;

	entry = this->sps->checkout(this->sps, &user->sp.id, TRUE);
	if (hwo_sp_add_user(entry, user))
	{
		err = install(this, entry, hwo_sp_top_user(entry), &outcome);
		if (err)
		{
			note_failure(this, user, &outcome);
			/* what was there before, if anything, is still installed */
			hwo_sp_remove_user(entry, user, &top);
			entry->rekey_failed = entry->kernel.count;
		}
	}
	this->sps->checkin(this->sps, entry);
	return err;
}

/**
 * Remove an SP from the kernel
 */
static int uninstall(private_sp_installer_t *this, hwo_sp_entry_t *entry)
{
	hwo_result_t result;

	hwo_sp_route_remove(entry);
	this->attempts->remove(this->attempts, entry, &result);
	if (result.err)
	{
		log_failure(this, 1, "remove", &entry->id, NULL, &result);
	}
	return result.err;
}

/**
 * Check if an SA of the CHILD_SA that an SP belongs to was lost, so that it was
 * not closed on purpose. Or it was to be rekeyed: charon goes on with closing
 * it if an SA or SP of the next CHILD_SA can't be installed.
 */
static bool is_lost(private_sp_installer_t *this, const hwo_sp_entry_t *entry,
					const hwo_sp_request_t *user)
{
	hwo_sa_record_t sa;

	return hwo_sp_find_sa(this->sas, user, &sa) &&
		   sa.state != HWO_CHILD_CLOSED &&
		   (entry->rekey_failed || hwo_child_holds(sa.state));
}

/**
 * Remove an SP from the kernel, but its guard
 */
static int keep_guard(private_sp_installer_t *this, hwo_sp_entry_t *entry)
{
	traffic_selector_t *src, *dst;

	src = hwo_selector_to_ts(&entry->id.sel, TRUE);
	dst = hwo_selector_to_ts(&entry->id.sel, FALSE);
	DBG1(DBG_KNL, "traffic %R === %R stays blocked, its CHILD_SA was lost",
		 src, dst);
	DESTROY_IF(src);
	DESTROY_IF(dst);
	hwo_sp_route_remove(entry);
	this->attempts->keep_guard(this->attempts, entry);
	return 0;
}

/**
 * Remove an SP that nobody uses anymore
 */
static int remove_unused(private_sp_installer_t *this, hwo_sp_entry_t *entry,
						 const hwo_sp_request_t *last)
{
	if (entry->kernel.count > 1 && hwo_kernel_sps_guarded(&entry->kernel) &&
		is_lost(this, entry, last))
	{
		return keep_guard(this, entry);
	}
	return uninstall(this, entry);
}

METHOD(sp_installer_t, del, int,
	private_sp_installer_t *this, const hwo_sp_request_t *user)
{
	hwo_sp_entry_t *entry;
	hwo_sp_request_t *next;
	outcome_t outcome = {};
	bool top, found = FALSE;
	int err = 0;

	entry = this->sps->checkout(this->sps, &user->sp.id, FALSE);
	if (entry)
	{
		found = hwo_sp_remove_user(entry, user, &top);
		next = hwo_sp_top_user(entry);
		if (!found)
		{	/* it is the one that could not be installed */
			entry->rekey_failed = FALSE;
		}
		if (found && top && next)
		{
			err = install(this, entry, next, &outcome);
		}
		else if (found && !next)
		{
			err = remove_unused(this, entry, user);
		}
		this->sps->checkin(this->sps, entry);
	}
	return found ? err : ENOENT;
}

METHOD(sp_installer_t, query, int,
	private_sp_installer_t *this, const hwo_sp_id_t *id, time_t *used)
{
	hwo_sp_entry_t *entry;
	uint64_t last;
	int err;

	entry = this->sps->checkout(this->sps, id, FALSE);
	if (!entry)
	{
		return ENOENT;
	}
	err = hwo_sp_last_use(this->xfrm, &entry->kernel, &last);
	this->sps->checkin(this->sps, entry);
	if (!err)
	{	/* the kernel uses the system's clock */
		*used = !last ? 0 : time_monotonic(NULL) -
							(time(NULL) - (time_t)last);
	}
	return err;
}

METHOD(sp_installer_t, flush, int,
	private_sp_installer_t *this)
{
	return hwo_sp_flush(this->xfrm, this->sps, this->bypass);
}

/**
 * A change of a link.
 */
typedef struct {
	/** device */
	uint32_t ifindex;
	/** TRUE if it is up */
	bool up;
} link_change_t;

/**
 * Get the user of an SP without SA, i.e. a trap or shunt, if it may be
 * offloaded
 */
static hwo_sp_request_t *get_single(hwo_sp_entry_t *entry)
{
	hwo_sp_request_t *user = hwo_sp_top_user(entry);

	return user && !user->sa.spi && (user->requested == HW_OFFLOAD_PACKET ||
									 user->requested == HW_OFFLOAD_AUTO)
				? user : NULL;
}

/**
 * Check if an SP without SA has to be installed again after a link changed
 */
static bool affected(hwo_sp_entry_t *entry, const link_change_t *change)
{
	if (!get_single(entry))
	{
		return FALSE;
	}
	return entry->effective.mode == HWO_MODE_PACKET ?
		   entry->effective.ifindex == change->ifindex : change->up;
}

/**
 * Follow a change of a link
 */
static void follow_link(private_sp_installer_t *this, hwo_sp_entry_t *entry,
						void *change)
{
	outcome_t outcome;

	if (affected(entry, change))
	{
		install(this, entry, hwo_sp_top_user(entry), &outcome);
	}
}

METHOD(sp_installer_t, link_changed, void,
	private_sp_installer_t *this, uint32_t ifindex, bool up)
{
	link_change_t change = {
		.ifindex = ifindex,
		.up = up,
	};

	for_each(this, follow_link, &change);
}

/**
 * Follow the packets of an SP to another device, unless that has refused it.
 * One in a strict mode that can't be had there stays, and blocks them.
 */
static void follow_route(private_sp_installer_t *this, hwo_sp_entry_t *entry,
						 void *data)
{
	hwo_sp_request_t *user = get_single(entry);
	hwo_offload_t best;
	outcome_t outcome;
	hwo_plan_t plan;

	if (!user)
	{
		return;
	}
	hwo_sp_plan_user(this->devices, this->sas, user, &plan);
	hwo_bind_best(&plan, &best);
	if (best.ifindex && !hwo_offload_equals(&best, &entry->tried) &&
		!hwo_offload_equals(&best, &entry->effective))
	{
		install(this, entry, user, &outcome);
	}
}

METHOD(sp_installer_t, routes_changed, void,
	private_sp_installer_t *this)
{
	this->bypass->addrs_changed(this->bypass);
	for_each(this, follow_route, NULL);
}

/**
 * Remove a guard that nobody uses anymore
 */
static void remove_blocked(private_sp_installer_t *this, hwo_sp_entry_t *entry,
						void *data)
{
	if (entry->blocked)
	{
		uninstall(this, entry);
	}
}

METHOD(sp_installer_t, destroy, void,
	private_sp_installer_t *this)
{
	this->ike_listener->destroy(this->ike_listener);
	for_each(this, remove_blocked, NULL);
	this->refusals->destroy(this->refusals);
	this->attempts->destroy(this->attempts);
	free(this);
}

/*
 * Described in header
 */
sp_installer_t *hwo_sp_installer_create(nl_exchange_t *xfrm,
										egress_device_t *devices,
										sa_expiry_t *rekey,
										ike_bypass_t *bypass,
										child_table_t *sas, sp_table_t *sps,
										failed_children_t *failures,
										const hwo_sp_settings_t *settings)
{
	private_sp_installer_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.del = _del,
			.query = _query,
			.flush = _flush,
			.link_changed = _link_changed,
			.routes_changed = _routes_changed,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.devices = devices,
		.rekey = rekey,
		.bypass = bypass,
		.sas = sas,
		.sps = sps,
		.ike_listener = hwo_ike_listener_create(sas),
		.refusals = hwo_sp_refusals_create(),
		.failures = failures,
		.settings = *settings,
		.attempts = hwo_sp_attempts_create(xfrm, bypass, settings),
	);
	return &this->public;
}
