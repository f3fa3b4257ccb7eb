/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what the status service tells.
 */

#include "service_suites.h"
#include "bus_child.h"
#include "status_client.h"
#include "../../service/status/status_request.h"

#define SPI_IN 0xc0000001
#define SPI_OUT 0xc0000002

START_TEST(test_list)
{
	FILE *client;
	json_t *line, *out, *limits;

	/* longer than what is kept, the last character of that would be half */
	bus_child_name = "net-0123456789-0123456789-0123456789-0123456789-"
					 "0123456789-01\xc3\xa4\xc3\xa4";
	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	bus_child_updown(SPI_IN, SPI_OUT, TRUE);
	bus_child_name = "net";
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	line = client_line(client);
	ck_assert_str_eq(text(line, "type"), "child");
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
	ck_assert_str_eq(text(line, "candidate"), "nic3");
	ck_assert_str_eq(text(line, "reason"), "as-requested");
	ck_assert(json_is_null(json_object_get(line, "kernel")));
	ck_assert(json_is_null(json_object_get(line, "moved")));
	ck_assert_str_eq(text(json_object_get(line, "in"), "spi"), "c0000001");
	out = json_object_get(line, "out");
	ck_assert_str_eq(text(out, "spi"), "c0000002");
	ck_assert(json_is_true(json_object_get(out, "installed")));
	ck_assert_str_eq(text(out, "reason"), "as-requested");
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

START_TEST(test_list_candidate)
{
	FILE *client;
	json_t *line;

	/* which of the devices has no feature? */
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	install_pair(HW_OFFLOAD_AUTO, SPI_IN, SPI_OUT);
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	line = client_line(client);
	ck_assert_str_eq(text(line, "reason"), "feature-off");
	ck_assert(json_is_null(json_object_get(line, "device")));
	ck_assert_str_eq(text(line, "candidate"), "nic3");
	json_decref(line);
	client_last(client, 1);
}
END_TEST

/**
 * Get the only CHILD_SA, check why its mode is none.
 */
static void assert_neither(const char *reason, const char *crypto,
						   const char *words)
{
	json_t *line, *other;
	FILE *client;

	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	line = client_line(client);
	ck_assert_str_eq(text(line, "effective"), "none");
	ck_assert_str_eq(text(line, "reason"), reason);
	other = json_object_get(line, "crypto");
	ck_assert_str_eq(text(other, "reason"), crypto);
	ck_assert_str_eq(text(other, "kernel"), words);
	json_decref(line);
	client_last(client, 1);
}

START_TEST(test_list_neither)
{
	/* rules speak against one, the device refuses the other */
	lib->settings->set_str(lib->settings,
						   "%s.plugins.hw-offload.devices.nic3.modes", "crypto",
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_EINVAL,
							"driver: not today"));
	install_pair(HW_OFFLOAD_AUTO, SPI_IN, SPI_OUT);
	assert_neither("device-modes", "driver-refused", "driver: not today");
	/* the same with words for each */
	lib->settings->set_str(lib->settings,
						   "%s.plugins.hw-offload.devices.nic3.modes", "packet",
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_EINVAL,
							"driver: not today"));
	install_pair(HW_OFFLOAD_AUTO, SPI_IN, SPI_OUT);
	assert_neither("driver-refused", "device-modes", "(none)");
}
END_TEST

START_TEST(test_list_elsewhere)
{
	test_sa_t in, out;
	FILE *client;
	json_t *line;

	/* the route moves after the inbound SA got what it asked for, so the
	 * outbound one can't be where that is */
	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload.rebind",
							FALSE, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_add_device(kernel, NIC + 1, FAKE_CAPS_PACKET, NULL);
	sa_init(&in, SPI_IN, TRUE, HW_OFFLOAD_AUTO);
	sa_init(&out, SPI_OUT, FALSE, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC + 1, NULL,
						  "192.168.50.1", 0);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	line = client_line(client);
	ck_assert_str_eq(text(line, "effective"), "none");
	ck_assert_str_eq(text(line, "reason"), "wrong-device");
	ck_assert_str_eq(text(json_object_get(line, "crypto"), "reason"),
					 "wrong-device");
	json_decref(line);
	client_last(client, 1);
	sa_clear(&in);
	sa_clear(&out);
}
END_TEST

START_TEST(test_list_one_of_both)
{
	FILE *client;
	json_t *line;

	/* crypto is in effect, so nothing speaks against it */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO, "driver: no"));
	install_pair(HW_OFFLOAD_AUTO, SPI_IN, SPI_OUT);
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	line = client_line(client);
	ck_assert_str_eq(text(line, "effective"), "crypto");
	ck_assert(json_is_null(json_object_get(line, "crypto")));
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

/**
 * Check the guard, and what stands before it.
 */
static void assert_kernel(json_t *sps)
{
	json_t *item, *tmpl;
	json_int_t priority;

	ck_assert_int_eq(json_array_size(sps), 2);
	item = json_array_get(sps, 0);
	ck_assert(json_is_null(json_object_get(item, "interface")));
	ck_assert_str_eq(text(item, "action"), "block");
	ck_assert(json_is_true(json_object_get(item, "guard")));
	priority = number(item, "priority");
	ck_assert_str_eq(text(item, "mode"), "none");
	ck_assert(json_is_null(json_object_get(item, "device")));
	ck_assert_int_eq(json_array_size(json_object_get(item, "templates")), 0);
	item = json_array_get(sps, 1);
	ck_assert_str_eq(text(item, "interface"), "nic3");
	ck_assert_str_eq(text(item, "action"), "allow");
	ck_assert(json_is_false(json_object_get(item, "guard")));
	ck_assert_int_eq(number(item, "priority"), priority - 1);
	ck_assert(json_is_true(json_object_get(item, "icmp")));
	ck_assert_int_eq(number(item, "user"), 2);
	ck_assert_str_eq(text(item, "mode"), "packet");
	ck_assert_str_eq(text(item, "device"), "nic3");
	ck_assert_int_eq(json_array_size(json_object_get(item, "templates")), 1);
	tmpl = json_array_get(json_object_get(item, "templates"), 0);
	ck_assert_str_eq(text(tmpl, "protocol"), "esp");
	ck_assert_str_eq(text(tmpl, "spi"), "c0000002");
	ck_assert_int_eq(number(tmpl, "reqid"), 1);
	ck_assert_str_eq(text(tmpl, "mode"), "transport");
	ck_assert(json_is_false(json_object_get(tmpl, "optional")));
}

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
	assert_kernel(json_object_get(line, "in_kernel"));
	json_decref(line);
	client_last(client, 1);
	sp_clear(&sp);
}
END_TEST

/**
 * Release what is blocked, and check how much that was.
 */
static void assert_released(const char *what, int count)
{
	char request[64], buf[256];
	FILE *client;
	json_t *line;

	snprintf(request, sizeof(request), "hw-offload 1 release %s\n", what);
	client = client_ask(request);
	client_first(client, "release");
	ck_assert(fgets(buf, sizeof(buf), client) != NULL);
	line = json_loads(buf, 0, NULL);
	ck_assert_str_eq(text(line, "type"), "released");
	ck_assert_int_eq(number(line, "count"), count);
	json_decref(line);
	client_last(client, 1);
}

START_TEST(test_permitted)
{
	/* who may connect may look, but not change anything */
	ck_assert(hwo_status_permitted(HWO_STATUS_POLICIES, 1000, 0));
	ck_assert(!hwo_status_permitted(HWO_STATUS_RELEASE, 1000, 0));
	ck_assert(!hwo_status_permitted(HWO_STATUS_RELEASE, -1, 0));
	ck_assert(!hwo_status_permitted(HWO_STATUS_RELEASE, 1000, 999));
	ck_assert(hwo_status_permitted(HWO_STATUS_RELEASE, 0, 999));
	ck_assert(hwo_status_permitted(HWO_STATUS_RELEASE, 999, 999));
}
END_TEST

START_TEST(test_policy_blocked)
{
	static const char *const what[] = { "all", "10.2.0.0/16", "192.168.50.2",
		"192.168.50.2/32" };
	FILE *client;
	json_t *line, *sps;
	test_sp_t old, new;

	/* the next CHILD_SA gets no policy, and then this one is closed */
	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	sp_init(&old, POLICY_OUT, "10.1.0.0/16", "10.2.0.0/16", SPI_OUT, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&old), SUCCESS);
	install_pair(HW_OFFLOAD_PACKET, SPI_IN + 2, SPI_OUT + 2);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	sp_init(&new, POLICY_OUT, "10.1.0.0/16", "10.2.0.0/16", SPI_OUT + 2,
			1, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&new), FAILED);
	ck_assert_int_eq(sp_del(&old), SUCCESS);
	client = client_ask("hw-offload 1 policies\n");
	client_first(client, "policies");
	line = client_line(client);
	ck_assert_str_eq(text(line, "action"), "blocked");
	ck_assert_int_eq(number(line, "users"), 0);
	ck_assert(json_is_true(json_object_get(line, "installed")));
	sps = json_object_get(line, "in_kernel");
	ck_assert_int_eq(json_array_size(sps), 1);
	ck_assert_str_eq(text(json_array_get(sps, 0), "action"), "block");
	ck_assert_str_eq(text(line, "why"), "rekey-failed");
	ck_assert_str_eq(text(line, "peer"), "192.168.50.2");
	ck_assert_int_gt(number(line, "since"), 0);
	json_decref(line);
	client_last(client, 1);
	/* for somebody else, and for this one */
	assert_released("192.168.50.3", 0);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	assert_released(what[_i], 1);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	assert_released("all", 0);
	sp_clear(&old);
	sp_clear(&new);
}
END_TEST

START_TEST(test_policy_failed)
{
	FILE *client;
	test_sp_t sp;

	/* there is none, so nothing is blocked by it either */
	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", SPI_OUT, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp), FAILED);
	client = client_ask("hw-offload 1 policies\n");
	client_first(client, "policies");
	client_last(client, 0);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_list_vanished)
{
	FILE *client;
	json_t *line;

	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	if (_i)
	{	/* what packets leave in its place does not count */
		fake_kernel_flood(kernel, htonl(SPI_OUT));
		ck_assert(fake_kernel_drop_sa(kernel, htonl(SPI_OUT)));
	}
	else
	{
		fake_kernel_device_down(kernel, NIC);
	}
	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	line = client_line(client);
	ck_assert(json_is_false(json_object_get(json_object_get(line, "out"),
											"installed")));
	json_decref(line);
	client_last(client, 1);
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
		bus_child_updown(SPI_IN, SPI_OUT, i == 0);
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
	int missed = 0, got = 0, i, count = 5000;

	client = client_ask("hw-offload 1 watch\n");
	client_first(client, "watch");
	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	for (i = 0; i < count; i++)
	{
		bus_child_updown(SPI_IN, SPI_OUT, TRUE);
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

TCase *status_tcase(void)
{
	TCase *tcase;

	tcase = tcase_create("status");
	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_list);
	tcase_add_test(tcase, test_list_refused);
	tcase_add_test(tcase, test_list_candidate);
	tcase_add_test(tcase, test_list_neither);
	tcase_add_test(tcase, test_list_elsewhere);
	tcase_add_test(tcase, test_list_one_of_both);
	tcase_add_test(tcase, test_list_ipcomp);
	tcase_add_test(tcase, test_policies);
	tcase_add_loop_test(tcase, test_policy_blocked, 0, 4);
	tcase_add_test(tcase, test_policy_failed);
	tcase_add_test(tcase, test_permitted);
	tcase_add_loop_test(tcase, test_list_vanished, 0, 2);
	tcase_add_test(tcase, test_watch);
	tcase_add_test(tcase, test_watch_slowly);
	return tcase;
}
