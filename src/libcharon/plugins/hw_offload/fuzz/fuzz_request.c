/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: requests to the status service.
 */

#include "fuzz_input.h"

#include "../service/status_request.h"

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
	}
	free(line);
	return 0;
}
