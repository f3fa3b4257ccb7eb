/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what the status service says about a CHILD_SA that is closed.
 */

#include "service_child.h"
#include "status_client.h"

/**
 * Have everything released that stays blocked.
 *
 * @return				number of what was
 */
static int release_all(void)
{
	FILE *client = client_ask("hw-offload 1 release all\n");
	char buf[256];
	json_t *line;
	int count;

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
	ck_assert_int_eq(release_all(), 0);
	service_child_clear();
}
END_TEST

TCase *drain_status_tcase(void)
{
	TCase *tcase = tcase_create("drain_status");

	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_policy_drained);
	return tcase;
}
