/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the memory of CHILD_SAs that could not be installed.
 */

#include "model_suites.h"

#include "../../model/state/failed_children.h"

#include <netinet/in.h>

static failed_children_t *failures;

/** when they are listed */
static time_t listed_at;

static void setup(void)
{
	failures = hwo_failed_children_create();
	listed_at = 100;
}

static void teardown(void)
{
	failures->destroy(failures);
}

/**
 * An SA that failed, of a CHILD_SA with a peer.
 */
static hwo_sa_record_t get_sa(bool inbound, uint32_t spi, uint8_t peer,
							  hwo_reason_t reason)
{
	hwo_addr_t us = { AF_INET, { 192, 168, 50, 1 } };
	hwo_addr_t them = { AF_INET, { 192, 168, 50, peer } };
	hwo_sa_record_t sa = {
		.id = {
			.src = inbound ? them : us,
			.dst = inbound ? us : them,
			.spi = spi,
		},
		.reqid = 1,
		.facts.inbound = inbound,
		.requested = HW_OFFLOAD_AUTO,
		.outcome.why.reason = reason,
	};

	return sa;
}

/**
 * Note that an SA failed.
 */
static void note(bool inbound, uint32_t spi, uint8_t peer, hwo_reason_t reason,
				 time_t now)
{
	hwo_sa_record_t sa = get_sa(inbound, spi, peer, reason);

	failures->note(failures, &sa, "nic3", now);
}

/**
 * Give up a CHILD_SA, get the reason or -1 if nothing is known.
 */
static int give_up(uint32_t spi_in, uint32_t spi_out, uint32_t reqid,
				   const char *child)
{
	hwo_names_t names = {
		.connection = "gw",
	};
	hwo_failed_child_t failed;

	strcpy(names.child, child);
	return failures->give_up(failures, spi_in, spi_out, reqid, &names, &failed)
				? failed.sa.outcome.why.reason : -1;
}

/**
 * Describe what is listed: names, peers, SPIs and times.
 */
static const char *listed(void)
{
	static char text[512];
	array_t *list = failures->list(failures, listed_at);
	hwo_failed_child_t failed;
	const hwo_addr_t *peer;
	size_t len = 0;

	text[0] = '\0';
	while (array_remove(list, ARRAY_HEAD, &failed))
	{
		peer = failed.sa.facts.inbound ? &failed.sa.id.src : &failed.sa.id.dst;
		len += snprintf(text + len, sizeof(text) - len, "%s %d %u/%u @%d;",
						failed.sa.names.child, peer->bytes[3],
						failed.sa.id.spi, failed.sa.partner.spi,
						(int)failed.time);
	}
	array_destroy(list);
	return text;
}

START_TEST(test_first)
{
	/* charon goes on with the outbound SA, but the first one tells why */
	note(TRUE, 1, 2, HWO_REASON_DRIVER_REFUSED, 10);
	note(FALSE, 2, 2, HWO_REASON_PARTNER_REFUSED, 11);
	ck_assert_str_eq(listed(), "");
	ck_assert_int_eq(give_up(1, 2, 1, "net"), HWO_REASON_DRIVER_REFUSED);
	ck_assert_str_eq(listed(), "net 2 1/2 @10;");
	/* once */
	ck_assert_int_eq(give_up(1, 2, 1, "net"), -1);
	ck_assert_str_eq(listed(), "net 2 1/2 @10;");
	/* only the outbound one */
	note(FALSE, 4, 2, HWO_REASON_BUDGET, 12);
	ck_assert_int_eq(give_up(3, 4, 1, "net"), HWO_REASON_BUDGET);
	ck_assert_str_eq(listed(), "net 2 4/3 @12;");
}
END_TEST

START_TEST(test_said_once)
{
	hwo_sa_record_t in = get_sa(TRUE, 1, 2, HWO_REASON_NONE),
					out = get_sa(FALSE, 2, 2, HWO_REASON_NONE),
					other = get_sa(FALSE, 4, 3, HWO_REASON_NONE);

	/* also if it was not to be offloaded, about which nobody asks later */
	in.requested = out.requested = HW_OFFLOAD_NO;
	ck_assert(failures->note(failures, &in, "", 10));
	ck_assert(!failures->note(failures, &out, "", 10));
	ck_assert(failures->note(failures, &other, "", 10));
	ck_assert_int_eq(give_up(1, 2, 1, "net"), -1);
	ck_assert_str_eq(listed(), "");
	/* the inbound one of the next CHILD_SA is there */
	ck_assert(failures->note(failures, &out, "", 11));
}
END_TEST

START_TEST(test_unknown)
{
	note(TRUE, 1, 2, HWO_REASON_DRIVER_REFUSED, 10);
	/* neither others, nor one whose outbound SPI is the same by chance, nor
	 * one without SAs */
	ck_assert_int_eq(give_up(3, 4, 1, "net"), -1);
	ck_assert_int_eq(give_up(2, 1, 1, "net"), -1);
	ck_assert_int_eq(give_up(0, 0, 1, "net"), -1);
	ck_assert_str_eq(listed(), "");
}
END_TEST

START_TEST(test_trap)
{
	note(FALSE, 0, 2, HWO_REASON_POLICY_REFUSED, 10);
	ck_assert_int_eq(give_up(0, 0, 2, "net"), -1);
	/* a CHILD_SA with the reqid of the trap */
	ck_assert_int_eq(give_up(1, 2, 1, "net"), -1);
	ck_assert_int_eq(give_up(0, 0, 1, "net"), HWO_REASON_POLICY_REFUSED);
	ck_assert_str_eq(listed(), "net 2 0/0 @10;");
	/* shunts have no reqid */
	note(FALSE, 0, 2, HWO_REASON_POLICY_REFUSED, 11);
	ck_assert_int_eq(give_up(0, 0, 0, "shunt"), -1);
}
END_TEST

START_TEST(test_again)
{
	hwo_sa_record_t up;

	note(TRUE, 1, 2, HWO_REASON_DRIVER_REFUSED, 10);
	give_up(1, 2, 1, "net");
	note(TRUE, 3, 3, HWO_REASON_DRIVER_REFUSED, 11);
	give_up(3, 4, 1, "net");
	note(TRUE, 5, 2, HWO_REASON_BUDGET, 12);
	give_up(5, 6, 1, "other");
	ck_assert_str_eq(listed(), "net 2 1/2 @10;net 3 3/4 @11;other 2 5/6 @12;");
	/* the same name and peer again */
	note(FALSE, 8, 2, HWO_REASON_BUDGET, 13);
	give_up(7, 8, 1, "net");
	ck_assert_str_eq(listed(), "net 3 3/4 @11;other 2 5/6 @12;net 2 8/7 @13;");
	/* up at last, whichever of its SAs tells */
	up = get_sa(TRUE, 9, 2, HWO_REASON_NONE);
	strcpy(up.names.connection, "gw");
	strcpy(up.names.child, "net");
	failures->forget(failures, &up);
	ck_assert_str_eq(listed(), "net 3 3/4 @11;other 2 5/6 @12;");
	strcpy(up.names.connection, "gw2");
	strcpy(up.names.child, "other");
	failures->forget(failures, &up);
	ck_assert_str_eq(listed(), "net 3 3/4 @11;other 2 5/6 @12;");
}
END_TEST

START_TEST(test_dropped)
{
	/* it was up, that it ends has other reasons */
	note(FALSE, 2, 2, HWO_REASON_POLICY_REFUSED, 10);
	failures->drop(failures, 3, 4);
	failures->drop(failures, 1, 2);
	ck_assert_int_eq(give_up(1, 2, 1, "net"), -1);
	/* one that failed stays */
	note(FALSE, 2, 2, HWO_REASON_POLICY_REFUSED, 11);
	give_up(1, 2, 1, "net");
	failures->drop(failures, 1, 2);
	ck_assert_str_eq(listed(), "net 2 2/1 @11;");
}
END_TEST

START_TEST(test_trap_installed)
{
	note(FALSE, 0, 2, HWO_REASON_POLICY_REFUSED, 10);
	give_up(0, 0, 1, "net");
	note(FALSE, 0, 2, HWO_REASON_POLICY_REFUSED, 11);
	give_up(0, 0, 1, "other");
	note(TRUE, 1, 3, HWO_REASON_DRIVER_REFUSED, 12);
	give_up(1, 2, 1, "net");
	failures->forget_trap(failures, "net");
	ck_assert_str_eq(listed(), "other 2 0/0 @11;net 3 1/2 @12;");
}
END_TEST

START_TEST(test_old)
{
	note(TRUE, 1, 2, HWO_REASON_DRIVER_REFUSED, 10);
	give_up(1, 2, 1, "net");
	note(TRUE, 3, 3, HWO_REASON_DRIVER_REFUSED, 11);
	give_up(3, 4, 1, "net");
	listed_at = 10 + HWO_FAILED_SECONDS;
	ck_assert_str_eq(listed(), "net 3 3/4 @11;");
}
END_TEST

START_TEST(test_full)
{
	array_t *list;
	int i;

	for (i = 1; i <= HWO_FAILED_CHILDREN + 1; i++)
	{
		note(TRUE, i, i, HWO_REASON_DRIVER_REFUSED, i);
	}
	ck_assert_int_eq(give_up(1, 0, 1, "first"), -1);
	for (i = 2; i <= HWO_FAILED_CHILDREN + 1; i++)
	{
		ck_assert_int_eq(give_up(i, 0, 1, "net"), HWO_REASON_DRIVER_REFUSED);
	}
	list = failures->list(failures, listed_at);
	ck_assert_int_eq(array_count(list), HWO_FAILED_CHILDREN);
	array_destroy(list);
}
END_TEST

TCase *failed_tcase(void)
{
	TCase *tcase = tcase_create("failed");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_first);
	tcase_add_test(tcase, test_said_once);
	tcase_add_test(tcase, test_unknown);
	tcase_add_test(tcase, test_trap);
	tcase_add_test(tcase, test_again);
	tcase_add_test(tcase, test_dropped);
	tcase_add_test(tcase, test_trap_installed);
	tcase_add_test(tcase, test_old);
	tcase_add_test(tcase, test_full);
	return tcase;
}
