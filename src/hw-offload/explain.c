/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * explain: what the children of a loaded connection would get on this host.
 *
 * The plugin tells by which rules it would install them, and what it would try
 * first. What is known of the device without asking its driver is added here.
 */

#include "client.h"
#include "command.h"
#include "nic.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/** Bonding mode of the one kind of bonds that offload */
#define ACTIVE_BACKUP 1

/**
 * Add a rule about the device of a child.
 */
static void add_rule(json_t *items, const json_t *verdict, const char *result,
					 const char *text)
{
	json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
			"type", "rule",
			"connection", get_text(verdict, "connection"),
			"child", get_text(verdict, "child"),
			"rule", "device", "result", result, "text", text));
}

/**
 * Check what is known of the device, that is the mode that is possible at best:
 * 0 for none, 1 for crypto, 2 for packet.
 */
static int check_device(json_t *items, const json_t *verdict)
{
	const nic_t *nic;
	nic_t *nics;
	size_t count;
	int best = 2;

	if (!nic_list(&nics, &count))
	{
		return best;
	}
	nic = nic_by_name(nics, count, get_text(verdict, "device"));
	if (nic && !strcmp(nic->kind, "bond"))
	{
		best = nic->bond_mode == ACTIVE_BACKUP ? 1 : 0;
		add_rule(items, verdict, best ? "note" : "no", best ?
				 "a bond offers crypto mode only" :
				 "only bonds in mode active-backup offload anything");
	}
	else if (nic && nic->esp == FEATURE_OFF)
	{
		best = 0;
		add_rule(items, verdict, "no", nic->kind[0] ?
				 "a virtual interface without ESP offload" :
				 "esp-hw-offload is off, see ethtool -k, and doctor");
	}
	else if (nic)
	{
		add_rule(items, verdict, "ok", "it has ESP offload, try what its driver "
				 "accepts: hw-offload probe");
	}
	free(nics);
	return best;
}

/**
 * Find out if a child gets what it asks for, and note what it gets.
 */
static bool settle(json_t *items, json_t *verdict)
{
	static const char *const modes[] = { "none", "crypto", "packet" };
	const char *requested = get_text(verdict, "requested");
	const char *expected = get_text(verdict, "expected");
	int best;

	if (!strcmp(requested, "no"))
	{
		return true;
	}
	if (strcmp(expected, "fails") && strcmp(expected, "none"))
	{
		best = check_device(items, verdict);
		if (best < 2 && !strcmp(expected, "packet"))
		{
			expected = !strcmp(requested, "auto") ? modes[best] : "fails";
		}
		else if (best < 1)
		{
			expected = !strcmp(requested, "auto") ? modes[0] : "fails";
		}
		json_object_set_new(verdict, "expected", json_string(expected));
	}
	return !strcmp(expected, !strcmp(requested, "auto") ? "packet" : requested);
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
 * Settle all children, print them unless JSON is asked for.
 */
static bool settle_all(json_t *items, const options_t *options)
{
	/* rules are added meanwhile, for those that are there already */
	size_t count = json_array_size(items), i;
	json_t *item;
	bool all = true;

	for (i = 0; i < count; i++)
	{
		item = json_array_get(items, i);
		if (!strcmp(get_text(item, "type"), "verdict"))
		{
			all = settle(items, item) && all;
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
	all = settle_all(items, options);
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
