/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what the tables of CHILD_SAs and SPs tell others.
 */

#include "model_suites.h"

#include "../../model/state/sa_record.h"
#include "../../model/state/sp_table.h"

#define DEV 7

START_TEST(test_sa)
{
	hwo_child_t child = {
		.in.id.spi = 1,
		.out = {
			.id.spi = 2,
			.outcome.effective = { HWO_MODE_PACKET, DEV },
			.moves.count = 3,
			.watched.hard_bytes = 4,
			.facts.esn = TRUE,
		},
		.reqid = 5,
		.requested = HW_OFFLOAD_AUTO,
		.names.child = "net",
		.state = HWO_CHILD_LOST,
	};
	hwo_sa_record_t record;

	hwo_sa_record(&child, TRUE, &record);
	ck_assert_uint_eq(record.id.spi, 1);
	ck_assert_uint_eq(record.partner.spi, 2);
	ck_assert_int_eq(record.outcome.effective.mode, HWO_MODE_NONE);
	hwo_sa_record(&child, FALSE, &record);
	ck_assert_uint_eq(record.id.spi, 2);
	ck_assert_uint_eq(record.partner.spi, 1);
	ck_assert_uint_eq(record.outcome.effective.ifindex, DEV);
	ck_assert_uint_eq(record.moves.count, 3);
	ck_assert_uint_eq(record.watched.hard_bytes, 4);
	ck_assert(record.facts.esn);
	ck_assert_uint_eq(record.reqid, 5);
	ck_assert_int_eq(record.requested, HW_OFFLOAD_AUTO);
	ck_assert_str_eq(record.names.child, "net");
	ck_assert_int_eq(record.state, HWO_CHILD_LOST);
}
END_TEST

START_TEST(test_view)
{
	hwo_sp_request_t user = { .type = POLICY_IPSEC, .reqid = 4 };
	sp_table_t *sps = hwo_sp_table_create();
	hwo_sp_id_t id = { .dir = POLICY_OUT };
	hwo_sp_entry_t *entry;
	hwo_sp_view_t view;

	id.sel.family = AF_INET;
	id.sel.src_prefix = id.sel.dst_prefix = 24;
	user.sp.id = id;
	ck_assert(!sps->view(sps, &id, &view));
	entry = sps->checkout(sps, &id, TRUE);
	hwo_sp_add_user(entry, &user);
	entry->effective = (hwo_offload_t){ HWO_MODE_PACKET, DEV };
	/* somebody has it, there is no waiting */
	ck_assert(sps->view(sps, &id, &view));
	ck_assert(view.busy);
	ck_assert_int_eq(view.users, 0);
	sps->checkin(sps, entry);
	ck_assert(sps->view(sps, &id, &view));
	ck_assert(!view.busy);
	ck_assert_int_eq(view.users, 1);
	ck_assert_int_eq(view.top.reqid, 4);
	ck_assert_int_eq(view.effective.mode, HWO_MODE_PACKET);
	ck_assert_int_eq(view.effective.ifindex, DEV);
	sps->destroy(sps);
}
END_TEST

TCase *view_tcase(void)
{
	TCase *tc;

	tc = tcase_create("view");
	tcase_add_checked_fixture(tc, model_setup, model_teardown);
	tcase_add_test(tc, test_sa);
	tcase_add_test(tc, test_view);
	return tc;
}
