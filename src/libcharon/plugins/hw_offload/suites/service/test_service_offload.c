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
static status_t install_sa(uint32_t spi, bool inbound, hw_offload_t requested)
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
	ck_assert_msg(line_count == 1, "%d lines, the first is '%s'", line_count,
				  lines[0]);
	ck_assert_msg(strstr(lines[0], hex), "no SPI in '%s'", lines[0]);
	ck_assert_msg(strstr(lines[0], "nic3"), "no device in '%s'", lines[0]);
	ck_assert_msg(strstr(lines[0], matrix[row].requested == HW_OFFLOAD_CRYPTO ?
						 "crypto" : "packet"), "no mode in '%s'", lines[0]);
	if (matrix[row].caps == FAKE_CAPS_EINVAL ||
		(matrix[row].caps == FAKE_CAPS_EOPNOTSUPP &&
		 matrix[row].requested == HW_OFFLOAD_PACKET) ||
		(matrix[row].caps == FAKE_CAPS_CRYPTO &&
		 matrix[row].requested == HW_OFFLOAD_PACKET))
	{
		ck_assert_msg(strstr(lines[0], "fakenic: firmware says no"),
					  "no text of the kernel in '%s'", lines[0]);
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
				ck_assert_int_eq(line_count, 0);
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
		ck_assert_int_eq(line_count, 2);
		ck_assert_msg(strstr(lines[0], "nic3"), "%s", lines[0]);
		ck_assert_msg(strstr(lines[0], "packet"), "%s", lines[0]);
		ck_assert_msg(strstr(lines[1], "is blocked"), "%s", lines[1]);
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

/**
 * Errors that are no answer to the question for offload, whatever mode asks.
 */
static const struct {
	int err;
	hw_offload_t requested;
} final[] = {
	{ EEXIST,	HW_OFFLOAD_NO },
	{ EEXIST,	HW_OFFLOAD_CRYPTO },
	{ EEXIST,	HW_OFFLOAD_PACKET },
	{ EEXIST,	HW_OFFLOAD_AUTO },
};

START_TEST(test_final_errors)
{
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 0,
					   FAKE_FAULT_ERROR, final[_i].err, "final");
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, final[_i].requested), FAILED);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA),
					 1);
	ck_assert_int_eq(line_count, 1);
	ck_assert_msg(strstr(lines[0], "final"), "%s", lines[0]);
	ck_assert_msg(!strstr(lines[0], "hw_offload"), "%s", lines[0]);
	ck_assert_msg(!strstr(lines[0], "driver-refused"), "%s", lines[0]);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
}
END_TEST

/**
 * Answers of drivers whose errno has a meaning of its own elsewhere: mlx5 says
 * ENOMEM if its NIC is full, ETIMEDOUT if its firmware does not answer.
 */
static const int answers[] = {
	ENOMEM, EPERM, ETIMEDOUT, ENOBUFS, EBADMSG, EMSGSIZE,
};

START_TEST(test_full_nic)
{
	test_sa_t sa;

	/* with and without limits in bytes, then crypto mode */
	service_refuse(XFRM_MSG_NEWSA, 1, answers[_i]);
	service_refuse(XFRM_MSG_NEWSA, 2, answers[_i]);
	service_refuse(XFRM_MSG_NEWSA, 3, answers[_i]);
	sa_init(&sa, SPI_OUT, FALSE, HW_OFFLOAD_AUTO);
	sa.lifetime.bytes.life = 2000000;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT), "none");
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA),
					 4);
	assert_no_key();
	sa_clear(&sa);
}
END_TEST

START_TEST(test_full_nic_strict)
{
	service_refuse(XFRM_MSG_NEWSA, 1, answers[_i]);
	service_forget_lines();
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, HW_OFFLOAD_CRYPTO), FAILED);
	ck_assert_int_eq(line_count, 1);
	ck_assert_msg(strstr(lines[0], "driver: out of entries"), "%s", lines[0]);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA),
					 1);
	ck_assert_str_eq(sa_mode(SPI_OUT), "missing");
}
END_TEST

START_TEST(test_exists)
{
	fake_sa_t before, after;

	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, HW_OFFLOAD_NO), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &before));
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, HW_OFFLOAD_AUTO), FAILED);
	/* somebody else's SA is not touched */
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &after));
	ck_assert_ptr_eq(before.attrs.ptr, after.attrs.ptr);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
}
END_TEST

START_TEST(test_software_decides)
{
	/* the device refuses, and software fails as well: its error counts */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_EINVAL, "driver says"));
	service_forget_lines();
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 3,
					   FAKE_FAULT_ERROR, ENOSYS, "no such algorithm");
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, HW_OFFLOAD_AUTO), FAILED);
	ck_assert_int_eq(line_count, 1);
	ck_assert_msg(strstr(lines[0], "no such algorithm"), "%s", lines[0]);
	ck_assert_msg(!strstr(lines[0], "driver"), "%s", lines[0]);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
}
END_TEST

/** modes for an inbound SA whose larval SA is gone */
static const struct {
	hw_offload_t requested;
	const char *mode;
} larval_gone[] = {
	{ HW_OFFLOAD_NO, "none" },
	{ HW_OFFLOAD_CRYPTO, "crypto" },
	{ HW_OFFLOAD_PACKET, "packet" },
	{ HW_OFFLOAD_AUTO, "packet" },
};

START_TEST(test_larval_gone)
{
	test_sa_t sa;

	sa_init(&sa, SPI_IN, TRUE, larval_gone[_i].requested);
	sa.data.update = TRUE;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_IN), larval_gone[_i].mode);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_UPDSA),
					 1);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA),
					 1);
	assert_no_key();
	sa_clear(&sa);
}
END_TEST

/**
 * The answer to the installation does not come.
 */
static const struct {
	fake_fault_t fault;
	u_int nth;
	bool installed;
} lost[] = {
	{ FAKE_FAULT_LOST, 1, TRUE },
	{ FAKE_FAULT_OVERRUN, 1, TRUE },
	{ FAKE_FAULT_LATE, 1, TRUE },
	{ FAKE_FAULT_TRUNCATED, 1, TRUE },
	{ FAKE_FAULT_IGNORED, 1, TRUE },
	{ FAKE_FAULT_IGNORED, 0, FALSE },
};

/** modes to install with */
static const hw_offload_t modes[] = {
	HW_OFFLOAD_NO, HW_OFFLOAD_CRYPTO, HW_OFFLOAD_PACKET, HW_OFFLOAD_AUTO,
};

START_TEST(test_lost_answer)
{
	static const char *names[] = { "none", "crypto", "packet", "packet" };
	int i = _i % countof(lost), mode = _i / countof(lost) % countof(modes);
	bool inbound = _i >= countof(lost) * countof(modes);
	uint32_t spi = inbound ? SPI_IN : SPI_OUT;

	fake_kernel_inject(kernel, NETLINK_XFRM,
					   inbound ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA,
					   lost[i].nth, lost[i].fault, 0, NULL);
	if (lost[i].installed)
	{	/* the SA is there, at the latest after it was asked for again */
		ck_assert_int_eq(install_sa(spi, inbound, modes[mode]), SUCCESS);
		ck_assert_str_eq(sa_mode(spi), names[mode]);
	}
	else
	{	/* the SA is not there, so this is a failure whatever happened */
		ck_assert_int_eq(install_sa(spi, inbound, modes[mode]), FAILED);
		ck_assert_str_eq(sa_mode(spi), inbound ? "larval" : "missing");
		ck_assert_int_eq(line_count, 1);
		ck_assert_msg(!strstr(lines[0], "refused"), "%s", lines[0]);
	}
}
END_TEST

START_TEST(test_readback_fails)
{
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSA, 0,
					   FAKE_FAULT_ERROR, EPERM, "no reading");
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, HW_OFFLOAD_CRYPTO), FAILED);
	ck_assert_int_eq(line_count, 1);
	/* who knows what it is: it must not stay */
	ck_assert_str_eq(sa_mode(SPI_OUT), "missing");
}
END_TEST

START_TEST(test_stale_device)
{
	/* the device is gone, but its route is still announced; the kernel looks
	 * for a device itself and finds another one */
	fake_kernel_add_device(kernel, 9, FAKE_CAPS_CRYPTO, NULL);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_ALLOCSPI, 0,
					   FAKE_FAULT_ERROR, EPERM, NULL);
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, HW_OFFLOAD_CRYPTO), SUCCESS);
	fake_kernel_remove_device(kernel, NIC);
	fake_kernel_add_route(kernel, "192.168.50.2/32", 4711, NULL, NULL, 0);
	service_forget_lines();
	ck_assert_int_eq(install_sa(SPI_OUT + 1, FALSE, HW_OFFLOAD_CRYPTO),
					 FAILED);
	ck_assert_str_eq(sa_mode(SPI_OUT + 1), "missing");
	ck_assert_int_eq(line_count, 1);
	ck_assert_int_eq(install_sa(SPI_OUT + 2, FALSE, HW_OFFLOAD_AUTO), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT + 2), "none");
}
END_TEST

START_TEST(test_no_route)
{
	test_sa_t sa;

	sa_init(&sa, SPI_OUT, FALSE, HW_OFFLOAD_PACKET);
	sa.id.dst->destroy(sa.id.dst);
	sa.id.dst = host_create_from_string("203.0.113.1", 0);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	ck_assert_int_eq(line_count, 1);
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
	tcase_add_loop_test(tcase, test_final_errors, 0, countof(final));
	tcase_add_loop_test(tcase, test_full_nic, 0, countof(answers));
	tcase_add_loop_test(tcase, test_full_nic_strict, 0, countof(answers));
	tcase_add_test(tcase, test_exists);
	tcase_add_test(tcase, test_software_decides);
	tcase_add_loop_test(tcase, test_larval_gone, 0, countof(larval_gone));
	tcase_add_loop_test(tcase, test_lost_answer, 0,
						countof(lost) * countof(modes) * 2);
	tcase_add_test(tcase, test_readback_fails);
	tcase_add_test(tcase, test_stale_device);
	tcase_add_test(tcase, test_no_route);
	return tcase;
}
