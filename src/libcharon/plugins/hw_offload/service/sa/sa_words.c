/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From ladders to the history of devices.
 */

#include "sa_words.h"

#include <time.h>

/*
 * Described in header
 */
const char *hwo_sa_fresh_words(device_history_t *history,
							   const hwo_sa_attempts_t *attempts)
{
	bool said = attempts->outcome.why.result.extack[0] ||
				attempts->outcome.why.reason == HWO_REASON_DRIVER_REFUSED ||
				attempts->outcome.why.reason == HWO_REASON_SILENT_SOFTWARE;

	return said && history->refused(history, attempts->plan.ifindex, FALSE,
									&attempts->outcome.why.result, time(NULL)) ?
		   attempts->outcome.why.result.extack : "";
}

/**
 * Check if a refusal is the device's, and not the one that counts.
 */
static bool is_other(const hwo_sa_attempts_t *attempts,
					 const hwo_refusal_t *refused)
{
	const hwo_result_t *why = &attempts->outcome.why.result;

	return (refused->reason == HWO_REASON_DRIVER_REFUSED ||
			refused->reason == HWO_REASON_SILENT_SOFTWARE) &&
		   (refused->result.err != why->err ||
			!streq(refused->result.extack, why->extack));
}

/*
 * Described in header
 */
void hwo_sa_note_others(device_history_t *history,
						const hwo_sa_attempts_t *attempts)
{
	int i;

	for (i = 0; i < HWO_MAX_STEPS; i++)
	{
		if (is_other(attempts, &attempts->refused[i]))
		{
			history->refused(history, attempts->plan.ifindex, FALSE,
							 &attempts->refused[i].result, time(NULL));
		}
	}
}
