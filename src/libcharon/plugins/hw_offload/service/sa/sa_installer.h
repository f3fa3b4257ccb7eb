/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_installer sa_installer
 * @{ @ingroup hwo_service
 *
 * Allocates SPIs, queries and removes SAs.
 *
 * Errors are positive errno values. Failures are logged here, with SPI, mode,
 * device and the kernel's words.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SA_INSTALLER_H_
#define HWO_SA_INSTALLER_H_

#include "sa_shared.h"

/**
 * Let the kernel allocate an SPI (or CPI) for an inbound SA.
 *
 * @param proto			IPPROTO_ESP, IPPROTO_AH or IPPROTO_COMP
 * @param min			smallest value, host order
 * @param max			largest value, host order
 * @param spi			[out] SPI, network order
 * @return				0, or errno value
 */
int hwo_sa_alloc_spi(const hwo_sa_shared_t *shared, const hwo_addr_t *src,
					 const hwo_addr_t *dst, uint8_t proto, uint32_t min,
					 uint32_t max, uint32_t *spi);

/**
 * Query the usage of an SA.
 *
 * @param used			[out] monotonic time it was last used, 0 if not known
 * @return				0, or errno value
 */
int hwo_sa_query(const hwo_sa_shared_t *shared, const hwo_sa_id_t *id,
				 uint64_t *bytes, uint64_t *packets, time_t *used);

/**
 * Remove an SA.
 *
 * @return				0, or errno value, ESRCH if there is none
 */
int hwo_sa_remove(const hwo_sa_shared_t *shared, const hwo_sa_id_t *id);

/**
 * Remove all SAs, also those installed by others.
 *
 * @return				0, or errno value
 */
int hwo_sa_flush(const hwo_sa_shared_t *shared);

#endif /** HWO_SA_INSTALLER_H_ @}*/
