/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_installer sa_installer
 * @{ @ingroup hwo_service
 *
 * Installs, queries and removes SAs.
 *
 * Errors are positive errno values. Failures are logged here, with SPI, mode,
 * device and the kernel's words.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SA_INSTALLER_H_
#define HWO_SA_INSTALLER_H_

#include "sa_install.h"

typedef struct sa_installer_t sa_installer_t;

/**
 * Installer of SAs.
 */
struct sa_installer_t {

	/**
	 * Let the kernel allocate an SPI (or CPI) for an inbound SA.
	 *
	 * @param src		source address
	 * @param dst		destination address
	 * @param proto		IPPROTO_ESP, IPPROTO_AH or IPPROTO_COMP
	 * @param min		smallest value, host order
	 * @param max		largest value, host order
	 * @param spi		[out] SPI, network order
	 * @return			0, or errno value
	 */
	int (*alloc_spi)(sa_installer_t *this, const hwo_addr_t *src,
					 const hwo_addr_t *dst, uint8_t proto, uint32_t min,
					 uint32_t max, uint32_t *spi);

	/**
	 * Install an SA.
	 *
	 * charon installs the inbound SA of a CHILD_SA first. With automatic mode,
	 * the outbound one does not get beyond its mode. If it does not even get
	 * there, the inbound one is moved from crypto mode to software; one in
	 * packet mode stays, and charon is told to rekey: then both get the lesser
	 * mode.
	 *
	 * @return			0, or errno value
	 */
	int (*add)(sa_installer_t *this, const hwo_sa_t *sa,
			   hw_offload_t requested);

	/**
	 * Query the usage of an SA.
	 *
	 * @param bytes		[out] bytes processed
	 * @param packets	[out] packets processed
	 * @param used		[out] monotonic time it was last used, 0 if not known
	 * @return			0, or errno value
	 */
	int (*query)(sa_installer_t *this, const hwo_sa_id_t *id, uint64_t *bytes,
				 uint64_t *packets, time_t *used);

	/**
	 * Remove an SA.
	 *
	 * @return			0, or errno value, ESRCH if there is none
	 */
	int (*del)(sa_installer_t *this, const hwo_sa_id_t *id);

	/**
	 * Remove all SAs, also those installed by others.
	 *
	 * @return			0, or errno value
	 */
	int (*flush)(sa_installer_t *this);

	void (*destroy)(sa_installer_t *this);
};

/**
 * Create an installer.
 *
 * @param install		what it takes to install SAs, copied
 */
sa_installer_t *hwo_sa_installer_create(const hwo_sa_install_t *install);

#endif /** HWO_SA_INSTALLER_H_ @}*/
