/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of guards whose configuration is unloaded.
 */

#include "bus_child.h"
#include "service_child.h"

#include <errno.h>
#include <unistd.h>

#include <daemon.h>

/** What is loaded, and how often somebody looked. */
static struct {
	bool loaded;
	char *connection, *child;
	refcount_t looks;
} config;

/* others look at it meanwhile */

static void set_loaded(bool loaded)
{
	__atomic_store_n(&config.loaded, loaded, __ATOMIC_SEQ_CST);
}

static void set_name(char **name, char *value)
{
	__atomic_store_n(name, value, __ATOMIC_SEQ_CST);
}

static char *get_name(char **name)
{
	return __atomic_load_n(name, __ATOMIC_SEQ_CST);
}

METHOD(child_cfg_t, cfg_get_name, char*,
	child_cfg_t *this)
{
	return get_name(&config.child);
}

static child_cfg_t child_cfg;
static peer_cfg_t peer_cfg;
static backend_manager_t backends;

METHOD(peer_cfg_t, cfg_get_peer_name, char*,
	peer_cfg_t *this)
{
	return get_name(&config.connection);
}

METHOD(peer_cfg_t, cfg_children, enumerator_t*,
	peer_cfg_t *this)
{
	return enumerator_create_single(&child_cfg, NULL);
}

METHOD(backend_manager_t, cfg_peers, enumerator_t*,
	backend_manager_t *this, host_t *me, host_t *other,
	identification_t *my_id, identification_t *other_id, ike_version_t version)
{
	ref_get(&config.looks);
	return __atomic_load_n(&config.loaded, __ATOMIC_SEQ_CST)
						 ? enumerator_create_single(&peer_cfg, NULL)
						 : enumerator_create_empty();
}

/**
 * Lose a CHILD_SA, the names of which are known or not.
 */
static void lose_child(bool named)
{
	service_child_add();
	if (named)
	{
		bus_child_updown(SPI_IN, SPI_OUT, TRUE);
	}
	ck_assert(fake_kernel_expire(kernel, htonl(SPI_OUT), TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	sa_del(&sa_out);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
}

/**
 * Have a trap refused, charon gives it up if its name gets known.
 */
static void refuse_trap(char *remote, bool named)
{
	test_sp_t trap;

	sp_init(&trap, POLICY_OUT, LOCAL, remote, 0, 1, HW_OFFLOAD_PACKET);
	trap.data.prio = POLICY_PRIORITY_ROUTED;
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_EINVAL);
	ck_assert_int_eq(sp_add(&trap), FAILED);
	if (named)
	{
		bus_trap_destroy(CHILD_CREATED, FALSE);
	}
	trap.data.hw_offload = HW_OFFLOAD_NO;
	ck_assert_int_eq(sp_del(&trap), SUCCESS);
	sp_clear(&trap);
}

static void unload_setup(void)
{
	service_setup();
	service_child_init(HW_OFFLOAD_PACKET);
	memset(&config, 0, sizeof(config));
	set_loaded(TRUE);
	set_name(&config.connection, bus_ike_name);
	set_name(&config.child, bus_child_name);
	child_cfg = (child_cfg_t){
		.get_name = _cfg_get_name,
	};
	peer_cfg = (peer_cfg_t){
		.get_name = _cfg_get_peer_name,
		.create_child_cfg_enumerator = _cfg_children,
	};
	backends = (backend_manager_t){
		.create_peer_cfg_enumerator = _cfg_peers,
	};
	charon->backends = &backends;
}

static void unload_teardown(void)
{
	bus_ike_name = "gw";
	bus_child_name = "net";
	service_child_clear();
	service_teardown();
}

static bool guarded(void)
{
	fake_sp_t guard;

	return fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard);
}

/**
 * Wait until the configuration was looked at some times.
 */
static void wait_looks(int looks)
{
	int i;

	for (i = 0; ref_cur(&config.looks) < looks; i++)
	{
		ck_assert_int_lt(i, TEST_DEADLINE);
		usleep(1000);
	}
}

/**
 * Wait until there are that many SPs.
 */
static bool wait_sps(int count)
{
	int i;

	for (i = 0; i < TEST_DEADLINE; i++)
	{
		if (fake_kernel_count_sps(kernel) == count)
		{
			return TRUE;
		}
		usleep(1000);
	}
	return FALSE;
}

START_TEST(test_unloaded)
{
	/* a trap that is refused is blocked before anybody knows its name */
	_i ? lose_child(TRUE) : refuse_trap(REMOTE, TRUE);
	wait_looks(2);
	ck_assert(guarded());
	set_loaded(FALSE);
	/* it may be loaded again at once */
	wait_looks(ref_cur(&config.looks) + 1);
	ck_assert(guarded());
	wait_looks(ref_cur(&config.looks) + 1);
	ck_assert(wait_sps(0));
	ck_assert_int_eq(service_lines_with("its connection is not loaded"), 1);
}
END_TEST

/**
 * What else is loaded, and whether a guard stays for it.
 */
static const struct {
	bool trap;
	char *connection, *child;
	bool stays;
} loaded[] = {
	{ FALSE,	"other",	NULL,		FALSE },
	{ FALSE,	NULL,		"other",	FALSE },
	{ FALSE,	NULL,		NULL,		TRUE },
	/* nobody knows whose child it is */
	{ TRUE,		"other",	NULL,		TRUE },
	{ TRUE,		"other",	"other",	FALSE },
};

START_TEST(test_others)
{
	loaded[_i].trap ? refuse_trap(REMOTE, TRUE) : lose_child(TRUE);
	wait_looks(2);
	set_name(&config.connection, loaded[_i].connection ?: config.connection);
	set_name(&config.child, loaded[_i].child ?: config.child);
	wait_looks(ref_cur(&config.looks) + (loaded[_i].stays ? 4 : 2));
	ck_assert(wait_sps(loaded[_i].stays ? 1 : 0));
}
END_TEST

START_TEST(test_long_names)
{
	/* longer than what is kept of them, which ends within a character */
	bus_ike_name = "gateway-0123456789-0123456789-0123456789-0123456789-"
				   "0123456789\xc3\xa4-of-the-other-site";
	bus_child_name = "net-0123456789-0123456789-0123456789-0123456789-"
					 "0123456789-0123456789";
	set_name(&config.connection, bus_ike_name);
	set_name(&config.child, bus_child_name);
	lose_child(TRUE);
	wait_looks(4);
	ck_assert(guarded());
	ck_assert_int_eq(service_lines_with("its connection is not loaded"), 0);
	set_loaded(FALSE);
	ck_assert(wait_sps(0));
}
END_TEST

START_TEST(test_never_loaded)
{
	/* somebody else has it, and may bring it up again */
	set_loaded(FALSE);
	lose_child(TRUE);
	wait_looks(4);
	ck_assert(guarded());
	set_loaded(TRUE);
	wait_looks(ref_cur(&config.looks) + 2);
	set_loaded(FALSE);
	ck_assert(wait_sps(0));
}
END_TEST

START_TEST(test_nameless)
{
	/* nobody knows if its configuration is unloaded, unlike that of another */
	refuse_trap("192.168.50.3/32", TRUE);
	if (_i)
	{
		refuse_trap(REMOTE, FALSE);
	}
	else
	{
		fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_PACKET);
		lose_child(FALSE);
	}
	wait_looks(2);
	set_loaded(FALSE);
	ck_assert(wait_sps(1));
	ck_assert(guarded());
}
END_TEST

START_TEST(test_replaced)
{
	/* it is not the guard of a connection that was unloaded anymore */
	lose_child(TRUE);
	wait_looks(2);
	set_loaded(FALSE);
	wait_looks(ref_cur(&config.looks) + 1);
	service_child_add();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 4);
	set_loaded(TRUE);
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(service_lines_with("its connection is not loaded"), 0);
}
END_TEST

START_TEST(test_taken_back)
{
	test_sp_t out, fwd;

	/* a guard is replaced by a trap, which is seen, and then given up; one
	 * more guard has the configuration looked at */
	refuse_trap("192.168.50.3/32", TRUE);
	fake_kernel_set_caps(kernel, NIC, FAKE_CAPS_PACKET);
	lose_child(TRUE);
	wait_looks(2);
	sp_init(&out, POLICY_OUT, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_AUTO);
	sp_init(&fwd, POLICY_FWD, LOCAL, REMOTE, 0, 1, HW_OFFLOAD_AUTO);
	out.data.prio = fwd.data.prio = POLICY_PRIORITY_ROUTED;
	ck_assert_int_eq(sp_add(&out), SUCCESS);
	wait_looks(ref_cur(&config.looks) + 2);
	if (_i)
	{	/* it is forgotten with the next CHILD_SA */
		service_child_add();
		ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
		ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	}
	service_refuse(XFRM_MSG_NEWPOLICY, 1, ENOMEM);
	ck_assert_int_eq(sp_add(&fwd), FAILED);
	bus_trap_destroy(CHILD_CREATED, FALSE);
	ck_assert_int_eq(sp_del(&out), SUCCESS);
	ck_assert_int_eq(sp_del(&fwd), SUCCESS);
	ck_assert_int_eq(guarded(), !_i);
	wait_looks(ref_cur(&config.looks) + 2);
	set_loaded(FALSE);
	ck_assert(wait_sps(0));
	sp_clear(&out);
	sp_clear(&fwd);
}
END_TEST

TCase *unload_tcase(void)
{
	TCase *tcase = tcase_create("unload");

	tcase_add_checked_fixture(tcase, unload_setup, unload_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, test_unloaded, 0, 2);
	tcase_add_loop_test(tcase, test_others, 0, countof(loaded));
	tcase_add_test(tcase, test_long_names);
	tcase_add_test(tcase, test_never_loaded);
	tcase_add_loop_test(tcase, test_nameless, 0, 2);
	tcase_add_test(tcase, test_replaced);
	tcase_add_loop_test(tcase, test_taken_back, 0, 2);
	return tcase;
}
