/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SPs on their way up or down: guards, IKE past a NIC, and then the steps.
 */

#include "sp_attempts.h"
#include "sp_change.h"
#include "sp_log.h"
#include "../../model/plan/bind_plan.h"

#include <errno.h>
#include <unistd.h>

#include <utils/debug.h>

/**
 * Private data of sp_attempts_t.
 */
typedef struct {
	/** public interface */
	sp_attempts_t public;
	/** exchange with XFRM */
	nl_exchange_t *xfrm;
	/** bypass for IKE */
	ike_bypass_t *bypass;
	/** keeps guards behind what they belong to */
	spd_order_t *order;
	/** what devices said before */
	device_history_t *history;
	/** settings */
	hwo_sp_settings_t settings;
} private_sp_attempts_t;

/**
 * IKE has to get past an SP on a NIC before it is there.
 */
static void use_nic(private_sp_attempts_t *this, const hwo_sp_request_t *user,
					const hwo_offload_t *offload)
{
	bool out = user->sp.id.dir == POLICY_OUT;

	if (offload->mode == HWO_MODE_PACKET)
	{
		this->bypass->use_nic(this->bypass, offload->ifindex,
							  out ? &user->sa.src : &user->sa.dst);
	}
}

/**
 * An SP on a NIC is gone.
 */
static void release_nic(private_sp_attempts_t *this,
						const hwo_offload_t *offload)
{
	if (offload->mode == HWO_MODE_PACKET)
	{
		this->bypass->release_nic(this->bypass, offload->ifindex);
	}
}

/**
 * What is left of an SP is not offloaded.
 */
static void leave_nic(private_sp_attempts_t *this, hwo_sp_entry_t *entry)
{
	release_nic(this, &entry->effective);
	memset(&entry->effective, 0, sizeof(entry->effective));
}

METHOD(sp_attempts_t, check, bool,
	private_sp_attempts_t *this, hwo_sp_entry_t *entry, uint32_t ifindex,
	bool gone)
{
	if (entry->effective.mode != HWO_MODE_PACKET ||
		(ifindex && ifindex != entry->effective.ifindex) ||
		!hwo_sp_forget_lost(this->xfrm, &entry->kernel,
							entry->effective.ifindex, gone))
	{
		return FALSE;
	}
	leave_nic(this, entry);
	memset(&entry->tried, 0, sizeof(entry->tried));
	return TRUE;
}

static void run_step(private_sp_attempts_t *this, hwo_sp_entry_t *entry,
					 const hwo_sp_request_t *user, const hwo_offload_t *offload,
					 hwo_result_t *result)
{
	bool update = entry->kernel.count;
	hwo_kernel_sps_t kernel;

	hwo_kernel_sps_get(&user->sp, offload, &this->settings.guard, &kernel);
	if (hwo_kernel_sps_guarded(&kernel))
	{
		this->order->guarded(this->order);
	}
	use_nic(this, user, offload);
	hwo_sp_change(this->xfrm, &entry->kernel, &kernel,
				  this->settings.policy_update, result);
	if (result->err)
	{
		release_nic(this, offload);
		return;
	}
	release_nic(this, &entry->effective);
	entry->effective = *offload;
	entry->drained = 0;
	if (entry->blocked.why || user->sa.spi)
	{	/* with a CHILD_SA, what was before is over */
		entry->before = user->sa.spi || entry->blocked.why == HWO_BLOCK_DRAIN
							? (hwo_block_t){} : entry->blocked;
		memset(&entry->blocked, 0, sizeof(entry->blocked));
	}
	hwo_sp_log_change(update ? "updated" : "added", entry);
}

/**
 * Run a step, once more if the driver was busy.
 */
static void run_again(private_sp_attempts_t *this, hwo_sp_entry_t *entry,
					  const hwo_sp_request_t *user,
					  const hwo_offload_t *offload, hwo_result_t *result)
{
	device_history_t *history = this->history;

	run_step(this, entry, user, offload, result);
	if (offload->mode != HWO_MODE_NONE &&
		history->is_busy(history, offload->ifindex, result, FALSE,
						 time_monotonic(NULL)))
	{
		usleep(HWO_BUSY_DELAY * 1000);
		run_step(this, entry, user, offload, result);
		history->is_busy(history, offload->ifindex, result, TRUE,
						 time_monotonic(NULL));
	}
}

METHOD(sp_attempts_t, run, void,
	private_sp_attempts_t *this, hwo_sp_entry_t *entry,
	const hwo_sp_request_t *user,
	const hwo_plan_t *plan, hwo_result_t *result)
{
	char text[HWO_RESULT_TEXT];
	hwo_offload_t offload = {}, best = hwo_bind_best(plan);
	int step;

	*result = (hwo_result_t){
		.err = EOPNOTSUPP,
	};
	entry->tried = best;
	for (step = 0; step < plan->count; step++)
	{
		offload.mode = plan->step[step];
		offload.ifindex = offload.mode == HWO_MODE_NONE ? 0 : plan->ifindex;
		run_again(this, entry, user, &offload, result);
		if (hwo_plan_verdict(plan, step, result) != HWO_VERDICT_NEXT)
		{
			break;
		}
		DBG2(DBG_KNL, "policy not offloaded, %s",
			 hwo_result_text(result, text));
	}
	if (result->err && check(this, entry, 0, FALSE))
	{	/* it is not there anymore, what was tried now counts */
		entry->tried = best;
	}
}

METHOD(sp_attempts_t, remove_, void,
	private_sp_attempts_t *this, hwo_sp_entry_t *entry, hwo_result_t *result)
{
	hwo_sp_remove_all(this->xfrm, &entry->kernel, result);
	leave_nic(this, entry);
	memset(&entry->blocked, 0, sizeof(entry->blocked));
	entry->drained = 0;
	hwo_sp_log_change("removed", entry);
}

METHOD(sp_attempts_t, keep_guard, void,
	private_sp_attempts_t *this, hwo_sp_entry_t *entry)
{
	hwo_kernel_sps_t guard = {};
	hwo_result_t result;
	int i;

	if (entry->drained)
	{	/* until then there is more than the guard */
		return;
	}
	for (i = 0; i < entry->kernel.count; i++)
	{
		if (entry->kernel.item[i].guard)
		{
			guard.item[guard.count++] = entry->kernel.item[i];
		}
	}
	hwo_sp_change(this->xfrm, &entry->kernel, &guard, TRUE, &result);
	leave_nic(this, entry);
}

METHOD(sp_attempts_t, drain, bool,
	private_sp_attempts_t *this, hwo_sp_entry_t *entry)
{
	hwo_kernel_sps_t kernel = entry->kernel;
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;

	if (!hwo_kernel_sps_drain(&kernel))
	{
		return FALSE;
	}
	hwo_sp_change(this->xfrm, &entry->kernel, &kernel, TRUE, &result);
	if (result.err)
	{
		DBG2(DBG_KNL, "NIC does not block what it has of a policy: %s",
			 hwo_result_text(&result, text));
	}
	return !result.err;
}

METHOD(sp_attempts_t, block, bool,
	private_sp_attempts_t *this, hwo_sp_entry_t *entry,
	const hwo_sp_request_t *user)
{
	hwo_kernel_sps_t guard;
	hwo_result_t result;

	hwo_kernel_sps_block(&user->sp, &guard);
	hwo_sp_change(this->xfrm, &entry->kernel, &guard, TRUE, &result);
	if (result.err)
	{
		hwo_sp_log_failure("block", &entry->id, HWO_MODE_NONE, "-", &result);
	}
	return !result.err;
}

METHOD(sp_attempts_t, destroy, void,
	private_sp_attempts_t *this)
{
	free(this);
}

sp_attempts_t *hwo_sp_attempts_create(nl_exchange_t *xfrm, ike_bypass_t *bypass,
									  spd_order_t *order,
									  device_history_t *history,
									  const hwo_sp_settings_t *settings)
{
	private_sp_attempts_t *this;

	INIT(this,
		.public = {
			.run = _run,
			.remove = _remove_,
			.keep_guard = _keep_guard,
			.drain = _drain,
			.block = _block,
			.check = _check,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.bypass = bypass,
		.order = order,
		.history = history,
		.settings = *settings,
	);
	return &this->public;
}
