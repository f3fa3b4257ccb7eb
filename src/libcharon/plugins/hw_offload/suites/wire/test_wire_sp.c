/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of messages about SPs: requests equal to what iproute2 sends for the
 * same, and what Linux answered.
 */

#include "wire_suites.h"

#include <netinet/in.h>
#include <linux/xfrm.h>

#include "../../wire/xfrm_sp.h"

#define HDR_LEN sizeof(struct xfrm_userpolicy_info)
#define ID_LEN sizeof(struct xfrm_userpolicy_id)

/** software, and what the recorded requests say of offload */
static const hwo_offload_t none = {};
static const hwo_offload_t packet = { .mode = HWO_MODE_PACKET, .ifindex = 9 };

/**
 * An SP for the recorded networks, without templates.
 */
static hwo_sp_t make_sp(policy_dir_t dir, bool v6, uint32_t priority)
{
	return (hwo_sp_t){
		.id = {
			.dir = dir,
			.sel = v6 ? wire_selector("2001:db8:1::", 48, "2001:db8:2:3::", 64)
					  : wire_selector("10.1.0.0", 16, "10.2.3.0", 24),
		},
		.priority = priority,
	};
}

/**
 * An SP for traffic between two hosts.
 */
static hwo_sp_t make_host_sp(policy_dir_t dir, uint8_t proto, uint32_t priority)
{
	hwo_sp_t sp = {
		.id = {
			.dir = dir,
			.sel = wire_selector("192.168.50.1", 32, "192.168.50.2", 32),
		},
		.priority = priority,
	};

	sp.id.sel.proto = proto;
	return sp;
}

/**
 * Add a template without addresses.
 */
static hwo_tmpl_t *add_tmpl(hwo_sp_t *sp, uint8_t proto, uint32_t reqid,
							ipsec_mode_t mode)
{
	hwo_tmpl_t *tmpl = &sp->tmpl[sp->tmpl_count++];

	tmpl->proto = proto;
	tmpl->reqid = reqid;
	tmpl->mode = mode;
	tmpl->family = sp->id.sel.family;
	return tmpl;
}

/**
 * Add a template with addresses.
 */
static hwo_tmpl_t *add_tunnel(hwo_sp_t *sp, uint8_t proto, uint32_t reqid,
							  const char *src, const char *dst)
{
	hwo_tmpl_t *tmpl = add_tmpl(sp, proto, reqid, MODE_TUNNEL);

	tmpl->src = wire_addr(src);
	tmpl->dst = wire_addr(dst);
	return tmpl;
}

/**
 * Compare the request for an SP with a recorded one.
 */
static void same(const char *name, const hwo_sp_t *sp,
				 const hwo_offload_t *offload)
{
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_sp(&msg, sp, offload, FALSE));
	wire_same(&msg, name, HDR_LEN);
	ck_assert_int_eq(msg.request.kind, HWO_REQUEST_ADD_SP);
	ck_assert(hwo_sp_id_equals(&msg.request.sp, &sp->id));
}

START_TEST(test_tunnel)
{
	hwo_sp_t sp;

	sp = make_sp(POLICY_OUT, FALSE, 375423);
	add_tunnel(&sp, IPPROTO_ESP, 1, "192.168.50.1",
			   "192.168.50.2")->spi = htonl(0xc1000001);
	same("sp_out", &sp, &none);

	sp = make_sp(POLICY_IN, FALSE, 375423);
	add_tunnel(&sp, IPPROTO_ESP, 1, "192.168.50.2", "192.168.50.1");
	same("sp_in", &sp, &none);

	sp = make_sp(POLICY_FWD, TRUE, 1);
	add_tunnel(&sp, IPPROTO_ESP, 1, "fec5::2", "fec5::1");
	same("sp_fwd6", &sp, &none);

	sp = make_sp(POLICY_IN, FALSE, 5);
	add_tunnel(&sp, IPPROTO_COMP, 7, "192.168.50.2",
			   "192.168.50.1")->optional = TRUE;
	add_tmpl(&sp, IPPROTO_ESP, 7, MODE_TRANSPORT);
	same("sp_comp", &sp, &none);
}
END_TEST

START_TEST(test_ports)
{
	hwo_sp_t sp;

	sp = make_host_sp(POLICY_OUT, IPPROTO_UDP, 367231);
	sp.id.sel.dst_port = 4789;
	sp.id.sel.dst_port_mask = 0xffff;
	add_tmpl(&sp, IPPROTO_ESP, 4294967295U, MODE_TRANSPORT);
	same("sp_transport", &sp, &none);

	sp = make_host_sp(POLICY_IN, IPPROTO_TCP, 5);
	sp.id.sel.src_port = 80;
	sp.id.sel.dst_port = 443;
	sp.id.sel.src_port_mask = sp.id.sel.dst_port_mask = 0xffff;
	add_tmpl(&sp, IPPROTO_AH, 9, MODE_TRANSPORT);
	same("sp_ports", &sp, &none);

	/* type and code */
	sp = make_sp(POLICY_OUT, FALSE, 5);
	sp.id.sel.proto = IPPROTO_ICMP;
	sp.id.sel.src_port = 8;
	sp.id.sel.src_port_mask = sp.id.sel.dst_port_mask = 0xffff;
	same("sp_icmp_type", &sp, &none);
}
END_TEST

START_TEST(test_shunts)
{
	hwo_sp_t sp;

	sp = make_sp(POLICY_OUT, FALSE, 4000000000U);
	sp.block = TRUE;
	same("sp_block", &sp, &none);

	sp = make_sp(POLICY_IN, TRUE, 0);
	same("sp_allow", &sp, &none);
}
END_TEST

START_TEST(test_options)
{
	hwo_msg_t msg;
	hwo_sp_t sp;

	sp = make_sp(POLICY_OUT, FALSE, 5);
	sp.id.mark = (mark_t){ .value = 0x2a, .mask = 0xff00ff };
	same("sp_mark", &sp, &none);

	sp = make_sp(POLICY_OUT, FALSE, 5);
	sp.id.if_id = 0x1234;
	same("sp_if_id", &sp, &none);

	sp = make_sp(POLICY_FWD, FALSE, 5);
	sp.icmp = TRUE;
	same("sp_flag_icmp", &sp, &none);
	sp.icmp = FALSE;
	sp.cpu_acquire = TRUE;
	ck_assert(hwo_xfrm_encode_sp(&msg, &sp, &none, FALSE));
	ck_assert_int_eq(((struct xfrm_userpolicy_info*)(&msg.hdr + 1))->flags, 4);

	sp = make_sp(POLICY_OUT, FALSE, 5);
	sp.id.label = wire_label();
	same("sp_label", &sp, &none);

	sp = make_sp(POLICY_OUT, FALSE, 5);
	sp.id.sel.ifindex = 9;
	same("sp_dev", &sp, &none);

	sp = make_sp(POLICY_OUT, FALSE, 6);
	add_tmpl(&sp, IPPROTO_ESP, 8, MODE_TRANSPORT);
	ck_assert(hwo_xfrm_encode_sp(&msg, &sp, &none, TRUE));
	wire_same(&msg, "sp_update", HDR_LEN);
}
END_TEST

START_TEST(test_offload)
{
	hwo_sp_t sp;

	sp = make_sp(POLICY_OUT, FALSE, 5);
	add_tmpl(&sp, IPPROTO_ESP, 8, MODE_TRANSPORT);
	same("sp_packet_out", &sp, &packet);

	sp = make_sp(POLICY_IN, TRUE, 5);
	add_tmpl(&sp, IPPROTO_ESP, 8, MODE_TRANSPORT);
	same("sp_packet_in6", &sp, &packet);
}
END_TEST

START_TEST(test_overflow)
{
	hwo_sp_t sp = make_sp(POLICY_OUT, FALSE, 5);
	hwo_msg_t msg;

	sp.tmpl_count = HWO_MAX_TMPLS + 1;
	ck_assert(!hwo_xfrm_encode_sp(&msg, &sp, &none, FALSE));
	sp.tmpl_count = HWO_MAX_TMPLS;
	ck_assert(hwo_xfrm_encode_sp(&msg, &sp, &none, FALSE));
	sp.id.label = chunk_alloc(HWO_MSG_SIZE);
	memset(sp.id.label.ptr, 'x', sp.id.label.len);
	ck_assert(!hwo_xfrm_encode_sp(&msg, &sp, &none, FALSE));
	ck_assert(!hwo_xfrm_encode_del_sp(&msg, &sp.id));
	free(sp.id.label.ptr);
}
END_TEST

START_TEST(test_get_and_delete)
{
	hwo_msg_t msg;
	hwo_sp_t sp;

	sp = make_sp(POLICY_OUT, FALSE, 0);
	ck_assert(hwo_xfrm_encode_get_sp(&msg, &sp.id));
	wire_same(&msg, "sp_get", ID_LEN);
	ck_assert_int_eq(msg.request.kind, HWO_REQUEST_OTHER);

	sp = make_sp(POLICY_IN, TRUE, 0);
	sp.id.mark = (mark_t){ .value = 0x2a, .mask = 0xff00ff };
	sp.id.if_id = 0x1234;
	ck_assert(hwo_xfrm_encode_get_sp(&msg, &sp.id));
	wire_same(&msg, "sp_get_mark", ID_LEN);

	sp = make_sp(POLICY_FWD, FALSE, 0);
	sp.id.if_id = 0x1234;
	ck_assert(hwo_xfrm_encode_del_sp(&msg, &sp.id));
	wire_same(&msg, "sp_del", ID_LEN);

	sp = make_sp(POLICY_OUT, TRUE, 0);
	sp.id.label = wire_label();
	ck_assert(hwo_xfrm_encode_del_sp(&msg, &sp.id));
	wire_same(&msg, "sp_del_label", ID_LEN);

	sp = make_host_sp(POLICY_IN, IPPROTO_TCP, 0);
	sp.id.sel.src_port = 80;
	sp.id.sel.dst_port = 443;
	sp.id.sel.src_port_mask = sp.id.sel.dst_port_mask = 0xffff;
	ck_assert(hwo_xfrm_encode_del_sp(&msg, &sp.id));
	wire_same(&msg, "sp_del_ports", ID_LEN);
	ck_assert_int_eq(msg.request.kind, HWO_REQUEST_DEL_SP);
	ck_assert(hwo_sp_id_equals(&msg.request.sp, &sp.id));
}
END_TEST

START_TEST(test_flush_and_dump)
{
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_flush_sp(&msg));
	wire_same(&msg, "sp_flush", 0);
	ck_assert(hwo_xfrm_encode_dump_sp(&msg));
	wire_same(&msg, "sp_dump", 0);
}
END_TEST

static bool decode_sp(const struct nlmsghdr *hdr)
{
	hwo_sp_state_t state;

	return hwo_xfrm_decode_sp(hdr, &state);
}

START_TEST(test_decode)
{
	const hwo_sp_t sp4 = make_sp(POLICY_OUT, FALSE, 0),
				   sp6 = make_sp(POLICY_FWD, TRUE, 0);
	struct nlmsghdr *hdr = wire_golden("getsp_1");
	hwo_sp_state_t state;

	ck_assert(hwo_xfrm_decode_sp(hdr, &state));
	ck_assert_int_eq(state.id.dir, POLICY_OUT);
	ck_assert_mem_eq(&state.id.sel, &sp4.id.sel, sizeof(state.id.sel));
	ck_assert_uint_eq(state.id.mark.value, 0x2a);
	ck_assert_uint_eq(state.id.mark.mask, 0xff00ff);
	ck_assert_uint_eq(state.id.if_id, 0x1234);
	ck_assert_uint_eq(state.id.label.len, 0);
	ck_assert_uint_eq(state.priority, 77);
	ck_assert(!state.block);
	ck_assert(state.protect);
	ck_assert_uint_eq(state.use_time, 0);
	ck_assert_int_eq(state.offload.mode, HWO_MODE_NONE);
	wire_abuse(hdr, HDR_LEN, 0, decode_sp);

	hdr = wire_golden("getsp6_1");
	ck_assert(hwo_xfrm_decode_sp(hdr, &state));
	ck_assert_int_eq(state.id.dir, POLICY_FWD);
	ck_assert_mem_eq(&state.id.sel, &sp6.id.sel, sizeof(state.id.sel));
	ck_assert_uint_eq(state.id.mark.mask, 0);
	ck_assert_uint_eq(state.id.if_id, 0);
	ck_assert_uint_eq(state.priority, 78);
	ck_assert(state.block);
	ck_assert(!state.protect);
	wire_abuse(hdr, HDR_LEN, 0, decode_sp);
}
END_TEST

START_TEST(test_decode_offload)
{
	struct nlmsghdr *hdr = wire_golden("offload_sp_1");
	const uint8_t *data;
	hwo_sp_state_t state;
	size_t len;

	data = wire_attr(hdr, HDR_LEN, XFRMA_OFFLOAD_DEV, &len);
	ck_assert(data && len == 8 && data[0]);
	ck_assert(hwo_xfrm_decode_sp(hdr, &state));
	ck_assert_int_eq(state.offload.mode, HWO_MODE_PACKET);
	ck_assert_uint_eq(state.offload.ifindex, data[0]);
	ck_assert_uint_eq(state.priority, 79);
	wire_abuse(hdr, HDR_LEN, 0, decode_sp);
}
END_TEST

START_TEST(test_decode_more)
{
	const uint32_t offload[] = { 9, 4 };
	const uint64_t use_time = 1700000000;
	struct nlmsghdr *hdr;
	hwo_sp_state_t state;
	uint8_t ctx[] = { 12, 0, 8, 0, 1, 1, 4, 0, 'a', 'b', 'c', '\0' };

	hdr = wire_append(wire_golden("getsp6_1"), XFRMA_OFFLOAD_DEV, offload,
					  sizeof(offload));
	hdr = wire_append(hdr, XFRMA_SEC_CTX, ctx, sizeof(ctx));
	memcpy((uint8_t*)(hdr + 1) +
		   offsetof(struct xfrm_userpolicy_info, curlft.use_time), &use_time,
		   sizeof(use_time));
	ck_assert(hwo_xfrm_decode_sp(hdr, &state));
	ck_assert_int_eq(state.offload.mode, HWO_MODE_PACKET);
	ck_assert_uint_eq(state.offload.ifindex, 9);
	ck_assert_uint_eq(state.use_time, use_time);
	ck_assert_uint_eq(state.id.label.len, 4);
	ck_assert_str_eq((char*)state.id.label.ptr, "abc");
	wire_abuse(hdr, HDR_LEN, 0, decode_sp);

	/* a label longer than its attribute, and one that is not ours */
	ctx[6] = 5;
	hdr = wire_append(wire_golden("getsp6_1"), XFRMA_SEC_CTX, ctx, sizeof(ctx));
	ck_assert(!hwo_xfrm_decode_sp(hdr, &state));
	free(hdr);
	ctx[6] = 4;
	ctx[4] = 2;
	hdr = wire_append(wire_golden("getsp6_1"), XFRMA_SEC_CTX, ctx, sizeof(ctx));
	ck_assert(hwo_xfrm_decode_sp(hdr, &state));
	ck_assert_uint_eq(state.id.label.len, 0);
	free(hdr);
	/* SAs are no SPs */
	hdr = wire_golden("getsa_1");
	ck_assert(!hwo_xfrm_decode_sp(hdr, &state));
	free(hdr);
	/* a direction that only policies of sockets have */
	hdr = wire_golden("getsp6_1");
	ck_assert(!hwo_xfrm_is_socket_sp(hdr));
	((struct xfrm_userpolicy_info*)(hdr + 1))->dir = 3;
	ck_assert(!hwo_xfrm_decode_sp(hdr, &state));
	ck_assert(hwo_xfrm_is_socket_sp(hdr));
	hdr->nlmsg_len = NLMSG_LENGTH(sizeof(struct xfrm_userpolicy_info) - 1);
	ck_assert(!hwo_xfrm_is_socket_sp(hdr));
	free(hdr);
}
END_TEST

static bool decode_spd_info(const struct nlmsghdr *hdr)
{
	hwo_spd_info_t info;

	return hwo_xfrm_decode_spd_info(hdr, &info);
}

START_TEST(test_spd_info)
{
	const hwo_spd_thresh_t set4 = { .lbits = 31, .rbits = 17 },
						   set6 = { .lbits = 127, .rbits = 65 };
	struct nlmsghdr *hdr = wire_golden("spdinfo_1");
	hwo_spd_info_t info;
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_decode_spd_info(hdr, &info));
	ck_assert_uint_eq(info.v4.lbits, 32);
	ck_assert_uint_eq(info.v4.rbits, 32);
	ck_assert_uint_eq(info.v6.lbits, 128);
	ck_assert_uint_eq(info.v6.rbits, 128);
	/* besides a forward one */
	ck_assert_uint_eq(info.outbound, 1);
	wire_abuse(hdr, 4, XFRMA_SPD_IPV6_HTHRESH, decode_spd_info);

	/* iproute2 sends flags in the header, which the kernel ignores */
	ck_assert(hwo_xfrm_encode_spd_thresh(&msg, &set4, &set6));
	memset(&msg.hdr + 1, 0xff, 4);
	wire_same(&msg, "spd_set", 4);
	ck_assert(hwo_xfrm_encode_get_spd_info(&msg));
	ck_assert_int_eq(msg.hdr.nlmsg_type, 0x25);
	ck_assert_uint_eq(msg.hdr.nlmsg_len, 20);
}
END_TEST

START_TEST(test_socket_bypass)
{
	struct xfrm_userpolicy_info info;
	int level, option;

	ck_assert_uint_eq(hwo_xfrm_socket_bypass(AF_INET, POLICY_OUT, &info,
							sizeof(info), &level, &option), sizeof(info));
	ck_assert_int_eq(level, SOL_IP);
	ck_assert_int_eq(option, 17);
	ck_assert_int_eq(info.dir, XFRM_POLICY_OUT);
	ck_assert_int_eq(info.action, XFRM_POLICY_ALLOW);
	ck_assert_int_eq(info.sel.family, AF_INET);
	ck_assert_uint_eq(hwo_xfrm_socket_bypass(AF_INET6, POLICY_IN, &info,
							sizeof(info), &level, &option), sizeof(info));
	ck_assert_int_eq(level, SOL_IPV6);
	ck_assert_int_eq(option, 35);
	ck_assert_int_eq(info.dir, XFRM_POLICY_IN);
	ck_assert_int_eq(info.sel.family, AF_INET6);
	ck_assert_uint_eq(hwo_xfrm_socket_bypass(AF_INET, POLICY_FWD, &info,
							sizeof(info), &level, &option), 0);
	ck_assert_uint_eq(hwo_xfrm_socket_bypass(AF_UNIX, POLICY_IN, &info,
							sizeof(info), &level, &option), 0);
	ck_assert_uint_eq(hwo_xfrm_socket_bypass(AF_INET, POLICY_IN, &info,
							sizeof(info) - 1, &level, &option), 0);
}
END_TEST

TCase *sp_tcase(void)
{
	TCase *tcase = tcase_create("sp");

	tcase_add_test(tcase, test_tunnel);
	tcase_add_test(tcase, test_ports);
	tcase_add_test(tcase, test_shunts);
	tcase_add_test(tcase, test_options);
	tcase_add_test(tcase, test_offload);
	tcase_add_test(tcase, test_overflow);
	tcase_add_test(tcase, test_get_and_delete);
	tcase_add_test(tcase, test_flush_and_dump);
	tcase_add_test(tcase, test_decode);
	tcase_add_test(tcase, test_decode_offload);
	tcase_add_test(tcase, test_decode_more);
	tcase_add_test(tcase, test_spd_info);
	tcase_add_test(tcase, test_socket_bypass);
	return tcase;
}
