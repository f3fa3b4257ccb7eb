/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of hashes of SAs, and of what else depends on what is in a bucket.
 */

#include "model_suites.h"

#include <arpa/inet.h>

#include "../../model/state/sad_buckets.h"
#include "../../model/state/sad_chain.h"

static sad_buckets_t *buckets;

static hwo_sad_sa_t make_sa(uint32_t reqid, uint32_t spi, bool packet)
{
	return (hwo_sad_sa_t){
		.id = {
			.src = { .family = AF_INET, .bytes = { 10, 0, 0, 1 } },
			.dst = { .family = AF_INET, .bytes = { 10, 0, 0, 2 } },
			.spi = htonl(spi),
			.proto = IPPROTO_ESP,
		},
		.reqid = reqid,
		.packet = packet,
	};
}

static hwo_sad_sa_t add(uint32_t reqid, uint32_t spi, bool packet)
{
	hwo_sad_sa_t sa = make_sa(reqid, spi, packet);

	buckets->add(buckets, &sa, FALSE);
	return sa;
}

static void setup(void)
{
	model_setup();
	buckets = hwo_sad_buckets_create();
}

static void teardown(void)
{
	buckets->destroy(buckets);
	model_teardown();
}

START_TEST(test_heal)
{
	hwo_sad_sa_t sa = add(1, 1, TRUE), other;
	uint64_t now = 1000000;
	int i;

	for (i = 0; i < 3; i++)
	{
		ck_assert_uint_eq(buckets->heal(buckets, &sa, now), now);
	}
	ck_assert_uint_eq(buckets->heal(buckets, &sa, now), now + 15000);
	other = add(9, 3, TRUE);
	/* the same for its successor, but not for others */
	sa = add(1, 2, TRUE);
	ck_assert_uint_eq(buckets->heal(buckets, &sa, now), now + 15000);
	/* of the same hash, but with another peer */
	other = make_sa(6, 4, TRUE);
	other.id.dst.bytes[3] = 3;
	ck_assert_uint_eq(hwo_sad_hash(&other.id.src, &other.id.dst, other.reqid),
					  hwo_sad_hash(&sa.id.src, &sa.id.dst, sa.reqid));
	buckets->add(buckets, &other, FALSE);
	ck_assert_uint_eq(buckets->heal(buckets, &other, now), now);
	now += 15000;
	ck_assert_uint_eq(buckets->heal(buckets, &sa, now), now);
	ck_assert_uint_eq(buckets->heal(buckets, &sa, now), now + 30000);
	ck_assert_uint_eq(buckets->heal(buckets, &other, now), now);
	for (i = 0; i < 100; i++)
	{
		now = buckets->heal(buckets, &sa, now);
	}
	ck_assert_uint_gt(buckets->heal(buckets, &sa, now), now);
	ck_assert_uint_le(buckets->heal(buckets, &sa, now), now + 300000);
	now += 3600001;
	ck_assert_uint_eq(buckets->heal(buckets, &sa, now), now);
	ck_assert_uint_eq(buckets->heal(buckets, &sa, now), now);
}
END_TEST

START_TEST(test_reqid)
{
	hwo_sad_sa_t any = make_sa(0, 0, FALSE);
	int i;

	ck_assert_uint_eq(buckets->get_reqid(buckets, &any.id.dst, &any.id.src),
					  0);
	add(0, 1, TRUE);
	add(1, 2, TRUE);
	ck_assert_uint_eq(buckets->get_reqid(buckets, &any.id.dst, &any.id.src),
					  2);
	/* where there is another one, it does no harm */
	add(1, 3, FALSE);
	ck_assert_uint_eq(buckets->get_reqid(buckets, &any.id.dst, &any.id.src),
					  1);
	for (i = 1; i < 8; i++)
	{
		add(8 + i, 3 + i, TRUE);
	}
	ck_assert_uint_eq(buckets->get_reqid(buckets, &any.id.dst, &any.id.src),
					  1);
}
END_TEST

START_TEST(test_ipv6)
{
	/* the kernel's jhash2() of each address on a machine with the low byte
	 * first */
	static const struct {
		hwo_addr_t addr;
		uint32_t hash;
	} rows[] = {
		{ { AF_INET6, { 0xfe, 0xc1, [15] = 1 } }, 0x1fb7c6ab },
		{ { AF_INET6, { 0xfe, 0xc2, [15] = 2 } }, 0x2202675f },
		{ { AF_INET6, { [15] = 1 } }, 0x3e1272a9 },
		{ { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5,
						0, 6 } }, 0xe9b232ad },
	};
	uint32_t hash;
	int i, k;

	for (i = 0; htonl(1) != 1 && i < countof(rows); i++)
	{
		for (k = 0; k < countof(rows); k++)
		{
			hash = rows[i].hash ^ rows[k].hash ^ AF_INET6 ^ 7;
			ck_assert_uint_eq(hwo_sad_hash(&rows[i].addr, &rows[k].addr, 7),
							  hash ^ hash >> 16);
		}
	}
}
END_TEST

TCase *sad_chain_tcase(void)
{
	TCase *tcase = tcase_create("sad_chain");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_heal);
	tcase_add_test(tcase, test_reqid);
	tcase_add_test(tcase, test_ipv6);
	return tcase;
}
