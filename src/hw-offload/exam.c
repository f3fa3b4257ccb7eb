/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Findings, and the tools of others that help to get them.
 */

#include "exam.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Longest output of a tool that is looked at */
#define OUTPUT (64 * 1024)

void exam_add(exam_t *exam, const char *check, finding_t finding,
			  const char *remedy, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(exam->findings, json_pack("{s:s, s:s, s:s, s:s?}",
			"check", check, "result", finding_name(finding),
			"text", text, "remedy", remedy));
	if (finding > exam->worst)
	{
		exam->worst = finding;
	}
}

const char *finding_name(finding_t finding)
{
	static const char *const names[] = {
		[FINDING_OK] = "ok",
		[FINDING_WARNING] = "warning",
		[FINDING_FAULT] = "fault",
	};

	return names[finding];
}

bool exam_has_driver(const exam_t *exam, const char *driver)
{
	for (size_t i = 0; i < exam->count; i++)
	{
		if (!strcmp(exam->nics[i].driver, driver))
		{
			return true;
		}
	}
	return false;
}

char *exam_run_tool(const char *line)
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
