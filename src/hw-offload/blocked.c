/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Policies whose traffic is blocked. Only the list of policies has them.
 */

#include "blocked.h"
#include "command.h"

#include <string.h>

/**
 * Check if the traffic of a policy stays blocked.
 */
static bool is_blocked(const json_t *policy)
{
	return !strcmp(get_text(policy, "action"), "blocked") &&
		   strcmp(get_text(policy, "why"), "drain");
}

/**
 * Count what stays blocked.
 */
static bool count_policy(void *data, json_t *policy)
{
	unsigned *count = data;

	*count += is_blocked(policy);
	return true;
}

bool blocked_count(const char *socket, unsigned *count,
				   char error[CLIENT_ERROR])
{
	*count = 0;
	return client_ask(socket, "policies", count_policy, count, NULL, error);
}
