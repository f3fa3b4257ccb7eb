/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Policies whose traffic is blocked. Only the list of policies has them.
 */

#include "blocked.h"
#include "command.h"

#include <string.h>

/**
 * Check if the traffic of a policy is blocked.
 *
 * @param drain			true for what is only being drained, false for the rest
 */
static bool is_blocked(const json_t *policy, bool drain)
{
	return !strcmp(get_text(policy, "action"), "blocked") &&
		   drain == !strcmp(get_text(policy, "why"), "drain");
}

/**
 * Count what stays blocked.
 */
static bool count_policy(void *data, json_t *policy)
{
	unsigned *count = data;

	*count += is_blocked(policy, false);
	return true;
}

bool blocked_count(const char *socket, unsigned *count,
				   char error[CLIENT_ERROR])
{
	*count = 0;
	return client_ask(socket, "policies", count_policy, count, NULL, error);
}

/**
 * What is looked for among what is being drained.
 */
typedef struct {
	const char *what;
	bool found;
} search_t;

/**
 * Check if a network is that which a text names, single addresses without the
 * length of their prefix as well.
 */
static bool is_net(const char *net, const char *text)
{
	size_t len = strcspn(net, "/");

	return !strcmp(net, text) ||
		   (!strcmp(net + len, strchr(net, ':') ? "/128" : "/32") &&
			strlen(text) == len && !strncmp(net, text, len));
}

/**
 * Look at a policy, until one is found.
 */
static bool search_policy(void *data, json_t *policy)
{
	const json_t *selector = json_object_get(policy, "selector");
	search_t *search = data;

	search->found = is_blocked(policy, true) &&
					(!strcmp(search->what, "all") ||
					 !strcmp(search->what, get_text(policy, "connection")) ||
					 !strcmp(search->what, get_text(policy, "peer")) ||
					 is_net(get_text(selector, "dst"), search->what));
	return !search->found;
}

bool blocked_drains(const char *socket, const char *what)
{
	search_t search = {
		.what = what,
	};
	char error[CLIENT_ERROR];

	return client_ask(socket, "policies", search_policy, &search, NULL,
					  error) && search.found;
}
