/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Requests, and what they mean for the book.
 */

#include "journaled_xfrm.h"
#include "../../model/plan/journal_line.h"
#include "../../wire/xfrm_request.h"

#include <errno.h>

#include <utils/debug.h>

typedef struct private_journaled_xfrm_t private_journaled_xfrm_t;

/**
 * Private data.
 */
struct private_journaled_xfrm_t {

	/**
	 * Public interface
	 */
	nl_exchange_t public;

	/**
	 * Exchange that is used
	 */
	nl_exchange_t *xfrm;

	/**
	 * Book
	 */
	journal_t *journal;
};

/**
 * Find out what a request does
 *
 * @param add		[out] TRUE if it adds, FALSE if it removes something
 * @return			FALSE if neither
 */
static bool describe(const struct nlmsghdr *hdr, bool *add,
					 char line[HWO_LEDGER_LINE])
{
	hwo_request_t request;

	hwo_xfrm_decode_request(hdr, &request);
	switch (request.kind)
	{
		case HWO_REQUEST_ADD_SA:
		case HWO_REQUEST_DEL_SA:
			hwo_ledger_sa_line(&request.sa, line);
			*add = request.kind == HWO_REQUEST_ADD_SA;
			return TRUE;
		case HWO_REQUEST_ADD_SP:
		case HWO_REQUEST_DEL_SP:
			hwo_ledger_sp_line(&request.sp, line);
			*add = request.kind == HWO_REQUEST_ADD_SP;
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Send a request that adds something
 */
static void send_add(private_journaled_xfrm_t *this, const char *line,
					 hwo_msg_t *msg, hwo_result_t *result)
{
	bool added;

	added = this->journal->begin(this->journal, line);
	this->xfrm->command(this->xfrm, msg, result);
	if (!result->err)
	{
		this->journal->confirm(this->journal, line);
	}
	else if (added && !hwo_result_lost(result))
	{
		this->journal->gone(this->journal, line);
	}
}

/**
 * Send a request that removes something
 */
static void send_del(private_journaled_xfrm_t *this, const char *line,
					 hwo_msg_t *msg, hwo_result_t *result)
{
	chunk_t request;

	/* it is wiped when it is sent */
	request = chunk_clone(chunk_create(msg->bytes, msg->hdr.nlmsg_len));
	this->xfrm->command(this->xfrm, msg, result);
	if (!result->err || result->err == ESRCH || result->err == ENOENT)
	{
		this->journal->gone(this->journal, line);
	}
	else if (hwo_result_lost(result))
	{
		this->journal->doom(this->journal, line, request);
	}
	chunk_free(&request);
}

/**
 * Repeat a removal whose answer was lost, as the kernel answers now
 */
static void repeat_removal(private_journaled_xfrm_t *this)
{
	char line[HWO_LEDGER_LINE];
	hwo_result_t result;
	hwo_msg_t msg;

	if (this->journal->take_doomed(this->journal, line, &msg))
	{
		send_del(this, line, &msg, &result);
		DBG1(DBG_KNL, "repeated a removal that was not answered: %s",
			 result.err ? strerror(result.err) : "done");
	}
}

METHOD(nl_exchange_t, command, void,
	private_journaled_xfrm_t *this, hwo_msg_t *msg, hwo_result_t *result)
{
	char line[HWO_LEDGER_LINE];
	bool add;

	if (msg->overflow || !describe(&msg->hdr, &add, line))
	{
		this->xfrm->command(this->xfrm, msg, result);
	}
	else if (add)
	{
		send_add(this, line, msg, result);
	}
	else
	{
		send_del(this, line, msg, result);
	}
	if (!result->err)
	{
		repeat_removal(this);
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
	if (!result->err)
	{
		repeat_removal(this);
	}
}

METHOD(nl_exchange_t, destroy, void,
	private_journaled_xfrm_t *this)
{
	this->xfrm->destroy(this->xfrm);
	free(this);
}

/*
 * Described in header
 */
nl_exchange_t *hwo_journaled_xfrm_create(nl_exchange_t *xfrm,
										 journal_t *journal)
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
	);
	return &this->public;
}
