/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_doctor_kernel doctor_kernel
 *
 * Checks of the subcommand doctor. What the kernel has for offload: its
 * release, its configuration, modules, and XFRM.
 */

#ifndef DOCTOR_KERNEL_H_
#define DOCTOR_KERNEL_H_

#include "exam.h"

/**
 * Add findings to an examination.
 */
void doctor_kernel(exam_t *exam);

#endif /** DOCTOR_KERNEL_H_ @}*/
