/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Move SAs to other addresses or devices, sequence numbers included.
 */

#include "sa_mover.h"
#include "sa_attempts.h"
#include "../../model/plan/bind_plan.h"
#include "../../wire/xfrm_sa.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>

#include <utils/debug.h>
#include <utils/utils.h>

/**
 * A move that is under way.
 */
typedef struct {
	/** record of its CHILD_SA, checked out */
	hwo_child_t *child;
	/** the SA in there, with its new identity once it is there */
	hwo_child_sa_t *record;
	/** the SA as it is now */
	hwo_sa_state_t state;
	/** FALSE if the kernel does not tell the keys */
	bool has_keys;
	/** new form, steps to it, and what came of them */
	hwo_sa_attempts_t attempts;
	/** what it was when it was deleted, holds keys */
	hwo_sa_last_state_t last;
} sa_move_t;

static void keep_form(const sa_move_t *sa, hwo_sa_move_t *form)
{
	const hwo_child_sa_t *record = sa->record;

	*form = (hwo_sa_move_t){
		.src = record->id.src,
		.dst = record->id.dst,
		.encap = record->facts.encap,
		.src_port = record->src_port,
		.dst_port = record->dst_port,
		.reqid = sa->child->reqid,
		.inbound = record->facts.inbound,
	};
}

static bool decode_current(void *data, const struct nlmsghdr *hdr)
{
	sa_move_t *this = data;

	this->has_keys = hwo_xfrm_has_keys(hdr);
	return hwo_xfrm_decode_sa(hdr, &this->state);
}

/**
 * Check if an SA can be installed again at all: in packet mode the NIC counts
 * sequence numbers, and tells nobody.
 */
static int check_movable(const hwo_sa_shared_t *this, sa_move_t *sa)
{
	hwo_result_t result;
	hwo_msg_t msg;

	if (sa->record->outcome.effective.mode == HWO_MODE_PACKET)
	{
		return EOPNOTSUPP;
	}
	hwo_xfrm_encode_get_sa(&msg, &sa->record->id);
	this->xfrm->query(this->xfrm, &msg, decode_current, sa, &result);
	if (result.err)
	{
		return result.err;
	}
	if (sa->state.offload.mode == HWO_MODE_PACKET || !sa->attempts.plan.count)
	{
		return EOPNOTSUPP;
	}
	return sa->has_keys ? 0 : ENOKEY;
}

/**
 * Install a deleted SA again, in the form that was planned.
 */
static bool run_attempts(const hwo_sa_shared_t *this, sa_move_t *sa)
{
	hwo_sa_attempts_t *attempts = &sa->attempts;

	attempts->xfrm = this->xfrm;
	attempts->listener = &this->listener;
	attempts->history = this->devices->get_history(this->devices);
	attempts->id = sa->record->id;
	attempts->id.src = attempts->form.src;
	attempts->id.dst = attempts->form.dst;
	attempts->acquired = !attempts->form.inbound;
	attempts->last = &sa->last;
	attempts->resumed = TRUE;
	return hwo_sa_attempts_run(attempts);
}

static void plan_back(const hwo_child_t *child, const hwo_child_sa_t *record,
					  const hwo_offload_t *old, hwo_plan_t *plan)
{
	const hwo_device_t device = {
		.ifindex = old->ifindex,
	};

	hwo_plan_sa(child->requested, &record->facts, &device, plan);
	hwo_plan_limit(plan, old, HWO_REASON_NONE);
}

/**
 * Put the old form back, from the last state of whatever there was since. It is
 * installed like any other, so it may end up in software, or be gone if it must
 * not.
 *
 * @return				EOPNOTSUPP, or EBUSY if it is gone
 */
static int restore(const hwo_sa_shared_t *this, sa_move_t *sa)
{
	hwo_sa_attempts_t *attempts = &sa->attempts;
	hwo_outcome_t *old = &sa->record->outcome;
	char text[HWO_RESULT_TEXT];
	bool finished = attempts->finished;

	memset(attempts, 0, sizeof(*attempts));
	keep_form(sa, &attempts->form);
	plan_back(sa->child, sa->record, &old->effective, &attempts->plan);
	if (finished || !run_attempts(this, sa))
	{
		DBG1(DBG_KNL, "unable to restore SA %.8x: %s",
			 ntohl(sa->record->id.spi), finished ? "its key is finished" :
			 hwo_result_text(&attempts->result, text));
		sa->record->lost = TRUE;
		return EBUSY;
	}
	if (attempts->outcome.effective.mode != old->effective.mode)
	{
		old->effective = attempts->outcome.effective;
		old->why = attempts->outcome.why;
	}
	return EOPNOTSUPP;
}

static void note_move(sa_move_t *sa)
{
	const hwo_sa_attempts_t *attempts = &sa->attempts;
	const hwo_sa_move_t *form = &attempts->form;
	hwo_child_sa_t *record = sa->record;

	record->moves.count++;
	record->moves.last = time(NULL);
	record->moves.monotonic = time_monotonic(NULL);
	record->moves.from = record->outcome.effective;
	record->outcome = attempts->outcome;
	if (record->outcome.effective.mode == HWO_MODE_NONE)
	{
		record->outcome.crypto = attempts->refused[HWO_MODE_CRYPTO];
	}
	record->id = attempts->id;
	sa->child->reqid = form->reqid;
	record->facts.encap = form->encap;
	record->src_port = form->src_port;
	record->dst_port = form->dst_port;
}

/**
 * Delete an SA and install it in its new form.
 *
 * @return				0, EOPNOTSUPP if it was refused there and is back in its
 *						old form, EBUSY if it is gone, or another errno value
 */
static int delete_and_add(const hwo_sa_shared_t *this, sa_move_t *sa)
{
	const hwo_sa_id_t *id = &sa->record->id;
	char text[HWO_RESULT_TEXT];
	int err;

	err = hwo_sa_delete_last_state(this->xfrm, &this->listener, id,
								   &sa->last);
	if (err == ENODATA || err == ESRCH)
	{
		DBG1(DBG_KNL, "lost the state of SA %.8x while moving it",
			 ntohl(id->spi));
		sa->record->lost = TRUE;
		return EBUSY;
	}
	if (err)
	{
		return err;
	}
	if (!run_attempts(this, sa))
	{
		DBG1(DBG_KNL, "unable to move SA %.8x: %s", ntohl(id->spi),
			 hwo_result_text(&sa->attempts.result, text));
		return restore(this, sa);
	}
	note_move(sa);
	return 0;
}

/**
 * Move an SA that was taken to its new form, by the steps of a plan.
 *
 * @param why		why there is no better mode
 */
static int move_taken(const hwo_sa_shared_t *this, sa_move_t *sa,
					  const hwo_refusal_t *why)
{
	hwo_outcome_t *outcome = &sa->attempts.outcome;
	int err;

	outcome->why = *why;
	outcome->candidate = sa->attempts.plan.ifindex ?:
						 sa->record->outcome.candidate;
	err = check_movable(this, sa);
	if (!err)
	{
		err = delete_and_add(this, sa);
	}
	memwipe(&sa->last, sizeof(sa->last));
	return err;
}

/**
 * Plan an SA for new addresses, no SA gets into packet mode that way.
 */
static void plan_form(const hwo_sa_shared_t *this, sa_move_t *sa,
					  hwo_offload_t *best)
{
	const hwo_offload_t limit = {
		.mode = HWO_MODE_CRYPTO,
	};
	egress_device_t *devices = this->devices;
	hwo_sa_attempts_t *attempts = &sa->attempts;
	hwo_child_sa_t *record = sa->record;
	hwo_sa_facts_t facts = record->facts;
	hwo_sa_id_t id = record->id;
	hwo_device_t device;

	id.src = attempts->form.src;
	id.dst = attempts->form.dst;
	facts.encap = attempts->form.encap;
	hwo_device_none(HWO_REASON_NONE, &device);
	if (sa->child->requested != HW_OFFLOAD_NO)
	{
		devices->find_sa(devices, &id, &facts, &device);
	}
	hwo_plan_sa(sa->child->requested, &facts, &device, &attempts->plan);
	*best = hwo_bind_best(&attempts->plan);
	hwo_plan_limit(&attempts->plan, &limit, HWO_REASON_IN_USE);
}

int hwo_sa_move(const hwo_sa_shared_t *this, const hwo_sa_id_t *id,
				const hwo_sa_move_t *move)
{
	child_table_t *table = this->table;
	sa_move_t sa = {
		.child = table->checkout(table, id),
		.attempts.form = *move,
	};
	hwo_sa_move_t *form = &sa.attempts.form;
	hwo_refusal_t why = {};
	hwo_offload_t best;
	int err;

	if (!sa.child)
	{
		return EOPNOTSUPP;
	}
	sa.record = hwo_child_find(sa.child, id);
	form->inbound = sa.record->facts.inbound;
	/* before 6.1.0, charon has none if it does not change */
	form->reqid = form->reqid ?: sa.child->reqid;
	plan_form(this, &sa, &best);
	why.reason = sa.attempts.plan.skipped[HWO_MODE_PACKET];
	err = move_taken(this, &sa, &why);
	if (!err)
	{
		sa.record->tried = best;
	}
	table->checkin(table, sa.child);
	return err;
}

static bool is_placed(const hwo_offload_t *effective, const hwo_offload_t *best)
{
	return effective->mode == best->mode &&
		   (best->mode == HWO_MODE_NONE || effective->ifindex == best->ifindex);
}

/**
 * Move one SA to the mode and device of a plan, unless it is there.
 */
static int place_one(const hwo_sa_shared_t *this, hwo_child_t *child,
					 bool inbound, const hwo_plan_t *plan,
					 hwo_outcome_t *outcome)
{
	sa_move_t sa = {
		.child = child,
		.record = hwo_child_sa(child, inbound),
		.attempts.plan = *plan,
	};
	const hwo_offload_t best = hwo_bind_best(plan);
	hwo_refusal_t why = outcome->why;
	int err = 0;

	outcome->effective = sa.record->outcome.effective;
	if (!is_placed(&outcome->effective, &best))
	{
		keep_form(&sa, &sa.attempts.form);
		err = move_taken(this, &sa, &why);
		*outcome = sa.record->outcome;
	}
	return err;
}

/**
 * Put an SA back where it was, as the other one can't follow it.
 *
 * @return				EOPNOTSUPP, or EBUSY if it can't be put back
 */
static int put_back(const hwo_sa_shared_t *this, hwo_child_t *child,
					bool inbound, hwo_outcome_t *old)
{
	hwo_plan_t plan;

	plan_back(child, hwo_child_sa(child, inbound), &old->effective, &plan);
	return place_one(this, child, inbound, &plan, old) ? EBUSY : EOPNOTSUPP;
}

int hwo_sa_place(const hwo_sa_shared_t *this, hwo_child_t *child,
				 const hwo_plan_t *plan, hwo_outcome_t *outcome)
{
	int count = child->in.id.spi && child->out.id.spi ? 2 : 1;
	int placed = 0, err = 0;
	bool inbound = !child->out.id.spi;
	hwo_outcome_t old[] = { child->out.outcome, child->in.outcome };
	hwo_plan_t steps = *plan;
	hwo_offload_t best = {
		.mode = HWO_MODE_CRYPTO,
	};

	hwo_plan_limit(&steps, &best, HWO_REASON_IN_USE);
	if (!steps.count)
	{
		return EOPNOTSUPP;
	}
	if (!outcome->why.reason)
	{
		outcome->why.reason = hwo_plan_has(&steps, HWO_MODE_CRYPTO) ?
							  steps.skipped[HWO_MODE_PACKET] :
							  steps.skipped[HWO_MODE_CRYPTO];
	}
	for (; !err && placed < count; inbound ^= count > 1)
	{
		best = hwo_bind_best(&steps);
		err = place_one(this, child, inbound, &steps, outcome);
		if (is_placed(&outcome->effective, &best))
		{
			placed++;
		}
		else if (!err)
		{	/* the other one can't be better than this one */
			hwo_plan_limit(&steps, &outcome->effective,
						   HWO_REASON_PARTNER_REFUSED);
			placed = 1;
		}
	}
	if (err == EOPNOTSUPP && placed)
	{
		err = put_back(this, child, inbound, &old[inbound]);
	}
	return err;
}
