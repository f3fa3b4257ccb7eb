/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the journal of what is ours, and of what becomes of it after a kill,
 * or if it can't be removed.
 */

#include "service_leftovers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <linux/xfrm.h>

#include <threading/thread.h>

#include "../../io/nl_exchange.h"
#include "../../service/journal/journal.h"
#include "../../wire/xfrm_sa.h"
#include "../../wire/xfrm_sp.h"

/** SPI of an SA of somebody else */
#define FOREIGN 0xc0000013

/**
 * Send a command as somebody else does.
 */
static void send_foreign(hwo_msg_t *msg)
{
	nl_exchange_t *xfrm;
	hwo_result_t result;

	xfrm = hwo_nl_exchange_create(fake_kernel_open(kernel, NETLINK_XFRM, NULL));
	xfrm->command(xfrm, msg, &result);
	ck_assert_msg(!result.err, "%s", result.extack);
	xfrm->destroy(xfrm);
}

/**
 * Install an SA and an SP of somebody else, next to ours.
 */
static void install_foreign(void)
{
	const hwo_offload_t offload = {};
	const hwo_sa_t sa = {
		.id = {
			.src = { AF_INET, { 192, 168, 50, 1 } },
			.dst = { AF_INET, { 192, 168, 50, 2 } },
			.spi = htonl(FOREIGN),
			.proto = IPPROTO_ESP,
		},
		.reqid = 1,
		.facts.mode = MODE_TRANSPORT,
		.cpu = UINT32_MAX,
		.enc = {
			.name = "rfc4106(gcm(aes))",
			.icv_bits = 128,
			.aead = TRUE,
			.key = chunk_create(service_key, 20),
		},
	};
	const hwo_sp_t sp = {
		.id = {
			.dir = POLICY_OUT,
			.sel = {
				.family = AF_INET,
				.src_prefix = 32,
				.dst_prefix = 24,
				.src = { 192, 168, 50, 1 },
				.dst = { 192, 168, 50, 0 },
			},
		},
		.priority = 1,
		.tmpl = { {
			.proto = IPPROTO_ESP,
			.reqid = 1,
			.mode = MODE_TRANSPORT,
			.family = AF_INET,
		}, },
		.tmpl_count = 1,
	};
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_sa(&msg, &sa, &offload));
	send_foreign(&msg);
	ck_assert(hwo_xfrm_encode_sp(&msg, &sp, &offload, FALSE));
	send_foreign(&msg);
}

/**
 * Check that what somebody else installed is as it was.
 */
static void check_foreign(void)
{
	fake_sp_t sp;

	ck_assert_str_eq(sa_mode(FOREIGN), "none");
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, "192.168.50.1/32",
								 "192.168.50.0/24", &sp));
	ck_assert_int_eq(sp.tmpl_count, 1);
	ck_assert_int_eq(sp.info.action, XFRM_POLICY_ALLOW);
}

/**
 * Check that an SP of ours drops all traffic, in software.
 */
static void check_block(uint8_t dir, const char *src, const char *dst,
						uint32_t priority)
{
	fake_sp_t sp;

	ck_assert(fake_kernel_get_sp(kernel, dir, src, dst, &sp));
	ck_assert_int_eq(sp.tmpl_count, 0);
	ck_assert_int_eq(sp.info.action, XFRM_POLICY_BLOCK);
	ck_assert_uint_eq(sp.info.priority, priority);
	ck_assert_uint_eq(sp.offload.ifindex, 0);
}

START_TEST(test_book)
{
	leftovers_start(30);
	ck_assert_int_eq(service_book_lines("hw-offload 2 boot "), 1);
	leftovers_install();
	ck_assert_int_eq(service_book_lines("+sa 192.168.50.1 proto 50 spi "
										"c0000011 mark 0/0\n"), 1);
	ck_assert_int_eq(service_book_lines("+sa 192.168.50.2 proto 50 spi "
										"c0000012 mark 0/0\n"), 1);
	ck_assert_int_eq(service_book_lines("+sp in 192.168.50.2/32 "), 2);
	ck_assert_int_eq(service_book_lines("+sp out 192.168.50.1/32 "), 2);
	/* there are no keys in it */
	ck_assert_int_eq(service_book_lines("KEY"), 0);

	ck_assert_int_eq(sp_del(&left_sp_in), SUCCESS);
	ck_assert_int_eq(sp_del(&left_sp_out), SUCCESS);
	ck_assert_int_eq(sa_del(&left_in), SUCCESS);
	ck_assert_int_eq(service_book_lines("-sa "), 1);
	ck_assert_int_eq(service_book_lines("-sp in 192.168.50.2/32 "), 2);
	/* one that is gone already */
	fake_kernel_drop_sa(kernel, left_out.id.spi);
	ck_assert_int_eq(sa_del(&left_out), NOT_FOUND);
	ck_assert_int_eq(service_book_lines("-sa "), 2);

	/* a clean end */
	service_stop();
	ck_assert_int_eq(service_book_lines(""), -1);
}
END_TEST

START_TEST(test_refused)
{
	leftovers_start(30);
	install_foreign();
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	/* what was refused is not ours, and neither is what was there before */
	ck_assert_int_eq(sa_add(&left_in), FAILED);
	sa_clear(&left_out);
	sa_init(&left_out, FOREIGN, FALSE, HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&left_out), FAILED);
	ck_assert_int_eq(service_book_lines("+sa "),
					 service_book_lines("-sa "));
	ck_assert_int_gt(service_book_lines("+sa "), 0);
}
END_TEST

START_TEST(test_lost_answer)
{
	leftovers_start(30);
	/* executed or not, who knows: so it stays in the book */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 0,
					   FAKE_FAULT_LOST, 0, NULL);
	sp_add(&left_sp_in);
	ck_assert_int_eq(service_book_lines("+sp in 192.168.50.2/32 "), 2);
	ck_assert_int_eq(service_book_lines("-sp "), 0);
}
END_TEST

START_TEST(test_killed)
{
	fake_sp_t sp;
	uint32_t prio_in, prio_out;

	leftovers_start(1000);
	leftovers_install();
	install_foreign();
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_IN, "192.168.50.2/32",
								 "192.168.50.1/32", &sp));
	prio_in = sp.info.priority;
	ck_assert(fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, "192.168.50.1/32",
								 "192.168.50.2/32", &sp));
	prio_out = sp.info.priority;

	ck_assert(service_kill());
	ck_assert_str_eq(sa_mode(IN), "missing");
	ck_assert_str_eq(sa_mode(OUT), "missing");
	check_block(XFRM_POLICY_IN, "192.168.50.2/32", "192.168.50.1/32", prio_in);
	check_block(XFRM_POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32",
				prio_out);
	check_foreign();
	ck_assert_int_eq(service_lines_with("found 2 SAs and "), 1);
	/* until they are gone, another kill does not change what is ours */
	ck_assert_int_eq(service_book_lines("+sp out 192.168.50.1/32 "), 2);

	/* charon has this one again, and there was no gap */
	ck_assert_int_eq(sa_add(&left_out), SUCCESS);
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_DELPOLICY), 0);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, "192.168.50.1/32",
							 "192.168.50.2/32"), "packet");
	ck_assert_int_eq(sp_del(&left_sp_out), SUCCESS);
	ck_assert_int_eq(sa_del(&left_out), SUCCESS);

	/* the end comes before the time is up */
	ipsec->destroy(ipsec);
	ipsec = NULL;
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, "192.168.50.2/32",
							 "192.168.50.1/32"), "missing");
	check_foreign();
	ck_assert_int_eq(service_book_lines(""), -1);
}
END_TEST

START_TEST(test_in_use_again)
{
	leftovers_start(1);
	leftovers_install();
	ck_assert(service_kill());
	ck_assert_int_eq(sa_add(&left_out), SUCCESS);
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
	/* the log line comes last */
	while (!service_lines_with("policies that nobody wants"))
	{
		usleep(10000);
	}
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, "192.168.50.2/32",
							 "192.168.50.1/32"), "missing");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, "192.168.50.1/32",
							 "192.168.50.2/32"), "packet");
	ck_assert_str_eq(sa_mode(OUT), "packet");
}
END_TEST

START_TEST(test_at_once)
{
	leftovers_start(0);
	leftovers_install();
	install_foreign();
	fake_kernel_reset_counts(kernel);
	ck_assert(service_kill());
	ck_assert_str_eq(sa_mode(OUT), "missing");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, "192.168.50.2/32",
							 "192.168.50.1/32"), "missing");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, "192.168.50.1/32",
							 "192.168.50.2/32"), "missing");
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_UPDPOLICY), 0);
	check_foreign();
	ck_assert_int_eq(service_book_lines("+s"), service_book_lines("-s"));
}
END_TEST

START_TEST(test_gone)
{
	leftovers_start(30);
	leftovers_install();
	/* somebody tidied up in the meantime */
	ck_assert_int_eq(ipsec->flush_policies(ipsec), SUCCESS);
	ck_assert_int_eq(ipsec->flush_sas(ipsec), SUCCESS);
	ck_assert(service_kill());
	ck_assert_int_eq(service_lines_with("killed"), 0);
	ck_assert_int_eq(service_book_lines("+s"), 0);
}
END_TEST

START_TEST(test_not_listed)
{
	leftovers_start(0);
	leftovers_install();
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETPOLICY, 0,
					   FAKE_FAULT_ERROR, ENOBUFS, NULL);
	ck_assert(service_kill());
	ck_assert_int_eq(service_lines_with("unable to look for SAs"), 1);
	/* the next start may do better */
	ck_assert_int_eq(service_book_lines("+sa "), 2);
	ck_assert_int_eq(service_book_lines("-sa "), 0);
}
END_TEST

START_TEST(test_no_file)
{
	leftovers_start(30);
	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.state_file",
						   "no-such-directory/state", lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	ck_assert_int_eq(service_lines_with("unable to use state_file no-such-"
										"directory/state: No such file"), 1);
	leftovers_install();
	ck_assert_str_eq(sa_mode(OUT), "packet");
}
END_TEST

START_TEST(test_many_changes)
{
	struct stat st;
	char path[128];
	off_t size;
	int i;

	leftovers_start(30);
	for (i = 0; i < 3000; i++)
	{
		ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
		ck_assert_int_eq(sp_del(&left_sp_out), SUCCESS);
	}
	ck_assert_int_eq(sp_add(&left_sp_out), SUCCESS);
	/* about 150 bytes for each of the notes that are never too many */
	for (i = 0, size = 0; i < 2; i++)
	{
		service_book_file(service_book(), i, path);
		ck_assert_int_eq(stat(path, &st), 0);
		size += st.st_size;
	}
	ck_assert_int_gt(size, 0);
	ck_assert_int_lt(size, 1300 * 160);
	ck_assert_int_gt(service_book_lines("+sp out"),
					 service_book_lines("-sp out"));
}
END_TEST

START_TEST(test_no_room)
{
	struct rlimit limit, old;
	journal_t *journal;
	char line[32];
	int i;

	/* each kind of failure is logged once, whatever is added */
	leftovers_start(30);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 2048;
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	journal = hwo_journal_create("test-room");
	for (i = 0; i < 500; i++)
	{
		snprintf(line, sizeof(line), "line %d", i);
		journal->begin(journal, line);
	}
	ck_assert_int_eq(service_lines_with("unable to write to the file"), 1);
	ck_assert_int_eq(service_lines_with("unable to rewrite the file"), 1);
	/* and when there is room again, all of them are there */
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	journal->begin(journal, "last");
	journal->destroy(journal);
	journal = hwo_journal_create("test-room");
	ck_assert_uint_eq(journal->count(journal, HWO_LINE_LEFT), 501);
	journal->begin_scan(journal);
	journal->end_scan(journal);
	journal->destroy(journal);
}
END_TEST

TCase *leftovers_tcase(void)
{
	TCase *tcase = tcase_create("stale_state");

	tcase_add_checked_fixture(tcase, leftovers_setup, leftovers_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_book);
	tcase_add_test(tcase, test_refused);
	tcase_add_test(tcase, test_lost_answer);
	tcase_add_test(tcase, test_killed);
	tcase_add_test(tcase, test_in_use_again);
	tcase_add_test(tcase, test_at_once);
	tcase_add_test(tcase, test_gone);
	tcase_add_test(tcase, test_not_listed);
	tcase_add_test(tcase, test_no_file);
	tcase_add_test(tcase, test_many_changes);
	tcase_add_test(tcase, test_no_room);
	return tcase;
}
