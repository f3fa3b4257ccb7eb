/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The book of what is ours.
 */

#include "ledger.h"
#include "../io/state_file.h"
#include "../model/ledger_line.h"
#include "../wire/xfrm_request.h"

#include <errno.h>

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** Notes that may pile up in the file, for each line that is true */
#define NOTES_PER_LINE 8

/** Notes that are never too many */
#define NOTES_MIN 1024

typedef struct private_ledger_t private_ledger_t;

/**
 * An exchange that keeps book.
 */
typedef struct {
	/** public interface */
	nl_exchange_t public;
	/** the ledger it is part of */
	private_ledger_t *ledger;
} book_exchange_t;

/**
 * Private data of ledger_t.
 */
struct private_ledger_t {

	/**
	 * Public interface
	 */
	ledger_t public;

	/**
	 * The exchange that keeps book
	 */
	book_exchange_t exchange;

	/**
	 * The exchange it uses
	 */
	nl_exchange_t *xfrm;

	/**
	 * Lines, line_t* keyed by their text
	 */
	hashtable_t *lines;

	/**
	 * Number of old ones among them
	 */
	u_int old;

	/**
	 * The file, NULL if no book is kept
	 */
	state_file_t *file;

	/**
	 * Notes in the file
	 */
	u_int notes;

	/**
	 * The last attempt to write failed
	 */
	bool failed;

	/**
	 * Protects all of them
	 */
	mutex_t *mutex;
};

/**
 * A line.
 */
typedef struct {
	/** TRUE if it is from the file */
	bool old;
	/** TRUE if the kernel had the object of an old one */
	bool found;
	/** what it says */
	char text[];
} line_t;

/**
 * A line enumerator's filter
 */
CALLBACK(filter_text, bool,
	void *data, enumerator_t *orig, va_list args)
{
	char **text;
	line_t *line;

	VA_ARGS_VGET(args, text);
	if (orig->enumerate(orig, NULL, &line))
	{
		*text = line->text;
		return TRUE;
	}
	return FALSE;
}

/**
 * Write all lines anew
 */
static int rewrite_file(private_ledger_t *this)
{
	enumerator_t *lines;
	int err;

	lines = enumerator_create_filter(
						this->lines->create_enumerator(this->lines),
						filter_text, NULL, NULL);
	err = this->file->rewrite(this->file, lines);
	if (!err)
	{
		this->notes = this->lines->get_count(this->lines);
	}
	return err;
}

/**
 * Say that the file is not what it should be, once
 */
static void check_written(private_ledger_t *this, int err)
{
	if (err && !this->failed)
	{
		DBG1(DBG_KNL, "unable to note what SAs and policies are ours: %s",
			 strerror(err));
	}
	this->failed = err != 0;
}

/**
 * Note a change in the file
 */
static void note(private_ledger_t *this, bool add, const char *text)
{
	u_int count = this->lines->get_count(this->lines);
	int err;

	if (this->failed || ++this->notes > max(NOTES_MIN, count * NOTES_PER_LINE))
	{	/* all lines at once, whatever is in the file now */
		this->notes = 0;
		err = rewrite_file(this);
		if (!err || this->failed)
		{
			check_written(this, err);
			return;
		}
	}
	check_written(this, this->file->append(this->file, add, text));
}

/**
 * Get rid of a line that was taken out
 */
static void release(private_ledger_t *this, line_t *line)
{
	this->old -= line->old;
	free(line);
}

/**
 * Add a line
 *
 * @return		FALSE if it is there already
 */
static bool add_line(private_ledger_t *this, const char *text, bool old)
{
	line_t *line;

	if (this->lines->get(this->lines, text))
	{
		return FALSE;
	}
	line = malloc(sizeof(*line) + strlen(text) + 1);
	line->old = old;
	line->found = FALSE;
	strcpy(line->text, text);
	this->lines->put(this->lines, line->text, line);
	this->old += old;
	return TRUE;
}

/**
 * Remove a line
 */
static bool remove_line(private_ledger_t *this, const char *text)
{
	line_t *line;

	line = this->lines->remove(this->lines, text);
	if (line)
	{
		release(this, line);
	}
	return line != NULL;
}

/**
 * Note that something is going to be there
 *
 * @return		TRUE if it was not known before
 */
static bool begin(private_ledger_t *this, const char *text)
{
	bool added;

	this->mutex->lock(this->mutex);
	added = add_line(this, text, FALSE);
	if (added)
	{
		note(this, TRUE, text);
	}
	this->mutex->unlock(this->mutex);
	return added;
}

/**
 * Note that something is there, it's not old anymore
 */
static void confirm(private_ledger_t *this, const char *text)
{
	line_t *line;

	this->mutex->lock(this->mutex);
	line = this->lines->get(this->lines, text);
	if (line && line->old)
	{
		line->old = FALSE;
		this->old--;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Note that something is not there
 */
static void gone(private_ledger_t *this, const char *text)
{
	this->mutex->lock(this->mutex);
	if (remove_line(this, text))
	{
		note(this, FALSE, text);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Find out what a request does
 *
 * @param add		[out] TRUE if it adds, FALSE if it removes something
 * @return			FALSE if neither
 */
static bool describe(const struct nlmsghdr *hdr, bool *add,
					 char text[HWO_LEDGER_LINE])
{
	hwo_request_t request;

	hwo_xfrm_decode_request(hdr, &request);
	switch (request.kind)
	{
		case HWO_REQUEST_ADD_SA:
		case HWO_REQUEST_DEL_SA:
			hwo_ledger_sa_line(&request.sa, text);
			*add = request.kind == HWO_REQUEST_ADD_SA;
			return TRUE;
		case HWO_REQUEST_ADD_SP:
		case HWO_REQUEST_DEL_SP:
			hwo_ledger_sp_line(&request.sp, text);
			*add = request.kind == HWO_REQUEST_ADD_SP;
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Check if the kernel refused a request, or may have executed it while its
 * answer was lost
 */
static bool refused(int err)
{
	return err && err != ETIMEDOUT && err != ENOBUFS && err != EBADMSG;
}

METHOD(nl_exchange_t, command, void,
	book_exchange_t *exchange, hwo_msg_t *msg, hwo_result_t *result)
{
	private_ledger_t *this = exchange->ledger;
	char text[HWO_LEDGER_LINE];
	bool add, added = FALSE;

	if (!this->file || msg->overflow || !describe(&msg->hdr, &add, text))
	{
		this->xfrm->command(this->xfrm, msg, result);
		return;
	}
	if (add)
	{
		added = begin(this, text);
	}
	this->xfrm->command(this->xfrm, msg, result);
	if (add && !result->err)
	{
		confirm(this, text);
	}
	else if (add ? added && refused(result->err) :
			 !result->err || result->err == ESRCH || result->err == ENOENT)
	{
		gone(this, text);
	}
}

METHOD(nl_exchange_t, query, void,
	book_exchange_t *this, hwo_msg_t *msg, nl_reply_cb_t cb, void *data,
	hwo_result_t *result)
{
	nl_exchange_t *xfrm = this->ledger->xfrm;

	xfrm->query(xfrm, msg, cb, data, result);
}

METHOD(nl_exchange_t, dump, void,
	book_exchange_t *this, hwo_msg_t *msg, nl_reply_cb_t cb, void *data,
	hwo_result_t *result)
{
	nl_exchange_t *xfrm = this->ledger->xfrm;

	xfrm->dump(xfrm, msg, cb, data, result);
}

METHOD(nl_exchange_t, exchange_destroy, void,
	book_exchange_t *this)
{
	/* part of the ledger */
}

METHOD(ledger_t, get_exchange, nl_exchange_t*,
	private_ledger_t *this)
{
	return &this->exchange.public;
}

METHOD(ledger_t, get_plain, nl_exchange_t*,
	private_ledger_t *this)
{
	return this->xfrm;
}

METHOD(ledger_t, count_old, u_int,
	private_ledger_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->old;
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(ledger_t, find_old, bool,
	private_ledger_t *this, const char *text)
{
	line_t *line;
	bool found;

	this->mutex->lock(this->mutex);
	line = this->lines->get(this->lines, text);
	found = line && line->old;
	if (found)
	{
		line->found = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(ledger_t, forget_old, void,
	private_ledger_t *this, const char *text)
{
	line_t *line;

	this->mutex->lock(this->mutex);
	line = this->lines->get(this->lines, text);
	if (line && line->old)
	{
		remove_line(this, text);
		note(this, FALSE, text);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ledger_t, forget_unfound, void,
	private_ledger_t *this)
{
	enumerator_t *enumerator;
	line_t *line;

	this->mutex->lock(this->mutex);
	enumerator = this->lines->create_enumerator(this->lines);
	while (enumerator->enumerate(enumerator, NULL, &line))
	{
		if (line->old && !line->found)
		{
			this->lines->remove_at(this->lines, enumerator);
			release(this, line);
		}
	}
	enumerator->destroy(enumerator);
	if (this->file)
	{
		check_written(this, rewrite_file(this));
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Callback for notes in the file
 */
static void load(void *data, bool add, const char *text)
{
	private_ledger_t *this = data;

	if (add)
	{
		add_line(this, text, TRUE);
	}
	else
	{
		remove_line(this, text);
	}
}

METHOD(ledger_t, destroy, void,
	private_ledger_t *this)
{
	enumerator_t *enumerator;
	line_t *line;

	if (this->file)
	{
		this->file->destroy(this->file,
							!this->lines->get_count(this->lines));
	}
	enumerator = this->lines->create_enumerator(this->lines);
	while (enumerator->enumerate(enumerator, NULL, &line))
	{
		this->lines->remove_at(this->lines, enumerator);
		release(this, line);
	}
	enumerator->destroy(enumerator);
	this->lines->destroy(this->lines);
	this->xfrm->destroy(this->xfrm);
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Open the file, and find out whether it can be written
 */
static void open_file(private_ledger_t *this, const char *path)
{
	int err;

	this->file = state_file_open(path, load, this, &err);
	if (this->file)
	{
		err = rewrite_file(this);
		if (err)
		{
			this->file->destroy(this->file, FALSE);
			this->file = NULL;
		}
	}
	if (err)
	{
		DBG1(DBG_KNL, "unable to use %s: %s. What is ours is not noted, and "
			 "stays in the kernel if this daemon is killed", path,
			 err == EWOULDBLOCK ? "another daemon has it" : strerror(err));
	}
}

/*
 * Described in header
 */
ledger_t *ledger_create(nl_exchange_t *xfrm, const char *path)
{
	private_ledger_t *this;

	INIT(this,
		.public = {
			.get_exchange = _get_exchange,
			.count_old = _count_old,
			.get_plain = _get_plain,
			.find_old = _find_old,
			.forget_old = _forget_old,
			.forget_unfound = _forget_unfound,
			.destroy = _destroy,
		},
		.exchange = {
			.public = {
				.command = _command,
				.query = _query,
				.dump = _dump,
				.destroy = _exchange_destroy,
			},
		},
		.xfrm = xfrm,
		.lines = hashtable_create(hashtable_hash_str, hashtable_equals_str,
								  32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->exchange.ledger = this;
	if (path[0])
	{
		open_file(this, path);
	}
	return &this->public;
}
