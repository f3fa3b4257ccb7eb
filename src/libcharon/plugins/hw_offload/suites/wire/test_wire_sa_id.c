/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of requests that only name SAs: equal to what iproute2 sends.
 */

#include "wire_suites.h"

#include <netinet/in.h>
#include <linux/xfrm.h>

#include "../../wire/xfrm_sa.h"

START_TEST(test_get_and_delete)
{
	hwo_sa_id_t id = {
		.dst = wire_addr("192.168.50.2"),
		.spi = htonl(0xc1000001),
		.proto = IPPROTO_ESP,
	};
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_get_sa(&msg, &id));
	wire_same(&msg, "sa_get", sizeof(struct xfrm_usersa_id));
	ck_assert_int_eq(msg.request.kind, HWO_REQUEST_OTHER);
	ck_assert(hwo_xfrm_encode_del_sa(&msg, &id));
	wire_same(&msg, "sa_del", sizeof(struct xfrm_usersa_id));

	id.dst = wire_addr("fec5::1");
	id.spi = htonl(0xc4000004);
	id.mark = (mark_t){ .value = 0x2a, .mask = 0xff00ff };
	ck_assert(hwo_xfrm_encode_get_sa(&msg, &id));
	wire_same(&msg, "sa_get_mark", sizeof(struct xfrm_usersa_id));
	ck_assert(hwo_xfrm_encode_del_sa(&msg, &id));
	wire_same(&msg, "sa_del_mark", sizeof(struct xfrm_usersa_id));
	ck_assert_int_eq(msg.request.kind, HWO_REQUEST_DEL_SA);
	ck_assert(hwo_sa_id_equals(&msg.request.sa, &id));
}
END_TEST

START_TEST(test_alloc_spi)
{
	const size_t hdr_len = sizeof(struct xfrm_userspi_info);
	hwo_addr_t src = wire_addr("192.168.50.2"), dst = wire_addr("192.168.50.1"),
			   src6 = wire_addr("fec5::2"), dst6 = wire_addr("fec5::1");
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_alloc_spi(&msg, &src, &dst, IPPROTO_ESP,
										0xc0000000, 0xcfffffff, TRUE));
	wire_same(&msg, "spi_esp", hdr_len);
	hwo_xfrm_set_larval_reqid(&msg, 77);
	ck_assert_uint_eq(((struct xfrm_userspi_info*)(&msg.hdr + 1))->info.reqid,
					  77);
	ck_assert(hwo_xfrm_encode_alloc_spi(&msg, &src6, &dst6, IPPROTO_ESP,
										0xc0000000, 0xcfffffff, FALSE));
	wire_same(&msg, "spi_esp6", hdr_len);
	ck_assert(hwo_xfrm_encode_alloc_spi(&msg, &src, &dst, IPPROTO_COMP,
										0x100, 0xefff, FALSE));
	wire_same(&msg, "cpi", hdr_len);
}
END_TEST

START_TEST(test_flush_and_dump)
{
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_flush_sa(&msg, IPPROTO_ESP));
	wire_same(&msg, "sa_flush_esp", sizeof(struct xfrm_usersa_flush));
	ck_assert(hwo_xfrm_encode_flush_sa(&msg, IPPROTO_COMP));
	wire_same(&msg, "sa_flush_comp", sizeof(struct xfrm_usersa_flush));
	/* iproute2 adds a filter for addresses */
	ck_assert(hwo_xfrm_encode_dump_sa(&msg));
	ck_assert_int_eq(msg.hdr.nlmsg_type, 0x12);
	ck_assert_int_eq(msg.hdr.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	ck_assert_uint_eq(msg.hdr.nlmsg_len, sizeof(msg.hdr));
}
END_TEST

TCase *sa_id_tcase(void)
{
	TCase *tcase = tcase_create("sa-id");

	tcase_add_test(tcase, test_get_and_delete);
	tcase_add_test(tcase, test_alloc_spi);
	tcase_add_test(tcase, test_flush_and_dump);
	return tcase;
}
