/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_doctor_daemon doctor_daemon
 *
 * Checks of the subcommand doctor. The daemon and its SAs.
 */

#ifndef DOCTOR_DAEMON_H_
#define DOCTOR_DAEMON_H_

#include "exam.h"

/**
 * Add findings to an examination.
 *
 * @param socket		path of the socket where the plugin answers
 */
void doctor_daemon(exam_t *exam, const char *socket);

#endif /** DOCTOR_DAEMON_H_ @}*/
