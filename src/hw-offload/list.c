/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * list: what became of each CHILD_SA.
 */

#include "client.h"
#include "command.h"
#include "reasons.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/**
 * Order by names, then age.
 */
static int compare(const void *a, const void *b)
{
	const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
	long long age;
	int order;

	order = strcmp(get_text(one, "connection"), get_text(other, "connection"));
	if (!order)
	{
		order = strcmp(get_text(one, "child"), get_text(other, "child"));
	}
	if (order)
	{
		return order;
	}
	age = get_number(one, "child_id") - get_number(other, "child_id");
	return age < 0 ? -1 : age > 0;
}

/**
 * Sort the items of a list, which is released.
 */
static json_t *sort(json_t *list)
{
	size_t count = json_array_size(list), i;
	json_t **items, *sorted = json_array();

	items = calloc(count + 1, sizeof(*items));
	for (i = 0; i < count; i++)
	{
		items[i] = json_array_get(list, i);
	}
	qsort(items, count, sizeof(*items), compare);
	for (i = 0; i < count; i++)
	{
		json_array_append(sorted, items[i]);
	}
	free(items);
	json_decref(list);
	return sorted;
}

/**
 * How good a mode is, compared with what was asked for.
 */
static colour_t mode_colour(const json_t *child)
{
	const char *effective = get_text(child, "effective");

	if (!strcmp(get_text(child, "requested"), "no"))
	{
		return COLOUR_NONE;
	}
	return !strcmp(effective, "none") ? COLOUR_BAD :
		   !strcmp(get_text(child, "reason"), "as-requested") ? COLOUR_GOOD
															  : COLOUR_FAIR;
}

/**
 * Describe a limit, "-" if there is none.
 */
static const char *limit_text(const json_t *limits, const char *soft,
							  const char *hard, char buf[64])
{
	long long s = get_number(limits, soft), h = get_number(limits, hard);

	if (!s && !h)
	{
		return "-";
	}
	snprintf(buf, 64, "%lld/%lld", s, h);
	return buf;
}

/**
 * Add what is only shown on demand about an SA.
 */
static void note_sa(table_t *table, const json_t *child, const char *key)
{
	const json_t *sa = json_object_get(child, key), *limits;
	const json_t *plugin;
	char packets[64], bytes[64], seconds[64];

	if (!json_is_object(sa))
	{
		table_note(table, "%-3s  no SA", key);
		return;
	}
	if (!get_bool(sa, "installed"))
	{
		table_note(table, "%-3s  the kernel has no such SA anymore", key);
		return;
	}
	limits = json_object_get(sa, "limits");
	table_note(table, "%-3s  %s %s %s, %lld packets, %lld bytes, dropped: %lld "
			   "replayed, %lld not authentic", key, get_text(sa, "spi"),
			   get_text(sa, "kernel_mode"), get_text(sa, "kernel_device"),
			   get_number(sa, "packets"), get_number(sa, "bytes"),
			   get_number(sa, "replay_drops"),
			   get_number(sa, "integrity_drops"));
	table_note(table, "%-3s  limits (soft/hard): packets %s, bytes %s, watched "
			   "by the %s; seconds %s, watched by the kernel", key,
			   limit_text(limits, "soft_packets", "hard_packets", packets),
			   limit_text(limits, "soft_bytes", "hard_bytes", bytes),
			   get_text(sa, "traffic_limits_by"),
			   limit_text(limits, "soft_seconds", "hard_seconds", seconds));
	plugin = json_object_get(sa, "plugin_limits");
	if (json_is_object(plugin))
	{
		table_note(table, "%-3s  watched by the plugin: packets %s, bytes %s",
				   key, limit_text(plugin, "soft_packets", "hard_packets",
								   packets),
				   limit_text(plugin, "soft_bytes", "hard_bytes", bytes));
	}
}

/**
 * Add what is only shown on demand about a CHILD_SA.
 */
static void note_child(table_t *table, const json_t *child)
{
	const json_t *moved = json_object_get(child, "moved");
	const reason_t *reason = reason_find(get_text(child, "reason"));
	time_t when;
	char text[64] = "";

	if (reason)
	{
		table_note(table, "%s: %s", reason->name, reason->meaning);
		table_note(table, "what to do: %s", reason->remedy);
	}
	table_note(table, "%s === %s, %s %s%s, reqid %lld",
			   get_text(child, "local"), get_text(child, "remote"),
			   get_text(child, "mode"), get_text(child, "protocol"),
			   get_bool(child, "encap") ? " in UDP" : "",
			   get_number(child, "reqid"));
	note_sa(table, child, "in");
	note_sa(table, child, "out");
	if (json_is_object(moved))
	{
		when = get_number(moved, "time");
		strftime(text, sizeof(text), "%F %T", localtime(&when));
		table_note(table, "moved %lld times, last at %s, from %s %s",
				   get_number(moved, "count"), text, get_text(moved, "from"),
				   get_text(moved, "from_device"));
	}
}

/**
 * Packets of an SA, "?" if the kernel has it no more.
 */
static void add_packets(table_t *table, const json_t *child, const char *key)
{
	const json_t *sa = json_object_get(child, key);

	if (!json_is_object(sa))
	{
		table_add(table, "-", COLOUR_NONE);
	}
	else if (!get_bool(sa, "installed"))
	{
		table_add(table, "gone", COLOUR_BAD);
	}
	else
	{
		table_add_number(table, get_number(sa, "packets"));
	}
}

/**
 * Add a CHILD_SA.
 */
static void add_child(table_t *table, const json_t *child, bool verbose)
{
	char id[32];

	table_add(table, get_text(child, "connection"), COLOUR_NONE);
	table_add(table, get_text(child, "child"), COLOUR_NONE);
	snprintf(id, sizeof(id), "#%lld{%lld}", get_number(child, "ike_id"),
			 get_number(child, "child_id"));
	table_add(table, id, COLOUR_NONE);
	table_add(table, get_text(child, "spi_in"), COLOUR_NONE);
	table_add(table, get_text(child, "spi_out"), COLOUR_NONE);
	table_add(table, get_text(child, "requested"), COLOUR_NONE);
	table_add(table, get_text(child, "effective"), mode_colour(child));
	table_add(table, get_text(child, "device"), COLOUR_NONE);
	add_packets(table, child, "in");
	add_packets(table, child, "out");
	table_add(table, get_text(child, "reason"), COLOUR_NONE);
	table_add(table, get_text(child, "kernel"), COLOUR_NONE);
	if (verbose)
	{
		note_child(table, child);
	}
}

/**
 * Print a list as table.
 */
static void print_table(const json_t *list, const options_t *options)
{
	static const char *const headings[] = {
		"CONNECTION", "CHILD", "ID", "SPI-IN", "SPI-OUT", "REQUESTED",
		"EFFECTIVE", "DEVICE", "PACKETS-IN", "PACKETS-OUT", "REASON", "KERNEL",
		NULL
	};
	table_t *table = table_create(headings, options->colour);
	json_t *child;
	size_t i;

	json_array_foreach(list, i, child)
	{
		add_child(table, child, options->verbose);
	}
	table_print(table);
}

int command_list(const options_t *options, int argc, char *argv[])
{
	char error[CLIENT_ERROR];
	json_t *list, *first = NULL;

	list = client_collect(options->socket, "list", &first, error);
	if (!list)
	{
		fprintf(stderr, "hw-offload: %s\n", error);
		json_decref(first);
		return EXIT_TROUBLE;
	}
	list = sort(list);
	if (options->json)
	{
		json_object_del(first, "answer");
		json_object_set_new(first, "children", list);
		return print_json(first, false);
	}
	print_table(list, options);
	if (!json_array_size(list) && isatty(STDERR_FILENO))
	{
		fputs("There are no CHILD_SAs. \"hw-offload explain CONNECTION\" tells "
			  "what one would get,\nor why it failed.\n", stderr);
	}
	json_decref(list);
	json_decref(first);
	return EXIT_SUCCESS;
}
