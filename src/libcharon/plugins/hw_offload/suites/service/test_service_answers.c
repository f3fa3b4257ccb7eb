/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what follows from the answers of the kernel, lost ones included.
 */

#include "service_suites.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>

/** SPIs of the pair of SAs */
#define SPI_IN 0xc0000001
#define SPI_OUT 0xc0000002

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
	ck_assert_int_eq(line_count(), 1);
	ck_assert_msg(strstr(line_at(0), "final"), "%s", line_at(0));
	ck_assert_msg(!strstr(line_at(0), "hw_offload"), "%s", line_at(0));
	ck_assert_msg(!strstr(line_at(0), "driver-refused"), "%s", line_at(0));
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
	ck_assert_int_eq(line_count(), 1);
	ck_assert_msg(strstr(line_at(0), "driver: out of entries"), "%s",
				  line_at(0));
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
	ck_assert_int_eq(line_count(), 1);
	ck_assert_msg(strstr(line_at(0), "no such algorithm"), "%s", line_at(0));
	ck_assert_msg(!strstr(line_at(0), "driver"), "%s", line_at(0));
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
	bool installed = lost[i].installed;

	if (!inbound && lost[i].fault == FAKE_FAULT_IGNORED)
	{	/* it could have been there and sent packets, so it is not requested
		 * again */
		installed = FALSE;
	}
	fake_kernel_inject(kernel, NETLINK_XFRM,
					   inbound ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA,
					   lost[i].nth, lost[i].fault, 0, NULL);
	if (installed)
	{	/* the SA is there, at the latest after it was asked for again */
		ck_assert_int_eq(install_sa(spi, inbound, modes[mode]), SUCCESS);
		ck_assert_str_eq(sa_mode(spi), names[mode]);
	}
	else
	{	/* the SA is not there, so this is a failure whatever happened */
		ck_assert_int_eq(install_sa(spi, inbound, modes[mode]), FAILED);
		ck_assert_str_eq(sa_mode(spi), inbound ? "larval" : "missing");
		ck_assert_int_eq(line_count(), 1);
		ck_assert_msg(!strstr(line_at(0), "refused"), "%s", line_at(0));
	}
}
END_TEST

START_TEST(test_lost_twice)
{
	/* nor does that to the first question about it */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSA, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, modes[_i]), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
}
END_TEST

START_TEST(test_lost_exists)
{
	test_sa_t other;
	fake_sa_t sa;

	/* another peer behind the same address has this SPI, and keeps it */
	sa_init(&other, SPI_OUT, FALSE, modes[_i]);
	other.data.reqid = 2;
	ck_assert_int_eq(sa_add(&other), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_LOST, 0, NULL);
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, modes[_i]), FAILED);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &sa));
	ck_assert_uint_eq(sa.info.reqid, 2);
	ck_assert_int_eq(sa_del(&other), SUCCESS);
	sa_clear(&other);
}
END_TEST

/**
 * The answer to the first request does not come, nor that to what is asked
 * about it, and the second one is refused.
 */
static const struct {
	fake_fault_t fault;
	u_int unread;
	const char *mode;
} unknown[] = {
	/* it is there, as is seen after the second one */
	{ FAKE_FAULT_LOST, 1, "crypto" },
	/* nobody knows, so it must not stay */
	{ FAKE_FAULT_LOST, 0, "gone" },
	/* it is not there, what was allocated stays as it was */
	{ FAKE_FAULT_IGNORED, 1, "refused" },
};

START_TEST(test_lost_and_refused)
{
	const char *mode = unknown[_i % countof(unknown)].mode;
	bool inbound = _i >= countof(unknown), done;
	uint16_t type = inbound ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA;
	uint32_t spi = inbound ? SPI_IN : SPI_OUT;

	if (!inbound)
	{	/* it may have sent packets, so it is not requested again */
		mode = "gone";
	}
	done = streq(mode, "crypto");
	fake_kernel_inject(kernel, NETLINK_XFRM, type, 1,
					   unknown[_i % countof(unknown)].fault, 0, NULL);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSA,
					   unknown[_i % countof(unknown)].unread, FAKE_FAULT_ERROR,
					   ENOBUFS, NULL);
	fake_kernel_inject(kernel, NETLINK_XFRM, type, 2, FAKE_FAULT_ERROR, EINVAL,
					   "driver: no");
	ck_assert_int_eq(install_sa(spi, inbound, HW_OFFLOAD_CRYPTO),
					 done ? SUCCESS : FAILED);
	ck_assert_str_eq(sa_mode(spi), streq(mode, "gone") ? "missing" :
								   done ? mode : "larval");
	if (!inbound)
	{
		ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, type), 1);
	}
}
END_TEST

START_TEST(test_readback_fails)
{
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSA, 0,
					   FAKE_FAULT_ERROR, EPERM, "no reading");
	ck_assert_int_eq(install_sa(SPI_OUT, FALSE, HW_OFFLOAD_CRYPTO), FAILED);
	ck_assert_int_eq(line_count(), 1);
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
	ck_assert_int_eq(line_count(), 1);
	ck_assert_int_eq(install_sa(SPI_OUT + 2, FALSE, HW_OFFLOAD_AUTO), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT + 2), "none");
}
END_TEST

TCase *answers_tcase(void)
{
	TCase *tcase = tcase_create("answers");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_final_errors, 0, countof(final));
	tcase_add_loop_test(tcase, test_full_nic, 0, countof(answers));
	tcase_add_loop_test(tcase, test_full_nic_strict, 0, countof(answers));
	tcase_add_test(tcase, test_exists);
	tcase_add_test(tcase, test_software_decides);
	tcase_add_loop_test(tcase, test_larval_gone, 0, countof(larval_gone));
	tcase_add_loop_test(tcase, test_lost_answer, 0,
						countof(lost) * countof(modes) * 2);
	tcase_add_loop_test(tcase, test_lost_twice, 0, countof(modes));
	tcase_add_loop_test(tcase, test_lost_exists, 0, countof(modes));
	tcase_add_loop_test(tcase, test_lost_and_refused, 0, countof(unknown) * 2);
	tcase_add_test(tcase, test_readback_fails);
	tcase_add_test(tcase, test_stale_device);
	return tcase;
}
