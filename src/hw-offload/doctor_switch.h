/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_doctor_switch doctor_switch
 *
 * Checks of the subcommand doctor. The switch inside of a NIC, and Open
 * vSwitch.
 */

#ifndef DOCTOR_SWITCH_H_
#define DOCTOR_SWITCH_H_

#include "exam.h"

/**
 * Add findings to an examination.
 */
void doctor_switch(exam_t *exam);

#endif /** DOCTOR_SWITCH_H_ @}*/
