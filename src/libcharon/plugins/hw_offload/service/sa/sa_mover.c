/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SAs to other addresses or devices, sequence numbers included.
 */

#include "sa_mover.h"
#include "sa_last_state.h"
#include "sa_attempts.h"
#include "../../model/plan/bind_plan.h"
#include "../../wire/xfrm_sa.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>

#include <utils/debug.h>
#include <utils/utils.h>

typedef struct private_sa_mover_t private_sa_mover_t;

/**
 * Private data of sa_mover_t.
 */
struct private_sa_mover_t {

	/**
	 * Public interface
	 */
	sa_mover_t public;

	/**
	 * Exchange with XFRM
	 */
	nl_exchange_t *xfrm;

	/**
	 * Opens transports for notifications
	 */
	hwo_listener_t listener;

	/**
	 * Selection of devices
	 */
	egress_device_t *devices;

	/**
	 * Records of SAs
	 */
	sa_table_t *table;

	/**
	 * Requests to rekey
	 */
	sa_expiry_t *rekey;
};

/**
 * A move that is under way.
 */
typedef struct {
	/** record of the SA, with its new identity once it is there */
	hwo_sa_record_t record;
	/** what changes */
	hwo_sa_move_t move;
	/** the SA as it is now */
	hwo_sa_state_t state;
	/** FALSE if the kernel does not tell the keys */
	bool has_keys;
	/** best mode for it, if nothing but its device counts */
	hwo_offload_t tried;
	/** steps for its new form, and what came of them */
	hwo_sa_attempts_t attempts;
	/** what it was when it was deleted, holds keys */
	hwo_sa_last_state_t final;
} sa_move_t;

/**
 * Callback for the SA as it is now
 */
static bool decode_current(void *data, const struct nlmsghdr *hdr)
{
	sa_move_t *this = data;

	this->has_keys = hwo_xfrm_has_keys(hdr);
	return hwo_xfrm_decode_sa(hdr, &this->state);
}

/**
 * Find the device for the new form, only if it matters
 */
static void find_device(private_sa_mover_t *this, sa_move_t *sa,
						const hwo_offload_t *best, hwo_device_t *device)
{
	if (best->ifindex)
	{
		this->devices->judge(this->devices, best->ifindex, device);
	}
	else if (sa->record.requested != HW_OFFLOAD_NO &&
			 best->mode != HWO_MODE_NONE)
	{
		this->devices->find_sa(this->devices, &sa->move.src, &sa->move.dst,
							   sa->record.facts.inbound,
							   sa->record.facts.set_mark, device);
	}
	else
	{
		hwo_device_none(HWO_REASON_NONE, device);
	}
}

/**
 * Plan the new form
 */
static void plan_move(private_sa_mover_t *this, sa_move_t *sa,
					  const hwo_offload_t *best)
{
	hwo_sa_facts_t facts = sa->record.facts;
	hwo_device_t device;

	find_device(this, sa, best, &device);
	if (device.ifindex)
	{
		sa->record.outcome.candidate = device.ifindex;
	}
	facts.encap = sa->move.encap;
	hwo_plan_sa(sa->record.requested, &facts, &device, &sa->attempts.plan);
	hwo_bind_best(&sa->attempts.plan, &sa->tried);
	hwo_plan_limit(&sa->attempts.plan, best, HWO_REASON_IN_USE);
}

/**
 * Get the SA as it is, find out if it can be installed again at all
 */
static int plan_from_kernel(private_sa_mover_t *this, const hwo_sa_id_t *id,
							const hwo_offload_t *best, sa_move_t *sa)
{
	hwo_result_t result;
	hwo_msg_t msg;

	sa->move.inbound = sa->record.facts.inbound;
	/* before 6.1.0, charon has none if it does not change */
	sa->move.reqid = sa->move.reqid ?: sa->record.reqid;
	hwo_xfrm_encode_get_sa(&msg, id);
	this->xfrm->query(this->xfrm, &msg, decode_current, sa, &result);
	if (result.err)
	{
		return result.err;
	}
	if (!sa->has_keys)
	{
		return ENOKEY;
	}
	plan_move(this, sa, best);
	return sa->attempts.plan.count ? 0 : EOPNOTSUPP;
}

/**
 * Encode the request for a step
 */
static bool encode_new(void *data, hwo_msg_t *msg, const hwo_offload_t *offload,
					   bool update)
{
	sa_move_t *sa = data;

	return hwo_xfrm_encode_moved_sa(msg, &sa->final.hdr, &sa->move, offload,
									update);
}

/**
 * Install a deleted SA again, in the form that was planned
 */
static bool run_attempts(private_sa_mover_t *this, sa_move_t *sa,
						 const hwo_sa_id_t *id)
{
	hwo_sa_attempts_t *attempts = &sa->attempts;

	attempts->xfrm = this->xfrm;
	attempts->encode = encode_new;
	attempts->data = sa;
	attempts->id = *id;
	attempts->reqid = sa->move.reqid;
	attempts->update = FALSE;
	attempts->acquired = !sa->record.facts.inbound;
	return hwo_sa_attempts_run(attempts);
}

/**
 * Install the new form
 */
static bool install_new(private_sa_mover_t *this, sa_move_t *sa)
{
	hwo_sa_attempts_t *attempts = &sa->attempts;
	char text[HWO_RESULT_TEXT];

	attempts->outcome.why = sa->record.outcome.why;
	if (!run_attempts(this, sa, &sa->record.id))
	{
		DBG1(DBG_KNL, "unable to move SA %.8x: %s", ntohl(sa->record.id.spi),
			 hwo_result_text(&attempts->result, text));
		return FALSE;
	}
	return TRUE;
}

/**
 * Describe the SA as it is
 */
static void keep_form(const hwo_sa_record_t *record, hwo_sa_move_t *move)
{
	*move = (hwo_sa_move_t){
		.src = record->id.src,
		.dst = record->id.dst,
		.encap = record->facts.encap,
		.src_port = record->src_port,
		.dst_port = record->dst_port,
		.reqid = record->reqid,
		.inbound = record->facts.inbound,
	};
}

/**
 * Put the old form back. No packet was sent since, so it may go on from where
 * it was. It is installed like any other, so it may end up in software, or be
 * gone if it must not.
 */
static void restore(private_sa_mover_t *this, const hwo_sa_record_t *old,
					sa_move_t *sa)
{
	hwo_sa_attempts_t *attempts = &sa->attempts;
	char text[HWO_RESULT_TEXT];

	sa->record = *old;
	keep_form(old, &sa->move);
	plan_move(this, sa, &old->outcome.effective);
	attempts->outcome.why = (hwo_refusal_t){};
	if (!run_attempts(this, sa, &old->id))
	{
		DBG1(DBG_KNL, "unable to restore SA %.8x: %s", ntohl(old->id.spi),
			 hwo_result_text(&attempts->result, text));
		this->table->remove(this->table, &old->id);
	}
	else
	{
		if (attempts->outcome.effective.mode != old->outcome.effective.mode)
		{
			sa->record.outcome.effective = attempts->outcome.effective;
			sa->record.outcome.why = attempts->outcome.why;
		}
		this->table->move(this->table, &old->id, &sa->record);
	}
}

/**
 * Update the record of an SA that was moved
 */
static void note_move(private_sa_mover_t *this, const hwo_sa_record_t *old,
					  sa_move_t *sa)
{
	sa->record.outcome.effective = sa->attempts.outcome.effective;
	sa->record.outcome.why = sa->attempts.outcome.why;
	sa->record.outcome.crypto = (hwo_refusal_t){};
	if (sa->record.outcome.effective.mode == HWO_MODE_NONE)
	{
		sa->record.outcome.crypto = sa->attempts.refused[HWO_MODE_CRYPTO];
	}
	sa->record.reqid = sa->move.reqid;
	sa->record.facts.encap = sa->move.encap;
	sa->record.src_port = sa->move.src_port;
	sa->record.dst_port = sa->move.dst_port;
	sa->record.moves.count++;
	sa->record.moves.last = time(NULL);
	sa->record.moves.from = old->outcome.effective;
	this->table->move(this->table, &old->id, &sa->record);
}

/**
 * Delete an SA and install it in its new form
 */
static int delete_and_add(private_sa_mover_t *this, sa_move_t *sa)
{
	hwo_sa_record_t old = sa->record;
	int err;

	err = hwo_sa_delete_last_state(this->xfrm, &this->listener, &old.id,
								   &sa->final);
	if (err == ENODATA)
	{
		DBG1(DBG_KNL, "lost the state of SA %.8x while moving it",
			 ntohl(old.id.spi));
		this->table->remove(this->table, &old.id);
		return EBUSY;
	}
	if (err)
	{
		return err;
	}
	if (old.outcome.effective.mode == HWO_MODE_PACKET &&
		hwo_sa_last_state_used(&sa->final))
	{	/* after all, so nobody knows the sequence number to go on from */
		this->table->remove(this->table, &old.id);
		return EBUSY;
	}
	sa->record.id.src = sa->move.src;
	sa->record.id.dst = sa->move.dst;
	if (!install_new(this, sa))
	{
		restore(this, &old, sa);
		return EOPNOTSUPP;
	}
	note_move(this, &old, sa);
	return 0;
}

/**
 * Move an SA that was taken, as far as that is possible without new keys
 *
 * @param best		best mode it may get, and the device if that is fixed
 * @param reason	why there is no better one, NONE to take that of the plan
 */
static int move_taken(private_sa_mover_t *this, const hwo_sa_id_t *id,
					  const hwo_offload_t *best, hwo_reason_t reason,
					  sa_move_t *sa)
{
	int err;

	if (sa->record.outcome.effective.mode == HWO_MODE_PACKET)
	{
		return EOPNOTSUPP;
	}
	err = plan_from_kernel(this, id, best, sa);
	if (!err && sa->state.offload.mode == HWO_MODE_PACKET)
	{
		err = EOPNOTSUPP;
	}
	if (!err)
	{
		sa->record.outcome.why = (hwo_refusal_t){
			.reason = reason ?: sa->attempts.plan.skipped[HWO_MODE_PACKET],
		};
		err = delete_and_add(this, sa);
	}
	memwipe(&sa->final, sizeof(sa->final));
	return err;
}

METHOD(sa_mover_t, move_, int,
	private_sa_mover_t *this, const hwo_sa_id_t *id, const hwo_sa_move_t *move)
{
	const hwo_offload_t best = {
		.mode = HWO_MODE_CRYPTO,
	};
	sa_move_t sa = {
		.move = *move,
	};
	int err;

	if (!this->table->take(this->table, id, &sa.record))
	{
		return EOPNOTSUPP;
	}
	err = move_taken(this, id, &best, HWO_REASON_NONE, &sa);
	this->table->give(this->table, id);
	if (!err)
	{
		this->table->try(this->table, &sa.record.id, &sa.tried);
	}
	return err;
}

METHOD(sa_mover_t, rebind, int,
	private_sa_mover_t *this, const hwo_sa_id_t *id, const hwo_offload_t *best,
	hwo_reason_t reason, hwo_offload_t *effective)
{
	sa_move_t sa = {};
	int err;

	if (!this->table->take(this->table, id, &sa.record))
	{
		return ENOENT;
	}
	keep_form(&sa.record, &sa.move);
	/* who wants it in software knows of none that can do better */
	sa.record.outcome.candidate = best->ifindex;
	err = move_taken(this, id, best, reason, &sa);
	*effective = sa.record.outcome.effective;
	this->table->give(this->table, id);
	return err;
}

/**
 * Move one SA down that was taken
 */
static int demote_taken(private_sa_mover_t *this, const hwo_sa_id_t *id,
						const hwo_offload_t *best, hwo_reason_t reason,
						const hwo_result_t *refusal, sa_move_t *sa)
{
	int err;

	if (sa->record.outcome.effective.mode <= best->mode)
	{
		return 0;
	}
	keep_form(&sa->record, &sa->move);
	err = plan_from_kernel(this, id, best, sa);
	if (!err && sa->state.usage.packets)
	{
		err = EBUSY;
	}
	if (!err)
	{
		sa->record.outcome.why = (hwo_refusal_t){
			.reason = reason,
			.result = *refusal,
		};
		err = delete_and_add(this, sa);
		if (err && !this->table->get(this->table, id, NULL))
		{	/* gone, whatever the reason was */
			err = EBUSY;
		}
	}
	memwipe(&sa->final, sizeof(sa->final));
	return err;
}

/**
 * Move one SA down, tell where it is in the end
 */
static int demote_one(private_sa_mover_t *this, const hwo_sa_id_t *id,
					  const hwo_offload_t *best, hwo_reason_t reason,
					  const hwo_result_t *refusal, hwo_offload_t *effective)
{
	sa_move_t sa = {};
	int err;

	if (!this->table->take(this->table, id, &sa.record))
	{
		return ESRCH;
	}
	err = demote_taken(this, id, best, reason, refusal, &sa);
	*effective = sa.record.outcome.effective;
	this->table->give(this->table, id);
	return err;
}

METHOD(sa_mover_t, demote, int,
	private_sa_mover_t *this, const hwo_sa_id_t *id, const hwo_sa_id_t *partner,
	const hwo_offload_t *best, hwo_reason_t reason, const hwo_result_t *refusal)
{
	hwo_offload_t first, second = *best;
	const hwo_sa_id_t *known;
	int err, other;

	do
	{
		err = demote_one(this, id, &second, reason, refusal, &first);
		if (!partner->spi)
		{
			break;
		}
		if (err)
		{	/* the other one still ends where both should */
			first = second;
		}
		other = demote_one(this, partner, &first, reason, refusal, &second);
		err = err ?: other;
	}
	while (!err && second.mode < first.mode);

	if (err == EBUSY)
	{	/* either of them stands for both */
		known = this->table->get(this->table, id, NULL) ? id : partner;
		this->rekey->rekey_new(this->rekey, known->spi ? known : id,
							   "can't be moved to the mode of the other one");
	}
	return err;
}

METHOD(sa_mover_t, destroy, void,
	private_sa_mover_t *this)
{
	free(this);
}

/*
 * Described in header
 */
sa_mover_t *hwo_sa_mover_create(nl_exchange_t *xfrm,
								const hwo_listener_t *listener,
								egress_device_t *devices, sa_table_t *table,
								sa_expiry_t *rekey)
{
	private_sa_mover_t *this;

	INIT(this,
		.public = {
			.move = _move_,
			.rebind = _rebind,
			.demote = _demote,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.listener = *listener,
		.devices = devices,
		.table = table,
		.rekey = rekey,
	);
	return &this->public;
}
