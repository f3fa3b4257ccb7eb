/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is told about CHILD_SAs that could not be installed.
 */

#include "service_suites.h"
#include "bus_child.h"
#include "status_client.h"

#include <errno.h>
#include <linux/xfrm.h>

#define SPI_IN 0xc0000001
#define SPI_OUT 0xc0000002

/**
 * Try to install an SA that is refused.
 */
static void fail_sa(uint32_t spi, bool inbound, hw_offload_t requested)
{
	test_sa_t sa;

	sa_init(&sa, spi, inbound, requested);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	sa_clear(&sa);
}

/**
 * Try to install an SP that is refused, spi 0 for that of a trap.
 */
static void fail_sp(uint32_t spi, hw_offload_t requested)
{
	test_sp_t sp;

	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", spi, 1,
			requested);
	ck_assert_int_eq(sp_add(&sp), FAILED);
	sp_clear(&sp);
}

/**
 * Get the only CHILD_SA that is listed, NULL if there is none.
 */
static json_t *list_one(void)
{
	json_t *line, *one = NULL;
	FILE *client;

	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	while ((line = client_line(client)) && json_object_get(line, "type"))
	{
		ck_assert(!one);
		one = line;
	}
	ck_assert(json_is_true(json_object_get(line, "end")));
	json_decref(line);
	fclose(client);
	return one;
}

/**
 * Check that one failed, and why.
 */
static void assert_failed(const char *connection, const char *reason,
						  const char *words)
{
	json_t *line = list_one();

	ck_assert_str_eq(text(line, "type"), "failed");
	ck_assert_str_eq(text(line, "connection"), connection);
	ck_assert_str_eq(text(line, "child"), "net");
	ck_assert_str_eq(text(line, "effective"), "none");
	ck_assert_str_eq(text(line, "device"), "nic3");
	ck_assert_str_eq(text(line, "local"), "192.168.50.1");
	ck_assert_str_eq(text(line, "remote"), "192.168.50.2");
	ck_assert_str_eq(text(line, "reason"), reason);
	ck_assert_str_eq(text(line, "kernel"), words);
	ck_assert_int_gt(number(line, "time"), 0);
	json_decref(line);
}

START_TEST(test_sa)
{
	json_t *line;

	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO,
							"driver: no packets"));
	fail_sa(SPI_IN, TRUE, HW_OFFLOAD_PACKET);
	fail_sa(SPI_OUT, FALSE, HW_OFFLOAD_PACKET);
	/* nobody knows whose it is, and this one is not */
	ck_assert(!list_one());
	bus_child_alert(SPI_IN + 7, SPI_OUT + 7, ALERT_INSTALL_CHILD_SA_FAILED);
	bus_child_alert(SPI_IN, SPI_OUT, ALERT_HALF_OPEN_TIMEOUT);
	ck_assert(!list_one());
	bus_child_alert(SPI_IN, SPI_OUT, ALERT_INSTALL_CHILD_SA_FAILED);
	assert_failed("gw", "driver-refused", "driver: no packets");
	line = list_one();
	ck_assert_str_eq(text(line, "requested"), "packet");
	ck_assert_str_eq(text(line, "spi_in"), "c0000001");
	ck_assert_str_eq(text(line, "spi_out"), "c0000002");
	ck_assert_int_eq(number(line, "ike_id"), 7);
	ck_assert_int_eq(number(line, "child_id"), 9);
	json_decref(line);
	/* as everyone it is destroyed then, that is no other failure */
	bus_child_destroy(SPI_IN, SPI_OUT, CHILD_INSTALLING);
	assert_failed("gw", "driver-refused", "driver: no packets");
}
END_TEST

START_TEST(test_rule)
{
	json_t *line;

	/* a rule leaves nothing to ask the kernel for */
	lib->settings->set_str(lib->settings,
						   "%s.plugins.hw-offload.devices.nic3.modes", "crypto",
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fail_sa(SPI_IN, TRUE, HW_OFFLOAD_PACKET);
	bus_child_alert(SPI_IN, SPI_OUT, ALERT_INSTALL_CHILD_SA_FAILED);
	assert_failed("gw", "device-modes", "(none)");
	line = list_one();
	ck_assert(json_is_null(json_object_get(line, "errno")));
	json_decref(line);
}
END_TEST

START_TEST(test_policy)
{
	json_t *line;
	test_sa_t in, out;

	sa_init(&in, SPI_IN, TRUE, HW_OFFLOAD_PACKET);
	sa_init(&out, SPI_OUT, FALSE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	service_refuse(XFRM_MSG_NEWPOLICY, 2, EINVAL);
	fail_sp(SPI_OUT, HW_OFFLOAD_PACKET);
	/* as charon does it, before the alert or after */
	ck_assert_int_eq(sa_del(&in), SUCCESS);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	bus_child_alert(SPI_IN, SPI_OUT, ALERT_INSTALL_CHILD_POLICY_FAILED);
	assert_failed("gw", "policy-refused", "driver: out of entries");
	line = list_one();
	ck_assert_str_eq(text(line, "spi_in"), "c0000001");
	ck_assert_str_eq(text(line, "spi_out"), "c0000002");
	json_decref(line);
	sa_clear(&in);
	sa_clear(&out);
}
END_TEST

START_TEST(test_trap)
{
	test_sp_t sp;

	/* no SAs, no alert; some traps are installed for an IKE_SA, which does not
	 * make them different */
	service_refuse(XFRM_MSG_NEWPOLICY, 2, EINVAL);
	fail_sp(0, HW_OFFLOAD_PACKET);
	bus_child_reqid = 2;
	bus_trap_destroy(CHILD_CREATED, FALSE);
	ck_assert(!list_one());
	bus_child_reqid = 1;
	bus_trap_destroy(CHILD_CREATED, _i);
	assert_failed("(none)", "policy-refused", "driver: out of entries");
	/* not if another one is installed, but if it is */
	bus_child_name = "other";
	bus_trap_routed();
	bus_child_name = "net";
	assert_failed("(none)", "policy-refused", "driver: out of entries");
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", 0, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	bus_trap_routed();
	ck_assert(!list_one());
	/* that it is removed one day is no failure */
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	bus_trap_destroy(CHILD_ROUTED, FALSE);
	ck_assert(!list_one());
	sp_clear(&sp);
}
END_TEST

START_TEST(test_trap_rule)
{
	FILE *client;
	json_t *line;

	/* nobody is asked, so nobody has refused anything */
	lib->settings->set_str(lib->settings,
						   "%s.plugins.hw-offload.devices.nic3.modes", "crypto",
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fail_sp(0, HW_OFFLOAD_PACKET);
	bus_trap_destroy(CHILD_CREATED, FALSE);
	assert_failed("(none)", "device-modes", "(none)");
	line = list_one();
	ck_assert(json_is_null(json_object_get(line, "errno")));
	json_decref(line);
	client = client_ask("hw-offload 1 devices\n");
	client_first(client, "devices");
	while ((line = client_line(client)) && json_object_get(line, "type"))
	{
		ck_assert_int_eq(json_array_size(json_object_get(line, "refusals")),
						 0);
		json_decref(line);
	}
	json_decref(line);
	fclose(client);
}
END_TEST

START_TEST(test_software_policy)
{
	/* of a trap that is not offloaded anyway */
	lib->settings->set_str(lib->settings,
						   "%s.plugins.hw-offload.devices.nic3.modes", "crypto",
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1,
					   FAKE_FAULT_ERROR, EINVAL, NULL);
	fail_sp(0, HW_OFFLOAD_AUTO);
	bus_trap_destroy(CHILD_CREATED, FALSE);
	assert_failed("(none)", "(none)", "(none)");
	/* nor is one of those whose CHILD_SA is not for offload */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1,
					   FAKE_FAULT_ERROR, EINVAL, NULL);
	fail_sp(0, HW_OFFLOAD_NO);
	bus_trap_destroy(CHILD_CREATED, FALSE);
	ck_assert(!list_one());
}
END_TEST

START_TEST(test_ikev1)
{
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	fail_sa(SPI_IN, TRUE, HW_OFFLOAD_CRYPTO);
	bus_child_destroy(SPI_IN, SPI_OUT, CHILD_INSTALLING);
	assert_failed("gw", "driver-refused",
				  "Device failed to offload this state");
}
END_TEST

START_TEST(test_was_up)
{
	json_t *line;

	/* the policy of a CHILD_SA that is up is refused, as it has a new address:
	 * when it is closed that is something else */
	install_pair(HW_OFFLOAD_PACKET, SPI_IN, SPI_OUT);
	bus_child_updown(SPI_IN, SPI_OUT, TRUE);
	service_refuse(XFRM_MSG_NEWPOLICY, 2, EINVAL);
	fail_sp(SPI_OUT, HW_OFFLOAD_PACKET);
	bus_child_destroy(SPI_IN, SPI_OUT, CHILD_DELETED);
	line = list_one();
	ck_assert_str_eq(text(line, "type"), "child");
	json_decref(line);
	bus_child_alert(SPI_IN, SPI_OUT, ALERT_INSTALL_CHILD_SA_FAILED);
	line = list_one();
	ck_assert_str_eq(text(line, "type"), "child");
	json_decref(line);
}
END_TEST

START_TEST(test_not_for_offload)
{
	json_t *line;

	/* software that fails is none of our business */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, ENOMEM, NULL);
	fail_sa(SPI_IN, TRUE, HW_OFFLOAD_NO);
	bus_child_alert(SPI_IN, SPI_OUT, ALERT_INSTALL_CHILD_SA_FAILED);
	ck_assert(!list_one());
	/* for others there is an error, but no reason */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, EEXIST, NULL);
	fail_sa(SPI_IN, TRUE, HW_OFFLOAD_PACKET);
	bus_child_alert(SPI_IN, SPI_OUT, ALERT_INSTALL_CHILD_SA_FAILED);
	assert_failed("gw", "(none)", "(none)");
	line = list_one();
	ck_assert_int_eq(number(line, "errno"), EEXIST);
	json_decref(line);
}
END_TEST

START_TEST(test_up)
{
	json_t *line;

	service_refuse(XFRM_MSG_NEWSA, 1, EINVAL);
	fail_sa(SPI_IN, TRUE, HW_OFFLOAD_PACKET);
	bus_child_alert(SPI_IN, SPI_OUT, ALERT_INSTALL_CHILD_SA_FAILED);
	assert_failed("gw", "driver-refused", "driver: out of entries");
	/* the next try works */
	install_pair(HW_OFFLOAD_PACKET, SPI_IN + 2, SPI_OUT + 2);
	if (_i)
	{
		bus_child_rekeyed(SPI_IN + 2, SPI_OUT + 2);
	}
	else
	{
		bus_child_updown(SPI_IN + 2, SPI_OUT + 2, TRUE);
	}
	line = list_one();
	ck_assert_str_eq(text(line, "type"), "child");
	json_decref(line);
}
END_TEST

START_TEST(test_watch)
{
	FILE *client;
	json_t *line;

	client = client_ask("hw-offload 1 watch\n");
	client_first(client, "watch");
	service_refuse(XFRM_MSG_NEWSA, 1, EINVAL);
	fail_sa(SPI_IN, TRUE, HW_OFFLOAD_PACKET);
	bus_child_alert(SPI_IN, SPI_OUT, ALERT_INSTALL_CHILD_SA_FAILED);
	bus_child_destroy(SPI_IN, SPI_OUT, CHILD_INSTALLING);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, EEXIST, NULL);
	fail_sa(SPI_IN + 4, TRUE, HW_OFFLOAD_PACKET);
	bus_child_alert(SPI_IN + 4, SPI_OUT + 4, ALERT_INSTALL_CHILD_SA_FAILED);
	install_pair(HW_OFFLOAD_PACKET, SPI_IN + 2, SPI_OUT + 2);
	bus_child_updown(SPI_IN + 2, SPI_OUT + 2, TRUE);
	line = client_line(client);
	ck_assert_str_eq(text(line, "event"), "failed");
	ck_assert_str_eq(text(line, "connection"), "gw");
	ck_assert_str_eq(text(line, "reason"), "driver-refused");
	json_decref(line);
	/* once, and then one that has no reason */
	line = client_line(client);
	ck_assert_str_eq(text(line, "event"), "failed");
	ck_assert_str_eq(text(line, "reason"), "(none)");
	ck_assert_int_eq(number(line, "errno"), EEXIST);
	json_decref(line);
	line = client_line(client);
	ck_assert_str_eq(text(line, "event"), "up");
	json_decref(line);
	fclose(client);
}
END_TEST

TCase *failed_tcase(void)
{
	TCase *tcase;

	tcase = tcase_create("failed");
	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_add_test(tcase, test_sa);
	tcase_add_test(tcase, test_rule);
	tcase_add_test(tcase, test_policy);
	tcase_add_loop_test(tcase, test_trap, 0, 2);
	tcase_add_test(tcase, test_trap_rule);
	tcase_add_test(tcase, test_software_policy);
	tcase_add_test(tcase, test_ikev1);
	tcase_add_test(tcase, test_not_for_offload);
	tcase_add_test(tcase, test_was_up);
	tcase_add_loop_test(tcase, test_up, 0, 2);
	tcase_add_test(tcase, test_watch);
	return tcase;
}
