/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * metrics: figures in Prometheus' text format.
 */

#include "client.h"
#include "command.h"

#include <stdlib.h>
#include <string.h>

/** Longest set of labels */
#define LABELS 1024

/**
 * Families of metrics, in the order they are printed. Counters are summed up
 * over the SAs that there are: they start anew when SAs are rekeyed, and rate()
 * takes that for what it is.
 */
typedef enum family_t {
	INFO,
	CHILDREN,
	FAILED,
	MISSING,
	HIDDEN,
	PACKETS,
	BYTES,
	REPLAYED,
	NOT_AUTHENTIC,
	MOVES,
	BLOCKED,
	FAMILIES,
} family_t;

/** Names, types and descriptions. */
static const struct {
	const char *name, *type, *help;
} families[] = {
	[INFO] = { "hw_offload_info", "gauge",
		"Versions of the plugin and of strongSwan." },
	[CHILDREN] = { "hw_offload_child_sas", "gauge",
		"CHILD_SAs by what was asked for and what became of it." },
	[FAILED] = { "hw_offload_failed_child_sas", "gauge",
		"CHILD_SAs that could not be installed when that was tried last." },
	[MISSING] = { "hw_offload_missing_sas", "gauge",
		"SAs that the daemon has, but the kernel does not." },
	[HIDDEN] = { "hw_offload_hidden_sas", "gauge",
		"SAs that others hide from their policies, until they are rekeyed." },
	[PACKETS] = { "hw_offload_packets_total", "counter",
		"Packets of the SAs that are installed." },
	[BYTES] = { "hw_offload_bytes_total", "counter",
		"Bytes of the SAs that are installed." },
	[REPLAYED] = { "hw_offload_replay_drops_total", "counter",
		"Packets dropped as they were replayed." },
	[NOT_AUTHENTIC] = { "hw_offload_integrity_drops_total", "counter",
		"Packets dropped as they were not authentic." },
	[MOVES] = { "hw_offload_moves_total", "counter",
		"Moves of SAs to other modes, devices or addresses." },
	[BLOCKED] = { "hw_offload_blocked_policies", "gauge",
		"Policies whose traffic is blocked as nothing protects it." },
};

/**
 * Append a label, escaped.
 */
static void add_label(char labels[LABELS], const char *name, const char *value)
{
	size_t len = strlen(labels);
	char escaped[2 * 128 + 1], *pos = escaped;

	if (!strcmp(value, "-"))
	{
		value = "";
	}
	for (; *value && pos < escaped + sizeof(escaped) - 2; value++)
	{
		if (*value == '\\' || *value == '"')
		{
			*pos++ = '\\';
		}
		*pos++ = (unsigned char)*value < ' ' ? '?' : *value;
	}
	*pos = '\0';
	snprintf(labels + len, LABELS - len, "%s%s=\"%s\"", len ? "," : "", name,
			 escaped);
}

/**
 * Add to a metric.
 */
static void add(json_t *figures[FAMILIES], family_t family, const char *labels,
				long long value)
{
	value += json_integer_value(json_object_get(figures[family], labels));
	json_object_set_new(figures[family], labels, json_integer(value));
}

/**
 * Count one SA of a CHILD_SA.
 */
static void count_sa(json_t *figures[FAMILIES], const json_t *child,
					 const char *direction)
{
	const json_t *sa = json_object_get(child, direction);
	char labels[LABELS] = "";

	if (!json_is_object(sa))
	{
		return;
	}
	add_label(labels, "connection", get_text(child, "connection"));
	add_label(labels, "child", get_text(child, "child"));
	add_label(labels, "direction", direction);
	add_label(labels, "effective", get_text(sa, "effective"));
	add_label(labels, "device", get_text(sa, "device"));
	if (!get_bool(sa, "installed"))
	{
		add(figures, MISSING, labels, 1);
		return;
	}
	if (get_bool(sa, "hidden"))
	{
		add(figures, HIDDEN, labels, 1);
	}
	add(figures, PACKETS, labels, get_number(sa, "packets"));
	add(figures, BYTES, labels, get_number(sa, "bytes"));
	if (!strcmp(direction, "in"))
	{
		add(figures, REPLAYED, labels, get_number(sa, "replay_drops"));
		add(figures, NOT_AUTHENTIC, labels, get_number(sa, "integrity_drops"));
	}
}

/**
 * Count a CHILD_SA that could not be installed.
 */
static void count_failure(json_t *figures[FAMILIES], const json_t *child)
{
	char labels[LABELS] = "";

	add_label(labels, "connection", get_text(child, "connection"));
	add_label(labels, "child", get_text(child, "child"));
	add_label(labels, "requested", get_text(child, "requested"));
	add_label(labels, "device", get_text(child, "device"));
	add_label(labels, "reason", get_text(child, "reason"));
	add(figures, FAILED, labels, 1);
}

/**
 * Count a CHILD_SA.
 */
static bool count_child(void *data, json_t *child)
{
	json_t **figures = data;
	char labels[LABELS] = "";

	if (!strcmp(get_text(child, "type"), "failed"))
	{
		count_failure(figures, child);
		return true;
	}
	add_label(labels, "requested", get_text(child, "requested"));
	add_label(labels, "effective", get_text(child, "effective"));
	add_label(labels, "device", get_text(child, "device"));
	add_label(labels, "reason", get_text(child, "reason"));
	add(figures, CHILDREN, labels, 1);
	add(figures, MOVES, labels,
		get_number(json_object_get(child, "moved"), "count"));
	count_sa(figures, child, "in");
	count_sa(figures, child, "out");
	return true;
}

/**
 * Count a policy whose traffic is blocked.
 */
static bool count_policy(void *data, json_t *policy)
{
	char labels[LABELS] = "";

	if (!strcmp(get_text(policy, "action"), "blocked"))
	{
		add_label(labels, "reason", get_text(policy, "why"));
		add(data, BLOCKED, labels, 1);
	}
	return true;
}

/**
 * Print a family, if there is anything in it.
 */
static void print_family(family_t family, json_t *figures)
{
	const char *labels;
	json_t *value;

	if (!json_object_size(figures))
	{
		return;
	}
	printf("# HELP %s %s\n# TYPE %s %s\n", families[family].name,
		   families[family].help, families[family].name, families[family].type);
	json_object_foreach(figures, labels, value)
	{
		printf("%s{%s} %lld\n", families[family].name, labels,
			   (long long)json_integer_value(value));
	}
}

/**
 * Print all, as JSON with the labels as keys, or as Prometheus reads it.
 */
static int print_all(const options_t *options, json_t *figures[FAMILIES],
					 bool up)
{
	json_t *document;
	int i;

	if (options->json)
	{
		document = json_pack("{s:i, s:b}", "hw-offload", 1, "up", up);
		for (i = 0; i < FAMILIES; i++)
		{
			json_object_set(document, families[i].name, figures[i]);
		}
		return print_json(document, false);
	}
	printf("# HELP hw_offload_up Whether the plugin answers.\n"
		   "# TYPE hw_offload_up gauge\nhw_offload_up %d\n", up);
	for (i = 0; i < FAMILIES; i++)
	{
		print_family(i, figures[i]);
	}
	return EXIT_SUCCESS;
}

int command_metrics(const options_t *options, int argc, char *argv[])
{
	char error[CLIENT_ERROR], labels[LABELS] = "";
	json_t *figures[FAMILIES], *first = NULL;
	int i, status;
	bool up;

	for (i = 0; i < FAMILIES; i++)
	{
		figures[i] = json_object();
	}
	up = client_ask(options->socket, "list", count_child, figures, &first,
					error) &&
		 client_ask(options->socket, "policies", count_policy, figures, NULL,
					error);
	if (up)
	{
		add_label(labels, "version", get_text(first, "version"));
		add_label(labels, "strongswan", get_text(first, "strongswan"));
		add(figures, INFO, labels, 1);
	}
	status = print_all(options, figures, up);
	if (!up)
	{
		fprintf(stderr, "hw-offload: %s\n", error);
		status = EXIT_TROUBLE;
	}
	for (i = 0; i < FAMILIES; i++)
	{
		json_decref(figures[i]);
	}
	json_decref(first);
	return status;
}
