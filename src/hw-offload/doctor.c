/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * doctor: whether this host can offload at all, and what to do if not. Works
 * without the daemon.
 *
 * This is on top: it runs the groups of checks, which know the examination and
 * nothing of each other.
 */

#include "command.h"
#include "doctor_daemon.h"
#include "doctor_devices.h"
#include "doctor_kernel.h"
#include "doctor_switch.h"
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * Print findings as text.
 */
static void print_findings(const exam_t *exam, bool colour)
{
	static const colour_t colours[] = {
		[FINDING_OK] = COLOUR_GOOD,
		[FINDING_WARNING] = COLOUR_FAIR,
		[FINDING_FAULT] = COLOUR_BAD,
	};
	json_t *finding;
	int level;
	size_t i;

	json_array_foreach(exam->findings, i, finding)
	{
		for (level = FINDING_FAULT; level > FINDING_OK; level--)
		{
			if (!strcmp(get_text(finding, "result"), finding_name(level)))
			{
				break;
			}
		}
		if (colour)
		{
			print_colour(colours[level]);
		}
		printf("%-7s", finding_name(level));
		if (colour)
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
	exam_t exam = {
		.findings = json_array(),
		.root = getenv("HWO_DOCTOR_ROOT") ?: "",
	};
	bool known;
	int err;

	/* what the kernel should have depends on the NICs */
	known = nic_list(&exam.nics, &exam.count);
	err = errno;
	doctor_kernel(&exam);
	if (known)
	{
		doctor_devices(&exam);
		doctor_switch(&exam);
	}
	else
	{
		exam_add(&exam, "devices", FINDING_FAULT, "sudo hw-offload doctor",
				 "unable to list interfaces: %s", strerror(err));
	}
	doctor_daemon(&exam, options->socket);
	if (options->json)
	{
		print_json(json_pack("{s:i, s:s, s:O}", "hw-offload", 1, "result",
							 finding_name(exam.worst), "findings",
							 exam.findings), false);
	}
	else
	{
		print_findings(&exam, options->colour);
	}
	json_decref(exam.findings);
	free(exam.nics);
	return exam.worst == FINDING_FAULT ? EXIT_NOT_SO : EXIT_SUCCESS;
}
