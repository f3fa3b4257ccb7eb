/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SAs and SPs follow their packets.
 */

#include "rebinder.h"
#include "../charon/deferred_job.h"
#include "../device/device_cache.h"
#include "../sa/sa_probe.h"
#include "../../io/nl_monitor.h"
#include "../../model/plan/ts_convert.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>

#include <daemon.h>
#include <threading/mutex.h>
#include <utils/debug.h>

typedef struct private_rebinder_t private_rebinder_t;

/**
 * Private data of rebinder_t.
 */
struct private_rebinder_t {

	/**
	 * Public interface
	 */
	rebinder_t public;

	/**
	 * Monitor that delivers changes
	 */
	nl_monitor_t *monitor;

	/**
	 * Exchange with XFRM
	 */
	nl_exchange_t *xfrm;

	/**
	 * Selection of devices
	 */
	egress_device_t *devices;

	/**
	 * Mover of SAs
	 */
	sa_mover_t *mover;

	/**
	 * Installer of SPs
	 */
	sp_installer_t *sps;

	/**
	 * Records of SAs
	 */
	sa_table_t *table;

	/**
	 * Requests to rekey
	 */
	sa_expiry_t *rekey;

	/**
	 * Settings
	 */
	hwo_rebind_settings_t settings;

	/**
	 * Milliseconds from a change to the next check
	 */
	u_int window;

	/**
	 * TRUE if something changed since the last check began, and while one is
	 * under way
	 */
	bool changed, checking;

	/**
	 * Protects window, changed and checking
	 */
	mutex_t *mutex;

	/**
	 * Checks
	 */
	deferred_job_t *job;
};

/**
 * A check that is under way.
 */
typedef struct {
	/** rebinder */
	private_rebinder_t *this;
	/** devices that were looked up already */
	device_cache_t *paths;
	/** pairs of SAs that did not stay as they were */
	u_int moved;
} check_t;

/**
 * Leave out crypto mode if another device has no room for a pair. What is
 * admitted has to be settled.
 */
static void keep_to_budget(private_rebinder_t *this, const hwo_sa_record_t *sa,
						   const hwo_device_t *device, hwo_plan_t *plan)
{
	const hwo_offload_t offload = {
		.mode = HWO_MODE_CRYPTO,
		.ifindex = device->ifindex,
	};

	if (device->max_sas && device->ifindex != sa->outcome.effective.ifindex &&
		sa->outcome.effective.mode != HWO_MODE_PACKET &&
		hwo_plan_has(plan, HWO_MODE_CRYPTO) &&
		!this->table->admit(this->table, &sa->id, sa->reqid, &offload,
							device->max_sas))
	{
		hwo_plan_exclude(plan, HWO_MODE_CRYPTO, HWO_REASON_BUDGET);
	}
}

/**
 * Decide what to do with a pair of SAs
 *
 * @param new		[out] TRUE if that is not the same as last time
 */
static hwo_bind_action_t decide(check_t *check, const hwo_sa_record_t *sa,
								hwo_plan_t *plan, bool *new)
{
	private_rebinder_t *this = check->this;
	const hwo_offload_t *effective = &sa->outcome.effective;
	hwo_bind_facts_t facts = {
		.requested = sa->requested,
		.effective = *effective,
		.tried = sa->tried,
		.degraded = effective->mode == HWO_MODE_NONE && sa->moves.count &&
					sa->moves.from.mode == HWO_MODE_CRYPTO,
		.lost = sa->lost,
	};
	const hwo_device_t *device = check->paths->get(check->paths, sa);
	hwo_bind_action_t action;
	hwo_offload_t best;

	hwo_plan_sa(sa->requested, &sa->facts, device, plan);
	keep_to_budget(this, sa, device, plan);
	action = hwo_bind_plan(&facts, plan, &this->settings.rules);
	hwo_bind_best(plan, &best);
	*new = plan->ifindex && this->table->try(this->table, &sa->id, &best);
	return action;
}

/**
 * Log what becomes of a pair of SAs
 */
static void log_action(private_rebinder_t *this, const hwo_sa_record_t *sa,
					   const hwo_plan_t *plan, const char *what)
{
	char from[IFNAMSIZ] = "-", to[IFNAMSIZ];

	if (sa->outcome.effective.ifindex)
	{
		this->devices->name(this->devices, sa->outcome.effective.ifindex, from);
	}
	DBG1(DBG_KNL, "CHILD_SA with SPIs %.8x_i %.8x_o: in mode %N on device %s, "
		 "its packets leave by %s, %s", ntohl(sa->partner.spi),
		 ntohl(sa->id.spi), hwo_mode_names, sa->outcome.effective.mode, from,
		 this->devices->name(this->devices, plan->ifindex, to), what);
}

/**
 * Tell charon that a pair of SAs has to be closed. That is not what the user
 * wanted, so its traffic stays blocked, as if the kernel had lost it.
 */
static void close_pair(private_rebinder_t *this, const hwo_sa_record_t *sa)
{
	host_t *dst;

	this->table->lose(this->table, &sa->id, NULL);
	dst = hwo_addr_to_host(&sa->id.dst, 0);
	if (dst)
	{
		charon->kernel->expire(charon->kernel, sa->id.proto, sa->id.spi, dst,
							   TRUE);
		dst->destroy(dst);
	}
}

/**
 * Check if a pair of SAs is complete
 */
static bool is_complete(private_rebinder_t *this, const hwo_sa_record_t *sa)
{
	return this->table->get(this->table, &sa->id, NULL) &&
		   (!sa->partner.spi ||
			this->table->get(this->table, &sa->partner, NULL));
}

/**
 * Log where a pair of SAs was moved
 */
static void log_moved(private_rebinder_t *this, const hwo_sa_record_t *sa,
					  const hwo_outcome_t *outcome, hwo_bind_action_t action)
{
	const hwo_offload_t *old = &sa->outcome.effective;
	const hwo_offload_t *new = &outcome->effective;
	const hwo_refusal_t *why = &outcome->why;
	char from[IFNAMSIZ] = "-", to[IFNAMSIZ] = "-";

	if (old->ifindex)
	{
		this->devices->name(this->devices, old->ifindex, from);
	}
	if (new->ifindex)
	{
		this->devices->name(this->devices, new->ifindex, to);
	}
	DBG1(DBG_KNL, "CHILD_SA with SPIs %.8x_i %.8x_o followed its packets (%N): "
		 "from mode %N on device %s to mode %N on device %s, %N%s%s",
		 ntohl(sa->partner.spi), ntohl(sa->id.spi), hwo_bind_action_names,
		 action, hwo_mode_names, old->mode, from, hwo_mode_names, new->mode, to,
		 hwo_reason_names, why->reason, why->result.extack[0] ? ": " : "",
		 why->result.extack);
}

/**
 * The device refused a pair of SAs
 */
static void stay_or_close(private_rebinder_t *this, const hwo_sa_record_t *sa,
						  const hwo_plan_t *plan)
{
	if (plan->strict && this->settings.rules.close_refused)
	{
		log_action(this, sa, plan, "where it was refused: closing it");
		close_pair(this, sa);
	}
	else
	{
		log_action(this, sa, plan, "where it was refused: it stays");
	}
}

/**
 * Move a pair of SAs as planned. What did not work out is up to charon, as long
 * as there is nothing in the kernel that goes on from where it was.
 */
static void move_as_planned(private_rebinder_t *this,
							const hwo_sa_record_t *sa, const hwo_plan_t *plan,
							hwo_bind_action_t action)
{
	hwo_outcome_t outcome = {};
	int err;

	err = this->mover->place(this->mover, &sa->id, &sa->partner, plan,
							 &outcome);
	if (!err)
	{
		log_moved(this, sa, &outcome, action);
	}
	else if (err == ENOENT)
	{
		DBG2(DBG_KNL, "SA %.8x was removed meanwhile", ntohl(sa->id.spi));
	}
	else if (err != EOPNOTSUPP || !is_complete(this, sa))
	{
		log_action(this, sa, plan, "but it can't be moved: rekeying it");
		this->rekey->rekey(this->rekey, &sa->id, NULL);
	}
	else
	{
		stay_or_close(this, sa, plan);
	}
}

/**
 * Have charon rekey a pair of SAs, if the new ones won't be refused
 */
static void rekey_if_taken(private_rebinder_t *this, const hwo_sa_record_t *sa,
						   const hwo_plan_t *plan)
{
	device_history_t *history = this->devices->get_history(this->devices);
	hwo_result_t refusal;
	hwo_offload_t best;

	hwo_bind_best(plan, &best);
	if (plan->strict && !hwo_sa_probe(this->xfrm, sa, &best, &refusal))
	{
		history->refused(history, best.ifindex, FALSE, &refusal, time(NULL));
		stay_or_close(this, sa, plan);
		return;
	}
	log_action(this, sa, plan, "rekeying it");
	this->rekey->rekey(this->rekey, &sa->id, NULL);
}

/**
 * Check a pair of SAs by its outbound one
 */
static void check_pair(check_t *check, const hwo_sa_record_t *sa)
{
	private_rebinder_t *this = check->this;
	hwo_bind_action_t action;
	hwo_plan_t plan;
	bool new;

	action = decide(check, sa, &plan, &new);
	switch (action)
	{
		case HWO_BIND_KEEP:
			return;
		case HWO_BIND_MOVE:
		case HWO_BIND_PROMOTE:
		case HWO_BIND_DEGRADE:
			move_as_planned(this, sa, &plan, action);
			break;
		case HWO_BIND_REKEY:
			rekey_if_taken(this, sa, &plan);
			break;
		case HWO_BIND_REFUSED:
			if (new)
			{
				log_action(this, sa, &plan, "where its mode can't be had: it "
						   "stays");
			}
			return;
		case HWO_BIND_CLOSE:
			log_action(this, sa, &plan, "where its mode can't be had: closing "
					   "it");
			close_pair(this, sa);
			break;
	}
	check->moved++;
}

/**
 * Check all pairs of SAs, then the SPs that have none
 *
 * @return			TRUE if any was moved
 */
static bool check_all(private_rebinder_t *this)
{
	check_t check = {
		.this = this,
		.paths = hwo_device_cache_create(this->devices),
	};
	hwo_sa_record_t sa;
	hwo_sa_id_t id;
	array_t *ids;
	int i;

	ids = this->table->list(this->table);
	for (i = 0; i < array_count(ids) && !this->job->is_ending(this->job); i++)
	{
		array_get(ids, i, &id);
		if (this->table->get(this->table, &id, &sa) && !sa.facts.inbound &&
			sa.requested != HW_OFFLOAD_NO)
		{	/* an inbound one alone is a leftover of a rekeying */
			check_pair(&check, &sa);
			this->table->settle(this->table, &id);
		}
	}
	array_destroy(ids);
	check.paths->destroy(check.paths);
	this->sps->routes_changed(this->sps);
	return check.moved > 0;
}

/**
 * Check, and again if there were changes meanwhile. As long as windows are longer
 * that happens once more in any case: one without changes before it ends them.
 */
CALLBACK(check_later, void,
	private_rebinder_t *this)
{
	bool changed, moved, again;
	u_int window;

	this->mutex->lock(this->mutex);
	this->checking = TRUE;
	changed = this->changed;
	this->changed = FALSE;
	this->mutex->unlock(this->mutex);
	moved = check_all(this);
	this->mutex->lock(this->mutex);
	window = hwo_bind_window(this->settings.delay, this->window, moved,
							 changed);
	this->window = window;
	again = this->changed || window > this->settings.delay;
	this->checking = FALSE;
	this->mutex->unlock(this->mutex);
	if (again)
	{
		this->job->schedule(this->job, window);
	}
}

/**
 * Something changed, or may have: announcements were lost
 */
static void on_change(void *data, const struct nlmsghdr *hdr)
{
	private_rebinder_t *this = data;
	bool checking;
	u_int window;

	this->mutex->lock(this->mutex);
	this->changed = TRUE;
	checking = this->checking;
	window = this->window;
	this->mutex->unlock(this->mutex);
	if (!checking)
	{	/* otherwise, the next window is not known yet */
		this->job->schedule(this->job, window);
	}
}

METHOD(rebinder_t, destroy, void,
	private_rebinder_t *this)
{
	if (this->monitor)
	{
		this->monitor->destroy(this->monitor);
	}
	this->job->destroy(this->job);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
rebinder_t *hwo_rebinder_create(nl_transport_t *changes, nl_exchange_t *xfrm,
								egress_device_t *devices, sa_mover_t *mover,
								sp_installer_t *sps, sa_table_t *table,
								sa_expiry_t *rekey,
								const hwo_rebind_settings_t *settings)
{
	private_rebinder_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.devices = devices,
		.mover = mover,
		.sps = sps,
		.table = table,
		.rekey = rekey,
		.settings = *settings,
		.window = settings->delay,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->job = hwo_deferred_job_create(check_later, this);
	if (settings->enabled)
	{
		this->monitor = hwo_nl_monitor_create(changes, TRUE, on_change, this);
	}
	else
	{
		changes->destroy(changes);
	}
	return &this->public;
}
