/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * doctor: the daemon, and whether the kernel still has its SAs.
 */

#include "doctor_daemon.h"
#include "blocked.h"
#include "client.h"
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** CHILD_SAs up to which each gets a command of its own */
#define MAX_REKEYS 5

/** Lines of the log that tell why the plugin does not serve */
#define SHOW_LOG "journalctl -b -u strongswan | grep hw-offload"

/** What starts the daemon anew */
#define RESTART "systemctl restart strongswan"

/**
 * Check if the settings of the plugin switch it off.
 *
 * @param path			[out] file with the settings
 */
static bool is_switched_off(const exam_t *exam, char *path, size_t size)
{
	char line[256], value[8];
	bool off = false;
	FILE *settings;

	snprintf(path, size, "%s%s/hw-offload.conf", exam->root, CHARON_CONF_DIR);
	settings = fopen(path, "r");
	if (!settings)
	{
		return false;
	}
	while (fgets(line, sizeof(line), settings))
	{
		if (sscanf(line, " load = %7[a-z0-9]", value) == 1)
		{
			off = !strcmp(value, "no") || !strcmp(value, "0");
		}
	}
	fclose(settings);
	return off;
}

/**
 * The daemon runs, but has not loaded the plugin.
 */
static void check_load(exam_t *exam)
{
	char path[256], remedy[512];

	if (is_switched_off(exam, path, sizeof(path)))
	{
		snprintf(remedy, sizeof(remedy), "sed -i 's/load = .*/load = 10/' %s; "
				 RESTART, path);
		exam_add(exam, "daemon", FINDING_FAULT, remedy, "charon runs without "
				 "the plugin hw-offload: it is switched off in %s", path);
		return;
	}
	exam_add(exam, "daemon", FINDING_FAULT, "build and install the plugin with "
			 "the source of the strongSwan that runs; " RESTART, "charon runs "
			 "without the plugin hw-offload, which is not switched off: it is "
			 "not installed, or built for another strongSwan");
}

/**
 * Find out why nobody answers.
 *
 * @param error			what the attempt to ask has ended with
 */
static void check_silence(exam_t *exam, const char *socket, const char *error)
{
	char *stats, *plugins;

	if (access(socket, W_OK) == -1 && errno == EACCES)
	{	/* there may be nothing wrong */
		exam_add(exam, "daemon", FINDING_WARNING, "sudo hw-offload doctor",
				 "%s", error);
		return;
	}
	stats = exam_run_tool("timeout 5 swanctl --stats 2>/dev/null");
	plugins = stats ? strstr(stats, "loaded plugins:") : NULL;
	if (!plugins)
	{
		exam_add(exam, "daemon", FINDING_WARNING, RESTART "; " SHOW_LOG, "%s",
				 error);
	}
	else if (!strstr(plugins, " hw-offload"))
	{
		check_load(exam);
	}
	else
	{
		exam_add(exam, "daemon", FINDING_FAULT, "correct the setting socket, "
				 "or load of the backend that the log names; " RESTART "; "
				 SHOW_LOG, "charon has the plugin hw-offload, but that does "
				 "not answer: %s. Another backend may have been first, or the "
				 "setting socket is another one", error);
	}
	free(stats);
}

/**
 * Check if the kernel has lost an SA.
 */
static bool is_gone(const json_t *sa)
{
	return json_is_object(sa) && !get_bool(sa, "installed");
}

/**
 * Compare the SAs with those of the kernel.
 *
 * @param list			CHILD_SAs
 */
static void check_sas(exam_t *exam, const json_t *list)
{
	char remedy[64 * MAX_REKEYS] = "";
	size_t i, len = 0, gone = 0;
	json_t *child;

	json_array_foreach(list, i, child)
	{
		if (!is_gone(json_object_get(child, "in")) &&
			!is_gone(json_object_get(child, "out")))
		{
			continue;
		}
		if (++gone <= MAX_REKEYS)
		{
			len += snprintf(remedy + len, sizeof(remedy) - len,
							"%sswanctl --rekey --child-id %lld",
							gone > 1 ? "; " : "",
							get_number(child, "child_id"));
		}
	}
	if (gone)
	{
		exam_add(exam, "sas", FINDING_FAULT, gone <= MAX_REKEYS ? remedy :
				 RESTART, "the kernel has lost SAs of %zu CHILD_SA%s", gone,
				 gone > 1 ? "s" : "");
	}
	else
	{
		exam_add(exam, "sas", FINDING_OK, NULL, "the kernel has the SAs of "
				 "all %zu CHILD_SA%s", i, i == 1 ? "" : "s");
	}
}

/**
 * Read a number of the kernel, 0 if it has none of that name.
 */
static long read_number(const exam_t *exam, const char *name)
{
	char path[256];
	long number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/sys/net/%s", exam->root, name);
	file = fopen(path, "r");
	if (file)
	{
		number = fscanf(file, "%ld", &number) == 1 ? number : 0;
		fclose(file);
	}
	return number;
}

/**
 * Check if fragments may be forwarded into tunnels in packet mode. The kernel
 * hands them to the NIC, whose policies match no fragments. Connection tracking
 * reassembles them before, and if it is used, it has connections.
 *
 * @param list			CHILD_SAs
 */
static void check_fragments(exam_t *exam, const json_t *list)
{
	size_t i, tunnels = 0;
	json_t *child;

	json_array_foreach(list, i, child)
	{
		tunnels += !strcmp(get_text(child, "mode"), "tunnel") &&
				   !strcmp(get_text(child, "effective"), "packet");
	}
	if (tunnels && read_number(exam, "ipv4/ip_forward") &&
		!read_number(exam, "netfilter/nf_conntrack_count"))
	{
		exam_add(exam, "fragments", FINDING_WARNING, "nft 'add table ip "
				 "hwo-defrag; add chain ip hwo-defrag pre { type filter hook "
				 "prerouting priority -150; }; add rule ip hwo-defrag pre ct "
				 "state invalid counter'", "this host forwards, and %zu "
				 "tunnel%s in packet mode: fragments of IPv4 that it forwards "
				 "leave in clear, unless connection tracking reassembles them",
				 tunnels, tunnels > 1 ? "s are" : " is");
	}
}

/**
 * Check if traffic stays blocked.
 */
static void check_blocked(exam_t *exam, const char *socket)
{
	char error[CLIENT_ERROR];
	unsigned count;

	if (!blocked_count(socket, &count, error))
	{
		exam_add(exam, "blocked", FINDING_WARNING, "hw-offload -v policies",
				 "unable to tell if traffic is blocked: %s", error);
	}
	else if (count)
	{
		exam_add(exam, "blocked", FINDING_WARNING, "look with hw-offload -v "
				 "policies for which and why; initiate its CHILD_SA again, or "
				 "let it go in clear with hw-offload release WHAT",
				 "traffic of %u polic%s is blocked, as nothing protects it",
				 count, count == 1 ? "y" : "ies");
	}
	else
	{
		exam_add(exam, "blocked", FINDING_OK, NULL, "no traffic is blocked");
	}
}

void doctor_daemon(exam_t *exam, const char *socket)
{
	char error[CLIENT_ERROR];
	json_t *list, *first = NULL;

	list = client_children(socket, NULL, &first, error);
	if (!list)
	{
		check_silence(exam, socket, error);
		json_decref(first);
		return;
	}
	exam_add(exam, "daemon", FINDING_OK, NULL, "hw-offload %s serves "
			 "strongSwan %s", get_text(first, "version"),
			 get_text(first, "strongswan"));
	check_sas(exam, list);
	check_fragments(exam, list);
	check_blocked(exam, socket);
	json_decref(list);
	json_decref(first);
}
