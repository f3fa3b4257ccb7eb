/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * explain: what the children of a connection would get on this host, be it
 * loaded or written in a file.
 *
 * The plugin tells by which rules it would install them, and what it would try
 * first. Whether the driver accepts that is not known before: see probe.
 */

#include "client.h"
#include "command.h"
#include "config_file.h"
#include "reasons.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/**
 * Check if a child gets the best of what it asks for. One that failed for what
 * only an attempt can tell may do so again.
 */
static bool gets_it(const json_t *verdict)
{
	const char *requested = get_text(verdict, "requested");
	const char *best;

	if (get_number(verdict, "failed"))
	{
		return false;
	}
	best = !strcmp(requested, "auto") ? "packet" :
		   !strcmp(requested, "no") ? "none" : requested;
	return !strcmp(get_text(verdict, "expected"), best);
}

/**
 * Check if it is to be told what a rule means and what to do: if it rules out a
 * mode, and once if that is what happened before or the traffic may rule out
 * packet mode, as that may be why a CHILD_SA failed.
 *
 * @param before		rule before it, NULL if there is none
 */
static bool is_trouble(const json_t *rule, const json_t *before)
{
	const char *name = get_text(rule, "rule");

	if (!strcmp(get_text(rule, "result"), "no"))
	{
		return true;
	}
	return (get_number(rule, "time") || !strcmp(name, "route-leak")) &&
		   strcmp(get_text(before, "rule"), name);
}

/**
 * Print a rule, which may depend on the one before.
 */
static void print_rule(const json_t *rule, const json_t *before,
					   const options_t *options)
{
	char when[TIME_TEXT];
	const reason_t *reason = reason_find(get_text(rule, "rule"));
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
	if (get_number(rule, "time"))
	{
		printf(" (%s)", time_text(get_number(rule, "time"), when));
	}
	putchar('\n');
	if (reason && is_trouble(rule, before))
	{
		printf("%-23s%s\n%-23swhat to do: %s\n", "", reason->meaning, "",
			   reason->remedy);
	}
}

/**
 * Print the rules of a child, then what comes of them.
 *
 * @param first			index of its first rule
 * @param last			index of its verdict, which follows its rules
 */
static void print_child(const json_t *items, size_t first, size_t last,
						const options_t *options)
{
	const json_t *verdict = json_array_get(items, last);
	const char *expected = get_text(verdict, "expected");
	const char *device = get_text(verdict, "device");
	const json_t *before = NULL, *rule;
	char when[TIME_TEXT];

	print_safely(get_text(verdict, "child"), ' ');
	printf(": hw_offload = %s\n", get_text(verdict, "requested"));
	for (; first < last; first++)
	{
		rule = json_array_get(items, first);
		print_rule(rule, before, options);
		before = rule;
	}
	printf("  => %s%s%s%s",
		   !strcmp(expected, "fails") ? "the CHILD_SA fails" : expected,
		   strcmp(device, "-") ? " on " : "",
		   strcmp(device, "-") ? device : "",
		   !strcmp(expected, "packet") || !strcmp(expected, "crypto") ?
				", if the driver agrees" : "");
	if (get_number(verdict, "failed"))
	{
		printf("; it failed at %s",
			   time_text(get_number(verdict, "failed"), when));
	}
	putchar('\n');
}

/**
 * Check all children, print them unless JSON is asked for.
 */
static bool check_all(const json_t *items, const options_t *options)
{
	json_t *item;
	bool all = true;
	size_t i, first = 0;

	json_array_foreach(items, i, item)
	{
		if (!strcmp(get_text(item, "type"), "verdict"))
		{
			all = gets_it(item) && all;
			if (!options->json)
			{
				print_child(items, first, i, options);
			}
			first = i + 1;
		}
	}
	return all;
}

/**
 * Copy settings that offload depends on.
 */
static void copy_values(json_t *object, const json_t *section,
						const char *const keys[])
{
	const char *value;

	for (int i = 0; keys[i]; i++)
	{
		value = config_value(section, keys[i]);
		if (value)
		{
			json_object_set_new(object, keys[i], json_string(value));
		}
	}
}

/**
 * Ask about a child that is written in a file.
 *
 * @param first			[in,out] who has answered
 * @return				rules and a verdict, NULL on error
 */
static json_t *ask_child(const options_t *options, const char *connection,
						 const json_t *config, const char *child,
						 json_t **first, char error[CLIENT_ERROR])
{
	static const char *const of_connection[] = {
		"local_addrs", "remote_addrs", "encap", "if_id_in", "if_id_out", NULL
	};
	static const char *const of_child[] = {
		"hw_offload", "mode", "esp_proposals", "ah_proposals", "local_ts",
		"remote_ts", "replay_window", "tfc_padding", "ipcomp", "policies",
		"if_id_in", "if_id_out", "mark_in", "mark_out", "set_mark_in",
		"rekey_bytes", "life_bytes", NULL
	};
	char request[CLIENT_REQUEST];
	json_t *object;
	char *text;

	object = json_pack("{s:s, s:s}", "connection", connection, "child", child);
	copy_values(object, config, of_connection);
	copy_values(object, config_section(config_section(config, "children"),
									   child), of_child);
	text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	if (snprintf(request, sizeof(request), "explain-written %s",
				 text ?: "") >= (int)sizeof(request))
	{
		snprintf(error, CLIENT_ERROR, "too much is written about '%.64s'",
				 child);
		free(text);
		return NULL;
	}
	free(text);
	json_decref(*first);
	*first = NULL;
	return client_collect(options->socket, request, first, error);
}

/**
 * Check if a child is a policy only, without SAs.
 */
static bool is_shunt(const json_t *section)
{
	const char *mode = config_value(section, "mode") ?: "";

	return !strcasecmp(mode, "pass") || !strcasecmp(mode, "drop");
}

/**
 * Ask about the children of a connection in a file. A shunt has
 * nothing to explain, who asks for one is told so.
 */
static json_t *ask_children(const options_t *options, const char *connection,
							const json_t *config, const char *child,
							json_t **first, char error[CONFIG_ERROR])
{
	json_t *children = config_sections(config_section(config, "children"));
	json_t *items = json_array(), *section, *more;
	const char *name;

	snprintf(error, CONFIG_ERROR, "'%.64s' has no child %s%.64s%s", connection,
			 child ? "'" : "with SAs", child ?: "", child ? "'" : "");
	config_tell_names(child ? children : NULL, error);
	json_object_foreach(children, name, section)
	{
		if (child ? strcmp(child, name) : is_shunt(section))
		{
			continue;
		}
		if (is_shunt(section))
		{
			snprintf(error, CONFIG_ERROR, "'%.64s' has mode = %s, so no SAs",
					 name, config_value(section, "mode"));
			break;
		}
		more = ask_child(options, connection, config, name, first, error);
		if (!more)
		{
			json_array_clear(items);
			break;
		}
		json_array_extend(items, more);
		json_decref(more);
	}
	if (!json_array_size(items))
	{
		json_decref(items);
		return NULL;
	}
	return items;
}

/**
 * Ask about a connection in a file.
 */
static json_t *ask_written(const options_t *options, const char *connection,
						   const char *child, json_t **first,
						   char error[CONFIG_ERROR])
{
	json_t *root, *config, *items = NULL;

	root = config_read(options->file, error);
	config = root ? config_connection(root, connection, error) : NULL;
	if (config)
	{
		items = ask_children(options, connection, config, child, first, error);
	}
	json_decref(config);
	json_decref(root);
	return items;
}

/**
 * Ask about a connection that is loaded.
 */
static json_t *ask_loaded(const options_t *options, const char *connection,
						  const char *child, json_t **first,
						  char error[CLIENT_ERROR])
{
	char request[CLIENT_REQUEST];

	snprintf(request, sizeof(request), "explain %s %s", connection,
			 child ?: "");
	return client_collect(options->socket, request, first, error);
}

int command_explain(const options_t *options, int argc, char *argv[])
{
	char error[CONFIG_ERROR];
	json_t *items, *first = NULL;
	bool all;

	items = (options->file ? ask_written : ask_loaded)(options, argv[0],
										argc > 1 ? argv[1] : NULL, &first,
										error);
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
