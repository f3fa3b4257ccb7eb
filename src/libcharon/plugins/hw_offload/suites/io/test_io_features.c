/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of link_features: the kernel is asked once per link, and again as soon
 * as the link or its features change.
 */

#include "io_suites.h"

#include <errno.h>
#include <linux/genetlink.h>

#include "../../io/link_features.h"

#define NIC 3

static fake_kernel_t *kernel;
static link_features_t *features;
static hwo_link_t nic = { .ifindex = NIC, .name = "nic3", .up = TRUE };

static void setup(void)
{
	io_setup();
	kernel = fake_kernel_create(FAKE_LINUX_7_2);
	fake_kernel_add_device(kernel, NIC, FAKE_CAPS_PACKET, NULL);
	features = fake_kernel_features(kernel);
	ck_assert(features);
	fake_kernel_reset_counts(kernel);
}

static void teardown(void)
{
	DESTROY_IF(features);
	fake_kernel_destroy(kernel);
	io_teardown();
}

/**
 * Number of questions since the last call.
 */
static int questions(void)
{
	int count;

	count = fake_kernel_count(kernel, NETLINK_GENERIC, 0);
	fake_kernel_reset_counts(kernel);
	return count;
}

/**
 * Get the state of the NIC.
 */
static hwo_feature_t state(void)
{
	return features->get(features, &nic);
}

static const hwo_feature_t states[] = {
	HWO_FEATURE_ON, HWO_FEATURE_OFF, HWO_FEATURE_MISSING,
};

START_TEST(test_state)
{
	fake_kernel_set_feature(kernel, NIC, states[_i]);
	ck_assert_int_eq(state(), states[_i]);
	ck_assert_int_eq(state(), states[_i]);
	ck_assert_int_eq(questions(), 1);
	ck_assert_int_eq(io_log_lines, 0);
}
END_TEST

START_TEST(test_toggled)
{
	int i;

	for (i = 0; i < countof(states) * 2; i++)
	{
		fake_kernel_set_feature(kernel, NIC, states[i % countof(states)]);
		ck_assert_int_eq(state(), states[i % countof(states)]);
		ck_assert_int_eq(questions(), 1);
	}
	/* that of another device is not ours */
	fake_kernel_add_device(kernel, NIC + 1, FAKE_CAPS_NONE, NULL);
	fake_kernel_set_feature(kernel, NIC + 1, HWO_FEATURE_ON);
	ck_assert_int_eq(state(), HWO_FEATURE_MISSING);
	ck_assert_int_eq(questions(), 0);
}
END_TEST

START_TEST(test_link_changed)
{
	hwo_link_t old = nic;

	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	ck_assert_int_eq(state(), HWO_FEATURE_ON);
	ck_assert_int_eq(questions(), 1);
	nic.up = FALSE;
	ck_assert_int_eq(state(), HWO_FEATURE_ON);
	ck_assert_int_eq(questions(), 1);
	ck_assert_int_eq(state(), HWO_FEATURE_ON);
	ck_assert_int_eq(questions(), 0);
	nic = old;
	ck_assert_int_eq(state(), HWO_FEATURE_ON);
	ck_assert_int_eq(questions(), 1);
}
END_TEST

START_TEST(test_lost)
{
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	ck_assert_int_eq(state(), HWO_FEATURE_ON);
	questions();
	fake_kernel_overrun(kernel, NETLINK_GENERIC);
	ck_assert_int_eq(state(), HWO_FEATURE_ON);
	ck_assert_int_eq(questions(), 1);
}
END_TEST

START_TEST(test_unknown)
{
	hwo_link_t gone = { .ifindex = 4711 };

	/* drivers and kernels that don't tell, and links that are gone: asked each
	 * time, and no reason to complain */
	ck_assert_int_eq(state(), HWO_FEATURE_UNKNOWN);
	ck_assert_int_eq(state(), HWO_FEATURE_UNKNOWN);
	ck_assert_int_eq(questions(), 2);
	ck_assert_int_eq(features->get(features, &gone), HWO_FEATURE_UNKNOWN);
	ck_assert_int_eq(io_log_lines, 0);
}
END_TEST

START_TEST(test_no_family)
{
	features->destroy(features);
	fake_kernel_inject(kernel, NETLINK_GENERIC, GENL_ID_CTRL, 1,
					   FAKE_FAULT_ERROR, ENOENT, NULL);
	features = fake_kernel_features(kernel);
	ck_assert(!features);
	ck_assert_int_eq(io_log_lines, 0);
}
END_TEST

/**
 * No transport for changes.
 */
static nl_transport_t *open_none(void *data, uint32_t group)
{
	ck_assert_int_ne(group, 0);
	return NULL;
}

START_TEST(test_no_changes)
{
	nl_transport_t *transport;

	features->destroy(features);
	transport = fake_kernel_open(kernel, NETLINK_GENERIC, NULL);
	features = hwo_link_features_create(hwo_nl_exchange_create(transport),
										open_none,
										NULL);
	ck_assert(features);
	questions();
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	ck_assert_int_eq(state(), HWO_FEATURE_ON);
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	ck_assert_int_eq(state(), HWO_FEATURE_OFF);
	ck_assert_int_eq(questions(), 2);
}
END_TEST

/**
 * Listen to the running kernel.
 */
static nl_transport_t *open_real(void *data, uint32_t group)
{
	int groups[] = { group, 0 }, err;

	return hwo_nl_transport_create(NETLINK_GENERIC, groups, 0, 1, &err);
}

START_TEST(test_real)
{
	hwo_link_t lo = { .ifindex = 1, .name = "lo" };
	nl_transport_t *transport;
	link_features_t *real;
	int err;

	if (!io_enter_netns("features of the running kernel"))
	{
		return;
	}
	transport = hwo_nl_transport_create(NETLINK_GENERIC, NULL, 0, TEST_DEADLINE,
										&err);
	ck_assert(transport);
	real = hwo_link_features_create(hwo_nl_exchange_create(transport),
									open_real, NULL);
	if (!real)
	{
		fprintf(stderr, "SKIP: features of the running kernel: no ethtool\n");
		return;
	}
	ck_assert_int_eq(real->get(real, &lo), HWO_FEATURE_MISSING);
	ck_assert_int_eq(real->get(real, &lo), HWO_FEATURE_MISSING);
	lo.ifindex = 4711;
	ck_assert_int_eq(real->get(real, &lo), HWO_FEATURE_UNKNOWN);
	real->destroy(real);
}
END_TEST

TCase *features_tcase(void)
{
	TCase *tcase = tcase_create("features");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_state, 0, countof(states));
	tcase_add_test(tcase, test_toggled);
	tcase_add_test(tcase, test_link_changed);
	tcase_add_test(tcase, test_lost);
	tcase_add_test(tcase, test_unknown);
	tcase_add_test(tcase, test_no_family);
	tcase_add_test(tcase, test_no_changes);
	tcase_add_test(tcase, test_real);
	return tcase;
}
