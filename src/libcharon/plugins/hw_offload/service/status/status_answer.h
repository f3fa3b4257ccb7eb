/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_answer status_answer
 * @{ @ingroup hwo_service
 *
 * Answers to clients of the status service, produced line by line: there may be
 * any number of items, and others want answers, too.
 *
 * Thread-safety: one thread for each answer.
 */

#ifndef HWO_STATUS_ANSWER_H_
#define HWO_STATUS_ANSWER_H_

#include "status_events.h"
#include "status_source.h"

typedef struct status_answer_t status_answer_t;

/**
 * Begin an answer.
 *
 * @param events		what happened to it
 * @param line			request
 * @param uid			user of the client
 * @return				answer, to be ended; an error if that is not understood
 */
status_answer_t *hwo_status_begin(const hwo_status_source_t *source,
							   status_events_t *events, const char *line,
							   uid_t uid);

/**
 * Write the next line of an answer.
 *
 * @param buf			[out] line with newline, without NUL
 * @return				length, 0 if there is none at the moment, -1 at the end
 */
ssize_t hwo_status_next(status_answer_t *answer, char *buf, size_t size);

/**
 * Release an answer, complete or not.
 */
void hwo_status_end(status_answer_t *answer);

#endif /** HWO_STATUS_ANSWER_H_ @}*/
