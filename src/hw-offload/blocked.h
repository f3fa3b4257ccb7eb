/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_blocked blocked
 *
 * Policies whose traffic is blocked, as nothing protects it anymore.
 */

#ifndef BLOCKED_H_
#define BLOCKED_H_

#include "client.h"

/**
 * Count the policies that stay blocked until somebody does something. Those of
 * what is only being drained end by themselves, and are not counted.
 *
 * @param socket		path of the socket where the plugin answers
 * @param count			[out] number of policies
 * @param error			[out] what went wrong
 * @return				false if something went wrong
 */
bool blocked_count(const char *socket, unsigned *count,
				   char error[CLIENT_ERROR]);

/**
 * Check if something that release would name is only being drained.
 *
 * @param socket		path of the socket where the plugin answers
 * @param what			connection, peer, destination or "all"
 * @return				true if so, false as well if there is no answer
 */
bool blocked_drains(const char *socket, const char *what);

#endif /** BLOCKED_H_ @}*/
