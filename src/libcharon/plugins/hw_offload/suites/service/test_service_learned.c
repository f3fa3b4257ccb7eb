/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is told about devices, by what SAs and SPs got there: to those
 * who ask for a child or for devices, and of SAs that are moved.
 */

#include "service_suites.h"
#include "status_client.h"

#include <errno.h>
#include <linux/xfrm.h>

/**
 * Ask about a child with some more settings, count rules with a text.
 */
static int count_rules_with(const char *more, const char *requested,
							const char *expected)
{
	char request[256];
	FILE *client;
	json_t *line;
	int count = 0;

	snprintf(request, sizeof(request), "hw-offload 1 explain-written "
			 "{\"hw_offload\":\"%s\",%s,\"remote_addrs\":\"192.168.50.2\"}\n",
			 requested, more);
	client = client_ask(request);
	client_first(client, "explain-written");
	while ((line = client_line(client)) &&
		   streq(text(line, "type"), "rule"))
	{
		count += strstr(text(line, "text"), expected) != NULL ||
				 streq(text(line, "rule"), expected);
		json_decref(line);
	}
	json_decref(line);
	fclose(client);
	return count;
}

/**
 * Ask about a child in some mode, count rules with a text.
 */
static int count_rules(const char *requested, const char *expected)
{
	return count_rules_with("\"esp_proposals\":\"aes128gcm128-esn\"", requested,
							expected);
}

START_TEST(test_history)
{
	test_sa_t sa;

	/* what the driver has said before is told, with its words */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO,
							"driver: no packets"));
	ck_assert_int_eq(count_rules("auto", "before"), 0);
	install_pair(HW_OFFLOAD_AUTO, 0xc0000001, 0xc0000002);
	ck_assert_int_eq(count_rules("auto",
						"nic3 has taken an SA in crypto mode before"), 1);
	ck_assert_int_eq(count_rules("auto", ": driver: no packets"), 1);

	/* and that to each mode, if it did not take any */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_refuse(XFRM_MSG_NEWSA, 1, EINVAL);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 2,
					   FAKE_FAULT_ERROR, ENOSPC, "driver: no crypto");
	install_pair(HW_OFFLOAD_AUTO, 0xc0000001, 0xc0000002);
	ck_assert_int_eq(count_rules("auto", ": driver: out of entries"), 1);
	ck_assert_int_eq(count_rules("auto", ": driver: no crypto"), 1);

	/* also if that made a CHILD_SA fail */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO,
							"driver: no packets"));
	sa_init(&sa, 0xc0000001, TRUE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	sa_clear(&sa);
	ck_assert_int_eq(count_rules("packet", "has taken"), 0);
	ck_assert_int_eq(count_rules("packet",
						"nic3 has refused before, "), 1);
	ck_assert_int_eq(count_rules("packet", ": driver: no packets"), 1);
	ck_assert_int_eq(count_rules("packet", "driver-refused"), 1);

	/* but not if it isn't asked, nor what it would take then */
	ck_assert_int_eq(count_rules_with("\"ah_proposals\":\"sha256\"", "auto",
									  "not-esp"), 2);
	ck_assert_int_eq(count_rules_with("\"ah_proposals\":\"sha256\"", "auto",
									  "driver-refused"), 0);
	ck_assert_int_eq(count_rules_with("\"ah_proposals\":\"sha256\"", "auto",
									  "algorithm"), 0);

}
END_TEST

START_TEST(test_history_silent)
{
	test_sa_t sa;

	/* without words, too */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, EINVAL, NULL);
	sa_init(&sa, 0xc0000001, TRUE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	sa_clear(&sa);
	ck_assert_int_eq(count_rules("packet",
						"nic3 has refused before, Invalid argument"), 1);

	/* and if the kernel did not say so, but encrypts itself */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_EOPNOTSUPP, NULL));
	sa_init(&sa, 0xc0000001, TRUE, HW_OFFLOAD_CRYPTO);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	sa_clear(&sa);
	ck_assert_int_eq(count_rules("crypto", "by encrypting in software"), 1);
	ck_assert_int_eq(count_rules("crypto", "silent-software"), 1);
	ck_assert_int_eq(count_rules("crypto", "driver-refused"), 0);
}
END_TEST

START_TEST(test_budget)
{
	lib->settings->set_int(lib->settings,
						   "%s.plugins.hw-offload.devices.nic3.max_sas", 2,
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	ck_assert_int_eq(count_rules("packet", "mode is ruled out: budget"), 0);
	ck_assert_int_eq(count_rules("packet", "allow nic3 2 SAs"), 1);
	/* there is no room for another one, in this mode */
	install_pair(HW_OFFLOAD_AUTO, 0xc0000001, 0xc0000002);
	ck_assert_int_eq(count_rules("packet", "packet mode is ruled out: budget"),
					 1);
	ck_assert_int_eq(count_rules("crypto", "mode is ruled out: budget"), 0);
	ck_assert_int_eq(count_rules("auto", "mode is ruled out: budget"), 1);
}
END_TEST

START_TEST(test_history_policy)
{
	test_sp_t sp;

	/* the same if it was a policy */
	install_pair(HW_OFFLOAD_PACKET, 0xc0000001, 0xc0000002);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1,
					   FAKE_FAULT_ERROR, EINVAL, "driver: no policies");
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", 0xc0000002,
			1, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp), FAILED);
	sp_clear(&sp);
	ck_assert_int_eq(count_rules("packet", "nic3 has refused a policy before, "
								 "Invalid argument: driver: no policies"), 1);
	ck_assert_int_eq(count_rules("packet", "policy-refused"), 1);
	ck_assert_int_eq(count_rules("packet", "driver-refused"), 0);
}
END_TEST

START_TEST(test_devices)
{
	json_t *line, *mode;
	FILE *client;
	int count = 0;

	/* names are those of the real kernel, so they vary */
	client = client_ask("hw-offload 1 devices\n");
	client_first(client, "devices");
	while ((line = client_line(client)) &&
		   streq(text(line, "type"), "device"))
	{
		mode = json_object_get(line, "packet");
		ck_assert(json_is_boolean(json_object_get(mode, "possible")));
		ck_assert(json_is_false(json_object_get(mode, "works")));
		ck_assert(json_is_null(json_object_get(mode, "time")));
		ck_assert(json_is_array(json_object_get(line, "refusals")));
		json_decref(line);
		count++;
	}
	ck_assert_int_gt(count, 0);
	ck_assert_int_eq(number(line, "count"), count);
	json_decref(line);
	fclose(client);
}
END_TEST

START_TEST(test_moved)
{
	test_sa_t in, out;
	json_t *line, *moved;
	FILE *client;

	client = client_ask("hw-offload 1 watch\n");
	client_first(client, "watch");
	sa_init(&in, 0xc0000001, TRUE, HW_OFFLOAD_AUTO);
	sa_init(&out, 0xc0000002, FALSE, HW_OFFLOAD_AUTO);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, EINVAL, "driver: no packet mode");
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	/* the outbound SA can't have the mode of the inbound one, which follows */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, EINVAL, "driver: out of entries");
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	line = client_line(client);
	ck_assert_str_eq(text(line, "event"), "moved");
	ck_assert_str_eq(text(line, "spi_in"), "c0000001");
	ck_assert_str_eq(text(line, "effective"), "none");
	ck_assert_str_eq(text(line, "candidate"), "nic3");
	ck_assert_str_eq(text(line, "reason"), "partner-refused");
	moved = json_object_get(line, "moved");
	ck_assert_int_eq(number(moved, "count"), 1);
	ck_assert_str_eq(text(moved, "from"), "crypto");
	ck_assert_str_eq(text(moved, "from_device"), "nic3");
	json_decref(line);
	fclose(client);
	sa_clear(&in);
	sa_clear(&out);
}
END_TEST

TCase *learned_tcase(void)
{
	TCase *tcase;

	tcase = tcase_create("learned");
	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_add_test(tcase, test_history);
	tcase_add_test(tcase, test_history_silent);
	tcase_add_test(tcase, test_budget);
	tcase_add_test(tcase, test_history_policy);
	tcase_add_test(tcase, test_devices);
	tcase_add_test(tcase, test_moved);
	return tcase;
}
