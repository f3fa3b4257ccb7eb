/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * list: what became of each CHILD_SA.
 */

#include "blocked.h"
#include "client.h"
#include "command.h"
#include "reasons.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>
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
 * Check if a CHILD_SA could not be installed.
 */
static bool is_failed(const json_t *child)
{
	return !strcmp(get_text(child, "type"), "failed");
}

/**
 * How good a mode is, compared with what was asked for.
 */
static colour_t mode_colour(const json_t *child)
{
	const char *effective = get_text(child, "effective");

	if (is_failed(child))
	{
		return COLOUR_BAD;
	}
	if (!strcmp(get_text(child, "requested"), "no"))
	{
		return COLOUR_NONE;
	}
	return !strcmp(effective, "none") ? COLOUR_BAD :
		   !strcmp(get_text(child, "reason"), "as-requested") ? COLOUR_GOOD
															  : COLOUR_FAIR;
}

/** Room for the description of limits */
#define LIMITS 256

/**
 * Append a limit to a description, if there is one: what is counted, and the
 * soft and the hard limit.
 */
static void add_limit(char text[LIMITS], const json_t *limits, const char *what,
					  const char *soft, const char *hard)
{
	long long s = get_number(limits, soft), h = get_number(limits, hard);
	size_t len = strlen(text);

	if (s && h)
	{
		snprintf(text + len, LIMITS - len, "%s%s %lld/%lld",
				 len ? ", " : "", what, s, h);
	}
	else if (s || h)
	{
		snprintf(text + len, LIMITS - len, "%s%s %lld (%s)", len ? ", " : "",
				 what, s ?: h, s ? "soft" : "hard");
	}
}

/**
 * Add a line with limits, and who watches them, if there are any.
 *
 * @param key			direction of the SA
 * @param who			who watches limits on packets and bytes, NULL for those
 *						on time, which is the kernel, always
 * @return				whether there are some
 */
static bool note_limits(table_t *table, const char *key, const json_t *limits,
						const char *who)
{
	char text[LIMITS] = "";

	if (who)
	{
		add_limit(text, limits, "packets", "soft_packets", "hard_packets");
		add_limit(text, limits, "bytes", "soft_bytes", "hard_bytes");
	}
	else
	{
		add_limit(text, limits, "seconds", "soft_seconds", "hard_seconds");
	}
	if (text[0])
	{
		table_note(table, "%-3s  limits (soft/hard): %s, watched by the %s",
				   key, text, who ?: "kernel");
	}
	return text[0];
}

/**
 * Add what is only shown on demand about an SA.
 */
static void note_sa(table_t *table, const json_t *child, const char *key)
{
	const json_t *sa = json_object_get(child, key), *limits;
	const reason_t *reason = reason_find(get_text(sa, "reason"));
	long long packets = get_number(sa, "packets");
	bool limited;

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
	table_note(table, "%-3s  %s %s %s, %lld packet%s, %lld bytes, dropped: "
			   "%lld replayed, %lld not authentic", key, get_text(sa, "spi"),
			   get_text(sa, "kernel_mode"), get_text(sa, "kernel_device"),
			   packets, packets == 1 ? "" : "s", get_number(sa, "bytes"),
			   get_number(sa, "replay_drops"),
			   get_number(sa, "integrity_drops"));
	if (get_bool(sa, "hidden"))
	{
		table_note(table, "%-3s  another SA hides it from its policy, so its "
				   "traffic is blocked until it is rekeyed", key);
	}
	limits = json_object_get(sa, "limits");
	limited = note_limits(table, key, limits,
						  get_text(sa, "traffic_limits_by"));
	limited |= note_limits(table, key, json_object_get(sa, "plugin_limits"),
						   "plugin");
	limited |= note_limits(table, key, limits, NULL);
	if (!limited)
	{
		table_note(table, "%-3s  no limits", key);
	}
	if (reason && strcmp(reason->name, get_text(child, "reason")))
	{
		table_note(table, "%-3s  %s: %s", key, reason->name, reason->meaning);
	}
}

/**
 * Add why it is not even crypto mode, if that is for another reason.
 */
static void note_crypto(table_t *table, const json_t *child)
{
	const json_t *crypto = json_object_get(child, "crypto");
	const reason_t *reason = reason_find(get_text(crypto, "reason"));
	const char *words = get_refusal(crypto);

	if (!reason || (!strcmp(reason->name, get_text(child, "reason")) &&
					!strcmp(words, get_refusal(child))))
	{
		return;
	}
	table_note(table, "no crypto mode either, %s: %s%s%s", reason->name,
			   reason->meaning, strcmp(words, "-") ? " " : "",
			   strcmp(words, "-") ? words : "");
	table_note(table, "what to do: %s", reason->remedy);
}

/**
 * Add what is only shown on demand about a CHILD_SA.
 */
static void note_child(table_t *table, const json_t *child)
{
	const json_t *moved = json_object_get(child, "moved");
	const reason_t *reason = reason_find(get_text(child, "reason"));
	long long count = get_number(moved, "count");
	char text[TIME_TEXT];

	if (reason)
	{
		table_note(table, "%s: %s", reason->name, reason->meaning);
		table_note(table, "what to do: %s", reason->remedy);
	}
	note_crypto(table, child);
	if (!strcmp(get_text(child, "device"), "-") &&
		strcmp(get_text(child, "candidate"), "-"))
	{
		table_note(table, "device in question: %s",
				   get_text(child, "candidate"));
	}
	table_note(table, "%s === %s, %s %s%s, reqid %lld",
			   get_text(child, "local"), get_text(child, "remote"),
			   get_text(child, "mode"), get_text(child, "protocol"),
			   get_bool(child, "encap") ? " in UDP" : "",
			   get_number(child, "reqid"));
	if (is_failed(child))
	{
		if (!get_number(child, "ike_id"))
		{
			table_note(table, "a trap, for which there are policies only");
		}
		table_note(table, "failed at %s; \"swanctl --%s --child %s\" tries it "
				   "again", time_text(get_number(child, "time"), text),
				   get_number(child, "ike_id") ? "initiate" : "install",
				   get_text(child, "child"));
		return;
	}
	note_sa(table, child, "in");
	note_sa(table, child, "out");
	if (json_is_object(moved))
	{
		table_note(table, "moved %lld time%s, last at %s, from %s %s", count,
				   count == 1 ? "" : "s",
				   time_text(get_number(moved, "time"), text),
				   get_text(moved, "from"), get_text(moved, "from_device"));
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
 * Unique identifiers as swanctl prints them, traps have no IKE_SA.
 */
static void add_ids(table_t *table, const json_t *child)
{
	long long ike = get_number(child, "ike_id");
	char text[64] = "";

	if (ike || !is_failed(child))
	{
		snprintf(text, sizeof(text), "#%lld", ike);
	}
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "{%lld}",
			 get_number(child, "child_id"));
	table_add(table, text, COLOUR_NONE);
}

/**
 * Add a CHILD_SA.
 */
static void add_child(table_t *table, const json_t *child, bool verbose)
{
	table_add(table, get_text(child, "connection"), COLOUR_NONE);
	table_add(table, get_text(child, "child"), COLOUR_NONE);
	add_ids(table, child);
	table_add(table, get_text(child, "spi_in"), COLOUR_NONE);
	table_add(table, get_text(child, "spi_out"), COLOUR_NONE);
	table_add(table, get_text(child, "requested"), COLOUR_NONE);
	table_add(table, is_failed(child) ? "failed" : get_text(child, "effective"),
			  mode_colour(child));
	table_add(table, get_text(child, "device"), COLOUR_NONE);
	add_packets(table, child, "in");
	add_packets(table, child, "out");
	table_add(table, get_text(child, "reason"), COLOUR_NONE);
	table_add(table, get_refusal(child), COLOUR_NONE);
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

/**
 * Say that traffic is blocked. It often is that of a CHILD_SA that is not
 * listed anymore. Apart from the table, which others may read.
 */
static void print_blocked(const char *socket)
{
	char error[CLIENT_ERROR];
	unsigned count;

	if (!blocked_count(socket, &count, error))
	{
		fprintf(stderr, "hw-offload: unable to tell if traffic is blocked: "
				"%s\n", error);
	}
	else if (count)
	{
		fprintf(stderr, "Traffic of %u polic%s is blocked: \"hw-offload -v "
				"policies\" tells which and why.\n", count,
				count == 1 ? "y" : "ies");
	}
}

int command_list(const options_t *options, int argc, char *argv[])
{
	char error[CLIENT_ERROR];
	json_t *list, *failed = NULL, *first = NULL;

	list = client_children(options->socket, &failed, &first, error);
	if (!list)
	{
		fprintf(stderr, "hw-offload: %s\n", error);
		json_decref(first);
		return EXIT_TROUBLE;
	}
	if (options->json)
	{
		json_object_del(first, "answer");
		json_object_set_new(first, "children", sort(list));
		json_object_set_new(first, "failed", sort(failed));
		return print_json(first, false);
	}
	json_array_extend(list, failed);
	json_decref(failed);
	list = sort(list);
	print_table(list, options);
	fflush(stdout);
	if (!json_array_size(list) && isatty(STDERR_FILENO))
	{
		fputs("There are no CHILD_SAs, and none has failed for its offload. "
			  "\"hw-offload explain\nCONNECTION\" tells what one would get. "
			  "Otherwise ask the log, here and at the peer.\n", stderr);
	}
	print_blocked(options->socket);
	json_decref(list);
	json_decref(first);
	return EXIT_SUCCESS;
}
