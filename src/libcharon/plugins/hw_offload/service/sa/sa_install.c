/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Installs SAs as planned, and records what came of it.
 */

#include "sa_install.h"
#include "sa_attempts.h"
#include "sa_log.h"
#include "sa_mover.h"
#include "../charon/child_listener.h"
#include "../charon/ike_listener.h"
#include "../../model/plan/bind_plan.h"
#include "../../wire/xfrm_sa.h"

#include <netinet/in.h>
#include <pthread.h>
#include <time.h>

#include <utils/debug.h>
#include <utils/utils.h>

/**
 * An installation that is under way.
 */
typedef struct {
	/** facts */
	hwo_sa_t sa;
	/** configured mode */
	hw_offload_t requested;
	/** TRUE to tell the kernel its direction */
	bool set_dir;
	/** best mode for it, if nothing but its device counts */
	hwo_offload_t best;
	/** record of the CHILD_SA, checked out, and the SA in there */
	hwo_child_t *child;
	hwo_child_sa_t *own;
	/** inbound SA of the same CHILD_SA, spi 0 if there is none */
	hwo_child_sa_t partner;
	/** why it has to be rekeyed, NULL if it does not */
	const char *rekey;
	/** limits as configured, and who enforces them in the last step */
	hwo_limits_t configured;
	hwo_limit_plan_t limits;
	/** steps, and what came of them */
	hwo_sa_attempts_t attempts;
	/** last state of an SA that was taken away again, holds keys */
	hwo_sa_last_state_t last;
} install_t;

static device_history_t *get_history(const hwo_sa_shared_t *this)
{
	return this->devices->get_history(this->devices);
}

/**
 * Without a window, drivers that don't follow the high half of sequence numbers
 * begin with all ones, and nobody can decrypt that. The kernel refuses a window
 * for an outbound SA that has a direction.
 */
static void set_window(hwo_sa_t *sa, bool set_dir, hwo_mode_t mode)
{
	if (sa->facts.esn_stale)
	{
		sa->set_dir = set_dir && mode == HWO_MODE_PACKET;
		sa->replay_window = sa->set_dir ? 0 : 1;
	}
}

static bool encode_sa(void *data, hwo_msg_t *msg, const hwo_offload_t *offload,
					  bool update)
{
	install_t *install = data;
	hwo_sa_t sa = {
		.limits = install->configured,
		.facts = install->sa.facts,
	};

	install->sa.update = update;
	hwo_limit_plan(&sa, offload->mode, install->attempts.no_bytes,
				   &install->limits);
	install->sa.limits = install->limits.kernel;
	set_window(&install->sa, install->set_dir, offload->mode);
	return hwo_xfrm_encode_sa(msg, &install->sa, offload);
}

/**
 * Why an SA is not even in crypto mode: it was refused, or no step; or the SA
 * of the other direction is not.
 */
static hwo_refusal_t why_not_crypto(const install_t *install)
{
	const hwo_sa_attempts_t *attempts = &install->attempts;
	hwo_refusal_t why = attempts->refused[HWO_MODE_CRYPTO];

	if (install->requested != HW_OFFLOAD_AUTO ||
		attempts->outcome.effective.mode != HWO_MODE_NONE)
	{
		return (hwo_refusal_t){};
	}
	if (!why.reason && install->partner.id.spi &&
		install->partner.outcome.effective.mode == HWO_MODE_NONE)
	{
		return install->partner.outcome.crypto;
	}
	why.reason = why.reason ?: attempts->plan.skipped[HWO_MODE_CRYPTO];
	return why;
}

static void note_installed(const hwo_sa_shared_t *this, install_t *install)
{
	device_history_t *history = get_history(this);

	*install->own = (hwo_child_sa_t){
		.id = install->sa.id,
		.facts = install->sa.facts,
		.src_port = install->sa.src_port,
		.dst_port = install->sa.dst_port,
		.outcome = install->attempts.outcome,
		.tried = install->best,
		.gateway = install->attempts.plan.gateway,
		.watched = install->limits.watched,
	};
	install->own->outcome.candidate = install->attempts.plan.ifindex;
	install->own->outcome.crypto = why_not_crypto(install);
	if (!install->own->outcome.why.reason && install->sa.facts.no_policies &&
		install->own->outcome.effective.mode == HWO_MODE_PACKET)
	{	/* somebody else may install them, but whoever looks should know */
		install->attempts.outcome.why.reason = HWO_REASON_NO_POLICIES;
		install->own->outcome.why.reason = HWO_REASON_NO_POLICIES;
	}
	install->child->requested = install->requested;
	history->works(history, &install->own->outcome.effective, time(NULL));
}

/**
 * Leave out the modes in which a device has as many SAs as it may have. What
 * the inbound SA got holds for the outbound one.
 */
static void keep_to_budget(const hwo_sa_shared_t *this, install_t *install,
						   const hwo_device_t *device)
{
	hwo_plan_t *plan = &install->attempts.plan;
	hwo_offload_t offload = {
		.mode = HWO_MODE_PACKET,
		.ifindex = device->ifindex,
	};

	if (!device->max_sas || install->partner.id.spi)
	{
		return;
	}
	for (; offload.mode > HWO_MODE_NONE; offload.mode--)
	{
		if (hwo_plan_has(plan, offload.mode) &&
			!this->table->admit(this->table, install->child, &offload,
									 device->max_sas))
		{
			hwo_plan_exclude(plan, offload.mode, HWO_REASON_BUDGET);
		}
	}
}

/**
 * Check if an SP in software goes before one of a CHILD_SA on a NIC. Strict
 * modes are left to their SPs, which know more.
 */
static bool is_shunted(const hwo_sa_shared_t *this, const install_t *install,
					   uint32_t ifindex, uint32_t priority)
{
	sp_precedence_t *precedence = this->precedence;
	hwo_ranked_sp_t sp = {
		.id = {
			.dir = POLICY_OUT,
			.if_id = install->sa.id.if_id,
		},
		.priority = priority,
		.reqid = install->sa.reqid,
		.offload = {
			.mode = HWO_MODE_PACKET,
			.ifindex = ifindex,
		},
	};
	bool found = FALSE;
	int i;

	if (install->requested != HW_OFFLOAD_AUTO || !ifindex)
	{
		return FALSE;
	}
	for (i = 0; !found && i < array_count(install->sa.flows); i++)
	{
		array_get(install->sa.flows, i, &sp.id.sel);
		found = precedence->is_behind(precedence, &sp);
	}
	return found;
}

/**
 * Add what is known about the SPs. What holds for the inbound SA holds for the
 * outbound one, which another thread may add later.
 */
static void add_sp_facts(const hwo_sa_shared_t *this, install_t *install,
						 uint32_t ifindex)
{
	const hwo_child_config_t config = hwo_child_config_current();
	hwo_sa_facts_t *facts = &install->sa.facts;

	if (install->partner.id.spi)
	{
		facts->no_policies = install->partner.facts.no_policies;
		facts->shunted = install->partner.facts.shunted;
		facts->marked |= install->partner.facts.marked;
		return;
	}
	facts->no_policies = config.no_policies;
	facts->marked |= config.marked;
	facts->shunted = is_shunted(this, install, ifindex, config.priority);
}

static void plan_install(const hwo_sa_shared_t *this, install_t *install)
{
	hwo_plan_t *plan = &install->attempts.plan;
	device_history_t *history = get_history(this);
	hwo_refusal_t denied = {};
	const hwo_outcome_t *best;
	hwo_device_t device;

	hwo_device_none(HWO_REASON_NONE, &device);
	if (install->requested != HW_OFFLOAD_NO)
	{
		this->devices->find_sa(this->devices, &install->sa.id,
									&install->sa.facts, &device);
	}
	add_sp_facts(this, install, device.ifindex);
	if (install->requested == HW_OFFLOAD_AUTO &&
		install->partner.outcome.effective.mode != HWO_MODE_PACKET &&
		history->is_denied(history, device.ifindex, install->sa.reqid,
						   time_monotonic(NULL), &denied))
	{	/* before, it ended in another mode */
		device.denied[HWO_MODE_PACKET] = denied.reason;
	}
	hwo_plan_sa(install->requested, &install->sa.facts, &device, plan);
	install->best = hwo_bind_best(plan);
	if (install->partner.id.spi && install->requested == HW_OFFLOAD_AUTO)
	{
		/* if that is as good as it gets, it is on another device */
		best = &install->partner.outcome;
		hwo_plan_limit(plan, &best->effective,
					   best->why.reason ?: HWO_REASON_WRONG_DEVICE);
		install->attempts.outcome.why.result = best->why.result;
	}
	keep_to_budget(this, install, &device);
	install->attempts.outcome.why.reason = plan->skipped[HWO_MODE_PACKET];
	if (denied.reason && plan->skipped[HWO_MODE_PACKET] == denied.reason)
	{
		install->attempts.outcome.why.result = denied.result;
	}
}

/**
 * The inbound SA is in packet mode, this one is not. Each of them works as it
 * is, but the inbound one can't go on in another mode: new ones get the same.
 */
static void rekey_pair(const hwo_sa_shared_t *this, install_t *install)
{
	device_history_t *history = get_history(this);
	hwo_refusal_t why = {
		.reason = HWO_REASON_PARTNER_REFUSED,
		.result = install->attempts.outcome.why.result,
	};

	history->deny_packet(history, install->partner.outcome.effective.ifindex,
						 install->sa.reqid, &why, time_monotonic(NULL));
	install->rekey = "is not in packet mode as the inbound one is";
}

/**
 * Make the inbound SA end where this one did. If that is not possible, each of
 * them works as it is, so it is no reason to fail.
 */
static void align_partner(const hwo_sa_shared_t *this, install_t *install)
{
	const hwo_outcome_t *inbound = &install->partner.outcome;
	hwo_outcome_t *outcome = &install->attempts.outcome, aligned = {
		.why = {
			.reason = HWO_REASON_PARTNER_REFUSED,
			.result = outcome->why.result,
		},
	};
	hwo_plan_t plan = install->attempts.plan;
	int err;

	if (install->requested != HW_OFFLOAD_AUTO || !install->partner.id.spi ||
		inbound->effective.mode <= outcome->effective.mode)
	{
		return;
	}
	if (inbound->effective.mode == HWO_MODE_PACKET)
	{
		rekey_pair(this, install);
		return;
	}
	hwo_plan_limit(&plan, &outcome->effective, HWO_REASON_PARTNER_REFUSED);
	err = hwo_sa_place(this, install->child, &plan, &aligned);
	if (err)
	{
		DBG1(DBG_KNL, "unable to move inbound SA %.8x to mode %N: %s",
			 ntohl(install->partner.id.spi), hwo_mode_names,
			 outcome->effective.mode, strerror(err));
		install->rekey = "is in another mode than the inbound one";
	}
}

/**
 * Check out the record that an SA belongs to, and prepare its attempts.
 */
static void begin(const hwo_sa_shared_t *this, install_t *install)
{
	hwo_sa_t *sa = &install->sa;
	uintptr_t thread = (uintptr_t)pthread_self();
	bool inbound = sa->facts.inbound;

	sa->set_dir = install->set_dir = this->set_dir;
	install->child = this->table->begin(this->table, &sa->id, inbound,
											 sa->reqid, thread);
	install->own = hwo_child_sa(install->child, inbound);
	if (!inbound)
	{
		install->partner = install->child->in;
	}
	install->attempts = (hwo_sa_attempts_t){
		.xfrm = this->xfrm,
		.listener = &this->listener,
		.history = get_history(this),
		.encode = encode_sa,
		.data = install,
		.id = sa->id,
		.form = {
			.src = sa->id.src,
			.dst = sa->id.dst,
			.encap = sa->facts.encap,
			.src_port = sa->src_port,
			.dst_port = sa->dst_port,
			.reqid = sa->reqid,
			.inbound = inbound,
		},
		.update = sa->update,
		.has_bytes = sa->limits.soft_bytes || sa->limits.hard_bytes,
		.last = &install->last,
	};
}

/**
 * Check the record in. What is to be rekeyed or watched has one from then on.
 */
static void end(const hwo_sa_shared_t *this, install_t *install)
{
	sa_expiry_t *expiry = this->rekey;
	hwo_mode_t mode = install->own->outcome.effective.mode;

	this->table->checkin(this->table, install->child);
	if (mode == HWO_MODE_PACKET)
	{
		this->watcher->add(this->watcher, &install->sa, &install->limits);
	}
	if (install->rekey)
	{
		expiry->soft_when_known(expiry, &install->sa.id, install->rekey);
	}
	else if (!install->sa.facts.inbound)
	{
		expiry->soft_if_split(expiry, &install->sa.id);
	}
}

/**
 * Keep why an SA could not be installed, and log it once per CHILD_SA: charon
 * tries the outbound SA right after the inbound one, whatever came of that.
 */
static void note_failed(const hwo_sa_shared_t *this, const install_t *install,
						const hwo_sa_log_t *log)
{
	const hwo_sa_attempts_t *attempts = &install->attempts;
	uint32_t candidate = attempts->plan.ifindex;
	hwo_sa_record_t failed = {
		.id = install->sa.id,
		.reqid = install->sa.reqid,
		.facts = install->sa.facts,
		.requested = install->requested,
		.outcome = {
			.why = attempts->outcome.why,
			.candidate = candidate,
		},
	};
	char name[IFNAMSIZ] = "";
	bool first;

	if (!failed.outcome.why.reason)
	{
		failed.outcome.why.result = attempts->result;
	}
	if (candidate)
	{
		this->devices->name(this->devices, candidate, name);
	}
	/* charon gives CHILD_SAs up by SPIs, so nobody would ask for a CPI */
	first = failed.id.proto == IPPROTO_COMP ||
			this->failures->note(this->failures, &failed, name, time(NULL));
	hwo_sa_log_failed(log, first ? 1 : 2);
	/* up to 6.1.0, charon closes a CHILD_SA that can't be rekeyed */
	this->table->rekey_failed(this->table, &install->sa.id,
								   install->sa.reqid, hwo_current_ike());
}

int hwo_sa_install(const hwo_sa_shared_t *this, const hwo_sa_t *sa,
				   hw_offload_t requested)
{
	install_t install = {
		.sa = *sa,
		.requested = requested,
		.configured = sa->limits,
	};
	hwo_sa_log_t log = {
		.devices = this->devices,
		.sa = &install.sa,
		.requested = requested,
		.attempts = &install.attempts,
	};
	bool installed;

	begin(this, &install);
	log.spi_in = install.partner.id.spi;
	plan_install(this, &install);
	if (hwo_plan_has(&install.attempts.plan, HWO_MODE_PACKET))
	{
		this->order->follow(this->order);
	}
	installed = hwo_sa_attempts_run(&install.attempts);
	if (installed)
	{
		note_installed(this, &install);
		align_partner(this, &install);
		hwo_sa_log_installed(&log);
	}
	else
	{
		note_failed(this, &install, &log);
	}
	hwo_sa_note_refusals(&log);
	end(this, &install);
	memwipe(&install.last, sizeof(install.last));
	return installed ? 0 : install.attempts.result.err;
}
