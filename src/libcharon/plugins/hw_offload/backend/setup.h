/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_backend_setup backend_setup
 * @{ @ingroup hw_offload
 *
 * What the services of the backend are set up with: settings of
 * strongswan.conf, in the terms of each service.
 */

#ifndef BACKEND_SETUP_H_
#define BACKEND_SETUP_H_

#include "kernel_features.h"
#include "../io/kernel_sockets.h"
#include "../service/sp/ike_bypass.h"
#include "../service/journal/journal.h"
#include "../service/sync/child_worker.h"
#include "../service/sp/sp_installer.h"
#include "../service/status/status_service.h"

/**
 * Open all doors to the kernel.
 *
 * @param kernel		[out] kernel
 * @return				FALSE if one is missing, which is logged
 */
bool hwo_setup_kernel(hwo_kernel_sockets_t *kernel);

/**
 * Check that XFRM lets us in, and set up the SPD.
 *
 * @param xfrm			exchange with XFRM
 * @return				FALSE if it doesn't, which is logged
 */
bool hwo_setup_spd(nl_exchange_t *xfrm);

/**
 * Get the settings for devices, and what is known of their drivers. Values that
 * make no sense are logged.
 *
 * @param features		what the kernel can do
 * @param rules			[out] rules
 */
void hwo_setup_devices(const hwo_kernel_features_t *features,
					   hwo_device_rules_t *rules);

/**
 * Get what guards behind offloaded policies depend on.
 *
 * @param features		what the kernel can do
 */
hwo_guard_rules_t hwo_setup_guard(const hwo_kernel_features_t *features);

/**
 * Get the settings of the installer of SPs.
 *
 * @param guard			what guards depend on
 */
hwo_sp_settings_t hwo_setup_sps(const hwo_guard_rules_t *guard);

/**
 * Get the settings of the bypass for IKE.
 */
hwo_bypass_settings_t hwo_setup_bypass(void);

/**
 * Get the settings for SAs that follow their packets. Values that make no sense
 * are logged.
 *
 * @param guard			what guards depend on
 */
hwo_rebind_settings_t hwo_setup_rebind(const hwo_guard_rules_t *guard);

/**
 * Open the journal of what is ours.
 */
journal_t *hwo_setup_journal(void);

/**
 * Get the seconds until policies of a daemon that was killed are removed.
 */
u_int hwo_setup_leftover_time(void);

/**
 * Let clients ask what SAs and policies are up to.
 *
 * @param listener		opens a transport for queries
 * @param source		what they may ask about, xfrm and version are set here
 * @return				NULL if not configured, or on failure, which is logged
 */
status_service_t *hwo_setup_status(const hwo_listener_t *listener,
								   hwo_status_source_t *source);

#endif /** BACKEND_SETUP_H_ @}*/
