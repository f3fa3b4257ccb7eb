/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * release: lets traffic go that stays blocked.
 */

#include "blocked.h"
#include "client.h"
#include "command.h"

#include <stdlib.h>

/**
 * Say why nothing was released.
 */
static void print_nothing(const char *socket, const char *what)
{
	fflush(stdout);
	if (blocked_drains(socket, what))
	{
		fputs("What is blocked there is only being drained, which ends by "
			  "itself in a moment.\n", stderr);
	}
	else
	{
		fputs("Nothing that is blocked matches. WHAT is the name of a "
			  "connection, the address of\na peer, the destination of a policy "
			  "(network or address), see \"hw-offload -v\npolicies\", or "
			  "all.\n", stderr);
	}
}

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
		if (!count)
		{
			print_nothing(options->socket, argv[0]);
		}
	}
	return count ? EXIT_SUCCESS : EXIT_NOT_SO;
}
