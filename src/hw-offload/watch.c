/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * watch: what happens to CHILD_SAs, as it happens.
 */

#include "client.h"
#include "command.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/**
 * Print an event as text.
 */
static void print_event(const json_t *event)
{
	const char *words = get_refusal(event);
	char text[TIME_TEXT];

	if (get_number(event, "missed"))
	{
		printf("(%lld events missed)\n", get_number(event, "missed"));
	}
	printf("%s %-7s ", time_text(get_number(event, "time"), text),
		   get_text(event, "event"));
	print_safely(get_text(event, "connection"), '_');
	if (get_number(event, "ike_id"))
	{
		printf("#%lld", get_number(event, "ike_id"));
	}
	putchar(' ');
	print_safely(get_text(event, "child"), '_');
	printf("{%lld} %s_i %s_o hw_offload %s effective %s device %s %s",
		   get_number(event, "child_id"), get_text(event, "spi_in"),
		   get_text(event, "spi_out"), get_text(event, "requested"),
		   get_text(event, "effective"), get_text(event, "device"),
		   get_text(event, "reason"));
	if (strcmp(words, "-"))
	{
		fputs(": ", stdout);
		print_safely(words, ' ');
	}
	putchar('\n');
}

/**
 * Print an event.
 */
static bool on_event(void *data, json_t *event)
{
	const options_t *options = data;

	if (options->json)
	{
		print_json(json_incref(event), true);
	}
	else
	{
		print_event(event);
	}
	return fflush(stdout) == 0;
}

int command_watch(const options_t *options, int argc, char *argv[])
{
	char error[CLIENT_ERROR];

	if (!client_ask(options->socket, "watch", on_event, (void*)options, NULL,
					error))
	{
		fprintf(stderr, "hw-offload: %s\n", error);
		return EXIT_TROUBLE;
	}
	return EXIT_SUCCESS;
}
