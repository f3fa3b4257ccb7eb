/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what the status service says about a CHILD_SA that is closed or that
 * a killed daemon has left.
 */

#include "service_child.h"
#include "status_client.h"

#include <errno.h>
#include <unistd.h>

/**
 * Have something released that stays blocked.
 *
 * @return				number of what was
 */
static int release(const char *what)
{
	FILE *client;
	char buf[256];
	json_t *line;
	int count;

	snprintf(buf, sizeof(buf), "hw-offload 1 release %s\n", what);
	client = client_ask(buf);
	client_first(client, "release");
	ck_assert(fgets(buf, sizeof(buf), client) != NULL);
	line = json_loads(buf, 0, NULL);
	count = number(line, "count");
	json_decref(line);
	client_last(client, 1);
	return count;
}

START_TEST(test_policy_drained)
{
	FILE *client;
	json_t *line;

	service_set_drain(5000);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	client = client_ask("hw-offload 1 policies\n");
	client_first(client, "policies");
	line = client_line(client);
	ck_assert_str_eq(text(line, "action"), "blocked");
	ck_assert_str_eq(text(line, "why"), "drain");
	ck_assert_str_eq(text(line, "peer"), "192.168.50.2");
	json_decref(line);
	client_last(client, 1);
	/* that can't be released, it goes by itself */
	ck_assert_int_eq(release("all"), 0);
	service_child_clear();
}
END_TEST

START_TEST(test_trap_waits)
{
	test_sp_t trap;
	int i;

	/* a trap that is refused after that stays blocked, whoever releases what */
	service_set_drain(500);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_child_init(HW_OFFLOAD_PACKET);
	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_PACKET);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	service_child_add();
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	/* that it blocks is the first update, the trap is the second one */
	service_refuse(XFRM_MSG_UPDPOLICY, 2, EINVAL);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	for (i = 0; i < TEST_DEADLINE && fake_kernel_count_sps(kernel) != 1; i++)
	{
		usleep(1000);
	}
	ck_assert(service_child_guarded());
	ck_assert_int_eq(release("all"), 0);
	ck_assert(service_child_guarded());
	if (_i)
	{	/* but not when the daemon ends */
		ipsec->destroy(ipsec);
		ipsec = NULL;
	}
	else
	{
		fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_PACKET);
		ck_assert(service_child_wait(NIC));
		ck_assert_int_eq(sp_del(&trap), SUCCESS);
	}
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
	service_child_clear();
}
END_TEST

/**
 * Count the policies that a killed daemon has left, which block.
 */
static int leftovers(void)
{
	FILE *client = client_ask("hw-offload 1 policies\n");
	json_t *line, *sps;
	int count = 0;

	client_first(client, "policies");
	while ((line = client_line(client)) && !json_object_get(line, "end"))
	{
		if (streq(text(line, "why"), "leftover"))
		{
			ck_assert_str_eq(text(line, "action"), "blocked");
			ck_assert_int_gt(number(line, "since"), 0);
			sps = json_object_get(line, "in_kernel");
			ck_assert_int_gt(number(json_array_get(sps, 0), "priority"), 0);
			count++;
		}
		json_decref(line);
	}
	json_decref(line);
	fclose(client);
	return count;
}

START_TEST(test_leftovers)
{
	int count;

	service_keep_book();
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	ck_assert_int_eq(leftovers(), 0);
	ck_assert(service_kill());
	count = fake_kernel_count_sps(kernel);
	ck_assert_int_gt(count, 2);
	ck_assert_int_eq(leftovers(), count);
	/* its configuration brings this one back */
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_lt(leftovers(), count);
	count = leftovers();
	ck_assert_int_eq(release("10.0.0.0/8"), 0);
	ck_assert_int_eq(leftovers(), count);
	ck_assert_int_eq(release(_i ? "all" : "192.168.50.2"), count);
	ck_assert_int_eq(leftovers(), 0);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "missing");
	ck_assert_str_ne(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "missing");
	service_child_clear();
}
END_TEST

TCase *drain_status_tcase(void)
{
	TCase *tcase = tcase_create("drain_status");

	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_policy_drained);
	tcase_add_loop_test(tcase, test_trap_waits, 0, 2);
	tcase_add_loop_test(tcase, test_leftovers, 0, 2);
	return tcase;
}
