/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * release: lets traffic go that stays blocked.
 */

#include "client.h"
#include "command.h"

#include <stdlib.h>

int command_release(const options_t *options, int argc, char *argv[])
{
	char error[CLIENT_ERROR], request[CLIENT_REQUEST];
	json_t *list, *first = NULL;
	long long count;

	snprintf(request, sizeof(request), "release %s", argv[0]);
	list = client_collect(options->socket, request, &first, error);
	if (!list)
	{
		fprintf(stderr, "hw-offload: %s\n", error);
		json_decref(first);
		return EXIT_TROUBLE;
	}
	count = get_number(json_array_get(list, 0), "count");
	json_decref(list);
	if (options->json)
	{
		json_object_del(first, "answer");
		json_object_set_new(first, "released", json_integer(count));
		print_json(first, false);
	}
	else
	{
		printf("released %lld\n", count);
		json_decref(first);
	}
	return count ? EXIT_SUCCESS : EXIT_NOT_SO;
}
