/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: requests to the status service, and the configurations in them.
 */

#include "fuzz_input.h"

#include "../service/status/child_facts.h"
#include "../service/status/status_request.h"

/**
 * Understand the configuration in a request.
 */
static void understand(const char *text)
{
	static bool initialized;
	char error[HWO_STATUS_ERROR];
	hwo_child_facts_t facts;

	if (!initialized)
	{
		/* silent, as nearly nothing is understood */
		dbg_default_set_level(-1);
		initialized = library_init(NULL, "fuzz_request");
	}
	if (hwo_child_facts_written(text, &facts, error) &&
		facts.requested > HW_OFFLOAD_AUTO)
	{
		abort();
	}
	hwo_child_facts_clear(&facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	hwo_status_request_t request;
	char *line;
	int i;

	/* the line server makes sure that it ends, and not earlier */
	line = malloc(size + 1);
	memcpy(line, data, size);
	line[size] = '\0';
	if (!hwo_status_parse(line, &request))
	{
		if (!enum_to_name(hwo_status_command_names, request.command))
		{
			abort();
		}
		for (i = 0; i < HWO_STATUS_ARGS; i++)
		{
			fuzz_read(request.arg[i], strlen(request.arg[i]));
		}
		if (request.command == HWO_STATUS_EXPLAIN_WRITTEN)
		{
			understand(request.text);
		}
	}
	free(line);
	return 0;
}
