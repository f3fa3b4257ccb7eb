/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what identifies SPs: they are found again, even if charon does not
 * say all that it said when they were installed.
 */

#include "bus_child.h"
#include "service_suites.h"

#include <errno.h>
#include <linux/xfrm.h>

#define LOCAL "10.1.0.0/16"
#define REMOTE "10.2.0.0/16"

START_TEST(test_interface)
{
	test_sp_t sp;
	fake_sp_t installed;

	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	sp.id.interface = "nic3";
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE,
								 &installed));
	ck_assert_int_eq(installed.info.sel.ifindex, NIC);
	ck_assert_int_eq(sp_del(&sp), SUCCESS);

	/* must not become one for all interfaces */
	sp.id.interface = "nic4711";
	ck_assert_int_eq(sp_add(&sp), FAILED);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	ck_assert_int_eq(service_lines_with("nic4711"), 1);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_interface_gone)
{
	test_sp_t sp[2];
	time_t used;
	int i;

	for (i = 0; i < countof(sp); i++)
	{
		sp_init(&sp[i], POLICY_OUT, LOCAL, i ? "10.9.0.0/16" : REMOTE, 0, 1,
				HW_OFFLOAD_NO);
		sp[i].id.interface = "nic3";
		ck_assert_int_eq(sp_add(&sp[i]), SUCCESS);
	}
	/* the kernel keeps what is limited to it */
	fake_kernel_remove_device(kernel, NIC);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	for (i = 0; i < countof(sp); i++)
	{
		ck_assert_int_eq(ipsec->query_policy(ipsec, &sp[i].id, NULL, &used),
						 SUCCESS);
		ck_assert_int_eq(sp_del(&sp[i]), SUCCESS);
		ck_assert_int_eq(sp_del(&sp[i]), NOT_FOUND);
		sp_clear(&sp[i]);
	}
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_shunt)
{
	test_sp_t sp;

	/* charon's shunts are removed without the mode they were installed with */
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 0, HW_OFFLOAD_PACKET);
	sp.data.type = POLICY_PASS;
	sp.data.prio = POLICY_PRIORITY_PASS;
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	sp.data.hw_offload = HW_OFFLOAD_NO;
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "missing");
	sp_clear(&sp);
}
END_TEST

START_TEST(test_refused_twin)
{
	hw_offload_t mode = _i ? HW_OFFLOAD_PACKET : HW_OFFLOAD_NO;
	test_sp_t first, second;

	/* two connections with the same addresses and selectors, and traps */
	sp_init(&first, POLICY_OUT, LOCAL, REMOTE, 0, 1, mode);
	sp_init(&second, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	first.data.prio = second.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&first), SUCCESS);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	ck_assert_int_eq(sp_add(&second), FAILED);
	/* charon gives the second one up, all of it */
	second.data.hw_offload = HW_OFFLOAD_NO;
	ck_assert_int_eq(sp_del(&second), SUCCESS);
	ck_assert_str_ne(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "missing");
	ck_assert_int_eq(sp_del(&first), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&first);
	sp_clear(&second);
}
END_TEST

START_TEST(test_refused_twin_midway)
{
	test_sp_t first[2], second[2];
	int i;

	/* the same, with two pairs of selectors, and the first one is refused */
	for (i = 0; i < 2; i++)
	{
		sp_init(&first[i], POLICY_OUT, LOCAL, i ? "10.9.0.0/16" : REMOTE, 0, 1,
				HW_OFFLOAD_NO);
		sp_init(&second[i], POLICY_OUT, LOCAL, i ? "10.9.0.0/16" : REMOTE, 0,
				1, HW_OFFLOAD_PACKET);
		first[i].data.prio = second[i].data.prio = POLICY_PRIORITY_ROUTED;
		ck_assert_int_eq(sp_add(&first[i]), SUCCESS);
	}
	bus_trap_routed();
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	ck_assert_int_eq(sp_add(&second[0]), FAILED);
	/* charon removes both, that which it has not added is the first one's */
	bus_trap_destroy(CHILD_CREATED, FALSE);
	ck_assert_int_eq(sp_del(&second[0]), SUCCESS);
	ck_assert_int_eq(sp_del(&second[1]), NOT_FOUND);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	/* the same thread removes that */
	bus_trap_destroy(CHILD_ROUTED, FALSE);
	for (i = 0; i < 2; i++)
	{
		ck_assert_int_eq(sp_del(&first[i]), SUCCESS);
		sp_clear(&first[i]);
		sp_clear(&second[i]);
	}
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_trap_given_up_blocks)
{
	hw_offload_t mode = _i == 1 ? HW_OFFLOAD_PACKET : HW_OFFLOAD_AUTO;
	test_sp_t out, fwd;
	test_sa_t sa;
	fake_sp_t guard;

	/* a CHILD_SA is lost, its guard stays; not so for the strict trap */
	sp_init(&out, POLICY_OUT, LOCAL, REMOTE, 0xc1, 1, HW_OFFLOAD_PACKET);
	if (_i != 1)
	{
		sa_init(&sa, 0xc1, FALSE, HW_OFFLOAD_PACKET);
		ck_assert_int_eq(sa_add(&sa), SUCCESS);
		ck_assert_int_eq(sp_add(&out), SUCCESS);
		ck_assert(fake_kernel_expire(kernel, sa.id.spi, TRUE));
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert_int_eq(sp_del(&out), SUCCESS);
		ck_assert_int_eq(service_lines_with("its CHILD_SA was lost"), 1);
		sa_del(&sa);
		sa_clear(&sa);
	}
	sp_clear(&out);
	/* a trap for the same traffic takes it over, in a NIC or in software, but
	 * not all of it can be installed, so charon gives it up */
	if (_i == 2)
	{
		fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	}
	sp_init(&out, POLICY_OUT, LOCAL, REMOTE, 0, 1, mode);
	sp_init(&fwd, POLICY_FWD, LOCAL, REMOTE, 0, 1, mode);
	out.data.prio = fwd.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&out), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE),
					 _i == 2 ? "none" : "packet");
	service_refuse(XFRM_MSG_NEWPOLICY, 1, ENOMEM);
	ck_assert_int_eq(sp_add(&fwd), FAILED);
	bus_trap_destroy(CHILD_CREATED, FALSE);
	out.data.hw_offload = HW_OFFLOAD_NO;
	ck_assert_int_eq(sp_del(&out), SUCCESS);
	ck_assert_int_eq(sp_del(&fwd), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
	ck_assert_int_eq(service_lines_with("its trap can't be installed"), 1);
	/* the next one ends it */
	out.data.hw_offload = mode;
	ck_assert_int_eq(sp_add(&out), SUCCESS);
	bus_trap_routed();
	ck_assert_int_eq(sp_del(&out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&out);
	sp_clear(&fwd);
}
END_TEST

START_TEST(test_next_user_refused)
{
	test_sa_t sa[2];
	test_sp_t sp[2];
	int i;

	/* two IKE_SAs with the same peer and selectors */
	for (i = 0; i < 2; i++)
	{
		sa_init(&sa[i], 0xc1 + i, FALSE, HW_OFFLOAD_NO);
		sp_init(&sp[i], POLICY_OUT, LOCAL, REMOTE, 0xc1 + i, 1, HW_OFFLOAD_NO);
		ck_assert_int_eq(sa_add(&sa[i]), SUCCESS);
		ck_assert_int_eq(sp_add(&sp[i]), SUCCESS);
	}
	/* what is there still refers to the SA that is deleted next */
	service_refuse(XFRM_MSG_UPDPOLICY, 1, ENOMEM);
	ck_assert_int_eq(sp_del(&sp[1]), FAILED);
	ck_assert_int_eq(sa_del(&sa[1]), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, sa[0].id.spi);
	ck_assert(!calls.expire_hard);
	ck_assert_int_eq(sp_del(&sp[0]), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	for (i = 0; i < 2; i++)
	{
		sa_clear(&sa[i]);
		sp_clear(&sp[i]);
	}
}
END_TEST

START_TEST(test_trap_updated)
{
	hw_offload_t from = _i ? HW_OFFLOAD_PACKET : HW_OFFLOAD_NO;
	hw_offload_t to = _i ? HW_OFFLOAD_NO : HW_OFFLOAD_PACKET;
	test_sp_t old, new;

	/* charon installs the new one first, and then removes the old one, without
	 * its mode */
	sp_init(&old, POLICY_OUT, LOCAL, REMOTE, 0, 1, from);
	sp_init(&new, POLICY_OUT, LOCAL, REMOTE, 0, 1, to);
	old.data.prio = new.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&old), SUCCESS);
	ck_assert_int_eq(sp_add(&new), SUCCESS);
	old.data.hw_offload = HW_OFFLOAD_NO;
	ck_assert_int_eq(sp_del(&old), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE),
					 _i ? "none" : "packet");
	ck_assert_int_eq(sp_del(&new), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&old);
	sp_clear(&new);
}
END_TEST

/**
 * What destroys a trap after one that was given up, and what it leaves.
 */
static const struct {
	uint32_t id, reqid;
	char *child;
	int left;
} after_failure[] = {
	{ 8,	1,	"net",		1 },
	/* others, that are uninstalled */
	{ 10,	1,	"net",		0 },
	{ 8,	2,	"net",		0 },
	{ 8,	1,	"other",	0 },
};

START_TEST(test_trap_update_refused)
{
	test_sp_t old[2], new[2];
	fake_sp_t guard;
	int i;

	/* charon removes the new one, and then the old one, which does its work */
	for (i = 0; i < 2; i++)
	{
		sp_init(&old[i], i ? POLICY_FWD : POLICY_OUT, LOCAL, REMOTE, 0, 1,
				HW_OFFLOAD_PACKET);
		sp_init(&new[i], i ? POLICY_FWD : POLICY_OUT, LOCAL, REMOTE, 0, 1,
				HW_OFFLOAD_PACKET);
		old[i].data.prio = new[i].data.prio = POLICY_PRIORITY_ROUTED;
		ck_assert_int_eq(sp_add(&old[i]), SUCCESS);
	}
	bus_trap_routed();
	service_refuse(XFRM_MSG_UPDPOLICY, 1, ENOSPC);
	ck_assert_int_eq(sp_add(&new[0]), FAILED);
	bus_trap_destroy(CHILD_CREATED, FALSE);
	ck_assert_int_eq(sp_del(&new[0]), SUCCESS);
	ck_assert_int_eq(sp_del(&new[1]), NOT_FOUND);
	bus_child_id = after_failure[_i].id;
	bus_child_reqid = after_failure[_i].reqid;
	bus_child_name = after_failure[_i].child;
	bus_trap_destroy(CHILD_ROUTED, FALSE);
	bus_child_id = 9;
	bus_child_reqid = 1;
	bus_child_name = "net";
	for (i = 0; i < 2; i++)
	{
		ck_assert_int_eq(sp_del(&old[i]), SUCCESS);
		sp_clear(&old[i]);
		sp_clear(&new[i]);
	}
	ck_assert_int_eq(fake_kernel_count_sps(kernel), after_failure[_i].left);
	ck_assert_int_eq(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard),
					 after_failure[_i].left);
}
END_TEST

START_TEST(test_same_interface)
{
	test_sp_t trap, shunt;

	/* a shunt for the NIC, and what is limited to it as it is offloaded */
	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	sp_init(&shunt, POLICY_OUT, LOCAL, REMOTE, 0, 0, HW_OFFLOAD_NO);
	shunt.data.type = POLICY_PASS;
	shunt.data.prio = POLICY_PRIORITY_PASS;
	shunt.id.interface = "nic3";
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 3);
	ck_assert_int_eq(sp_del(&shunt), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
	sp_clear(&shunt);
}
END_TEST

START_TEST(test_identity)
{
	test_sp_t sp[3];
	int i;

	for (i = 0; i < countof(sp); i++)
	{
		sp_init(&sp[i], POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	}
	sp[1].id.mark = (mark_t){ 1, 0xffffffff };
	sp[2].id.if_id = 4;
	for (i = 0; i < countof(sp); i++)
	{
		ck_assert_int_eq(sp_add(&sp[i]), SUCCESS);
		ck_assert_int_eq(fake_kernel_count_sps(kernel), i + 1);
	}
	for (i = 0; i < countof(sp); i++)
	{
		ck_assert_int_eq(sp_del(&sp[i]), SUCCESS);
		ck_assert_int_eq(fake_kernel_count_sps(kernel), 2 - i);
		sp_clear(&sp[i]);
	}
}
END_TEST

/** Priority of the function below, 0 to leave it to charon */
static uint32_t custom_priority;

/**
 * What another plugin may have. It is in effect in all tests of this program.
 */
__attribute__((visibility("default")))
uint32_t kernel_netlink_get_priority_custom(kernel_ipsec_policy_id_t *id,
											kernel_ipsec_manage_policy_t *data);

uint32_t kernel_netlink_get_priority_custom(kernel_ipsec_policy_id_t *id,
											kernel_ipsec_manage_policy_t *data)
{
	return custom_priority && id->dir == POLICY_OUT ? custom_priority
													: data->manual_prio;
}

START_TEST(test_priority_function)
{
	test_sp_t sp;
	fake_sp_t installed;

	custom_priority = 4711;
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_NO);
	sp.data.manual_prio = 17;
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE,
								 &installed));
	ck_assert_uint_eq(installed.info.priority, 4711);
	/* by that priority it is found again */
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	custom_priority = 0;
	sp_clear(&sp);
}
END_TEST

TCase *sp_id_tcase(void)
{
	TCase *tcase = tcase_create("sp-id");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_add_test(tcase, test_interface);
	tcase_add_test(tcase, test_interface_gone);
	tcase_add_test(tcase, test_shunt);
	tcase_add_loop_test(tcase, test_refused_twin, 0, 2);
	tcase_add_test(tcase, test_refused_twin_midway);
	tcase_add_loop_test(tcase, test_trap_given_up_blocks, 0, 3);
	tcase_add_test(tcase, test_next_user_refused);
	tcase_add_loop_test(tcase, test_trap_updated, 0, 2);
	tcase_add_loop_test(tcase, test_trap_update_refused, 0,
						countof(after_failure));
	tcase_add_test(tcase, test_same_interface);
	tcase_add_test(tcase, test_identity);
	tcase_add_test(tcase, test_priority_function);
	return tcase;
}
