/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the status service with clients that want much, or mean harm.
 */

#include "service_suites.h"
#include "status_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../io/line_server.h"
#include "../../service/status/status_service.h"

#define SPI_IN 0xc0000001
#define SPI_OUT 0xc0000002

/** SAs in a long list, and in one that no socket's buffer holds either */
#define MANY 10000
#define ENOUGH 2000

/** a service of our own, for lists that are too long for the fake kernel */
static status_service_t *service;
static child_table_t *table;
static failed_children_t *failures;
static child_listener_t *names_listener;

/**
 * Replace the backend's service by one over a table of ours.
 */
static void own_service(int count)
{
	hwo_status_source_t source = {
		.version = "test",
		.xfrm = hwo_nl_exchange_create(fake_kernel_open(kernel, NETLINK_XFRM,
														NULL)),
		.table = hwo_child_table_create(),
		.failures = hwo_failed_children_create(),
	};
	const hwo_child_sa_t sa = {
		.id = {
			.proto = IPPROTO_ESP,
			.dst = { .family = AF_INET, .bytes = { 192, 168, 50, 2 }, },
		},
		.outcome.why.reason = HWO_REASON_DRIVER_REFUSED,
	};
	const hwo_names_t names = {
		.connection = "gw",
		.child = "a child with a name",
	};
	hwo_child_t *child;
	hwo_result_t *result;
	hwo_sa_id_t id = sa.id;
	int i;

	DESTROY_IF(ipsec);
	ipsec = NULL;
	table = source.table;
	failures = source.failures;
	for (i = 0; i < count; i++)
	{
		id.spi = htonl(0xc0000000 + i);
		child = table->begin(table, &id, FALSE, i, 1);
		child->requested = HW_OFFLOAD_AUTO;
		child->out = sa;
		child->out.id = id;
		result = &child->out.outcome.why.result;
		snprintf(result->extack, sizeof(result->extack),
				 "driver: no room for SA %d, whatever it takes", i);
		table->checkin(table, child);
		ck_assert(table->name(table, &id, &id, &names, NULL));
	}
	names_listener = hwo_child_listener_create(table, failures);
	source.names = names_listener;
	service = hwo_status_service_create(status_uri, &source);
	ck_assert(service != NULL);
}

static void end_own_service(void)
{
	service->destroy(service);
	names_listener->destroy(names_listener);
	failures->destroy(failures);
	table->destroy(table);
}

/**
 * Read the rest, check that it ends as it should.
 */
static void client_rest(FILE *client, int count)
{
	json_t *line;
	int i;

	for (i = 0; i < count; i++)
	{
		line = client_line(client);
		ck_assert_str_eq(text(line, "type"), "child");
		json_decref(line);
	}
	client_last(client, count);
}

/**
 * Ask, expect an error.
 */
static void assert_error(const char *request, const char *error)
{
	FILE *client = client_ask(request);
	json_t *line = client_line(client);

	ck_assert_str_eq(text(line, "error"), error);
	json_decref(line);
	ck_assert(!client_line(client));
	fclose(client);
}

START_TEST(test_list_many)
{
	FILE *client;

	own_service(MANY);
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	client_rest(client, MANY);
	end_own_service();
}
END_TEST

START_TEST(test_client_killed)
{
	FILE *client;
	int i;

	own_service(ENOUGH);
	for (i = 0; i < 2 * HWO_LINE_CLIENTS; i++)
	{	/* that many only fit if the places of earlier ones are free again */
		client = client_ask("hw-offload 1 list\n");
		client_first(client, "list");
		json_decref(client_line(client));
		fclose(client);
	}
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	client_rest(client, ENOUGH);
	end_own_service();
}
END_TEST

START_TEST(test_clients_dont_read)
{
	FILE *clients[HWO_LINE_CLIENTS], *client;
	json_t *line;
	int i;

	own_service(ENOUGH);
	for (i = 0; i < HWO_LINE_CLIENTS; i++)
	{
		clients[i] = client_ask("hw-offload 1 list\n");
		/* it has its place now */
		client_first(clients[i], "list");
	}
	assert_error("hw-offload 1 list\n", "too many clients");
	/* others don't have to wait for them */
	table->flush(table);
	for (i = 1; i < HWO_LINE_CLIENTS; i++)
	{
		while ((line = client_line(clients[i])))
		{
			json_decref(line);
		}
		fclose(clients[i]);
	}
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	client_last(client, 0);
	fclose(clients[0]);
	end_own_service();
}
END_TEST

START_TEST(test_garbage)
{
	char buf[2 * HWO_LINE_REQUEST];
	FILE *client;
	int fd;

	assert_error("\n", "not a request");
	assert_error("GET / HTTP/1.0\r\n", "not a request");
	assert_error("hw-offload\n", "another version of the protocol");
	assert_error("hw-offload 2 list\n", "another version of the protocol");
	assert_error("hw-offload 1\n", "unknown command");
	assert_error("hw-offload 1 lists\n", "unknown command");
	assert_error("hw-offload 1 list x\n", "unexpected argument");
	assert_error("hw-offload 1 explain\n",
				 "the name of a connection is missing");

	/* no newline in sight: disconnected */
	memset(buf, 'x', sizeof(buf));
	fd = client_connect();
	send(fd, buf, sizeof(buf), MSG_NOSIGNAL);
	ck_assert_int_le(recv(fd, buf, sizeof(buf), 0), 0);
	close(fd);

	/* NUL inside: disconnected */
	fd = client_connect();
	send(fd, "hw-offload 1 list\0\n", 19, MSG_NOSIGNAL);
	ck_assert_int_le(recv(fd, buf, sizeof(buf), 0), 0);
	close(fd);

	/* in pieces */
	fd = client_connect();
	send(fd, "hw-offload 1", 12, MSG_NOSIGNAL);
	assert_error("\n", "not a request");
	send(fd, " list\n", 6, MSG_NOSIGNAL);
	client = fdopen(fd, "r");
	client_first(client, "list");
	client_last(client, 0);
}
END_TEST

START_TEST(test_permissions)
{
	struct stat st;

	ck_assert_int_eq(lstat(status_path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	/* some releases make it executable, which means nothing for a socket */
	ck_assert_int_eq(st.st_mode & 07777 & ~0110, 0660);
	ck_assert_int_eq(st.st_gid, lib->caps->get_gid(lib->caps));
}
END_TEST

START_TEST(test_no_socket)
{
	unlink(status_path);
	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.socket", "",
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	ck_assert_int_eq(access(status_path, F_OK), -1);
	/* a backend serves, even if nobody can ask what it does */
	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.socket",
						   "unix:///nonexistent/status", lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	ck_assert_int_eq(service_lines_with("unable to listen on"), 1);
	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	/* what is no address at all comes from the settings as well */
	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.socket",
						   "tcpp://x", lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	ck_assert_int_eq(service_lines_with(".plugins.hw-offload.socket' is "
										"'tcpp://x'"), 1);
	/* the same if it can't ask the kernel for them */
	test_deaf = TRUE;
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	ck_assert_int_eq(service_lines_with("unable to serve"), 1);
}
END_TEST

/* answers for test_deadlines: an endless one */

CALLBACK(endless_begin, void*,
	void *data, const char *request, uid_t uid)
{
	sigset_t blocked;

	/* the daemon waits for signals, no thread may take them away */
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
	ck_assert_int_eq(sigismember(&blocked, SIGTERM), 1);
	ck_assert_int_eq(sigismember(&blocked, SIGHUP), 1);
	return data;
}

CALLBACK(endless_next, ssize_t,
	void *data, void *answer, char *buf, size_t size)
{
	memset(buf, 'x', size);
	return size;
}

CALLBACK(endless_end, void,
	int *ended, void *answer)
{
	(*ended)++;
}

START_TEST(test_deadlines)
{
	line_deadlines_t deadlines = {
		.request = 1,
		.stalled = 1,
		.answer = 2,
	};
	int ended = 0, fd;
	line_handler_t handler = {
		.begin = endless_begin,
		.next = endless_next,
		.end = endless_end,
		.data = &ended,
	};
	char buf[4096];
	line_server_t *server;
	struct pollfd hup = {};

	service_stop();
	server = hwo_line_server_create(status_uri, &handler, &deadlines);
	ck_assert(server != NULL);

	/* says nothing */
	fd = client_connect();
	ck_assert_int_eq(recv(fd, buf, sizeof(buf), 0), 0);
	close(fd);
	ck_assert_int_eq(ended, 0);

	/* asks, but does not read */
	fd = client_connect();
	send(fd, "\n", 1, MSG_NOSIGNAL);
	hup.fd = fd;
	hup.events = POLLRDHUP;
	ck_assert_int_eq(poll(&hup, 1, TEST_DEADLINE), 1);
	close(fd);

	/* reads, and reads, and reads */
	fd = client_connect();
	send(fd, "\n", 1, MSG_NOSIGNAL);
	while (recv(fd, buf, sizeof(buf), 0) > 0)
	{
		continue;
	}
	close(fd);
	server->destroy(server);
	ck_assert_int_eq(ended, 2);
}
END_TEST

TCase *clients_tcase(void)
{
	TCase *tcase;

	tcase = tcase_create("clients");
	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_list_many);
	tcase_add_test(tcase, test_client_killed);
	tcase_add_test(tcase, test_clients_dont_read);
	tcase_add_test(tcase, test_garbage);
	tcase_add_test(tcase, test_permissions);
	tcase_add_test(tcase, test_no_socket);
	tcase_add_test(tcase, test_deadlines);
	return tcase;
}
