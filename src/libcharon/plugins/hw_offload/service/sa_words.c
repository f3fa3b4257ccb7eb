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
							   const hwo_sa_ladder_t *ladder)
{
	bool said = ladder->refusal.extack[0] ||
				ladder->reason == HWO_REASON_DRIVER_REFUSED ||
				ladder->reason == HWO_REASON_SILENT_SOFTWARE;

	return said && history->refused(history, ladder->plan.ifindex, FALSE,
									&ladder->refusal, time(NULL)) ?
		   ladder->refusal.extack : "";
}

/**
 * Check if a refusal is the device's, and not the one that counts
 */
static bool is_other(const hwo_sa_ladder_t *ladder,
					 const hwo_refusal_t *refused)
{
	return (refused->reason == HWO_REASON_DRIVER_REFUSED ||
			refused->reason == HWO_REASON_SILENT_SOFTWARE) &&
		   (refused->result.err != ladder->refusal.err ||
			!streq(refused->result.extack, ladder->refusal.extack));
}

/*
 * Described in header
 */
void hwo_sa_note_others(device_history_t *history,
						const hwo_sa_ladder_t *ladder)
{
	int i;

	for (i = 0; i < HWO_MAX_STEPS; i++)
	{
		if (is_other(ladder, &ladder->refused[i]))
		{
			history->refused(history, ladder->plan.ifindex, FALSE,
							 &ladder->refused[i].result, time(NULL));
		}
	}
}
