/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SAs in packet mode that other SAs hide from their policies.
 */

#include "hidden_children.h"
#include "bus_child.h"
#include "status_client.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

/** Those of which some are rekeyed before others, all of them at once */
#define ORDERED 40

/** The table has eight buckets, so these are of one that is not that of SAs of
 * which only the SPI is allocated. */
#define REQID 1
#define SAME_BUCKET 9

/**
 * Wait until the kernel was asked for the size of its table.
 */
static void wait_size(void)
{
	int ms;

	for (ms = 0; ms < TEST_DEADLINE &&
		 !fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_GETSADINFO); ms++)
	{
		usleep(1000);
	}
	ck_assert_int_lt(ms, TEST_DEADLINE);
	fake_kernel_reset_counts(kernel);
}

/** CHILD_SAs that charon was asked to rekey, by SPI, and how many are done */
static uint32_t asked[2 * MAX_CHILDREN];
static _Atomic u_int asked_count;
static u_int asked_done;

static void on_expire(uint32_t spi)
{
	ck_assert_uint_lt(asked_count, countof(asked));
	asked[asked_count] = spi;
	asked_count++;
}

/**
 * Find the CHILD_SA with an SPI.
 */
static int get_child(uint32_t spi)
{
	int i;

	for (i = 0; hidden_children[i].out.id.spi != spi; i++)
	{
		ck_assert_int_lt(i, hidden_count);
	}
	return i;
}

/**
 * Rekey what charon was asked to rekey since the last time.
 */
static void rekey_asked(void)
{
	int i;

	for (; asked_done < asked_count; asked_done++)
	{
		i = get_child(asked[asked_done]);
		hidden_rekey(&hidden_children[i], HW_OFFLOAD_PACKET);
	}
}

static void setup(void)
{
	hidden_setup();
	asked_count = asked_done = 0;
	calls.on_expire = on_expire;
}

START_TEST(test_hidden)
{
	static const hw_offload_t modes[] = { HW_OFFLOAD_NO, HW_OFFLOAD_CRYPTO };
	hidden_child_t *child = hidden_add(REQID, HW_OFFLOAD_PACKET);

	hidden_check_fate(child, FAKE_PROTECTED);
	hidden_add(SAME_BUCKET, modes[_i]);
	hidden_check_fate(child, FAKE_NO_SA);
	hidden_wait_asked(child);
	ck_assert_int_eq(calls.acquires, 0);
	ck_assert(service_wait_line("is hidden from its policy by another SA, "
								"rekeying it"));
	hidden_rekey(child, HW_OFFLOAD_PACKET);
	hidden_check_fate(child, FAKE_PROTECTED);
	/* further ones do no harm */
	hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	hidden_check_fate(child, FAKE_PROTECTED);
	ck_assert(service_wait_line("is hidden from its policy by another SA, "
								"rekeying it"));
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

START_TEST(test_before)
{
	hidden_child_t *child;

	/* one that was there before anybody looked hides nothing */
	hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	child = hidden_add(REQID, HW_OFFLOAD_PACKET);
	hidden_check_fate(child, FAKE_PROTECTED);
	hidden_add(REQID + 1, HW_OFFLOAD_PACKET);
	hidden_add(SAME_BUCKET + 1, HW_OFFLOAD_NO);
	hidden_wait_asked(&hidden_children[2]);
	hidden_check_fate(child, FAKE_PROTECTED);
}
END_TEST

START_TEST(test_order)
{
	uint64_t bytes, packets;
	kernel_ipsec_query_sa_t query = {};
	time_t used;
	int i;

	/* every other one sends, and somebody asks whether it did */
	for (i = 0; i < ORDERED; i++)
	{
		hidden_silent = i % 2;
		hidden_add(SAME_BUCKET + 8 + 8 * i, HW_OFFLOAD_PACKET);
	}
	/* counters of a NIC are late */
	fake_kernel_send(kernel);
	fake_kernel_second(kernel);
	fake_kernel_second(kernel);
	for (i = 0; i < ORDERED; i++)
	{
		ck_assert_int_eq(ipsec->query_sa(ipsec, &hidden_children[i].out.id,
							&query, &bytes, &packets, &used), SUCCESS);
		ck_assert_int_eq(packets != 0, i % 2 == 0);
	}
	hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	ck_assert(calls_wait(&calls.expires, ORDERED));
	for (i = 0; i < ORDERED; i++)
	{
		ck_assert_int_eq(get_child(asked[i]) % 2, i < ORDERED / 2);
	}
}
END_TEST

/**
 * Ask what clients are told about the first CHILD_SA.
 */
static bool is_told(void)
{
	bool hidden;
	json_t *child;
	FILE *client;

	client = client_ask("hw-offload 1 list\n");
	client_first(client, "list");
	child = client_line(client);
	hidden = json_is_true(json_object_get(json_object_get(child, "out"),
										  "hidden"));
	ck_assert(json_is_false(json_object_get(json_object_get(child, "in"),
											"hidden")));
	json_decref(child);
	fclose(client);
	return hidden;
}

/**
 * Wait until clients are told that it is not hidden anymore.
 */
static void wait_found(void)
{
	int ms;

	for (ms = 0; ms < TEST_DEADLINE && is_told(); ms += 10)
	{
		usleep(10000);
	}
	ck_assert_int_lt(ms, TEST_DEADLINE);
}

START_TEST(test_larval)
{
	hidden_child_t *child = hidden_add(REQID, HW_OFFLOAD_PACKET);

	hidden_add(REQID + 1, HW_OFFLOAD_PACKET);
	fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.2", 2,
						IPPROTO_UDP, SAME_BUCKET);
	hidden_check_fate(child, FAKE_NO_SA);
	/* it usually goes, so the one that another SA hides is the first */
	hidden_add(SAME_BUCKET + 1, HW_OFFLOAD_NO);
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert_int_eq(get_child(asked[0]), 1);
	ck_assert_int_eq(get_child(asked[1]), 0);
}
END_TEST

START_TEST(test_allocated)
{
	host_t *src, *dst;
	hidden_child_t *child;
	uint32_t spi;

	/* with reqid 0 the SA would be in that bucket */
	child = hidden_add(8, HW_OFFLOAD_PACKET);
	src = host_create_from_string("192.168.50.2", 0);
	dst = host_create_from_string("192.168.50.1", 0);
	ck_assert_int_eq(ipsec->get_spi(ipsec, src, dst, IPPROTO_ESP, &spi),
					 SUCCESS);
	hidden_check_fate(child, FAKE_PROTECTED);
	src->destroy(src);
	dst->destroy(dst);
}
END_TEST

START_TEST(test_found)
{
	hidden_child_t *child, *other;

	/* charon does nothing about it, but then it is not hidden anymore */
	child = hidden_add(REQID, HW_OFFLOAD_PACKET);
	ck_assert(!is_told());
	other = hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	hidden_wait_asked(child);
	ck_assert(is_told());
	hidden_uninstall(other);
	hidden_count--;
	hidden_check_fate(child, FAKE_PROTECTED);
	wait_found();
	hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	hidden_wait_asked(child);
}
END_TEST

START_TEST(test_growth)
{
	hidden_child_t *child;
	int i;

	hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	child = hidden_add(REQID, HW_OFFLOAD_PACKET);
	for (i = 0; i < 2; i++)
	{
		/* those of one bucket after the growth as well, and others */
		hidden_add(SAME_BUCKET + 16 * i, HW_OFFLOAD_NO);
	}
	hidden_check_fate(child, FAKE_PROTECTED);
	hidden_add(REQID + 16, HW_OFFLOAD_NO);
	ck_assert_int_eq(calls.expires, 0);
	wait_size();
	fake_kernel_sad_work(kernel);
	hidden_check_fate(child, FAKE_NO_SA);
	hidden_wait_asked(child);
	hidden_rekey(child, HW_OFFLOAD_PACKET);
	hidden_check_fate(child, FAKE_PROTECTED);
}
END_TEST

START_TEST(test_size)
{
	/* others may have any number of SAs that nobody tells us about */
	hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	hidden_add(REQID, HW_OFFLOAD_PACKET);
	fake_kernel_reset_counts(kernel);
	wait_size();
}
END_TEST

START_TEST(test_taken_along)
{
	hidden_child_t *child;

	/* the kernel does not announce what it takes off a link that goes down */
	hidden_silent = TRUE;
	child = hidden_add(SAME_BUCKET, HW_OFFLOAD_CRYPTO);
	/* or packets would leave a larval SA */
	ck_assert_int_eq(sp_del(&child->sp), SUCCESS);
	hidden_add(REQID + 1, HW_OFFLOAD_PACKET);
	fake_kernel_link_down(kernel, NIC);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, 2));
	calls.expires = 0;
	hidden_silent = FALSE;
	child = hidden_add(REQID, HW_OFFLOAD_PACKET);
	hidden_check_fate(child, FAKE_PROTECTED);
	hidden_add(SAME_BUCKET + 8, HW_OFFLOAD_NO);
	hidden_check_fate(child, FAKE_NO_SA);
	hidden_wait_asked(child);
}
END_TEST

START_TEST(test_lost_events)
{
	hidden_child_t *child = hidden_add(REQID, HW_OFFLOAD_PACKET);

	hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	hidden_wait_asked(child);
	hidden_rekey(child, HW_OFFLOAD_PACKET);
	/* nobody knows which one was first */
	fake_kernel_overrun(kernel, NETLINK_XFRM);
	hidden_wait_asked(child);
	hidden_rekey(child, HW_OFFLOAD_PACKET);
	hidden_check_fate(child, FAKE_PROTECTED);
}
END_TEST

START_TEST(test_asked_once)
{
	hidden_child_t *child = hidden_add(REQID, HW_OFFLOAD_PACKET);
	int i;

	hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	hidden_wait_asked(child);
	for (i = 0; i < 4; i++)
	{
		fake_kernel_reset_counts(kernel);
		fake_kernel_overrun(kernel, NETLINK_XFRM);
		wait_size();
	}
	ck_assert_int_eq(calls.expires, 0);
	/* that it may be hidden has come up five times, but it was not rekeyed */
	hidden_rekey(child, HW_OFFLOAD_PACKET);
	fake_kernel_overrun(kernel, NETLINK_XFRM);
	hidden_wait_asked(child);
}
END_TEST

START_TEST(test_no_events)
{
	hidden_child_t *child;

	/* there is no socket left, but later */
	test_deaf = TRUE;
	child = hidden_add(REQID, HW_OFFLOAD_PACKET);
	hidden_add(SAME_BUCKET, HW_OFFLOAD_NO);
	ck_assert(service_wait_line("unable to listen to changes of SAs"));
	hidden_check_fate(child, FAKE_NO_SA);
	test_deaf = FALSE;
	hidden_wait_asked(child);
}
END_TEST

START_TEST(test_many)
{
	const char *bench = getenv("HWO_HIDDEN_CHILDREN");
	int i, ms, max = bench ? min(atoi(bench), MAX_CHILDREN) : 200;
	u_int hidden;

	/* the table grows as they come, half of them are in software */
	fake_kernel_traffic(kernel, FALSE);
	for (i = 0; i < max; i++)
	{
		/* spread at random */
		hidden_add(1 + ((uint32_t)i * 2654435761u >> 12),
			i % 2 ? HW_OFFLOAD_NO : HW_OFFLOAD_PACKET);
		fake_kernel_sad_work(kernel);
	}
	hidden = fake_kernel_count_hidden(kernel);
	ck_assert_uint_gt(hidden, 0);
	for (ms = 0; ms < 10 * TEST_DEADLINE &&
		 fake_kernel_count_hidden(kernel); ms += 10)
	{
		rekey_asked();
		usleep(10000);
	}
	ck_assert_uint_eq(fake_kernel_count_hidden(kernel), 0);
	/* each of them about once */
	ck_assert_uint_le(asked_done, max / 2 + 10);
	if (bench)
	{
		printf("%d CHILD_SAs, half of them in packet mode, %u hidden at the "
			   "end, %u rekeyed, size asked for %u times\n", max, hidden,
			   asked_done,
			   fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_GETSADINFO));
	}
}
END_TEST

TCase *hidden_tcase(void)
{
	TCase *tcase = tcase_create("hidden");

	tcase_add_checked_fixture(tcase, setup, hidden_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_hidden, 0, 2);
	tcase_add_test(tcase, test_before);
	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_larval);
	tcase_add_test(tcase, test_allocated);
	tcase_add_test(tcase, test_found);
	tcase_add_test(tcase, test_growth);
	tcase_add_test(tcase, test_size);
	tcase_add_test(tcase, test_taken_along);
	tcase_add_test(tcase, test_lost_events);
	tcase_add_test(tcase, test_asked_once);
	tcase_add_test(tcase, test_no_events);
	tcase_add_test(tcase, test_many);
	return tcase;
}
