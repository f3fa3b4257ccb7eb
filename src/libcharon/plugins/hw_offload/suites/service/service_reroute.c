/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A CHILD_SA whose packets are led to another NIC.
 */

#include "service_reroute.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

/*
 * Described in header
 */
void reroute_set(const char *key, char *value)
{
	char buf[128];

	snprintf(buf, sizeof(buf), "%%s.plugins.hw-offload.%s", key);
	lib->settings->set_str(lib->settings, buf, value, lib->ns);
}

/*
 * Described in header
 */
void reroute_start(fake_caps_t caps, const char *key, char *value)
{
	char delay[16];

	snprintf(delay, sizeof(delay), "%d", DELAY);
	reroute_set("rebind_delay", delay);
	if (key)
	{
		reroute_set(key, value);
	}
	ck_assert(service_start(FAKE_LINUX_7_2, caps, NULL));
	fake_kernel_add_device(kernel, OTHER, caps, NULL);
	/* as the kernel does */
	fake_kernel_link_up(kernel, OTHER);
	service_forget_lines();
}

/*
 * Described in header
 */
void reroute_child_add(hw_offload_t requested)
{
	service_child_init(requested);
	service_child_add();
	fake_kernel_reset_counts(kernel);
}

/*
 * Described in header
 */
void reroute_child_del(void)
{
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	service_child_clear();
}

/*
 * Described in header
 */
void reroute_to(uint32_t ifindex)
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

/*
 * Described in header
 */
bool reroute_pair_is(const char *expected)
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

/*
 * Described in header
 */
bool reroute_wait_pair(const char *expected)
{
	int i;

	for (i = 0; i < TEST_DEADLINE && !reroute_pair_is(expected); i++)
	{
		usleep(1000);
	}
	return reroute_pair_is(expected);
}

/*
 * Described in header
 */
void reroute_wait_check(void)
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
	ck_assert_uint_gt(fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE),
					  before);
	/* the rest of it does not wait for anything */
	usleep(DELAY * 1000);
}

/*
 * Described in header
 */
uint32_t reroute_oseq(void)
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
