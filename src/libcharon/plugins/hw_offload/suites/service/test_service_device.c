/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what devices are asked for: by their kind, their feature and the
 * settings for them, what can't work at all, and how often it is said.
 */

#include "service_suites.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

/** SPI of the inbound SA of a CHILD_SA, and of the outbound one */
#define IN(n) (0xc0000000 + (n) * 2)
#define OUT(n) (0xc0000001 + (n) * 2)

/** another NIC */
#define NIC2 4

/**
 * Install both SAs of a CHILD_SA, as charon does: the second one also if the
 * first one was refused.
 *
 * @param n			number, also its reqid
 * @param tweak		changes the SAs, NULL for no change
 */
static status_t add_child(int n, hw_offload_t requested,
						  void (*tweak)(test_sa_t *sa))
{
	test_sa_t in, out;
	status_t status;

	sa_init(&in, IN(n), TRUE, requested);
	sa_init(&out, OUT(n), FALSE, requested);
	in.data.reqid = out.data.reqid = n;
	if (tweak)
	{
		tweak(&in);
		tweak(&out);
	}
	status = sa_add(&in);
	if (sa_add(&out) != SUCCESS)
	{
		status = FAILED;
	}
	sa_clear(&in);
	sa_clear(&out);
	return status;
}

/**
 * Remove both SAs of a CHILD_SA.
 */
static void del_child(int n)
{
	test_sa_t in, out;

	sa_init(&in, IN(n), TRUE, HW_OFFLOAD_NO);
	sa_init(&out, OUT(n), FALSE, HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_del(&in), SUCCESS);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	sa_clear(&in);
	sa_clear(&out);
}

/**
 * Check the mode of both SAs, and what the one line says.
 */
static void assert_child(int n, const char *mode, const char *reason)
{
	char text[128];

	ck_assert_str_eq(sa_mode(IN(n)), mode);
	ck_assert_str_eq(sa_mode(OUT(n)), mode);
	ck_assert_msg(line_count() == 1, "%d lines, the first is '%s'",
				  line_count(), line_at(0));
	snprintf(text, sizeof(text), "effective %s, device nic3, %s", mode,
			 reason);
	ck_assert_msg(service_lines_with(text) == 1, "no '%s' in '%s'", text,
				  line_at(0));
	service_forget_lines();
}

/**
 * Check that nothing was installed nor even asked for, and said once.
 */
static void assert_refused(int n, const char *reason)
{
	ck_assert_str_eq(sa_mode(IN(n)), "missing");
	ck_assert_str_eq(sa_mode(OUT(n)), "missing");
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0), 0);
	ck_assert_msg(line_count() == 1, "%d lines, the first is '%s'",
				  line_count(), line_at(0));
	ck_assert_msg(service_lines_with("unable to install inbound SA") == 1,
				  "'%s'", line_at(0));
	ck_assert_msg(service_lines_with(reason) == 1, "'%s'", line_at(0));
	service_forget_lines();
}

/** kinds of links, with and without the feature, and the reason */
static const struct {
	char *kind;
	hwo_feature_t feature;
	char *packet, *crypto;
} kinds[] = {
	{ "",		HWO_FEATURE_ON,			NULL, NULL },
	{ "",		HWO_FEATURE_UNKNOWN,	NULL, NULL },
	{ "",		HWO_FEATURE_OFF,		"feature-off", "feature-off" },
	{ "",		HWO_FEATURE_MISSING,	"not-capable", "not-capable" },
	{ "vlan",	HWO_FEATURE_MISSING,	"vlan-device", "vlan-device" },
	{ "bridge",	HWO_FEATURE_MISSING,	"bridge-device", "bridge-device" },
	{ "veth",	HWO_FEATURE_MISSING,	"virtual-device", "virtual-device" },
	{ "xfrm",	HWO_FEATURE_MISSING,	"xfrm-device", "xfrm-device" },
	{ "bond",	HWO_FEATURE_ON,			"bond-packet", NULL },
	{ "bond",	HWO_FEATURE_OFF,		"bond-packet", "bond-mode" },
};

START_TEST(test_kind)
{
	char *packet = kinds[_i].packet, *crypto = kinds[_i].crypto;

	fake_kernel_set_link(kernel, NIC, kinds[_i].kind, 0);
	fake_kernel_set_feature(kernel, NIC, kinds[_i].feature);
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(1, !packet ? "packet" : !crypto ? "crypto" : "none",
				 packet ?: "as-requested");

	fake_kernel_reset_counts(kernel);
	if (packet)
	{
		ck_assert_int_eq(add_child(2, HW_OFFLOAD_PACKET, NULL), FAILED);
		assert_refused(2, packet);
	}
	else
	{
		ck_assert_int_eq(add_child(2, HW_OFFLOAD_PACKET, NULL), SUCCESS);
		assert_child(2, "packet", "as-requested");
	}
	fake_kernel_reset_counts(kernel);
	if (crypto)
	{
		ck_assert_int_eq(add_child(3, HW_OFFLOAD_CRYPTO, NULL), FAILED);
		assert_refused(3, crypto);
	}
	else
	{
		ck_assert_int_eq(add_child(3, HW_OFFLOAD_CRYPTO, NULL), SUCCESS);
		assert_child(3, "crypto", "as-requested");
	}
	ck_assert_int_eq(add_child(4, HW_OFFLOAD_NO, NULL), SUCCESS);
	ck_assert_str_eq(sa_mode(IN(4)), "none");
	ck_assert_int_eq(line_count(), 0);
}
END_TEST

START_TEST(test_vrf)
{
	/* the NIC is a port of a VRF */
	fake_kernel_add_device(kernel, NIC2, FAKE_CAPS_NONE, NULL);
	fake_kernel_set_link(kernel, NIC2, "vrf", 0);
	fake_kernel_set_link(kernel, NIC, "", NIC2);
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(1, "none", "vrf-device");
}
END_TEST

START_TEST(test_toggled)
{
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(1, "packet", "as-requested");
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	ck_assert_int_eq(add_child(2, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(2, "none", "feature-off");
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	ck_assert_int_eq(add_child(3, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(3, "packet", "as-requested");
}
END_TEST

static void make_ipcomp(test_sa_t *sa)
{
	sa->data.ipcomp = IPCOMP_DEFLATE;
}

static void make_tfc(test_sa_t *sa)
{
	sa->data.mode = MODE_TUNNEL;
	sa->data.tfc = 1300;
}

static void make_beet(test_sa_t *sa)
{
	sa->data.mode = MODE_BEET;
}

static void make_if_id(test_sa_t *sa)
{
	sa->id.if_id = 5;
}

static void make_set_mark_in(test_sa_t *sa)
{
	if (sa->data.inbound)
	{
		sa->data.mark = (mark_t){ 5, 0xff };
	}
}

static void make_mixed(test_sa_t *sa)
{
	sa->data.mode = MODE_TUNNEL;
	sa->data.src_ts->insert_last(sa->data.src_ts,
			traffic_selector_create_from_cidr("2001:db8::/32", 0, 0, 65535));
}

static void make_subnet(test_sa_t *sa)
{
	calls.have_address = FALSE;
	sa->data.mode = MODE_TUNNEL;
	sa->data.src_ts->insert_last(sa->data.src_ts,
			traffic_selector_create_from_cidr("10.1.0.0/16", 0, 0, 65535));
}

/** what can't work whatever the device, per version of Linux */
static const struct {
	fake_version_t version;
	void (*tweak)(test_sa_t *sa);
	char *packet, *crypto;
	/* what keeps the outbound SA out of packet mode, if that is another one */
	char *outbound;
} impossible[] = {
	{ FAKE_LINUX_7_2,	make_ipcomp,	"ipcomp", "ipcomp" },
	{ FAKE_LINUX_7_2,	make_tfc,		"tfc", "tfc" },
	{ FAKE_LINUX_7_2,	make_beet,		"ipsec-mode", "ipsec-mode" },
	{ FAKE_LINUX_7_2,	make_if_id,		"if-id", "if-id", "mark" },
	{ FAKE_LINUX_6_12,	make_if_id,		"mark", NULL },
	{ FAKE_LINUX_7_2,	make_set_mark_in,	"mark", "mark" },
	{ FAKE_LINUX_7_2,	make_mixed,		"mixed-families", NULL },
	{ FAKE_LINUX_7_2,	make_subnet,	NULL, NULL },
	{ FAKE_LINUX_6_12,	make_subnet,	"subnet", NULL },
};

START_TEST(test_impossible)
{
	char *packet = impossible[_i].packet, *crypto = impossible[_i].crypto;

	ck_assert(service_start(impossible[_i].version, FAKE_CAPS_PACKET, NULL));
	service_forget_lines();
	if (packet)
	{
		ck_assert_int_eq(add_child(1, HW_OFFLOAD_PACKET, impossible[_i].tweak),
						 FAILED);
		ck_assert_msg(service_lines_with(packet) == 1, "'%s'", line_at(0));
	}
	if (crypto)
	{
		service_forget_lines();
		ck_assert_int_eq(add_child(2, HW_OFFLOAD_CRYPTO, impossible[_i].tweak),
						 FAILED);
		ck_assert_msg(service_lines_with(crypto) == 1, "'%s'", line_at(0));
	}
	service_forget_lines();
	ck_assert_int_eq(add_child(3, HW_OFFLOAD_AUTO, impossible[_i].tweak),
					 SUCCESS);
	assert_child(3, !packet ? "packet" : !crypto ? "crypto" : "none",
				 impossible[_i].outbound ?: packet ?: "as-requested");
}
END_TEST

START_TEST(test_failed_once)
{
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO, "no"));
	service_forget_lines();
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_PACKET, NULL), FAILED);
	ck_assert_int_eq(service_lines_with("c0000002"), 1);
	ck_assert_int_eq(line_count(), 1);
	/* each CHILD_SA has its own line */
	ck_assert_int_eq(add_child(2, HW_OFFLOAD_PACKET, NULL), FAILED);
	ck_assert_int_eq(service_lines_with("c0000004"), 1);
	ck_assert_int_eq(line_count(), 2);
	service_forget_lines();

	/* the inbound SA is fine, so it is the outbound one that fails */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 2,
					   FAKE_FAULT_ERROR, ENOSPC, "table full");
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_PACKET, NULL), FAILED);
	ck_assert_int_eq(line_count(), 1);
	ck_assert_msg(service_lines_with("unable to install outbound SA c0000003")
				  == 1, "%s", line_at(0));
}
END_TEST

START_TEST(test_words_once)
{
	static const struct {
		bool change;
		int words;
	} steps[] = { { FALSE, 1 }, { FALSE, 0 }, { TRUE, 1 }, { FALSE, 0 } };
	int i;

	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO, "not by us"));
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	for (i = 0; i < countof(steps); i++)
	{
		if (steps[i].change)
		{	/* off and on again: it may be another driver now */
			fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
			ck_assert_int_eq(add_child(9, HW_OFFLOAD_AUTO, NULL), SUCCESS);
			fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
		}
		service_forget_lines();
		ck_assert_int_eq(add_child(i + 1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
		ck_assert_int_eq(service_lines_with("not by us"), steps[i].words);
		assert_child(i + 1, "crypto", "driver-refused");
	}
}
END_TEST

START_TEST(test_words_after_flap)
{
	int i, words = 0;

	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO, "not by us"));
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	service_forget_lines();
	ck_assert_int_eq(add_child(2, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	ck_assert_int_eq(service_lines_with("not by us"), 0);
	/* its driver may be another one when it comes back */
	fake_kernel_link_down(kernel, NIC);
	fake_kernel_link_up(kernel, NIC);
	for (i = 3; !words && i < TEST_DEADLINE; i++)
	{
		ck_assert_int_eq(add_child(i, HW_OFFLOAD_AUTO, NULL), SUCCESS);
		words = service_lines_with("not by us");
		usleep(1000);
	}
	ck_assert_int_eq(words, 1);
}
END_TEST

START_TEST(test_asked_again)
{
	/* no matter how often it said no */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_EINVAL, "no"));
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	ck_assert_int_eq(add_child(2, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_PACKET);
	service_forget_lines();
	ck_assert_int_eq(add_child(3, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(3, "packet", "as-requested");
}
END_TEST

/**
 * Set something for devices, and start again.
 */
static void configure(char *key, char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "%%s.plugins.hw-offload.devices.%s", key);
	lib->settings->set_str(lib->settings, path, value, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_forget_lines();
}

START_TEST(test_modes)
{
	configure("nic3.modes", "crypto");
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(1, "crypto", "device-modes");
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(add_child(2, HW_OFFLOAD_PACKET, NULL), FAILED);
	assert_refused(2, "device-modes");
	configure("nic3.modes", "none");
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(1, "none", "device-modes");
	/* it is said to be capable after all */
	configure("nic3.modes", "packet, crypto");
	fake_kernel_set_link(kernel, NIC, "vlan", 0);
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(1, "packet", "as-requested");
}
END_TEST

START_TEST(test_budget)
{
	test_sa_t in, out;

	configure("nic3.max_sas", "2");
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(1, "packet", "as-requested");
	ck_assert_int_eq(add_child(2, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(2, "crypto", "budget");
	ck_assert_int_eq(add_child(3, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(3, "none", "budget");
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(add_child(4, HW_OFFLOAD_PACKET, NULL), FAILED);
	assert_refused(4, "budget");
	ck_assert_int_eq(add_child(4, HW_OFFLOAD_CRYPTO, NULL), FAILED);
	assert_refused(4, "budget");

	/* rekeying replaces, it does not need room */
	sa_init(&in, IN(10), TRUE, HW_OFFLOAD_PACKET);
	sa_init(&out, OUT(10), FALSE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	assert_child(10, "packet", "as-requested");
	del_child(1);
	ck_assert_int_eq(sa_del(&in), SUCCESS);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	sa_clear(&in);
	sa_clear(&out);
	/* and there is room again */
	ck_assert_int_eq(add_child(5, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(5, "packet", "as-requested");
}
END_TEST

START_TEST(test_budget_released)
{
	/* an SA that was refused does not take anything */
	configure("nic3.max_sas", "2");
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, EINVAL, "no");
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 2,
					   FAKE_FAULT_ERROR, EINVAL, "no");
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_PACKET, NULL), FAILED);
	service_forget_lines();
	ck_assert_int_eq(add_child(2, HW_OFFLOAD_PACKET, NULL), SUCCESS);
	assert_child(2, "packet", "as-requested");
}
END_TEST

START_TEST(test_local_addrs)
{
	/* the route says another device, and there is even none to the peer */
	configure("nic3.local_addrs", "192.168.50.1");
	fake_kernel_add_device(kernel, NIC2, FAKE_CAPS_NONE, NULL);
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC2, NULL, NULL, 0);
	ck_assert_int_eq(add_child(1, HW_OFFLOAD_AUTO, NULL), SUCCESS);
	assert_child(1, "packet", "as-requested");
	fake_kernel_remove_device(kernel, NIC);
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(add_child(2, HW_OFFLOAD_PACKET, NULL), FAILED);
	assert_refused(2, "no-device");
}
END_TEST

START_TEST(test_trap_on_vlan)
{
	test_sp_t sp;

	fake_kernel_set_link(kernel, NIC, "vlan", 0);
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", 0, 1,
			HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, "192.168.50.1/32",
							 "192.168.50.2/32"), "none");
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp.data.hw_offload = HW_OFFLOAD_PACKET;
	ck_assert_int_eq(sp_add(&sp), FAILED);
	sp_clear(&sp);
}
END_TEST

TCase *device_tcase(void)
{
	TCase *tcase = tcase_create("device");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_kind, 0, countof(kinds));
	tcase_add_test(tcase, test_vrf);
	tcase_add_test(tcase, test_toggled);
	tcase_add_loop_test(tcase, test_impossible, 0, countof(impossible));
	tcase_add_test(tcase, test_failed_once);
	tcase_add_test(tcase, test_words_once);
	tcase_add_test(tcase, test_words_after_flap);
	tcase_add_test(tcase, test_asked_again);
	tcase_add_test(tcase, test_modes);
	tcase_add_test(tcase, test_budget);
	tcase_add_test(tcase, test_budget_released);
	tcase_add_test(tcase, test_local_addrs);
	tcase_add_test(tcase, test_trap_on_vlan);
	return tcase;
}
