/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what lets IKE past the SPs of a NIC, and nothing else.
 */

#include "service_child.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#define ANY "0.0.0.0/0"
#define ANY6 "::/0"
#define OURS6 "fec5::1/128"
#define NEW "192.168.50.9/32"

/** sockets of IKE, as charon binds them: IPv6 first */
static int skt6, skt4;

/** their ports, network order */
static uint16_t port6, port4;

/**
 * Bind a socket to a port of its own.
 */
static int bind_socket(int family, uint16_t *port)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} addr = { .sa = { .sa_family = family } };
	socklen_t len = sizeof(addr);
	int fd;

	fd = socket(family, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, &addr.sa, family == AF_INET ? sizeof(addr.in)
														  : len), 0);
	ck_assert_int_eq(getsockname(fd, &addr.sa, &len), 0);
	*port = family == AF_INET ? addr.in.sin_port : addr.in6.sin6_port;
	return fd;
}

static void setup(void)
{
	service_setup();
	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload.port_bypass",
							TRUE, lib->ns);
	lib->settings->set_int(lib->settings, "%s.plugins.hw-offload.rebind_delay",
						   1, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	skt6 = bind_socket(AF_INET6, &port6);
	skt4 = bind_socket(AF_INET, &port4);
	ck_assert(ipsec->bypass_socket(ipsec, skt6, AF_INET6));
	ck_assert(ipsec->bypass_socket(ipsec, skt4, AF_INET));
	service_child_init(HW_OFFLOAD_PACKET);
	service_forget_lines();
}

static void teardown(void)
{
	service_child_clear();
	close(skt4);
	close(skt6);
	service_teardown();
}

/**
 * Check if the NIC lets packets pass from and to a port of an address.
 */
static bool passes(const char *any, const char *local, uint16_t port)
{
	fake_sp_t out, in;

	return fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, local, any, &out) &&
		   out.offload.ifindex == NIC && out.info.sel.ifindex == NIC &&
		   out.info.sel.sport == port && out.info.sel.sport_mask == 0xffff &&
		   out.info.sel.proto == IPPROTO_UDP && !out.info.sel.dport_mask &&
		   out.info.action == XFRM_POLICY_ALLOW &&
		   fake_kernel_get_sp(kernel, XFRM_POLICY_IN, any, local, &in) &&
		   in.offload.ifindex == NIC && in.info.sel.dport == port &&
		   in.info.sel.dport_mask == 0xffff && !in.info.sel.sport_mask;
}

/**
 * Wait until the NIC lets packets of an address pass, or no longer.
 */
static bool wait_passes(const char *local, bool expected)
{
	int i;

	for (i = 0; i < TEST_DEADLINE; i++)
	{
		if (passes(ANY, local, port4) == expected)
		{
			return TRUE;
		}
		usleep(1000);
	}
	return FALSE;
}

START_TEST(test_local_only)
{
	fake_sp_t sp;

	service_child_add();
	ck_assert(passes(ANY, LOCAL, port4));
	ck_assert(passes(ANY6, OURS6, port6));
	/* what this host forwards from these ports is in no policy on the NIC: the
	 * only ones for any address are those of the kernel */
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, ANY, ANY, &sp));
	ck_assert_uint_eq(sp.info.sel.ifindex, 0);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_IN, ANY, ANY, &sp));
	ck_assert_uint_eq(sp.info.sel.ifindex, 0);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 4);
	ck_assert_int_eq(service_lines_with("bypass policy"), 0);
}
END_TEST

START_TEST(test_not_listed)
{
	test_sa_t sa;
	test_sp_t sp;

	/* endpoints that charon does not list: link-local ones, or deprecated */
	sa_init(&sa, SPI_OUT, FALSE, HW_OFFLOAD_PACKET);
	sa.id.src->destroy(sa.id.src);
	sa.id.dst->destroy(sa.id.dst);
	sa.id.src = host_create_from_string("fe80::1", 0);
	sa.id.dst = host_create_from_string("fec5::2", 0);
	sp_init(&sp, POLICY_OUT, "fe80::1/128", "fec5::2/128", SPI_OUT, 1,
			HW_OFFLOAD_PACKET);
	sp.data.src->destroy(sp.data.src);
	sp.data.dst->destroy(sp.data.dst);
	sp.data.src = sa.id.src->clone(sa.id.src);
	sp.data.dst = sa.id.dst->clone(sa.id.dst);
	/* the NIC is in use already */
	service_child_add();
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(!passes(ANY6, "fe80::1/128", port6));
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert(passes(ANY6, "fe80::1/128", port6));
	sa_clear(&sa);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_family_refused)
{
	/* the first policies are those of the first address: a NIC that does not
	 * know its family takes the other one */
	calls.addrs = _i ? "192.168.50.1 fec5::1" : "fec5::1 192.168.50.1";
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	service_refuse(XFRM_MSG_UPDPOLICY, 1, EINVAL);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(passes(ANY, LOCAL, port4) == !_i);
	ck_assert(passes(ANY6, OURS6, port6) == _i);
	ck_assert_int_eq(service_lines_with("bypass policy"), 1);
}
END_TEST

START_TEST(test_answer_lost)
{
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	/* the second policy of a port may be there, or is refused: both have to
	 * go then */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_UPDPOLICY, 2,
					   _i ? FAKE_FAULT_ERROR : FAKE_FAULT_LOST, EINVAL, NULL);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	/* those of the sockets, the SP, its guard, and the other port */
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 4 + 2 + 2);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 4);
}
END_TEST

START_TEST(test_address_changes)
{
	service_child_add();
	ck_assert(!passes(ANY, NEW, port4));
	/* IKE may go on from another address at any time */
	calls.addrs = "192.168.50.1 192.168.50.9 fec5::1";
	fake_kernel_add_route(kernel, "10.9.0.0/16", NIC, NULL, NULL, 0);
	ck_assert(wait_passes(NEW, TRUE));
	ck_assert(passes(ANY, LOCAL, port4));
	/* and one that is gone may come back as that of somebody behind us */
	calls.addrs = "192.168.50.1 fec5::1";
	fake_kernel_add_route(kernel, "10.9.0.0/16", NIC, NULL, NULL, 0);
	ck_assert(wait_passes(NEW, FALSE));
	ck_assert(passes(ANY, LOCAL, port4));
	ck_assert(passes(ANY6, OURS6, port6));
}
END_TEST

START_TEST(test_link_back)
{
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(passes(ANY, LOCAL, port4));
	/* nowhere to go until the NIC is back */
	fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 0);
	fake_kernel_link_down(kernel, NIC);
	ck_assert(wait_passes(LOCAL, FALSE));
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC, NULL, NULL, 0);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(wait_passes(LOCAL, TRUE));
}
END_TEST

START_TEST(test_link_flaps)
{
	test_sp_t other;
	int i;

	/* the NIC is never without a policy for us, as several are put back one by
	 * one, but it was */
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	sp_init(&other, POLICY_OUT, LOCAL, "192.168.50.3/32", 0, 2,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_add(&other), SUCCESS);
	for (i = 0; i < 2; i++)
	{
		ck_assert(wait_passes(LOCAL, TRUE));
		fake_kernel_link_down(kernel, NIC);
		ck_assert(!passes(ANY, LOCAL, port4));
		fake_kernel_link_up(kernel, NIC);
	}
	ck_assert(wait_passes(LOCAL, TRUE));
	sp_clear(&other);
}
END_TEST

START_TEST(test_bypass_refused)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	test_sp_t sp;
	int fd, i;

	lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload.port_bypass",
							TRUE, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO, NULL));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr*)&addr, sizeof(addr)), 0);
	ck_assert(ipsec->bypass_socket(ipsec, fd, AF_INET));
	service_forget_lines();
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", 0, 1,
			HW_OFFLOAD_AUTO);
	for (i = 0; i < 4; i++)
	{
		if (i == 2)
		{	/* it was able to do it in between */
			fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_PACKET);
			ck_assert_int_eq(sp_add(&sp), SUCCESS);
			ck_assert_int_eq(sp_del(&sp), SUCCESS);
			fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_CRYPTO);
		}
		ck_assert_int_eq(sp_add(&sp), SUCCESS);
		ck_assert_int_eq(sp_del(&sp), SUCCESS);
		ck_assert_msg(service_lines_with("bypass policy") == 1 + i / 2, "%d",
					  i);
	}
	sp_clear(&sp);
	close(fd);
}
END_TEST

TCase *bypass_tcase(void)
{
	TCase *tcase = tcase_create("bypass");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_local_only);
	tcase_add_test(tcase, test_not_listed);
	tcase_add_loop_test(tcase, test_family_refused, 0, 2);
	tcase_add_loop_test(tcase, test_answer_lost, 0, 2);
	tcase_add_test(tcase, test_address_changes);
	tcase_add_test(tcase, test_link_back);
	tcase_add_test(tcase, test_link_flaps);
	tcase_add_test(tcase, test_bypass_refused);
	return tcase;
}
