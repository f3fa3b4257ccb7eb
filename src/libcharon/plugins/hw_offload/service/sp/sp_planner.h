/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_planner sp_planner
 * @{ @ingroup hwo_service
 *
 * Gathers what the plan for an SP depends on: its SA, or if it has none, the
 * device that its traffic would leave by.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SP_PLANNER_H_
#define HWO_SP_PLANNER_H_

#include "sp_install.h"

/**
 * Find the SA of an SP.
 *
 * @param sa		[out] copy of the record
 * @return			FALSE if there is none
 */
bool hwo_sp_find_sa(child_table_t *sas, const hwo_sp_request_t *user,
					hwo_sa_record_t *sa);

/**
 * Check if the traffic of an SP would leave in clear once its route moves to
 * another device, with the addresses of now.
 */
bool hwo_sp_route_leak(const hwo_guard_rules_t *rules,
					   const hwo_sp_request_t *user);

/**
 * Check if an SP would be in a NIC behind one in software.
 *
 * @param ifindex	NIC, 0 for none
 */
bool hwo_sp_is_behind(const hwo_sp_install_t *this,
					  const hwo_sp_request_t *user, uint32_t ifindex);

/**
 * Plan the offload of an SP.
 */
void hwo_sp_plan_user(const hwo_sp_install_t *this,
					  const hwo_sp_request_t *user, hwo_plan_t *plan);

#endif /** HWO_SP_PLANNER_H_ @}*/
