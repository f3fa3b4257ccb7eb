/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Install SAs as planned, and record what came of it.
 */

#include "sa_installer.h"
#include "sa_attempts.h"
#include "sa_words.h"
#include "../../model/plan/bind_plan.h"
#include "../../wire/xfrm_sa.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <time.h>

#include <utils/debug.h>
#include <utils/utils.h>

typedef struct private_sa_installer_t private_sa_installer_t;

/**
 * Private data of sa_installer_t.
 */
struct private_sa_installer_t {

	/**
	 * Public interface.
	 */
	sa_installer_t public;

	/**
	 * What services for SAs have in common.
	 */
	hwo_sa_shared_t with;

	/**
	 * Mover of SAs.
	 */
	sa_mover_t *mover;

	/**
	 * Watcher of limits.
	 */
	limit_watcher_t *watcher;

	/**
	 * Those that could not be installed, for who asks later.
	 */
	failed_children_t *failures;
};

/**
 * An installation that is under way.
 */
typedef struct {
	/** facts */
	hwo_sa_t sa;
	/** configured mode */
	hw_offload_t requested;
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

/**
 * Callback for the larval SA.
 */
static bool decode_larval(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_sa(hdr, data);
}

METHOD(sa_installer_t, alloc_spi, int,
	private_sa_installer_t *this, const hwo_addr_t *src, const hwo_addr_t *dst,
	uint8_t proto, uint32_t min, uint32_t max, uint32_t *spi)
{
	nl_exchange_t *xfrm = this->with.xfrm;
	hwo_sa_state_t state = {};
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_xfrm_encode_alloc_spi(&msg, src, dst, proto, min, max,
							  this->with.set_dir);
	xfrm->query(xfrm, &msg, decode_larval, &state, &result);
	if (!result.err && !state.id.spi)
	{
		result.err = EBADMSG;
	}
	if (result.err)
	{
		DBG1(DBG_KNL, "unable to allocate SPI: %s",
			 hwo_result_text(&result, text));
		return result.err;
	}
	*spi = state.id.spi;
	return 0;
}

/**
 * Encode the request for a step.
 */
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
	return hwo_xfrm_encode_sa(msg, &install->sa, offload);
}

/**
 * Describe the device for the log.
 */
static char *device_name(private_sa_installer_t *this, uint32_t ifindex,
						 char buf[IFNAMSIZ])
{
	return ifindex ? this->with.devices->name(this->with.devices, ifindex, buf)
				   : strcpy(buf, "-");
}

/**
 * Name of a direction for the log.
 */
static const char *direction(const install_t *install)
{
	return install->sa.facts.inbound ? "inbound" : "outbound";
}

/**
 * History of devices.
 */
static device_history_t *get_history(private_sa_installer_t *this)
{
	return this->with.devices->get_history(this->with.devices);
}

/**
 * The inbound SA that failed last on this thread, and its reqid.
 */
static __thread hwo_sa_id_t last_failed;
static __thread uint32_t last_reqid;

/**
 * Check if the failure of an SA is the first one of its CHILD_SA: charon tries
 * the outbound SA right after the inbound one, whatever came of that.
 */
static bool is_news(const hwo_sa_t *sa)
{
	bool known;

	known = !sa->facts.inbound && last_failed.spi && last_reqid == sa->reqid &&
			hwo_addr_equals(&last_failed.src, &sa->id.dst) &&
			hwo_addr_equals(&last_failed.dst, &sa->id.src);
	last_failed = sa->facts.inbound ? sa->id : (hwo_sa_id_t){};
	last_reqid = sa->reqid;
	return !known;
}

/**
 * Log that an SA could not be installed, once per CHILD_SA.
 */
static void log_failure(private_sa_installer_t *this, install_t *install)
{
	int level = is_news(&install->sa) ? 1 : 2;
	char name[IFNAMSIZ], text[HWO_RESULT_TEXT];

	hwo_result_text(&install->attempts.result, text);
	if (install->requested == HW_OFFLOAD_NO ||
		install->attempts.outcome.why.reason == HWO_REASON_NONE)
	{	/* nobody blames the NIC */
		dbg(DBG_KNL, level, "unable to install %s SA %.8x: %s",
			direction(install), ntohl(install->sa.id.spi), text);
		return;
	}
	/* the words are in this line, but others ask what was said */
	hwo_sa_fresh_words(get_history(this), &install->attempts);
	dbg(DBG_KNL, level, "unable to install %s SA %.8x, hw_offload %N, device "
		"%s, %N: %s", direction(install), ntohl(install->sa.id.spi),
		hw_offload_names, install->requested,
		device_name(this, install->attempts.plan.ifindex, name),
		hwo_reason_names, install->attempts.outcome.why.reason, text);
}

/**
 * Keep why an SA that was to be offloaded could not be installed.
 */
static void note_failure(private_sa_installer_t *this, install_t *install)
{
	const hwo_sa_attempts_t *attempts = &install->attempts;
	hwo_sa_record_t failed = {
		.id = install->sa.id,
		.reqid = install->sa.reqid,
		.facts = install->sa.facts,
		.requested = install->requested,
		.outcome = {
			.why = attempts->outcome.why,
			.candidate = attempts->plan.ifindex,
		},
	};
	char name[IFNAMSIZ] = "";

	if (install->requested != HW_OFFLOAD_NO)
	{
		if (!failed.outcome.why.reason)
		{
			failed.outcome.why.result = attempts->result;
		}
		if (failed.outcome.candidate)
		{
			device_name(this, failed.outcome.candidate, name);
		}
		this->failures->note(this->failures, &failed, name, time(NULL));
	}
}

/**
 * Log what the SAs of a CHILD_SA that should be offloaded ended up as, once per
 * CHILD_SA, when the outbound one is there.
 */
static void log_success(private_sa_installer_t *this, install_t *install)
{
	hwo_sa_attempts_t *attempts = &install->attempts;
	const hwo_offload_t *effective = &attempts->outcome.effective;
	char name[IFNAMSIZ];
	const char *words;

	if (install->requested == HW_OFFLOAD_NO || !install->partner.id.spi)
	{
		DBG2(DBG_KNL, "installed %s SA %.8x, mode %N", direction(install),
			 ntohl(install->sa.id.spi), hwo_mode_names,
			 effective->mode);
		return;
	}
	words = hwo_sa_fresh_words(get_history(this), attempts);
	DBG1(DBG_KNL, "CHILD_SA with SPIs %.8x_i %.8x_o: hw_offload %N, effective "
		 "%N, device %s, %N%s%s", ntohl(install->partner.id.spi),
		 ntohl(install->sa.id.spi), hw_offload_names, install->requested,
		 hwo_mode_names, effective->mode,
		 device_name(this, effective->ifindex ?: attempts->plan.ifindex, name),
		 hwo_reason_names, attempts->outcome.why.reason, words[0] ? ": " : "",
		 words);
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

/**
 * Record an installed SA.
 */
static void note_installed(private_sa_installer_t *this, install_t *install)
{
	device_history_t *history = get_history(this);

	*install->own = (hwo_child_sa_t){
		.id = install->sa.id,
		.facts = install->sa.facts,
		.src_port = install->sa.src_port,
		.dst_port = install->sa.dst_port,
		.outcome = install->attempts.outcome,
		.tried = install->best,
		.watched = install->limits.watched,
	};
	install->own->outcome.candidate = install->attempts.plan.ifindex;
	install->own->outcome.crypto = why_not_crypto(install);
	install->child->requested = install->requested;
	history->works(history, &install->own->outcome.effective, time(NULL));
}

/**
 * Leave out the modes in which a device has as many SAs as it may have. What
 * the inbound SA got holds for the outbound one.
 */
static void keep_to_budget(private_sa_installer_t *this, install_t *install,
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
			!this->with.table->admit(this->with.table, install->child, &offload,
									 device->max_sas))
		{
			hwo_plan_exclude(plan, offload.mode, HWO_REASON_BUDGET);
		}
	}
}

/**
 * Plan the steps for an SA.
 */
static void plan_install(private_sa_installer_t *this, install_t *install)
{
	hwo_plan_t *plan = &install->attempts.plan;
	device_history_t *history = get_history(this);
	hwo_refusal_t denied = {};
	const hwo_outcome_t *best;
	hwo_device_t device;

	hwo_device_none(HWO_REASON_NONE, &device);
	if (install->requested != HW_OFFLOAD_NO)
	{
		this->with.devices->find_sa(this->with.devices, &install->sa.id,
									&install->sa.facts, &device);
	}
	if (install->requested == HW_OFFLOAD_AUTO &&
		install->partner.outcome.effective.mode != HWO_MODE_PACKET &&
		history->is_denied(history, device.ifindex, install->sa.reqid,
						   time_monotonic(NULL), &denied))
	{	/* before, it ended in another mode */
		device.denied[HWO_MODE_PACKET] = denied.reason;
	}
	hwo_plan_sa(install->requested, &install->sa.facts, &device, plan);
	hwo_bind_best(plan, &install->best);
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
static void rekey_pair(private_sa_installer_t *this, install_t *install)
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
static void align_partner(private_sa_installer_t *this, install_t *install)
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
	err = this->mover->place(this->mover, install->child, &plan, &aligned);
	if (err)
	{
		DBG1(DBG_KNL, "unable to move inbound SA %.8x to mode %N: %s",
			 ntohl(install->partner.id.spi), hwo_mode_names,
			 outcome->effective.mode, strerror(err));
		install->rekey = "is in another mode than the inbound one";
	}
}

/**
 * Check out the record that an SA belongs to.
 */
static void begin(private_sa_installer_t *this, install_t *install)
{
	const hwo_sa_t *sa = &install->sa;
	uintptr_t thread = (uintptr_t)pthread_self();
	bool inbound = sa->facts.inbound;

	install->child = this->with.table->begin(this->with.table, &sa->id, inbound,
											 sa->reqid, thread);
	install->own = hwo_child_sa(install->child, inbound);
	if (!inbound)
	{
		install->partner = install->child->in;
	}
}

/**
 * Check the record in. What is to be rekeyed or watched has one from then on.
 */
static void end(private_sa_installer_t *this, install_t *install)
{
	sa_expiry_t *expiry = this->with.rekey;
	hwo_mode_t mode = install->own->outcome.effective.mode;

	this->with.table->checkin(this->with.table, install->child);
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

METHOD(sa_installer_t, add, int,
	private_sa_installer_t *this, const hwo_sa_t *sa, hw_offload_t requested)
{
	install_t install = {
		.sa = *sa,
		.requested = requested,
		.configured = sa->limits,
		.attempts = {
			.xfrm = this->with.xfrm,
			.listener = &this->with.listener,
			.encode = encode_sa,
			.data = &install,
			.id = sa->id,
			.form = {
				.src = sa->id.src,
				.dst = sa->id.dst,
				.encap = sa->facts.encap,
				.src_port = sa->src_port,
				.dst_port = sa->dst_port,
				.reqid = sa->reqid,
				.inbound = sa->facts.inbound,
			},
			.update = sa->update,
			.has_bytes = sa->limits.soft_bytes || sa->limits.hard_bytes,
			.last = &install.last,
		},
	};
	child_table_t *table = this->with.table;
	int err = 0;

	install.sa.set_dir = this->with.set_dir;
	begin(this, &install);
	plan_install(this, &install);
	if (hwo_sa_attempts_run(&install.attempts))
	{
		note_installed(this, &install);
		align_partner(this, &install);
		log_success(this, &install);
	}
	else
	{
		log_failure(this, &install);
		note_failure(this, &install);
		err = install.attempts.result.err;
		/* up to 6.1.0, charon closes a CHILD_SA that can't be rekeyed */
		table->rekey_failed(table, &install.sa.id, install.sa.reqid);
	}
	hwo_sa_note_others(get_history(this), &install.attempts);
	end(this, &install);
	memwipe(&install.last, sizeof(install.last));
	return err;
}

/**
 * Turn a time of the system's clock, which the kernel uses, to monotonic time.
 */
static time_t to_monotonic(uint64_t epoch)
{
	return time_monotonic(NULL) - (time(NULL) - (time_t)epoch);
}

METHOD(sa_installer_t, query, int,
	private_sa_installer_t *this, const hwo_sa_id_t *id, uint64_t *bytes,
	uint64_t *packets, time_t *used)
{
	child_table_t *table = this->with.table;
	char text[HWO_RESULT_TEXT];
	hwo_sa_state_t state;
	hwo_result_t result;
	time_t changed;
	hwo_child_t *child;

	/* not while it is on the move */
	child = table->checkout(table, id);
	hwo_sa_get(this->with.xfrm, id, &state, &result);
	if (child)
	{
		table->checkin(table, child);
	}
	if (result.err)
	{
		DBG2(DBG_KNL, "unable to query SA %.8x: %s", ntohl(id->spi),
			 hwo_result_text(&result, text));
		return result.err;
	}
	*bytes = state.usage.bytes;
	*packets = state.usage.packets;
	/* the kernel doesn't see packets that are handled by the NIC, so it has no
	 * time for those SAs, what we have is when we saw the counter change */
	changed = table->note_packets(table, id, state.usage.packets,
								  time_monotonic(NULL));
	*used = state.last_used ? to_monotonic(state.last_used) : 0;
	if (state.offload.mode == HWO_MODE_PACKET)
	{
		*used = changed;
	}
	return 0;
}

METHOD(sa_installer_t, del, int,
	private_sa_installer_t *this, const hwo_sa_id_t *id)
{
	child_table_t *table = this->with.table;
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_child_sa_t *sa;
	hwo_child_t *child;
	bool known;

	/* who moves it may be about to add it */
	child = table->checkout(table, id);
	hwo_sa_delete(this->with.xfrm, id, &result);
	known = child && !hwo_child_find(child, id)->lost;
	if (child)
	{
		sa = hwo_child_find(child, id);
		memset(sa, 0, sizeof(*sa));
		table->checkin(table, child);
	}
	if (result.err)
	{	/* after a failed installation there is nothing to remove, and at a hard
		 * limit the kernel removes the SA itself */
		dbg(DBG_KNL, known && result.err != ESRCH ? 1 : 2,
			"unable to remove SA %.8x: %s", ntohl(id->spi),
			hwo_result_text(&result, text));
	}
	return result.err;
}

METHOD(sa_installer_t, flush, int,
	private_sa_installer_t *this)
{
	static const uint8_t protos[] = { IPPROTO_AH, IPPROTO_ESP, IPPROTO_COMP };
	hwo_result_t result;
	hwo_msg_t msg;
	int i, err = 0;

	this->with.table->flush(this->with.table);
	for (i = 0; i < countof(protos); i++)
	{
		hwo_xfrm_encode_flush_sa(&msg, protos[i]);
		this->with.xfrm->command(this->with.xfrm, &msg, &result);
		/* the kernel says so if there was none */
		if (result.err && result.err != ESRCH)
		{
			DBG1(DBG_KNL, "unable to flush SAs of protocol %u: %s", protos[i],
				 strerror(result.err));
			err = result.err;
		}
	}
	return err;
}

METHOD(sa_installer_t, destroy, void,
	private_sa_installer_t *this)
{
	free(this);
}

/*
 * Described in header
 */
sa_installer_t *hwo_sa_installer_create(const hwo_sa_shared_t *with,
										sa_mover_t *mover,
										limit_watcher_t *watcher,
										failed_children_t *failures)
{
	private_sa_installer_t *this;

	last_failed = (hwo_sa_id_t){};
	INIT(this,
		.public = {
			.alloc_spi = _alloc_spi,
			.add = _add,
			.query = _query,
			.del = _del,
			.flush = _flush,
			.destroy = _destroy,
		},
		.with = *with,
		.mover = mover,
		.watcher = watcher,
		.failures = failures,
	);
	return &this->public;
}
