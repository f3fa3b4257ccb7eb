/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what a NIC does with the traffic of a CHILD_SA that is closed.
 */

#include "bus_child.h"
#include "service_reroute.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "../../service/charon/deferred_job.h"

/** Milliseconds that are long enough to look at what there is meanwhile. */
#define LONG 1000

/** Milliseconds that soon are over. */
#define SHORT 20

/** Another peer */
#define THIRD "192.168.50.3/32"

/** When the CHILD_SA was closed */
static uint64_t closed;

/**
 * Check something that is so until a long time is over, which it may be before
 * a slow machine looks.
 */
static bool meanwhile(bool is)
{
	return is || hwo_now_ms() >= closed + LONG;
}

/**
 * Start a backend that lets NICs block for so many milliseconds.
 */
static void start(int ms)
{
	service_set_drain(ms);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_forget_lines();
}

/**
 * Check if the outbound SP in the NIC blocks, in front of its guard.
 */
static bool blocks(void)
{
	fake_sp_t sp;

	return service_child_guarded() &&
		   fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp) &&
		   sp.offload.ifindex == NIC && !sp.tmpl_count &&
		   sp.info.action == XFRM_POLICY_BLOCK;
}

/**
 * Check if the outbound SP in the NIC has an SA, 0 is that of a trap.
 */
static bool protects(uint32_t spi)
{
	fake_sp_t sp;

	return service_child_guarded() &&
		   fake_kernel_get_sp(kernel, XFRM_POLICY_OUT, LOCAL, REMOTE, &sp) &&
		   sp.offload.ifindex == NIC && sp.tmpl_count == 1 &&
		   sp.info.action == XFRM_POLICY_ALLOW &&
		   sp.tmpl[0].id.spi == htonl(spi);
}

/**
 * Wait until the outbound SP in the NIC is that of the trap.
 */
static bool await_trap(void)
{
	int i;

	for (i = 0; i < TEST_DEADLINE && !protects(0); i++)
	{
		usleep(1000);
	}
	return protects(0);
}

/**
 * Wait until there are so many SPs.
 */
static bool await_sps(u_int count)
{
	int i;

	for (i = 0; i < TEST_DEADLINE &&
		 fake_kernel_count_sps(kernel) != count; i++)
	{
		usleep(1000);
	}
	return fake_kernel_count_sps(kernel) == count;
}

static u_int count(uint16_t type)
{
	return fake_kernel_count(kernel, NETLINK_XFRM, type);
}

/**
 * Close the CHILD_SA, in charon's order.
 */
static void close_child(void)
{
	closed = hwo_now_ms();
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
}

static void init_trap(test_sp_t *trap, hw_offload_t requested)
{
	sp_init(trap, POLICY_OUT, LOCAL, REMOTE, 0, 1, requested);
	trap->data.prio = POLICY_PRIORITY_ROUTED;
}

/**
 * Install a trap, and close a CHILD_SA for the same traffic.
 */
static void close_over_trap(test_sp_t *trap, hw_offload_t requested)
{
	init_trap(trap, requested);
	ck_assert_int_eq(sp_add(trap), SUCCESS);
	service_child_add();
	close_child();
}

START_TEST(test_order)
{
	start(LONG);
	service_log_level = 2;
	service_child_add();
	fake_kernel_reset_counts(kernel);
	closed = hwo_now_ms();
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	/* with one request, the guard is not touched */
	ck_assert(meanwhile(count(0) == 1));
	ck_assert_uint_eq(count(XFRM_MSG_UPDPOLICY), 1);
	ck_assert(meanwhile(blocks()));
	ck_assert_int_eq(service_lines_with("draining policy"), 1);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	/* it is still there without its SAs, and goes later */
	ck_assert(meanwhile(blocks()));
	ck_assert_uint_eq(fake_kernel_count_sas(kernel), 0);
	ck_assert(meanwhile(fake_kernel_count_sps(kernel) == 2));
	ck_assert(await_sps(0));
	ck_assert_uint_ge(hwo_now_ms(), closed + LONG);
	ck_assert_uint_eq(count(XFRM_MSG_UPDPOLICY), 1);
}
END_TEST

START_TEST(test_takeover)
{
	test_sp_t other, new;
	test_sa_t sa;

	start(LONG);
	service_child_add();
	sa_init(&sa, SPI_OUT + 1, FALSE, HW_OFFLOAD_PACKET);
	sa.data.reqid = 2;
	sp_init(&other, POLICY_OUT, LOCAL, THIRD, SPI_OUT + 1, 2,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_int_eq(sp_add(&other), SUCCESS);
	close_child();
	sa_out.id.spi = htonl(SPI_OUT + 2);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	sp_init(&new, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 2, 1, HW_OFFLOAD_PACKET);
	fake_kernel_reset_counts(kernel);
	ck_assert_int_eq(sp_add(&new), SUCCESS);
	/* with one request, there is no gap */
	ck_assert(meanwhile(count(0) == 1 && count(XFRM_MSG_UPDPOLICY) == 1));
	ck_assert(protects(SPI_OUT + 2));
	/* it stays when its time would be over, which is before another's */
	ck_assert_int_eq(sp_del(&other), SUCCESS);
	ck_assert(await_sps(2));
	ck_assert(protects(SPI_OUT + 2));
	ck_assert_uint_le(count(XFRM_MSG_UPDPOLICY), 2);
	closed = hwo_now_ms();
	ck_assert_int_eq(sp_del(&new), SUCCESS);
	ck_assert(meanwhile(blocks()));
	ck_assert(await_sps(0));
	sp_clear(&other);
	sp_clear(&new);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_takeover_refused)
{
	test_sp_t new;

	/* the NIC goes on with blocking if it does not take the next one */
	start(LONG);
	service_child_add();
	close_child();
	sa_out.id.spi = htonl(SPI_OUT + 1);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	sp_init(&new, POLICY_OUT, LOCAL, REMOTE, SPI_OUT + 1, 1, HW_OFFLOAD_PACKET);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	ck_assert_int_eq(sp_add(&new), FAILED);
	ck_assert(meanwhile(blocks()));
	ck_assert_int_eq(sp_del(&new), SUCCESS);
	ck_assert(meanwhile(blocks()));
	ck_assert(await_sps(0));
	sp_clear(&new);
}
END_TEST

/** When a trap comes and goes */
enum {
	TRAP_BENEATH,
	TRAP_LATER,
	TRAP_GOES,
	TRAP_CASES,
};

START_TEST(test_trap)
{
	test_sp_t trap;

	start(LONG);
	init_trap(&trap, HW_OFFLOAD_PACKET);
	if (_i != TRAP_LATER)
	{
		ck_assert_int_eq(sp_add(&trap), SUCCESS);
	}
	service_child_add();
	close_child();
	if (_i == TRAP_LATER)
	{
		ck_assert_int_eq(sp_add(&trap), SUCCESS);
	}
	/* in the NIC it would be one without SA */
	ck_assert(meanwhile(blocks()));
	if (_i != TRAP_GOES)
	{
		ck_assert(await_trap());
		ck_assert_int_eq(sp_del(&trap), SUCCESS);
		ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	}
	else
	{
		ck_assert_int_eq(sp_del(&trap), SUCCESS);
		ck_assert(meanwhile(blocks()));
		ck_assert(await_sps(0));
	}
	sp_clear(&trap);
}
END_TEST

START_TEST(test_trap_and_route)
{
	test_sp_t trap;

	/* what happens to links and routes does not install it any sooner */
	reroute_set("rebind_delay", "20");
	start(LONG);
	fake_kernel_add_device(kernel, OTHER, FAKE_CAPS_PACKET, NULL);
	fake_kernel_link_up(kernel, OTHER);
	close_over_trap(&trap, HW_OFFLOAD_PACKET);
	reroute_to(OTHER);
	ck_assert(service_child_wait(OTHER));
	ck_assert_uint_ge(hwo_now_ms(), closed + LONG);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	sp_clear(&trap);
}
END_TEST

START_TEST(test_trap_refused)
{
	test_sp_t trap;

	/* what can't be installed then is tried again, and blocks until then */
	start(LONG);
	close_over_trap(&trap, HW_OFFLOAD_PACKET);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	if (!meanwhile(FALSE))
	{
		ck_assert(await_sps(1));
		ck_assert(service_child_guarded());
	}
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_PACKET);
	ck_assert(await_trap());
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
}
END_TEST

START_TEST(test_trap_and_shunt)
{
	test_sp_t trap, shunt;

	/* a shunt in software lets the trap leave the NIC, but no sooner */
	start(LONG);
	close_over_trap(&trap, HW_OFFLOAD_AUTO);
	ck_assert(meanwhile(blocks()));
	sp_init(&shunt, POLICY_OUT, LOCAL, REMOTE, 0, 0, HW_OFFLOAD_NO);
	shunt.id.src_ts->destroy(shunt.id.src_ts);
	shunt.id.src_ts = traffic_selector_create_from_cidr(LOCAL, IPPROTO_UDP, 0,
														65535);
	shunt.data.type = POLICY_PASS;
	shunt.data.prio = POLICY_PRIORITY_PASS;
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert(await_sps(2));
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "none");
	ck_assert_uint_ge(hwo_now_ms(), closed + LONG);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(sp_del(&shunt), SUCCESS);
	sp_clear(&trap);
	sp_clear(&shunt);
}
END_TEST

START_TEST(test_trap_given_up)
{
	test_sp_t trap, fwd;

	/* nothing stays blocked for a trap that came after the CHILD_SA */
	start(SHORT);
	service_child_add();
	close_child();
	init_trap(&trap, HW_OFFLOAD_AUTO);
	sp_init(&fwd, POLICY_FWD, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_AUTO);
	fwd.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert(await_trap());
	service_refuse(XFRM_MSG_NEWPOLICY, 1, ENOMEM);
	ck_assert_int_eq(sp_add(&fwd), FAILED);
	bus_trap_destroy(CHILD_CREATED, FALSE);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(sp_del(&fwd), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
	sp_clear(&fwd);
}
END_TEST

/**
 * Lose the CHILD_SA with an SP.
 */
static void lose(test_sp_t *sp, int count)
{
	ck_assert(fake_kernel_expire(kernel, sp->cfg.esp.spi, TRUE));
	ck_assert(calls_wait(&calls.expires, count));
	closed = hwo_now_ms();
	ck_assert_int_eq(sp_del(sp), SUCCESS);
}

START_TEST(test_released)
{
	test_sp_t other;
	test_sa_t sa;
	uint64_t first;

	lib->settings->set_int(lib->settings, "%s.plugins.hw-offload.max_blocked",
						   1, lib->ns);
	start(LONG);
	service_child_add();
	sa_init(&sa, SPI_OUT + 1, FALSE, HW_OFFLOAD_PACKET);
	sa.data.reqid = 2;
	sp_init(&other, POLICY_OUT, LOCAL, THIRD, SPI_OUT + 1, 2,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa), SUCCESS);
	ck_assert_int_eq(sp_add(&other), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	lose(&sp_out, 1);
	first = closed;
	lose(&other, 2);
	closed = first;
	/* that of the first one has to go, but not before its NIC is drained */
	ck_assert_int_eq(service_lines_with("there are too many"), 1);
	ck_assert(meanwhile(blocks()));
	ck_assert(await_sps(1));
	ck_assert(!service_child_guarded());
	sp_clear(&other);
	sa_clear(&sa);
}
END_TEST

START_TEST(test_lost)
{
	start(LONG);
	service_child_add();
	lose(&sp_out, 1);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert(meanwhile(blocks()));
	/* the guard stays, but not when the daemon ends */
	ck_assert_int_eq(service_lines_with("stays blocked"), 1);
	if (!_i)
	{
		ck_assert(await_sps(1));
		ck_assert(service_child_guarded());
	}
	ipsec->destroy(ipsec);
	ipsec = NULL;
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
}
END_TEST

START_TEST(test_refused)
{
	start(LONG);
	service_log_level = 2;
	service_child_add();
	service_refuse(XFRM_MSG_UPDPOLICY, 1, EINVAL);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	ck_assert_int_eq(service_lines_with("NIC does not block"), 1);
	ck_assert_int_eq(service_lines_with("driver: out of entries"), 1);
}
END_TEST

START_TEST(test_nic_lost)
{
	/* there is no queue anymore */
	start(LONG);
	service_child_add();
	close_child();
	ck_assert(meanwhile(blocks()));
	fake_kernel_link_down(kernel, NIC);
	ck_assert(meanwhile(service_child_guarded()));
	ck_assert(await_sps(0));
	ck_assert_int_eq(service_lines_with("unable"), 0);
}
END_TEST

START_TEST(test_shutdown)
{
	start(10 * SHORT);
	service_child_add();
	close_child();
	ipsec->destroy(ipsec);
	ipsec = NULL;
	/* it has waited for that */
	ck_assert_uint_ge(hwo_now_ms(), closed + 10 * SHORT);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	ck_assert_int_eq(service_lines_with("blocked"), 0);
}
END_TEST

START_TEST(test_not_needed)
{
	test_sp_t trap;

	/* of what is in software, and of traps, a NIC has nothing */
	start(LONG);
	init_trap(&trap, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	service_child_clear();
	service_child_init(HW_OFFLOAD_NO);
	service_child_add();
	close_child();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 0);
	sp_clear(&trap);
}
END_TEST

TCase *drain_tcase(void)
{
	TCase *tcase = tcase_create("drain");

	tcase_add_checked_fixture(tcase, service_child_setup,
							  service_child_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_takeover);
	tcase_add_test(tcase, test_takeover_refused);
	tcase_add_loop_test(tcase, test_trap, 0, TRAP_CASES);
	tcase_add_test(tcase, test_trap_and_route);
	tcase_add_test(tcase, test_trap_refused);
	tcase_add_test(tcase, test_trap_and_shunt);
	tcase_add_test(tcase, test_trap_given_up);
	tcase_add_test(tcase, test_released);
	tcase_add_loop_test(tcase, test_lost, 0, 2);
	tcase_add_test(tcase, test_refused);
	tcase_add_test(tcase, test_nic_lost);
	tcase_add_test(tcase, test_shutdown);
	tcase_add_test(tcase, test_not_needed);
	return tcase;
}
