/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the lines of the journal: equal for what the kernel takes for the
 * same SA or SP, different for anything else.
 */

#include "model_suites.h"

#include <arpa/inet.h>

#include "../../model/plan/journal_line.h"

/**
 * Compare with the line of another SA.
 */
static bool same_sa(const hwo_sa_id_t *a, const hwo_sa_id_t *b)
{
	char line_a[HWO_JOURNAL_LINE], line_b[HWO_JOURNAL_LINE];

	hwo_journal_sa_line(a, line_a);
	hwo_journal_sa_line(b, line_b);
	ck_assert(!strchr(line_a, '\n'));
	return streq(line_a, line_b);
}

START_TEST(test_sa)
{
	const hwo_sa_id_t id = {
		.src = { AF_INET, { 192, 168, 50, 1 } },
		.dst = { AF_INET, { 192, 168, 50, 2 } },
		.spi = htonl(0xc1000001),
		.proto = IPPROTO_ESP,
		.mark = { 1, 0xff },
		.if_id = 5,
	};
	hwo_sa_id_t other = id;

	ck_assert(same_sa(&id, &other));
	/* the kernel does not look at these */
	other.src = (hwo_addr_t){};
	other.if_id = 0;
	ck_assert(same_sa(&id, &other));

	other = id;
	other.dst.bytes[3]++;
	ck_assert(!same_sa(&id, &other));
	other = id;
	other.dst.family = AF_INET6;
	ck_assert(!same_sa(&id, &other));
	other = id;
	other.spi = htonl(0xc1000002);
	ck_assert(!same_sa(&id, &other));
	other = id;
	other.proto = IPPROTO_AH;
	ck_assert(!same_sa(&id, &other));
	other = id;
	other.mark.value = 2;
	ck_assert(!same_sa(&id, &other));
	other = id;
	other.mark.mask = 0xfe;
	ck_assert(!same_sa(&id, &other));
}
END_TEST

/** what is changed in an SP, one at a time */
static hwo_sp_id_t sp = {
	.dir = POLICY_OUT,
	.sel = {
		.family = AF_INET6,
		.proto = IPPROTO_UDP,
		.src_prefix = 64,
		.dst_prefix = 128,
		.src = { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
		.dst = { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13 },
		.src_port = 60000,
		.src_port_mask = 0xffff,
		.dst_port = 4789,
		.dst_port_mask = 0xfff0,
		.ifindex = 0xffffffff,
	},
	.mark = { 0xffffffff, 0xffffffff },
	.if_id = 0xffffffff,
};

#define MEMBER(m) { offsetof(hwo_sp_id_t, m), sizeof(sp.m) }

static const struct {
	size_t offset, len;
} members[] = {
	MEMBER(dir), MEMBER(sel.family), MEMBER(sel.proto), MEMBER(sel.src_prefix),
	MEMBER(sel.dst_prefix), MEMBER(sel.src[15]), MEMBER(sel.dst[0]),
	MEMBER(sel.src_port), MEMBER(sel.src_port_mask), MEMBER(sel.dst_port),
	MEMBER(sel.dst_port_mask), MEMBER(sel.ifindex), MEMBER(sel.user),
	MEMBER(mark.value), MEMBER(mark.mask), MEMBER(if_id),
};

START_TEST(test_sp)
{
	char before[HWO_JOURNAL_LINE], after[HWO_JOURNAL_LINE];

	hwo_journal_sp_line(&sp, before);
	ck_assert_uint_lt(strlen(before), HWO_JOURNAL_LINE - 32);
	((uint8_t*)&sp)[members[_i].offset] ^= 1;
	hwo_journal_sp_line(&sp, after);
	ck_assert_msg(!streq(before, after), "member %d makes no difference", _i);
	((uint8_t*)&sp)[members[_i].offset] ^= 1;
}
END_TEST

START_TEST(test_label)
{
	char none[HWO_JOURNAL_LINE], one[HWO_JOURNAL_LINE], two[HWO_JOURNAL_LINE];

	hwo_journal_sp_line(&sp, none);
	sp.label = chunk_from_str("system_u:object_r:ipsec_spd_t:s0");
	hwo_journal_sp_line(&sp, one);
	sp.label = chunk_from_str("system_u:object_r:ipsec_spd_t:s1");
	hwo_journal_sp_line(&sp, two);
	ck_assert_str_ne(none, one);
	ck_assert_str_ne(one, two);
	/* a line has to be found by another process, which has other hash keys */
	ck_assert(strstr(one, " label 32:57ed168f"));
	sp.label = chunk_empty;
}
END_TEST

TCase *journal_tcase(void)
{
	TCase *tcase = tcase_create("journal");

	tcase_add_checked_fixture(tcase, model_setup, model_teardown);
	tcase_add_test(tcase, test_sa);
	tcase_add_loop_test(tcase, test_sp, 0, countof(members));
	tcase_add_test(tcase, test_label);
	return tcase;
}
