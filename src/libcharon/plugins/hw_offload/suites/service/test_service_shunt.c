/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of SPs in software that go before those of a NIC.
 */

#include "bus_child.h"
#include "service_child.h"

#define NET "192.168.50.0/24"

static test_sp_t shunt;

/**
 * Fill in a shunt for some of the traffic of the CHILD_SA.
 */
static void shunt_init(const char *remote, hw_offload_t requested)
{
	sp_clear(&shunt);
	sp_init(&shunt, POLICY_OUT, NET, remote, 0, 0, requested);
	shunt.data.type = POLICY_PASS;
	shunt.data.prio = POLICY_PRIORITY_PASS;
}

static void shunt_setup(void)
{
	service_setup();
	service_child_init(HW_OFFLOAD_AUTO);
	sp_init(&shunt, POLICY_OUT, NET, REMOTE, 0, 0, HW_OFFLOAD_NO);
	shunt_init(REMOTE, HW_OFFLOAD_NO);
}

static void shunt_teardown(void)
{
	sp_clear(&shunt);
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

static void assert_child(const char *mode, const char *policies)
{
	ck_assert_str_eq(sa_mode(SPI_IN), mode);
	ck_assert_str_eq(sa_mode(SPI_OUT), mode);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), policies);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_IN, REMOTE, LOCAL), policies);
}

START_TEST(test_shunt_first)
{
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	service_child_add();
	assert_child("crypto", "none");
	ck_assert_int_eq(service_lines_with("effective crypto, device nic3, shunt"),
					 1);
	/* the next one is in packet mode */
	ck_assert_int_eq(sp_del(&shunt), SUCCESS);
	child_del();
	service_child_add();
	assert_child("packet", "packet");
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

START_TEST(test_shunt_gone)
{
	test_sp_t other;

	/* what is said about it is not about what is gone, and it does not wait if
	 * that is wanted */
	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.promote",
						   _i ? "now" : "rekey", lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_forget_lines();
	sp_init(&other, POLICY_OUT, NET, "192.168.50.0/30", 0, 0, HW_OFFLOAD_NO);
	other.data.type = POLICY_DROP;
	other.data.prio = POLICY_PRIORITY_PASS;
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert_int_eq(sp_add(&other), SUCCESS);
	service_child_add();
	assert_child("crypto", "none");
	/* one is left */
	ck_assert_int_eq(sp_del(&other), SUCCESS);
	sp_clear(&other);
	ck_assert_int_eq(service_lines_with("stays in mode"), 0);
	ck_assert_int_eq(sp_del(&shunt), SUCCESS);
	if (_i)
	{
		ck_assert(calls_wait(&calls.expires, 1));
		ck_assert(!calls.expire_hard);
		child_del();
		service_child_add();
		assert_child("packet", "packet");
		return;
	}
	ck_assert(service_wait_line("stays in mode crypto on device nic3, in-use"));
	assert_child("crypto", "none");
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

START_TEST(test_same_priority)
{
	fake_sp_t sp;

	/* that of the CHILD_SA, or of its guard: it gets what the NIC does not take
	 * once that is down, as it was there first */
	shunt.data.manual_prio = 1000 + _i;
	sp_in.data.manual_prio = sp_out.data.manual_prio = 1000;
	service_child_add();
	assert_child("packet", "packet");
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &sp));
	ck_assert_uint_eq(sp.info.priority, 1001);
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	child_del();
	service_child_add();
	assert_child("crypto", "none");
}
END_TEST

START_TEST(test_shunt_later)
{
	service_child_add();
	assert_child("packet", "packet");
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert(!calls.expire_hard);
	/* until it is rekeyed, nothing of it leaves in clear */
	assert_child("packet", "packet");
	ck_assert_int_eq(service_lines_with("is in a NIC"), 0);
	child_del();
	service_child_add();
	assert_child("crypto", "none");
	ck_assert_int_eq(calls.expires, 1);
}
END_TEST

/**
 * Shunts that make no difference: in the NIC, limited to another interface, of
 * lower precedence, for others.
 */
START_TEST(test_no_matter)
{
	bus_child_installing(FALSE, _i == 4 ? 1000 : 0);
	switch (_i)
	{
		case 0:
			shunt.data.hw_offload = HW_OFFLOAD_PACKET;
			break;
		case 1:
			fake_kernel_add_device(kernel, 4, FAKE_CAPS_NONE, NULL);
			shunt.id.interface = "nic4";
			break;
		case 2:
			shunt.data.prio = POLICY_PRIORITY_FALLBACK;
			break;
		case 3:
			shunt_init("192.168.50.3/32", HW_OFFLOAD_NO);
			break;
		case 4:
			/* the CHILD_SA has one of its own */
			sp_out.data.manual_prio = 1000;
			break;
	}
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	service_child_add();
	assert_child("packet", "packet");
	child_del();
	service_child_add();
	ck_assert_int_eq(sp_del(&shunt), SUCCESS);
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

START_TEST(test_priority_known)
{
	shunt.data.manual_prio = 380000;
	sp_out.data.manual_prio = 390000;
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	/* that of the CHILD_SA is not known before its SP */
	service_child_add();
	ck_assert(calls_wait(&calls.expires, 1));
	/* from then on it is */
	sa_clear(&sa_in);
	sa_clear(&sa_out);
	sa_init(&sa_in, SPI_IN + 2, TRUE, HW_OFFLOAD_AUTO);
	sa_init(&sa_out, SPI_OUT + 2, FALSE, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT + 2), "crypto");
}
END_TEST

START_TEST(test_strict)
{
	service_child_clear();
	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	/* what is there stays */
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert_int_eq(service_lines_with("is in a NIC"), 1);
	ck_assert_int_eq(sp_del(&shunt), SUCCESS);
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert_int_eq(service_lines_with("is in a NIC"), 1);
	assert_child("packet", "packet");
	child_del();
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), FAILED);
	ck_assert_int_eq(service_lines_with("can't be in packet mode on device "
										"nic3, shunt"), 1);
	ck_assert_int_eq(calls.expires, 0);
}
END_TEST

START_TEST(test_no_policies)
{
	bus_child_installing(TRUE, 0);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	bus_child_installed();
	/* the other one may follow later */
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_IN), "crypto");
	ck_assert_str_eq(sa_mode(SPI_OUT), "crypto");
	ck_assert_int_eq(service_lines_with("device nic3, no-policies"), 1);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	/* the next one of this thread has some */
	service_child_add();
	assert_child("packet", "packet");
	child_del();
	/* somebody else may install them */
	bus_child_installing(TRUE, 0);
	sa_in.data.hw_offload = sa_out.data.hw_offload = HW_OFFLOAD_PACKET;
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	ck_assert_str_eq(sa_mode(SPI_OUT), "packet");
	ck_assert_int_eq(service_lines_with("effective packet, device nic3, "
										"no-policies"), 1);
}
END_TEST

/**
 * SPs without SA are installed again.
 */
START_TEST(test_trap)
{
	test_sp_t trap;

	sp_init(&trap, POLICY_OUT, LOCAL, REMOTE, 0, 1,
			_i ? HW_OFFLOAD_PACKET : HW_OFFLOAD_AUTO);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&trap), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE),
					 _i ? "packet" : "none");
	ck_assert_int_eq(service_lines_with("is in a NIC"), _i);
	/* it returns, and leaves again */
	ck_assert_int_eq(sp_del(&shunt), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE), "packet");
	ck_assert_int_eq(sp_add(&shunt), SUCCESS);
	ck_assert_str_eq(sp_mode(XFRM_POLICY_OUT, LOCAL, REMOTE),
					 _i ? "packet" : "none");
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	ck_assert_int_eq(sp_add(&trap), _i ? FAILED : SUCCESS);
	sp_clear(&trap);
}
END_TEST

TCase *shunt_tcase(void)
{
	TCase *tcase = tcase_create("shunt");

	tcase_add_checked_fixture(tcase, shunt_setup, shunt_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_shunt_first);
	tcase_add_loop_test(tcase, test_shunt_gone, 0, 2);
	tcase_add_loop_test(tcase, test_same_priority, 0, 2);
	tcase_add_test(tcase, test_shunt_later);
	tcase_add_loop_test(tcase, test_no_matter, 0, 5);
	tcase_add_test(tcase, test_priority_known);
	tcase_add_test(tcase, test_strict);
	tcase_add_test(tcase, test_no_policies);
	tcase_add_loop_test(tcase, test_trap, 0, 2);
	return tcase;
}
