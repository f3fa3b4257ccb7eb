/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SAs that charon moves to other addresses: they keep their sequence
 * numbers, or have to be rekeyed.
 */

#include "service_child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <time.h>

/**
 * Move the outbound SA to another address of the peer.
 */
static status_t move_out(char *dst, bool encap)
{
	kernel_ipsec_update_sa_t update = {
		.new_src = sa_out.id.src->clone(sa_out.id.src),
		.new_dst = host_create_from_string(dst, encap ? 4500 : 0),
		.new_encap = encap,
		.new_reqid = 7,
	};
	status_t status;

	update.new_src->set_port(update.new_src, encap ? 4500 : 0);
	status = ipsec->update_sa(ipsec, &sa_out.id, &update);
	update.new_src->destroy(update.new_src);
	if (status == SUCCESS)
	{
		sa_out.id.dst->destroy(sa_out.id.dst);
		sa_out.id.dst = update.new_dst;
	}
	else
	{
		update.new_dst->destroy(update.new_dst);
	}
	return status;
}

/**
 * Last sequence number of the outbound SA.
 */
static uint32_t oseq(void)
{
	struct xfrm_replay_state_esn replay;
	fake_sa_t sa;
	chunk_t attr;

	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &sa));
	attr = fake_sa_attr(&sa, XFRMA_REPLAY_ESN_VAL);
	ck_assert_uint_ge(attr.len, sizeof(replay));
	memcpy(&replay, attr.ptr, sizeof(replay));
	return replay.oseq;
}

START_TEST(test_move)
{
	fake_sa_t sa;

	service_child_init(_i ? HW_OFFLOAD_CRYPTO : HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_set_oseq(kernel, htonl(SPI_OUT), 4711);
	fake_kernel_use_sa(kernel, htonl(SPI_OUT), 5000, 47, time(NULL));

	ck_assert_int_eq(move_out("192.168.50.3", FALSE), SUCCESS);
	ck_assert_uint_eq(oseq(), 4711);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &sa));
	ck_assert_uint_eq(sa.info.id.daddr.a4, inet_addr("192.168.50.3"));
	ck_assert_uint_eq(sa.info.sel.daddr.a4, inet_addr("192.168.50.3"));
	ck_assert_uint_eq(sa.info.reqid, 7);
	ck_assert_uint_eq(sa.info.curlft.packets, 47);
	ck_assert_str_eq(sa_mode(SPI_OUT), _i ? "crypto" : "none");
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
	assert_no_key();
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	service_child_clear();
}
END_TEST

START_TEST(test_move_flooded)
{
	service_child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_set_oseq(kernel, htonl(SPI_OUT), 4711);
	fake_kernel_flood(kernel, htonl(SPI_OUT));

	/* the same peer, by UDP now */
	ck_assert_int_eq(move_out("192.168.50.2", TRUE), SUCCESS);
	ck_assert_uint_eq(oseq(), 4711);
	ck_assert_str_eq(sa_mode(SPI_OUT), "none");
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
	fake_kernel_flood(kernel, 0);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	service_child_clear();
}
END_TEST

START_TEST(test_move_flooded_lost)
{
	/* the request is lost, and what is there in place of it has our reqid */
	service_child_init(HW_OFFLOAD_NO);
	sa_out.data.reqid = 7;
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_set_oseq(kernel, htonl(SPI_OUT), 4711);
	fake_kernel_flood(kernel, htonl(SPI_OUT));
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);

	ck_assert_int_eq(move_out("192.168.50.2", TRUE), NOT_SUPPORTED);
	ck_assert_str_eq(sa_mode(SPI_OUT), "larval");
	fake_kernel_flood(kernel, 0);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	service_child_clear();
}
END_TEST

START_TEST(test_move_marked)
{
	fake_sa_t sa;

	service_child_init(HW_OFFLOAD_CRYPTO);
	/* marked packets leave by another NIC */
	fake_kernel_add_device(kernel, NIC + 1, FAKE_CAPS_CRYPTO, NULL);
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC + 1, NULL, NULL, 42);
	sa_out.data.mode = MODE_TUNNEL;
	sa_out.data.mark = (mark_t){ 0xff2a, 0x00ff };
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(move_out("192.168.50.3", FALSE), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &sa));
	ck_assert_int_eq(sa.offload.ifindex, NIC + 1);
	service_child_clear();
}
END_TEST

START_TEST(test_move_packet)
{
	service_child_init(_i ? HW_OFFLOAD_AUTO : HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	/* the NIC counts: nobody else knows where to go on from */
	ck_assert_int_eq(move_out("192.168.50.3", FALSE), NOT_SUPPORTED);
	ck_assert_str_eq(sa_mode(SPI_OUT), "packet");
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					  0);
	service_child_clear();
}
END_TEST

START_TEST(test_move_taken)
{
	test_sa_t other;
	fake_sa_t sa;

	/* a peer gets to where another one is, with an SPI that is used there: who
	 * was there keeps its SA, as it was */
	service_child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_set_oseq(kernel, htonl(SPI_OUT), 4711);
	sa_init(&other, SPI_OUT, FALSE, HW_OFFLOAD_NO);
	other.id.dst->destroy(other.id.dst);
	other.id.dst = host_create_from_string("192.168.50.3", 0);
	other.data.reqid = 2;
	other.lifetime.packets.life = 3000;
	ck_assert_int_eq(sa_add(&other), SUCCESS);
	ck_assert_int_eq(move_out("192.168.50.3", _i), NOT_SUPPORTED);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 2);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &sa));
	ck_assert_uint_eq(sa.info.reqid, 2);
	ck_assert_uint_eq(sa.info.lft.hard_packet_limit, 3000);
	ck_assert_uint_eq(oseq(), 0);
	ck_assert_int_eq(sa_del(&other), SUCCESS);
	sa_clear(&other);
	service_child_clear();
}
END_TEST

START_TEST(test_move_refused)
{
	service_child_init(HW_OFFLOAD_CRYPTO);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	fake_kernel_set_oseq(kernel, htonl(SPI_OUT), 4711);
	/* the new form is refused, the old one is put back where it was */
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(move_out("192.168.50.3", FALSE), NOT_SUPPORTED);
	ck_assert_str_eq(sa_mode(SPI_OUT), "crypto");
	ck_assert_uint_eq(oseq(), 4711);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	service_child_clear();
}
END_TEST

START_TEST(test_move_unrestored)
{
	service_child_init(_i ? HW_OFFLOAD_AUTO : HW_OFFLOAD_CRYPTO);
	sa_out.data.esn = FALSE;
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT), "crypto");
	/* all steps of the new form are refused, then the old one is accepted, but
	 * the kernel makes it a software SA without a word */
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	if (_i)
	{
		service_refuse(XFRM_MSG_NEWSA, 2, ENOSPC);
	}
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_NONE);
	service_forget_lines();
	ck_assert_int_eq(move_out("192.168.50.3", FALSE), NOT_SUPPORTED);
	/* the peer of a strict one does not get anything encrypted in software */
	ck_assert_str_eq(sa_mode(SPI_OUT), _i ? "none" : "missing");
	ck_assert_int_eq(service_lines_with("unable to restore"), !_i);
	ck_assert_int_eq(sa_del(&sa_out), _i ? SUCCESS : NOT_FOUND);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	service_child_clear();
}
END_TEST

START_TEST(test_move_encap)
{
	struct xfrm_encap_tmpl encap;
	fake_sa_t sa;
	chunk_t attr;

	service_child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(move_out("192.168.50.3", TRUE), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &sa));
	attr = fake_sa_attr(&sa, XFRMA_ENCAP);
	ck_assert_uint_eq(attr.len, sizeof(encap));
	memcpy(&encap, attr.ptr, sizeof(encap));
	ck_assert_uint_eq(ntohs(encap.encap_dport), 4500);
	/* and away again */
	ck_assert_int_eq(move_out("192.168.50.2", FALSE), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI_OUT), &sa));
	ck_assert_uint_eq(fake_sa_attr(&sa, XFRMA_ENCAP).len, 0);
	service_child_clear();
}
END_TEST

TCase *move_tcase(void)
{
	TCase *tcase = tcase_create("move");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_move, 0, 2);
	tcase_add_test(tcase, test_move_flooded);
	tcase_add_test(tcase, test_move_flooded_lost);
	tcase_add_test(tcase, test_move_marked);
	tcase_add_loop_test(tcase, test_move_packet, 0, 2);
	tcase_add_loop_test(tcase, test_move_taken, 0, 2);
	tcase_add_test(tcase, test_move_refused);
	tcase_add_loop_test(tcase, test_move_unrestored, 0, 2);
	tcase_add_test(tcase, test_move_encap);
	return tcase;
}
