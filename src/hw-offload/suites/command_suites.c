/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A service that answers what it is told to, and the command that asks it.
 */

#include "command_suites.h"
#include "../../libcharon/plugins/hw_offload/suites/service/schema.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/** what the service answers, and what it was asked */
const char *answer, *answer_policies;
char asked[4096];
char dir[64], path[96];
static int listening;
static pthread_t thread;

/** output of the command, its errors included */
char output[65536];

/**
 * Serve one client after the other.
 */
static void *serve(void *data)
{
	const char *text;
	char *request;
	ssize_t len;
	int fd;

	while ((fd = accept(listening, NULL, NULL)) != -1)
	{
		request = asked + strlen(asked);
		len = recv(fd, request, asked + sizeof(asked) - 1 - request, 0);
		request[len > 0 ? len : 0] = '\0';
		text = answer_policies && strstr(request, " policies\n")
					? answer_policies : answer;
		send(fd, text, strlen(text), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

void command_setup(void)
{
	struct sockaddr_un addr = {
		.sun_family = AF_UNIX,
	};

	answer_policies = NULL;
	strcpy(dir, "/tmp/test_command_XXXXXX");
	ck_assert(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/status", dir);
	strcpy(addr.sun_path, path);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listening, (void*)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(listening, 5), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

void command_teardown(void)
{
	shutdown(listening, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(listening);
	unlink(path);
	rmdir(dir);
}

/**
 * Run the command, return its exit status.
 */
int run(const char *args)
{
	char line[512];
	size_t len;
	FILE *out;
	int status;

	snprintf(line, sizeof(line), "TZ=UTC '%s' --socket='%s' %s 2>&1",
			 getenv("HWO_COMMAND") ?: "src/hw-offload/hw-offload", path, args);
	asked[0] = '\0';
	out = popen(line, "r");
	len = fread(output, 1, sizeof(output) - 1, out);
	output[len] = '\0';
	status = pclose(out);
	ck_assert_msg(WIFEXITED(status), "%s has crashed", line);
	return WEXITSTATUS(status);
}

const char *line(int number)
{
	static char buf[1024];
	const char *pos = output;

	while (number-- && (pos = strchr(pos, '\n')))
	{
		pos++;
	}
	ck_assert_msg(pos != NULL, "too few lines:\n%s", output);
	snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(pos, "\n"), pos);
	return buf;
}

json_t *printed(const char *command)
{
	json_t *document;

	document = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(document != NULL, "no JSON: %s", output);
	assert_schema(command, NULL, document);
	return document;
}
