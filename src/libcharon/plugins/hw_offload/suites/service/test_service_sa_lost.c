/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SAs that end or are lost for other reasons than their NIC.
 */

#include "service_child.h"
#include "bus_child.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <threading/thread.h>

START_TEST(test_hard_limit)
{
	test_sa_t *sa = _i ? &sa_in : &sa_out;

	/* either direction ends the CHILD_SA */
	service_child_add();
	ck_assert(fake_kernel_expire(kernel, sa->id.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(calls.expire_hard);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	sa_del(&sa_in);
	sa_del(&sa_out);
	ck_assert(service_child_guarded());
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
	ck_assert_int_eq(service_lines_with("192.168.50.2/32 stays blocked"), 1);

	/* the next one has it, and when that is closed it is gone */
	sa_out.id.spi = htonl(SPI_OUT + 1);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	sp_clear(&sp_out);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 1, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(service_child_guarded());
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_spi_again)
{
	test_sa_t other = sa_out;

	/* another peer behind the same address has chosen the same SPI, which the
	 * kernel refuses: the one who has it keeps it, and its record */
	service_child_add();
	other.data.reqid = 2;
	ck_assert_int_eq(sa_add(&other), FAILED);
	ck_assert_str_eq(sa_mode(SPI_OUT), "packet");
	ck_assert(fake_kernel_expire(kernel, sa_in.id.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert(service_child_guarded());
	sa_del(&sa_in);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
}
END_TEST

/**
 * Install an SA.
 */
static void *install(void *sa)
{
	return (void*)(uintptr_t)sa_add(sa);
}

/**
 * Begin to install an SA, in a thread that lasts until it is joined.
 */
static thread_t *install_other(test_sa_t *sa)
{
	thread_t *thread = thread_create(install, sa);

	while (streq(sa_mode(ntohl(sa->id.spi)), "missing"))
	{
		usleep(1000);
	}
	return thread;
}

START_TEST(test_unpaired)
{
	thread_t *first, *second;
	test_sa_t in2;

	/* two CHILD_SAs per CPU, say, that the peer rekeys at once: what it uses
	 * first is known later, and to other threads. Then one of them is lost */
	sa_init(&in2, SPI_IN + 16, TRUE, HW_OFFLOAD_PACKET);
	first = install_other(&sa_in);
	second = install_other(&in2);
	bus_child_rekeyed(SPI_IN, SPI_OUT);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	first->join(first);
	second->join(second);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(fake_kernel_expire(kernel, sa_in.id.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert(service_child_guarded());
	sa_clear(&in2);
}
END_TEST

START_TEST(test_soft_limit)
{
	service_child_add();
	ck_assert(fake_kernel_expire(kernel, sa_out.id.spi, FALSE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

TCase *sa_lost_tcase(void)
{
	TCase *tcase = tcase_create("sa_lost");

	tcase_add_checked_fixture(tcase, service_child_setup,
							  service_child_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_hard_limit, 0, 2);
	tcase_add_test(tcase, test_spi_again);
	tcase_add_test(tcase, test_unpaired);
	tcase_add_test(tcase, test_soft_limit);
	return tcase;
}
