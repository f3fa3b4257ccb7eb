/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Lines of JSON from a socket.
 */

#include "client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/** Version of the protocol that we understand */
#define PROTOCOL 1

/**
 * Read one line as object, NULL at the end or on error.
 */
static json_t *read_object(FILE *in, char error[CLIENT_ERROR])
{
	static char line[CLIENT_LINE];
	json_error_t why;
	json_t *object;
	size_t len;

	if (!fgets(line, sizeof(line), in))
	{
		snprintf(error, CLIENT_ERROR, "the answer is incomplete%s%s",
				 ferror(in) ? ": " : "", ferror(in) ? strerror(errno) : "");
		return NULL;
	}
	len = strlen(line);
	if (!len || line[len - 1] != '\n')
	{
		snprintf(error, CLIENT_ERROR, "the answer has a line that is too long "
				 "or incomplete");
		return NULL;
	}
	object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(object))
	{
		snprintf(error, CLIENT_ERROR, "the answer is no JSON object");
		json_decref(object);
		return NULL;
	}
	if (json_object_get(object, "error"))
	{
		snprintf(error, CLIENT_ERROR, "%.200s",
				 json_string_value(json_object_get(object, "error"))
				 ?: "error");
		for (char *pos = error; *pos; pos++)
		{	/* names in it are not for the terminal to obey */
			*pos = *pos < ' ' || *pos > '~' ? '?' : *pos;
		}
		json_decref(object);
		return NULL;
	}
	return object;
}

/**
 * Read the first object, which says who answers.
 */
static bool read_first(FILE *in, json_t **first, char error[CLIENT_ERROR])
{
	json_t *object;
	bool known;

	object = read_object(in, error);
	if (!object)
	{
		return false;
	}
	known = json_integer_value(json_object_get(object, "hw-offload")) ==
			PROTOCOL;
	if (!known)
	{
		snprintf(error, CLIENT_ERROR, "the service is of another version");
	}
	if (known && first)
	{
		*first = json_incref(object);
	}
	json_decref(object);
	return known;
}

/**
 * Check if an object is the last one.
 */
static bool is_last(const json_t *object)
{
	return json_is_true(json_object_get(object, "end"));
}

bool client_read(FILE *in, client_item_t item, void *data, json_t **first,
				 char error[CLIENT_ERROR])
{
	json_int_t count = 0;
	json_t *object;
	bool more = true;

	error[0] = '\0';
	if (!read_first(in, first, error))
	{
		return false;
	}
	while (more)
	{
		object = read_object(in, error);
		if (!object)
		{
			return false;
		}
		if (is_last(object))
		{
			if (json_integer_value(json_object_get(object, "count")) != count)
			{
				snprintf(error, CLIENT_ERROR, "items are missing");
			}
			json_decref(object);
			return !error[0];
		}
		count++;
		more = item(data, object);
		json_decref(object);
	}
	return true;
}

/**
 * Connect, -1 on failure.
 */
static int client_connect(const char *path, char error[CLIENT_ERROR])
{
	struct sockaddr_un addr = {
		.sun_family = AF_UNIX,
	};
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
	{
		snprintf(error, CLIENT_ERROR, "the path of the socket is too long");
		return -1;
	}
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr*)&addr, sizeof(addr)) == -1)
	{
		snprintf(error, CLIENT_ERROR, "%.100s: %s%s", path, strerror(errno),
				 errno == EACCES ? " (you have to be root or in the daemon's "
				 "group)" : errno == ENOENT || errno == ECONNREFUSED ?
				 " (does charon run, with the plugin hw-offload?)" : "");
		if (fd != -1)
		{
			close(fd);
		}
		return -1;
	}
	return fd;
}

bool client_ask(const char *path, const char *request, client_item_t item,
				void *data, json_t **first, char error[CLIENT_ERROR])
{
	char line[CLIENT_REQUEST];
	FILE *in;
	bool complete;
	int fd, len;

	len = snprintf(line, sizeof(line), "hw-offload %d %s\n", PROTOCOL, request);
	if (len >= sizeof(line))
	{
		snprintf(error, CLIENT_ERROR, "the request is too long");
		return false;
	}
	fd = client_connect(path, error);
	if (fd == -1)
	{
		return false;
	}
	/* who is turned away at once can't send, but is told why */
	if (send(fd, line, len, MSG_NOSIGNAL) != len && errno != EPIPE)
	{
		snprintf(error, CLIENT_ERROR, "unable to ask: %s", strerror(errno));
		close(fd);
		return false;
	}
	in = fdopen(fd, "r");
	complete = client_read(in, item, data, first, error);
	fclose(in);
	return complete;
}

/**
 * Collect an item.
 */
static bool collect(void *data, json_t *item)
{
	json_array_append(data, item);
	return true;
}

json_t *client_collect(const char *path, const char *request, json_t **first,
					   char error[CLIENT_ERROR])
{
	json_t *items = json_array();

	if (!client_ask(path, request, collect, items, first, error))
	{
		json_decref(items);
		return NULL;
	}
	return items;
}

/**
 * CHILD_SAs, as they come.
 */
typedef struct {
	/** those that are there, and those that could not be installed */
	json_t *there, *failed;
} children_t;

/**
 * Sort an item of a list.
 */
static bool sort_child(void *data, json_t *item)
{
	const char *type = json_string_value(json_object_get(item, "type"));
	children_t *children = data;

	json_array_append(type && !strcmp(type, "failed") ? children->failed
													  : children->there, item);
	return true;
}

json_t *client_children(const char *path, json_t **failed, json_t **first,
						char error[CLIENT_ERROR])
{
	children_t children = {
		.there = json_array(),
		.failed = json_array(),
	};

	if (!client_ask(path, "list", sort_child, &children, first, error))
	{
		json_decref(children.there);
		json_decref(children.failed);
		return NULL;
	}
	if (failed)
	{
		*failed = json_incref(children.failed);
	}
	json_decref(children.failed);
	return children.there;
}
