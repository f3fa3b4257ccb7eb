/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is expected of a configuration, of what is known of devices, and
 * of SAs that are moved.
 */

#include "service_suites.h"
#include "status_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/xfrm.h>

/* a connection with one child, as much of them as explain looks at */
static struct {
	hw_offload_t requested;
	const char *proposal, *remote;
	uint32_t tfc, window;
	uint64_t bytes;
	bool encap;
} config;

METHOD(child_cfg_t, cfg_get_name, char*,
	child_cfg_t *this)
{
	return "net";
}

METHOD(child_cfg_t, cfg_get_hw_offload, hw_offload_t,
	child_cfg_t *this)
{
	return config.requested;
}

METHOD(child_cfg_t, cfg_get_replay_window, uint32_t,
	child_cfg_t *this)
{
	return config.window;
}

METHOD(child_cfg_t, cfg_get_lifetime, lifetime_cfg_t*,
	child_cfg_t *this, bool jitter)
{
	lifetime_cfg_t *lifetime;

	INIT(lifetime,
		.bytes = { .life = config.bytes, },
	);
	return lifetime;
}

METHOD(child_cfg_t, cfg_get_mode, ipsec_mode_t,
	child_cfg_t *this)
{
	return MODE_TRANSPORT;
}

METHOD(child_cfg_t, cfg_get_tfc, uint32_t,
	child_cfg_t *this)
{
	return config.tfc;
}

METHOD(child_cfg_t, cfg_get_if_id, uint32_t,
	child_cfg_t *this, bool inbound)
{
	return 0;
}

/** whatever arguments the release has, none of them matters */
static linked_list_t *cfg_get_proposals(child_cfg_t *this)
{
	return linked_list_create_with_items(
				proposal_create_from_string(PROTO_ESP, config.proposal), NULL);
}

METHOD(ike_cfg_t, cfg_get_my_addr, char*,
	ike_cfg_t *this)
{
	return "192.168.50.1";
}

METHOD(ike_cfg_t, cfg_get_other_addr, char*,
	ike_cfg_t *this)
{
	return (char*)config.remote;
}

METHOD(ike_cfg_t, cfg_force_encap, bool,
	ike_cfg_t *this)
{
	return config.encap;
}

static child_cfg_t child_cfg;

static ike_cfg_t ike_cfg;

METHOD(peer_cfg_t, cfg_get_peer_name, char*,
	peer_cfg_t *this)
{
	return "gw";
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

static peer_cfg_t peer_cfg;

METHOD(backend_manager_t, cfg_peers, enumerator_t*,
	backend_manager_t *this, host_t *me, host_t *other,
	identification_t *my_id, identification_t *other_id, ike_version_t version)
{
	return enumerator_create_single(&peer_cfg, NULL);
}

static backend_manager_t backends;

/**
 * Load the connection.
 */
static void load_config(void)
{
	child_cfg = (child_cfg_t){
		.get_name = _cfg_get_name,
		.get_hw_offload = _cfg_get_hw_offload,
		.get_replay_window = _cfg_get_replay_window,
		.get_lifetime = _cfg_get_lifetime,
		.get_mode = _cfg_get_mode,
		.get_tfc = _cfg_get_tfc,
		.get_if_id = _cfg_get_if_id,
		.get_proposals = (void*)cfg_get_proposals,
	};
	ike_cfg = (ike_cfg_t){
		.get_my_addr = _cfg_get_my_addr,
		.get_other_addr = _cfg_get_other_addr,
		.force_encap = _cfg_force_encap,
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

static const struct {
	hw_offload_t requested;
	const char *proposal, *remote;
	uint32_t tfc;
	bool encap;
	const char *rule, *result, *expected, *reason;
} explained[] = {
	{ HW_OFFLOAD_NO, "aes128gcm128-esn", "192.168.50.2", 0, FALSE,
	  "hw_offload", "note", "none", "as-requested" },
	{ HW_OFFLOAD_PACKET, "aes128gcm128-esn", "192.168.50.2", 0, FALSE,
	  "route", "ok", "packet", "as-requested" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128", "192.168.50.2", 0, FALSE,
	  "no-esn", "no", "crypto", "no-esn" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn-noesn", "192.168.50.2", 0, FALSE,
	  "no-esn", "note", "packet", "as-requested" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "10.99.0.1", 0, FALSE,
	  "route", "no", "none", "no-route" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "%any", 0, FALSE,
	  "route", "no", "none", "no-route" },
	{ HW_OFFLOAD_CRYPTO, "aes128gcm128-esn", "192.168.50.2", 0, TRUE,
	  "udp-encap", "no", "fails", "udp-encap" },
	{ HW_OFFLOAD_PACKET, "aes128gcm128-esn", "192.168.50.2", 100, FALSE,
	  "tfc", "no", "fails", "tfc" },
	{ HW_OFFLOAD_CRYPTO, "aes128-sha256", "192.168.50.2", 0, FALSE,
	  "algorithm", "note", "crypto", "as-requested" },
};

START_TEST(test_explain)
{
	json_t *line;
	FILE *client;
	bool found = FALSE;

	load_config();
	config.requested = explained[_i].requested;
	config.proposal = explained[_i].proposal;
	config.remote = explained[_i].remote;
	config.tfc = explained[_i].tfc;
	config.encap = explained[_i].encap;
	config.window = 32;
	client = client_ask("hw-offload 1 explain gw net\n");
	client_first(client, "explain");
	while ((line = client_line(client)) &&
		   streq(text(line, "type"), "rule"))
	{
		found |= streq(text(line, "rule"), explained[_i].rule) &&
				 streq(text(line, "result"), explained[_i].result);
		ck_assert_str_eq(text(line, "child"), "net");
		json_decref(line);
	}
	ck_assert(found);
	ck_assert_str_eq(text(line, "type"), "verdict");
	ck_assert_str_eq(text(line, "expected"), explained[_i].expected);
	ck_assert_str_eq(text(line, "reason"), explained[_i].reason);
	json_decref(line);
	fclose(client);
}
END_TEST

START_TEST(test_explain_nothing)
{
	FILE *client;
	json_t *line;

	load_config();
	client = client_ask("hw-offload 1 explain other\n");
	client_first(client, "explain");
	line = client_line(client);
	ck_assert_str_eq(text(line, "error"),
					 "there is no such connection or child");
	json_decref(line);
	fclose(client);
}
END_TEST

START_TEST(test_devices)
{
	json_t *line, *mode;
	FILE *client;
	int count = 0;

	/* names are those of the real kernel, so they vary */
	client = client_ask("hw-offload 1 devices\n");
	client_first(client, "devices");
	while ((line = client_line(client)) &&
		   streq(text(line, "type"), "device"))
	{
		mode = json_object_get(line, "packet");
		ck_assert(json_is_boolean(json_object_get(mode, "possible")));
		ck_assert(json_is_false(json_object_get(mode, "works")));
		ck_assert(json_is_array(json_object_get(line, "refusals")));
		json_decref(line);
		count++;
	}
	ck_assert_int_gt(count, 0);
	ck_assert_int_eq(number(line, "count"), count);
	json_decref(line);
	fclose(client);
}
END_TEST

START_TEST(test_moved)
{
	test_sa_t in, out;
	json_t *line, *moved;
	FILE *client;

	client = client_ask("hw-offload 1 watch\n");
	client_first(client, "watch");
	sa_init(&in, 0xc0000001, TRUE, HW_OFFLOAD_AUTO);
	sa_init(&out, 0xc0000002, FALSE, HW_OFFLOAD_AUTO);
	ck_assert_int_eq(sa_add(&in), SUCCESS);
	/* the outbound SA can't have the mode of the inbound one, which follows */
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, EINVAL, "driver: out of entries");
	ck_assert_int_eq(sa_add(&out), SUCCESS);
	line = client_line(client);
	ck_assert_str_eq(text(line, "event"), "moved");
	ck_assert_str_eq(text(line, "spi_in"), "c0000001");
	ck_assert_str_eq(text(line, "effective"), "crypto");
	ck_assert_str_eq(text(line, "reason"), "partner-refused");
	moved = json_object_get(line, "moved");
	ck_assert_int_eq(number(moved, "count"), 1);
	ck_assert_str_eq(text(moved, "from"), "packet");
	ck_assert_str_eq(text(moved, "from_device"), "nic3");
	json_decref(line);
	fclose(client);
	sa_clear(&in);
	sa_clear(&out);
}
END_TEST

TCase *explain_tcase(void)
{
	TCase *tcase;

	tcase = tcase_create("explain");
	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_add_loop_test(tcase, test_explain, 0, countof(explained));
	tcase_add_test(tcase, test_explain_nothing);
	tcase_add_test(tcase, test_devices);
	tcase_add_test(tcase, test_moved);
	return tcase;
}
