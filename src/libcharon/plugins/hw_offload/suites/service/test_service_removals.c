/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SAs and SPs that cannot be removed at once, or that are added again.
 */

#include "service_leftovers.h"

#include <errno.h>
#include <unistd.h>

#include <linux/xfrm.h>

#include <threading/thread.h>

#include "../../io/nl_exchange.h"
#include "../../service/journal/journal.h"
#include "../../wire/xfrm_sa.h"
#include "../../wire/xfrm_sp.h"

/**
 * Wait until nobody but us has an SP of these.
 */
static bool wait_sp(const char *expected)
{
	int i;

	for (i = 0; i < TEST_DEADLINE; i++)
	{
		if (streq(sp_mode(XFRM_POLICY_OUT, "192.168.50.1/32",
						  "192.168.50.2/32"), expected))
		{
			return TRUE;
		}
		usleep(1000);
	}
	return FALSE;
}

/**
 * Wait until the journal has one line of these, which it gets once the kernel
 * has answered.
 */
static bool wait_line(const char *start)
{
	int i;

	for (i = 0; i < TEST_DEADLINE && service_book_lines(start) != 1; i++)
	{
		usleep(1000);
	}
	return service_book_lines(start) == 1;
}

START_TEST(test_unanswered_sa)
{
	int i;

	leftovers_start(30);
	/* nobody but the journal knows of it any longer */
	ck_assert_int_eq(sa_add(&left_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELSA, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	ck_assert_int_eq(sa_del(&left_out), FAILED);
	ck_assert_str_eq(sa_mode(OUT), "packet");
	for (i = 0; i < TEST_DEADLINE && !streq(sa_mode(OUT), "missing"); i++)
	{
		usleep(1000);
	}
	ck_assert_str_eq(sa_mode(OUT), "missing");
	ck_assert(wait_line("-sa "));
}
END_TEST

/** what becomes of the first repetition of a removal */
static const struct {
	fake_fault_t fault;
	int err;
} repetitions[] = {
	{ FAKE_FAULT_ERROR, ENOMEM },
	{ FAKE_FAULT_ERROR, EPERM },
	{ FAKE_FAULT_IGNORED, 0 },
};

/**
 * Remove a trap, which fails, and have that repeated, which fails as well.
 */
static void fail_twice(int i)
{
	left_sp_out.data.hw_offload = HW_OFFLOAD_NO;
	left_sp_out.cfg.esp.spi = 0;
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
	fake_kernel_reset_counts(kernel);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	sp_del(&left_sp_out);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   repetitions[i].fault, repetitions[i].err, NULL);
	for (i = 0; i < TEST_DEADLINE; i++)
	{
		if (fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY) >= 2)
		{
			return;
		}
		usleep(1000);
	}
	ck_abort_msg("not repeated");
}

START_TEST(test_repetition_fails)
{
	/* who adds the same one does not wait for anything */
	fail_twice(_i);
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
	usleep(50000);
	ck_assert(wait_sp("none"));
	ck_assert_int_eq(sp_del(&left_sp_out), SUCCESS);
	ck_assert(wait_sp("missing"));
}
END_TEST

START_TEST(test_repeated_again)
{
	/* nobody adds it, and it goes in the end */
	leftovers_start(30);
	fail_twice(_i);
	ck_assert(wait_sp("missing"));
	ck_assert_int_eq(service_book_lines("+sp out 192.168.50.1/32 "), 1);
	ck_assert(wait_line("-sp out 192.168.50.1/32 "));
}
END_TEST

START_TEST(test_refused_sp)
{
	/* a removal that is refused is repeated as well: nobody else knows of it */
	left_sp_out.data.hw_offload = HW_OFFLOAD_NO;
	left_sp_out.cfg.esp.spi = 0;
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   FAKE_FAULT_ERROR, ENOMEM, NULL);
	sp_del(&left_sp_out);
	ck_assert(wait_sp("missing"));
}
END_TEST

START_TEST(test_added_again)
{
	/* a trap that is not removed, but installed again before that is done */
	left_sp_out.data.hw_offload = HW_OFFLOAD_NO;
	left_sp_out.cfg.esp.spi = 0;
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	sp_del(&left_sp_out);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, "192.168.50.1/32",
							 "192.168.50.2/32"), "none");
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
	usleep(700000);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_DELPOLICY), 0);
	ck_assert(wait_sp("none"));
}
END_TEST

/** thread that adds an SP */
static pid_t adder;

static void *add_out(void *data)
{
	__atomic_store_n(&adder, gettid(), __ATOMIC_RELEASE);
	return (void*)(intptr_t)sp_add(&left_sp_out);
}

/**
 * Whether the thread that adds an SP waits.
 */
static bool adder_waits(void)
{
	pid_t tid = __atomic_load_n(&adder, __ATOMIC_ACQUIRE);
	char path[64], state = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	stat = tid ? fopen(path, "r") : NULL;
	if (stat)
	{
		ck_assert_int_eq(fscanf(stat, "%*d (%*[^)]) %c", &state), 1);
		fclose(stat);
	}
	return state == 'S';
}

/**
 * Add an SP while the kernel is blocked, and let it go on once the thread has
 * to wait for it.
 */
static void add_while_blocked(void)
{
	thread_t *thread = thread_create(add_out, NULL);
	int i;

	for (i = 0; i < 50; i++)
	{	/* for the kernel, not just for a mutex */
		i = adder_waits() ? i : 0;
		usleep(1000);
	}
	fake_kernel_unblock(kernel);
	ck_assert_ptr_eq(thread->join(thread), (void*)SUCCESS);
	/* the log line comes last */
	while (!service_lines_with("policies that nobody wants"))
	{
		usleep(1000);
	}
}

static const struct {
	char *us, *peer, *local, *remote;
} families[] = {
	{ "192.168.50.1", "192.168.50.2", "192.168.50.1/32", "192.168.50.2/32" },
	{ "fec5::1", "fec5::2", "fec5::1/128", "fec5::2/128" },
};

START_TEST(test_guard_in_use_again)
{
	const char *local = families[_i].local, *remote = families[_i].remote;
	fake_sp_t sp;

	/* a guard is installed again at the very time at which the old one has to
	 * go: over IPv6 it differs from its SP by the user, not by the interface */
	leftovers_start(1);
	sa_clear(&left_out);
	sp_clear(&left_sp_out);
	sa_init(&left_out, OUT, FALSE, HW_OFFLOAD_PACKET);
	sp_init(&left_sp_out, POLICY_OUT, local, remote, OUT, 1, HW_OFFLOAD_PACKET);
	left_out.id.src->destroy(left_out.id.src);
	left_out.id.dst->destroy(left_out.id.dst);
	left_sp_out.data.src->destroy(left_sp_out.data.src);
	left_sp_out.data.dst->destroy(left_sp_out.data.dst);
	left_out.id.src = host_create_from_string(families[_i].us, 0);
	left_out.id.dst = host_create_from_string(families[_i].peer, 0);
	left_sp_out.data.src = left_out.id.src->clone(left_out.id.src);
	left_sp_out.data.dst = left_out.id.dst->clone(left_out.id.dst);
	ck_assert_int_eq(sa_add(&left_out), SUCCESS);
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
	ck_assert(fake_kernel_get_guard(kernel, local, remote, &sp));
	ck_assert(service_kill());
	ck_assert_int_eq(sa_add(&left_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETPOLICY, 1,
					   FAKE_FAULT_BLOCKED, 0, NULL);
	fake_kernel_await_blocked(kernel);
	add_while_blocked();
	ck_assert(fake_kernel_get_guard(kernel, local, remote, &sp));
}
END_TEST

START_TEST(test_added_while_removed)
{
	/* one SP is installed again while another one is removed, before its turn
	 * comes: it is not removed anymore. There is time to block them all before,
	 * which keeps their order */
	leftovers_start(3);
	left_sp_out.data.hw_offload = HW_OFFLOAD_NO;
	left_sp_out.cfg.esp.spi = 0;
	leftovers_install();
	ck_assert(service_kill());
	fake_kernel_reset_counts(kernel);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   FAKE_FAULT_BLOCKED, 0, NULL);
	fake_kernel_await_blocked(kernel);
	add_while_blocked();
	/* the inbound one was there twice */
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM,
										XFRM_MSG_DELPOLICY), 2);
	ck_assert(wait_sp("none"));
}
END_TEST

/**
 * Own a line, which lasts until nobody has a claim on it.
 */
static void *own(void *data)
{
	journal_t *journal = data;

	return (void*)(uintptr_t)journal->begin(journal, "line");
}

START_TEST(test_claims)
{
	journal_t *journal = hwo_journal_create("");
	thread_t *thread;

	ck_assert_int_eq(journal->begin(journal, "line"), HWO_LINE_NONE);
	/* an SP is there already, and updated */
	ck_assert_int_eq(journal->begin(journal, "line"), HWO_LINE_NONE);
	journal->end(journal, "line", HWO_LINE_OWNED);
	ck_assert_int_eq(journal->begin(journal, "line"), HWO_LINE_OWNED);
	/* nobody removes what has an owner, or is removed by somebody else */
	ck_assert_int_eq(journal->claim(journal, "line"), HWO_LINE_OWNED);
	journal->end(journal, "line", HWO_LINE_UNWANTED);
	ck_assert_int_eq(journal->claim(journal, "line"), HWO_LINE_UNWANTED);
	ck_assert_int_eq(journal->claim(journal, "line"), HWO_LINE_NONE);
	/* nor does anybody add it meanwhile */
	thread = thread_create(own, journal);
	usleep(100000);
	ck_assert_uint_eq(journal->count(journal, HWO_LINE_OWNED), 0);
	journal->end(journal, "line", HWO_LINE_NONE);
	ck_assert_ptr_eq(thread->join(thread), (void*)HWO_LINE_NONE);
	ck_assert_uint_eq(journal->count(journal, HWO_LINE_OWNED), 1);
	journal->destroy(journal);
}
END_TEST

TCase *removals_tcase(void)
{
	TCase *tcase = tcase_create("removals");

	tcase_add_checked_fixture(tcase, leftovers_setup, leftovers_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_unanswered_sa);
	tcase_add_loop_test(tcase, test_repetition_fails, 0, countof(repetitions));
	tcase_add_loop_test(tcase, test_repeated_again, 0, countof(repetitions));
	tcase_add_test(tcase, test_refused_sp);
	tcase_add_test(tcase, test_added_again);
	tcase_add_loop_test(tcase, test_guard_in_use_again, 0, countof(families));
	tcase_add_test(tcase, test_added_while_removed);
	tcase_add_test(tcase, test_claims);
	return tcase;
}
