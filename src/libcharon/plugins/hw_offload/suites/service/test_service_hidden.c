/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SAs in packet mode that other SAs hide from their policies.
 */

#include "service_suites.h"
#include "bus_child.h"
#include "status_client.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "../fake/fake_traffic.h"

#define LOCAL "192.168.50.1/32"
#define REMOTE "192.168.50.2/32"

/** CHILD_SAs of a test, each for a port */
#define MAX_CHILDREN 1000
#define PORT 4000
#define FIRST_SPI 0x100

/** Those of which some are rekeyed before others, all of them at once */
#define ORDERED 40

/** The table has eight buckets, so these are of one that is not that of SAs of
 * which only the SPI is allocated. */
#define REQID 1
#define SAME_BUCKET 9

/**
 * A CHILD_SA.
 */
typedef struct {
	test_sa_t in, out;
	test_sp_t sp;
	u_int flow;
} child_t;

static child_t children[MAX_CHILDREN];
static int count;
static uint32_t next_spi;

/** TRUE if there is no traffic for those that are added */
static bool silent;

/**
 * Install the SAs of a CHILD_SA, and its policy.
 */
static void install(child_t *child, int number, uint32_t reqid,
					hw_offload_t requested)
{
	sa_init(&child->in, next_spi++, TRUE, requested);
	sa_init(&child->out, next_spi++, FALSE, requested);
	child->in.data.reqid = child->out.data.reqid = reqid;
	ck_assert_int_eq(sa_add(&child->in), SUCCESS);
	ck_assert_int_eq(sa_add(&child->out), SUCCESS);
	sp_init(&child->sp, POLICY_OUT, LOCAL, REMOTE, next_spi - 1, reqid,
			requested);
	child->sp.id.dst_ts->destroy(child->sp.id.dst_ts);
	child->sp.id.dst_ts = traffic_selector_create_from_cidr(REMOTE,
								IPPROTO_UDP, PORT + number, PORT + number);
	ck_assert_int_eq(sp_add(&child->sp), SUCCESS);
	bus_child_reqid = reqid;
	bus_child_id = next_spi;
	bus_child_updown(child->in.id.spi, child->out.id.spi, TRUE);
}

static void uninstall(child_t *child)
{
	ck_assert_int_eq(sp_del(&child->sp), SUCCESS);
	ck_assert_int_eq(sa_del(&child->in), SUCCESS);
	ck_assert_int_eq(sa_del(&child->out), SUCCESS);
	sp_clear(&child->sp);
	sa_clear(&child->in);
	sa_clear(&child->out);
}

/**
 * Add a CHILD_SA, and have traffic for it.
 */
static child_t *add(uint32_t reqid, hw_offload_t requested)
{
	child_t *child = &children[count];

	if (!silent)
	{
		child->flow = fake_kernel_add_flow(kernel, "192.168.50.1", 1000,
										   "192.168.50.2", PORT + count,
										   IPPROTO_UDP);
	}
	install(child, count++, reqid, requested);
	return child;
}

/**
 * Rekey a CHILD_SA, as charon does.
 */
static void rekey(child_t *child, hw_offload_t requested)
{
	child_t old = *child;

	install(child, child - children, old.out.data.reqid, requested);
	bus_child_rekeyed(old.in.id.spi, old.out.id.spi);
	uninstall(&old);
}

/**
 * Check what becomes of a packet of a CHILD_SA.
 */
static void check_fate(const child_t *child, fake_fate_t fate)
{
	fake_kernel_send(kernel);
	ck_assert_int_eq(fake_kernel_fate(kernel, child->flow, NULL), fate);
}

/**
 * Wait until charon was asked to rekey a CHILD_SA, and nothing else.
 */
static void wait_asked(const child_t *child)
{
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, child->out.id.spi);
	ck_assert(!calls.expire_hard);
	calls.expires = 0;
}

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

	for (i = 0; children[i].out.id.spi != spi; i++)
	{
		ck_assert_int_lt(i, count);
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
		rekey(&children[i], HW_OFFLOAD_PACKET);
	}
}

static void hidden_setup(void)
{
	status_setup();
	bus_ike_name = bus_child_name = "a";
	next_spi = FIRST_SPI;
	silent = FALSE;
	count = 0;
	asked_count = asked_done = 0;
	calls.on_expire = on_expire;
	fake_kernel_traffic(kernel, TRUE);
}

static void hidden_teardown(void)
{
	ck_assert_ptr_null(fake_kernel_violation(kernel));
	while (count--)
	{
		sp_clear(&children[count].sp);
		sa_clear(&children[count].in);
		sa_clear(&children[count].out);
	}
	status_teardown();
}

START_TEST(test_hidden)
{
	static const hw_offload_t modes[] = { HW_OFFLOAD_NO, HW_OFFLOAD_CRYPTO };
	child_t *child = add(REQID, HW_OFFLOAD_PACKET);

	check_fate(child, FAKE_PROTECTED);
	add(SAME_BUCKET, modes[_i]);
	check_fate(child, FAKE_NO_SA);
	wait_asked(child);
	ck_assert_int_eq(calls.acquires, 0);
	ck_assert(service_wait_line("is hidden from its policy by another SA, "
								"rekeying it"));
	rekey(child, HW_OFFLOAD_PACKET);
	check_fate(child, FAKE_PROTECTED);
	/* further ones do no harm */
	add(SAME_BUCKET, HW_OFFLOAD_NO);
	check_fate(child, FAKE_PROTECTED);
	ck_assert(service_wait_line("is hidden from its policy by another SA, "
								"rekeying it"));
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

START_TEST(test_before)
{
	child_t *child;

	/* one that was there before anybody looked hides nothing */
	add(SAME_BUCKET, HW_OFFLOAD_NO);
	child = add(REQID, HW_OFFLOAD_PACKET);
	check_fate(child, FAKE_PROTECTED);
	add(REQID + 1, HW_OFFLOAD_PACKET);
	add(SAME_BUCKET + 1, HW_OFFLOAD_NO);
	wait_asked(&children[2]);
	check_fate(child, FAKE_PROTECTED);
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
		silent = i % 2;
		add(SAME_BUCKET + 8 + 8 * i, HW_OFFLOAD_PACKET);
	}
	/* counters of a NIC are late */
	fake_kernel_send(kernel);
	fake_kernel_second(kernel);
	fake_kernel_second(kernel);
	for (i = 0; i < ORDERED; i++)
	{
		ck_assert_int_eq(ipsec->query_sa(ipsec, &children[i].out.id, &query,
							&bytes, &packets, &used), SUCCESS);
		ck_assert_int_eq(packets != 0, i % 2 == 0);
	}
	add(SAME_BUCKET, HW_OFFLOAD_NO);
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
	child_t *child = add(REQID, HW_OFFLOAD_PACKET);

	add(REQID + 1, HW_OFFLOAD_PACKET);
	fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.2", 2,
						IPPROTO_UDP, SAME_BUCKET);
	check_fate(child, FAKE_NO_SA);
	/* it usually goes, so the one that another SA hides is the first */
	add(SAME_BUCKET + 1, HW_OFFLOAD_NO);
	ck_assert(calls_wait(&calls.expires, 2));
	ck_assert_int_eq(get_child(asked[0]), 1);
	ck_assert_int_eq(get_child(asked[1]), 0);
}
END_TEST

START_TEST(test_allocated)
{
	host_t *src, *dst;
	child_t *child;
	uint32_t spi;

	/* with reqid 0 the SA would be in that bucket */
	child = add(8, HW_OFFLOAD_PACKET);
	src = host_create_from_string("192.168.50.2", 0);
	dst = host_create_from_string("192.168.50.1", 0);
	ck_assert_int_eq(ipsec->get_spi(ipsec, src, dst, IPPROTO_ESP, &spi),
					 SUCCESS);
	check_fate(child, FAKE_PROTECTED);
	src->destroy(src);
	dst->destroy(dst);
}
END_TEST

START_TEST(test_found)
{
	child_t *child, *other;

	/* charon does nothing about it, but then it is not hidden anymore */
	child = add(REQID, HW_OFFLOAD_PACKET);
	ck_assert(!is_told());
	other = add(SAME_BUCKET, HW_OFFLOAD_NO);
	wait_asked(child);
	ck_assert(is_told());
	uninstall(other);
	count--;
	check_fate(child, FAKE_PROTECTED);
	wait_found();
	add(SAME_BUCKET, HW_OFFLOAD_NO);
	wait_asked(child);
}
END_TEST

START_TEST(test_growth)
{
	child_t *child;
	int i;

	add(SAME_BUCKET, HW_OFFLOAD_NO);
	child = add(REQID, HW_OFFLOAD_PACKET);
	for (i = 0; i < 2; i++)
	{
		/* those of one bucket after the growth as well, and others */
		add(SAME_BUCKET + 16 * i, HW_OFFLOAD_NO);
	}
	check_fate(child, FAKE_PROTECTED);
	add(REQID + 16, HW_OFFLOAD_NO);
	ck_assert_int_eq(calls.expires, 0);
	wait_size();
	fake_kernel_sad_work(kernel);
	check_fate(child, FAKE_NO_SA);
	wait_asked(child);
	rekey(child, HW_OFFLOAD_PACKET);
	check_fate(child, FAKE_PROTECTED);
}
END_TEST

START_TEST(test_size)
{
	/* others may have any number of SAs that nobody tells us about */
	add(SAME_BUCKET, HW_OFFLOAD_NO);
	add(REQID, HW_OFFLOAD_PACKET);
	fake_kernel_reset_counts(kernel);
	wait_size();
}
END_TEST

START_TEST(test_taken_along)
{
	child_t *child;

	/* the kernel does not announce what it takes off a link that goes down */
	silent = TRUE;
	child = add(SAME_BUCKET, HW_OFFLOAD_CRYPTO);
	/* or packets would leave a larval SA */
	ck_assert_int_eq(sp_del(&child->sp), SUCCESS);
	add(REQID + 1, HW_OFFLOAD_PACKET);
	fake_kernel_link_down(kernel, NIC);
	fake_kernel_link_up(kernel, NIC);
	ck_assert(calls_wait(&calls.expires, 2));
	calls.expires = 0;
	silent = FALSE;
	child = add(REQID, HW_OFFLOAD_PACKET);
	check_fate(child, FAKE_PROTECTED);
	add(SAME_BUCKET + 8, HW_OFFLOAD_NO);
	check_fate(child, FAKE_NO_SA);
	wait_asked(child);
}
END_TEST

START_TEST(test_lost_events)
{
	child_t *child = add(REQID, HW_OFFLOAD_PACKET);

	add(SAME_BUCKET, HW_OFFLOAD_NO);
	wait_asked(child);
	rekey(child, HW_OFFLOAD_PACKET);
	/* nobody knows which one was first */
	fake_kernel_overrun(kernel, NETLINK_XFRM);
	wait_asked(child);
	rekey(child, HW_OFFLOAD_PACKET);
	check_fate(child, FAKE_PROTECTED);
}
END_TEST

START_TEST(test_asked_once)
{
	child_t *child = add(REQID, HW_OFFLOAD_PACKET);
	int i;

	add(SAME_BUCKET, HW_OFFLOAD_NO);
	wait_asked(child);
	for (i = 0; i < 4; i++)
	{
		fake_kernel_reset_counts(kernel);
		fake_kernel_overrun(kernel, NETLINK_XFRM);
		wait_size();
	}
	ck_assert_int_eq(calls.expires, 0);
	/* that it may be hidden has come up five times, but it was not rekeyed */
	rekey(child, HW_OFFLOAD_PACKET);
	fake_kernel_overrun(kernel, NETLINK_XFRM);
	wait_asked(child);
}
END_TEST

START_TEST(test_no_events)
{
	child_t *child;

	/* there is no socket left, but later */
	test_deaf = TRUE;
	child = add(REQID, HW_OFFLOAD_PACKET);
	add(SAME_BUCKET, HW_OFFLOAD_NO);
	ck_assert(service_wait_line("unable to listen to changes of SAs"));
	check_fate(child, FAKE_NO_SA);
	test_deaf = FALSE;
	wait_asked(child);
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
		add(1 + ((uint32_t)i * 2654435761u >> 12),
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

	tcase_add_checked_fixture(tcase, hidden_setup, hidden_teardown);
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
