/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_journal journal
 * @{ @ingroup hwo_service
 *
 * The journal of the SAs and SPs that are ours, in a file that is there if this
 * process is killed, so that the next one knows what to remove. No keys, only
 * what the kernel identifies them by, see journal_line.h.
 *
 * A line has an owner until its object is gone. It has none if it came from the
 * file, or if the object could not be removed: then stale_state removes it.
 * Adding the same object gives the line an owner again.
 *
 * Thread-safety: may be used by any thread. Its lock is held while the file, in
 * memory usually, is written, so that the file does not contradict the table,
 * but not while the kernel is asked.
 */

#ifndef HWO_JOURNAL_H_
#define HWO_JOURNAL_H_

#include <library.h>

typedef struct journal_t journal_t;
typedef enum hwo_line_state_t hwo_line_state_t;

/**
 * What is known of an object.
 */
enum hwo_line_state_t {
	/** it is not ours */
	HWO_LINE_NONE,
	/** it is ours, and somebody wants it */
	HWO_LINE_OWNED,
	/** a daemon that was killed has left it */
	HWO_LINE_LEFT,
	/** it could not be removed when nobody wanted it any longer */
	HWO_LINE_UNWANTED,
};

/**
 * Journal of SAs and SPs.
 */
struct journal_t {

	/**
	 * Own an object that is going to be added, before the kernel is asked to.
	 * Waits while stale_state removes it, which is one request.
	 *
	 * @return			state before the first attempt, for end() if there is
	 *					no such object after all. HWO_LINE_OWNED once end() was
	 *					told that there is
	 */
	hwo_line_state_t (*begin)(journal_t *this, const char *line);

	/**
	 * Get hold of an object to remove it, unless it has an owner. To be ended
	 * by end(), nobody can add it until then.
	 *
	 * @return			state until now, HWO_LINE_NONE or _OWNED if it is not
	 *					to be removed
	 */
	hwo_line_state_t (*claim)(journal_t *this, const char *line);

	/**
	 * Note what came of a request about an object.
	 *
	 * @param state		new state, HWO_LINE_NONE if it is gone
	 */
	void (*end)(journal_t *this, const char *line, hwo_line_state_t state);

	/**
	 * Begin to compare lines without owner with what the kernel has.
	 */
	void (*begin_scan)(journal_t *this);

	/**
	 * Find the line of an object that the kernel has.
	 *
	 * @return			its state
	 */
	hwo_line_state_t (*find)(journal_t *this, const char *line);

	/**
	 * Forget lines without owner that were there when the scan began, and were
	 * not found since.
	 */
	void (*end_scan)(journal_t *this);

	/**
	 * Number of lines in a state.
	 */
	u_int (*count)(journal_t *this, hwo_line_state_t state);

	/**
	 * Destroy. The file is removed if there is nothing in it.
	 */
	void (*destroy)(journal_t *this);
};

/**
 * Create a journal.
 *
 * @param path			path of the file, empty to do without. On failure a
 *						message is logged, and no file is written
 */
journal_t *hwo_journal_create(const char *path);

#endif /** HWO_JOURNAL_H_ @}*/
