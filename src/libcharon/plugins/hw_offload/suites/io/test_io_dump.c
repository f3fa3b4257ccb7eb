/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of dumps over nl_exchange: whole ones, and those that are interrupted,
 * refused or lost in part.
 */

#include "io_suites.h"

#include <errno.h>
#include <netinet/in.h>

#include "../../io/nl_exchange.h"
#include "../../wire/xfrm_sp.h"

static fake_kernel_t *kernel;
static nl_exchange_t *exchange;

static void setup(void)
{
	io_setup();
	kernel = fake_kernel_create(FAKE_LINUX_7_2);
	exchange = hwo_nl_exchange_create(fake_kernel_open(kernel, NETLINK_XFRM,
													   NULL));
}

static void teardown(void)
{
	exchange->destroy(exchange);
	fake_kernel_destroy(kernel);
	io_teardown();
}

/**
 * Let something go wrong with the next dump.
 */
static void inject(fake_fault_t fault, int err)
{
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETPOLICY, 1, fault, err,
					   NULL);
}

/**
 * Add an SP for 10.0.<i>.0/24.
 */
static void add_sp(int i)
{
	hwo_offload_t offload = {};
	hwo_result_t result;
	hwo_msg_t msg;
	hwo_sp_t sp = {
		.id = {
			.dir = POLICY_OUT,
			.sel = {
				.family = AF_INET,
				.src_prefix = 24,
				.dst_prefix = 24,
				.src = { 10, 0, i },
				.dst = { 10, 1, i },
			},
		},
		.priority = 1000 + i,
		.tmpl = {
			{
				.proto = IPPROTO_ESP,
				.reqid = i + 1,
				.mode = MODE_TRANSPORT,
				.family = AF_INET,
			},
		},
		.tmpl_count = 1,
	};

	ck_assert(hwo_xfrm_encode_sp(&msg, &sp, &offload, FALSE));
	exchange->command(exchange, &msg, &result);
	ck_assert_msg(result.err == 0, "%s", result.extack);
}

/**
 * What a dump showed.
 */
typedef struct {
	int calls;
	int refuse;
	int seen[32];
} dump_t;

static bool decode_sp(void *data, const struct nlmsghdr *hdr)
{
	dump_t *dump = data;
	hwo_sp_state_t state;

	if (hwo_xfrm_is_socket_sp(hdr))
	{	/* in each dump, and no part of the SPD */
		return TRUE;
	}
	dump->calls++;
	if (dump->calls == dump->refuse || !hwo_xfrm_decode_sp(hdr, &state))
	{
		return FALSE;
	}
	ck_assert_int_lt(state.priority - 1000, countof(dump->seen));
	dump->seen[state.priority - 1000]++;
	return TRUE;
}

/**
 * Dump all SPs.
 */
static hwo_result_t dump_sps(dump_t *dump)
{
	hwo_result_t result;
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_dump_sp(&msg));
	exchange->dump(exchange, &msg, decode_sp, dump, &result);
	return result;
}

/** SPs in the dumps below, more than fit a datagram of the fake kernel */
#define SPS 10

/**
 * Dump all SPs and compare the result.
 */
static void assert_dump(dump_t *dump, int err, int times, int requests)
{
	hwo_result_t result;
	int i;

	fake_kernel_reset_counts(kernel);
	result = dump_sps(dump);
	ck_assert_int_eq(result.err, err);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_GETPOLICY), requests);
	for (i = 0; i < SPS; i++)
	{
		ck_assert_msg(dump->seen[i] == times, "SP %d seen %d times", i,
					  dump->seen[i]);
	}
}

START_TEST(test_dump)
{
	dump_t none = {}, all = {}, again = {};
	hwo_result_t result;
	hwo_msg_t msg;
	int i;

	/* it does not take an encoder to make it a dump */
	hwo_msg_begin(&msg, XFRM_MSG_GETPOLICY, 0, 0);
	exchange->dump(exchange, &msg, decode_sp, &none, &result);
	ck_assert_int_eq(result.err, 0);
	ck_assert_int_eq(none.calls, 0);

	for (i = 0; i < SPS; i++)
	{
		add_sp(i);
	}
	assert_dump(&all, 0, 1, 1);
	assert_dump(&again, 0, 1, 1);
	/* nothing is left that could be taken for another answer */
	add_sp(SPS);
}
END_TEST

START_TEST(test_dump_interrupted)
{
	dump_t once = {}, always = {}, healed = {};
	int i;

	for (i = 0; i < SPS; i++)
	{
		add_sp(i);
	}
	inject(FAKE_FAULT_INTERRUPTED, 0);
	assert_dump(&once, 0, 2, 2);

	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETPOLICY, 0,
					   FAKE_FAULT_INTERRUPTED, 0, NULL);
	assert_dump(&always, EINTR, 4, 4);
	fake_kernel_heal(kernel);
	assert_dump(&healed, 0, 1, 1);
}
END_TEST

START_TEST(test_dump_refused)
{
	dump_t refused = { .refuse = 4 }, error = {}, all = {};
	int i;

	for (i = 0; i < SPS; i++)
	{
		add_sp(i);
	}
	/* not called again, but the rest is read so that it's out of the way */
	ck_assert_int_eq(dump_sps(&refused).err, EBADMSG);
	ck_assert_int_eq(refused.calls, 4);
	assert_dump(&all, 0, 1, 1);

	inject(FAKE_FAULT_ERROR, EPERM);
	assert_dump(&error, EPERM, 0, 1);
}
END_TEST

START_TEST(test_dump_lost)
{
	dump_t lost = {}, before = {}, cut = {}, gone = {}, all = {};
	int i;

	for (i = 0; i < SPS; i++)
	{
		add_sp(i);
	}
	inject(FAKE_FAULT_OVERRUN, 0);
	ck_assert_int_eq(dump_sps(&lost).err, ENOBUFS);
	/* who knows what was lost, even if everything seems to be there */
	inject(FAKE_FAULT_OVERRUN_BEFORE, 0);
	ck_assert_int_eq(dump_sps(&before).err, ENOBUFS);
	inject(FAKE_FAULT_TRUNCATED, 0);
	ck_assert_int_eq(dump_sps(&cut).err, EBADMSG);
	inject(FAKE_FAULT_LOST, 0);
	ck_assert_int_eq(dump_sps(&gone).err, ETIMEDOUT);
	assert_dump(&all, 0, 1, 1);
}
END_TEST

TCase *dump_tcase(void)
{
	TCase *tcase = tcase_create("dump");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_dump);
	tcase_add_test(tcase, test_dump_interrupted);
	tcase_add_test(tcase, test_dump_refused);
	tcase_add_test(tcase, test_dump_lost);
	return tcase;
}
