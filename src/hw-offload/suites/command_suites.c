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
const char *answer;
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
	ssize_t len;
	int fd;

	while ((fd = accept(listening, NULL, NULL)) != -1)
	{
		len = recv(fd, asked, sizeof(asked) - 1, 0);
		asked[len > 0 ? len : 0] = '\0';
		send(fd, answer, strlen(answer), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

void command_setup(void)
{
	struct sockaddr_un addr = {
		.sun_family = AF_UNIX,
	};

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
	out = popen(line, "r");
	len = fread(output, 1, sizeof(output) - 1, out);
	output[len] = '\0';
	status = pclose(out);
	ck_assert_msg(WIFEXITED(status), "%s has crashed", line);
	return WEXITSTATUS(status);
}

json_t *printed(const char *command)
{
	json_t *document;

	document = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(document != NULL, "no JSON: %s", output);
	assert_schema(command, NULL, document);
	return document;
}
