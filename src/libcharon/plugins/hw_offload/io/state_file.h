/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_state_file state_file
 * @{ @ingroup hwo_io
 *
 * A file of lines that outlives the process if that is killed, but not a
 * reboot. Each network namespace has one of its own, whose number is in the
 * name of the file. One process at a time has it.
 *
 * Lines are added and removed by appending a note of it, so the file is never
 * older than the call that returned last. From time to time the owner has to
 * rewrite it: all lines go to a second file, and when they are there, the first
 * one becomes empty. Both are open from the beginning, so this also works after
 * the process has dropped its privileges. No file is locked, as AppArmor may
 * not allow that; the owner has an abstract socket of that name instead.
 *
 * The files can be read and written by their owner only. Thread-safety: none.
 */

#ifndef HWO_STATE_FILE_H_
#define HWO_STATE_FILE_H_

#include <library.h>

typedef struct state_file_t state_file_t;

/**
 * Called for each note in the file, in their order.
 *
 * @param data			user data
 * @param add			TRUE if the line was added, FALSE if it was removed
 * @param line			the line
 */
typedef void (*state_file_cb_t)(void *data, bool add, const char *line);

/**
 * A file of lines.
 */
struct state_file_t {

	/**
	 * Note that a line was added or removed, after it has been rewritten once.
	 *
	 * @param add		TRUE if it was added
	 * @param line		line without line break
	 * @return			0, or errno value
	 */
	int (*append)(state_file_t *this, bool add, const char *line);

	/**
	 * Replace all notes by additions of these lines, at once.
	 *
	 * @param lines		enumerator over char*, destroyed
	 * @return			0, or errno value, the old notes are still there then
	 */
	int (*rewrite)(state_file_t *this, enumerator_t *lines);

	/**
	 * Close the file, others may have it then.
	 *
	 * @param remove	TRUE to remove it
	 */
	void (*destroy)(state_file_t *this, bool remove);
};

/**
 * Open or create a file. Notes are read, unless they are of another boot.
 *
 * @param path			absolute path, its directory has to exist; the number of
 *						the network namespace is added
 * @param cb			called for each note
 * @param data			passed to cb
 * @param err			[out] errno value: EWOULDBLOCK if another process has
 *						it, EPERM if it is not a file of ours
 * @return				file, NULL on failure
 */
state_file_t *hwo_state_file_open(const char *path, state_file_cb_t cb,
								  void *data,
								  int *err);

#endif /** HWO_STATE_FILE_H_ @}*/
