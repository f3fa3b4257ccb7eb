/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SPs: the one on top of each entry goes to the kernel.
 */

#include "sp_installer.h"
#include "../charon/ike_listener.h"
#include "../charon/trap_listener.h"
#include "guard_keeper.h"
#include "sp_change.h"
#include "sp_checkin.h"
#include "sp_drain.h"
#include "sp_follow.h"
#include "sp_install.h"
#include "sp_log.h"
#include "sp_planner.h"
#include "sp_route.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>
#include <time.h>

#include <utils/debug.h>
#include <utils/utils.h>

/**
 * Private data of sp_installer_t.
 */
typedef struct {
	/** public interface */
	sp_installer_t public;
	/** exchange with XFRM */
	nl_exchange_t *xfrm;
	/** bypass for IKE */
	ike_bypass_t *bypass;
	/** what it takes to install an SP */
	hwo_sp_install_t install;
	/** table of SPs */
	sp_table_t *sps;
	/** guards that nobody uses */
	guard_keeper_t *guards;
	/** lets NICs get rid of what they have of closed CHILD_SAs */
	sp_drain_t *drain;
	/** tells who was lost and who is closed */
	ike_listener_t *ike_listener;
	/** tells which SPs belong to a trap that is given up */
	trap_listener_t *traps;
} private_sp_installer_t;

static void checkin(private_sp_installer_t *this, hwo_sp_entry_t *entry)
{
	hwo_sp_checkin(&this->install, &this->public, this->sps, entry);
}

/**
 * Do something with all SPs. There is no entry checked out by us here, as
 * another thread may do the same.
 */
static void for_each(private_sp_installer_t *this,
					 void (*cb)(const hwo_sp_install_t *install,
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
			cb(&this->install, entry, data);
			checkin(this, entry);
		}
	}
	hwo_sp_list_destroy(ids);
}

/**
 * Check if an SP is that of a trap.
 */
static bool is_trap(const hwo_sp_request_t *user)
{
	return user->reqid && user->type == POLICY_IPSEC && !user->sa.spi;
}

/**
 * Check if an SP is that of a trap whose traffic must not leave in clear, even
 * if it can't be offloaded.
 */
static bool is_strict_trap(private_sp_installer_t *this,
						   const hwo_sp_request_t *user)
{
	return this->install.settings.guard.fail_closed &&
		   user->requested == HW_OFFLOAD_PACKET &&
		   user->sp.id.dir == POLICY_OUT && is_trap(user);
}

/**
 * Note that the SP of a user could not be installed. What was there before, if
 * anything, still is. charon removes what belongs to a reqid, but not shunts.
 */
static void fail(private_sp_installer_t *this, hwo_sp_entry_t *entry,
				 hwo_sp_request_t *user, const hwo_sp_outcome_t *outcome)
{
	bool top;

	hwo_sp_install_failed(&this->install, user, outcome);
	user->failed = TRUE;
	if (user->sa.spi)
	{	/* charon goes on with closing what it was to replace, which holds for
		 * policies of that as well that are not tried */
		this->install.sas->rekey_failed(this->install.sas, &user->sa,
										user->reqid, hwo_current_ike());
	}
	if (is_strict_trap(this, user) && !entry->kernel.count)
	{
		this->guards->block(this->guards, entry, user);
	}
	if (!user->reqid)
	{
		hwo_sp_remove_user(entry, user, &top);
	}
}

METHOD(sp_installer_t, add, int,
	private_sp_installer_t *this, const hwo_sp_request_t *user)
{
	hwo_sp_entry_t *entry;
	hwo_sp_outcome_t outcome = {};
	int err = 0;

	if (is_trap(user))
	{
		this->traps->add(this->traps, &user->sp.id, user->reqid);
	}
	entry = this->sps->checkout(this->sps, &user->sp.id, TRUE);
	if (hwo_sp_add_user(entry, user) && !hwo_sp_waits(entry, user))
	{
		err = hwo_sp_install(&this->install, entry, hwo_sp_top_user(entry),
							 &outcome);
		if (err)
		{
			fail(this, entry, hwo_sp_top_user(entry), &outcome);
		}
	}
	else
	{
		hwo_sp_log_change("noted another user of", entry);
	}
	checkin(this, entry);
	this->guards->trim(this->guards);
	return err;
}

/**
 * Remove an SP from the kernel.
 */
static int uninstall(private_sp_installer_t *this, hwo_sp_entry_t *entry)
{
	hwo_result_t result;

	hwo_sp_route_remove(entry);
	this->install.attempts->remove(this->install.attempts, entry, &result);
	if (result.err)
	{
		hwo_sp_log_failure("remove", &entry->id, HWO_MODE_NONE, "-", &result);
	}
	return result.err;
}

/**
 * Check if the CHILD_SA that an SP belongs to was lost, so that it was not
 * closed on purpose. Or it was to be rekeyed: charon goes on with closing it if
 * an SA or SP of the next CHILD_SA can't be installed.
 */
static hwo_block_reason_t why_lost(private_sp_installer_t *this,
								   hwo_sp_entry_t *entry,
								   const hwo_sp_request_t *user,
								   hwo_sa_record_t *sa)
{
	if (!hwo_sp_find_sa(this->install.sas, user, sa) ||
		sa->state == HWO_CHILD_CLOSED)
	{
		return HWO_BLOCK_NONE;
	}
	if (hwo_sp_has_failed(entry) || sa->state == HWO_CHILD_REKEY_FAILED)
	{
		return HWO_BLOCK_REKEY_FAILED;
	}
	return hwo_child_holds(sa->state) ? HWO_BLOCK_LOST : HWO_BLOCK_NONE;
}

/**
 * Get the names of the trap that is given up, if an SP is one of it.
 */
static const hwo_names_t *get_failed_trap(private_sp_installer_t *this,
										  const hwo_sp_request_t *user)
{
	return is_trap(user) ? this->traps->get_failed(this->traps, user->reqid)
						 : NULL;
}

/**
 * charon tells what a trap is called when it gives it up, after its traffic was
 * blocked.
 */
static void name_block(private_sp_installer_t *this, hwo_sp_entry_t *entry,
					   const hwo_sp_request_t *user)
{
	const hwo_names_t *names = get_failed_trap(this, user);

	if (names && entry->blocked.why == HWO_BLOCK_TRAP_REFUSED &&
		!entry->blocked.names.child[0])
	{
		entry->blocked.names = *names;
	}
}

/**
 * Remove an SP that nobody uses anymore.
 */
static int remove_unused(private_sp_installer_t *this, hwo_sp_entry_t *entry,
						 const hwo_sp_request_t *last, bool strict)
{
	hwo_block_reason_t why = HWO_BLOCK_NONE;
	const hwo_names_t *names = get_failed_trap(this, last);
	hwo_sa_record_t sa;

	if (names &&
		this->guards->keep_failed(this->guards, entry, last, names, strict))
	{
		return 0;
	}
	if (hwo_kernel_sps_guarded(&entry->kernel))
	{
		why = why_lost(this, entry, last, &sa);
	}
	if (!why && entry->drained)
	{
		hwo_sp_route_remove(entry);
		return 0;
	}
	if (!why)
	{
		return uninstall(this, entry);
	}
	this->guards->keep(this->guards, entry, why, &sa.names, &last->sa.dst);
	return 0;
}

/**
 * Install the SP of the next user. The one in the kernel is for an SA that
 * goes, so if that fails, nothing gets through until the SA of the next user is
 * replaced.
 */
static int install_next(private_sp_installer_t *this, hwo_sp_entry_t *entry,
						const hwo_sp_request_t *next, hwo_sp_outcome_t *outcome)
{
	int err = hwo_sp_install(&this->install, entry, next, outcome);

	if (err && next->sa.spi)
	{
		this->install.rekey->soft_when_known(this->install.rekey, &next->sa,
								"has a policy that could not be updated");
	}
	return err;
}

/**
 * Check if the SP of a user that failed may be in the kernel: it was updated,
 * but that could not be undone.
 */
static bool is_of_other(const hwo_sp_entry_t *entry,
						const hwo_sp_request_t *user)
{
	const hwo_sp_t *sp;
	int i;

	for (i = 0; i < entry->kernel.count; i++)
	{
		sp = &entry->kernel.item[i].sp;
		if (sp->tmpl_count && sp->tmpl[0].spi != user->sp.tmpl[0].spi)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Remove a user of an SP, and do what follows from that.
 */
static int remove_user(private_sp_installer_t *this, hwo_sp_entry_t *entry,
					   const hwo_sp_request_t *user, hwo_sp_outcome_t *outcome)
{
	hwo_sp_request_t *next = hwo_sp_top_user(entry);
	/* charon does not repeat the mode */
	bool strict = next && is_strict_trap(this, next), top;

	if (!hwo_sp_remove_user(entry, user, &top))
	{
		return ENOENT;
	}
	next = hwo_sp_top_user(entry);
	if (!top && next && is_of_other(entry, next))
	{
		return install_next(this, entry, next, outcome);
	}
	if (!top && next)
	{
		hwo_sp_log_change("noted one user less of", entry);
		return 0;
	}
	if (!top)
	{	/* it could not be installed, so there is something left at most */
		return entry->kernel.count && !entry->blocked.why ?
			   uninstall(this, entry) : 0;
	}
	if (!next || !hwo_sp_has_sa(next))
	{
		this->drain->start(this->drain, entry, user);
	}
	if (next)
	{
		return hwo_sp_waits(entry, next) ? 0 : install_next(this, entry, next,
															outcome);
	}
	return remove_unused(this, entry, user, strict);
}

METHOD(sp_installer_t, del, int,
	private_sp_installer_t *this, const hwo_sp_request_t *user)
{
	hwo_sp_entry_t *entry;
	hwo_sp_outcome_t outcome = {};
	int err = ENOENT;

	if (is_trap(user) &&
		!this->traps->remove(this->traps, &user->sp.id, user->reqid))
	{
		return ENOENT;
	}
	entry = this->sps->checkout(this->sps, &user->sp.id, FALSE);
	if (entry)
	{
		err = remove_user(this, entry, user, &outcome);
		name_block(this, entry, user);
		checkin(this, entry);
		this->guards->trim(this->guards);
	}
	return err;
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
	checkin(this, entry);
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
	hwo_result_t result;
	hwo_msg_t msg;

	/* charon asks for that before it has installed anything, if it does */
	hwo_xfrm_encode_flush_sp(&msg);
	this->xfrm->command(this->xfrm, &msg, &result);
	if (result.err && result.err != ESRCH)
	{
		DBG1(DBG_KNL, "unable to flush policies: %s", strerror(result.err));
		return result.err;
	}
	return 0;
}

METHOD(sp_installer_t, link_changed, void,
	private_sp_installer_t *this, uint32_t ifindex, bool up)
{
	hwo_device_t device = {};
	hwo_sp_link_change_t change;

	if (ifindex)
	{
		this->install.devices->judge(this->install.devices, ifindex, &device);
	}
	change = (hwo_sp_link_change_t){
		.ifindex = ifindex,
		.up = up,
		.capable = !device.denied[HWO_MODE_PACKET],
	};
	for_each(this, hwo_sp_follow_link, &change);
}

METHOD(sp_installer_t, routes_changed, void,
	private_sp_installer_t *this)
{
	this->bypass->addrs_changed(this->bypass);
	for_each(this, hwo_sp_follow_route, NULL);
}

METHOD(sp_installer_t, retry, bool,
	private_sp_installer_t *this)
{
	bool refused = FALSE;

	for_each(this, hwo_sp_follow_route, &refused);
	return refused;
}

METHOD(sp_installer_t, release, u_int,
	private_sp_installer_t *this, const char *what)
{
	return this->guards->release(this->guards, what, "as it was released");
}

METHOD(sp_installer_t, destroy, void,
	private_sp_installer_t *this)
{
	this->ike_listener->destroy(this->ike_listener);
	this->traps->destroy(this->traps);
	this->drain->destroy(this->drain);
	this->guards->release(this->guards, NULL, "the daemon ends");
	this->guards->destroy(this->guards);
	this->install.attempts->destroy(this->install.attempts);
	free(this);
}

sp_installer_t *hwo_sp_installer_create(nl_exchange_t *xfrm,
										ike_bypass_t *bypass, sp_table_t *sps,
										const hwo_sp_install_t *install)
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
			.retry = _retry,
			.release = _release,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.bypass = bypass,
		.install = *install,
		.sps = sps,
		.ike_listener = hwo_ike_listener_create(install->sas),
		.traps = hwo_trap_listener_create(),
	);
	this->install.attempts = hwo_sp_attempts_create(xfrm, bypass,
								install->order,
								install->devices->get_history(install->devices),
								&install->settings);
	this->guards = hwo_guard_keeper_create(sps, this->install.attempts,
										   install->settings.max_blocked);
	this->drain = hwo_sp_drain_create(sps, &this->install, &this->public);
	return &this->public;
}
