/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Removes SAs and SPs of ours that nobody wants.
 */

#include "stale_state.h"
#include "../charon/deferred_job.h"
#include "../../model/plan/journal_line.h"
#include "../../wire/xfrm_sa.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>
#include <netinet/in.h>

#include <utils/debug.h>
#include <utils/utils.h>

/** Longest time that SPs may stay, the scheduler counts milliseconds */
#define MAX_SECONDS (UINT32_MAX / 1000 - 2)

/** Milliseconds to the first repetition of a removal, and between later ones */
#define RETRY_FIRST 500
#define RETRY_MAX 60000

/**
 * Private data of stale_state_t.
 */
typedef struct {
	/** public interface */
	stale_state_t public;
	/** journal of what is ours */
	journal_t *journal;
	/** exchange that does not use the journal */
	nl_exchange_t *xfrm;
	/** when SPs of a killed daemon have to go, monotonic */
	time_t due;
	/** TRUE until it was logged what a killed daemon left */
	bool announce;
	/** milliseconds to the next repetition */
	u_int delay;
	/** removes what is due */
	deferred_job_t *job;
} private_stale_state_t;

/**
 * What a scan has found.
 */
typedef struct {
	/** who scans */
	private_stale_state_t *this;
	/** SAs without owner, hwo_sa_id_t */
	array_t *sas;
	/** SPs without owner, hwo_sp_state_t with labels of their own */
	array_t *sps;
	/** TRUE to look for SPs that block only */
	bool blocks;
} scan_t;

/**
 * Check if an object has no owner.
 */
static bool is_stale(hwo_line_state_t state)
{
	return state == HWO_LINE_LEFT || state == HWO_LINE_UNWANTED;
}

static bool check_sa(void *data, const struct nlmsghdr *hdr)
{
	scan_t *scan = data;
	char line[HWO_JOURNAL_LINE];
	hwo_sa_state_t state;

	if (!hwo_xfrm_decode_sa(hdr, &state))
	{
		return FALSE;
	}
	hwo_journal_sa_line(&state.id, line);
	if (is_stale(scan->this->journal->find(scan->this->journal, line)))
	{
		array_insert(scan->sas, ARRAY_TAIL, &state.id);
	}
	return TRUE;
}

static bool check_sp(void *data, const struct nlmsghdr *hdr)
{
	scan_t *scan = data;
	char line[HWO_JOURNAL_LINE];
	hwo_sp_state_t state;

	if (hwo_xfrm_is_socket_sp(hdr))
	{
		return TRUE;
	}
	if (!hwo_xfrm_decode_sp(hdr, &state))
	{
		return FALSE;
	}
	hwo_journal_sp_line(&state.id, line);
	if (is_stale(scan->this->journal->find(scan->this->journal, line)) &&
		(state.block || !scan->blocks))
	{
		state.id.label = chunk_clone(state.id.label);
		array_insert(scan->sps, ARRAY_TAIL, &state);
	}
	return TRUE;
}

/**
 * Find what is still there. A dump that is repeated shows things twice, but to
 * remove them twice does not hurt.
 */
static bool begin_scan(private_stale_state_t *this, scan_t *scan)
{
	hwo_result_t result;
	hwo_msg_t msg;

	*scan = (scan_t){
		.this = this,
		.sas = array_create(sizeof(hwo_sa_id_t), 0),
		.sps = array_create(sizeof(hwo_sp_state_t), 0),
	};
	this->journal->begin_scan(this->journal);
	hwo_xfrm_encode_dump_sp(&msg);
	this->xfrm->dump(this->xfrm, &msg, check_sp, scan, &result);
	if (!result.err)
	{
		hwo_xfrm_encode_dump_sa(&msg);
		this->xfrm->dump(this->xfrm, &msg, check_sa, scan, &result);
	}
	if (result.err)
	{	/* all of them stay in the journal, for the next time */
		DBG1(DBG_KNL, "unable to look for SAs and policies that nobody wants: "
			 "%s", strerror(result.err));
		return FALSE;
	}
	this->journal->end_scan(this->journal);
	return TRUE;
}

static void end_scan(scan_t *scan)
{
	hwo_sp_state_t state;

	while (array_remove(scan->sps, ARRAY_TAIL, &state))
	{
		chunk_free(&state.id.label);
	}
	array_destroy(scan->sps);
	array_destroy(scan->sas);
}

/**
 * Check if SPs of a killed daemon have to go.
 */
static bool is_due(private_stale_state_t *this)
{
	return time_monotonic(NULL) >= this->due;
}

/**
 * Let an SP of a killed daemon drop its traffic instead of demanding SAs.
 */
static void block(private_stale_state_t *this, const hwo_sp_state_t *state)
{
	const hwo_offload_t offload = {};
	hwo_sp_t sp = {
		.id = state->id,
		.priority = state->priority,
		.block = TRUE,
	};
	char line[HWO_JOURNAL_LINE];
	hwo_line_state_t owner;
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_journal_sp_line(&state->id, line);
	owner = this->journal->claim(this->journal, line);
	if (!is_stale(owner))
	{
		return;
	}
	hwo_xfrm_encode_sp(&msg, &sp, &offload, TRUE);
	this->xfrm->command(this->xfrm, &msg, &result);
	this->journal->end(this->journal, line, owner);
	if (result.err)
	{	/* it is still there as it was, and its SAs will be gone */
		DBG1(DBG_KNL, "unable to block the traffic of a policy of a killed "
			 "daemon: %s", strerror(result.err));
	}
}

/**
 * Block what SPs with SAs cover, until they are due.
 */
static void block_all(private_stale_state_t *this, array_t *sps)
{
	hwo_sp_state_t state;
	int i;

	for (i = 0; i < array_count(sps) && !is_due(this); i++)
	{
		array_get(sps, i, &state);
		if (state.protect)
		{
			block(this, &state);
		}
	}
}

/**
 * Send the request that removes an object, unless it has an owner again. Nobody
 * can add the same object until that is done.
 *
 * @return			0 if it is gone or has an owner
 */
static int remove_stale(private_stale_state_t *this, const char *line,
						hwo_msg_t *msg)
{
	hwo_line_state_t state;
	hwo_result_t result;

	state = this->journal->claim(this->journal, line);
	if (!is_stale(state))
	{
		return 0;
	}
	this->xfrm->command(this->xfrm, msg, &result);
	if (result.err == ESRCH || result.err == ENOENT)
	{
		result.err = 0;
	}
	/* an SP that failed is due at once from now on */
	this->journal->end(this->journal, line,
					   result.err ? HWO_LINE_UNWANTED : HWO_LINE_NONE);
	return result.err;
}

/**
 * Remove SAs.
 *
 * @return			number of those that could not be removed
 */
static u_int remove_sas(private_stale_state_t *this, array_t *sas)
{
	char line[HWO_JOURNAL_LINE];
	u_int failed = 0;
	hwo_sa_id_t id;
	hwo_msg_t msg;
	int i, err;

	for (i = 0; i < array_count(sas); i++)
	{
		array_get(sas, i, &id);
		hwo_journal_sa_line(&id, line);
		hwo_xfrm_encode_del_sa(&msg, &id);
		err = remove_stale(this, line, &msg);
		if (err)
		{
			DBG1(DBG_KNL, "unable to remove SA %.8x that nobody wants: %s",
				 ntohl(id.spi), strerror(err));
			failed++;
		}
	}
	return failed;
}

/**
 * Remove SPs that are due.
 *
 * @param waiting	[out] number of those that are not
 * @return			number of those that could not be removed
 */
static u_int remove_sps(private_stale_state_t *this, array_t *sps,
						u_int *waiting)
{
	bool due = is_due(this);
	u_int failed = 0, removed = 0;
	char line[HWO_JOURNAL_LINE];
	hwo_sp_state_t state;
	hwo_msg_t msg;
	int i, err;

	*waiting = 0;
	for (i = 0; i < array_count(sps); i++)
	{
		array_get(sps, i, &state);
		hwo_journal_sp_line(&state.id, line);
		if (!due &&
			this->journal->find(this->journal, line) == HWO_LINE_LEFT)
		{
			(*waiting)++;
			continue;
		}
		hwo_xfrm_encode_del_sp(&msg, &state.id);
		err = remove_stale(this, line, &msg);
		failed += err != 0;
		removed += !err;
	}
	if (removed || failed)
	{
		DBG1(DBG_KNL, "removed %u of %u policies that nobody wants", removed,
			 removed + failed);
	}
	return failed;
}

static void announce(private_stale_state_t *this, const scan_t *scan)
{
	u_int sas = array_count(scan->sas), sps = array_count(scan->sps);

	if (this->announce && (sas || sps))
	{
		DBG1(DBG_KNL, "found %u SAs and %u policies of a daemon that was "
			 "killed: removing %s", sas, sps, is_due(this) ? "them" :
			 "the SAs, the policies block until the configuration is loaded");
	}
	this->announce = FALSE;
}

/**
 * Remove what is due.
 *
 * @param waiting	[out] number of SPs that are not
 * @return			number of objects that could not be removed
 */
static u_int remove_due(private_stale_state_t *this, u_int *waiting)
{
	u_int failed = 1;
	scan_t scan;

	*waiting = 0;
	if (begin_scan(this, &scan))
	{
		announce(this, &scan);
		block_all(this, scan.sps);
		failed = remove_sas(this, scan.sas) +
				 remove_sps(this, scan.sps, waiting);
	}
	end_scan(&scan);
	return failed;
}

static bool has_stale(private_stale_state_t *this)
{
	return this->journal->count(this->journal, HWO_LINE_LEFT) ||
		   this->journal->count(this->journal, HWO_LINE_UNWANTED);
}

/**
 * Remove what is due, and come back for what is not, or could not be removed.
 */
CALLBACK(work, void,
	private_stale_state_t *this)
{
	u_int failed, waiting;

	if (!has_stale(this))
	{
		return;
	}
	failed = remove_due(this, &waiting);
	if (failed)
	{
		this->job->schedule(this->job, this->delay);
		this->delay = min(this->delay * 2, RETRY_MAX);
	}
	else
	{
		this->delay = RETRY_FIRST;
	}
	if (waiting)
	{
		this->job->schedule(this->job,
							(this->due - time_monotonic(NULL) + 1) * 1000);
	}
}

METHOD(stale_state_t, begin, void,
	private_stale_state_t *this, u_int seconds)
{
	this->announce = TRUE;
	this->due = time_monotonic(NULL) + min(seconds, MAX_SECONDS);
	work(this);
}

METHOD(stale_state_t, retry, void,
	private_stale_state_t *this)
{
	this->job->schedule(this->job, RETRY_FIRST);
}

METHOD(stale_state_t, list, array_t*,
	private_stale_state_t *this, nl_exchange_t *xfrm)
{
	scan_t scan = {
		.this = this,
		.sps = array_create(sizeof(hwo_sp_state_t), 0),
		.blocks = TRUE,
	};
	hwo_result_t result;
	hwo_msg_t msg;

	if (has_stale(this))
	{
		hwo_xfrm_encode_dump_sp(&msg);
		xfrm->dump(xfrm, &msg, check_sp, &scan, &result);
	}
	return scan.sps;
}

METHOD(stale_state_t, release, u_int,
	private_stale_state_t *this, const char *what)
{
	array_t *sps = list(this, this->xfrm);
	char line[HWO_JOURNAL_LINE];
	hwo_sp_state_t state;
	u_int count = 0;
	hwo_msg_t msg;

	while (array_remove(sps, ARRAY_TAIL, &state))
	{
		if (!what || hwo_net_is(state.id.sel.family, state.id.sel.dst,
								state.id.sel.dst_prefix, what))
		{
			hwo_journal_sp_line(&state.id, line);
			hwo_xfrm_encode_del_sp(&msg, &state.id);
			count += remove_stale(this, line, &msg) == 0;
		}
		chunk_free(&state.id.label);
	}
	array_destroy(sps);
	if (count)
	{
		DBG1(DBG_KNL, "removed %u policies that nobody wants, as they were "
			 "released", count);
	}
	/* what failed is due now */
	retry(this);
	return count;
}

METHOD(stale_state_t, destroy, void,
	private_stale_state_t *this)
{
	u_int waiting;

	this->job->destroy(this->job);
	this->due = 0;
	if (has_stale(this))
	{
		remove_due(this, &waiting);
	}
	free(this);
}

stale_state_t *hwo_stale_state_create(nl_exchange_t *xfrm, journal_t *journal)
{
	private_stale_state_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.retry = _retry,
			.list = _list,
			.release = _release,
			.destroy = _destroy,
		},
		.journal = journal,
		.xfrm = xfrm,
		.delay = RETRY_FIRST,
	);
	this->job = hwo_deferred_job_create(work, this);
	return &this->public;
}
