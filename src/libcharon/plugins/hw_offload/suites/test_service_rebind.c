/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SAs that follow their packets to other NICs.
 */

#include "service_child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include <threading/thread.h>

#define NET "192.168.50.0/24"

/** another NIC */
#define OTHER 4

/** milliseconds from a change to a check */
#define DELAY 20

/**
 * Set one of our settings.
 */
static void set(const char *key, char *value)
{
	char buf[128];

	snprintf(buf, sizeof(buf), "%%s.plugins.hw-offload.%s", key);
	lib->settings->set_str(lib->settings, buf, value, lib->ns);
}

/**
 * Start with settings, all NICs are as capable.
 */
static void start(fake_caps_t caps, const char *key, char *value)
{
	char delay[16];

	snprintf(delay, sizeof(delay), "%d", DELAY);
	set("rebind_delay", delay);
	if (key)
	{
		set(key, value);
	}
	ck_assert(service_start(FAKE_LINUX_7_2, caps, NULL));
	fake_kernel_add_device(kernel, OTHER, caps, NULL);
	service_forget_lines();
}

static void child_add(hw_offload_t requested)
{
	service_child_init(requested);
	service_child_add();
	fake_kernel_reset_counts(kernel);
}

/**
 * Remove the child, nothing may be left.
 */
static void child_del(void)
{
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	service_child_clear();
}

/**
 * Lead the packets to another device.
 */
static void reroute(uint32_t ifindex)
{
	fake_kernel_add_route(kernel, NET, ifindex, NULL, "192.168.50.1", 0);
}

/**
 * Describe an offload: "crypto4".
 */
static void describe(const struct xfrm_user_offload *offload, char buf[16])
{
	if (offload->ifindex)
	{
		snprintf(buf, 16, "%s%u", offload->flags & 4 ? "packet" : "crypto",
				 offload->ifindex);
	}
	else
	{
		strcpy(buf, "none");
	}
}

/**
 * Check where both SAs are.
 */
static bool pair_is(const char *expected)
{
	char in[16] = "missing", out[16] = "missing";
	fake_sa_t sa;

	if (fake_kernel_get_sa(kernel, sa_in.id.spi, &sa))
	{
		describe(&sa.offload, in);
	}
	if (fake_kernel_get_sa(kernel, sa_out.id.spi, &sa))
	{
		describe(&sa.offload, out);
	}
	return streq(in, expected) && streq(out, expected);
}

static bool wait_pair(const char *expected)
{
	int i;

	for (i = 0; i < TEST_DEADLINE && !pair_is(expected); i++)
	{
		usleep(1000);
	}
	return pair_is(expected);
}

static bool wait_line(const char *text)
{
	int i;

	for (i = 0; i < TEST_DEADLINE && !service_lines_with(text); i++)
	{
		usleep(1000);
	}
	return service_lines_with(text) == 1;
}

/**
 * Wait until a check is done that began after this: any change is followed by
 * one, which looks up the way to a peer that is different from the last one.
 */
static void wait_check(void)
{
	u_int before;
	int i;

	before = fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE);
	fake_kernel_link_up(kernel, OTHER);
	for (i = 0; i < TEST_DEADLINE; i++)
	{
		if (fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE) > before)
		{
			break;
		}
		usleep(1000);
	}
	/* the rest of it does not wait for anything */
	usleep(DELAY * 1000);
}

/**
 * Last sequence number an outbound SA was installed with.
 */
static uint32_t oseq(void)
{
	struct xfrm_replay_state_esn *esn;
	chunk_t attr;
	fake_sa_t sa;

	ck_assert(fake_kernel_get_sa(kernel, sa_out.id.spi, &sa));
	attr = fake_sa_attr(&sa, XFRMA_REPLAY_ESN_VAL);
	ck_assert_uint_ge(attr.len, sizeof(*esn));
	esn = (void*)attr.ptr;
	return esn->oseq;
}

START_TEST(test_crypto)
{
	hw_offload_t requested = _i ? HW_OFFLOAD_AUTO : HW_OFFLOAD_CRYPTO;
	fake_sa_t sa;

	start(FAKE_CAPS_CRYPTO, NULL, NULL);
	child_add(requested);
	ck_assert(pair_is("crypto3"));
	fake_kernel_use_sa(kernel, sa_out.id.spi, 4700, 47, 1700000000);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 47);
	reroute(OTHER);
	ck_assert(wait_pair("crypto4"));
	ck_assert_uint_eq(oseq(), 47);
	ck_assert(fake_kernel_get_sa(kernel, sa_out.id.spi, &sa));
	ck_assert_uint_eq(sa.info.curlft.packets, 47);
	ck_assert(wait_line("followed its packets (move): from mode crypto on "
						"device nic3 to mode crypto on device nic4"));
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					 2);
	/* and back */
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 48);
	reroute(NIC);
	ck_assert(wait_pair("crypto3"));
	ck_assert_uint_eq(oseq(), 48);
	ck_assert_int_eq(calls.expires, 0);
	assert_no_key();
	child_del();
}
END_TEST

START_TEST(test_crypto_to_software)
{
	start(FAKE_CAPS_CRYPTO, NULL, NULL);
	fake_kernel_set_link(kernel, OTHER, "veth", 0);
	child_add(HW_OFFLOAD_AUTO);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 5);
	reroute(OTHER);
	ck_assert(wait_pair("none"));
	ck_assert_uint_eq(oseq(), 5);
	ck_assert(wait_line("(degrade): from mode crypto on device nic3 to mode "
						"none on device -, virtual-device"));
	/* it was better, so it is again */
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 6);
	reroute(NIC);
	ck_assert(wait_pair("crypto3"));
	ck_assert_uint_eq(oseq(), 6);
	ck_assert(wait_line("(promote): from mode none on device - to mode crypto "
						"on device nic3"));
	ck_assert_int_eq(calls.expires, 0);
	child_del();
}
END_TEST

START_TEST(test_crypto_refused)
{
	/* known before, or only by trying: then it is put back */
	start(FAKE_CAPS_CRYPTO, _i % 2 ? "rebind_refused" : NULL, "close");
	if (_i < 2)
	{
		fake_kernel_set_link(kernel, OTHER, "veth", 0);
	}
	else
	{
		fake_kernel_set_caps(kernel, OTHER, FAKE_CAPS_EINVAL);
	}
	child_add(HW_OFFLOAD_CRYPTO);
	fake_kernel_set_oseq(kernel, sa_out.id.spi, 5);
	reroute(OTHER);
	if (_i % 2)
	{
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(calls.expire_hard);
		ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
		ck_assert(wait_line("closing it"));
	}
	else
	{
		ck_assert(wait_line("it stays"));
		ck_assert_int_eq(calls.expires, 0);
	}
	ck_assert(wait_pair("crypto3"));
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					  _i < 2 ? 0 : 1);
	if (_i >= 2)
	{
		ck_assert_uint_eq(oseq(), 5);
	}
	/* it is not tried again and again */
	wait_check();
	wait_check();
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					  _i < 2 ? 0 : 1);
	child_del();
}
END_TEST

START_TEST(test_auto_refused)
{
	/* only one direction is refused, but both end in the same mode */
	start(FAKE_CAPS_CRYPTO, NULL, NULL);
	child_add(HW_OFFLOAD_AUTO);
	/* the second new one on the other NIC is the inbound one */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 2,
					   FAKE_FAULT_ERROR, EINVAL, "fakenic: Table is full");
	reroute(OTHER);
	ck_assert(wait_pair("none"));
	ck_assert_int_eq(calls.expires, 0);
	wait_check();
	ck_assert(pair_is("none"));
	child_del();
}
END_TEST

START_TEST(test_budget)
{
	const char *modes[2];
	fake_sa_t sa;
	int i;

	/* there is room for one pair on the other NIC */
	lib->settings->set_int(lib->settings,
						   "%s.plugins.hw-offload.devices.nic4.max_sas", 2,
						   lib->ns);
	start(FAKE_CAPS_CRYPTO, NULL, NULL);
	child_add(HW_OFFLOAD_AUTO);
	sa_in.id.spi = htonl(SPI_IN + 16);
	sa_out.id.spi = htonl(SPI_OUT + 16);
	sa_in.data.reqid = sa_out.data.reqid = 2;
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	reroute(OTHER);
	ck_assert(wait_line("(degrade)"));
	ck_assert(wait_line("(move)"));
	ck_assert(wait_line("budget"));
	for (i = 0; i < 2; i++)
	{
		ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT + 16 * i), &sa));
		modes[i] = sa.offload.ifindex == OTHER ? "crypto" : "none";
		ck_assert(sa.offload.ifindex == OTHER || !sa.offload.ifindex);
		ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_IN + 16 * i), &sa));
		ck_assert_str_eq(modes[i], sa.offload.ifindex == OTHER ? "crypto"
																: "none");
	}
	ck_assert_str_ne(modes[0], modes[1]);
}
END_TEST

START_TEST(test_packet)
{
	hw_offload_t requested = _i ? HW_OFFLOAD_AUTO : HW_OFFLOAD_PACKET;
	test_sa_t new_in, new_out;
	test_sp_t new_sp_in, new_sp_out;
	fake_sp_t sp;

	start(FAKE_CAPS_PACKET, NULL, NULL);
	child_add(requested);
	ck_assert(pair_is("packet3"));
	reroute(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_uint_eq(calls.expire_spi, sa_out.id.spi);
	/* nobody touched them, and the traffic is blocked until they are rekeyed */
	wait_check();
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					  0);
	ck_assert_int_eq(calls.expires, 1);
	ck_assert(pair_is("packet3"));
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));

	sa_init(&new_in, SPI_IN + 16, TRUE, requested);
	sa_init(&new_out, SPI_OUT + 16, FALSE, requested);
	sp_init(&new_sp_in, POLICY_IN, LOCAL, REMOTE, SPI_IN + 16, 1, requested);
	sp_init(&new_sp_out, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 16, 1, requested);
	ck_assert_int_eq(sa_add(&new_in), SUCCESS);
	ck_assert_int_eq(sa_add(&new_out), SUCCESS);
	ck_assert_int_eq(sp_add(&new_sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&new_sp_out), SUCCESS);
	ck_assert(service_child_wait(OTHER));
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));
	ck_assert_int_eq(sp_del(&new_sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&new_sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&new_out), SUCCESS);
	ck_assert_int_eq(sa_del(&new_in), SUCCESS);
	sa_clear(&new_in);
	sa_clear(&new_out);
	sp_clear(&new_sp_in);
	sp_clear(&new_sp_out);
	child_del();
}
END_TEST

START_TEST(test_packet_and_back)
{
	/* who is asked for each way, but no more than that */
	start(FAKE_CAPS_PACKET, NULL, NULL);
	child_add(HW_OFFLOAD_PACKET);
	reroute(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	reroute(NIC);
	wait_check();
	ck_assert_int_eq(calls.expires, 1);
	reroute(OTHER);
	ck_assert(calls_wait(&calls.expires, 2));
	/* nor if there is no way at all */
	reroute(0);
	wait_check();
	reroute(OTHER);
	wait_check();
	ck_assert_int_eq(calls.expires, 2);
	ck_assert(pair_is("packet3"));
	child_del();
}
END_TEST

START_TEST(test_packet_rekeying)
{
	test_sa_t new;

	/* the peer rekeys it, and has not concluded that when the route moves */
	start(FAKE_CAPS_PACKET, NULL, NULL);
	child_add(HW_OFFLOAD_PACKET);
	sa_init(&new, SPI_OUT + 16, FALSE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&new), SUCCESS);
	reroute(OTHER);
	wait_check();
	ck_assert_int_eq(calls.expires, 0);
	/* now it has, the new one is on the wrong NIC */
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, new.id.spi);
	ck_assert_int_eq(sa_del(&new), SUCCESS);
	sa_clear(&new);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	child_del();
}
END_TEST

START_TEST(test_packet_same_reqid)
{
	test_sa_t other;

	/* two CHILD_SAs may have the same reqid for ever */
	start(FAKE_CAPS_PACKET, NULL, NULL);
	child_add(HW_OFFLOAD_PACKET);
	sa_init(&other, SPI_OUT + 16, FALSE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&other), SUCCESS);
	reroute(OTHER);
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert_int_eq(sa_del(&other), SUCCESS);
	sa_clear(&other);
	child_del();
}
END_TEST

START_TEST(test_packet_refused)
{
	fake_sp_t guard;

	start(FAKE_CAPS_PACKET, _i ? "rebind_refused" : NULL, "close");
	fake_kernel_set_link(kernel, OTHER, "veth", 0);
	child_add(HW_OFFLOAD_PACKET);
	reroute(OTHER);
	if (_i)
	{
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(calls.expire_hard);
		/* charon closes it, its traffic does not leave in clear */
		ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
		ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
		ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	}
	else
	{
		ck_assert(wait_line("where its mode can't be had: it stays"));
		/* there is another chance as soon as anything changes */
		fake_kernel_set_link(kernel, OTHER, NULL, 0);
		fake_kernel_link_up(kernel, OTHER);
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(!calls.expire_hard);
	}
	ck_assert(pair_is("packet3"));
	if (!_i)
	{
		child_del();
	}
}
END_TEST

START_TEST(test_packet_auto_down)
{
	start(FAKE_CAPS_PACKET, NULL, NULL);
	fake_kernel_set_link(kernel, OTHER, "veth", 0);
	child_add(HW_OFFLOAD_AUTO);
	reroute(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					  0);
	child_del();
}
END_TEST

START_TEST(test_feature)
{
	/* crypto mode goes and comes with the feature of the NIC */
	start(FAKE_CAPS_CRYPTO, NULL, NULL);
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	child_add(HW_OFFLOAD_AUTO);
	ck_assert(pair_is("crypto3"));
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(wait_pair("none"));
	ck_assert(wait_line("feature-off"));
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(wait_pair("crypto3"));
	child_del();
}
END_TEST

START_TEST(test_promote)
{
	start(_i < 2 ? FAKE_CAPS_CRYPTO : FAKE_CAPS_PACKET,
		  _i ? "promote" : NULL, "now");
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	
	child_add(HW_OFFLOAD_AUTO);
	ck_assert(pair_is("none"));
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	fake_kernel_link_up(kernel, NIC);
	if (_i == 0)
	{
		wait_check();
		ck_assert(pair_is("none"));
		ck_assert_int_eq(calls.expires, 0);
	}
	else
	{	/* whether it is more than crypto mode is not known before */
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(!calls.expire_hard);
		wait_check();
		ck_assert_int_eq(calls.expires, 1);
	}
	child_del();
}
END_TEST

START_TEST(test_off)
{
	start(FAKE_CAPS_CRYPTO, "rebind", "no");
	child_add(HW_OFFLOAD_CRYPTO);
	reroute(OTHER);
	usleep(DELAY * 3000);
	ck_assert(pair_is("crypto3"));
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_ROUTE, 0), 0);
	child_del();
}
END_TEST

START_TEST(test_lost_changes)
{
	start(FAKE_CAPS_CRYPTO, NULL, NULL);
	child_add(HW_OFFLOAD_CRYPTO);
	/* nobody heard of the route */
	fake_kernel_set_link(kernel, OTHER, NULL, 0);
	fake_kernel_silent_route(kernel, NET, OTHER);
	fake_kernel_overrun(kernel, NETLINK_ROUTE);
	ck_assert(wait_pair("crypto4"));
	child_del();
}
END_TEST

START_TEST(test_lost_sequence_number)
{
	/* it must not start again with another one */
	start(FAKE_CAPS_CRYPTO, NULL, NULL);
	child_add(HW_OFFLOAD_CRYPTO);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELSA, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	reroute(OTHER);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	ck_assert(wait_line("it can't be moved: rekeying it"));
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA),
					  0);
}
END_TEST

START_TEST(test_trap)
{
	start(FAKE_CAPS_PACKET, NULL, NULL);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	sp_out.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(service_child_wait(NIC));
	reroute(OTHER);
	ck_assert(service_child_wait(OTHER));
	/* where it can't go it blocks */
	fake_kernel_set_link(kernel, NIC, "veth", 0);
	fake_kernel_reset_counts(kernel);
	reroute(NIC);
	wait_check();
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0), 0);
	ck_assert(service_child_wait(OTHER));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&sp_out);
}
END_TEST

START_TEST(test_acquire)
{
	start(FAKE_CAPS_CRYPTO, NULL, NULL);
	child_add(HW_OFFLOAD_CRYPTO);
	/* packets that came while the SA was on the move */
	reroute(OTHER);
	ck_assert(wait_pair("crypto4"));
	fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.2", 2,
						IPPROTO_UDP, 1);
	/* and others */
	fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.3", 2,
						IPPROTO_UDP, 2);
	ck_assert(calls_wait(&calls.acquires, 1));
	ck_assert_int_eq(calls.acquires, 1);
	ck_assert_uint_eq(calls.acquire_reqid, 2);
}
END_TEST

START_TEST(test_flapping)
{
	u_int moves;
	int i;

	/* ten times in a window */
	set("rebind_delay", "100");
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO, NULL));
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_CRYPTO, NULL);
	child_add(HW_OFFLOAD_CRYPTO);
	for (i = 0; i < 100; i++)
	{
		fake_kernel_set_oseq(kernel, sa_out.id.spi, i + 1);
		reroute(i % 2 ? NIC : OTHER);
		usleep(10000);
	}
	reroute(OTHER);
	ck_assert(wait_pair("crypto4"));
	/* one second has at most 100 + 200 + 400, and one that is on its way, two
	 * requests for each move; if a check finds it where it should be, the next
	 * window is short again, so the limit is that of short ones */
	moves = fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA) / 2;
	ck_assert_uint_ge(moves, 1);
	ck_assert_uint_le(moves, 12);
	ck_assert_uint_le(fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE),
					  moves * 3 + 12);
	ck_assert_int_eq(calls.expires, 0);
	child_del();
}
END_TEST

/**
 * Move SAs to and fro.
 */
static void *flap(void *unused)
{
	int i;

	for (i = 0; i < 100; i++)
	{
		reroute(i % 2 ? NIC : OTHER);
		usleep(2000);
	}
	return NULL;
}

START_TEST(test_closed_meanwhile)
{
	thread_t *thread;
	int i;

	set("rebind_delay", "1");
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO, NULL));
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_CRYPTO, NULL);
	thread = thread_create(flap, NULL);
	for (i = 0; i < 100; i++)
	{
		child_add(HW_OFFLOAD_CRYPTO);
		usleep(1500);
		/* nothing is left, nothing is missing */
		child_del();
	}
	thread->join(thread);
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

/** number of peers, and of all CHILD_SAs */
#define PEERS 100
static int children;

/**
 * Add or remove the SAs of all children.
 */
static void mass(bool add)
{
	char addr[32];
	test_sa_t in, out;
	int i;

	for (i = 0; i < children; i++)
	{
		snprintf(addr, sizeof(addr), "192.168.50.%d", 100 + i % PEERS);
		sa_init(&in, 0x10000 + i, TRUE, HW_OFFLOAD_CRYPTO);
		sa_init(&out, 0x20000 + i, FALSE, HW_OFFLOAD_CRYPTO);
		in.id.src->destroy(in.id.src);
		in.id.src = host_create_from_string(addr, 0);
		out.id.dst->destroy(out.id.dst);
		out.id.dst = host_create_from_string(addr, 0);
		in.data.reqid = out.data.reqid = i + 1;
		ck_assert_int_eq(add ? sa_add(&in) : sa_del(&in), SUCCESS);
		ck_assert_int_eq(add ? sa_add(&out) : sa_del(&out), SUCCESS);
		sa_clear(&in);
		sa_clear(&out);
	}
}

START_TEST(test_mass)
{
	const char *bench = getenv("HWO_REBIND_CHILDREN");
	fake_sa_t sa;
	u_int lookups;
	int i, wait;

	children = bench ? atoi(bench) : 500;
	start(FAKE_CAPS_CRYPTO, NULL, NULL);
	mass(TRUE);
	fake_kernel_reset_counts(kernel);
	reroute(OTHER);
	for (i = 0; i < children * 2; i++)
	{
		for (wait = 0; wait < TEST_DEADLINE * 4; wait++)
		{
			if (fake_kernel_get_sa(kernel, htonl((i % 2 ? 0x10000 : 0x20000) +
												 i / 2), &sa) &&
				sa.offload.ifindex == OTHER)
			{
				break;
			}
			usleep(1000);
		}
		ck_assert_int_lt(wait, TEST_DEADLINE * 4);
	}
	lookups = fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE);
	ck_assert_uint_eq(lookups, PEERS);
	/* query, delete, add, and read back */
	for (wait = 0; wait < TEST_DEADLINE &&
		 fake_kernel_count(kernel, NETLINK_XFRM, 0) < children * 8; wait++)
	{
		usleep(1000);
	}
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0),
					  children * 8);
	ck_assert_int_eq(calls.expires, 0);
	if (bench)
	{
		printf("%d SAs of %d peers: %u route lookups, %.1f XFRM requests for "
			   "each SA\n", children * 2, PEERS, lookups,
			   fake_kernel_count(kernel, NETLINK_XFRM, 0) / (children * 2.0));
	}
	mass(FALSE);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
}
END_TEST

TCase *rebind_tcase(void)
{
	TCase *tcase = tcase_create("rebind");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_crypto, 0, 2);
	tcase_add_test(tcase, test_crypto_to_software);
	tcase_add_loop_test(tcase, test_crypto_refused, 0, 4);
	tcase_add_test(tcase, test_auto_refused);
	tcase_add_test(tcase, test_budget);
	tcase_add_loop_test(tcase, test_packet, 0, 2);
	tcase_add_test(tcase, test_packet_and_back);
	tcase_add_test(tcase, test_packet_rekeying);
	tcase_add_test(tcase, test_packet_same_reqid);
	tcase_add_loop_test(tcase, test_packet_refused, 0, 2);
	tcase_add_test(tcase, test_packet_auto_down);
	tcase_add_test(tcase, test_feature);
	tcase_add_loop_test(tcase, test_promote, 0, 3);
	tcase_add_test(tcase, test_off);
	tcase_add_test(tcase, test_lost_changes);
	tcase_add_test(tcase, test_lost_sequence_number);
	tcase_add_test(tcase, test_trap);
	tcase_add_test(tcase, test_acquire);
	tcase_add_test(tcase, test_flapping);
	tcase_add_test(tcase, test_closed_meanwhile);
	tcase_add_test(tcase, test_mass);
	return tcase;
}
