/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_doctor_devices doctor_devices
 *
 * Checks of the subcommand doctor. Interfaces, and what is stacked upon them.
 */

#ifndef DOCTOR_DEVICES_H_
#define DOCTOR_DEVICES_H_

#include "exam.h"

/**
 * Add findings to an examination.
 */
void doctor_devices(exam_t *exam);

#endif /** DOCTOR_DEVICES_H_ @}*/
