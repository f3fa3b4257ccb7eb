/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Keeps the journal of what is ours.
 */

#include "journal.h"
#include "../../io/state_file.h"

#include <errno.h>

#include <collections/hashtable.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** Notes that may pile up in the file, for each line that is true */
#define NOTES_PER_LINE 8

/** Notes that are never too many */
#define NOTES_MIN 1024

/**
 * Private data of journal_t.
 */
typedef struct {
	/** public interface */
	journal_t public;
	/** lines, line_t* keyed by their text */
	hashtable_t *lines;
	/** number of them in each state */
	u_int count[HWO_LINE_UNWANTED + 1];
	/** the file, NULL to do without */
	state_file_t *file;
	/** notes in the file */
	u_int notes;
	/** the last attempt to append, and to rewrite the file has failed */
	bool append_failed, rewrite_failed;
	/** protects all of them, and is signaled when a claim has ended */
	mutex_t *mutex;
	condvar_t *condvar;
} private_journal_t;

/**
 * A line.
 */
typedef struct {
	/** who wants the object */
	hwo_line_state_t state;
	/** TRUE while stale_state removes it */
	bool claimed;
	/** TRUE if a scan has not found it yet */
	bool missing;
	/** what it returns to if its owner could not add the object */
	hwo_line_state_t before;
	/** what it says */
	char text[];
} line_t;

/**
 * A line enumerator's filter.
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
 * Log that the file is not what it should be, once.
 */
static void check_written(int err, const char *what, bool *failed)
{
	if (err && !*failed)
	{
		DBG1(DBG_KNL, "unable to %s the file that says what SAs and policies "
			 "are ours: %s", what, strerror(err));
	}
	*failed = err != 0;
}

static int rewrite_file(private_journal_t *this)
{
	enumerator_t *lines;
	int err;

	lines = enumerator_create_filter(
						this->lines->create_enumerator(this->lines),
						filter_text, NULL, NULL);
	err = this->file->rewrite(this->file, lines);
	check_written(err, "rewrite", &this->rewrite_failed);
	/* if that failed, it is tried again after as many notes */
	this->notes = err ? 0 : this->lines->get_count(this->lines);
	return err;
}

static void note(private_journal_t *this, bool add, const char *text)
{
	u_int count = this->lines->get_count(this->lines);
	int err;

	if (!this->file)
	{
		return;
	}
	if (this->append_failed ||
		++this->notes > max(NOTES_MIN, count * NOTES_PER_LINE))
	{	/* all lines at once, whatever is in the file now */
		err = rewrite_file(this);
		if (!err)
		{
			this->append_failed = FALSE;
			return;
		}
	}
	if (!this->append_failed)
	{
		err = this->file->append(this->file, add, text);
		check_written(err, "write to", &this->append_failed);
	}
}

static void set_state(private_journal_t *this, line_t *line,
					  hwo_line_state_t state)
{
	this->count[line->state]--;
	this->count[state]++;
	line->state = state;
	line->missing = FALSE;
}

/**
 * Add a line, which is in no state yet.
 */
static line_t *add_line(private_journal_t *this, const char *text)
{
	line_t *line;

	line = calloc(1, sizeof(*line) + strlen(text) + 1);
	strcpy(line->text, text);
	this->lines->put(this->lines, line->text, line);
	return line;
}

static void release(private_journal_t *this, line_t *line)
{
	set_state(this, line, HWO_LINE_NONE);
	free(line);
}

METHOD(journal_t, begin, hwo_line_state_t,
	private_journal_t *this, const char *text)
{
	hwo_line_state_t before;
	line_t *line;

	this->mutex->lock(this->mutex);
	while ((line = this->lines->get(this->lines, text)) && line->claimed)
	{	/* ends with one request */
		this->condvar->wait(this->condvar, this->mutex);
	}
	if (!line)
	{
		line = add_line(this, text);
		note(this, TRUE, text);
	}
	if (line->state != HWO_LINE_OWNED)
	{
		line->before = line->state;
		set_state(this, line, HWO_LINE_OWNED);
	}
	before = line->before;
	this->mutex->unlock(this->mutex);
	return before;
}

METHOD(journal_t, claim, hwo_line_state_t,
	private_journal_t *this, const char *text)
{
	hwo_line_state_t state = HWO_LINE_NONE;
	line_t *line;

	this->mutex->lock(this->mutex);
	line = this->lines->get(this->lines, text);
	if (line && !line->claimed)
	{
		state = line->state;
		line->claimed = state != HWO_LINE_OWNED;
	}
	this->mutex->unlock(this->mutex);
	return state;
}

METHOD(journal_t, end, void,
	private_journal_t *this, const char *text, hwo_line_state_t state)
{
	line_t *line;

	this->mutex->lock(this->mutex);
	line = this->lines->get(this->lines, text);
	if (line)
	{
		line->claimed = FALSE;
		if (state != HWO_LINE_NONE)
		{
			set_state(this, line, state);
			line->before = state;
		}
		else
		{
			release(this, this->lines->remove(this->lines, text));
			note(this, FALSE, text);
		}
		this->condvar->broadcast(this->condvar);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(journal_t, begin_scan, void,
	private_journal_t *this)
{
	enumerator_t *enumerator;
	line_t *line;

	this->mutex->lock(this->mutex);
	enumerator = this->lines->create_enumerator(this->lines);
	while (enumerator->enumerate(enumerator, NULL, &line))
	{
		line->missing = line->state != HWO_LINE_OWNED;
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(journal_t, find, hwo_line_state_t,
	private_journal_t *this, const char *text)
{
	hwo_line_state_t state = HWO_LINE_NONE;
	line_t *line;

	this->mutex->lock(this->mutex);
	line = this->lines->get(this->lines, text);
	if (line)
	{
		line->missing = FALSE;
		state = line->state;
	}
	this->mutex->unlock(this->mutex);
	return state;
}

METHOD(journal_t, end_scan, void,
	private_journal_t *this)
{
	enumerator_t *enumerator;
	line_t *line;

	this->mutex->lock(this->mutex);
	enumerator = this->lines->create_enumerator(this->lines);
	while (enumerator->enumerate(enumerator, NULL, &line))
	{
		if (line->missing)
		{
			this->lines->remove_at(this->lines, enumerator);
			release(this, line);
		}
	}
	enumerator->destroy(enumerator);
	if (this->file)
	{
		rewrite_file(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(journal_t, count, u_int,
	private_journal_t *this, hwo_line_state_t state)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->count[state];
	this->mutex->unlock(this->mutex);
	return count;
}

static void load(void *data, bool add, const char *text)
{
	private_journal_t *this = data;
	line_t *line;

	line = this->lines->remove(this->lines, text);
	if (line)
	{
		release(this, line);
	}
	if (add)
	{
		set_state(this, add_line(this, text), HWO_LINE_LEFT);
	}
}

METHOD(journal_t, destroy, void,
	private_journal_t *this)
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
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Open the file, and find out whether it can be written.
 */
static void open_file(private_journal_t *this, const char *path)
{
	int err;

	this->file = hwo_state_file_open(path, load, this, &err);
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
		DBG1(DBG_KNL, "unable to use state_file %s: %s. SAs and policies stay "
			 "in the kernel if this daemon is killed", path,
			 err == EWOULDBLOCK ? "another daemon has it" : strerror(err));
	}
}

journal_t *hwo_journal_create(const char *path)
{
	private_journal_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.claim = _claim,
			.end = _end,
			.begin_scan = _begin_scan,
			.find = _find,
			.end_scan = _end_scan,
			.count = _count,
			.destroy = _destroy,
		},
		.lines = hashtable_create(hashtable_hash_str, hashtable_equals_str,
								  32),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	if (path[0])
	{
		open_file(this, path);
	}
	return &this->public;
}
