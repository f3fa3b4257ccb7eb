/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: answers of the status service, as the command reads them.
 */

#include "../client.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * Look at an item.
 */
static bool on_item(void *data, json_t *item)
{
	char *text = json_dumps(item, JSON_COMPACT);

	free(text);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[CLIENT_ERROR];
	json_t *first = NULL;
	FILE *in;

	in = size ? fmemopen((void*)data, size, "r") : NULL;
	if (in)
	{
		if (!client_read(in, on_item, NULL, &first, error) && !error[0])
		{	/* a failure without a reason */
			abort();
		}
		json_decref(first);
		fclose(in);
	}
	return 0;
}
