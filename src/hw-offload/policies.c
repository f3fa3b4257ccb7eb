/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * policies: who enforces each policy of the daemon.
 */

#include "client.h"
#include "command.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/**
 * Describe one side of a selector: network, protocol and port.
 */
static void add_side(table_t *table, const json_t *selector, const char *net,
					 const char *port)
{
	long long proto = get_number(selector, "proto");
	char text[128];

	if (proto)
	{
		snprintf(text, sizeof(text), "%s[%lld/%s]", get_text(selector, net),
				 proto, strcmp(get_text(selector, port), "-")
							? get_text(selector, port) : "any");
	}
	else
	{
		snprintf(text, sizeof(text), "%s", get_text(selector, net));
	}
	table_add(table, text, COLOUR_NONE);
}

/**
 * Add a number that may not be known.
 */
static void add_known(table_t *table, const json_t *policy, const char *key)
{
	if (json_is_integer(json_object_get(policy, key)))
	{
		table_add_number(table, get_number(policy, key));
	}
	else
	{
		table_add(table, "-", COLOUR_NONE);
	}
}

/**
 * Add why traffic stays blocked, and for whom.
 */
static void note_blocked(table_t *table, const json_t *policy)
{
	char since[TIME_TEXT];

	table_note(table, "blocked since %s: %s, connection %s, child %s, peer %s",
			   time_text(get_number(policy, "since"), since),
			   get_text(policy, "why"), get_text(policy, "connection"),
			   get_text(policy, "child"), get_text(policy, "peer"));
}

/**
 * Add a policy.
 */
static void add_policy(table_t *table, const json_t *policy, bool verbose)
{
	const json_t *selector = json_object_get(policy, "selector");
	bool packet = !strcmp(get_text(policy, "effective"), "packet");

	table_add(table, get_text(policy, "dir"), COLOUR_NONE);
	add_side(table, selector, "src", "src_port");
	add_side(table, selector, "dst", "dst_port");
	table_add(table, get_text(selector, "interface"), COLOUR_NONE);
	table_add(table, get_bool(policy, "busy") ? "busy"
					: get_text(policy, "action"), COLOUR_NONE);
	add_known(table, policy, "priority");
	table_add(table, get_text(policy, "requested"), COLOUR_NONE);
	table_add(table, get_text(policy, "effective"),
			  packet ? COLOUR_GOOD : COLOUR_NONE);
	table_add(table, get_text(policy, "device"), COLOUR_NONE);
	add_known(table, policy, "reqid");
	table_add(table, get_text(policy, "spi"), COLOUR_NONE);
	add_known(table, policy, "users");
	if (verbose && !strcmp(get_text(policy, "action"), "blocked"))
	{
		note_blocked(table, policy);
	}
}

/**
 * Print policies as table.
 */
static void print_table(const json_t *list, const options_t *options)
{
	static const char *const headings[] = {
		"DIR", "SOURCE", "DESTINATION", "INTERFACE", "ACTION", "PRIORITY",
		"REQUESTED", "EFFECTIVE", "DEVICE", "REQID", "SPI", "USERS", NULL
	};
	table_t *table = table_create(headings, options->colour);
	json_t *policy;
	size_t i;

	json_array_foreach(list, i, policy)
	{
		add_policy(table, policy, options->verbose);
	}
	table_print(table);
}

int command_policies(const options_t *options, int argc, char *argv[])
{
	char error[CLIENT_ERROR];
	json_t *list, *first = NULL;

	list = client_collect(options->socket, "policies", &first, error);
	if (!list)
	{
		fprintf(stderr, "hw-offload: %s\n", error);
		json_decref(first);
		return EXIT_TROUBLE;
	}
	if (options->json)
	{
		json_object_del(first, "answer");
		json_object_set_new(first, "policies", list);
		return print_json(first, false);
	}
	print_table(list, options);
	json_decref(list);
	json_decref(first);
	return EXIT_SUCCESS;
}
