/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_ledger ledger
 * @{ @ingroup hwo_service
 *
 * Keeps book of the SAs and SPs that are ours, in a file that is there if this
 * process is killed, so that the next one knows what to remove. No keys, only
 * what the kernel identifies them by.
 *
 * It stands between the services and their exchange with XFRM, so that nothing
 * is forgotten: what a request adds is noted before it is sent, what it removes
 * once the kernel says so.
 *
 * A line that came from the file is "old" until a request of ours adds the same
 * object again, or until it is forgotten.
 *
 * Thread-safety: may be used by any thread. Its lock is held while the file, in
 * memory usually, is written, so that the file does not contradict the table,
 * but not while the kernel is asked.
 */

#ifndef HWO_LEDGER_H_
#define HWO_LEDGER_H_

#include "../io/nl_exchange.h"

typedef struct ledger_t ledger_t;

/**
 * Book of SAs and SPs.
 */
struct ledger_t {

	/**
	 * Get the exchange that keeps book.
	 *
	 * @return			exchange, part of the ledger
	 */
	nl_exchange_t *(*get_exchange)(ledger_t *this);

	/**
	 * Get the exchange that does not, for requests about what is old.
	 *
	 * @return			exchange, owned by the ledger
	 */
	nl_exchange_t *(*get_plain)(ledger_t *this);

	/**
	 * Number of old lines.
	 */
	u_int (*count_old)(ledger_t *this);

	/**
	 * Check if there is an old line, and note that the kernel has its object.
	 *
	 * @param line		line, see ledger_line.h
	 */
	bool (*find_old)(ledger_t *this, const char *line);

	/**
	 * Forget a line if it is old.
	 *
	 * @param line		line, see ledger_line.h
	 */
	void (*forget_old)(ledger_t *this, const char *line);

	/**
	 * Forget all old lines that were never found.
	 */
	void (*forget_unfound)(ledger_t *this);

	/**
	 * Destroy, with the exchange it uses. The file is removed if there is
	 * nothing in it.
	 */
	void (*destroy)(ledger_t *this);
};

/**
 * Create a ledger.
 *
 * @param xfrm			exchange to use, adopted
 * @param path			path of the file, empty to keep no book. If it can't
 *						be used, that is logged, and no book is kept
 */
ledger_t *ledger_create(nl_exchange_t *xfrm, const char *path);

#endif /** HWO_LEDGER_H_ @}*/
