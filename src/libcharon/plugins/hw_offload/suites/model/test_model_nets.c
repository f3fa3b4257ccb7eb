/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what several traffic selectors have in common, and of link-local
 * addresses.
 */

#include "model_suites.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "../../model/plan/ts_convert.h"

/**
 * Create a traffic selector for a range of addresses.
 */
static traffic_selector_t *create_ts(uint8_t proto, char *from, char *to,
									 uint16_t from_port, uint16_t to_port)
{
	ts_type_t type;

	type = strchr(from, ':') ? TS_IPV6_ADDR_RANGE : TS_IPV4_ADDR_RANGE;
	return traffic_selector_create_from_string(proto, type, from, from_port,
											   to, to_port);
}

/**
 * Compare an address.
 */
static void check_net(const hwo_addr_t *net, const char *expected)
{
	uint8_t addr[16] = {};

	inet_pton(net->family, expected, addr);
	ck_assert_mem_eq(net->bytes, addr, sizeof(addr));
}

/** addresses, and whether they are valid on one link only */
static const struct {
	char *addr;
	bool link;
} locals[] = {
	{ "fe80::1", TRUE },
	{ "febf::1", TRUE },
	{ "fec0::1", FALSE },
	{ "fe7f::1", FALSE },
	{ "2001:db8::1", FALSE },
	{ "169.254.1.1", FALSE },
};

/**
 * Create a host with a scope, IPv4 has none.
 */
static host_t *create_host(char *addr, uint32_t scope)
{
	struct sockaddr_in6 *sockaddr;
	host_t *host;

	host = host_create_from_string(addr, 0);
	if (host->get_family(host) == AF_INET6)
	{
		sockaddr = (struct sockaddr_in6*)host->get_sockaddr(host);
		sockaddr->sin6_scope_id = scope;
	}
	return host;
}

START_TEST(test_link_local)
{
	host_t *host = create_host(locals[_i].addr, 7), *other;
	hwo_addr_t addr;

	hwo_addr_from_host(host, &addr);
	ck_assert_int_eq(hwo_addr_is_link_local(&addr), locals[_i].link);
	ck_assert_uint_eq(hwo_hosts_link(host, NULL), locals[_i].link ? 7 : 0);
	ck_assert_uint_eq(hwo_hosts_link(NULL, host), locals[_i].link ? 7 : 0);
	/* one of them may have been made without */
	other = create_host(locals[_i].addr, 0);
	ck_assert_uint_eq(hwo_hosts_link(other, host), locals[_i].link ? 7 : 0);
	ck_assert_uint_eq(hwo_hosts_link(other, other), 0);
	ck_assert_uint_eq(hwo_hosts_link(NULL, NULL), 0);
	other->destroy(other);
	host->destroy(host);
}
END_TEST

START_TEST(test_nets)
{
	linked_list_t *list = linked_list_create();
	hwo_nets_t nets;
	char from[32];
	int i;

	hwo_nets_from_ts(list, &nets);
	ck_assert_uint_eq(nets.count, 0);
	list->insert_last(list, create_ts(6, "10.0.0.1", "10.0.0.254", 80, 80));
	/* the same, for another port */
	list->insert_last(list, create_ts(6, "10.0.0.0", "10.0.0.255", 443, 443));
	list->insert_last(list, create_ts(0, "2001:db8::1", "2001:db8::1", 0,
									  65535));
	hwo_nets_from_ts(list, &nets);
	ck_assert_uint_eq(nets.count, 2);
	ck_assert_int_eq(nets.net[0].family, AF_INET);
	check_net(&nets.net[0], "10.0.0.0");
	ck_assert_uint_eq(nets.prefix[0], 24);
	ck_assert_int_eq(nets.net[1].family, AF_INET6);
	check_net(&nets.net[1], "2001:db8::1");
	ck_assert_uint_eq(nets.prefix[1], 128);
	/* more than there is space for are counted */
	for (i = 0; i < HWO_MAX_NETS; i++)
	{
		snprintf(from, sizeof(from), "10.1.%d.0", i);
		list->insert_last(list, create_ts(0, from, from, 0, 65535));
	}
	hwo_nets_from_ts(list, &nets);
	ck_assert_uint_eq(nets.count, HWO_MAX_NETS + 2);
	check_net(&nets.net[HWO_MAX_NETS - 1], "10.1.5.0");
	list->destroy_offset(list, offsetof(traffic_selector_t, destroy));
}
END_TEST

/** protocols of two traffic selectors on one side, and of one on the other */
static const struct {
	uint8_t first, second, other, proto;
} protos[] = {
	{ 0, 0, 0, 0 },
	{ 17, 17, 17, 17 },
	{ 17, 17, 0, 17 },
	{ 17, 6, 0, 0 },
	{ 17, 6, 6, 6 },
	{ 0, 17, 0, 0 },
	{ 17, 0, 0, 0 },
};

START_TEST(test_proto)
{
	linked_list_t *two, *one;

	two = linked_list_create_with_items(
			create_ts(protos[_i].first, "10.0.0.1", "10.0.0.1", 0, 65535),
			create_ts(protos[_i].second, "10.0.0.1", "10.0.0.1", 0, 65535),
			NULL);
	one = linked_list_create_with_items(
			create_ts(protos[_i].other, "10.0.0.2", "10.0.0.2", 0, 65535),
			NULL);
	ck_assert_uint_eq(hwo_proto_from_ts(two, one), protos[_i].proto);
	ck_assert_uint_eq(hwo_proto_from_ts(one, two), protos[_i].proto);
	two->destroy_offset(two, offsetof(traffic_selector_t, destroy));
	one->destroy_offset(one, offsetof(traffic_selector_t, destroy));
}
END_TEST

TCase *nets_tcase(void)
{
	TCase *tc;

	tc = tcase_create("nets");
	tcase_add_checked_fixture(tc, model_setup, model_teardown);
	tcase_add_loop_test(tc, test_link_local, 0, countof(locals));
	tcase_add_test(tc, test_nets);
	tcase_add_loop_test(tc, test_proto, 0, countof(protos));
	return tc;
}
