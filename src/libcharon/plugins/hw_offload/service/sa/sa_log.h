/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_log sa_log
 * @{ @ingroup hwo_service
 *
 * Log lines about what came of SAs, and what devices said about them.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_SA_LOG_H_
#define HWO_SA_LOG_H_

#include "sa_attempts.h"
#include "../device/egress_device.h"

/**
 * An SA that was to be installed.
 */
typedef struct hwo_sa_log_t {
	/** knows names of devices, and what they said before */
	egress_device_t *devices;
	/** facts about the SA */
	const hwo_sa_t *sa;
	/** configured mode */
	hw_offload_t requested;
	/** SPI of the inbound SA of the same CHILD_SA, 0 if there is none */
	uint32_t spi_in;
	/** steps that were tried */
	const hwo_sa_attempts_t *attempts;
} hwo_sa_log_t;

/**
 * Log what the SAs of a CHILD_SA that should be offloaded ended up as, once per
 * CHILD_SA, when the outbound one is there.
 */
void hwo_sa_log_installed(const hwo_sa_log_t *log);

/**
 * Log that an SA could not be installed.
 *
 * @param level			level to log it on
 */
void hwo_sa_log_failed(const hwo_sa_log_t *log, level_t level);

/**
 * Keep what the device said to other modes than the one that counts, which is
 * kept when it is logged.
 */
void hwo_sa_note_refusals(const hwo_sa_log_t *log);

#endif /** HWO_SA_LOG_H_ @}*/
