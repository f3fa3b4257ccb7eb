/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of routes that are not by one device for all packets, so that there is
 * no packet mode; and of what else names a device.
 */

#include "service_reroute.h"

#include <netinet/in.h>

#include "../../service/device/route_leak.h"

/** networks of a tunnel, none of them ours */
#define INNER_LOCAL "10.1.0.1/32"
#define INNER_REMOTE "10.2.0.1/32"

/** remote networks that are added beyond those that are kept */
static int beyond;

/**
 * Start on a version of Linux, with another NIC that is as capable.
 */
static void start(fake_version_t version)
{
	ck_assert(service_start(version, FAKE_CAPS_PACKET, NULL));
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_PACKET, NULL);
	calls.have_address = FALSE;
	service_forget_lines();
}

/**
 * Replace a traffic selector.
 */
static void replace_ts(linked_list_t *list, const char *net)
{
	traffic_selector_t *ts;

	ck_assert_int_eq(list->remove_first(list, (void**)&ts), SUCCESS);
	ts->destroy(ts);
	list->insert_last(list, traffic_selector_create_from_cidr((char*)net, 0, 0,
															  65535));
}

/**
 * Turn an SA into that of a tunnel.
 */
static void make_tunnel(test_sa_t *sa)
{
	bool inbound = sa->data.inbound;

	sa->data.mode = MODE_TUNNEL;
	replace_ts(sa->data.src_ts, inbound ? INNER_REMOTE : INNER_LOCAL);
	replace_ts(sa->data.dst_ts, inbound ? INNER_LOCAL : INNER_REMOTE);
}

/**
 * Install both SAs of a CHILD_SA, check what the line says, and remove them.
 *
 * @param result	"MODE, device DEVICE, REASON", or the reason of a failure
 */
static void check_child(hw_offload_t requested, void (*tweak)(test_sa_t*),
						const char *result)
{
	status_t status;
	test_sa_t in, out;
	char text[128];

	sa_init(&in, 0xc0000010, TRUE, requested);
	sa_init(&out, 0xc0000011, FALSE, requested);
	if (tweak)
	{
		tweak(&in);
		tweak(&out);
	}
	service_forget_lines();
	status = sa_add(&in);
	ck_assert_int_eq(sa_add(&out), status);
	snprintf(text, sizeof(text), status == SUCCESS ? "effective %s" : "%s",
			 result);
	/* one more if its SAs are on two devices */
	ck_assert_msg(line_count() <= 2 && service_lines_with(text) == 1,
				  "no '%s' in %d lines, the first is '%s'", text, line_count(),
				  line_at(0));
	ck_assert_int_eq(status == SUCCESS, strstr(result, "device") != NULL);
	if (status == SUCCESS)
	{
		ck_assert_int_eq(sa_del(&out), SUCCESS);
		ck_assert_int_eq(sa_del(&in), SUCCESS);
	}
	sa_clear(&in);
	sa_clear(&out);
}

/**
 * Check that the reason rules out packet mode, and is told in crypto mode, too.
 */
static void check_no_packet(void (*tweak)(test_sa_t*), const char *reason)
{
	char text[64];

	snprintf(text, sizeof(text), "crypto, device nic3, %s", reason);
	check_child(HW_OFFLOAD_AUTO, tweak, text);
	check_child(HW_OFFLOAD_CRYPTO, tweak, text);
	check_child(HW_OFFLOAD_PACKET, tweak, reason);
}

START_TEST(test_multipath)
{
	bool objects = _i & 1;

	start(FAKE_LINUX_7_2);
	fake_kernel_add_hop(kernel, "192.168.50.2", NIC, objects);
	check_child(HW_OFFLOAD_AUTO, _i & 2 ? make_tunnel : NULL,
				"packet, device nic3, as-requested");
	fake_kernel_add_hop(kernel, "192.168.50.2", OTHER, objects);
	check_no_packet(_i & 2 ? make_tunnel : NULL, "multipath");
}
END_TEST

START_TEST(test_multipath_refused)
{
	/* what the driver says is what counts if it refuses */
	start(FAKE_LINUX_7_2);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	fake_kernel_add_hop(kernel, "192.168.50.2", OTHER, FALSE);
	check_child(HW_OFFLOAD_CRYPTO, NULL, "driver-refused");
}
END_TEST

START_TEST(test_multipath_trap)
{
	test_sp_t sp;

	start(FAKE_LINUX_7_2);
	fake_kernel_add_hop(kernel, "192.168.50.2", OTHER, FALSE);
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_rule)
{
	start(FAKE_LINUX_7_2);
	/* not for this family, this protocol, or what lookups heed */
	fake_kernel_add_rule(kernel, AF_INET6, IPPROTO_ESP, 0);
	fake_kernel_add_rule(kernel, AF_INET, IPPROTO_UDP, 0);
	fake_kernel_add_rule(kernel, AF_INET, 0, 5);
	check_child(HW_OFFLOAD_AUTO, make_tunnel,
				"packet, device nic3, as-requested");
	fake_kernel_add_rule(kernel, AF_INET, IPPROTO_ESP, 0);
	check_no_packet(make_tunnel, "route-rule");
	fake_kernel_del_rules(kernel);
	check_child(HW_OFFLOAD_AUTO, make_tunnel,
				"packet, device nic3, as-requested");
}
END_TEST

static void make_tcp(test_sa_t *sa)
{
	traffic_selector_t *ts;

	ck_assert_int_eq(sa->data.src_ts->remove_first(sa->data.src_ts,
												   (void**)&ts), SUCCESS);
	sa->data.src_ts->insert_last(sa->data.src_ts,
			traffic_selector_create_from_bytes(IPPROTO_TCP, TS_IPV4_ADDR_RANGE,
				ts->get_from_address(ts), 0, ts->get_to_address(ts), 65535));
	ts->destroy(ts);
}

START_TEST(test_rule_transport)
{
	/* packets keep the route that they had before */
	start(FAKE_LINUX_7_2);
	fake_kernel_add_rule(kernel, AF_INET, IPPROTO_UDP, 0);
	check_no_packet(NULL, "route-rule");
	check_child(HW_OFFLOAD_AUTO, make_tcp, "packet, device nic3, as-requested");
	fake_kernel_add_rule(kernel, AF_INET, IPPROTO_TCP, 0);
	check_no_packet(make_tcp, "route-rule");
}
END_TEST

static void set_mark_out(test_sa_t *sa)
{
	if (!sa->data.inbound)
	{
		sa->id.mark = (mark_t){ .value = 5, .mask = 0xff };
	}
}

static void set_set_mark(test_sa_t *sa)
{
	if (!sa->data.inbound)
	{
		sa->data.mark = (mark_t){ .value = 5, .mask = 0xff };
	}
}

static void set_mark_out_tunnel(test_sa_t *sa)
{
	make_tunnel(sa);
	set_mark_out(sa);
}

static void set_set_mark_tunnel(test_sa_t *sa)
{
	make_tunnel(sa);
	set_set_mark(sa);
}

START_TEST(test_mark)
{
	/* in transport mode it is the mark of the policy by which packets are
	 * routed, in tunnel mode the one that the SA sets */
	start(FAKE_LINUX_7_2);
	fake_kernel_add_route(kernel, "192.168.50.0/24", OTHER, NULL, NULL, 5);
	check_child(HW_OFFLOAD_CRYPTO, set_mark_out,
				"crypto, device nic4, as-requested");
	check_child(HW_OFFLOAD_PACKET, set_set_mark,
				"packet, device nic3, as-requested");
	check_child(HW_OFFLOAD_PACKET, set_set_mark_tunnel,
				"packet, device nic4, as-requested");
	check_child(HW_OFFLOAD_CRYPTO, set_mark_out_tunnel,
				"crypto, device nic3, as-requested");
}
END_TEST

START_TEST(test_inner)
{
	char *dst = _i ? "0.0.0.0/0" : INNER_REMOTE;

	start(FAKE_LINUX_6_12);
	/* nothing is sent there without a route */
	check_child(HW_OFFLOAD_AUTO, make_tunnel,
				"packet, device nic3, as-requested");
	fake_kernel_add_route(kernel, dst, NIC, NULL, NULL, 0);
	check_child(HW_OFFLOAD_AUTO, make_tunnel,
				"packet, device nic3, as-requested");
	fake_kernel_add_route(kernel, dst, OTHER, NULL, NULL, 0);
	check_child(HW_OFFLOAD_AUTO, make_tunnel,
				"crypto, device nic3, inner-route");
	check_child(HW_OFFLOAD_PACKET, make_tunnel, "inner-route");
	/* all packets go through the NIC nevertheless */
	check_child(HW_OFFLOAD_CRYPTO, make_tunnel,
				"crypto, device nic3, as-requested");
	/* there is only one route in transport mode */
	calls.have_address = FALSE;
	check_child(HW_OFFLOAD_AUTO, NULL, "packet, device nic3, as-requested");
}
END_TEST

START_TEST(test_inner_spread)
{
	start(FAKE_LINUX_6_12);
	fake_kernel_add_route(kernel, INNER_REMOTE, NIC, NULL, NULL, 0);
	fake_kernel_add_hop(kernel, "10.2.0.1", OTHER, FALSE);
	check_child(HW_OFFLOAD_AUTO, make_tunnel,
				"crypto, device nic3, inner-route");
}
END_TEST

START_TEST(test_inner_does_not_matter)
{
	/* the kernel compares the outer route, or there is no guard */
	if (_i)
	{
		lib->settings->set_bool(lib->settings,
								"%s.plugins.hw-offload.fail_closed", FALSE,
								lib->ns);
	}
	start(_i ? FAKE_LINUX_6_12 : FAKE_LINUX_7_2);
	fake_kernel_add_route(kernel, INNER_REMOTE, OTHER, NULL, NULL, 0);
	check_child(HW_OFFLOAD_AUTO, make_tunnel,
				"packet, device nic3, as-requested");
}
END_TEST

static void make_many(test_sa_t *sa)
{
	linked_list_t *list = sa->data.inbound ? sa->data.src_ts : sa->data.dst_ts;
	char net[32];
	int i;

	make_tunnel(sa);
	for (i = 1; i < HWO_MAX_NETS + beyond; i++)
	{
		snprintf(net, sizeof(net), "10.2.0.%d/32", i + 1);
		list->insert_last(list, traffic_selector_create_from_cidr(net, 0, 0,
																  65535));
	}
}

START_TEST(test_inner_many)
{
	start(FAKE_LINUX_6_12);
	check_child(HW_OFFLOAD_AUTO, make_many,
				"packet, device nic3, as-requested");
	beyond = 1;
	check_child(HW_OFFLOAD_AUTO, make_many,
				"crypto, device nic3, inner-route");
	beyond = 0;
}
END_TEST

START_TEST(test_inner_later)
{
	test_sa_t in, out;

	reroute_set("rebind_delay", "20");
	start(FAKE_LINUX_6_12);
	sa_init(&in, 0xc0000010, TRUE, HW_OFFLOAD_AUTO);
	sa_init(&out, 0xc0000011, FALSE, HW_OFFLOAD_AUTO);
	make_tunnel(&in);
	make_tunnel(&out);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_str_eq(sa_mode(0xc0000011), "packet");
	fake_kernel_add_route(kernel, INNER_REMOTE, OTHER, NULL, NULL, 0);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	sa_clear(&in);
	sa_clear(&out);
}
END_TEST

START_TEST(test_inner_trap)
{
	test_sp_t sp;
	int i;

	start(FAKE_LINUX_6_12);
	sp_init(&sp, POLICY_OUT, INNER_LOCAL, INNER_REMOTE, 0, 1, HW_OFFLOAD_AUTO);
	sp.cfg.mode = MODE_TUNNEL;
	for (i = 0; i < 2; i++)
	{
		ck_assert_int_eq(sp_add(&sp), SUCCESS);
		ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, INNER_LOCAL, INNER_REMOTE),
						 i ? "none" : "packet");
		ck_assert_int_eq(sp_del(&sp), SUCCESS);
		fake_kernel_add_route(kernel, INNER_REMOTE, OTHER, NULL, NULL, 0);
	}
	sp_clear(&sp);
}
END_TEST

static void make_link_local(test_sa_t *sa)
{
	bool inbound = sa->data.inbound;
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6,
		.sin6_addr.s6_addr = { 0xfe, 0x80, [15] = inbound ? 2 : 1 },
		.sin6_scope_id = OTHER,
	};

	sa->id.src->destroy(sa->id.src);
	sa->id.src = host_create_from_sockaddr((sockaddr_t*)&addr);
	addr.sin6_addr.s6_addr[15] = inbound ? 1 : 2;
	sa->id.dst->destroy(sa->id.dst);
	sa->id.dst = host_create_from_sockaddr((sockaddr_t*)&addr);
	replace_ts(sa->data.src_ts, inbound ? "fe80::2/128" : "fe80::1/128");
	replace_ts(sa->data.dst_ts, inbound ? "fe80::1/128" : "fe80::2/128");
}

START_TEST(test_link_local)
{
	start(FAKE_LINUX_7_2);
	check_child(HW_OFFLOAD_AUTO, make_link_local,
				"packet, device nic4, as-requested");
}
END_TEST

START_TEST(test_altname)
{
	static char *name = "uplink-to-the-first-switch";
	test_sp_t sp;
	fake_sp_t found;
	int i;

	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.devices."
						   "uplink-to-the-first-switch.modes", "crypto",
						   lib->ns);
	start(FAKE_LINUX_7_2);
	check_child(HW_OFFLOAD_AUTO, NULL, "packet, device nic3, as-requested");
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", 0, 1,
			HW_OFFLOAD_NO);
	sp.id.interface = name;
	ck_assert_int_eq(sp_add(&sp), FAILED);

	fake_kernel_set_altname(kernel, NIC, name);
	check_child(HW_OFFLOAD_AUTO, NULL, "crypto, device nic3, device-modes");
	for (i = 0; i < 2; i++)
	{
		ck_assert_int_eq(sp_add(&sp), SUCCESS);
		ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT,
									 "192.168.50.1/32", "192.168.50.2/32",
									 &found));
		ck_assert_int_eq(found.info.sel.ifindex, NIC);
		/* it is found by the index that the name stood for */
		fake_kernel_set_altname(kernel, NIC, i ? name : "");
		ck_assert_int_eq(sp_del(&sp), SUCCESS);
		fake_kernel_set_altname(kernel, NIC, name);
	}
	sp_clear(&sp);
}
END_TEST

TCase *route_tcase(void)
{
	TCase *tcase = tcase_create("route");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_multipath, 0, 4);
	tcase_add_test(tcase, test_multipath_refused);
	tcase_add_test(tcase, test_multipath_trap);
	tcase_add_test(tcase, test_rule);
	tcase_add_test(tcase, test_rule_transport);
	tcase_add_test(tcase, test_mark);
	tcase_add_loop_test(tcase, test_inner, 0, 2);
	tcase_add_test(tcase, test_inner_spread);
	tcase_add_loop_test(tcase, test_inner_does_not_matter, 0, 2);
	tcase_add_test(tcase, test_inner_many);
	tcase_add_test(tcase, test_inner_later);
	tcase_add_test(tcase, test_inner_trap);
	tcase_add_test(tcase, test_link_local);
	tcase_add_test(tcase, test_altname);
	return tcase;
}
