/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the status service, as clients see it.
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

#include "../io/line_server.h"
#include "../service/status_service.h"

#define SPI_IN 0xc0000001
#define SPI_OUT 0xc0000002

/** SAs in a long list, and in one that no socket's buffer holds either */
#define MANY 10000
#define ENOUGH 2000

/** a service of our own, for lists that are too long for the fake kernel */
static status_service_t *service;
static sa_table_t *table;

/**
 * Replace the backend's service by one over a table of ours.
 */
static void own_service(int count)
{
	hwo_status_source_t source = {
		.version = "test",
		.xfrm = nl_exchange_create(fake_kernel_open(kernel, NETLINK_XFRM,
													NULL)),
		.sa_table = sa_table_create(),
	};
	hwo_sa_record_t record = {
		.id = {
			.proto = IPPROTO_ESP,
			.dst = { .family = AF_INET, .bytes = { 192, 168, 50, 2 }, },
		},
		.requested = HW_OFFLOAD_AUTO,
		.reason = HWO_REASON_DRIVER_REFUSED,
		.names = { .connection = "gw", .child = "a child with a name", },
	};
	int i;

	DESTROY_IF(ipsec);
	ipsec = NULL;
	table = source.sa_table;
	for (i = 0; i < count; i++)
	{
		record.id.spi = htonl(0xc0000000 + i);
		snprintf(record.refusal.extack, sizeof(record.refusal.extack),
				 "driver: no room for SA %d, whatever it takes", i);
		table->put(table, &record);
	}
	service = status_service_create(status_uri, &source);
	ck_assert(service != NULL);
}

static void end_own_service(void)
{
	service->destroy(service);
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

/* an IKE_SA and a CHILD_SA, as much of them as a listener looks at */
static host_t *my_host, *other_host;
static uint32_t child_spi_in, child_spi_out;

METHOD(ike_sa_t, ike_get_name, char*,
	ike_sa_t *this)
{
	return "gw";
}

METHOD(ike_sa_t, ike_get_unique_id, uint32_t,
	ike_sa_t *this)
{
	return 7;
}

METHOD(ike_sa_t, ike_get_my_host, host_t*,
	ike_sa_t *this)
{
	return my_host;
}

METHOD(ike_sa_t, ike_get_other_host, host_t*,
	ike_sa_t *this)
{
	return other_host;
}

METHOD(child_sa_t, child_get_name, char*,
	child_sa_t *this)
{
	/* longer than what is kept, the last character of that would be half */
	return "net-0123456789-0123456789-0123456789-0123456789-0123456789-01\xc3\xa4\xc3\xa4";
}

METHOD(child_sa_t, child_get_unique_id, uint32_t,
	child_sa_t *this)
{
	return 9;
}

METHOD(child_sa_t, child_get_spi, uint32_t,
	child_sa_t *this, bool inbound)
{
	return htonl(inbound ? child_spi_in : child_spi_out);
}

METHOD(child_sa_t, child_get_protocol, protocol_id_t,
	child_sa_t *this)
{
	return PROTO_ESP;
}

METHOD(child_sa_t, child_get_mark, mark_t,
	child_sa_t *this, bool inbound)
{
	return (mark_t){};
}

/**
 * Tell the listener about a CHILD_SA.
 */
static void child_updown(uint32_t spi_in, uint32_t spi_out, bool up)
{
	ike_sa_t ike_sa = {
		.get_name = _ike_get_name,
		.get_unique_id = _ike_get_unique_id,
		.get_my_host = _ike_get_my_host,
		.get_other_host = _ike_get_other_host,
	};
	child_sa_t child_sa = {
		.get_name = _child_get_name,
		.get_unique_id = _child_get_unique_id,
		.get_spi = _child_get_spi,
		.get_protocol = _child_get_protocol,
		.get_mark = _child_get_mark,
	};

	child_spi_in = spi_in;
	child_spi_out = spi_out;
	my_host = host_create_from_string("192.168.50.1", 500);
	other_host = host_create_from_string("192.168.50.2", 500);
	ck_assert(calls.listener->child_updown(calls.listener, &ike_sa, &child_sa,
										   up));
	my_host->destroy(my_host);
	other_host->destroy(other_host);
}

/**
 * Install the SAs of a CHILD_SA.
 */
static void install_pair(hw_offload_t requested, uint32_t in, uint32_t out)
{
	test_sa_t sa;

	sa_init(&sa, in, TRUE, requested);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	sa_clear(&sa);
	sa_init(&sa, out, FALSE, requested);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	sa_clear(&sa);
}

START_TEST(test_list)
{
	FILE *client;
	json_t *line, *out, *limits;

	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	child_updown(SPI_IN, SPI_OUT, TRUE);
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	line = client_line(client);
	ck_assert_str_eq(text(line, "type"), "child");
	assert_schema(line);
	ck_assert_str_eq(text(line, "connection"), "gw");
	ck_assert_str_eq(text(line, "child"), "net-0123456789-0123456789-"
					 "0123456789-0123456789-0123456789-01\xc3\xa4");
	ck_assert_int_eq(number(line, "ike_id"), 7);
	ck_assert_int_eq(number(line, "child_id"), 9);
	ck_assert_str_eq(text(line, "spi_in"), "c0000001");
	ck_assert_str_eq(text(line, "spi_out"), "c0000002");
	ck_assert_str_eq(text(line, "local"), "192.168.50.1");
	ck_assert_str_eq(text(line, "remote"), "192.168.50.2");
	ck_assert_str_eq(text(line, "mode"), "transport");
	ck_assert_str_eq(text(line, "requested"), "packet");
	ck_assert_str_eq(text(line, "effective"), "packet");
	ck_assert_str_eq(text(line, "device"), "nic3");
	ck_assert_str_eq(text(line, "reason"), "as-requested");
	ck_assert(json_is_null(json_object_get(line, "kernel")));
	ck_assert(json_is_null(json_object_get(line, "moved")));
	ck_assert_str_eq(text(json_object_get(line, "in"), "spi"), "c0000001");
	out = json_object_get(line, "out");
	ck_assert_str_eq(text(out, "spi"), "c0000002");
	ck_assert(json_is_true(json_object_get(out, "installed")));
	ck_assert_str_eq(text(out, "kernel_mode"), "packet");
	ck_assert_str_eq(text(out, "kernel_device"), "nic3");
	ck_assert_str_eq(text(out, "traffic_limits_by"), "device");
	limits = json_object_get(out, "limits");
	ck_assert_int_eq(number(limits, "soft_packets"), 1000);
	ck_assert_int_eq(number(limits, "hard_packets"), 2000);
	ck_assert_int_eq(number(limits, "hard_seconds"), 3600);
	ck_assert(json_is_null(json_object_get(limits, "hard_bytes")));
	json_decref(line);
	client_last(client, 1);
}
END_TEST

START_TEST(test_list_refused)
{
	FILE *client;
	json_t *line;

	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO,
							"not \xff\xfe today"));
	install_pair(HW_OFFLOAD_AUTO, SPI_IN, SPI_OUT);
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	line = client_line(client);
	ck_assert(json_is_null(json_object_get(line, "connection")));
	ck_assert(json_is_null(json_object_get(line, "child_id")));
	ck_assert_str_eq(text(line, "requested"), "auto");
	ck_assert_str_eq(text(line, "effective"), "crypto");
	ck_assert_str_eq(text(line, "reason"), "driver-refused");
	ck_assert_str_eq(text(line, "kernel"), "not ?? today");
	ck_assert_str_eq(text(json_object_get(line, "out"), "traffic_limits_by"),
					 "kernel");
	json_decref(line);
	client_last(client, 1);
}
END_TEST

START_TEST(test_list_ipcomp)
{
	FILE *client;
	test_sa_t sa;

	/* its SA of IPComp is no CHILD_SA of its own */
	sa_init(&sa, SPI_IN, TRUE, HW_OFFLOAD_AUTO);
	sa.data.ipcomp = IPCOMP_DEFLATE;
	sa.data.cpi = htons(0x1234);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 2);
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	json_decref(client_line(client));
	client_last(client, 1);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_policies)
{
	FILE *client;
	json_t *line, *sel;
	test_sp_t sp;

	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", SPI_OUT, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	client = client_ask("hw-offload 1 policies\n");
	client_first(client, "policies");
	line = client_line(client);
	ck_assert_str_eq(text(line, "type"), "policy");
	ck_assert_str_eq(text(line, "dir"), "out");
	ck_assert_str_eq(text(line, "action"), "protect");
	ck_assert_str_eq(text(line, "requested"), "packet");
	ck_assert_str_eq(text(line, "effective"), "packet");
	ck_assert_str_eq(text(line, "device"), "nic3");
	ck_assert_str_eq(text(line, "spi"), "c0000002");
	ck_assert_int_eq(number(line, "users"), 1);
	ck_assert(json_is_true(json_object_get(line, "installed")));
	ck_assert(json_is_true(json_object_get(line, "guarded")));
	ck_assert(json_is_false(json_object_get(line, "busy")));
	sel = json_object_get(line, "selector");
	ck_assert_str_eq(text(sel, "src"), "192.168.50.1/32");
	ck_assert_str_eq(text(sel, "dst"), "192.168.50.2/32");
	ck_assert(json_is_null(json_object_get(sel, "proto")));
	json_decref(line);
	client_last(client, 1);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_list_vanished)
{
	FILE *client;
	json_t *line;

	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	fake_kernel_device_down(kernel, NIC);
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	line = client_line(client);
	ck_assert(json_is_false(json_object_get(json_object_get(line, "out"),
											"installed")));
	json_decref(line);
	client_last(client, 1);
}
END_TEST

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

START_TEST(test_watch)
{
	FILE *client;
	json_t *line;
	int i;

	client = client_ask("hw-offload 1 watch\n");
	client_first(client, "watch");
	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	for (i = 0; i < 2; i++)
	{
		child_updown(SPI_IN, SPI_OUT, i == 0);
		line = client_line(client);
		ck_assert_str_eq(text(line, "type"), "event");
		ck_assert_str_eq(text(line, "event"), i == 0 ? "up" : "down");
		ck_assert_str_eq(text(line, "connection"), "gw");
		ck_assert_str_eq(text(line, "spi_out"), "c0000002");
		ck_assert_str_eq(text(line, "effective"), "packet");
		ck_assert_int_eq(number(line, "missed"), 0);
		json_decref(line);
	}
	fclose(client);
}
END_TEST

START_TEST(test_watch_slowly)
{
	FILE *client;
	json_t *line;
	int missed = 0, got = 0, i, count = 20000;

	client = client_ask("hw-offload 1 watch\n");
	client_first(client, "watch");
	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	for (i = 0; i < count; i++)
	{
		child_updown(SPI_IN, SPI_OUT, TRUE);
	}
	while (missed + got < count)
	{
		line = client_line(client);
		ck_assert(line != NULL);
		missed += number(line, "missed");
		got++;
		json_decref(line);
	}
	ck_assert_int_eq(missed + got, count);
	ck_assert_int_gt(missed, 0);
	fclose(client);
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
	ck_assert_int_eq(st.st_mode & 07777, 0660);
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
}
END_TEST

/* answers for test_deadlines: an endless one */

CALLBACK(endless_begin, void*,
	void *data, const char *request)
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
	server = line_server_create(status_uri, &handler, &deadlines);
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

TCase *status_tcase(void)
{
	TCase *tcase;

	tcase = tcase_create("status");
	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_list);
	tcase_add_test(tcase, test_list_refused);
	tcase_add_test(tcase, test_list_ipcomp);
	tcase_add_test(tcase, test_policies);
	tcase_add_test(tcase, test_list_vanished);
	tcase_add_test(tcase, test_list_many);
	tcase_add_test(tcase, test_client_killed);
	tcase_add_test(tcase, test_clients_dont_read);
	tcase_add_test(tcase, test_watch);
	tcase_add_test(tcase, test_watch_slowly);
	tcase_add_test(tcase, test_garbage);
	tcase_add_test(tcase, test_permissions);
	tcase_add_test(tcase, test_no_socket);
	tcase_add_test(tcase, test_deadlines);
	return tcase;
}
