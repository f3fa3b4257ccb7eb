/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The book of what is ours.
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

typedef struct private_journal_t private_journal_t;

/**
 * Private data of journal_t.
 */
struct private_journal_t {

	/**
	 * Public interface
	 */
	journal_t public;

	/**
	 * Lines, line_t* keyed by their text
	 */
	hashtable_t *lines;

	/**
	 * Number of old and of doomed ones among them
	 */
	u_int old, doomed;

	/**
	 * The file, NULL to do without
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
	 * Protects all of them, and is signaled when a removal has been repeated
	 */
	mutex_t *mutex;
	condvar_t *condvar;
};

/**
 * A line.
 */
typedef struct {
	/** TRUE if it is from the file */
	bool old;
	/** TRUE if the kernel had the object of an old one */
	bool found;
	/** removal to repeat, empty if it is not doomed */
	chunk_t removal;
	/** TRUE while somebody repeats it */
	bool busy;
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
static int rewrite_file(private_journal_t *this)
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
static void check_written(private_journal_t *this, int err)
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
static void note(private_journal_t *this, bool add, const char *text)
{
	u_int count = this->lines->get_count(this->lines);
	int err;

	if (!this->file)
	{
		return;
	}
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
 * Let a line be neither old nor doomed
 */
static void refresh(private_journal_t *this, line_t *line)
{
	this->old -= line->old;
	this->doomed -= line->removal.len != 0;
	line->old = FALSE;
	chunk_free(&line->removal);
}

/**
 * Destroy a line that was taken out
 */
static void release(private_journal_t *this, line_t *line)
{
	refresh(this, line);
	free(line);
}

/**
 * Add a line
 */
static void add_line(private_journal_t *this, const char *text, bool old)
{
	line_t *line;

	line = calloc(1, sizeof(*line) + strlen(text) + 1);
	line->old = old;
	strcpy(line->text, text);
	this->lines->put(this->lines, line->text, line);
	this->old += old;
}

/**
 * Remove a line, and note that
 */
static void remove_line(private_journal_t *this, const char *text)
{
	line_t *line;

	line = this->lines->remove(this->lines, text);
	if (line)
	{
		release(this, line);
		note(this, FALSE, text);
	}
}

METHOD(journal_t, begin, bool,
	private_journal_t *this, const char *text)
{
	line_t *line;

	this->mutex->lock(this->mutex);
	while ((line = this->lines->get(this->lines, text)) && line->busy)
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	if (!line)
	{
		add_line(this, text, FALSE);
		note(this, TRUE, text);
	}
	else if (line->removal.len)
	{	/* must not be removed while it is added, whatever comes of that */
		refresh(this, line);
	}
	this->mutex->unlock(this->mutex);
	return !line;
}

METHOD(journal_t, confirm, void,
	private_journal_t *this, const char *text)
{
	line_t *line;

	this->mutex->lock(this->mutex);
	line = this->lines->get(this->lines, text);
	if (line)
	{
		refresh(this, line);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(journal_t, gone, void,
	private_journal_t *this, const char *text)
{
	this->mutex->lock(this->mutex);
	remove_line(this, text);
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
}

METHOD(journal_t, doom, void,
	private_journal_t *this, const char *text, chunk_t request)
{
	line_t *line;

	this->mutex->lock(this->mutex);
	line = this->lines->get(this->lines, text);
	if (line)
	{
		refresh(this, line);
		line->removal = chunk_clone(request);
		line->busy = FALSE;
		this->doomed++;
		this->condvar->broadcast(this->condvar);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(journal_t, take_doomed, bool,
	private_journal_t *this, char *text, hwo_msg_t *msg)
{
	enumerator_t *enumerator;
	line_t *line;
	bool found = FALSE;

	this->mutex->lock(this->mutex);
	if (this->doomed)
	{
		enumerator = this->lines->create_enumerator(this->lines);
		while (!found && enumerator->enumerate(enumerator, NULL, &line))
		{
			if (line->removal.len && !line->busy)
			{
				line->busy = found = TRUE;
				strcpy(text, line->text);
				memset(msg, 0, sizeof(*msg));
				memcpy(msg->bytes, line->removal.ptr, line->removal.len);
			}
		}
		enumerator->destroy(enumerator);
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(journal_t, count_old, u_int,
	private_journal_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->old;
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(journal_t, find_old, bool,
	private_journal_t *this, const char *text)
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

METHOD(journal_t, forget_old, void,
	private_journal_t *this, const char *text)
{
	line_t *line;

	this->mutex->lock(this->mutex);
	line = this->lines->get(this->lines, text);
	if (line && line->old)
	{
		remove_line(this, text);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(journal_t, forget_unfound, void,
	private_journal_t *this)
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
	private_journal_t *this = data;

	/* there is no file yet that this could be noted in */
	remove_line(this, text);
	if (add)
	{
		add_line(this, text, TRUE);
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
 * Open the file, and find out whether it can be written
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
		DBG1(DBG_KNL, "unable to use %s: %s. What is ours is not noted, and "
			 "stays in the kernel if this daemon is killed", path,
			 err == EWOULDBLOCK ? "another daemon has it" : strerror(err));
	}
}

/*
 * Described in header
 */
journal_t *hwo_journal_create(const char *path)
{
	private_journal_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.confirm = _confirm,
			.gone = _gone,
			.doom = _doom,
			.take_doomed = _take_doomed,
			.count_old = _count_old,
			.find_old = _find_old,
			.forget_old = _forget_old,
			.forget_unfound = _forget_unfound,
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
