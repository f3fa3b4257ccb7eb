/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the journal of what is ours, and of what becomes of it after a kill,
 * or if it can't be removed.
 */

#include "service_suites.h"

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

/** SPIs of a pair, and of an SA of somebody else */
#define IN 0xc0000011
#define OUT 0xc0000012
#define FOREIGN 0xc0000013

static test_sa_t in, out;
static test_sp_t sp_in, sp_out;

static void setup(void)
{
	service_setup();
	service_keep_book();
	sa_init(&in, IN, TRUE, HW_OFFLOAD_PACKET);
	sa_init(&out, OUT, FALSE, HW_OFFLOAD_PACKET);
	sp_init(&sp_in, POLICY_IN, "192.168.50.1/32", "192.168.50.2/32", IN, 1,
			HW_OFFLOAD_PACKET);
	sp_init(&sp_out, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", OUT, 1,
			HW_OFFLOAD_PACKET);
}

static void teardown(void)
{
	sa_clear(&in);
	sa_clear(&out);
	sp_clear(&sp_in);
	sp_clear(&sp_out);
	service_teardown();
}

/**
 * Start a backend that keeps book.
 */
static void start(int leftover_time)
{
	lib->settings->set_int(lib->settings,
				"%s.plugins.hw-offload.leftover_time", leftover_time, lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_forget_lines();
}

/**
 * Install the pair and its SPs.
 */
static void install(void)
{
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
}

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
	start(30);
	ck_assert_int_eq(service_book_lines("hw-offload 2 boot "), 1);
	install();
	ck_assert_int_eq(service_book_lines("+sa 192.168.50.1 proto 50 spi "
										"c0000011 mark 0/0\n"), 1);
	ck_assert_int_eq(service_book_lines("+sa 192.168.50.2 proto 50 spi "
										"c0000012 mark 0/0\n"), 1);
	ck_assert_int_eq(service_book_lines("+sp in 192.168.50.2/32 "), 2);
	ck_assert_int_eq(service_book_lines("+sp out 192.168.50.1/32 "), 2);
	/* there are no keys in it */
	ck_assert_int_eq(service_book_lines("KEY"), 0);

	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sa_del(&in), SUCCESS);
	ck_assert_int_eq(service_book_lines("-sa "), 1);
	ck_assert_int_eq(service_book_lines("-sp in 192.168.50.2/32 "), 2);
	/* one that is gone already */
	fake_kernel_drop_sa(kernel, out.id.spi);
	ck_assert_int_eq(sa_del(&out), NOT_FOUND);
	ck_assert_int_eq(service_book_lines("-sa "), 2);

	/* a clean end */
	service_stop();
	ck_assert_int_eq(service_book_lines(""), -1);
}
END_TEST

START_TEST(test_refused)
{
	start(30);
	install_foreign();
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	/* what was refused is not ours, and neither is what was there before */
	ck_assert_int_eq(sa_add(&in), FAILED);
	sa_clear(&out);
	sa_init(&out, FOREIGN, FALSE, HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&out), FAILED);
	ck_assert_int_eq(service_book_lines("+sa "),
					 service_book_lines("-sa "));
	ck_assert_int_gt(service_book_lines("+sa "), 0);
}
END_TEST

START_TEST(test_lost_answer)
{
	start(30);
	/* executed or not, who knows: so it stays in the book */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 0,
					   FAKE_FAULT_LOST, 0, NULL);
	sp_add(&sp_in);
	ck_assert_int_eq(service_book_lines("+sp in 192.168.50.2/32 "), 2);
	ck_assert_int_eq(service_book_lines("-sp "), 0);
}
END_TEST

START_TEST(test_killed)
{
	fake_sp_t sp;
	uint32_t prio_in, prio_out;

	start(1000);
	install();
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
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_DELPOLICY), 0);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, "192.168.50.1/32",
							 "192.168.50.2/32"), "packet");
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sa_del(&out), SUCCESS);

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
	start(1);
	install();
	ck_assert(service_kill());
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
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
	start(0);
	install();
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
	start(30);
	install();
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
	start(0);
	install();
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
	start(30);
	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.state_file",
						   "no-such-directory/state", lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	ck_assert_int_eq(service_lines_with("unable to use no-such-directory/state"
										": No such file or directory"), 1);
	install();
	ck_assert_str_eq(sa_mode(OUT), "packet");
}
END_TEST

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

START_TEST(test_unanswered_sa)
{
	int i;

	start(30);
	/* nobody but the journal knows of it any longer */
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELSA, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	ck_assert_int_eq(sa_del(&out), FAILED);
	ck_assert_str_eq(sa_mode(OUT), "packet");
	for (i = 0; i < TEST_DEADLINE && !streq(sa_mode(OUT), "missing"); i++)
	{
		usleep(1000);
	}
	ck_assert_str_eq(sa_mode(OUT), "missing");
	ck_assert_int_eq(service_book_lines("-sa "), 1);
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
	sp_out.data.hw_offload = HW_OFFLOAD_NO;
	sp_out.cfg.esp.spi = 0;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	fake_kernel_reset_counts(kernel);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	sp_del(&sp_out);
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
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	usleep(50000);
	ck_assert(wait_sp("none"));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert(wait_sp("missing"));
}
END_TEST

START_TEST(test_repeated_again)
{
	/* nobody adds it, and it goes in the end */
	start(30);
	fail_twice(_i);
	ck_assert(wait_sp("missing"));
	ck_assert_int_eq(service_book_lines("+sp out 192.168.50.1/32 "), 1);
	ck_assert_int_eq(service_book_lines("-sp out 192.168.50.1/32 "), 1);
}
END_TEST

START_TEST(test_refused_sp)
{
	/* a removal that is refused is repeated as well: nobody else knows of it */
	sp_out.data.hw_offload = HW_OFFLOAD_NO;
	sp_out.cfg.esp.spi = 0;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   FAKE_FAULT_ERROR, ENOMEM, NULL);
	sp_del(&sp_out);
	ck_assert(wait_sp("missing"));
}
END_TEST

START_TEST(test_added_again)
{
	/* a trap that is not removed, but installed again before that is done */
	sp_out.data.hw_offload = HW_OFFLOAD_NO;
	sp_out.cfg.esp.spi = 0;
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);
	sp_del(&sp_out);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, "192.168.50.1/32",
							 "192.168.50.2/32"), "none");
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	usleep(700000);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_DELPOLICY), 0);
	ck_assert(wait_sp("none"));
}
END_TEST

static void *add_out(void *data)
{
	return (void*)(intptr_t)sp_add(&sp_out);
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
	thread_t *thread;

	/* a guard is installed again at the very time at which the old one has to
	 * go: over IPv6 it differs from its SP by the user, not by the interface */
	start(1);
	sa_clear(&out);
	sp_clear(&sp_out);
	sa_init(&out, OUT, FALSE, HW_OFFLOAD_PACKET);
	sp_init(&sp_out, POLICY_OUT, local, remote, OUT, 1, HW_OFFLOAD_PACKET);
	out.id.src->destroy(out.id.src);
	out.id.dst->destroy(out.id.dst);
	sp_out.data.src->destroy(sp_out.data.src);
	sp_out.data.dst->destroy(sp_out.data.dst);
	out.id.src = host_create_from_string(families[_i].us, 0);
	out.id.dst = host_create_from_string(families[_i].peer, 0);
	sp_out.data.src = out.id.src->clone(out.id.src);
	sp_out.data.dst = out.id.dst->clone(out.id.dst);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert(fake_kernel_get_guard(kernel, local, remote, &sp));
	ck_assert(service_kill());
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_UPDPOLICY, 1,
					   FAKE_FAULT_BLOCKED, 0, NULL);
	thread = thread_create(add_out, NULL);
	fake_kernel_await_blocked(kernel);
	sleep(2);
	fake_kernel_unblock(kernel);
	ck_assert_ptr_eq(thread->join(thread), (void*)SUCCESS);
	usleep(300000);
	ck_assert(fake_kernel_get_guard(kernel, local, remote, &sp));
}
END_TEST

START_TEST(test_added_while_removed)
{
	thread_t *thread;

	/* one SP is installed again while another one is removed, before its turn
	 * comes: it is not removed anymore */
	start(1);
	sp_out.data.hw_offload = HW_OFFLOAD_NO;
	sp_out.cfg.esp.spi = 0;
	install();
	ck_assert(service_kill());
	fake_kernel_reset_counts(kernel);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_DELPOLICY, 1,
					   FAKE_FAULT_BLOCKED, 0, NULL);
	fake_kernel_await_blocked(kernel);
	thread = thread_create(add_out, NULL);
	usleep(100000);
	fake_kernel_unblock(kernel);
	ck_assert_ptr_eq(thread->join(thread), (void*)SUCCESS);
	while (!service_lines_with("policies that nobody wants"))
	{
		usleep(1000);
	}
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

START_TEST(test_many_changes)
{
	struct stat st;
	char path[128];
	off_t size;
	int i;

	start(30);
	for (i = 0; i < 3000; i++)
	{
		ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
		ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	}
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
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
	start(30);
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

	tcase_add_checked_fixture(tcase, setup, teardown);
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
	tcase_add_test(tcase, test_unanswered_sa);
	tcase_add_loop_test(tcase, test_repetition_fails, 0, countof(repetitions));
	tcase_add_loop_test(tcase, test_repeated_again, 0, countof(repetitions));
	tcase_add_test(tcase, test_refused_sp);
	tcase_add_test(tcase, test_added_again);
	tcase_add_loop_test(tcase, test_guard_in_use_again, 0, countof(families));
	tcase_add_test(tcase, test_added_while_removed);
	tcase_add_test(tcase, test_claims);
	tcase_add_test(tcase, test_many_changes);
	tcase_add_test(tcase, test_no_room);
	return tcase;
}
