/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what NICs do not match as the kernel does.
 */

#include "model_plan.h"

#include <netinet/in.h>

#include "../../model/plan/ts_convert.h"

#define ANY HWO_SHAPE_ANY_ANY
#define PORTS HWO_SHAPE_ANY_PROTOCOL
#define NET HWO_SHAPE_SUBNET
#define UNEQUAL HWO_SHAPE_UNEQUAL

/** pairs of traffic selectors, and what they have */
static const struct {
	char *src, *dst;
	uint8_t src_proto, dst_proto;
	uint16_t src_port, dst_port;
	u_int shapes;
} shapes[] = {
	{ "10.1.0.1/32", "10.2.0.1/32", .shapes = 0 },
	{ "10.1.0.0/16", "10.2.0.1/32", .shapes = NET },
	{ "10.1.0.1/32", "10.2.0.0/31", .shapes = NET },
	{ "10.1.0.1/32", "0.0.0.0/0", .shapes = 0 },
	{ "10.1.0.0/16", "0.0.0.0/0", .shapes = NET },
	{ "2001:db8::/64", "2001:db8:1::/64", .shapes = NET },
	{ "2001:db8:1::/48", "2001:db8:2::/64", .shapes = NET | UNEQUAL },
	{ "2001:db8::1/128", "2001:db8::2/128", .shapes = 0 },
	{ "2001:db8::1/128", "2001:db8:2::/64", .shapes = NET | UNEQUAL },
	{ "2001:db8::1/128", "::/0", .shapes = UNEQUAL },
	{ "0.0.0.0/0", "0.0.0.0/0", .shapes = ANY },
	{ "::/0", "::/0", .shapes = ANY },
	/* the address is zero, that is what counts */
	{ "0.0.0.0/1", "0.0.0.0/0", .shapes = ANY | NET },
	{ "0.0.0.0/1", "0.0.0.0/8", .shapes = ANY | NET },
	{ "128.0.0.0/1", "0.0.0.0/0", .shapes = NET },
	{ "::/8", "::/0", .shapes = ANY | NET | UNEQUAL },
	{ "::/0", "::/64", .shapes = ANY | NET | UNEQUAL },
	{ "8000::/1", "::/0", .shapes = NET | UNEQUAL },
	/* on one side, it matches more than its prefix says */
	{ "10.1.0.0/16", "0.0.0.0/1", .shapes = ANY | NET },
	{ "10.1.0.1/32", "0.0.0.0/32", .shapes = ANY },
	{ "2001:db8::/64", "::/64", .shapes = ANY | NET },
	/* also with a protocol */
	{ "0.0.0.0/0", "0.0.0.0/0", IPPROTO_UDP, IPPROTO_UDP, 0, 4789, ANY },
	{ "10.1.0.1/32", "10.2.0.1/32", 0, 0, 0, 80, PORTS },
	{ "10.1.0.1/32", "10.2.0.1/32", 0, 0, 80, 0, PORTS },
	{ "10.1.0.1/32", "10.2.0.1/32", 0, IPPROTO_TCP, 80, 0, 0 },
	{ "10.1.0.1/32", "10.2.0.1/32", IPPROTO_TCP, IPPROTO_TCP, 0, 80, 0 },
	{ "10.1.0.1/32", "10.2.0.1/32", IPPROTO_ICMP, IPPROTO_ICMP, 0x800, 0x800,
	  0 },
};

static traffic_selector_t *create_ts(char *net, uint8_t proto, uint16_t port)
{
	return traffic_selector_create_from_cidr(net, proto, port, port ?: 65535);
}

static void get_selector(int i, bool turn, hwo_selector_t *sel)
{
	traffic_selector_t *src, *dst;

	src = create_ts(shapes[i].src, shapes[i].src_proto, shapes[i].src_port);
	dst = create_ts(shapes[i].dst, shapes[i].dst_proto, shapes[i].dst_port);
	hwo_selector_from_ts(turn ? dst : src, turn ? src : dst, sel);
	src->destroy(src);
	dst->destroy(dst);
}

START_TEST(test_shapes)
{
	hwo_selector_t sel;

	get_selector(_i, FALSE, &sel);
	ck_assert_uint_eq(hwo_selector_shapes(&sel), shapes[_i].shapes);
	/* both directions */
	get_selector(_i, TRUE, &sel);
	ck_assert_uint_eq(hwo_selector_shapes(&sel), shapes[_i].shapes);
}
END_TEST

START_TEST(test_all)
{
	array_t *all = array_create(sizeof(hwo_selector_t), 0);
	u_int expected = 0;
	hwo_selector_t sel;
	int i;

	ck_assert_uint_eq(hwo_selectors_shapes(all), 0);
	for (i = 0; i < countof(shapes); i++)
	{
		get_selector(i, FALSE, &sel);
		array_insert(all, ARRAY_TAIL, &sel);
		expected |= shapes[i].shapes;
		ck_assert_uint_eq(hwo_selectors_shapes(all), expected);
	}
	array_destroy(all);
}
END_TEST

/** what selectors have, what a device does not match, and why that is no packet
 * mode */
static const struct {
	u_int shapes, unmatched;
	hwo_reason_t reason;
} reasons[] = {
	{ 0, NET, HWO_REASON_NONE },
	{ NET, 0, HWO_REASON_NONE },
	{ NET, NET, HWO_REASON_SUBNET },
	{ UNEQUAL, NET, HWO_REASON_NONE },
	{ NET | UNEQUAL, NET | UNEQUAL, HWO_REASON_SUBNET },
	{ NET | UNEQUAL, UNEQUAL, HWO_REASON_PREFIX_LENGTHS },
	/* no device matches these */
	{ ANY, 0, HWO_REASON_ANY_ANY },
	{ PORTS, 0, HWO_REASON_ANY_PROTOCOL },
	{ PORTS | NET, NET, HWO_REASON_ANY_PROTOCOL },
	{ ANY | NET | PORTS, NET, HWO_REASON_ANY_ANY },
};

START_TEST(test_reasons)
{
	hwo_reason_t reason = reasons[_i].reason;
	hwo_sa_facts_t sa = {
		.proto = IPPROTO_ESP,
		.mode = MODE_TUNNEL,
		.esn = TRUE,
		.shapes = reasons[_i].shapes,
	};
	hwo_device_t device = {
		.ifindex = DEV,
		.unmatched = reasons[_i].unmatched,
	};
	hwo_plan_t plan;
	char buf[64];

	ck_assert_int_eq(hwo_plan_unmatched(sa.shapes, sa.mode, &device), reason);
	hwo_plan_sa(AUTO, &sa, &device, &plan);
	ck_assert_str_eq(plan_describe(&plan, buf),
					 reason ? "crypto none" : "packet crypto none");
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], reason);
	hwo_plan_sa(PACKET, &sa, &device, &plan);
	ck_assert_str_eq(plan_describe(&plan, buf), reason ? "" : "packet");
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], reason);
}
END_TEST

START_TEST(test_next_hop)
{
	const hwo_device_t device = {
		.ifindex = DEV,
		.unmatched = NET,
		.no_tunnel = TRUE,
	};
	hwo_sa_facts_t sa = {
		.proto = IPPROTO_ESP,
		.mode = MODE_TUNNEL,
		.esn = TRUE,
	};
	hwo_plan_t plan;
	char buf[64];

	hwo_plan_sa(AUTO, &sa, &device, &plan);
	ck_assert_str_eq(plan_describe(&plan, buf), "crypto none");
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], HWO_REASON_NEXT_HOP);
	hwo_plan_sa(PACKET, &sa, &device, &plan);
	ck_assert_str_eq(plan_describe(&plan, buf), "");
	/* what leaks comes first */
	sa.shapes = NET;
	hwo_plan_sa(AUTO, &sa, &device, &plan);
	ck_assert_int_eq(plan.skipped[HWO_MODE_PACKET], HWO_REASON_SUBNET);
	/* the kernel has the header of these */
	sa.shapes = 0;
	sa.mode = MODE_TRANSPORT;
	hwo_plan_sa(AUTO, &sa, &device, &plan);
	ck_assert_str_eq(plan_describe(&plan, buf), "packet crypto none");
}
END_TEST

TCase *shapes_tcase(void)
{
	TCase *tcase = tcase_create("shapes");

	tcase_add_checked_fixture(tcase, model_setup, model_teardown);
	tcase_add_loop_test(tcase, test_shapes, 0, countof(shapes));
	tcase_add_test(tcase, test_all);
	tcase_add_loop_test(tcase, test_reasons, 0, countof(reasons));
	tcase_add_test(tcase, test_next_hop);
	return tcase;
}
