/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what no NIC knows: marks, XFRM interface IDs, and some selectors.
 */

#include "bus_child.h"
#include "service_child.h"

/** what is configured, and on SAs and SPs in the end: inbound SAs have no mark,
 * their SPs do */
static const struct {
	bool inbound;
	mark_t mark;
	uint32_t if_id;
} marked[] = {
	{ TRUE, { 5, 0xff }, 0 },
	{ FALSE, { 5, 0xff }, 0 },
	{ FALSE, { 0, 1 }, 0 },
	{ FALSE, { 0, 0 }, 7 },
};

static void mark_setup(void)
{
	service_setup();
	service_child_init(HW_OFFLOAD_AUTO);
}

static void mark_teardown(void)
{
	memset(bus_child_mark, 0, sizeof(bus_child_mark));
	memset(bus_child_if_id, 0, sizeof(bus_child_if_id));
	service_child_clear();
	service_teardown();
}

/**
 * Configure it, charon puts it on SAs and SPs.
 */
static void configure(int i, hw_offload_t requested)
{
	test_sp_t *sp = marked[i].inbound ? &sp_in : &sp_out;

	bus_child_mark[marked[i].inbound] = marked[i].mark;
	bus_child_if_id[marked[i].inbound] = marked[i].if_id;
	sp->id.mark = marked[i].mark;
	sp->id.if_id = marked[i].if_id;
	if (!marked[i].inbound)
	{
		sa_out.id.mark = marked[i].mark;
		sa_out.id.if_id = marked[i].if_id;
	}
	sa_in.data.hw_offload = sa_out.data.hw_offload = requested;
	sp_in.data.hw_offload = sp_out.data.hw_offload = requested;
}

START_TEST(test_auto)
{
	configure(_i, HW_OFFLOAD_AUTO);
	bus_child_installing(FALSE, 0);
	service_child_add();
	bus_child_installed();
	ck_assert_str_eq(sa_mode(SPI_IN), "crypto");
	ck_assert_str_eq(sa_mode(SPI_OUT), "crypto");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "none");
	ck_assert_int_eq(service_lines_with("effective crypto, device nic3, mark"),
					 1);
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

START_TEST(test_strict)
{
	configure(_i, HW_OFFLOAD_PACKET);
	bus_child_installing(FALSE, 0);
	ck_assert_int_eq(sa_add(&sa_in), FAILED);
	ck_assert_int_eq(sa_add(&sa_out), FAILED);
	bus_child_installed();
	ck_assert_int_eq(service_lines_with("mark"), 1);
	/* crypto mode is fine with it */
	configure(_i, HW_OFFLOAD_CRYPTO);
	bus_child_installing(FALSE, 0);
	service_child_add();
	bus_child_installed();
	ck_assert_int_eq(service_lines_with("effective crypto, device nic3, "
										"as-requested"), 1);
}
END_TEST

START_TEST(test_outbound_later)
{
	/* another thread adds it, and what counts is on the inbound one only */
	configure(0, HW_OFFLOAD_AUTO);
	bus_child_installing(FALSE, 0);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	bus_child_installed();
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT), "crypto");
	ck_assert_int_eq(service_lines_with("effective crypto, device nic3, mark"),
					 1);
}
END_TEST

START_TEST(test_no_sa)
{
	test_sp_t sp;

	/* a trap, and a shunt that would drop what it is not for */
	sp_init(&sp, POLICY_OUT, LOCAL, REMOTE, 0, _i & 1, HW_OFFLOAD_AUTO);
	sp.id.mark = (mark_t){ _i & 2 ? 5 : 0, _i & 2 ? 0xff : 0 };
	sp.id.if_id = _i & 2 ? 0 : 7;
	sp.data.prio = _i & 1 ? POLICY_PRIORITY_ROUTED : POLICY_PRIORITY_DEFAULT;
	sp.data.type = _i & 1 ? POLICY_IPSEC : POLICY_DROP;
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp.data.hw_offload = HW_OFFLOAD_PACKET;
	ck_assert_int_eq(sp_add(&sp), FAILED);
	ck_assert_int_eq(service_lines_with("mark"), 1);
	sp_clear(&sp);
}
END_TEST

/** selectors for which a NIC takes more than the kernel */
static const struct {
	char *src, *dst, *reason;
	uint16_t port;
} shapes[] = {
	{ "0.0.0.0/0", "0.0.0.0/0", "any-any" },
	{ "0.0.0.0/0", "0.0.0.0/1", "any-any" },
	{ "10.1.0.1/32", "0.0.0.0/1", "any-any" },
	{ "10.1.0.1/32", "10.2.0.1/32", "any-protocol", 80 },
};

/**
 * Add a traffic selector to those of an SA.
 */
static void add_ts(linked_list_t *list, char *net, uint16_t port)
{
	list->insert_last(list, traffic_selector_create_from_cidr(net, 0, port,
														port ?: 65535));
}

START_TEST(test_selectors)
{
	char text[64];

	calls.have_address = FALSE;
	sa_in.data.mode = sa_out.data.mode = MODE_TUNNEL;
	add_ts(sa_in.data.src_ts, shapes[_i].src, shapes[_i].port);
	add_ts(sa_in.data.dst_ts, shapes[_i].dst, 0);
	add_ts(sa_out.data.src_ts, shapes[_i].dst, 0);
	add_ts(sa_out.data.dst_ts, shapes[_i].src, shapes[_i].port);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_IN), "crypto");
	ck_assert_str_eq(sa_mode(SPI_OUT), "crypto");
	snprintf(text, sizeof(text), "effective crypto, device nic3, %s",
			 shapes[_i].reason);
	ck_assert_int_eq(service_lines_with(text), 1);
	sa_in.data.hw_offload = HW_OFFLOAD_PACKET;
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_in), FAILED);
}
END_TEST

START_TEST(test_selectors_no_sa)
{
	traffic_selector_t *ts = NULL;
	test_sp_t sp;

	sp_init(&sp, POLICY_OUT, shapes[_i].src, shapes[_i].dst, 0, 1,
			HW_OFFLOAD_AUTO);
	if (shapes[_i].port)
	{
		ts = sp.id.dst_ts;
		sp.id.dst_ts = traffic_selector_create_from_cidr(shapes[_i].dst, 0,
											shapes[_i].port, shapes[_i].port);
	}
	DESTROY_IF(ts);
	ck_assert_int_eq(sp_add(&sp), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, shapes[_i].src, shapes[_i].dst),
					 "none");
	ck_assert_int_eq(sp_del(&sp), SUCCESS);
	sp.data.hw_offload = HW_OFFLOAD_PACKET;
	ck_assert_int_eq(sp_add(&sp), FAILED);
	ck_assert_int_eq(service_lines_with(shapes[_i].reason), 1);
	sp_clear(&sp);
}
END_TEST

TCase *mark_tcase(void)
{
	TCase *tcase = tcase_create("mark");

	tcase_add_checked_fixture(tcase, mark_setup, mark_teardown);
	tcase_add_loop_test(tcase, test_auto, 0, countof(marked));
	tcase_add_loop_test(tcase, test_strict, 0, countof(marked));
	tcase_add_test(tcase, test_outbound_later);
	tcase_add_loop_test(tcase, test_no_sa, 0, 4);
	tcase_add_loop_test(tcase, test_selectors, 0, countof(shapes));
	tcase_add_loop_test(tcase, test_selectors_no_sa, 0, countof(shapes));
	return tcase;
}
