/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of guards whose configuration is unloaded.
 */

#include "bus_child.h"
#include "service_child.h"

#include <unistd.h>

#include <daemon.h>

/** What is loaded, and how often somebody looked. */
static struct {
	bool loaded;
	char *connection, *child;
	hw_offload_t offload;
	u_int match;
	refcount_t looks;
} config;

METHOD(child_cfg_t, cfg_get_name, char*,
	child_cfg_t *this)
{
	return config.child;
}

METHOD(child_cfg_t, cfg_get_hw_offload, hw_offload_t,
	child_cfg_t *this)
{
	return config.offload;
}

METHOD(ike_cfg_t, cfg_match_other, u_int,
	ike_cfg_t *this, host_t *host)
{
	return config.match;
}

static child_cfg_t child_cfg;
static ike_cfg_t ike_cfg;
static peer_cfg_t peer_cfg;
static backend_manager_t backends;

METHOD(peer_cfg_t, cfg_get_peer_name, char*,
	peer_cfg_t *this)
{
	return config.connection;
}

METHOD(peer_cfg_t, cfg_get_ike_cfg, ike_cfg_t*,
	peer_cfg_t *this)
{
	return &ike_cfg;
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
	return config.loaded ? enumerator_create_single(&peer_cfg, NULL)
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

static void unload_setup(void)
{
	service_setup();
	service_child_init(HW_OFFLOAD_PACKET);
	memset(&config, 0, sizeof(config));
	config.loaded = TRUE;
	config.connection = bus_ike_name;
	config.child = bus_child_name;
	config.offload = HW_OFFLOAD_PACKET;
	config.match = 1;
	child_cfg = (child_cfg_t){
		.get_name = _cfg_get_name,
		.get_hw_offload = _cfg_get_hw_offload,
	};
	ike_cfg = (ike_cfg_t){
		.match_other = _cfg_match_other,
	};
	peer_cfg = (peer_cfg_t){
		.get_name = _cfg_get_peer_name,
		.get_ike_cfg = _cfg_get_ike_cfg,
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
	lose_child(_i);
	wait_looks(2);
	ck_assert(guarded());
	config.loaded = FALSE;
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
	char *connection, *child;
	hw_offload_t offload;
	u_int match;
	bool named, stays;
} loaded[] = {
	{ "other",	NULL,		HW_OFFLOAD_PACKET,	1,	TRUE,	FALSE },
	{ NULL,		"other",	HW_OFFLOAD_PACKET,	1,	TRUE,	FALSE },
	{ NULL,		NULL,		HW_OFFLOAD_NO,		0,	TRUE,	TRUE },
	/* nobody knows its names */
	{ "other",	"other",	HW_OFFLOAD_PACKET,	1,	FALSE,	TRUE },
	{ "other",	"other",	HW_OFFLOAD_PACKET,	0,	FALSE,	FALSE },
	{ "other",	"other",	HW_OFFLOAD_NO,		1,	FALSE,	FALSE },
};

START_TEST(test_others)
{
	lose_child(loaded[_i].named);
	wait_looks(2);
	config.connection = loaded[_i].connection ?: config.connection;
	config.child = loaded[_i].child ?: config.child;
	config.offload = loaded[_i].offload;
	config.match = loaded[_i].match;
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
	config.connection = bus_ike_name;
	config.child = bus_child_name;
	lose_child(TRUE);
	wait_looks(4);
	ck_assert(guarded());
	ck_assert_int_eq(service_lines_with("its connection is not loaded"), 0);
	config.loaded = FALSE;
	ck_assert(wait_sps(0));
}
END_TEST

START_TEST(test_never_loaded)
{
	/* somebody else has it, and may bring it up again */
	config.loaded = FALSE;
	lose_child(TRUE);
	wait_looks(4);
	ck_assert(guarded());
	config.loaded = TRUE;
	wait_looks(ref_cur(&config.looks) + 2);
	config.loaded = FALSE;
	ck_assert(wait_sps(0));
}
END_TEST

START_TEST(test_replaced)
{
	/* it is not the guard of a connection that was unloaded anymore */
	lose_child(TRUE);
	wait_looks(2);
	config.loaded = FALSE;
	wait_looks(ref_cur(&config.looks) + 1);
	service_child_add();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 4);
	config.loaded = TRUE;
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(service_lines_with("its connection is not loaded"), 0);
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
	tcase_add_test(tcase, test_replaced);
	return tcase;
}
