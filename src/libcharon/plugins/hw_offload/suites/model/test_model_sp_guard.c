/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what SPs look like in the kernel: alone, or with something behind
 * them that blocks or protects when the NIC does not anymore.
 */

#include "model_suites.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "../../model/state/sp_table.h"

/** device of the NIC, and one that an SP is limited to */
#define NIC 3
#define LIMIT 7

static const hwo_offload_t packet = { HWO_MODE_PACKET, NIC };
static const hwo_offload_t software = { HWO_MODE_NONE, 0 };

static hwo_guard_rules_t old = { .fail_closed = TRUE };
static hwo_guard_rules_t checked = { .fail_closed = TRUE,
									 .route_checked = TRUE };
static hwo_guard_rules_t off = { .fail_closed = FALSE };

/**
 * An SP with a template, or a shunt.
 */
static hwo_sp_t get_sp(policy_dir_t dir, int family, int tmpl_count)
{
	hwo_sp_t sp = {
		.id = {
			.dir = dir,
			.sel = {
				.family = family,
				.proto = 17,
				.src_prefix = 24,
				.dst_prefix = 32,
				.dst_port = 4789,
				.dst_port_mask = 0xffff,
			},
			.mark = { 5, 0xff },
		},
		.priority = 371327,
		.tmpl_count = tmpl_count,
		.tmpl[0] = { .proto = 50, .reqid = 1, .mode = MODE_TRANSPORT },
	};

	return sp;
}

/**
 * Check that there is one SP only in the kernel, which is the SP itself.
 */
static void check_single(const hwo_sp_t *sp, const hwo_offload_t *offload,
						 const hwo_guard_rules_t *rules)
{
	hwo_kernel_sps_t kernel;

	hwo_kernel_sps_get(sp, offload, rules, &kernel);
	ck_assert_int_eq(kernel.count, 1);
	ck_assert(memeq(&kernel.item[0].sp, sp, sizeof(*sp)));
	ck_assert(memeq(&kernel.item[0].offload, offload, sizeof(*offload)));
}

START_TEST(test_software)
{
	hwo_sp_t sp = get_sp(_i, AF_INET, 1);

	/* nothing is behind what the kernel does itself */
	check_single(&sp, &software, &old);
	check_single(&sp, &software, &checked);
	/* or if nobody wants it */
	check_single(&sp, &packet, &off);
}
END_TEST

/**
 * Check a guard: the same traffic, but not the same identity.
 */
static void check_guard(const hwo_kernel_sp_t *guard, const hwo_kernel_sp_t *sp,
						const hwo_sp_t *requested)
{
	hwo_sp_id_t same = guard->sp.id;

	ck_assert(guard->sp.block);
	ck_assert_int_eq(guard->sp.tmpl_count, 0);
	ck_assert_int_eq(guard->offload.mode, HWO_MODE_NONE);
	ck_assert(guard->guard && !sp->guard);
	ck_assert(!hwo_sp_id_equals(&guard->sp.id, &sp->sp.id));
	same.sel.user = requested->id.sel.user;
	ck_assert(hwo_sp_id_equals(&same, &requested->id));
	/* nothing fits in between */
	ck_assert_uint_eq(guard->sp.priority, sp->sp.priority + 1);
}

START_TEST(test_out_v4)
{
	hwo_sp_t sp = get_sp(POLICY_OUT, AF_INET, 1);
	hwo_kernel_sps_t kernel;

	hwo_kernel_sps_get(&sp, &packet, _i ? &checked : &old, &kernel);
	ck_assert_int_eq(kernel.count, 2);
	check_guard(&kernel.item[0], &kernel.item[1], &sp);
	/* limited to the NIC, so that no other one gets the packets */
	ck_assert_uint_eq(kernel.item[0].sp.id.sel.ifindex, 0);
	ck_assert_uint_eq(kernel.item[1].sp.id.sel.ifindex, NIC);
	/* ICMP errors about what it protects are not its traffic */
	ck_assert(!kernel.item[1].sp.icmp);
	ck_assert_int_eq(kernel.item[1].offload.mode, HWO_MODE_PACKET);
	/* and nothing else */
	kernel.item[1].sp.id.sel.ifindex = kernel.item[1].sp.id.sel.user = 0;
	ck_assert(memeq(&kernel.item[1].sp, &sp, sizeof(sp)));
}
END_TEST

START_TEST(test_out_any_interface)
{
	hwo_sp_t sp = get_sp(POLICY_OUT, _i ? AF_INET : AF_INET6, 1);
	hwo_kernel_sps_t kernel;

	/* IPv6 sockets and XFRM interfaces don't tell it */
	sp.id.if_id = _i;
	hwo_kernel_sps_get(&sp, &packet, &checked, &kernel);
	ck_assert_int_eq(kernel.count, 2);
	check_guard(&kernel.item[0], &kernel.item[1], &sp);
	ck_assert_uint_ne(kernel.item[0].sp.id.sel.user, 0);
	ck_assert(memeq(&kernel.item[1].sp, &sp, sizeof(sp)));
	/* if the kernel doesn't check the route, it's for forwarded traffic */
	hwo_kernel_sps_get(&sp, &packet, &old, &kernel);
	ck_assert_uint_eq(kernel.item[0].sp.id.sel.user, 0);
	ck_assert_uint_eq(kernel.item[1].sp.id.sel.ifindex, NIC);
}
END_TEST

START_TEST(test_out_tunnel)
{
	hwo_sp_t sp = get_sp(POLICY_OUT, AF_INET, 1);
	hwo_kernel_sps_t kernel;

	/* the inner route may lead to any interface, the kernel checks the outer
	 * one */
	sp.tmpl[0].mode = MODE_TUNNEL;
	hwo_kernel_sps_get(&sp, &packet, &checked, &kernel);
	ck_assert_int_eq(kernel.count, 2);
	check_guard(&kernel.item[0], &kernel.item[1], &sp);
	ck_assert_uint_ne(kernel.item[0].sp.id.sel.user, 0);
	ck_assert(memeq(&kernel.item[1].sp, &sp, sizeof(sp)));
	/* or it does not */
	hwo_kernel_sps_get(&sp, &packet, &old, &kernel);
	ck_assert_uint_eq(kernel.item[1].sp.id.sel.ifindex, NIC);
}
END_TEST

/**
 * Protocols, and if ICMP errors that the kernel sends are their traffic.
 */
static const struct {
	uint8_t proto;
	bool icmp;
} protocols[] = {
	{ 0, TRUE },
	{ IPPROTO_ICMP, TRUE },
	{ IPPROTO_ICMPV6, TRUE },
	{ IPPROTO_UDP, FALSE },
	{ IPPROTO_TCP, FALSE },
};

START_TEST(test_errors)
{
	hwo_sp_t sp = get_sp(POLICY_OUT, AF_INET, 1);
	hwo_kernel_sps_t kernel;

	/* for them, the lookup knows no interface */
	sp.id.sel.proto = protocols[_i].proto;
	hwo_kernel_sps_get(&sp, &packet, &old, &kernel);
	ck_assert_int_eq(kernel.item[1].sp.icmp, protocols[_i].icmp);
	ck_assert(!kernel.item[0].sp.icmp);
	/* unless that is configured */
	sp.icmp = TRUE;
	hwo_kernel_sps_get(&sp, &packet, &old, &kernel);
	ck_assert(kernel.item[1].sp.icmp);
}
END_TEST

/**
 * Protocols and types over IPv6 that a guard may eat neighbour discovery of.
 */
static const struct {
	int family;
	uint8_t proto;
	uint16_t mask;
	int passes;
} neighbours[] = {
	{ AF_INET6, 0, 0, 2 },
	{ AF_INET6, IPPROTO_ICMPV6, 0, 2 },
	{ AF_INET6, IPPROTO_ICMPV6, 0xffff, 0 },
	{ AF_INET6, IPPROTO_UDP, 0, 0 },
	{ AF_INET, 0, 0, 0 },
};

START_TEST(test_neighbours)
{
	hwo_sp_t sp = get_sp(POLICY_OUT, neighbours[_i].family, 1);
	int i, passes = neighbours[_i].passes;
	hwo_kernel_sps_t kernel;
	hwo_sp_t *pass;

	sp.id.sel.proto = neighbours[_i].proto;
	sp.id.sel.src_port_mask = neighbours[_i].mask;
	hwo_kernel_sps_get(&sp, &packet, &checked, &kernel);
	ck_assert_int_eq(kernel.count, 2 + passes);
	ck_assert(hwo_kernel_sps_guarded(&kernel));
	ck_assert(hwo_kernel_sps_installed(&kernel));
	check_guard(&kernel.item[passes], &kernel.item[passes + 1], &sp);
	for (i = 0; i < passes; i++)
	{	/* they are there before the guard, and only match what it would */
		pass = &kernel.item[i].sp;
		ck_assert(kernel.item[i].guard && !pass->block && !pass->tmpl_count);
		ck_assert_uint_eq(pass->priority, kernel.item[passes].sp.priority);
		ck_assert_uint_eq(pass->id.sel.proto, IPPROTO_ICMPV6);
		ck_assert_uint_eq(pass->id.sel.src_port, 135 + i);
		ck_assert_uint_eq(pass->id.sel.src_port_mask, 0xffff);
		ck_assert(memeq(pass->id.sel.dst, sp.id.sel.dst, 16));
	}
}
END_TEST

START_TEST(test_out_limited)
{
	hwo_sp_t sp = get_sp(POLICY_OUT, AF_INET, 1);
	hwo_kernel_sps_t kernel;

	/* traffic by other interfaces is not its business */
	sp.id.sel.ifindex = LIMIT;
	hwo_kernel_sps_get(&sp, &packet, &old, &kernel);
	ck_assert_int_eq(kernel.count, 2);
	check_guard(&kernel.item[0], &kernel.item[1], &sp);
	ck_assert_uint_eq(kernel.item[0].sp.id.sel.ifindex, LIMIT);
	ck_assert(memeq(&kernel.item[1].sp, &sp, sizeof(sp)));
}
END_TEST

START_TEST(test_twin)
{
	static const struct {
		policy_dir_t dir;
		int family, tmpl_count;
		bool block;
	} sps[] = {
		{ POLICY_IN, AF_INET, 1, FALSE },
		{ POLICY_IN, AF_INET6, 1, FALSE },
		{ POLICY_IN, AF_INET, 0, TRUE },
		{ POLICY_OUT, AF_INET, 0, FALSE },
		{ POLICY_OUT, AF_INET6, 0, TRUE },
	};
	hwo_guard_rules_t *rules = _i % 2 ? &checked : &old;
	hwo_kernel_sps_t kernel;
	hwo_sp_t sp;

	_i /= 2;
	sp = get_sp(sps[_i].dir, sps[_i].family, sps[_i].tmpl_count);
	sp.block = sps[_i].block;
	hwo_kernel_sps_get(&sp, &packet, rules, &kernel);
	ck_assert_int_eq(kernel.count, 2);
	ck_assert(memeq(&kernel.item[0].sp, &sp, sizeof(sp)));
	ck_assert_int_eq(kernel.item[0].offload.mode, HWO_MODE_NONE);
	ck_assert_uint_eq(kernel.item[1].sp.id.sel.ifindex, NIC);
	ck_assert_int_eq(kernel.item[1].offload.mode, HWO_MODE_PACKET);
	kernel.item[1].sp.id.sel.ifindex = kernel.item[1].sp.id.sel.user = 0;
	ck_assert(memeq(&kernel.item[1].sp, &sp, sizeof(sp)));
	/* no other identity is left for it */
	sp.id.sel.ifindex = LIMIT;
	check_single(&sp, &packet, rules);
}
END_TEST

START_TEST(test_find)
{
	hwo_sp_t sp = get_sp(POLICY_OUT, AF_INET, 1);
	hwo_kernel_sps_t kernel;
	hwo_sp_id_t id;

	hwo_kernel_sps_get(&sp, &packet, &old, &kernel);
	id = sp.id;
	ck_assert_int_eq(hwo_kernel_sps_find(&kernel, &id), 0);
	id.sel.ifindex = NIC;
	/* a shunt that is limited to the NIC is not the one in it */
	ck_assert_int_eq(hwo_kernel_sps_find(&kernel, &id), -1);
	ck_assert_int_eq(hwo_kernel_sps_find(&kernel, &kernel.item[1].sp.id), 1);
	id.sel.ifindex = LIMIT;
	ck_assert_int_eq(hwo_kernel_sps_find(&kernel, &id), -1);
}
END_TEST

START_TEST(test_guarded)
{
	hwo_sp_t sp = get_sp(POLICY_OUT, AF_INET, 1);
	hwo_kernel_sps_t kernel = {};

	ck_assert(!hwo_kernel_sps_guarded(&kernel));
	hwo_kernel_sps_get(&sp, &packet, &old, &kernel);
	ck_assert(hwo_kernel_sps_guarded(&kernel));
	hwo_kernel_sps_get(&sp, &software, &old, &kernel);
	ck_assert(!hwo_kernel_sps_guarded(&kernel));
	/* a shunt that blocks, and its twin in the NIC, are wanted as such */
	sp = get_sp(POLICY_OUT, AF_INET, 0);
	sp.block = TRUE;
	hwo_kernel_sps_get(&sp, &packet, &old, &kernel);
	ck_assert(!hwo_kernel_sps_guarded(&kernel));
}
END_TEST

START_TEST(test_last_priority)
{
	hwo_sp_t sp = get_sp(POLICY_OUT, AF_INET, 1);
	hwo_kernel_sps_t kernel;

	/* it must not be the first of all then */
	sp.priority = UINT32_MAX;
	hwo_kernel_sps_get(&sp, &packet, &old, &kernel);
	ck_assert_uint_eq(kernel.item[0].sp.priority, UINT32_MAX);
}
END_TEST

/**
 * Traffic that leaves in clear if its route moves, unless it is refused.
 */
static const struct {
	hwo_guard_rules_t *rules;
	int family;
	ipsec_mode_t mode;
	uint32_t if_id;
	bool local, leaks;
} leaks[] = {
	{ &old, AF_INET, MODE_TRANSPORT, 0, TRUE, FALSE },
	{ &old, AF_INET, MODE_TUNNEL, 0, FALSE, FALSE },
	{ &old, AF_INET6, MODE_TUNNEL, 0, FALSE, FALSE },
	{ &old, AF_INET, MODE_TUNNEL, 0, TRUE, TRUE },
	{ &old, AF_INET6, MODE_TRANSPORT, 0, TRUE, TRUE },
	{ &old, AF_INET6, MODE_TUNNEL, 0, TRUE, TRUE },
	{ &old, AF_INET, MODE_TUNNEL, 1, FALSE, TRUE },
	{ &checked, AF_INET, MODE_TUNNEL, 0, TRUE, FALSE },
	{ &checked, AF_INET6, MODE_TRANSPORT, 1, TRUE, FALSE },
	{ &off, AF_INET, MODE_TUNNEL, 0, TRUE, FALSE },
	{ &off, AF_INET6, MODE_TRANSPORT, 1, TRUE, FALSE },
};

START_TEST(test_may_leak)
{
	ck_assert_int_eq(hwo_sp_may_leak(leaks[_i].rules, leaks[_i].family,
									 leaks[_i].mode, leaks[_i].if_id,
									 leaks[_i].local), leaks[_i].leaks);
}
END_TEST

TCase *sp_guard_tcase(void)
{
	TCase *tcase = tcase_create("sp_guard");

	tcase_add_checked_fixture(tcase, model_setup, model_teardown);
	tcase_add_loop_test(tcase, test_software, POLICY_IN, POLICY_FWD + 1);
	tcase_add_loop_test(tcase, test_out_v4, 0, 2);
	tcase_add_loop_test(tcase, test_out_any_interface, 0, 2);
	tcase_add_test(tcase, test_out_tunnel);
	tcase_add_loop_test(tcase, test_errors, 0, countof(protocols));
	tcase_add_loop_test(tcase, test_neighbours, 0, countof(neighbours));
	tcase_add_test(tcase, test_out_limited);
	tcase_add_loop_test(tcase, test_twin, 0, 10);
	tcase_add_test(tcase, test_find);
	tcase_add_test(tcase, test_guarded);
	tcase_add_test(tcase, test_last_priority);
	tcase_add_loop_test(tcase, test_may_leak, 0, countof(leaks));
	return tcase;
}
