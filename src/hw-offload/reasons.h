/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_reasons reasons
 *
 * What reasons mean, and what to do about them. The texts come from
 * docs/reasons.md.
 */

#ifndef REASONS_H_
#define REASONS_H_

/**
 * A reason.
 */
typedef struct reason_t {
	/** short name */
	const char *name;
	/** what it means, and what to do; sentences */
	const char *meaning, *remedy;
} reason_t;

/**
 * Look up a reason.
 *
 * @param name			short name
 * @return				NULL if it is none, or nothing is wrong
 */
const reason_t *reason_find(const char *name);

#endif /** REASONS_H_ @}*/
