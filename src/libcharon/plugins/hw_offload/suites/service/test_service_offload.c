/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of offload modes: each configured mode on each kind of device, for SAs
 * and SPs, and what is said about it.
 */

#include "service_suites.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>

/** networks of the SPs */
#define LOCAL "192.168.50.1/32"
#define REMOTE "192.168.50.2/32"

/** SPIs of the pair of SAs */
#define SPI_IN 0xc0000001
#define SPI_OUT 0xc0000002

/**
 * What becomes of a mode on a device: the effective mode, or NULL if it fails.
 */
static const struct {
	fake_caps_t caps;
	hw_offload_t requested;
	const char *mode;
} matrix[] = {
	{ FAKE_CAPS_NONE,		HW_OFFLOAD_NO,		"none" },
	{ FAKE_CAPS_NONE,		HW_OFFLOAD_CRYPTO,	NULL },
	{ FAKE_CAPS_NONE,		HW_OFFLOAD_PACKET,	NULL },
	{ FAKE_CAPS_NONE,		HW_OFFLOAD_AUTO,	"none" },
	{ FAKE_CAPS_CRYPTO,		HW_OFFLOAD_NO,		"none" },
	{ FAKE_CAPS_CRYPTO,		HW_OFFLOAD_CRYPTO,	"crypto" },
	{ FAKE_CAPS_CRYPTO,		HW_OFFLOAD_PACKET,	NULL },
	{ FAKE_CAPS_CRYPTO,		HW_OFFLOAD_AUTO,	"crypto" },
	{ FAKE_CAPS_PACKET,		HW_OFFLOAD_NO,		"none" },
	{ FAKE_CAPS_PACKET,		HW_OFFLOAD_CRYPTO,	"crypto" },
	{ FAKE_CAPS_PACKET,		HW_OFFLOAD_PACKET,	"packet" },
	{ FAKE_CAPS_PACKET,		HW_OFFLOAD_AUTO,	"packet" },
	{ FAKE_CAPS_EINVAL,		HW_OFFLOAD_NO,		"none" },
	{ FAKE_CAPS_EINVAL,		HW_OFFLOAD_CRYPTO,	NULL },
	{ FAKE_CAPS_EINVAL,		HW_OFFLOAD_PACKET,	NULL },
	{ FAKE_CAPS_EINVAL,		HW_OFFLOAD_AUTO,	"none" },
	{ FAKE_CAPS_EOPNOTSUPP,	HW_OFFLOAD_NO,		"none" },
	{ FAKE_CAPS_EOPNOTSUPP,	HW_OFFLOAD_CRYPTO,	NULL },
	{ FAKE_CAPS_EOPNOTSUPP,	HW_OFFLOAD_PACKET,	NULL },
	{ FAKE_CAPS_EOPNOTSUPP,	HW_OFFLOAD_AUTO,	"none" },
};

/** kernels, each row is run on each of them */
static const fake_version_t versions[] = {
	FAKE_LINUX_6_6, FAKE_LINUX_6_12, FAKE_LINUX_7_2,
};

#define ROWS (countof(matrix) * countof(versions))

/**
 * Start a backend for a row, and get the row.
 */
static int start_row(int i)
{
	int row = i % countof(matrix);

	ck_assert(service_start(versions[i / countof(matrix)], matrix[row].caps,
							"fakenic: firmware says no"));
	service_forget_lines();
	return row;
}

/**
 * Install an SA, as charon does: the SPI of an inbound one is allocated.
 */
status_t install_sa(uint32_t spi, bool inbound, hw_offload_t requested)
{
	test_sa_t sa;
	status_t status;

	sa_init(&sa, spi, inbound, requested);
	if (inbound)
	{
		lib->settings->set_int(lib->settings, "%s.spi_min", spi, lib->ns);
		lib->settings->set_int(lib->settings, "%s.spi_max", spi, lib->ns);
		ck_assert_int_eq(ipsec->get_spi(ipsec, sa.id.src, sa.id.dst,
										IPPROTO_ESP, &sa.id.spi), SUCCESS);
		ck_assert_int_eq(sa.id.spi, htonl(spi));
		sa.data.update = TRUE;
	}
	status = sa_add(&sa);
	assert_no_key();
	sa_clear(&sa);
	return status;
}

/**
 * Assert that a failure was logged as it should be.
 */
static void assert_failure_line(int row, uint32_t spi)
{
	char hex[16];

	snprintf(hex, sizeof(hex), "%.8x", spi);
	ck_assert_msg(line_count() == 1, "%d lines, the first is '%s'",
				  line_count(), line_at(0));
	ck_assert_msg(strstr(line_at(0), hex), "no SPI in '%s'", line_at(0));
	ck_assert_msg(strstr(line_at(0), "nic3"), "no device in '%s'", line_at(0));
	ck_assert_msg(strstr(line_at(0),
						 matrix[row].requested == HW_OFFLOAD_CRYPTO ?
						 "crypto" : "packet"), "no mode in '%s'", line_at(0));
	if (matrix[row].caps == FAKE_CAPS_EINVAL ||
		(matrix[row].caps == FAKE_CAPS_EOPNOTSUPP &&
		 matrix[row].requested == HW_OFFLOAD_PACKET) ||
		(matrix[row].caps == FAKE_CAPS_CRYPTO &&
		 matrix[row].requested == HW_OFFLOAD_PACKET))
	{
		ck_assert_msg(strstr(line_at(0), "fakenic: firmware says no"),
					  "no text of the kernel in '%s'", line_at(0));
	}
}

START_TEST(test_sa)
{
	static const uint32_t spis[] = { SPI_IN, SPI_OUT };
	const char *mode;
	int row, i;

	row = start_row(_i);
	for (i = 0; i < 2; i++)
	{
		service_forget_lines();
		mode = matrix[row].mode;
		if (mode)
		{
			ck_assert_int_eq(install_sa(spis[i], spis[i] == SPI_IN,
										matrix[row].requested), SUCCESS);
			ck_assert_msg(streq(sa_mode(spis[i]), mode), "row %d: %s, not %s",
						  row, sa_mode(spis[i]), mode);
		}
		else
		{
			ck_assert_int_eq(install_sa(spis[i], spis[i] == SPI_IN,
										matrix[row].requested), FAILED);
			/* nothing is left but what charon removes itself */
			ck_assert_msg(streq(sa_mode(spis[i]), "missing") ||
						  streq(sa_mode(spis[i]), "larval"), "row %d: %s",
						  row, sa_mode(spis[i]));
			if (spis[i] == SPI_IN)
			{
				assert_failure_line(row, spis[i]);
			}
			else
			{	/* it is known already that the CHILD_SA fails */
				ck_assert_int_eq(line_count(), 0);
			}
		}
	}
	/* one question for both of them, none if nobody wants to know */
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_ROUTE, RTM_GETROUTE),
					 matrix[row].requested != HW_OFFLOAD_NO);
}
END_TEST

START_TEST(test_requests)
{
	int row, requests;

	row = start_row(_i);
	if (!matrix[row].mode)
	{
		return;
	}
	/* per SA: the attempts, and the read-back of crypto */
	requests = 1;
	if (matrix[row].requested == HW_OFFLOAD_CRYPTO)
	{
		requests = 2;
	}
	else if (matrix[row].requested == HW_OFFLOAD_AUTO)
	{
		requests = matrix[row].caps == FAKE_CAPS_PACKET ? 1 : 3;
	}
	/* once, all SAs are listed before there is one in packet mode */
	requests += matrix[row].requested == HW_OFFLOAD_PACKET ||
				matrix[row].requested == HW_OFFLOAD_AUTO;
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, matrix[row].requested),
					 SUCCESS);
	ck_assert_msg(fake_kernel_count(kernel, NETLINK_XFRM, 0) <= requests,
				  "row %d: %d requests", row,
				  fake_kernel_count(kernel, NETLINK_XFRM, 0));
}
END_TEST

START_TEST(test_sp)
{
	static const policy_dir_t dirs[] = { POLICY_IN, POLICY_FWD, POLICY_OUT };
	uint32_t spi;
	test_sp_t sp;
	int row, i;

	row = start_row(_i);
	if (!matrix[row].mode)
	{
		return;
	}
	ck_assert_int_eq(install_sa(SPI_IN, TRUE, matrix[row].requested), SUCCESS);
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, matrix[row].requested),
					 SUCCESS);
	for (i = 0; i < countof(dirs); i++)
	{
		spi = dirs[i] == POLICY_OUT ? SPI_OUT : SPI_IN;
		sp_init(&sp, dirs[i], LOCAL, REMOTE, spi, 1, matrix[row].requested);
		ck_assert_int_eq(sp_add(&sp), SUCCESS);
		sp_clear(&sp);
	}
	/* SPs are offloaded if their SAs are, forward never */
	if (streq(matrix[row].mode, "packet"))
	{
		ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "packet");
		ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	}
	else
	{
		ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "none");
		ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
	}
	ck_assert_str_eq(sp_mode(XFRM_POLICY_FWD, REMOTE, LOCAL), "none");
}
END_TEST

START_TEST(test_trap)
{
	bool packet, fails;
	fake_sp_t guard;
	test_sp_t sp;
	int row;

	row = start_row(_i);
	packet = matrix[row].caps == FAKE_CAPS_PACKET &&
			 (matrix[row].requested == HW_OFFLOAD_PACKET ||
			  matrix[row].requested == HW_OFFLOAD_AUTO);
	fails = matrix[row].caps != FAKE_CAPS_PACKET &&
			matrix[row].requested == HW_OFFLOAD_PACKET;

	/* no SA yet */
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, 1, matrix[row].requested);
	sp.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&sp), fails ? FAILED : SUCCESS);
	ck_assert_msg(streq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE),
						packet && !fails ? "packet" : "none"),
				  "row %d: %s", row,
				  sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE));
	if (fails)
	{	/* its traffic does not leave in clear, also once charon gives it up */
		ck_assert_int_eq(line_count(), 2);
		ck_assert_msg(strstr(line_at(0), "nic3"), "%s", line_at(0));
		ck_assert_msg(strstr(line_at(0), "packet"), "%s", line_at(0));
		ck_assert_msg(strstr(line_at(1), "is blocked"), "%s", line_at(1));
		ck_assert_int_eq(sp_del(&sp), SUCCESS);
		ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
		/* until it works */
		sp.data.hw_offload = HW_OFFLOAD_NO;
		ck_assert_int_eq(sp_add(&sp), SUCCESS);
		ck_assert(!fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
		ck_assert_int_eq(sp_del(&sp), SUCCESS);
	}
	else
	{	/* charon forgets to say how it was offloaded */
		sp.data.hw_offload = HW_OFFLOAD_NO;
		ck_assert_int_eq(sp_del(&sp), SUCCESS);
	}
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&sp);
}
END_TEST

START_TEST(test_no_route)
{
	test_sa_t sa;

	sa_init(&sa, SPI_OUT, FALSE, HW_OFFLOAD_PACKET);
	sa.id.dst->destroy(sa.id.dst);
	sa.id.dst = host_create_from_string("203.0.113.1", 0);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	ck_assert_int_eq(line_count(), 1);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	sa.data.hw_offload = HW_OFFLOAD_AUTO;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT), "none");
	sa_clear(&sa);
}
END_TEST

TCase *offload_tcase(void)
{
	TCase *tcase = tcase_create("offload");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_sa, 0, ROWS);
	tcase_add_loop_test(tcase, test_requests, 0, ROWS);
	tcase_add_loop_test(tcase, test_sp, 0, ROWS);
	tcase_add_loop_test(tcase, test_trap, 0, ROWS);
	tcase_add_test(tcase, test_no_route);
	return tcase;
}
