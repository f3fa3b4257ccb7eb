/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the translation of SAs: what the IPsec mode makes a difference to.
 */

#include "facade_sa.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "../../model/plan/ts_convert.h"

/**
 * Add a pair of traffic selectors.
 */
static void add_ts(char *src, char *dst, uint8_t proto, uint16_t port)
{
	data.src_ts->insert_last(data.src_ts,
					traffic_selector_create_from_cidr(src, proto, 0, 65535));
	data.dst_ts->insert_last(data.dst_ts,
					traffic_selector_create_from_cidr(dst, proto, port, port));
}

/**
 * The translated selector of the first pair of traffic selectors.
 */
static hwo_selector_t first_selector(void)
{
	traffic_selector_t *src, *dst;
	hwo_selector_t sel;

	ck_assert(data.src_ts->get_first(data.src_ts, (void**)&src) == SUCCESS);
	ck_assert(data.dst_ts->get_first(data.dst_ts, (void**)&dst) == SUCCESS);
	hwo_selector_from_ts(src, dst, &sel);
	return sel;
}

/**
 * Modes without an inner header have a selector on the SA.
 */
START_TEST(test_selector)
{
	data.mode = expected.facts.mode = _i ? MODE_BEET : MODE_TRANSPORT;
	expected.af_unspec = FALSE;
	check_sa();

	add_ts("192.168.50.1/32", "192.168.50.2/32", IPPROTO_UDP, 4789);
	add_ts("192.168.50.1/32", "192.168.50.3/32", IPPROTO_TCP, 80);
	how.proto_port_transport = TRUE;
	expected.sel = first_selector();
	ck_assert_int_eq(expected.sel.dst_port, 4789);
	check_sa();

	how.proto_port_transport = FALSE;
	expected.sel.proto = 0;
	expected.sel.dst_port = expected.sel.dst_port_mask = 0;
	check_sa();
	/* the same for the source ports */
	data.inbound = expected.facts.inbound = TRUE;
	data.src_ts->destroy_offset(data.src_ts,
								offsetof(traffic_selector_t, destroy));
	data.src_ts = linked_list_create_with_items(
					traffic_selector_create_from_cidr("192.168.50.1/32",
											IPPROTO_UDP, 4789, 4789), NULL);
	expected.facts.ts_proto = IPPROTO_UDP;
	check_sa();
	/* tunnels are for all that the policies send there */
	data.mode = expected.facts.mode = MODE_TUNNEL;
	expected.af_unspec = TRUE;
	memset(&expected.sel, 0, sizeof(expected.sel));
	check_sa();
}
END_TEST

/**
 * The SA next to an IPComp tunnel is in transport mode, but has nothing to do
 * with the traffic selectors.
 */
START_TEST(test_ipcomp_tunnel)
{
	hwo_sa_id_t esp = expected.id;
	uint32_t cpu;

	add_ts("10.1.0.0/16", "10.2.0.0/16", 0, 0);
	data.ipcomp = IPCOMP_DEFLATE;
	data.cpi = htons(0xabcd);
	data.tfc = 1300;
	data.encap = expected.facts.encap = TRUE;
	data.esn = expected.facts.esn = TRUE;
	data.replay_window = 32;
	data.update = expected.update = TRUE;
	data.mark = expected.facts.set_mark = (mark_t){ 23, 0xff };
	data.copy_ecn = FALSE;
	expected.noecn = TRUE;
	cpu = expected.cpu = set_sa_cpu(&data, 3);
	lifetime.time.life = expected.limits.hard_time = 3600;
	expected.facts.mode = MODE_TRANSPORT;
	expected.facts.ipcomp = TRUE;
	check_sa();
	/* before 6.3 the flag was ignored or refused there */
	how.kernel.sa_af_unspec_transport = FALSE;
	expected.af_unspec = FALSE;
	check_sa();

	/* the IPComp SA: no keys, no limits, nothing about ESP */
	memset(&expected, 0, sizeof(expected));
	expected.id = esp;
	expected.id.proto = IPPROTO_COMP;
	expected.id.spi = htonl(0x0000abcd);
	expected.src_port = 500;
	expected.dst_port = 4500;
	expected.reqid = 3;
	expected.facts.mode = MODE_TUNNEL;
	expected.update = TRUE;
	expected.cpu = cpu;
	expected.set_dir = TRUE;
	expected.af_unspec = TRUE;
	expected.noecn = TRUE;
	expected.comp.name = "deflate";
	expected.facts.ipcomp = FALSE;
	check_ipcomp();
	data.ipcomp = IPCOMP_LZS;
	expected.comp.name = "lzs";
	expected.facts.ipcomp = FALSE;
	check_ipcomp();
}
END_TEST

START_TEST(test_families)
{
	/* no other address than those of the tunnel's own family */
	add_ts("10.1.0.0/16", "10.2.0.0/16", 0, 0);
	data.mode = expected.facts.mode = MODE_TUNNEL;
	expected.af_unspec = TRUE;
	check_sa();
	/* one of the selectors is of the other one */
	add_ts("2001:db8:1::/48", "2001:db8:2::/48", 0, 0);
	expected.facts.mixed_families = TRUE;
	check_sa();
}
END_TEST

/**
 * Check the networks on one side.
 */
static void check_nets(const hwo_nets_t *nets, const char *wanted[])
{
	char buf[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 4];
	u_int i;

	for (i = 0; i < nets->count; i++)
	{
		ck_assert(wanted[i]);
		inet_ntop(nets->net[i].family, nets->net[i].bytes, buf, sizeof(buf));
		snprintf(text, sizeof(text), "%s/%u", buf, nets->prefix[i]);
		ck_assert_str_eq(text, wanted[i]);
	}
	ck_assert(!wanted[i]);
}

START_TEST(test_nets)
{
	const char *none[] = { NULL };
	const char *src[] = { "10.1.0.0/16", "2001:db8:1::/48", NULL };
	const char *dst[] = { "0.0.0.0/0", "2001:db8:2::/48", NULL };
	hwo_sa_t sa;

	add_ts("10.1.0.0/16", "0.0.0.0/0", 0, 0);
	add_ts("2001:db8:1::/48", "2001:db8:2::/48", 0, 0);
	data.inbound = _i;
	data.mode = MODE_TUNNEL;
	ck_assert(hwo_translate_sa(&how, &id, &data, &sa));
	check_nets(&sa.facts.local, _i ? dst : src);
	check_nets(&sa.facts.remote, _i ? src : dst);
	/* there is no other route in transport mode */
	data.mode = MODE_TRANSPORT;
	ck_assert(hwo_translate_sa(&how, &id, &data, &sa));
	check_nets(&sa.facts.local, none);
	check_nets(&sa.facts.remote, none);
}
END_TEST

START_TEST(test_if_id)
{
	how.kernel.sa_if_id_in_software = expected.facts.if_id_in_software = TRUE;
	check_sa();
}
END_TEST

START_TEST(test_stale)
{
	data.esn = expected.facts.esn = TRUE;
	data.hw_offload = HW_OFFLOAD_AUTO;
	expected.facts.esn_stale = TRUE;
	check_sa();
	/* only what we send, if a NIC may do it */
	data.inbound = expected.facts.inbound = TRUE;
	expected.facts.esn_stale = FALSE;
	check_sa();
	data.inbound = expected.facts.inbound = FALSE;
	data.hw_offload = HW_OFFLOAD_NO;
	check_sa();
	data.hw_offload = HW_OFFLOAD_CRYPTO;
#if HWO_HAVE_SA_CPU
	expected.cpu = set_sa_cpu(&data, 3);
	expected.facts.esn_per_cpu = TRUE;
	check_sa();
	/* both directions have to be in the same mode */
	data.inbound = expected.facts.inbound = TRUE;
	check_sa();
	data.inbound = expected.facts.inbound = FALSE;
	expected.cpu = set_sa_cpu(&data, HWO_CPU_ID_MAX);
	expected.facts.esn_per_cpu = FALSE;
#endif
	how.kernel.esn_followed = TRUE;
	check_sa();
	how.kernel.esn_followed = FALSE;
	data.esn = expected.facts.esn = FALSE;
	check_sa();
}
END_TEST

START_TEST(test_marked)
{
	expected.facts.marked = TRUE;
	id.if_id = expected.id.if_id = 7;
	check_sa();
	id.if_id = expected.id.if_id = 0;
	/* what has not that bit */
	id.mark = expected.id.mark = (mark_t){ 0, 1 };
	check_sa();
}
END_TEST

START_TEST(test_ipcomp_transport)
{
	add_ts("192.168.50.1/32", "192.168.50.2/32", 0, 0);
	data.mode = expected.facts.mode = MODE_TRANSPORT;
	data.ipcomp = IPCOMP_DEFLATE;
	data.cpi = htons(0xabcd);
	expected.af_unspec = FALSE;
	expected.sel = first_selector();
	expected.sel.src_port_mask = expected.sel.dst_port_mask = 0;
	expected.facts.ipcomp = TRUE;
	check_sa();

	expected.id.proto = IPPROTO_COMP;
	expected.id.spi = htonl(0x0000abcd);
	expected.enc = (hwo_alg_t){};
	expected.comp.name = "deflate";
	expected.facts.ipcomp = FALSE;
	check_ipcomp();
}
END_TEST

START_TEST(test_tfc)
{
	/* ESP in tunnel mode is the only one that can be padded */
	data.tfc = expected.facts.tfc = 1300;
	check_sa();
	data.tfc = expected.facts.tfc = UINT32_MAX;
	check_sa();

	expected.facts.tfc = 0;
	id.proto = expected.id.proto = IPPROTO_AH;
	expected.align4 = TRUE;
	check_sa();
	id.proto = expected.id.proto = IPPROTO_ESP;
	expected.align4 = FALSE;

	data.mode = expected.facts.mode = MODE_TRANSPORT;
	expected.af_unspec = FALSE;
	check_sa();
	data.mode = expected.facts.mode = MODE_BEET;
	check_sa();
}
END_TEST

/**
 * Remote ports of per-CPU SAs are not known, as each has its own.
 */
START_TEST(test_encap)
{
	data.encap = expected.facts.encap = TRUE;
	check_sa();
	data.inbound = expected.facts.inbound = TRUE;
	check_sa();
	set_hosts("192.168.50.2", 0, "192.168.50.1", 4500);
	expected.mtimer_thresh = UINT32_MAX;
	check_sa();
	/* our own port does not change */
	set_hosts("192.168.50.2", 4500, "192.168.50.1", 0);
	expected.mtimer_thresh = 0;
	check_sa();
	set_hosts("192.168.50.2", 0, "192.168.50.1", 4500);
	data.inbound = expected.facts.inbound = FALSE;
	check_sa();
	data.inbound = expected.facts.inbound = TRUE;
	data.encap = expected.facts.encap = FALSE;
	check_sa();
}
END_TEST

START_TEST(test_iptfs)
{
	settings_t *set = lib->settings;
	ipsec_mode_t iptfs = MODE_DROP + 1;

	data.mode = expected.facts.mode = iptfs;
	if (!hwo_compat_mode_is_iptfs(iptfs))
	{
		check_sa();
		return;
	}
	expected.iptfs = (hwo_iptfs_t){
		.drop_time = 1000000,
		.reorder_window = 3,
		.max_queue_size = 1048576,
	};
	check_sa();
	expected.iptfs.dont_fragment = set_sa_iptfs_dont_frag(&data, TRUE);
	check_sa();

	set_sa_iptfs_dont_frag(&data, FALSE);
	set->set_int(set, "%s.iptfs.drop_time", 11, lib->ns);
	set->set_int(set, "%s.iptfs.reorder_window", 12, lib->ns);
	set->set_int(set, "%s.iptfs.init_delay", 13, lib->ns);
	set->set_int(set, "%s.iptfs.max_queue_size", 14, lib->ns);
	set->set_int(set, "%s.iptfs.packet_size", 15, lib->ns);
	set->set_bool(set, "%s.iptfs.dont_fragment", TRUE, lib->ns);
	expected.iptfs = (hwo_iptfs_t){ 11, 12, 13, 14, 15, TRUE };
	check_sa();
	/* the kernel would get 16 bits of it */
	ck_assert_int_eq(facade_log_lines, 0);
	set->set_int(set, "%s.iptfs.reorder_window", 65536 + 12, lib->ns);
	expected.iptfs.reorder_window = 3;
	check_sa();
	ck_assert_msg(strstr(facade_log_last, ".iptfs.reorder_window' is '65548' "
						 "instead of a number from 0 to 65535"), "%s",
				  facade_log_last);
	set->set_int(set, "%s.iptfs.reorder_window", 12, lib->ns);
	set->set_int(set, "%s.iptfs.packet_size", -1, lib->ns);
	expected.iptfs.reorder_window = 12;
	expected.iptfs.packet_size = 0;
	check_sa();
	ck_assert(strstr(facade_log_last, ".iptfs.packet_size' is '-1' instead"));
	/* only for that mode */
	data.mode = expected.facts.mode = MODE_TUNNEL;
	memset(&expected.iptfs, 0, sizeof(expected.iptfs));
	check_sa();
}
END_TEST

TCase *translate_modes_tcase(void)
{
	TCase *tc;

	tc = tcase_create("translate_modes");
	tcase_add_checked_fixture(tc, sa_setup, sa_teardown);
	tcase_add_loop_test(tc, test_selector, 0, 2);
	tcase_add_test(tc, test_ipcomp_tunnel);
	tcase_add_test(tc, test_ipcomp_transport);
	tcase_add_test(tc, test_families);
	tcase_add_loop_test(tc, test_nets, 0, 2);
	tcase_add_test(tc, test_if_id);
	tcase_add_test(tc, test_stale);
	tcase_add_test(tc, test_marked);
	tcase_add_test(tc, test_tfc);
	tcase_add_test(tc, test_encap);
	tcase_add_test(tc, test_iptfs);
	return tc;
}
