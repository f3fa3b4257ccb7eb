/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of CHILD_SAs as a whole: both SAs and their SPs end in the same mode,
 * SAs keep their sequence numbers when they move, and none is forgotten when
 * events were lost.
 */

#include "service_suites.h"

#include <arpa/inet.h>
#include <errno.h>
#include <time.h>

#define IN 0xc0000011
#define OUT 0xc0000022
#define LOCAL "192.168.50.1/32"
#define REMOTE "192.168.50.2/32"

/** A CHILD_SA */
static test_sa_t in, out;
static test_sp_t sp_in, sp_out;

/**
 * Describe a CHILD_SA, nothing of it is installed
 */
static void child_init(hw_offload_t requested)
{
	sa_init(&in, IN, TRUE, requested);
	sa_init(&out, OUT, FALSE, requested);
	sp_init(&sp_in, POLICY_IN, LOCAL, REMOTE, IN, 1, requested);
	sp_init(&sp_out, POLICY_OUT, LOCAL, REMOTE, OUT, 1, requested);
}

/**
 * Release a CHILD_SA
 */
static void child_clear(void)
{
	sa_clear(&in);
	sa_clear(&out);
	sp_clear(&sp_in);
	sp_clear(&sp_out);
}

/**
 * Let the nth of the requests that come fail
 */
static void refuse(uint16_t type, u_int nth, int err)
{
	fake_kernel_inject(kernel, NETLINK_XFRM, type, nth, FAKE_FAULT_ERROR, err,
					   "driver: out of entries");
}

/**
 * Check the mode of both SAs
 */
static void assert_sas(const char *mode)
{
	ck_assert_str_eq(sa_mode(IN), mode);
	ck_assert_str_eq(sa_mode(OUT), mode);
}

/**
 * Check the mode of both SPs
 */
static void assert_sps(const char *mode)
{
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), mode);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), mode);
}

START_TEST(test_outbound_refused)
{
	child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_str_eq(sa_mode(IN), "packet");
	/* once: crypto, twice: not even that */
	refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	if (_i)
	{
		refuse(XFRM_MSG_NEWSA, 2, ENOSPC);
	}
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	assert_sas(_i ? "none" : "crypto");
	ck_assert_int_eq(service_lines_with("driver: out of entries"), 1);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	assert_sps("none");
	ck_assert_int_eq(sa_del(&in), SUCCESS);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	assert_no_key();
	child_clear();
}
END_TEST

START_TEST(test_inbound_refused)
{
	child_init(HW_OFFLOAD_AUTO);
	refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	/* the device would take it in packet mode, but the pair is in crypto */
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	assert_sas("crypto");
	child_clear();
}
END_TEST

START_TEST(test_policy_refused)
{
	child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	assert_sas("packet");
	/* the inbound or the outbound one */
	refuse(XFRM_MSG_NEWPOLICY, _i + 1, EBUSY);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	assert_sas("crypto");
	assert_sps("none");
	ck_assert_int_eq(service_lines_with("policy not offloaded"), 1);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	assert_no_key();
	child_clear();
}
END_TEST

START_TEST(test_policy_refused_later)
{
	test_sp_t pass;

	child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	sp_init(&pass, POLICY_OUT, LOCAL, REMOTE, 0, 0, HW_OFFLOAD_NO);
	pass.data.prio = POLICY_PRIORITY_PASS;
	pass.data.type = POLICY_PASS;
	ck_assert_int_eq(sp_add(&pass), SUCCESS);
	/* the NIC does not take it back when the one above it goes */
	refuse(XFRM_MSG_UPDPOLICY, 1, EBUSY);
	ck_assert_int_eq(sp_del(&pass), SUCCESS);
	assert_sas("crypto");
	assert_sps("none");
	sp_clear(&pass);
	child_clear();
}
END_TEST

START_TEST(test_policy_refused_strict)
{
	child_init(HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	refuse(XFRM_MSG_NEWPOLICY, 1, EBUSY);
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	assert_sas("packet");
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2);
	child_clear();
}
END_TEST

START_TEST(test_policy_fails)
{
	static const int errs[] = { ENOMEM, EPERM };

	child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	/* that is not about offload, it would fail in software just as well */
	refuse(XFRM_MSG_NEWPOLICY, 1, errs[_i]);
	ck_assert_int_eq(sp_add(&sp_in), FAILED);
	assert_sas("packet");
	ck_assert_int_eq(service_lines_with("policy not offloaded"), 0);
	/* once there is memory, nothing stands in its way */
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "packet");
	child_clear();
}
END_TEST

START_TEST(test_used)
{
	child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	/* the peer is fast: nobody knows the window of the NIC anymore */
	fake_kernel_use_sa(kernel, htonl(IN), 100, 1, time(NULL));
	refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	/* each direction works as it is, with the SPs that go along */
	ck_assert_str_eq(sa_mode(IN), "packet");
	ck_assert_str_eq(sa_mode(OUT), "crypto");
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "packet");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
	/* until the next pair, either of them stands for both */
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(IN));
	ck_assert(!calls.expire_hard);
	child_clear();
}
END_TEST

START_TEST(test_demoted_away)
{
	int i;

	child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	/* the outbound SA gets to crypto mode, the inbound one nowhere, and not
	 * back either */
	refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	for (i = 3; i <= 7; i++)
	{
		refuse(XFRM_MSG_NEWSA, i, ENOSPC);
	}
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_str_eq(sa_mode(IN), "missing");
	ck_assert_str_eq(sa_mode(OUT), "crypto");
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(OUT));
	ck_assert(!calls.expire_hard);
	assert_no_key();
	child_clear();
}
END_TEST

START_TEST(test_used_policy)
{
	child_init(HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_use_sa(kernel, htonl(_i ? OUT : IN), 100, 1, time(NULL));
	refuse(XFRM_MSG_NEWPOLICY, 1, EBUSY);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	/* the one that is in use stays, whichever it is, the other one doesn't */
	ck_assert_str_eq(sa_mode(IN), _i ? "crypto" : "packet");
	ck_assert_str_eq(sa_mode(OUT), _i ? "packet" : "crypto");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), "none");
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE),
					 _i ? "packet" : "none");
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(IN));
	ck_assert(!calls.expire_hard);
	assert_no_key();
	child_clear();
}
END_TEST

/**
 * Move the inbound SA to another address of the peer
 */
static status_t move_in(char *src)
{
	kernel_ipsec_update_sa_t update = {
		.new_src = host_create_from_string(src, 0),
		.new_dst = in.id.dst->clone(in.id.dst),
		.new_reqid = 7,
	};
	status_t status;

	status = ipsec->update_sa(ipsec, &in.id, &update);
	update.new_src->destroy(update.new_src);
	update.new_dst->destroy(update.new_dst);
	return status;
}

/**
 * Move the outbound SA to another address of the peer
 */
static status_t move_out(char *dst, bool encap)
{
	kernel_ipsec_update_sa_t update = {
		.new_src = out.id.src->clone(out.id.src),
		.new_dst = host_create_from_string(dst, encap ? 4500 : 0),
		.new_encap = encap,
		.new_reqid = 7,
	};
	status_t status;

	update.new_src->set_port(update.new_src, encap ? 4500 : 0);
	status = ipsec->update_sa(ipsec, &out.id, &update);
	update.new_src->destroy(update.new_src);
	if (status == SUCCESS)
	{
		out.id.dst->destroy(out.id.dst);
		out.id.dst = update.new_dst;
	}
	else
	{
		update.new_dst->destroy(update.new_dst);
	}
	return status;
}

/**
 * Last sequence number of the outbound SA
 */
static uint32_t oseq(void)
{
	struct xfrm_replay_state_esn replay;
	fake_sa_t sa;
	chunk_t attr;

	ck_assert(fake_kernel_get_sa(kernel, htonl(OUT), &sa));
	attr = fake_sa_attr(&sa, XFRMA_REPLAY_ESN_VAL);
	ck_assert_uint_ge(attr.len, sizeof(replay));
	memcpy(&replay, attr.ptr, sizeof(replay));
	return replay.oseq;
}

START_TEST(test_move)
{
	fake_sa_t sa;

	child_init(_i ? HW_OFFLOAD_CRYPTO : HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_set_oseq(kernel, htonl(OUT), 4711);
	fake_kernel_use_sa(kernel, htonl(OUT), 5000, 47, time(NULL));

	ck_assert_int_eq(move_out("192.168.50.3", FALSE), SUCCESS);
	ck_assert_uint_eq(oseq(), 4711);
	ck_assert(fake_kernel_get_sa(kernel, htonl(OUT), &sa));
	ck_assert_uint_eq(sa.info.id.daddr.a4, inet_addr("192.168.50.3"));
	ck_assert_uint_eq(sa.info.sel.daddr.a4, inet_addr("192.168.50.3"));
	ck_assert_uint_eq(sa.info.reqid, 7);
	ck_assert_uint_eq(sa.info.curlft.packets, 47);
	ck_assert_str_eq(sa_mode(OUT), _i ? "crypto" : "none");
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
	assert_no_key();
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	child_clear();
}
END_TEST

START_TEST(test_move_flooded)
{
	child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_set_oseq(kernel, htonl(OUT), 4711);
	fake_kernel_flood(kernel, htonl(OUT));

	/* the same peer, by UDP now */
	ck_assert_int_eq(move_out("192.168.50.2", TRUE), SUCCESS);
	ck_assert_uint_eq(oseq(), 4711);
	ck_assert_str_eq(sa_mode(OUT), "none");
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
	fake_kernel_flood(kernel, 0);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	child_clear();
}
END_TEST

START_TEST(test_move_flooded_lost)
{
	/* the request is lost, and what is there in place of it has our reqid */
	child_init(HW_OFFLOAD_NO);
	out.data.reqid = 7;
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_set_oseq(kernel, htonl(OUT), 4711);
	fake_kernel_flood(kernel, htonl(OUT));
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_IGNORED, 0, NULL);

	ck_assert_int_eq(move_out("192.168.50.2", TRUE), SUCCESS);
	ck_assert_str_eq(sa_mode(OUT), "none");
	ck_assert_uint_eq(oseq(), 4711);
	fake_kernel_flood(kernel, 0);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	child_clear();
}
END_TEST

START_TEST(test_move_marked)
{
	fake_sa_t sa;

	child_init(HW_OFFLOAD_CRYPTO);
	/* marked packets leave by another NIC, those that are received do not */
	fake_kernel_add_device(kernel, NIC + 1, FAKE_CAPS_CRYPTO, NULL);
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC + 1, NULL, NULL, 42);
	in.data.mark = out.data.mark = (mark_t){ 0xff2a, 0x00ff };
	ck_assert_int_eq(sa_add(_i ? &in : &out), SUCCESS);
	ck_assert_int_eq(_i ? move_in("192.168.50.3")
						: move_out("192.168.50.3", FALSE), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(_i ? IN : OUT), &sa));
	ck_assert_int_eq(sa.offload.ifindex, _i ? NIC : NIC + 1);
	child_clear();
}
END_TEST

START_TEST(test_move_packet)
{
	child_init(HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	/* the NIC counts: nobody else knows where to go on from */
	ck_assert_int_eq(move_out("192.168.50.3", FALSE), NOT_SUPPORTED);
	ck_assert_str_eq(sa_mode(OUT), "packet");
	ck_assert_uint_eq(fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_DELSA),
					  0);
	child_clear();
}
END_TEST

START_TEST(test_move_refused)
{
	child_init(HW_OFFLOAD_CRYPTO);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_set_oseq(kernel, htonl(OUT), 4711);
	/* the new form is refused, the old one is put back where it was */
	refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(move_out("192.168.50.3", FALSE), NOT_SUPPORTED);
	ck_assert_str_eq(sa_mode(OUT), "crypto");
	ck_assert_uint_eq(oseq(), 4711);
	ck_assert_int_eq(sa_del(&out), SUCCESS);
	child_clear();
}
END_TEST

START_TEST(test_move_unrestored)
{
	child_init(_i ? HW_OFFLOAD_AUTO : HW_OFFLOAD_CRYPTO);
	out.data.esn = FALSE;
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_str_eq(sa_mode(OUT), "crypto");
	/* all steps of the new form are refused, then the old one is accepted, but
	 * the kernel makes it a software SA without a word */
	refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	if (_i)
	{
		refuse(XFRM_MSG_NEWSA, 2, ENOSPC);
	}
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_NONE);
	service_forget_lines();
	ck_assert_int_eq(move_out("192.168.50.3", FALSE), NOT_SUPPORTED);
	/* the peer of a strict one does not get anything encrypted in software */
	ck_assert_str_eq(sa_mode(OUT), _i ? "none" : "missing");
	ck_assert_int_eq(service_lines_with("unable to restore"), !_i);
	ck_assert_int_eq(sa_del(&out), _i ? SUCCESS : NOT_FOUND);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	child_clear();
}
END_TEST

START_TEST(test_move_encap)
{
	struct xfrm_encap_tmpl encap;
	fake_sa_t sa;
	chunk_t attr;

	child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	ck_assert_int_eq(move_out("192.168.50.3", TRUE), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(OUT), &sa));
	attr = fake_sa_attr(&sa, XFRMA_ENCAP);
	ck_assert_uint_eq(attr.len, sizeof(encap));
	memcpy(&encap, attr.ptr, sizeof(encap));
	ck_assert_uint_eq(ntohs(encap.encap_dport), 4500);
	/* and away again */
	ck_assert_int_eq(move_out("192.168.50.2", FALSE), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(OUT), &sa));
	ck_assert_uint_eq(fake_sa_attr(&sa, XFRMA_ENCAP).len, 0);
	child_clear();
}
END_TEST

/**
 * Lose what the kernel says about an SA: charon is told nevertheless, and of
 * nothing else
 */
static void assert_found_out(uint32_t spi)
{
	fake_kernel_overrun(kernel, NETLINK_XFRM);
	/* anything announced makes the overrun known */
	fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.2", 2,
						IPPROTO_UDP, 1);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, htonl(spi));
	/* a hard one would take the policies away */
	ck_assert(!calls.expire_hard);
	ck_assert(calls_wait(&calls.acquires, 1));
	ck_assert_int_eq(calls.expires, 1);
}

START_TEST(test_lost_missing)
{
	child_init(HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_drop_sa(kernel, htonl(OUT));
	assert_found_out(OUT);
	child_clear();
}
END_TEST

START_TEST(test_lost_marked)
{
	child_init(HW_OFFLOAD_NO);
	/* there is no way for what we mark, but that is not the way to the peer */
	fake_kernel_add_route(kernel, "192.168.50.0/24", 0, NULL, NULL, 42);
	in.data.mark = (mark_t){ 42, 0xff };
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_drop_sa(kernel, htonl(IN));
	assert_found_out(IN);
	ck_assert_int_eq(service_lines_with("until there is a route"), 0);
	child_clear();
}
END_TEST

START_TEST(test_lost_soft)
{
	child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	fake_kernel_use_sa(kernel, htonl(IN), 100, 999, time(NULL));
	fake_kernel_use_sa(kernel, htonl(OUT), 100, 1000, time(NULL));
	assert_found_out(OUT);
	child_clear();
}
END_TEST

START_TEST(test_reason)
{
	child_init(HW_OFFLOAD_AUTO);
	in.data.encap = out.data.encap = TRUE;
	if (_i)
	{	/* what comes first counts: packet was refused, crypto not tried */
		refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	}
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	assert_sas(_i ? "none" : "packet");
	ck_assert_int_eq(service_lines_with("udp-encap"), 0);
	ck_assert_int_eq(service_lines_with(_i ? "driver-refused: driver: out"
										   : "as-requested"), 1);
	child_clear();
}
END_TEST

START_TEST(test_lost_answer)
{
	child_init(HW_OFFLOAD_AUTO);
	/* neither executed nor answered: says nothing about packet mode */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   _i ? FAKE_FAULT_IGNORED : FAKE_FAULT_ERROR, ENOBUFS,
					   NULL);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	ck_assert_str_eq(sa_mode(IN), "packet");
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 1);
	child_clear();
}
END_TEST

TCase *pair_tcase(void)
{
	TCase *tcase = tcase_create("pair");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_outbound_refused, 0, 2);
	tcase_add_test(tcase, test_inbound_refused);
	tcase_add_loop_test(tcase, test_policy_refused, 0, 2);
	tcase_add_test(tcase, test_policy_refused_later);
	tcase_add_test(tcase, test_policy_refused_strict);
	tcase_add_loop_test(tcase, test_policy_fails, 0, 2);
	tcase_add_test(tcase, test_used);
	tcase_add_test(tcase, test_demoted_away);
	tcase_add_loop_test(tcase, test_used_policy, 0, 2);
	tcase_add_loop_test(tcase, test_lost_answer, 0, 2);
	tcase_add_loop_test(tcase, test_reason, 0, 2);
	tcase_add_loop_test(tcase, test_move, 0, 2);
	tcase_add_test(tcase, test_move_flooded);
	tcase_add_test(tcase, test_move_flooded_lost);
	tcase_add_loop_test(tcase, test_move_marked, 0, 2);
	tcase_add_test(tcase, test_move_packet);
	tcase_add_test(tcase, test_move_refused);
	tcase_add_loop_test(tcase, test_move_unrestored, 0, 2);
	tcase_add_test(tcase, test_move_encap);
	tcase_add_test(tcase, test_lost_missing);
	tcase_add_test(tcase, test_lost_marked);
	tcase_add_test(tcase, test_lost_soft);
	return tcase;
}
