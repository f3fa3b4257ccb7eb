/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the decoder for requests: what it makes of those of iproute2.
 */

#include "wire_suites.h"

#include <netinet/in.h>
#include <linux/xfrm.h>

#include "../../wire/xfrm_request.h"

/**
 * Requests, and what they do.
 */
static const struct {
	const char *name;
	hwo_request_kind_t kind;
} kinds[] = {
	{ "sa_gcm128_out", HWO_REQUEST_ADD_SA },
	{ "sa_update", HWO_REQUEST_ADD_SA },
	{ "sa_window4096", HWO_REQUEST_ADD_SA },
	{ "sa_get", HWO_REQUEST_OTHER },
	{ "sa_del", HWO_REQUEST_DEL_SA },
	{ "sa_del_mark", HWO_REQUEST_DEL_SA },
	{ "sa_flush_esp", HWO_REQUEST_OTHER },
	{ "spi_esp", HWO_REQUEST_OTHER },
	{ "sp_out", HWO_REQUEST_ADD_SP },
	{ "sp_update", HWO_REQUEST_ADD_SP },
	{ "sp_get", HWO_REQUEST_OTHER },
	{ "sp_del", HWO_REQUEST_DEL_SP },
	{ "sp_flush", HWO_REQUEST_OTHER },
	{ "sp_dump", HWO_REQUEST_OTHER },
	{ "spd_set", HWO_REQUEST_OTHER },
};

START_TEST(test_kind)
{
	struct nlmsghdr *hdr = wire_golden(kinds[_i].name);
	hwo_request_t request;

	memset(&request, 0xff, sizeof(request));
	hwo_xfrm_decode_request(hdr, &request);
	ck_assert_int_eq(request.kind, kinds[_i].kind);
	free(hdr);
}
END_TEST

/**
 * Compare SAs by what the kernel looks at.
 */
static void check_sa(const char *name, const char *dst, uint32_t spi,
					 mark_t mark)
{
	struct nlmsghdr *hdr = wire_golden(name);
	hwo_addr_t addr = wire_addr(dst);
	hwo_request_t request;

	hwo_xfrm_decode_request(hdr, &request);
	ck_assert(memeq(&request.sa.dst, &addr, sizeof(addr)));
	ck_assert_uint_eq(ntohl(request.sa.spi), spi);
	ck_assert_int_eq(request.sa.proto, IPPROTO_ESP);
	ck_assert_uint_eq(request.sa.mark.value, mark.value);
	ck_assert_uint_eq(request.sa.mark.mask, mark.mask);
	free(hdr);
}

START_TEST(test_sa)
{
	const mark_t none = {}, mark = { .value = 0x2a, .mask = 0xff00ff };

	check_sa("sa_gcm128_out", "192.168.50.2", 0xc1000001, none);
	check_sa("sa_del", "192.168.50.2", 0xc1000001, none);
	check_sa("sa_mark", "192.168.50.1", 0xc2000002, mark);
	check_sa("sa_del_mark", "fec5::1", 0xc4000004, mark);
}
END_TEST

START_TEST(test_sp)
{
	hwo_selector_t sel = wire_selector("10.1.0.0", 16, "10.2.3.0", 24);
	hwo_request_t request;
	struct nlmsghdr *hdr;

	hdr = wire_golden("sp_mark");
	hwo_xfrm_decode_request(hdr, &request);
	ck_assert_int_eq(request.sp.dir, POLICY_OUT);
	ck_assert(memeq(&request.sp.sel, &sel, sizeof(sel)));
	ck_assert_uint_eq(request.sp.mark.value, 0x2a);
	ck_assert_uint_eq(request.sp.mark.mask, 0xff00ff);
	free(hdr);

	hdr = wire_golden("sp_del");
	hwo_xfrm_decode_request(hdr, &request);
	ck_assert_int_eq(request.sp.dir, POLICY_FWD);
	ck_assert(memeq(&request.sp.sel, &sel, sizeof(sel)));
	ck_assert_uint_eq(request.sp.if_id, 0x1234);
	ck_assert_uint_eq(request.sp.mark.mask, 0);
	free(hdr);

	hdr = wire_golden("sp_del_label");
	hwo_xfrm_decode_request(hdr, &request);
	ck_assert(chunk_equals(request.sp.label, wire_label()));
	free(hdr);

	hdr = wire_golden("sp_del_ports");
	hwo_xfrm_decode_request(hdr, &request);
	ck_assert_int_eq(request.sp.dir, POLICY_IN);
	ck_assert_uint_eq(request.sp.sel.src_port, 80);
	ck_assert_uint_eq(request.sp.sel.dst_port, 443);
	free(hdr);
}
END_TEST

/**
 * Decode, as other decoders do.
 */
static bool decode(const struct nlmsghdr *hdr)
{
	hwo_request_t request;

	hwo_xfrm_decode_request(hdr, &request);
	return request.kind != HWO_REQUEST_OTHER;
}

START_TEST(test_abuse)
{
	wire_abuse(wire_golden("sa_del_mark"), sizeof(struct xfrm_usersa_id), 0,
			   decode);
	wire_abuse(wire_golden("sp_del_label"), sizeof(struct xfrm_userpolicy_id),
			   0, decode);
}
END_TEST

TCase *request_tcase(void)
{
	TCase *tcase = tcase_create("request");

	tcase_add_loop_test(tcase, test_kind, 0, countof(kinds));
	tcase_add_test(tcase, test_sa);
	tcase_add_test(tcase, test_sp);
	tcase_add_test(tcase, test_abuse);
	return tcase;
}
