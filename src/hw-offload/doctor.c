/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * doctor: whether this host can offload at all, and what to do if not. Works
 * without the daemon.
 */

#include "doctor.h"
#include "client.h"
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Longest output of a tool that is looked at */
#define OUTPUT (64 * 1024)

/** Names of findings */
static const char *const finding_names[] = {
	[FINDING_OK] = "ok",
	[FINDING_WARNING] = "warning",
	[FINDING_FAULT] = "fault",
};

void doctor_add(doctor_t *doctor, const char *check, finding_t finding,
				const char *remedy, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(doctor->findings, json_pack("{s:s, s:s, s:s, s:s?}",
			"check", check, "result", finding_names[finding],
			"text", text, "remedy", remedy));
	if (finding > doctor->worst)
	{
		doctor->worst = finding;
	}
}

bool doctor_has_driver(const doctor_t *doctor, const char *driver)
{
	for (size_t i = 0; i < doctor->count; i++)
	{
		if (!strcmp(doctor->nics[i].driver, driver))
		{
			return true;
		}
	}
	return false;
}

char *doctor_run_tool(const char *line)
{
	char *output = calloc(1, OUTPUT);
	FILE *tool = popen(line, "re");
	size_t len;

	if (!tool)
	{
		free(output);
		return NULL;
	}
	len = fread(output, 1, OUTPUT - 1, tool);
	output[len] = '\0';
	if (pclose(tool) != 0)
	{
		free(output);
		return NULL;
	}
	return output;
}

/**
 * Find out why nobody answers.
 *
 * @param error			what the attempt to ask has ended with
 */
static void check_silence(doctor_t *doctor, const char *error)
{
	static const char log[] = "journalctl -b -u strongswan | grep hw-offload";
	char *stats, *plugins;

	stats = doctor_run_tool("timeout 5 swanctl --stats 2>/dev/null");
	plugins = stats ? strstr(stats, "loaded plugins:") : NULL;
	if (!plugins)
	{
		doctor_add(doctor, "daemon", FINDING_WARNING, "systemctl restart "
				   "strongswan; journalctl -b -u strongswan | grep hw-offload",
				   "%s", error);
	}
	else if (!strstr(plugins, " hw-offload"))
	{
		doctor_add(doctor, "daemon", FINDING_FAULT, "grep load /etc/strongswan.d"
				   "/charon/hw-offload.conf; journalctl -b -u strongswan | "
				   "grep hw-offload", "charon runs without the plugin "
				   "hw-offload: it is switched off, or built for another "
				   "strongSwan");
	}
	else
	{
		doctor_add(doctor, "daemon", FINDING_FAULT, log, "charon has the plugin "
				   "hw-offload, but that does not answer: %s. Another backend "
				   "may have been first, or the setting socket is another "
				   "one", error);
	}
	free(stats);
}

void doctor_daemon(doctor_t *doctor)
{
	char error[CLIENT_ERROR];
	json_t *list, *first = NULL, *child;
	size_t i, gone = 0;

	list = client_collect(doctor->options->socket, "list", &first, error);
	if (!list)
	{
		check_silence(doctor, error);
		return;
	}
	doctor_add(doctor, "daemon", FINDING_OK, NULL, "hw-offload %s serves "
			   "strongSwan %s", get_text(first, "version"),
			   get_text(first, "strongswan"));
	json_array_foreach(list, i, child)
	{
		const json_t *in = json_object_get(child, "in");
		const json_t *out = json_object_get(child, "out");

		gone += (json_is_object(in) && !get_bool(in, "installed")) ||
				(json_is_object(out) && !get_bool(out, "installed"));
	}
	if (gone)
	{
		doctor_add(doctor, "sas", FINDING_FAULT, "hw-offload -v list",
				   "the kernel has lost SAs of %zu CHILD_SAs", gone);
	}
	else
	{
		doctor_add(doctor, "sas", FINDING_OK, NULL, "the kernel has the SAs of "
				   "all %zu CHILD_SAs", json_array_size(list));
	}
	json_decref(list);
	json_decref(first);
}

/**
 * Print findings as text.
 */
static void print_findings(const doctor_t *doctor)
{
	static const colour_t colours[] = {
		[FINDING_OK] = COLOUR_GOOD,
		[FINDING_WARNING] = COLOUR_FAIR,
		[FINDING_FAULT] = COLOUR_BAD,
	};
	json_t *finding;
	int level;
	size_t i;

	json_array_foreach(doctor->findings, i, finding)
	{
		for (level = FINDING_FAULT; level > FINDING_OK; level--)
		{
			if (!strcmp(get_text(finding, "result"), finding_names[level]))
			{
				break;
			}
		}
		if (doctor->options->colour)
		{
			print_colour(colours[level]);
		}
		printf("%-7s", finding_names[level]);
		if (doctor->options->colour)
		{
			print_colour(COLOUR_NONE);
		}
		printf("  %-14s ", get_text(finding, "check"));
		print_safely(get_text(finding, "text"), ' ');
		putchar('\n');
		if (json_is_string(json_object_get(finding, "remedy")))
		{
			printf("%-25smend: ", "");
			print_safely(get_text(finding, "remedy"), ' ');
			putchar('\n');
		}
	}
}

int command_doctor(const options_t *options, int argc, char *argv[])
{
	doctor_t doctor = {
		.options = options,
		.findings = json_array(),
		.root = getenv("HWO_DOCTOR_ROOT") ?: "",
	};
	bool known;
	int err;

	/* what the kernel should have depends on the NICs */
	known = nic_list(&doctor.nics, &doctor.count);
	err = errno;
	doctor_kernel(&doctor);
	if (known)
	{
		doctor_devices(&doctor);
		doctor_switch(&doctor);
	}
	else
	{
		doctor_add(&doctor, "devices", FINDING_FAULT, NULL,
				   "unable to list interfaces: %s", strerror(err));
	}
	doctor_daemon(&doctor);
	if (options->json)
	{
		print_json(json_pack("{s:i, s:s, s:O}", "hw-offload", 1, "result",
							 finding_names[doctor.worst], "findings",
							 doctor.findings), false);
	}
	else
	{
		print_findings(&doctor);
	}
	json_decref(doctor.findings);
	free(doctor.nics);
	return doctor.worst == FINDING_FAULT ? EXIT_NOT_SO : EXIT_SUCCESS;
}
