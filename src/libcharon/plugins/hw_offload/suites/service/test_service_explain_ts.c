/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is expected of traffic selectors.
 */

#include "service_suites.h"
#include "service_config.h"
#include "status_client.h"

/**
 * Ask about a child with these remote_ts.
 */
static const char *explain_subnet(const char *remote_ts)
{
	char request[256];

	snprintf(request, sizeof(request), "hw-offload 1 explain-written "
			 "{\"hw_offload\":\"packet\","
			 "\"esp_proposals\":\"aes128gcm128-esn\","
			 "\"remote_addrs\":\"192.168.50.2\",\"remote_ts\":\"%s\"}\n",
			 remote_ts);
	return client_explain(request, "explain-written");
}

START_TEST(test_subnets)
{
	ck_assert(service_start(FAKE_LINUX_6_12, FAKE_CAPS_PACKET, NULL));
	ck_assert_str_eq(explain_subnet("10.2.0.0/16[udp/4789]"), "subnet");
	ck_assert_str_eq(explain_subnet("10.2.0.1, 10.2.0.2/31"), "subnet");
	ck_assert_str_eq(explain_subnet("10.2.0.1-10.2.0.9"), "subnet");
	ck_assert_str_eq(explain_subnet("10.2.0.1"), "as-requested");
	ck_assert_str_eq(explain_subnet("10.2.0.1/32[udp]"), "as-requested");
	ck_assert_str_eq(explain_subnet("0.0.0.0/0, dynamic"), "as-requested");
	ck_assert_str_eq(explain_subnet("10.2.0.1[17/53]"), "as-requested");
	/* the driver may be newer than the kernel */
	lib->settings->set_bool(lib->settings,
							"%s.plugins.hw-offload.packet_subnets", TRUE,
							lib->ns);
	ck_assert(service_start(FAKE_LINUX_6_12, FAKE_CAPS_PACKET, NULL));
	ck_assert_str_eq(explain_subnet("10.2.0.0/16"), "as-requested");
}
END_TEST

START_TEST(test_subnets_loaded)
{
	ck_assert(service_start(FAKE_LINUX_6_12, FAKE_CAPS_PACKET, NULL));
	service_config_load();
	config.requested = HW_OFFLOAD_PACKET;
	config.proposal = "aes128gcm128-esn";
	config.remote = "192.168.50.2";
	config.mode = MODE_TUNNEL;
	config.ts = _i ? "10.2.0.0/16" : "10.2.0.1/32";
	ck_assert_str_eq(client_explain("hw-offload 1 explain gw net\n", "explain"),
					 _i ? "subnet" : "as-requested");
}
END_TEST

/** what is written, and what comes of it */
static const struct {
	const char *local, *remote, *reason;
} written[] = {
	{ "0.0.0.0/0", "10.2.0.1, 0.0.0.0/0", "any-any" },
	{ "0.0.0.0/1", "0.0.0.0/0[udp/4789]", "any-any" },
	{ "10.1.0.0/16", "0.0.0.0/1", "any-any" },
	{ "::/0", "10.2.0.1, ::/0", "mixed-families" },
	{ "dynamic", "0.0.0.0/0", "as-requested" },
	{ "0.0.0.0/0", "dynamic", "as-requested" },
	{ "0.0.0.0-10.0.0.0", "0.0.0.0-0.0.0.9", "any-any" },
	{ "10.1.0.1", "10.2.0.1[/80]", "any-protocol" },
	{ "dynamic[any/80]", "dynamic", "any-protocol" },
	{ "10.1.0.1[0/80]", "10.2.0.1", "any-protocol" },
	{ "10.1.0.1[/80]", "10.2.0.1[tcp]", "as-requested" },
	{ "10.1.0.1[tcp/80]", "10.2.0.1[6/any]", "as-requested" },
	{ "10.1.0.1[any/any]", "10.2.0.1[]", "as-requested" },
	{ "10.1.0.1[/]", "10.2.0.1[/any]", "as-requested" },
};

START_TEST(test_written_ts)
{
	char request[512];

	snprintf(request, sizeof(request), "hw-offload 1 explain-written "
			 "{\"hw_offload\":\"packet\","
			 "\"esp_proposals\":\"aes128gcm128-esn\","
			 "\"local_addrs\":\"192.168.50.1\","
			 "\"remote_addrs\":\"192.168.50.2\","
			 "\"local_ts\":\"%s\",\"remote_ts\":\"%s\"}\n",
			 written[_i].local, written[_i].remote);
	ck_assert_str_eq(client_explain(request, "explain-written"),
					 written[_i].reason);
}
END_TEST

START_TEST(test_loaded_ts)
{
	service_config_load();
	config.requested = HW_OFFLOAD_PACKET;
	config.proposal = "aes128gcm128-esn";
	config.remote = "192.168.50.2";
	config.mode = MODE_TUNNEL;
	config.ts = _i ? "0.0.0.0/0" : NULL;
	ck_assert_str_eq(client_explain("hw-offload 1 explain gw net\n",
									"explain"),
					 _i ? "any-any" : "as-requested");
}
END_TEST

/** what the driver of NVIDIA's packages does not do */
static const struct {
	const char *local, *remote, *local_ts, *remote_ts, *reason;
} packaged[] = {
	{ "192.168.50.1", "192.168.50.2", "10.1.0.0/16", "10.2.0.0/24",
	  "as-requested" },
	{ "fec5::1", "fec5::2", "2001:db8:1::/48", "2001:db8:2::/64",
	  "prefix-lengths" },
	{ "fec5::1", "fec5::2", "2001:db8:1::/64", "dynamic", "prefix-lengths" },
	{ "fec5::1", "fec5::2", "dynamic", "dynamic", "next-hop" },
};

START_TEST(test_packaged)
{
	static const hwo_driver_t driver = { "mlx5_core", "25.10-1.7.1" };
	char request[512];

	test_link_driver = &driver;
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	snprintf(request, sizeof(request), "hw-offload 1 explain-written "
			 "{\"hw_offload\":\"packet\","
			 "\"esp_proposals\":\"aes128gcm128-esn\","
			 "\"local_addrs\":\"%s\",\"remote_addrs\":\"%s\","
			 "\"local_ts\":\"%s\",\"remote_ts\":\"%s\"}\n",
			 packaged[_i].local, packaged[_i].remote, packaged[_i].local_ts,
			 packaged[_i].remote_ts);
	ck_assert_str_eq(client_explain(request, "explain-written"),
					 packaged[_i].reason);
}
END_TEST

TCase *explain_ts_tcase(void)
{
	TCase *tcase = tcase_create("explain_ts");

	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_add_test(tcase, test_subnets);
	tcase_add_loop_test(tcase, test_subnets_loaded, 0, 2);
	tcase_add_loop_test(tcase, test_written_ts, 0, countof(written));
	tcase_add_loop_test(tcase, test_loaded_ts, 0, 2);
	tcase_add_loop_test(tcase, test_packaged, 0, countof(packaged));
	return tcase;
}
