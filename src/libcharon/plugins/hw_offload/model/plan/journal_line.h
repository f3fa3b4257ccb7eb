/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_journal_line journal_line
 * @{ @ingroup hwo_model
 *
 * Identities of SAs and SPs as lines of text, for the journal of what is ours.
 * Lines are equal if, and only if, the kernel takes the objects for the same
 * one (of a label, only length and hash are in the line). They don't depend on
 * the process, so that one finds what another one wrote.
 */

#ifndef HWO_JOURNAL_LINE_H_
#define HWO_JOURNAL_LINE_H_

#include "../../hwo_types.h"

/** Large enough for any line, terminating zero included */
#define HWO_JOURNAL_LINE 320

/**
 * Describe what the kernel identifies an SA by.
 *
 * @param line		[out] line without line break
 */
void hwo_journal_sa_line(const hwo_sa_id_t *id, char line[HWO_JOURNAL_LINE]);

/**
 * Describe what the kernel identifies an SP by.
 *
 * @param line		[out] line without line break
 */
void hwo_journal_sp_line(const hwo_sp_id_t *id, char line[HWO_JOURNAL_LINE]);

#endif /** HWO_JOURNAL_LINE_H_ @}*/
