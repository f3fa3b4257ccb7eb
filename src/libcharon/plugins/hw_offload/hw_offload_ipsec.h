/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hw_offload_ipsec hw_offload_ipsec
 * @{ @ingroup hw_offload
 *
 * charon's interface to the IPsec stack of the kernel, kernel_ipsec_t: takes
 * charon's arguments, calls the services and turns their results into status_t.
 */

#ifndef HW_OFFLOAD_IPSEC_H_
#define HW_OFFLOAD_IPSEC_H_

#include <kernel/kernel_ipsec.h>

#include "io/kernel_sockets.h"

/**
 * Create the backend on top of the running kernel, a
 * kernel_ipsec_constructor_t.
 *
 * @return			NULL if XFRM is missing or we lack privileges, which is
 *					logged
 */
kernel_ipsec_t *hw_offload_ipsec_open(void);

/**
 * Create the backend.
 *
 * @param kernel	kernel, its doors are adopted
 * @return			NULL if the kernel does not let us in, which is logged
 */
kernel_ipsec_t *hw_offload_ipsec_create(const hwo_kernel_sockets_t *kernel);

#endif /** HW_OFFLOAD_IPSEC_H_ @}*/
