/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of ICMP errors about decrypted packets.
 */

#include "service_child.h"

#include <errno.h>
#include <netinet/in.h>

#include "../../service/sp/error_block.h"
#include "../../service/sp/sp_checkin.h"

/**
 * Limit an SP to UDP, from or to a port.
 */
static void limit(test_sp_t *sp, uint8_t proto)
{
	sp->id.src_ts->destroy(sp->id.src_ts);
	sp->id.dst_ts->destroy(sp->id.dst_ts);
	sp->id.src_ts = traffic_selector_create_from_cidr(
							sp->id.dir == POLICY_OUT ? LOCAL : REMOTE, proto,
							0, 65535);
	sp->id.dst_ts = traffic_selector_create_from_cidr(
							sp->id.dir == POLICY_OUT ? REMOTE : LOCAL, proto,
							proto ? 4789 : 0, proto ? 4789 : 65535);
}

static void child_init(hw_offload_t requested)
{
	service_child_clear();
	service_child_init(requested);
	limit(&sp_in, IPPROTO_UDP);
	limit(&sp_out, IPPROTO_UDP);
}

static void icmp_setup(void)
{
	service_setup();
	service_child_init(HW_OFFLOAD_PACKET);
	child_init(HW_OFFLOAD_PACKET);
}

static void icmp_teardown(void)
{
	service_child_clear();
	service_teardown();
}

static void child_del(void)
{
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
}

/**
 * In which modes errors are blocked, and how many SPs there are.
 */
static const struct {
	hw_offload_t requested;
	fake_caps_t caps;
	int sps;
} modes[] = {
	{ HW_OFFLOAD_PACKET,	FAKE_CAPS_PACKET,	4 + 4 },
	{ HW_OFFLOAD_AUTO,		FAKE_CAPS_PACKET,	4 + 4 },
	{ HW_OFFLOAD_AUTO,		FAKE_CAPS_CRYPTO,	2 + 4 },
	{ HW_OFFLOAD_AUTO,		FAKE_CAPS_NONE,		2 + 4 },
	{ HW_OFFLOAD_CRYPTO,	FAKE_CAPS_CRYPTO,	2 + 4 },
	{ HW_OFFLOAD_NO,		FAKE_CAPS_PACKET,	2 },
};

START_TEST(test_modes)
{
	ck_assert(service_start(FAKE_LINUX_7_2, modes[_i].caps, NULL));
	child_init(modes[_i].requested);
	service_child_add();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), modes[_i].sps);
	child_del();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_shared)
{
	test_sp_t other;

	service_child_add();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 8);
	sp_init(&other, POLICY_OUT, LOCAL, REMOTE, SPI_OUT, 1, HW_OFFLOAD_PACKET);
	limit(&other, IPPROTO_TCP);
	ck_assert_int_eq(sp_add(&other), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 10);
	child_del();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 6);
	ck_assert_int_eq(sp_del(&other), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&other);
}
END_TEST

/**
 * SPs for which none are needed: a trap, one that protects ICMP, a tunnel. Or
 * nobody wants that.
 */
START_TEST(test_none)
{
	int sps = 2;

	switch (_i)
	{
		case 0:
			sp_out.cfg.esp.spi = 0;
			break;
		case 1:
			limit(&sp_out, 0);
			break;
		case 2:
			sp_out.cfg.mode = MODE_TUNNEL;
			break;
		case 3:
			lib->settings->set_bool(lib->settings, "%s.plugins.hw-offload."
									"block_icmp_errors", FALSE, lib->ns);
			ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
			break;
	}
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), sps);
}
END_TEST

START_TEST(test_lost)
{
	/* there are no packets to answer anymore, the guard stays alone */
	service_child_add();
	ck_assert(fake_kernel_expire(kernel, htonl(SPI_OUT), TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 1);
}
END_TEST

START_TEST(test_refused)
{
	kernel_ipsec_query_policy_t data = {};
	test_sp_t other;
	time_t used;

	/* one of them, after the SP and its guard */
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 3,
					   FAKE_FAULT_ERROR, ENOMEM, NULL);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 4 + 3);
	ck_assert_int_eq(service_lines_with("unable to install policy"), 1);
	/* nobody tries that again each time that it is looked at */
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(ipsec->query_policy(ipsec, &sp_out.id, &data, &used),
					 SUCCESS);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM,
									   XFRM_MSG_NEWPOLICY), 0);
	/* what another CHILD_SA has got stays without the first one */
	sp_init(&other, POLICY_OUT, LOCAL, REMOTE, SPI_OUT, 1, HW_OFFLOAD_PACKET);
	limit(&other, IPPROTO_TCP);
	ck_assert_int_eq(sp_add(&other), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 6 + 4);
	child_del();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 2 + 4);
	ck_assert_int_eq(sp_del(&other), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&other);
}
END_TEST

/** the SP of a CHILD_SA, and what its errors are blocked with */
static hwo_sp_request_t user;
static sp_table_t *table;
static hwo_sp_install_t install;
static u_int added, blocking;

/**
 * Remove the SP of the CHILD_SA.
 */
static void remove_sp(sp_installer_t *sps)
{
	hwo_sp_entry_t *entry;
	bool top;

	entry = table->checkout(table, &user.sp.id, FALSE);
	ck_assert(hwo_sp_remove_user(entry, &user, &top));
	hwo_sp_checkin(&install, sps, table, entry);
}

/**
 * Block some errors. At the first time another thread is faster.
 */
static int block(sp_installer_t *sps, const hwo_sp_request_t *drop)
{
	if (!added++)
	{
		remove_sp(sps);
	}
	blocking++;
	return 0;
}

static int unblock(sp_installer_t *sps, const hwo_sp_request_t *drop)
{
	if (!blocking)
	{
		return ENOENT;
	}
	blocking--;
	return 0;
}

/**
 * Have a CHILD_SA whose errors may be blocked.
 *
 * @return				entry of its SP, not installed
 */
static hwo_sp_entry_t *begin(void)
{
	hwo_sp_entry_t *entry;

	user = (hwo_sp_request_t){
		.type = POLICY_IPSEC,
		.mode = MODE_TRANSPORT,
		.requested = HW_OFFLOAD_AUTO,
		.sa.spi = htonl(SPI_OUT),
		.sp.id = {
			.dir = POLICY_OUT,
			.sel = {
				.family = AF_INET,
				.proto = IPPROTO_UDP,
				.src_prefix = 32,
				.dst_prefix = 32,
			},
		},
	};
	added = blocking = 0;
	table = hwo_sp_table_create();
	entry = table->checkout(table, &user.sp.id, TRUE);
	hwo_sp_add_user(entry, &user);
	return entry;
}

START_TEST(test_overtaken)
{
	sp_installer_t sps = { .add = block, .del = unblock };
	hwo_sp_entry_t *entry = begin();

	install = (hwo_sp_install_t){
		.precedence = hwo_sp_precedence_create(),
		.settings.block_icmp_errors = TRUE,
	};
	hwo_sp_checkin(&install, &sps, table, entry);
	ck_assert_uint_eq(added, HWO_ICMP_ERROR_SPS);
	ck_assert_uint_eq(blocking, 0);
	ck_assert(!table->checkout(table, &user.sp.id, FALSE));
	install.precedence->destroy(install.precedence);
	table->destroy(table);
}
END_TEST

/** what the kernel answers, and how often a failure would be logged */
static int answer;
static u_int logged;

/**
 * Block some errors, or not.
 */
static int try_block(sp_installer_t *sps, const hwo_sp_request_t *drop)
{
	added++;
	logged += answer && !drop->logged;
	return answer;
}

/**
 * Check an entry in at a time.
 *
 * @return				number of SPs that were tried
 */
static u_int try_at(hwo_sp_entry_t *entry, time_t now)
{
	sp_installer_t sps = { .add = try_block, .del = try_block };
	hwo_error_block_t change;

	added = 0;
	if (hwo_error_block_start(entry, TRUE, now, &change))
	{
		hwo_error_block_apply(&change, &sps);
		ck_assert(!hwo_error_block_next(entry, TRUE, now, &change));
	}
	return added;
}

START_TEST(test_retry)
{
	hwo_sp_entry_t *entry = begin();
	time_t now, wait;
	u_int tries = 0;

	answer = ENOMEM;
	logged = 0;
	/* in a day, whenever it is looked at */
	for (now = 1; now < 86400; now++)
	{
		tries += try_at(entry, now) / HWO_ICMP_ERROR_SPS;
	}
	ck_assert_uint_ge(tries, 24);
	ck_assert_uint_le(tries, 24 + 6);
	ck_assert_uint_eq(logged, HWO_ICMP_ERROR_SPS);
	/* it works in the end */
	answer = 0;
	for (wait = 0; wait < 3600 && !try_at(entry, now + wait); wait++);
	ck_assert_uint_eq(added, HWO_ICMP_ERROR_SPS);
	ck_assert_uint_eq(try_at(entry, now + 86400), 0);
	table->checkin(table, entry);
	table->destroy(table);
}
END_TEST

TCase *icmp_tcase(void)
{
	TCase *tcase = tcase_create("icmp");

	tcase_add_checked_fixture(tcase, icmp_setup, icmp_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, test_modes, 0, countof(modes));
	tcase_add_test(tcase, test_shared);
	tcase_add_loop_test(tcase, test_none, 0, 4);
	tcase_add_test(tcase, test_lost);
	tcase_add_test(tcase, test_refused);
	tcase_add_test(tcase, test_overtaken);
	tcase_add_test(tcase, test_retry);
	return tcase;
}
