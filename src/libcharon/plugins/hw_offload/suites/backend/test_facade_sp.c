/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the translation of SPs, everything is compared.
 */

#include "facade_suites.h"

#include <netinet/in.h>

#include "../../model/plan/ts_convert.h"
#include "../../backend/translate.h"

/** what charon asks for */
static kernel_ipsec_policy_id_t id;
static kernel_ipsec_manage_policy_t data;
static ipsec_sa_cfg_t cfg;
static uint32_t ifindex, manual;

/** what comes of it */
static hwo_sp_request_t expected;

#define ESP_SPI htonl(0xc1a2b3d4)
#define AH_SPI htonl(0xc5e6f7a8)

/**
 * Set the hosts, and expect them.
 */
static void set_hosts(const char *src, const char *dst)
{
	DESTROY_IF(data.src);
	DESTROY_IF(data.dst);
	data.src = facade_host(src, 500);
	data.dst = facade_host(dst, 4500);
	hwo_addr_from_host(data.src, &expected.sa.src);
	hwo_addr_from_host(data.dst, &expected.sa.dst);
}

/**
 * Set the traffic selectors, and expect them.
 */
static void set_ts(char *src, char *dst, uint8_t proto, uint16_t from,
				   uint16_t to)
{
	DESTROY_IF(id.src_ts);
	DESTROY_IF(id.dst_ts);
	id.src_ts = traffic_selector_create_from_cidr(src, proto, 0, 65535);
	id.dst_ts = traffic_selector_create_from_cidr(dst, proto, from, to);
	hwo_selector_from_ts(id.src_ts, id.dst_ts, &expected.sp.id.sel);
}

/**
 * Expect a template.
 */
static void expect_tmpl(int i, uint8_t proto, uint32_t spi, ipsec_mode_t mode,
						bool optional)
{
	hwo_tmpl_t *tmpl = &expected.sp.tmpl[i];

	memset(tmpl, 0, sizeof(*tmpl));
	tmpl->proto = proto;
	tmpl->spi = spi;
	tmpl->reqid = cfg.reqid;
	tmpl->mode = mode;
	tmpl->family = AF_INET;
	if (mode != MODE_TRANSPORT)
	{
		tmpl->src = expected.sa.src;
		tmpl->dst = expected.sa.dst;
	}
	tmpl->optional = optional;
	expected.sp.tmpl_count = i + 1;
}

/**
 * Expect no template at all.
 */
static void expect_no_tmpl(void)
{
	memset(expected.sp.tmpl, 0, sizeof(expected.sp.tmpl));
	expected.sp.tmpl_count = 0;
}

/**
 * The outbound policy of an ESP tunnel.
 */
static void setup(void)
{
	facade_setup();
	memset(&id, 0, sizeof(id));
	memset(&data, 0, sizeof(data));
	memset(&cfg, 0, sizeof(cfg));
	memset(&expected, 0, sizeof(expected));
	ifindex = manual = 0;

	set_hosts("192.168.50.1", "192.168.50.2");
	set_ts("10.1.0.0/16", "10.2.0.0/16", 0, 0, 65535);
	id.dir = expected.sp.id.dir = POLICY_OUT;
	data.type = expected.type = POLICY_IPSEC;
	data.prio = POLICY_PRIORITY_DEFAULT;
	data.sa = &cfg;
	expected.auto_priority = expected.sp.priority = 383615;
	cfg.mode = expected.mode = MODE_TUNNEL;
	cfg.reqid = expected.reqid = 3;
	cfg.policy_count = 1;
	cfg.esp.use = TRUE;
	cfg.esp.spi = expected.sa.spi = ESP_SPI;
	expected.sa.proto = IPPROTO_ESP;
	expect_tmpl(0, IPPROTO_ESP, ESP_SPI, MODE_TUNNEL, FALSE);
}

static void teardown(void)
{
	DESTROY_IF(id.src_ts);
	DESTROY_IF(id.dst_ts);
	DESTROY_IF(data.src);
	DESTROY_IF(data.dst);
	facade_teardown();
}

/**
 * Expect an address as it is configured.
 */
static void expect_addr(hwo_addr_t *addr, chunk_t bytes)
{
	addr->family = expected.sp.id.sel.family;
	memcpy(addr->bytes, bytes.ptr, bytes.len);
}

/**
 * Translate and compare.
 */
static void check_sp(void)
{
	traffic_selector_t *ts = id.dir == POLICY_OUT ? id.src_ts : id.dst_ts;
	hwo_sp_request_t user;
	hwo_sp_id_t sp_id;

	expect_addr(&expected.from, ts->get_from_address(ts));
	expect_addr(&expected.to, ts->get_to_address(ts));

	memset(&user, 0xa5, sizeof(user));
	hwo_translate_sp(&id, &data, ifindex, manual, &user);
	ck_assert_int_eq(user.sp.tmpl_count, expected.sp.tmpl_count);
	ck_assert_uint_eq(user.sp.priority, expected.sp.priority);
	facade_check_equal(&user, &expected, sizeof(user));

	memset(&sp_id, 0xa5, sizeof(sp_id));
	hwo_translate_sp_id(&id, ifindex, &sp_id);
	facade_check_equal(&sp_id, &expected.sp.id, sizeof(sp_id));
}

/** directions, only outbound policies are for one SA in particular */
static const policy_dir_t dirs[] = { POLICY_IN, POLICY_OUT, POLICY_FWD };

START_TEST(test_direction)
{
	id.dir = expected.sp.id.dir = dirs[_i];
	expect_tmpl(0, IPPROTO_ESP, id.dir == POLICY_OUT ? ESP_SPI : 0,
				MODE_TUNNEL, FALSE);
	check_sp();

	cfg.mode = expected.mode = MODE_TRANSPORT;
	expect_tmpl(0, IPPROTO_ESP, id.dir == POLICY_OUT ? ESP_SPI : 0,
				MODE_TRANSPORT, FALSE);
	check_sp();

	cfg.mode = expected.mode = MODE_BEET;
	expect_tmpl(0, IPPROTO_ESP, id.dir == POLICY_OUT ? ESP_SPI : 0,
				MODE_BEET, FALSE);
	check_sp();
}
END_TEST

START_TEST(test_ah)
{
	uint32_t spi = dirs[_i] == POLICY_OUT ? AH_SPI : 0;

	id.dir = expected.sp.id.dir = dirs[_i];
	cfg.esp.use = FALSE;
	cfg.ah.use = TRUE;
	cfg.ah.spi = expected.sa.spi = AH_SPI;
	expected.sa.proto = IPPROTO_AH;
	expect_tmpl(0, IPPROTO_AH, spi, MODE_TUNNEL, FALSE);
	check_sp();
}
END_TEST

/**
 * With several protocols the innermost has the mode, the others are transport.
 */
START_TEST(test_ipcomp)
{
	bool out = dirs[_i] == POLICY_OUT;

	id.dir = expected.sp.id.dir = dirs[_i];
	cfg.ipcomp.transform = IPCOMP_DEFLATE;
	cfg.ipcomp.cpi = htons(0xabcd);
	expect_tmpl(0, IPPROTO_COMP, out ? htonl(0x0000abcd) : 0, MODE_TUNNEL,
				!out);
	expect_tmpl(1, IPPROTO_ESP, out ? ESP_SPI : 0, MODE_TRANSPORT, FALSE);
	check_sp();

	cfg.ah.use = TRUE;
	cfg.ah.spi = expected.sa.spi = AH_SPI;
	expected.sa.proto = IPPROTO_AH;
	expect_tmpl(2, IPPROTO_AH, out ? AH_SPI : 0, MODE_TRANSPORT, FALSE);
	check_sp();
}
END_TEST

START_TEST(test_ipv6)
{
	set_hosts("fec5::1", "fec5::2");
	set_ts("fec5:1::/64", "fec5:2::/64", IPPROTO_UDP, 4789, 4789);
	expect_tmpl(0, IPPROTO_ESP, ESP_SPI, MODE_TUNNEL, FALSE);
	expected.sp.tmpl[0].family = AF_INET6;
	expected.auto_priority = expected.sp.priority = 334143;
	check_sp();
}
END_TEST

/**
 * Any SA with a matching label will do, or the one for the CPU.
 */
START_TEST(test_any_sa)
{
	sec_label_t *label;

	label = sec_label_from_string("system_u:object_r:ipsec_spd_t:s0");
	id.label = label;
	expected.sp.id.label = label->get_encoding(label);
	expect_tmpl(0, IPPROTO_ESP, 0, MODE_TUNNEL, FALSE);
	check_sp();
	id.label = NULL;
	expected.sp.id.label = chunk_empty;
	label->destroy(label);

	expected.sp.cpu_acquire = set_policy_pcpu_acquires(&data, TRUE);
	if (!expected.sp.cpu_acquire)
	{
		expect_tmpl(0, IPPROTO_ESP, ESP_SPI, MODE_TUNNEL, FALSE);
	}
	check_sp();
}
END_TEST

/**
 * Traps have a reqid but no SPI yet, outbound forward policies have neither.
 */
START_TEST(test_no_sa)
{
	data.prio = POLICY_PRIORITY_ROUTED;
	cfg.esp.spi = expected.sa.spi = 0;
	expected.auto_priority = expected.sp.priority = 383616;
	expect_tmpl(0, IPPROTO_ESP, 0, MODE_TUNNEL, FALSE);
	check_sp();

	id.dir = expected.sp.id.dir = POLICY_FWD;
	cfg.reqid = expected.reqid = 0;
	expect_no_tmpl();
	check_sp();
}
END_TEST

/** shunts have no template, whatever is asked for */
START_TEST(test_shunt)
{
	data.type = expected.type = _i ? POLICY_DROP : POLICY_PASS;
	expected.sp.block = _i;
	expect_no_tmpl();
	set_policy_forward_icmp(&data, TRUE);
	check_sp();
	data.prio = _i ? POLICY_PRIORITY_FALLBACK : POLICY_PRIORITY_PASS;
	expected.auto_priority = expected.sp.priority = _i ? 583615 : 183615;
	check_sp();
	/* charon's shunts look like this */
	memset(&cfg, 0, sizeof(cfg));
	cfg.mode = expected.mode = MODE_TRANSPORT;
	expected.reqid = expected.sa.spi = 0;
	set_hosts("0.0.0.0", "0.0.0.0");
	check_sp();
}
END_TEST

START_TEST(test_icmp)
{
	bool set;

	id.dir = expected.sp.id.dir = dirs[_i];
	expect_tmpl(0, IPPROTO_ESP, id.dir == POLICY_OUT ? ESP_SPI : 0,
				MODE_TUNNEL, FALSE);
	set = set_policy_forward_icmp(&data, TRUE);
	expected.sp.icmp = set && dirs[_i] != POLICY_IN;
	check_sp();
}
END_TEST

START_TEST(test_identity)
{
	id.mark = expected.sp.id.mark = (mark_t){ 42, 0xff00 };
	expected.sa.mark = id.mark;
	id.if_id = expected.sp.id.if_id = expected.sa.if_id = 7;
	check_sp();
	id.interface = "eth0";
	ifindex = expected.sp.id.sel.ifindex = 5;
	expected.auto_priority = expected.sp.priority = 383613;
	check_sp();
}
END_TEST

START_TEST(test_priority)
{
	manual = expected.sp.priority = 1;
	check_sp();
	manual = expected.sp.priority = UINT32_MAX;
	check_sp();
	/* the caller says whether it is in effect */
	data.manual_prio = 17;
	check_sp();
	manual = 0;
	expected.sp.priority = 383615;
	check_sp();
}
END_TEST

START_TEST(test_requested)
{
	data.hw_offload = expected.requested = _i;
	check_sp();
}
END_TEST

TCase *translate_sp_tcase(void)
{
	TCase *tc;

	tc = tcase_create("translate_sp");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_direction, 0, countof(dirs));
	tcase_add_loop_test(tc, test_ah, 0, countof(dirs));
	tcase_add_loop_test(tc, test_ipcomp, 0, countof(dirs));
	tcase_add_test(tc, test_ipv6);
	tcase_add_test(tc, test_any_sa);
	tcase_add_test(tc, test_no_sa);
	tcase_add_loop_test(tc, test_shunt, 0, 2);
	tcase_add_loop_test(tc, test_icmp, 0, countof(dirs));
	tcase_add_test(tc, test_identity);
	tcase_add_test(tc, test_priority);
	tcase_add_loop_test(tc, test_requested, HW_OFFLOAD_NO, HW_OFFLOAD_AUTO + 1);
	return tc;
}
