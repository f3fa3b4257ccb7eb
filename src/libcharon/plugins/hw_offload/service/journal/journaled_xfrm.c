/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Notes in the journal what requests do.
 */

#include "journaled_xfrm.h"
#include "../../model/plan/journal_line.h"

#include <errno.h>

/**
 * Private data.
 */
typedef struct {
	/** public interface */
	nl_exchange_t public;
	/** exchange that is used */
	nl_exchange_t *xfrm;
	/** journal */
	journal_t *journal;
	/** removes what could not be removed */
	stale_state_t *stale;
} private_journaled_xfrm_t;

/**
 * Send a request that adds something. An SP that is there already will be
 * updated by the next one: it has an owner in between, or what a killed daemon
 * has left would be removed, and come back after a gap.
 */
static void send_add(private_journaled_xfrm_t *this, const char *line, bool sp,
					 hwo_msg_t *msg, hwo_result_t *result)
{
	hwo_line_state_t before;

	before = this->journal->begin(this->journal, line);
	this->xfrm->command(this->xfrm, msg, result);
	if (!result->err || hwo_result_lost(result))
	{
		this->journal->end(this->journal, line, HWO_LINE_OWNED);
	}
	else if (!sp || result->err != EEXIST)
	{
		this->journal->end(this->journal, line, before);
	}
}

/**
 * Send a request that removes something. If it fails, nobody knows of an SP any
 * longer. An SA is kept if the kernel refuses to delete it: a move does not
 * take place then.
 */
static void send_del(private_journaled_xfrm_t *this, const char *line, bool sp,
					 hwo_msg_t *msg, hwo_result_t *result)
{
	this->xfrm->command(this->xfrm, msg, result);
	if (!result->err || result->err == ESRCH || result->err == ENOENT)
	{
		this->journal->end(this->journal, line, HWO_LINE_NONE);
	}
	else if (sp || hwo_result_lost(result))
	{
		this->journal->end(this->journal, line, HWO_LINE_UNWANTED);
		this->stale->retry(this->stale);
	}
}

METHOD(nl_exchange_t, command, void,
	private_journaled_xfrm_t *this, hwo_msg_t *msg, hwo_result_t *result)
{
	const hwo_request_t *request = &msg->request;
	bool add = request->kind == HWO_REQUEST_ADD_SA ||
			   request->kind == HWO_REQUEST_ADD_SP;
	bool sp = request->kind == HWO_REQUEST_ADD_SP ||
			  request->kind == HWO_REQUEST_DEL_SP;
	char line[HWO_JOURNAL_LINE];

	if (msg->overflow || request->kind == HWO_REQUEST_OTHER)
	{
		this->xfrm->command(this->xfrm, msg, result);
		return;
	}
	if (sp)
	{
		hwo_journal_sp_line(&request->sp, line);
	}
	else
	{
		hwo_journal_sa_line(&request->sa, line);
	}
	if (add)
	{
		send_add(this, line, sp, msg, result);
	}
	else
	{
		send_del(this, line, sp, msg, result);
	}
}

METHOD(nl_exchange_t, query, void,
	private_journaled_xfrm_t *this, hwo_msg_t *msg, nl_reply_cb_t cb,
	void *data, hwo_result_t *result)
{
	this->xfrm->query(this->xfrm, msg, cb, data, result);
}

METHOD(nl_exchange_t, dump, void,
	private_journaled_xfrm_t *this, hwo_msg_t *msg, nl_reply_cb_t cb,
	void *data, hwo_result_t *result)
{
	this->xfrm->dump(this->xfrm, msg, cb, data, result);
}

METHOD(nl_exchange_t, destroy, void,
	private_journaled_xfrm_t *this)
{
	free(this);
}

nl_exchange_t *hwo_journaled_xfrm_create(nl_exchange_t *xfrm,
										 journal_t *journal,
										 stale_state_t *stale)
{
	private_journaled_xfrm_t *this;

	INIT(this,
		.public = {
			.command = _command,
			.query = _query,
			.dump = _dump,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.journal = journal,
		.stale = stale,
	);
	return &this->public;
}
