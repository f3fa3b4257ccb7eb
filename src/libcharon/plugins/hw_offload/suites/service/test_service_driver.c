/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what depends on the driver of a NIC.
 */

#include "service_child.h"
#include "../../hwo_compat.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <netinet/in.h>

static const hwo_driver_t
	linux_driver = { "mlx5_core", "6.12.1-test" },
	package_25_04 = { "mlx5_core", "25.04-0.6.0" },
	package_25_10 = { "mlx5_core", "25.10-1.7.1" };

/**
 * Replace a host, and the traffic selectors on its side.
 */
static void set_side(host_t **host, char *addr, linked_list_t **list, char *net)
{
	(*host)->destroy(*host);
	*host = host_create_from_string(addr, 0);
	(*list)->destroy_offset(*list, offsetof(traffic_selector_t, destroy));
	*list = linked_list_create_with_items(
				traffic_selector_create_from_cidr(net, 0, 0, 65535), NULL);
}

/**
 * Make an SA one of a tunnel between networks.
 */
static void make_tunnel(test_sa_t *sa, char *local, char *remote)
{
	bool ipv6 = strchr(local, ':') != NULL;
	char *us = ipv6 ? "fec5::1" : "192.168.50.1";
	char *peer = ipv6 ? "fec5::2" : "192.168.50.2";
	bool in = sa->data.inbound;

	sa->data.mode = MODE_TUNNEL;
	set_side(in ? &sa->id.dst : &sa->id.src, us,
			 in ? &sa->data.dst_ts : &sa->data.src_ts, local);
	set_side(in ? &sa->id.src : &sa->id.dst, peer,
			 in ? &sa->data.src_ts : &sa->data.dst_ts, remote);
}

/**
 * Install the SAs of a tunnel, check mode and reason.
 */
static void check_tunnel(char *local, char *remote, const char *expected)
{
	char text[64];

	calls.have_address = FALSE;
	service_child_init(HW_OFFLOAD_AUTO);
	make_tunnel(&sa_in, local, remote);
	make_tunnel(&sa_out, local, remote);
	service_forget_lines();
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	snprintf(text, sizeof(text), "effective %s", expected);
	ck_assert_msg(service_lines_with(text) == 1, "no '%s' in '%s'", text,
				  line_at(0));
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	service_child_clear();
}

#define PACKET "packet, device nic3, as-requested"
#define CRYPTO "crypto, device nic3, "

/** what is matched where */
static const struct {
	fake_version_t version;
	const hwo_driver_t *driver;
	const char *setting, *ipv4, *equal, *unequal;
} matched[] = {
	{ FAKE_LINUX_7_2, NULL, NULL, PACKET, PACKET, PACKET },
	/* that of the kernel, or one that says so */
	{ FAKE_LINUX_7_2, &linux_driver, NULL, PACKET, PACKET, PACKET },
	{ FAKE_LINUX_7_2, NULL, "no", CRYPTO "subnet", CRYPTO "subnet",
	  CRYPTO "subnet" },
	{ FAKE_LINUX_7_2, &package_25_04, NULL, CRYPTO "subnet", CRYPTO "subnet",
	  CRYPTO "subnet" },
	/* nor does it find peers by IPv6 */
	{ FAKE_LINUX_7_2, &package_25_10, NULL, PACKET, CRYPTO "next-hop",
	  CRYPTO "prefix-lengths" },
	{ FAKE_LINUX_6_12, &linux_driver, NULL, CRYPTO "subnet", CRYPTO "subnet",
	  CRYPTO "subnet" },
	{ FAKE_LINUX_6_12, NULL, "yes", PACKET, PACKET, CRYPTO "prefix-lengths" },
	{ FAKE_LINUX_6_12, NULL, "all", PACKET, PACKET, PACKET },
	{ FAKE_LINUX_6_12, NULL, "maybe", CRYPTO "subnet", CRYPTO "subnet",
	  CRYPTO "subnet" },
	{ FAKE_LINUX_6_12, &package_25_10, NULL, PACKET, CRYPTO "next-hop",
	  CRYPTO "prefix-lengths" },
	{ FAKE_LINUX_6_12, &package_25_10, "yes", PACKET, CRYPTO "next-hop",
	  CRYPTO "prefix-lengths" },
	{ FAKE_LINUX_6_12, &package_25_10, "all", PACKET, CRYPTO "next-hop",
	  CRYPTO "next-hop" },
};

START_TEST(test_matched)
{
	test_link_driver = matched[_i].driver;
	lib->settings->set_str(lib->settings,
						   "%s.plugins.hw-offload.packet_subnets",
						   (char*)matched[_i].setting, lib->ns);
	ck_assert(service_start(matched[_i].version, FAKE_CAPS_PACKET, NULL));
	check_tunnel("10.1.0.0/16", "10.2.0.0/24", matched[_i].ipv4);
	check_tunnel("2001:db8:1::/64", "2001:db8:2::/64", matched[_i].equal);
	check_tunnel("2001:db8:1::/48", "2001:db8:2::/64", matched[_i].unequal);
}
END_TEST

START_TEST(test_next_hop)
{
	test_sp_t trap;
	int packaged = _i;

	test_link_driver = packaged ? &package_25_10 : &linux_driver;
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	check_tunnel("10.1.0.0/16", "10.2.0.0/24", PACKET);
	fake_kernel_add_route(kernel, "192.168.50.2/32", NIC, "192.168.50.254",
						  "192.168.50.1", 0);
	check_tunnel("10.1.0.0/16", "10.2.0.0/24",
				 packaged ? CRYPTO "next-hop" : PACKET);
	/* the same without SA */
	sp_init(&trap, POLICY_OUT, "10.1.0.0/16", "10.2.0.0/24", 0, 1,
			HW_OFFLOAD_AUTO);
	trap.cfg.mode = MODE_TUNNEL;
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, "10.1.0.0/16", "10.2.0.0/24"),
					 packaged ? "none" : "packet");
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	sp_clear(&trap);
	/* in transport mode nothing is to be found */
	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	ck_assert_str_eq(sa_mode(SPI_OUT), "packet");
	service_child_clear();
}
END_TEST

START_TEST(test_hops)
{
	/* one next hop, several ones, those of an object */
	test_link_driver = &package_25_10;
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_add_route(kernel, "192.168.50.2/32", NIC, "192.168.50.254",
						  "192.168.50.1", 0);
	if (_i)
	{
		fake_kernel_add_hop(kernel, "192.168.50.2/32", NIC, _i == 2);
	}
	check_tunnel("10.1.0.0/16", "10.2.0.0/24", CRYPTO "next-hop");
}
END_TEST

START_TEST(test_asked_once)
{
	int asked;

	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	test_link_driver = &package_25_04;
	check_tunnel("10.1.0.0/16", "10.2.0.0/24", CRYPTO "subnet");
	asked = test_drivers_asked;
	check_tunnel("10.1.0.0/16", "10.2.0.0/24", CRYPTO "subnet");
	ck_assert_int_eq(test_drivers_asked, asked);
	/* who was not told asks again */
	test_link_driver = NULL;
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	check_tunnel("10.1.0.0/16", "10.2.0.0/24",
				 "none, device nic3, feature-off");
	test_link_driver = &package_25_04;
	check_tunnel("10.1.0.0/16", "10.2.0.0/24", "none, device nic3, subnet");
	/* it may be another one after a change */
	test_link_driver = &package_25_10;
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	check_tunnel("10.1.0.0/16", "10.2.0.0/24", PACKET);
}
END_TEST

/** how often a driver is busy, and whether it is asked for SAs or SPs */
static const struct {
	int times;
	uint16_t type;
	hw_offload_t requested;
	const char *mode, *policy;
} busy[] = {
	{ 1, XFRM_MSG_NEWSA, HW_OFFLOAD_PACKET, "packet", "packet" },
	{ 1, XFRM_MSG_NEWSA, HW_OFFLOAD_CRYPTO, "crypto", "none" },
	{ 1, XFRM_MSG_NEWSA, HW_OFFLOAD_AUTO, "packet", "packet" },
	/* it remains so */
	{ 2, XFRM_MSG_NEWSA, HW_OFFLOAD_AUTO, "crypto", "none" },
	{ 1, XFRM_MSG_NEWPOLICY, HW_OFFLOAD_PACKET, "packet", "packet" },
};

START_TEST(test_busy)
{
	int i;

	service_child_init(busy[_i].requested);
	for (i = 1; i <= busy[_i].times; i++)
	{
		service_refuse(busy[_i].type, i, EBUSY);
	}
	service_child_add();
	ck_assert_str_eq(sa_mode(SPI_IN), busy[_i].mode);
	ck_assert_str_eq(sa_mode(SPI_OUT), busy[_i].mode);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), busy[_i].policy);
	ck_assert_int_eq(calls.expires, 0);
	service_child_clear();
}
END_TEST

START_TEST(test_busy_strict)
{
	test_sp_t trap;

	/* a trap has no SA */
	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	service_refuse(XFRM_MSG_NEWPOLICY, 1, EBUSY);
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	sp_clear(&trap);
	/* there is an end to it */
	service_child_init(HW_OFFLOAD_PACKET);
	service_refuse(XFRM_MSG_NEWSA, 1, EBUSY);
	service_refuse(XFRM_MSG_NEWSA, 2, EBUSY);
	ck_assert_int_eq(sa_add(&sa_in), FAILED);
	ck_assert_int_eq(service_lines_with("driver-refused"), 1);
	/* software is not for a driver to refuse */
	service_child_clear();
	service_child_init(HW_OFFLOAD_NO);
	service_refuse(XFRM_MSG_NEWSA, 1, EBUSY);
	ck_assert_int_eq(sa_add(&sa_in), FAILED);
	service_child_clear();
}
END_TEST

START_TEST(test_busy_for_good)
{
	int i;

	/* then it is not asked twice each time, whether that was for SAs or SPs */
	service_child_init(HW_OFFLOAD_PACKET);
	for (i = 1; i <= 4; i++)
	{
		service_refuse(XFRM_MSG_NEWSA, i, EBUSY);
	}
	for (i = 2; i <= 4; i++)
	{
		ck_assert_int_eq(sa_add(&sa_in), FAILED);
		ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
										   XFRM_MSG_NEWSA), i);
	}
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	service_refuse(XFRM_MSG_NEWPOLICY, 1, EBUSY);
	ck_assert_int_eq(sp_add(&sp_in), FAILED);
	service_child_clear();
}
END_TEST

#if HWO_HAVE_SA_CPU && HWO_HAVE_MODE_IPTFS

/** SAs that have to have a direction, and what comes of them */
static const struct {
	hw_offload_t requested;
	ipsec_mode_t mode;
	uint32_t cpu;
	status_t status;
} directed[] = {
	{ HW_OFFLOAD_AUTO, MODE_TRANSPORT, 1, SUCCESS },
	{ HW_OFFLOAD_AUTO, MODE_IPTFS, HWO_CPU_ID_MAX, SUCCESS },
	{ HW_OFFLOAD_NO, MODE_TRANSPORT, 1, SUCCESS },
	{ HW_OFFLOAD_NO, MODE_IPTFS, HWO_CPU_ID_MAX, SUCCESS },
	{ HW_OFFLOAD_CRYPTO, MODE_TRANSPORT, 1, FAILED },
};

START_TEST(test_directed)
{
	fake_sa_t installed;
	test_sa_t sa;

	ck_assert(service_start(FAKE_LINUX_6_12, FAKE_CAPS_CRYPTO, NULL));
	sa_init(&sa, SPI_OUT, FALSE, directed[_i].requested);
	sa.data.esn = TRUE;
	sa.data.mode = directed[_i].mode;
	sa.data.cpu = directed[_i].cpu;
	ck_assert_int_eq(sa_add(&sa), directed[_i].status);
	if (directed[_i].status == FAILED)
	{
		ck_assert_int_eq(service_lines_with("per-cpu"), 1);
	}
	else
	{
		ck_assert_str_eq(sa_mode(SPI_OUT), "none");
		ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &installed));
		ck_assert_int_eq(installed.dir, 2);
		ck_assert_int_eq(sa_del(&sa), SUCCESS);
	}
	sa_clear(&sa);
}
END_TEST

#endif

TCase *driver_tcase(void)
{
	TCase *tcase = tcase_create("driver");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_add_loop_test(tcase, test_matched, 0, countof(matched));
	tcase_add_loop_test(tcase, test_next_hop, 0, 2);
	tcase_add_loop_test(tcase, test_hops, 0, 3);
	tcase_add_test(tcase, test_asked_once);
	tcase_add_loop_test(tcase, test_busy, 0, countof(busy));
	tcase_add_test(tcase, test_busy_strict);
	tcase_add_test(tcase, test_busy_for_good);
#if HWO_HAVE_SA_CPU && HWO_HAVE_MODE_IPTFS
	tcase_add_loop_test(tcase, test_directed, 0, countof(directed));
#endif
	return tcase;
}
