/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_report status_report
 * @{ @ingroup hwo_service
 *
 * Describes SAs, SPs and devices as JSON objects, see docs/json.md, by names
 * that devices know. Keys never get here.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_STATUS_REPORT_H_
#define HWO_STATUS_REPORT_H_

#include <jansson.h>

#include "../device/egress_device.h"
#include "../../model/state/failed_children.h"
#include "../../model/state/sa_record.h"
#include "../../model/state/sp_table.h"

/**
 * Describe a CHILD_SA as recorded.
 *
 * @param record		record of one of its SAs
 * @return				new reference
 */
json_t *hwo_report_child(const hwo_sa_record_t *record,
						 egress_device_t *devices);

/**
 * Describe a CHILD_SA that could not be installed.
 *
 * @param failed		what is known about it
 * @return				new reference
 */
json_t *hwo_report_failure(const hwo_failed_child_t *failed,
						   egress_device_t *devices);

/**
 * Describe one SA of a CHILD_SA.
 *
 * @param state			what the kernel reports, NULL if it has no such SA
 * @return				new reference
 */
json_t *hwo_report_sa(const hwo_sa_record_t *record,
					  const hwo_sa_state_t *state, egress_device_t *devices);

/**
 * Describe an SP.
 *
 * @param view			what there is to see
 * @return				new reference
 */
json_t *hwo_report_sp(const hwo_sp_id_t *id, const hwo_sp_view_t *view,
					  egress_device_t *devices);

/**
 * Describe a device.
 *
 * @param devices		knows what it may be asked for, and what was learned
 * @return				new reference
 */
json_t *hwo_report_device(const char *name, uint32_t ifindex,
						  egress_device_t *devices);

#endif /** HWO_STATUS_REPORT_H_ @}*/
