/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SAs besides their offload: what charon asks for is what is in the
 * SAD, whatever the kernel's version.
 */

#include "service_suites.h"
#include "../../hwo_compat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <time.h>

#define SPI 0xc0000042

static const fake_version_t versions[] = {
	FAKE_LINUX_6_6, FAKE_LINUX_6_12, FAKE_LINUX_7_2,
};

START_TEST(test_spi)
{
	host_t *src, *dst;
	uint32_t spi, other;
	uint16_t cpi;
	fake_sa_t sa;

	ck_assert(service_start(versions[_i], FAKE_CAPS_PACKET, NULL));
	src = host_create_from_string("192.168.50.2", 0);
	dst = host_create_from_string("192.168.50.1", 0);
	ck_assert_int_eq(ipsec->get_spi(ipsec, src, dst, IPPROTO_ESP, &spi),
					 SUCCESS);
	ck_assert_int_eq(ipsec->get_spi(ipsec, src, dst, IPPROTO_ESP, &other),
					 SUCCESS);
	ck_assert_int_ne(spi, other);
	ck_assert_uint_ge(ntohl(spi), 0xc0000000);
	ck_assert_uint_le(ntohl(spi), 0xcfffffff);
	ck_assert(fake_kernel_get_sa(kernel, spi, &sa));
	ck_assert(sa.larval);
	/* the direction has to be the same as in UPDSA later */
	ck_assert_int_eq(sa.dir, versions[_i] >= FAKE_LINUX_6_12 ? 1 : 0);
	ck_assert_int_eq(sa.info.id.daddr.a4, inet_addr("192.168.50.1"));

	ck_assert_int_eq(ipsec->get_cpi(ipsec, src, dst, &cpi), SUCCESS);
	ck_assert_int_ge(ntohs(cpi), 0x100);
	ck_assert_int_le(ntohs(cpi), 0xefff);

	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_ALLOCSPI, 1,
					   FAKE_FAULT_ERROR, ENOENT, "SPI range is exhausted");
	service_forget_lines();
	ck_assert_int_eq(ipsec->get_spi(ipsec, src, dst, IPPROTO_ESP, &spi),
					 FAILED);
	ck_assert_int_eq(service_lines_with("SPI range is exhausted"), 1);
	src->destroy(src);
	dst->destroy(dst);
}
END_TEST

/** replay windows, those up to 32 fit into the fixed header */
static const uint32_t windows[] = { 0, 1, 32, 33, 64, 256, 1024, 4096 };

START_TEST(test_replay)
{
	int i = _i % countof(windows), flags = _i / countof(windows);
	bool inbound = flags & 1, esn = flags & 2;
	struct xfrm_replay_state_esn state;
	fake_version_t version = versions[flags / 4];
	status_t expected = SUCCESS;
	fake_sa_t installed;
	test_sa_t sa;
	chunk_t attr;

	ck_assert(service_start(version, FAKE_CAPS_NONE, NULL));
	sa_init(&sa, SPI, inbound, HW_OFFLOAD_NO);
	sa.data.replay_window = windows[i];
	sa.data.esn = esn;
	if (inbound && esn && !windows[i])
	{	/* the kernel insists on one */
		expected = FAILED;
	}
	if (!inbound && esn && !windows[i] && version < FAKE_LINUX_6_12)
	{
		expected = FAILED;
	}
	ck_assert_msg(sa_add(&sa) == expected, "window %u esn %d inbound %d on %x",
				  windows[i], esn, inbound, version);
	if (expected == SUCCESS)
	{
		ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
		ck_assert_int_eq(installed.dir, version < FAKE_LINUX_6_12 ? 0
											: inbound ? 1 : 2);
		ck_assert_int_eq(!!(installed.info.flags & XFRM_STATE_ESN), esn);
		attr = fake_sa_attr(&installed, XFRMA_REPLAY_ESN_VAL);
		if (attr.len)
		{
			memcpy(&state, attr.ptr, sizeof(state));
		}
		if (inbound)
		{
			ck_assert_int_eq(attr.len ? state.replay_window
									  : installed.info.replay_window,
							 windows[i]);
		}
	}
	sa_clear(&sa);
}
END_TEST

/** in which mode outbound SAs with ESN have a window and automatic limits, and
 * a direction */
static const struct {
	fake_version_t version;
	hw_offload_t requested;
	fake_caps_t caps;
	bool esn, stale;
} stales[] = {
	{ FAKE_LINUX_6_12, HW_OFFLOAD_CRYPTO, FAKE_CAPS_PACKET, TRUE, TRUE },
	{ FAKE_LINUX_6_12, HW_OFFLOAD_AUTO, FAKE_CAPS_CRYPTO, TRUE, TRUE },
	/* from software it may move to a NIC later */
	{ FAKE_LINUX_6_12, HW_OFFLOAD_AUTO, FAKE_CAPS_NONE, TRUE, TRUE },
	{ FAKE_LINUX_6_12, HW_OFFLOAD_AUTO, FAKE_CAPS_PACKET, TRUE, FALSE },
	{ FAKE_LINUX_6_12, HW_OFFLOAD_NO, FAKE_CAPS_PACKET, TRUE, FALSE },
	{ FAKE_LINUX_6_12, HW_OFFLOAD_CRYPTO, FAKE_CAPS_PACKET, FALSE, FALSE },
	{ FAKE_LINUX_7_2, HW_OFFLOAD_CRYPTO, FAKE_CAPS_PACKET, TRUE, FALSE },
	{ FAKE_LINUX_7_2, HW_OFFLOAD_AUTO, FAKE_CAPS_CRYPTO, TRUE, FALSE },
};

START_TEST(test_stale)
{
	struct xfrm_replay_state_esn state = {};
	bool stale = stales[_i].stale;
	fake_sa_t installed;
	test_sa_t sa;
	chunk_t attr;

	ck_assert(service_start(stales[_i].version, stales[_i].caps, NULL));
	sa_init(&sa, SPI, FALSE, stales[_i].requested);
	sa.data.esn = stales[_i].esn;
	memset(&sa.lifetime, 0, sizeof(sa.lifetime));
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_int_eq(installed.dir, stale ? 0 : 2);
	attr = fake_sa_attr(&installed, XFRMA_REPLAY_ESN_VAL);
	memcpy(&state, attr.ptr, min(attr.len, sizeof(state)));
	ck_assert_uint_eq(state.replay_window, stale);
	ck_assert_uint_eq(installed.info.lft.soft_packet_limit,
					  stale ? 0xc0000000 : XFRM_INF);
	ck_assert_uint_eq(installed.info.lft.hard_packet_limit,
					  stale ? 0xffff0000 : XFRM_INF);
	ck_assert_int_eq(sa_del(&sa), SUCCESS);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_interface)
{
	fake_sa_t installed;
	test_sa_t sa;

	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_NO);
	sa.data.interface = "nic3";
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_int_eq(installed.info.sel.ifindex, NIC);
	ck_assert_int_eq(installed.info.sel.prefixlen_s, 32);
	ck_assert_int_eq(sa_del(&sa), SUCCESS);

	/* no selector, no interface in it */
	sa.data.mode = MODE_TUNNEL;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_int_eq(installed.info.sel.ifindex, 0);
	ck_assert_int_eq(sa_del(&sa), SUCCESS);

	/* must not become one for all interfaces */
	service_forget_lines();
	sa.data.mode = MODE_TRANSPORT;
	sa.data.interface = "nic4711";
	ck_assert_int_eq(sa_add(&sa), FAILED);
	ck_assert(!fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_int_eq(service_lines_with("nic4711"), 1);
	sa_clear(&sa);
}
END_TEST

/**
 * Check the attributes that follow from the settings below.
 */
static void assert_attrs(fake_sa_t *installed)
{
	struct xfrm_encap_tmpl encap;
	struct xfrm_algo_aead aead;
	chunk_t attr;

	attr = fake_sa_attr(installed, XFRMA_ENCAP);
	ck_assert_int_ge(attr.len, sizeof(encap));
	memcpy(&encap, attr.ptr, sizeof(encap));
	ck_assert_int_eq(ntohs(encap.encap_sport), 4500);
	ck_assert_int_eq(ntohs(encap.encap_dport), 4501);
	attr = fake_sa_attr(installed, XFRMA_ALG_AEAD);
	ck_assert_int_eq(attr.len, sizeof(aead) + sizeof(service_key));
	memcpy(&aead, attr.ptr, sizeof(aead));
	ck_assert_str_eq(aead.alg_name, "rfc4106(gcm(aes))");
	ck_assert_int_eq(aead.alg_icv_len, 128);
	ck_assert_int_eq(aead.alg_key_len, sizeof(service_key) * 8);
	ck_assert_mem_eq(attr.ptr + sizeof(aead), service_key,
					 sizeof(service_key));
	attr = fake_sa_attr(installed, XFRMA_SET_MARK);
	ck_assert_int_eq(attr.len, 4);
	ck_assert_int_eq(*attr.ptr, 5);
}

START_TEST(test_settings)
{
	struct xfrm_lifetime_cfg *lft;
	fake_sa_t installed;
	test_sa_t sa;

	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_NO);
	sa.id.src->set_port(sa.id.src, 4500);
	sa.id.dst->set_port(sa.id.dst, 4501);
	sa.id.if_id = 7;
	sa.id.mark = (mark_t){ 0x11, 0xff };
	sa.data.encap = TRUE;
	sa.data.reqid = 99;
	sa.data.mark = (mark_t){ 5, 0xffffffff };
	sa.lifetime.bytes.rekey = 100000;
	sa.lifetime.bytes.life = 200000;
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &installed));
	ck_assert_int_eq(installed.info.reqid, 99);
	ck_assert_int_eq(installed.info.mode, XFRM_MODE_TRANSPORT);
	ck_assert_int_eq(installed.info.family, AF_INET);
	ck_assert_int_eq(installed.info.saddr.a4, inet_addr("192.168.50.1"));
	ck_assert_int_eq(installed.info.id.daddr.a4, inet_addr("192.168.50.2"));
	ck_assert_int_eq(installed.if_id, 7);
	ck_assert_int_eq(installed.mark.v, 0x11);
	ck_assert_int_eq(installed.mark.m, 0xff);
	lft = &installed.info.lft;
	ck_assert_uint_eq(lft->soft_byte_limit, 100000);
	ck_assert_uint_eq(lft->hard_byte_limit, 200000);
	ck_assert_uint_eq(lft->soft_packet_limit, 1000);
	ck_assert_uint_eq(lft->hard_packet_limit, 2000);
	ck_assert_uint_eq(lft->soft_add_expires_seconds, 3000);
	ck_assert_uint_eq(lft->hard_add_expires_seconds, 3600);
	assert_attrs(&installed);
	ck_assert_int_eq(sa_del(&sa), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_query)
{
	static const hw_offload_t modes[] = { HW_OFFLOAD_NO, HW_OFFLOAD_PACKET };
	kernel_ipsec_query_sa_t data = {};
	uint64_t bytes, packets;
	time_t used, now;
	test_sa_t sa;

	sa_init(&sa, SPI, TRUE, modes[_i]);
	ck_assert_int_eq(ipsec->query_sa(ipsec, &sa.id, &data, &bytes, &packets,
									 &used), FAILED);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_int_eq(ipsec->query_sa(ipsec, &sa.id, &data, &bytes, &packets,
									 &used), SUCCESS);
	ck_assert_uint_eq(bytes, 0);
	ck_assert_uint_eq(packets, 0);
	ck_assert_int_eq(used, 0);

	now = time_monotonic(NULL);
	fake_kernel_use_sa(kernel, sa.id.spi, 1ULL << 40, 1ULL << 33,
					   time(NULL) - 10);
	ck_assert_int_eq(ipsec->query_sa(ipsec, &sa.id, &data, &bytes, &packets,
									 &used), SUCCESS);
	ck_assert_uint_eq(bytes, 1ULL << 40);
	ck_assert_uint_eq(packets, 1ULL << 33);
	if (modes[_i] == HW_OFFLOAD_PACKET)
	{	/* the kernel does not know, but the counter moved since last time */
		ck_assert_int_ge(used, now);
	}
	else
	{
		ck_assert_int_ge(used, now - 12);
		ck_assert_int_le(used, now - 8);
	}
	ck_assert_int_eq(ipsec->query_sa(ipsec, &sa.id, &data, NULL, NULL, NULL),
					 SUCCESS);
	assert_no_key();
	ck_assert_int_eq(sa_del(&sa), SUCCESS);
	ck_assert_int_eq(sa_del(&sa), NOT_FOUND);
	ck_assert_int_eq(ipsec->query_sa(ipsec, &sa.id, &data, NULL, NULL, NULL),
					 FAILED);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_query_garbled)
{
	kernel_ipsec_query_sa_t data = {};
	uint64_t bytes, packets;
	test_sa_t sa;
	time_t used;

	sa_init(&sa, SPI, TRUE, HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSA, 1,
					   FAKE_FAULT_SHORT, _i, NULL);
	ck_assert_int_eq(ipsec->query_sa(ipsec, &sa.id, &data, &bytes, &packets,
									 &used), FAILED);
	assert_no_key();
	ck_assert_int_eq(ipsec->query_sa(ipsec, &sa.id, &data, &bytes, &packets,
									 &used), SUCCESS);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_flush)
{
	test_sa_t sa;
	int i;

	for (i = 0; i < 5; i++)
	{
		sa_init(&sa, SPI + i, i % 2, HW_OFFLOAD_AUTO);
		ck_assert_int_eq(sa_add(&sa), SUCCESS);
		sa_clear(&sa);
	}
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 5);
	ck_assert_int_eq(ipsec->flush_sas(ipsec), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);

	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_FLUSHSA, 0,
					   FAKE_FAULT_ERROR, EPERM, NULL);
	ck_assert_int_eq(ipsec->flush_sas(ipsec), FAILED);
}
END_TEST

START_TEST(test_ipcomp)
{
	fake_sa_t esp, comp;
	test_sa_t sa;

	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_NO);
	sa.data.mode = MODE_TUNNEL;
	sa.data.ipcomp = IPCOMP_DEFLATE;
	sa.data.cpi = htons(0x1234);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 2);
	ck_assert(fake_kernel_get_sa(kernel, htonl(SPI), &esp));
	ck_assert(fake_kernel_get_sa(kernel, htonl(0x1234), &comp));
	/* the inner one has the tunnel */
	ck_assert_int_eq(comp.info.mode, XFRM_MODE_TUNNEL);
	ck_assert_int_eq(comp.info.id.proto, IPPROTO_COMP);
	ck_assert_int_eq(esp.info.mode, XFRM_MODE_TRANSPORT);
	ck_assert_int_eq(sa_del(&sa), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);

	/* none stays alone */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 2,
					   FAKE_FAULT_ERROR, ENOSYS, NULL);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_ipcomp_move)
{
	kernel_ipsec_update_sa_t update = {
		.cpi = htons(0x1234),
		.new_reqid = 7,
	};
	fake_sa_t comp;
	test_sa_t sa;

	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_NO);
	sa.data.ipcomp = IPCOMP_DEFLATE;
	sa.data.cpi = update.cpi;
	update.new_src = sa.id.src;
	update.new_dst = host_create_from_string("192.168.50.3", 0);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	/* IPComp moves, ESP doesn't, and with it IPComp goes back or away */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 2,
					   FAKE_FAULT_ERROR, ENOSPC, NULL);
	if (_i)
	{	/* after the restored ESP SA, IPComp in its old place */
		fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 4,
						   FAKE_FAULT_ERROR, ENOSPC, NULL);
	}
	ck_assert_int_eq(ipsec->update_sa(ipsec, &sa.id, &update), NOT_SUPPORTED);
	ck_assert_int_eq(fake_kernel_get_sa(kernel, htonl(0x1234), &comp), !_i);
	if (!_i)
	{
		ck_assert_uint_eq(comp.info.id.daddr.a4, inet_addr("192.168.50.2"));
		ck_assert_uint_eq(comp.info.reqid, 1);
	}
	/* charon has it where it was */
	ck_assert_int_eq(sa_del(&sa), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sas(kernel), 0);
	update.new_dst->destroy(update.new_dst);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_unknown_algorithm)
{
	test_sa_t sa;

	sa_init(&sa, SPI, FALSE, HW_OFFLOAD_NO);
	sa.data.enc_alg = 4711;
	ck_assert_int_eq(sa_add(&sa), FAILED);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0), 0);
	ck_assert_int_eq(service_lines_with("4711"), 1);
	sa_clear(&sa);
}
END_TEST

/**
 * Refusals at the start.
 */
static const struct {
	fake_fault_t fault;
	int err;
	const char *line;
} refused[] = {
	{ FAKE_FAULT_ERROR, EPERM, "CAP_NET_ADMIN" },
	{ FAKE_FAULT_ERROR, EINVAL, "does not answer as expected" },
	{ FAKE_FAULT_LOST, 0, "does not answer as expected" },
	{ FAKE_FAULT_SHORT, 8, "does not answer as expected" },
};

START_TEST(test_start_refused)
{
	hwo_kernel_sockets_t doors = {};

	service_forget_lines();
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_GETSPDINFO, 0,
					   refused[_i].fault, refused[_i].err, NULL);
	doors.xfrm = fake_kernel_open(kernel, NETLINK_XFRM, NULL);
	doors.xfrm_events = fake_kernel_open(kernel, NETLINK_XFRM, NULL);
	doors.route = fake_kernel_open(kernel, NETLINK_ROUTE, NULL);
	doors.route_events = fake_kernel_open(kernel, NETLINK_ROUTE, NULL);
	doors.link_events = fake_kernel_open(kernel, NETLINK_ROUTE, NULL);
	doors.link_requests = fake_kernel_open(kernel, NETLINK_ROUTE, NULL);
	doors.route_changes = fake_kernel_open(kernel, NETLINK_ROUTE, NULL);
	snprintf(doors.uname.release, sizeof(doors.uname.release), "7.2.0");
	ck_assert(!hw_offload_ipsec_create(&doors));
	ck_assert_msg(line_count() == 1 &&
				  strstr(line_at(0), refused[_i].line), "%s", line_at(0));
}
END_TEST

START_TEST(test_features)
{
	kernel_feature_t features = ipsec->get_features(ipsec);

	/* outbound SAs may be there before the peer has its inbound one, as the
	 * policy names the SA to use */
	ck_assert(features & KERNEL_POLICY_SPI);
	ck_assert(features & KERNEL_ESP_V3_TFC);
	ck_assert(features & KERNEL_SA_USE_TIME);
	ck_assert_int_eq(features & HWO_KERNEL_ACQUIRE_SEQ, HWO_KERNEL_ACQUIRE_SEQ);
	/* we don't need charon to do any of these for us */
	ck_assert(!(features & KERNEL_REQUIRE_EXCLUDE_ROUTE));
	ck_assert(!(features & KERNEL_REQUIRE_UDP_ENCAPSULATION));
	ck_assert(!(features & KERNEL_NO_POLICY_UPDATES));
}
END_TEST

TCase *sa_tcase(void)
{
	TCase *tcase = tcase_create("sa");

	tcase_add_checked_fixture(tcase, service_setup, service_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_spi, 0, countof(versions));
	tcase_add_loop_test(tcase, test_replay, 0,
						countof(windows) * 4 * countof(versions));
	tcase_add_test(tcase, test_features);
	tcase_add_loop_test(tcase, test_stale, 0, countof(stales));
	tcase_add_test(tcase, test_interface);
	tcase_add_test(tcase, test_settings);
	tcase_add_loop_test(tcase, test_query, 0, 2);
	tcase_add_loop_test(tcase, test_query_garbled, 1, 30);
	tcase_add_test(tcase, test_flush);
	tcase_add_test(tcase, test_ipcomp);
	tcase_add_loop_test(tcase, test_ipcomp_move, 0, 2);
	tcase_add_test(tcase, test_unknown_algorithm);
	tcase_add_loop_test(tcase, test_start_refused, 0, countof(refused));
	return tcase;
}
