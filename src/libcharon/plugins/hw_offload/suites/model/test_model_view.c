/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what the tables of SAs and SPs tell others: names, lists, moves,
 * losses, and what there is to see of an SP.
 */

#include "model_suites.h"

#include <netinet/in.h>

#include "../../model/state/sa_table.h"
#include "../../model/state/sp_table.h"

#define DEV 7

static sa_table_t *table;

static void setup(void)
{
	model_setup();
	table = hwo_sa_table_create();
}

static void teardown(void)
{
	table->destroy(table);
	model_teardown();
}

/**
 * An SA, numbered.
 */
static hwo_sa_record_t make_sa(int n, bool inbound)
{
	hwo_addr_t us = { AF_INET, { 10, 0, 0, 1 } };
	hwo_addr_t peer = { AF_INET, { 10, 0, 0, 2 } };

	return (hwo_sa_record_t){
		.id = {
			.src = inbound ? peer : us,
			.dst = inbound ? us : peer,
			.spi = htonl(n),
			.proto = IPPROTO_ESP,
		},
		.reqid = 1,
		.facts.inbound = inbound,
		.outcome.effective = {
			.mode = HWO_MODE_PACKET,
			.ifindex = DEV,
		},
	};
}

/**
 * Put a pair of SAs into the table.
 */
static void put_pair(hwo_sa_record_t *in, hwo_sa_record_t *out)
{
	*in = make_sa(1, TRUE);
	*out = make_sa(2, FALSE);
	in->partner = out->id;
	out->partner = in->id;
	table->put(table, in);
	table->put(table, out);
}

START_TEST(test_names)
{
	hwo_names_t names = { .connection = "gw", .child = "net", .ike_id = 3 };
	hwo_sa_record_t in, out, other = make_sa(9, TRUE), found;

	put_pair(&in, &out);
	table->put(table, &other);
	/* of either one, for both of them, and nobody else */
	ck_assert(table->name(table, _i ? &in.id : &out.id, &names));
	ck_assert(table->get(table, &in.id, &found));
	ck_assert_str_eq(found.names.child, "net");
	ck_assert(table->get(table, &out.id, &found));
	ck_assert_str_eq(found.names.connection, "gw");
	ck_assert_int_eq(found.names.ike_id, 3);
	ck_assert(table->get(table, &other.id, &found));
	ck_assert_str_eq(found.names.child, "");
	/* one that has no partner, and one that is not there */
	ck_assert(table->name(table, &other.id, &names));
	ck_assert(table->remove(table, &other.id));
	ck_assert(!table->name(table, &other.id, &names));
}
END_TEST

START_TEST(test_list)
{
	hwo_sa_record_t in, out;
	hwo_sa_id_t id;
	array_t *ids;

	put_pair(&in, &out);
	ids = table->list(table);
	ck_assert_int_eq(array_count(ids), 1);
	array_get(ids, 0, &id);
	ck_assert_int_eq(id.spi, out.id.spi);
	array_destroy(ids);
	/* the inbound one is left while the CHILD_SA is closed */
	ck_assert(table->remove(table, &out.id));
	ids = table->list(table);
	ck_assert_int_eq(array_count(ids), 1);
	array_get(ids, 0, &id);
	ck_assert_int_eq(id.spi, in.id.spi);
	array_destroy(ids);
}
END_TEST

/** SPI of the SA that was moved last, and how many were */
static uint32_t moved_spi;
static int moved;

static void on_move(void *data, const hwo_sa_record_t *record)
{
	ck_assert_ptr_eq(data, &moved);
	/* no lock is held */
	ck_assert(table->get(table, &record->id, NULL));
	moved_spi = record->id.spi;
	moved++;
}

START_TEST(test_on_move)
{
	hwo_sa_record_t sa = make_sa(1, TRUE);
	hwo_sa_id_t from;

	moved = 0;
	table->on_move(table, on_move, &moved);
	table->put(table, &sa);
	ck_assert_int_eq(moved, 0);
	sa.moves.count = 1;
	table->move(table, &sa.id, &sa);
	ck_assert_int_eq(moved, 1);
	ck_assert_int_eq(moved_spi, sa.id.spi);
	/* it was put back */
	sa.reqid = 5;
	table->move(table, &sa.id, &sa);
	ck_assert_int_eq(moved, 1);
	/* to another address: that is another record */
	from = sa.id;
	sa.id.dst.bytes[3]++;
	sa.moves.count = 2;
	table->move(table, &from, &sa);
	ck_assert_int_eq(moved, 2);
	ck_assert(!table->get(table, &from, NULL));
	table->on_move(table, NULL, NULL);
	sa.moves.count = 3;
	table->move(table, &sa.id, &sa);
	ck_assert_int_eq(moved, 2);
}
END_TEST

START_TEST(test_move_notes)
{
	hwo_names_t names = { .connection = "gw", .child = "net", .ike_id = 3 };
	hwo_sa_record_t in, out, found;
	hwo_sa_id_t from;
	array_t *ids;
	u_int stamp;

	/* what happens to it while somebody moves it, who has a copy */
	put_pair(&in, &out);
	from = out.id;
	ck_assert(table->take(table, &from, &out));
	stamp = table->next_stamp(table);
	ck_assert(table->stamp(table, &in.id, stamp));
	ck_assert(table->name(table, &from, &names));
	table->close(table, &from);
	ck_assert(table->lose(table, &from, NULL));
	table->orphan(table, &from, out.reqid);
	ck_assert(table->tell_soft(table, &from, TRUE, TRUE));
	ck_assert_int_eq(table->note_packets(table, &from, 47, 11), 11);
	if (_i)
	{
		out.id.dst.bytes[3]++;
	}
	table->move(table, &from, &out);
	table->give(table, &from);

	ck_assert(table->get(table, &out.id, &found));
	ck_assert_str_eq(found.names.child, "net");
	ck_assert(found.closed && found.lost && found.orphaned);
	ck_assert(!table->tell_soft(table, &out.id, TRUE, TRUE));
	ck_assert_int_eq(table->note_packets(table, &out.id, 47, 12), 11);
	ck_assert_int_eq(table->get_count(table), 2);
	/* it is there, although the comparison has not seen it */
	ids = table->unstamped(table, stamp);
	ck_assert_int_eq(array_count(ids), 0);
	array_destroy(ids);
	/* the other direction knows, and nothing else about it has changed */
	ck_assert(table->get(table, &in.id, &found));
	ck_assert(hwo_sa_id_equals(&found.partner, &out.id));
	ck_assert(found.closed && !found.lost);
}
END_TEST

START_TEST(test_move_both)
{
	hwo_sa_record_t in, out, found;
	hwo_sa_id_t from_in, from_out;

	/* who moves one direction has a copy from before the other one was moved */
	put_pair(&in, &out);
	from_in = in.id;
	from_out = out.id;
	ck_assert(table->take(table, &from_out, &out));
	in.id.dst.bytes[3] += 2;
	table->move(table, &from_in, &in);
	if (_i)
	{
		out.id.dst.bytes[3] += 2;
	}
	table->move(table, &from_out, &out);
	table->give(table, &out.id);

	ck_assert(table->get(table, &out.id, &found));
	ck_assert(hwo_sa_id_equals(&found.partner, &in.id));
	ck_assert(table->get(table, &in.id, &found));
	ck_assert(hwo_sa_id_equals(&found.partner, &out.id));
	ck_assert_int_eq(table->get_count(table), 2);
}
END_TEST

START_TEST(test_move_paired)
{
	hwo_sa_record_t in = make_sa(1, TRUE), out = make_sa(2, FALSE), found;

	/* the outbound one comes while the inbound one is moved */
	table->put(table, &in);
	ck_assert(table->take(table, &in.id, &in));
	ck_assert(table->pair(table, &out.id, out.reqid, &found));
	out.partner = in.id;
	table->put(table, &out);
	table->move(table, &in.id, &in);
	table->give(table, &in.id);

	ck_assert(table->get(table, &in.id, &found));
	ck_assert(hwo_sa_id_equals(&found.partner, &out.id));
	/* it does not wait for another one */
	out.id.spi = htonl(3);
	ck_assert(!table->pair(table, &out.id, out.reqid, &found));
}
END_TEST

START_TEST(test_lose)
{
	hwo_offload_t packet = { HWO_MODE_PACKET, DEV };
	hwo_sa_record_t in, out, found;

	ck_assert(!table->uses(table, DEV));
	put_pair(&in, &out);
	ck_assert(table->uses(table, DEV));
	ck_assert(!table->uses(table, DEV + 1));
	ck_assert(!table->admit(table, &out.id, 2, &packet, 2));

	ck_assert(table->lose(table, &in.id, &found));
	ck_assert_int_eq(found.id.spi, in.id.spi);
	ck_assert(found.lost);
	/* once is enough */
	ck_assert(!table->lose(table, &in.id, NULL));
	ck_assert(table->lose(table, &out.id, NULL));
	/* it is not in the device anymore, so there is room */
	ck_assert(table->admit(table, &out.id, 2, &packet, 2));
	table->settle(table, &out.id);
	table->remove(table, &in.id);
	ck_assert(!table->lose(table, &in.id, &found));

	in.outcome.effective = (hwo_offload_t){};
	out.outcome.effective = (hwo_offload_t){};
	table->put(table, &in);
	table->put(table, &out);
	ck_assert(!table->uses(table, DEV));
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
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_names, 0, 2);
	tcase_add_test(tc, test_list);
	tcase_add_test(tc, test_on_move);
	tcase_add_loop_test(tc, test_move_notes, 0, 2);
	tcase_add_loop_test(tc, test_move_both, 0, 2);
	tcase_add_test(tc, test_move_paired);
	tcase_add_test(tc, test_lose);
	tcase_add_test(tc, test_view);
	return tc;
}
