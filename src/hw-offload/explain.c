/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * explain: what the children of a loaded connection would get on this host.
 *
 * The plugin tells by which rules it would install them, and what it would try
 * first. Whether the driver accepts that is not known before: see probe.
 */

#include "client.h"
#include "command.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/**
 * Check if a child gets the best of what it asks for.
 */
static bool gets_it(const json_t *verdict)
{
	const char *requested = get_text(verdict, "requested");
	const char *best;

	best = !strcmp(requested, "auto") ? "packet" :
		   !strcmp(requested, "no") ? "none" : requested;
	return !strcmp(get_text(verdict, "expected"), best);
}

/**
 * Print a rule.
 */
static void print_rule(const json_t *rule, const options_t *options)
{
	const char *result = get_text(rule, "result");
	colour_t colour = !strcmp(result, "ok") ? COLOUR_GOOD :
					  !strcmp(result, "no") ? COLOUR_BAD : COLOUR_FAIR;

	printf("  ");
	if (options->colour)
	{
		print_colour(colour);
	}
	printf("%-4s", result);
	if (options->colour)
	{
		print_colour(COLOUR_NONE);
	}
	printf("  %-14s ", get_text(rule, "rule"));
	print_safely(get_text(rule, "text"), ' ');
	putchar('\n');
}

/**
 * Print the rules of a child, then what comes of them.
 */
static void print_child(const json_t *items, const json_t *verdict,
						const options_t *options)
{
	const char *child = get_text(verdict, "child");
	json_t *item;
	size_t i;

	print_safely(child, ' ');
	printf(": hw_offload = %s\n", get_text(verdict, "requested"));
	json_array_foreach(items, i, item)
	{
		if (!strcmp(get_text(item, "type"), "rule") &&
			!strcmp(get_text(item, "child"), child))
		{
			print_rule(item, options);
		}
	}
	printf("  => %s%s%s\n",
		   !strcmp(get_text(verdict, "expected"), "fails") ?
				"the CHILD_SA fails" : get_text(verdict, "expected"),
		   strcmp(get_text(verdict, "device"), "-") ? " on " : "",
		   strcmp(get_text(verdict, "device"), "-") ?
				get_text(verdict, "device") : "");
}

/**
 * Check all children, print them unless JSON is asked for.
 */
static bool check_all(const json_t *items, const options_t *options)
{
	json_t *item;
	bool all = true;
	size_t i;

	json_array_foreach(items, i, item)
	{
		if (!strcmp(get_text(item, "type"), "verdict"))
		{
			all = gets_it(item) && all;
			if (!options->json)
			{
				print_child(items, item, options);
			}
		}
	}
	return all;
}

int command_explain(const options_t *options, int argc, char *argv[])
{
	char error[CLIENT_ERROR], request[400];
	json_t *items, *first = NULL;
	bool all;

	snprintf(request, sizeof(request), "explain %s %s", argv[0],
			 argc > 1 ? argv[1] : "");
	items = client_collect(options->socket, request, &first, error);
	if (!items)
	{
		fprintf(stderr, "hw-offload: %s\n", error);
		json_decref(first);
		return EXIT_TROUBLE;
	}
	all = check_all(items, options);
	if (options->json)
	{
		json_object_del(first, "answer");
		json_object_set(first, "rules", items);
		print_json(json_incref(first), false);
	}
	json_decref(items);
	json_decref(first);
	return all ? EXIT_SUCCESS : EXIT_NOT_SO;
}
