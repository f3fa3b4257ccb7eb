/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Turns SPs into lines of the log.
 */

#include "sp_log.h"
#include "../../io/nl_exchange.h"
#include "../../model/plan/ts_convert.h"

#include <utils/debug.h>

/**
 * Traffic selectors of an SP.
 */
typedef struct {
	traffic_selector_t *src, *dst;
} selectors_t;

static selectors_t get_selectors(const hwo_sp_id_t *id)
{
	return (selectors_t){
		.src = hwo_selector_to_ts(&id->sel, TRUE),
		.dst = hwo_selector_to_ts(&id->sel, FALSE),
	};
}

static void release(selectors_t *ts)
{
	DESTROY_IF(ts->src);
	DESTROY_IF(ts->dst);
}

void hwo_sp_log_change(const char *what, hwo_sp_entry_t *entry)
{
	const hwo_kernel_sps_t *kernel = &entry->kernel;
	selectors_t ts = get_selectors(&entry->id);

	DBG2(DBG_KNL, "%s policy %R === %R %N [priority %u, users %d, mode %N]",
		 what, ts.src, ts.dst, policy_dir_names, entry->id.dir,
		 kernel->count ? kernel->item[kernel->count - 1].sp.priority : 0,
		 hwo_sp_count_users(entry), hwo_mode_names, entry->effective.mode);
	release(&ts);
}

void hwo_sp_log_failure(const char *what, const hwo_sp_id_t *id,
						hwo_mode_t mode, const char *device,
						const hwo_result_t *result)
{
	selectors_t ts = get_selectors(id);
	char text[HWO_RESULT_TEXT];

	DBG1(DBG_KNL, "unable to %s policy %R === %R %N, mode %N, device %s: %s",
		 what, ts.src, ts.dst, policy_dir_names, id->dir, hwo_mode_names, mode,
		 device, hwo_result_text(result, text));
	release(&ts);
}

void hwo_sp_log_traffic(const hwo_sp_id_t *id, const char *what)
{
	selectors_t ts = get_selectors(id);

	DBG1(DBG_KNL, "traffic %R === %R %s", ts.src, ts.dst, what);
	release(&ts);
}
