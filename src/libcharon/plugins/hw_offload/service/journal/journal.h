/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_journal journal
 * @{ @ingroup hwo_service
 *
 * The book of the SAs and SPs that are ours, in a file that is there if this
 * process is killed, so that the next one knows what to remove. No keys, only
 * what the kernel identifies them by, see journal_line.h.
 *
 * A line that came from the file is "old" until we add the same object again,
 * or until it is forgotten. One whose removal was not answered is "doomed"
 * until its removal has been repeated, or until we add the object again.
 *
 * Thread-safety: may be used by any thread. Its lock is held while the file, in
 * memory usually, is written, so that the file does not contradict the table,
 * but not while the kernel is asked.
 */

#ifndef HWO_JOURNAL_H_
#define HWO_JOURNAL_H_

#include "../../wire/nl_msg.h"

typedef struct journal_t journal_t;

/**
 * Book of SAs and SPs.
 */
struct journal_t {

	/**
	 * Note that an object is going to be added, before the kernel is asked to.
	 * Waits while somebody repeats its removal.
	 *
	 * @param line		line of the object
	 * @return			TRUE if it was not in the book
	 */
	bool (*begin)(journal_t *this, const char *line);

	/**
	 * Note that an object was added.
	 *
	 * @param line		line of the object
	 */
	void (*confirm)(journal_t *this, const char *line);

	/**
	 * Note that an object is not there.
	 *
	 * @param line		line of the object
	 */
	void (*gone)(journal_t *this, const char *line);

	/**
	 * Note that the removal of an object was not answered.
	 *
	 * @param line		line of the object
	 * @param request	request to repeat, copied
	 */
	void (*doom)(journal_t *this, const char *line, chunk_t request);

	/**
	 * Get a removal to repeat, to be ended by gone() or doom().
	 *
	 * @param line		[out] line of the object, HWO_LEDGER_LINE bytes
	 * @param msg		[out] request
	 * @return			FALSE if there is none
	 */
	bool (*take_doomed)(journal_t *this, char *line, hwo_msg_t *msg);

	/**
	 * Number of old lines.
	 */
	u_int (*count_old)(journal_t *this);

	/**
	 * Check if there is an old line, and note that the kernel has its object.
	 *
	 * @param line		line of the object
	 */
	bool (*find_old)(journal_t *this, const char *line);

	/**
	 * Forget a line if it is old.
	 *
	 * @param line		line of the object
	 */
	void (*forget_old)(journal_t *this, const char *line);

	/**
	 * Forget all old lines that were never found.
	 */
	void (*forget_unfound)(journal_t *this);

	/**
	 * Destroy. The file is removed if there is nothing in it.
	 */
	void (*destroy)(journal_t *this);
};

/**
 * Create a journal.
 *
 * @param path			path of the file, empty to do without. If it can't be
 *						used, that is logged, and it is done without
 */
journal_t *hwo_journal_create(const char *path);

#endif /** HWO_JOURNAL_H_ @}*/
