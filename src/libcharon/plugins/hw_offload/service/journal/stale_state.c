/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From the start of a daemon to the end of what its predecessor left.
 */

#include "stale_state.h"
#include "../charon/deferred_job.h"
#include "../sa/sa_attempts.h"
#include "../../model/plan/journal_line.h"
#include "../../wire/xfrm_sa.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>
#include <netinet/in.h>

#include <collections/array.h>
#include <utils/debug.h>

/** Longest time that SPs may stay, the scheduler counts milliseconds */
#define MAX_SECONDS (UINT32_MAX / 1000)

typedef struct private_stale_state_t private_stale_state_t;

/**
 * Private data of stale_state_t.
 */
struct private_stale_state_t {

	/**
	 * Public interface
	 */
	stale_state_t public;

	/**
	 * Book of what is ours
	 */
	journal_t *journal;

	/**
	 * Exchange that does not keep book
	 */
	nl_exchange_t *xfrm;

	/**
	 * Table of SPs
	 */
	sp_table_t *table;

	/**
	 * SAs that were found, hwo_sa_id_t
	 */
	array_t *sas;

	/**
	 * SPs that were found and not removed yet, hwo_sp_state_t with labels of
	 * their own
	 */
	array_t *sps;

	/**
	 * Removes the SPs
	 */
	deferred_job_t *job;
};

/**
 * Callback for each SA of the kernel
 */
static bool check_sa(void *data, const struct nlmsghdr *hdr)
{
	private_stale_state_t *this = data;
	char line[HWO_LEDGER_LINE];
	hwo_sa_state_t state;

	if (!hwo_xfrm_decode_sa(hdr, &state))
	{
		return FALSE;
	}
	hwo_ledger_sa_line(&state.id, line);
	if (this->journal->find_old(this->journal, line))
	{
		array_insert(this->sas, ARRAY_TAIL, &state.id);
	}
	return TRUE;
}

/**
 * Callback for each SP of the kernel
 */
static bool check_sp(void *data, const struct nlmsghdr *hdr)
{
	private_stale_state_t *this = data;
	char line[HWO_LEDGER_LINE];
	hwo_sp_state_t state;

	if (!hwo_xfrm_decode_sp(hdr, &state))
	{
		return FALSE;
	}
	hwo_ledger_sp_line(&state.id, line);
	if (this->journal->find_old(this->journal, line))
	{
		state.id.label = chunk_clone(state.id.label);
		array_insert(this->sps, ARRAY_TAIL, &state);
	}
	return TRUE;
}

/**
 * Find what is still there. A dump that is repeated shows things twice, but to
 * remove them twice does not hurt.
 */
static int find_leftovers(private_stale_state_t *this)
{
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_xfrm_encode_dump_sp(&msg);
	this->xfrm->dump(this->xfrm, &msg, check_sp, this, &result);
	if (!result.err)
	{
		hwo_xfrm_encode_dump_sa(&msg);
		this->xfrm->dump(this->xfrm, &msg, check_sa, this, &result);
	}
	return result.err;
}

/**
 * Let an SP drop its traffic instead of demanding SAs
 */
static void block(private_stale_state_t *this, const hwo_sp_state_t *state)
{
	const hwo_offload_t offload = {};
	hwo_sp_t sp = {
		.id = state->id,
		.priority = state->priority,
		.block = TRUE,
	};
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_xfrm_encode_sp(&msg, &sp, &offload, TRUE);
	this->xfrm->command(this->xfrm, &msg, &result);
	if (result.err)
	{	/* it's still there as it was, and its SAs will be gone */
		DBG1(DBG_KNL, "unable to block the traffic of a policy of a killed "
			 "daemon: %s", strerror(result.err));
	}
}

/**
 * Block what SPs with SAs cover
 */
static void block_all(private_stale_state_t *this)
{
	hwo_sp_state_t state;
	int i;

	for (i = 0; i < array_count(this->sps); i++)
	{
		array_get(this->sps, i, &state);
		if (state.protect)
		{
			block(this, &state);
		}
	}
}

/**
 * Remove all SAs
 */
static void remove_sas(private_stale_state_t *this)
{
	char line[HWO_LEDGER_LINE];
	hwo_result_t result;
	hwo_sa_id_t id;
	int i;

	for (i = 0; i < array_count(this->sas); i++)
	{
		array_get(this->sas, i, &id);
		hwo_sa_delete(this->xfrm, &id, &result);
		if (result.err && result.err != ESRCH)
		{
			DBG1(DBG_KNL, "unable to remove SA %.8x of a killed daemon: %s",
				 ntohl(id.spi), strerror(result.err));
			continue;
		}
		hwo_ledger_sa_line(&id, line);
		this->journal->forget_old(this->journal, line);
	}
}

/**
 * Remove an SP from the kernel, unless it is in use again
 */
static bool remove_old(private_stale_state_t *this, const hwo_sp_id_t *id)
{
	char line[HWO_LEDGER_LINE];
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_ledger_sp_line(id, line);
	if (!this->journal->find_old(this->journal, line))
	{
		return FALSE;
	}
	hwo_xfrm_encode_del_sp(&msg, id);
	this->xfrm->command(this->xfrm, &msg, &result);
	if (!result.err || result.err == ENOENT)
	{
		this->journal->forget_old(this->journal, line);
	}
	return !result.err;
}

/**
 * Remove an SP while nobody can install it: neither under its own identity, nor
 * as the SP in the NIC of one that is not limited to an interface
 */
static bool remove_sp(private_stale_state_t *this, const hwo_sp_id_t *id)
{
	hwo_sp_entry_t *entry, *unlimited = NULL;
	hwo_sp_id_t unguarded = *id;
	bool removed;

	unguarded.sel.ifindex = 0;
	entry = this->table->checkout(this->table, id, TRUE);
	if (id->sel.ifindex)
	{
		unlimited = this->table->checkout(this->table, &unguarded, TRUE);
	}
	removed = remove_old(this, id);
	if (unlimited)
	{
		this->table->checkin(this->table, unlimited);
	}
	this->table->checkin(this->table, entry);
	return removed;
}

/**
 * Remove all SPs, those that are left if that was done already
 */
CALLBACK(remove_sps, void,
	private_stale_state_t *this)
{
	u_int removed = 0, count = array_count(this->sps);
	hwo_sp_state_t state;

	while (array_remove(this->sps, ARRAY_HEAD, &state))
	{
		removed += remove_sp(this, &state.id);
		chunk_free(&state.id.label);
	}
	if (count)
	{
		DBG1(DBG_KNL, "removed %u of %u policies of the killed daemon, the "
			 "others are in use again", removed, count);
	}
}

METHOD(stale_state_t, destroy, void,
	private_stale_state_t *this)
{
	this->job->destroy(this->job);
	remove_sps(this);
	array_destroy(this->sps);
	array_destroy(this->sas);
	free(this);
}

/**
 * Handle what was found
 */
static void begin_removal(private_stale_state_t *this, u_int seconds)
{
	u_int sas = array_count(this->sas), sps = array_count(this->sps);

	if (seconds)
	{
		block_all(this);
		DBG1(DBG_KNL, "found %u SAs and %u policies of a daemon that was "
			 "killed: removing the SAs, policies block for %us", sas, sps,
			 seconds);
	}
	else
	{
		DBG1(DBG_KNL, "found %u SAs and %u policies of a daemon that was "
			 "killed: removing them", sas, sps);
	}
	remove_sas(this);
	if (!seconds || !sps)
	{
		remove_sps(this);
		return;
	}
	this->job->schedule(this->job, min(seconds, MAX_SECONDS) * 1000);
}

/*
 * Described in header
 */
stale_state_t *hwo_stale_state_create(nl_exchange_t *xfrm, journal_t *journal,
									  sp_table_t *sps, u_int seconds)
{
	private_stale_state_t *this;
	int err;

	if (!journal->count_old(journal))
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.journal = journal,
		.xfrm = xfrm,
		.table = sps,
		.sas = array_create(sizeof(hwo_sa_id_t), 0),
		.sps = array_create(sizeof(hwo_sp_state_t), 0),
	);
	this->job = hwo_deferred_job_create(remove_sps, this);
	err = find_leftovers(this);
	if (err)
	{	/* they stay in the book, for the next start */
		DBG1(DBG_KNL, "unable to look for SAs and policies of a daemon that "
			 "was killed: %s", strerror(err));
	}
	else
	{
		journal->forget_unfound(journal);
	}
	if (array_count(this->sas) || array_count(this->sps))
	{
		begin_removal(this, seconds);
		return &this->public;
	}
	destroy(this);
	return NULL;
}
