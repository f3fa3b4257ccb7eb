/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of addresses and selectors as values.
 */

#include "model_suites.h"

#include <arpa/inet.h>

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
 * Convert two traffic selectors, which are destroyed.
 */
static void convert(traffic_selector_t *src, traffic_selector_t *dst,
					hwo_selector_t *sel)
{
	memset(sel, 0xa5, sizeof(*sel));
	hwo_selector_from_ts(src, dst, sel);
	src->destroy(src);
	dst->destroy(dst);
}

/**
 * Compare an address, the bytes after it have to be zero.
 */
static void check_bytes(const uint8_t bytes[16], const char *expected)
{
	uint8_t addr[16] = {};

	inet_pton(strchr(expected, ':') ? AF_INET6 : AF_INET, expected, addr);
	ck_assert_mem_eq(bytes, addr, sizeof(addr));
}

/** ranges, and the smallest subnet around them */
static const struct {
	char *from, *to, *net;
	uint8_t prefix;
} subnets[] = {
	{ "192.168.50.1",	"192.168.50.1",		"192.168.50.1",	32 },
	{ "192.168.50.2",	"192.168.50.3",		"192.168.50.2",	31 },
	{ "192.168.50.1",	"192.168.50.2",		"192.168.50.0",	30 },
	{ "10.0.0.0",		"10.0.0.255",		"10.0.0.0",		24 },
	{ "10.0.0.1",		"10.0.0.254",		"10.0.0.0",		24 },
	{ "10.0.0.255",		"10.0.1.0",			"10.0.0.0",		23 },
	{ "10.0.0.0",		"10.255.255.255",	"10.0.0.0",		8 },
	{ "127.255.255.255","128.0.0.0",		"0.0.0.0",		0 },
	{ "0.0.0.0",		"127.255.255.255",	"0.0.0.0",		1 },
	{ "0.0.0.0",		"255.255.255.255",	"0.0.0.0",		0 },
	{ "fec5::1",		"fec5::1",			"fec5::1",		128 },
	{ "fec5::",			"fec5::ffff:ffff:ffff:ffff", "fec5::",	64 },
	{ "fec5::1",		"fec5::1:0:0:0:1",	"fec5::",		63 },
	{ "2001:db8::10",	"2001:db8::1f",		"2001:db8::10",	124 },
	{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::", 0 },
};

START_TEST(test_subnet)
{
	char *other = strchr(subnets[_i].from, ':') ? "fe80::7" : "198.51.100.7";
	uint8_t width = strchr(other, ':') ? 128 : 32;
	hwo_selector_t sel;

	convert(create_ts(0, subnets[_i].from, subnets[_i].to, 0, 65535),
			create_ts(0, other, other, 0, 65535), &sel);
	ck_assert_int_eq(sel.family, width == 128 ? AF_INET6 : AF_INET);
	ck_assert_int_eq(sel.src_prefix, subnets[_i].prefix);
	check_bytes(sel.src, subnets[_i].net);
	ck_assert_int_eq(sel.dst_prefix, width);
	check_bytes(sel.dst, other);
	ck_assert_int_eq(sel.proto, 0);
	ck_assert_int_eq(sel.ifindex, 0);
	ck_assert_int_eq(hwo_selector_shapes(&sel) & HWO_SHAPE_SUBNET,
					 sel.src_prefix != 0 && sel.src_prefix != width ?
					 HWO_SHAPE_SUBNET : 0);

	convert(create_ts(0, other, other, 0, 65535),
			create_ts(0, subnets[_i].from, subnets[_i].to, 0, 65535), &sel);
	ck_assert_int_eq(sel.dst_prefix, subnets[_i].prefix);
	check_bytes(sel.dst, subnets[_i].net);
	ck_assert_int_eq(sel.src_prefix, width);
	check_bytes(sel.src, other);
}
END_TEST

/**
 * Check that a port and mask cover a range, and that no longer mask would.
 */
static void check_ports(uint32_t from, uint32_t to, uint16_t port,
						uint16_t mask)
{
	uint32_t i, longer, size, missed = 0;

	size = 0x10000 - mask;
	ck_assert_msg((size & (size - 1)) == 0, "%u-%u: mask %04x has gaps", from,
				  to, mask);
	ck_assert_msg((port & ~mask) == 0, "%u-%u: port %u", from, to, port);
	for (i = from; i <= to; i++)
	{
		missed += (i & mask) != port;
	}
	ck_assert_msg(!missed, "%u-%u: %u ports are not covered", from, to, missed);
	if (mask != 0xffff)
	{
		longer = (mask >> 1) | 0x8000;
		ck_assert_msg((from & longer) != (to & longer), "%u-%u: mask %04x is "
					  "too short", from, to, mask);
	}
}

/** values around all powers of two */
static int boundaries(uint16_t values[64])
{
	int i, count = 0;

	for (i = 0; i < 16; i++)
	{
		values[count++] = (1 << i) - 1;
		values[count++] = 1 << i;
		values[count++] = (1 << i) + 1;
	}
	values[count++] = 65534;
	values[count++] = 65535;
	return count;
}

START_TEST(test_ports)
{
	uint16_t values[64];
	hwo_selector_t sel;
	int i, j, count;

	count = boundaries(values);
	for (i = 0; i < count; i++)
	{
		for (j = 0; j < count; j++)
		{
			if (values[i] > values[j])
			{
				continue;
			}
			convert(create_ts(17, "10.0.0.1", "10.0.0.1", values[i], values[j]),
					create_ts(17, "10.0.0.2", "10.0.0.2", values[i], values[i]),
					&sel);
			check_ports(values[i], values[j], sel.src_port, sel.src_port_mask);
			ck_assert_int_eq(sel.dst_port, values[i]);
			ck_assert_int_eq(sel.dst_port_mask, 0xffff);
			convert(create_ts(17, "10.0.0.1", "10.0.0.1", values[i], values[i]),
					create_ts(17, "10.0.0.2", "10.0.0.2", values[i], values[j]),
					&sel);
			check_ports(values[i], values[j], sel.dst_port, sel.dst_port_mask);
			ck_assert_int_eq(sel.src_port, values[i]);
		}
	}
}
END_TEST

/**
 * Pairs of selectors with protocol and ports, and what becomes of them: for
 * ICMP the type is in the source port, the code in the destination port.
 */
static const struct {
	uint8_t src_proto;
	uint16_t src_from, src_to;
	uint8_t dst_proto;
	uint16_t dst_from, dst_to;
	uint8_t proto;
	uint16_t src_port, src_mask, dst_port, dst_mask;
} uppers[] = {
	{ 17, 0, 65535, 17, 4789, 4789,		17, 0, 0, 4789, 0xffff },
	/* only one of them has a protocol */
	{ 0, 0, 65535, 6, 443, 443,			6, 0, 0, 443, 0xffff },
	{ 6, 443, 443, 0, 0, 65535,			6, 443, 0xffff, 0, 0 },
	{ 6, 1024, 65535, 6, 80, 81,		6, 0, 0, 80, 0xfffe },
	/* ports that can't be told, RFC 7296, 3.13.1 */
	{ 6, 65535, 0, 6, 443, 443,			6, 0, 0, 443, 0xffff },
	/* any message, echo request, port unreachable, any unreachable */
	{ 1, 0, 65535, 1, 0, 65535,			1, 0, 0, 0, 0 },
	{ 1, 0x0800, 0x0800, 1, 0x0800, 0x0800,		1, 8, 0xffff, 0, 0 },
	{ 1, 0x0303, 0x0303, 1, 0x0303, 0x0303,		1, 3, 0xffff, 3, 0xffff },
	{ 1, 0x0300, 0x03ff, 1, 0x0300, 0x03ff,		1, 3, 0xffff, 0, 0 },
	/* only one of them has a type */
	{ 1, 0x0303, 0x0303, 1, 0, 65535,			1, 3, 0xffff, 3, 0xffff },
	{ 1, 0, 65535, 1, 0x0303, 0x0303,			1, 3, 0xffff, 3, 0xffff },
	{ 0, 0, 65535, 58, 0x8000, 0x80ff,			58, 128, 0xffff, 0, 0 },
	/* ranges of types and codes */
	{ 1, 0x0800, 0x0aff, 1, 0x0800, 0x0aff,		1, 8, 0xfffc, 0, 0 },
	{ 58, 0x8500, 0x89ff, 58, 0, 65535,			58, 0x80, 0xfff0, 0, 0 },
	{ 1, 0x0304, 0x0307, 1, 0x0304, 0x0307,		1, 3, 0xffff, 4, 0xfffc },
	{ 1, 0, 65535, 1, 0x030c, 0x030d,			1, 3, 0xffff, 12, 0xfffe },
};

START_TEST(test_upper)
{
	hwo_selector_t sel;

	convert(create_ts(uppers[_i].src_proto, "fec5::1", "fec5::1",
					  uppers[_i].src_from, uppers[_i].src_to),
			create_ts(uppers[_i].dst_proto, "fec5::2", "fec5::2",
					  uppers[_i].dst_from, uppers[_i].dst_to), &sel);
	ck_assert_int_eq(sel.proto, uppers[_i].proto);
	ck_assert_int_eq(sel.src_port, uppers[_i].src_port);
	ck_assert_int_eq(sel.src_port_mask, uppers[_i].src_mask);
	ck_assert_int_eq(sel.dst_port, uppers[_i].dst_port);
	ck_assert_int_eq(sel.dst_port_mask, uppers[_i].dst_mask);
}
END_TEST

/**
 * Traffic selectors that survive the way to the SPD and back. The one on the
 * other side is another one, but both have type and code in case of ICMP.
 */
static const struct {
	char *net;
	uint8_t proto;
	uint16_t from, to;
} exact[] = {
	{ "0.0.0.0/0", 0, 0, 65535 },
	{ "128.0.0.0/1", 0, 0, 65535 },
	{ "10.0.0.0/7", 0, 0, 65535 },
	{ "10.0.0.0/8", 0, 0, 65535 },
	{ "10.128.0.0/9", 0, 0, 65535 },
	{ "192.168.50.2/31", 0, 0, 65535 },
	{ "192.168.50.1/32", 17, 4789, 4789 },
	{ "192.168.50.1/32", 6, 0, 1023 },
	{ "192.168.50.1/32", 6, 32768, 65535 },
	{ "192.168.50.1/32", 6, 65535, 65535 },
	{ "192.168.50.1/32", 1, 0, 65535 },
	{ "192.168.50.1/32", 1, 0x0303, 0x0303 },
	{ "192.168.50.1/32", 1, 0x0304, 0x0307 },
	{ "192.168.50.1/32", 1, 0x0800, 0x0bff },
	{ "::/0", 0, 0, 65535 },
	{ "fec5::/63", 0, 0, 65535 },
	{ "fec5::/64", 17, 500, 500 },
	{ "fec5::8000:0:0:0/65", 0, 0, 65535 },
	{ "fec5::2/127", 132, 16, 31 },
	{ "fec5::1/128", 58, 0x0101, 0x0101 },
};

START_TEST(test_round_trip)
{
	traffic_selector_t *ts, *other, *src, *dst;
	hwo_selector_t sel;
	bool icmp = exact[_i].proto == 1 || exact[_i].proto == 58;

	ts = traffic_selector_create_from_cidr(exact[_i].net, exact[_i].proto,
										   exact[_i].from, exact[_i].to);
	ck_assert(ts);
	other = traffic_selector_create_from_cidr(
							strchr(exact[_i].net, ':') ? "fec5::7/128"
													   : "192.0.2.7/32",
							exact[_i].proto, icmp ? exact[_i].from : 7,
							icmp ? exact[_i].to : 7);
	hwo_selector_from_ts(ts, other, &sel);
	src = hwo_selector_to_ts(&sel, TRUE);
	dst = hwo_selector_to_ts(&sel, FALSE);
	ck_assert(src->equals(src, ts));
	ck_assert(dst->equals(dst, other));
	src->destroy(src);
	dst->destroy(dst);

	hwo_selector_from_ts(other, ts, &sel);
	src = hwo_selector_to_ts(&sel, TRUE);
	dst = hwo_selector_to_ts(&sel, FALSE);
	ck_assert(src->equals(src, other));
	ck_assert(dst->equals(dst, ts));
	src->destroy(src);
	dst->destroy(dst);
	ts->destroy(ts);
	other->destroy(other);
}
END_TEST

/**
 * Selectors of packets as the kernel reports them in acquires: exact ports,
 * which are 0 if the protocol has none.
 */
static const struct {
	uint8_t proto;
	uint16_t src_port, dst_port;
	uint16_t src_from, src_to, dst_from, dst_to;
} packets[] = {
	{ 17, 32779, 4789,	32779, 32779, 4789, 4789 },
	{ 6, 1, 65535,		1, 1, 65535, 65535 },
	{ 89, 0, 0,			0, 65535, 0, 65535 },
	{ 50, 0, 0,			0, 65535, 0, 65535 },
	/* echo request, port unreachable, packet too big */
	{ 1, 8, 0,			0x0800, 0x0800, 0x0800, 0x0800 },
	{ 1, 3, 3,			0x0303, 0x0303, 0x0303, 0x0303 },
	{ 58, 2, 0,			0x0200, 0x0200, 0x0200, 0x0200 },
	/* an echo reply can't be told from any message */
	{ 1, 0, 0,			0, 65535, 0, 65535 },
};

START_TEST(test_packet)
{
	traffic_selector_t *src, *dst;
	hwo_selector_t sel = {
		.family = AF_INET,
		.proto = packets[_i].proto,
		.src_prefix = 32,
		.dst_prefix = 32,
		.src = { 10, 1, 0, 10 },
		.dst = { 10, 2, 0, 10 },
		.src_port = packets[_i].src_port,
		.src_port_mask = 0xffff,
		.dst_port = packets[_i].dst_port,
		.dst_port_mask = 0xffff,
	};

	src = hwo_selector_to_ts(&sel, TRUE);
	dst = hwo_selector_to_ts(&sel, FALSE);
	ck_assert_int_eq(src->get_protocol(src), packets[_i].proto);
	ck_assert_int_eq(src->get_from_port(src), packets[_i].src_from);
	ck_assert_int_eq(src->get_to_port(src), packets[_i].src_to);
	ck_assert_int_eq(dst->get_from_port(dst), packets[_i].dst_from);
	ck_assert_int_eq(dst->get_to_port(dst), packets[_i].dst_to);
	src->destroy(src);
	dst->destroy(dst);
}
END_TEST

START_TEST(test_no_family)
{
	hwo_selector_t sel = {};

	ck_assert(!hwo_selector_to_ts(&sel, TRUE));
	ck_assert(!hwo_selector_to_ts(&sel, FALSE));
	sel.family = AF_UNIX;
	ck_assert(!hwo_selector_to_ts(&sel, TRUE));
}
END_TEST

START_TEST(test_addr)
{
	static char *hosts[] = {
		"192.168.50.1", "255.255.255.255", "fec5::1", "fe80::ffff",
	};
	hwo_addr_t addr, again;
	host_t *host, *back;
	int i;

	for (i = 0; i < countof(hosts); i++)
	{
		host = host_create_from_string(hosts[i], 500);
		memset(&addr, 0xa5, sizeof(addr));
		hwo_addr_from_host(host, &addr);
		ck_assert_int_eq(addr.family, host->get_family(host));
		check_bytes(addr.bytes, hosts[i]);
		ck_assert(!hwo_addr_is_any(&addr));

		back = hwo_addr_to_host(&addr, 4500);
		ck_assert(back->ip_equals(back, host));
		ck_assert_int_eq(back->get_port(back), 4500);
		hwo_addr_from_host(back, &again);
		ck_assert_mem_eq(&addr, &again, sizeof(addr));
		back->destroy(back);
		host->destroy(host);
	}
}
END_TEST

START_TEST(test_no_addr)
{
	hwo_addr_t addr;
	host_t *any;
	int i;

	memset(&addr, 0xa5, sizeof(addr));
	hwo_addr_from_host(NULL, &addr);
	ck_assert_int_eq(addr.family, 0);
	ck_assert(hwo_addr_is_any(&addr));
	ck_assert(!hwo_addr_to_host(&addr, 500));

	for (i = 0; i < 2; i++)
	{
		any = host_create_any(i ? AF_INET6 : AF_INET);
		hwo_addr_from_host(any, &addr);
		ck_assert_int_eq(addr.family, i ? AF_INET6 : AF_INET);
		ck_assert(hwo_addr_is_any(&addr));
		any->destroy(any);
	}
	addr.bytes[15] = 1;
	ck_assert(!hwo_addr_is_any(&addr));
}
END_TEST

TCase *selector_tcase(void)
{
	TCase *tc;

	tc = tcase_create("selector");
	tcase_add_checked_fixture(tc, model_setup, model_teardown);
	tcase_add_loop_test(tc, test_subnet, 0, countof(subnets));
	tcase_add_test(tc, test_ports);
	tcase_add_loop_test(tc, test_upper, 0, countof(uppers));
	tcase_add_loop_test(tc, test_round_trip, 0, countof(exact));
	tcase_add_loop_test(tc, test_packet, 0, countof(packets));
	tcase_add_test(tc, test_no_family);
	tcase_add_test(tc, test_addr);
	tcase_add_test(tc, test_no_addr);
	return tc;
}
