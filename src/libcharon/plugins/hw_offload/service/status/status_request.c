/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Words in a line.
 */

#include "status_request.h"

/** First word of each request */
#define MAGIC "hw-offload"

ENUM(hwo_status_command_names, HWO_STATUS_LIST, HWO_STATUS_RELEASE,
	"list",
	"policies",
	"devices",
	"watch",
	"explain",
	"explain-written",
	"release",
);

/**
 * Get the next word, FALSE if there is none that fits.
 */
static bool next_word(const char **line, char *word, size_t size)
{
	size_t len;

	*line += strspn(*line, " ");
	len = strcspn(*line, " ");
	if (!len || len >= size)
	{
		return FALSE;
	}
	memcpy(word, *line, len);
	word[len] = '\0';
	*line += len;
	return TRUE;
}

/**
 * Copy the text that follows the command.
 */
static const char *parse_text(const char *line, hwo_status_request_t *request)
{
	line += strspn(line, " ");
	if (!line[0])
	{
		return "the configuration is missing";
	}
	if (strlen(line) >= sizeof(request->text))
	{
		return "the configuration is too long";
	}
	strcpy(request->text, line);
	return NULL;
}

static const char *parse_args(const char *line, hwo_status_request_t *request)
{
	int i, expected = 0;

	if (request->command == HWO_STATUS_EXPLAIN)
	{
		expected = HWO_STATUS_ARGS;
	}
	else if (request->command == HWO_STATUS_RELEASE)
	{
		expected = 1;
	}
	for (i = 0; i < expected; i++)
	{
		if (!next_word(&line, request->arg[i], sizeof(request->arg[i])))
		{
			break;
		}
	}
	if (line[strspn(line, " ")])
	{
		return "unexpected argument";
	}
	if (request->command == HWO_STATUS_EXPLAIN && !i)
	{
		return "the name of a connection is missing";
	}
	if (request->command == HWO_STATUS_RELEASE && !i)
	{
		return "what to release is missing";
	}
	return NULL;
}

bool hwo_status_permitted(hwo_status_command_t command, uid_t uid, uid_t owner)
{
	return command != HWO_STATUS_RELEASE || !uid || uid == owner;
}

const char *hwo_status_parse(const char *line, hwo_status_request_t *request)
{
	char word[HWO_STATUS_ARG_LEN], version[8];
	int command;

	memset(request, 0, sizeof(*request));
	if (!next_word(&line, word, sizeof(word)) || !streq(word, MAGIC))
	{
		return "not a request";
	}
	snprintf(version, sizeof(version), "%d", HWO_STATUS_PROTOCOL);
	if (!next_word(&line, word, sizeof(word)) || !streq(word, version))
	{
		return "another version of the protocol";
	}
	if (!next_word(&line, word, sizeof(word)) ||
		!enum_from_name(hwo_status_command_names, word, &command))
	{
		return "unknown command";
	}
	request->command = command;
	if (request->command == HWO_STATUS_EXPLAIN_WRITTEN)
	{
		return parse_text(line, request);
	}
	return parse_args(line, request);
}
