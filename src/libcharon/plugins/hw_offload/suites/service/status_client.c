/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A client of the status service.
 */

#include "schema.h"
#include "service_suites.h"
#include "status_client.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../io/line_server.h"

char status_path[96], status_uri[128];

/** directory of the socket */
static char status_dir[64];

/**
 * Restart the backend with a service.
 */
void status_setup(void)
{
	service_setup();
	strcpy(status_dir, "/tmp/test_service_XXXXXX");
	ck_assert(mkdtemp(status_dir) != NULL);
	snprintf(status_path, sizeof(status_path), "%s/status", status_dir);
	snprintf(status_uri, sizeof(status_uri), "unix://%s", status_path);
	lib->settings->set_str(lib->settings,
						   "%s.plugins.hw-offload.socket", status_uri,
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
}

void status_teardown(void)
{
	service_teardown();
	unlink(status_path);
	rmdir(status_dir);
}

/**
 * Install the SAs of a CHILD_SA.
 */
void install_pair(hw_offload_t requested, uint32_t in, uint32_t out)
{
	test_sa_t sa;

	sa_init(&sa, in, TRUE, requested);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	sa_clear(&sa);
	sa_init(&sa, out, FALSE, requested);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	sa_clear(&sa);
}

/**
 * Connect a client.
 */
int client_connect(void)
{
	struct sockaddr_un addr = {
		.sun_family = AF_UNIX,
	};
	struct timeval deadline = {
		.tv_sec = 20 * test_patience(),
	};
	int fd;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", status_path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (void*)&addr, sizeof(addr)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
	return fd;
}

/**
 * Connect a client, send a request.
 */
FILE *client_ask(const char *request)
{
	int fd = client_connect();

	/* who is turned away may be so before it asks */
	ck_assert(send(fd, request, strlen(request), MSG_NOSIGNAL) > 0 ||
			  errno == EPIPE);
	return fdopen(fd, "r");
}

/**
 * Check an item against the schema of the command that prints it.
 */
static void check_item(json_t *line)
{
	static const struct {
		const char *type, *command, *definition;
	} items[] = {
		{ "child", "list", "child" },
		{ "failed", "list", "failed" },
		{ "policy", "policies", "policy" },
		{ "device", "devices", "plugin" },
		{ "event", "watch", "event" },
		{ "rule", "explain", "rule" },
		{ "verdict", "explain", "verdict" },
	};
	const char *type = json_string_value(json_object_get(line, "type"));
	int i;

	for (i = 0; type && i < countof(items); i++)
	{
		if (streq(type, items[i].type))
		{
			assert_schema(items[i].command, items[i].definition, line);
			return;
		}
	}
	ck_assert_msg(!type, "items of type '%s' have no schema", type);
}

/**
 * Read a line, NULL at the end.
 */
json_t *client_line(FILE *client)
{
	char buf[HWO_LINE_SIZE + 1];
	json_t *line;

	if (!fgets(buf, sizeof(buf), client))
	{
		/* reset if what was sent has not been read */
		ck_assert_msg(feof(client) || errno == ECONNRESET, "no answer in time");
		return NULL;
	}
	line = json_loads(buf, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(line != NULL, "no JSON: %s", buf);
	check_item(line);
	return line;
}

const char *text(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "(none)";
}

int number(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/**
 * Read the first line, check what it answers.
 */
void client_first(FILE *client, const char *answer)
{
	json_t *line = client_line(client);

	ck_assert_int_eq(number(line, "hw-offload"), 1);
	ck_assert_str_eq(text(line, "answer"), answer);
	ck_assert_str_eq(text(line, "strongswan"), VERSION);
	json_decref(line);
}

/**
 * Check that nothing but the last line follows.
 */
void client_last(FILE *client, int count)
{
	json_t *line = client_line(client);

	ck_assert(json_is_true(json_object_get(line, "end")));
	ck_assert_int_eq(number(line, "count"), count);
	json_decref(line);
	ck_assert(!client_line(client));
	fclose(client);
}

/*
 * Described in header
 */
const char *client_explain(const char *request, const char *kind)
{
	static char reason[32];
	FILE *client;
	json_t *line;

	client = client_ask(request);
	client_first(client, kind);
	while ((line = client_line(client)) &&
		   streq(text(line, "type"), "rule"))
	{
		json_decref(line);
	}
	snprintf(reason, sizeof(reason), "%s", text(line, "reason"));
	json_decref(line);
	fclose(client);
	return reason;
}
