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
	bool encap, ipcomp;
	ipsec_mode_t mode;
	uint32_t if_id_in, peer_if_id;
	char *ts;
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
	return config.mode;
}

METHOD(child_cfg_t, cfg_get_tfc, uint32_t,
	child_cfg_t *this)
{
	return config.tfc;
}

METHOD(child_cfg_t, cfg_get_if_id, uint32_t,
	child_cfg_t *this, bool inbound)
{
	return inbound ? config.if_id_in : 0;
}

METHOD(child_cfg_t, cfg_has_option, bool,
	child_cfg_t *this, child_cfg_option_t option)
{
	return option == OPT_IPCOMP && config.ipcomp;
}

/** whatever arguments the release has, none of them matters */
static linked_list_t *cfg_get_selectors(child_cfg_t *this)
{
	traffic_selector_t *ts;

	ts = config.ts ? traffic_selector_create_from_cidr(config.ts, 0, 0, 65535)
				   : traffic_selector_create_dynamic(0, 0, 65535);
	return linked_list_create_with_items(ts, NULL);
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

METHOD(peer_cfg_t, cfg_get_peer_if_id, uint32_t,
	peer_cfg_t *this, bool inbound)
{
	return config.peer_if_id;
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
		.get_traffic_selectors = (void*)cfg_get_selectors,
		.has_option = _cfg_has_option,
	};
	ike_cfg = (ike_cfg_t){
		.get_my_addr = _cfg_get_my_addr,
		.get_other_addr = _cfg_get_other_addr,
		.force_encap = _cfg_force_encap,
	};
	peer_cfg = (peer_cfg_t){
		.get_name = _cfg_get_peer_name,
		.get_ike_cfg = _cfg_get_ike_cfg,
		.get_if_id = _cfg_get_peer_if_id,
		.create_child_cfg_enumerator = _cfg_children,
	};
	backends = (backend_manager_t){
		.create_peer_cfg_enumerator = _cfg_peers,
	};
	charon->backends = &backends;
}

/* what is configured, as text in swanctl.conf too, and what comes of it */
static const struct {
	hw_offload_t requested;
	const char *proposal, *remote, *written;
	ipsec_mode_t mode;
	uint32_t tfc;
	bool encap, ipcomp;
	uint32_t if_id_in, peer_if_id;
	char *ts;
	const char *rule, *result, *expected, *reason;
} explained[] = {
	{ HW_OFFLOAD_NO, "aes128gcm128-esn", "192.168.50.2", "",
	  MODE_TUNNEL, .rule = "hw_offload", .result = "note",
	  .expected = "none", .reason = "as-requested" },
	{ HW_OFFLOAD_PACKET, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'packet'",
	  MODE_TUNNEL, .rule = "route", .result = "ok",
	  .expected = "packet", .reason = "as-requested" },
	{ HW_OFFLOAD_PACKET, "aes128gcm128", "192.168.50.2",
	  "'hw_offload':'packet','mode':'transport'",
	  MODE_TRANSPORT, .rule = "no-esn", .result = "note",
	  .expected = "packet", .reason = "as-requested" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128", "192.168.50.2",
	  "'hw_offload':'auto'",
	  MODE_TUNNEL, .rule = "no-esn", .result = "no",
	  .expected = "crypto", .reason = "no-esn" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn-noesn", "192.168.50.2",
	  "'hw_offload':'auto'",
	  MODE_TUNNEL, .rule = "no-esn", .result = "note",
	  .expected = "packet", .reason = "as-requested" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "10.99.0.1",
	  "'hw_offload':'auto'",
	  MODE_TUNNEL, .rule = "route", .result = "no",
	  .expected = "none", .reason = "no-route" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "%any",
	  "'hw_offload':'auto'",
	  MODE_TUNNEL, .rule = "route", .result = "note",
	  .expected = "packet", .reason = "as-requested" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128", "192.168.50.2, 192.168.50.3",
	  "'hw_offload':'auto'",
	  MODE_TUNNEL, .rule = "no-esn", .result = "no",
	  .expected = "crypto", .reason = "no-esn" },
	{ HW_OFFLOAD_CRYPTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'yes','encap':'yes'",
	  MODE_TUNNEL, .encap = TRUE, .rule = "udp-encap", .result = "no",
	  .expected = "fails", .reason = "udp-encap" },
	{ HW_OFFLOAD_PACKET, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'packet','tfc_padding':'100'",
	  MODE_TUNNEL, .tfc = 100, .rule = "tfc", .result = "no",
	  .expected = "fails", .reason = "tfc" },
	{ HW_OFFLOAD_PACKET, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'packet','tfc_padding':'mtu','mode':'transport'",
	  /* the kernel has no TFC padding in transport mode */
	  MODE_TRANSPORT, .tfc = UINT32_MAX, .rule = "packet", .result = "ok",
	  .expected = "packet", .reason = "as-requested" },
	{ HW_OFFLOAD_CRYPTO, "aes128-sha256", "192.168.50.2",
	  "'hw_offload':'crypto'",
	  MODE_TUNNEL, .rule = "algorithm", .result = "note",
	  .expected = "crypto", .reason = "as-requested" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'auto','ipcomp':'yes'",
	  MODE_TUNNEL, .ipcomp = TRUE, .rule = "ipcomp", .result = "no",
	  .expected = "none", .reason = "ipcomp" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'auto','mode':'beet'",
	  MODE_BEET, .rule = "ipsec-mode", .result = "no",
	  .expected = "none", .reason = "ipsec-mode" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'auto','if_id_in':'42'",
	  MODE_TUNNEL, .if_id_in = 42, .rule = "if-id", .result = "no",
	  .expected = "none", .reason = "if-id" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'auto','if_id_in':'%unique','if_id_out':'%unique'",
	  MODE_TUNNEL, .peer_if_id = 43, .rule = "if-id", .result = "no",
	  .expected = "none", .reason = "if-id" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'auto','local_ts':'dynamic, fd00::/64[tcp/80]'",
	  MODE_TUNNEL, .ts = "fd00::/64", .rule = "mixed-families",
	  .result = "no", .expected = "crypto", .reason = "mixed-families" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'auto','remote_ts':'10.0.0.0/8[udp/4789]'",
	  MODE_TUNNEL, .ts = "10.0.0.0/8", .rule = "packet",
	  .result = "ok", .expected = "packet", .reason = "as-requested" },
};

/**
 * Check what is explained.
 */
static void assert_explained(FILE *client, int row)
{
	json_t *line;
	bool found = FALSE;

	while ((line = client_line(client)) &&
		   streq(text(line, "type"), "rule"))
	{
		found |= streq(text(line, "rule"), explained[row].rule) &&
				 streq(text(line, "result"), explained[row].result);
		ck_assert_str_eq(text(line, "connection"), "gw");
		ck_assert_str_eq(text(line, "child"), "net");
		json_decref(line);
	}
	ck_assert(found);
	ck_assert_str_eq(text(line, "type"), "verdict");
	ck_assert_str_eq(text(line, "expected"), explained[row].expected);
	ck_assert_str_eq(text(line, "reason"), explained[row].reason);
	json_decref(line);
	fclose(client);
}

START_TEST(test_explain)
{
	FILE *client;

	load_config();
	config.requested = explained[_i].requested;
	config.proposal = explained[_i].proposal;
	config.remote = explained[_i].remote;
	config.mode = explained[_i].mode;
	config.tfc = explained[_i].tfc;
	config.encap = explained[_i].encap;
	config.ipcomp = explained[_i].ipcomp;
	config.if_id_in = explained[_i].if_id_in;
	config.peer_if_id = explained[_i].peer_if_id;
	config.ts = explained[_i].ts;
	config.window = 32;
	client = client_ask("hw-offload 1 explain gw net\n");
	client_first(client, "explain");
	assert_explained(client, _i);
}
END_TEST

START_TEST(test_written)
{
	char request[1024], *pos;
	FILE *client;

	snprintf(request, sizeof(request), "hw-offload 1 explain-written "
			 "{'connection':'gw','child':'net','esp_proposals':'%s',"
			 "'local_addrs':'192.168.50.1','remote_addrs':'%s'%s%s}\n",
			 explained[_i].proposal, explained[_i].remote,
			 explained[_i].written[0] ? "," : "", explained[_i].written);
	for (pos = request; (pos = strchr(pos, '\'')); pos++)
	{
		*pos = '"';
	}
	client = client_ask(request);
	client_first(client, "explain-written");
	assert_explained(client, _i);
}
END_TEST

static const struct {
	const char *text, *error;
} misunderstood[] = {
	{ "x", "no configuration of a child" },
	{ "[]", "no configuration of a child" },
	{ "{\"mode\":\"pass\"}", "mode is none of transport, transport_proxy, "
	  "tunnel, beet, iptfs, so there are no SAs" },
	{ "{\"hw_offload\":\"maybe\"}",
	  "hw_offload is none of no, yes, crypto, packet, auto" },
	{ "{\"esp_proposals\":\"aes128gcm128-esn,nonsense\"}",
	  "esp_proposals are not understood" },
	{ "{\"ah_proposals\":\"nonsense\"}", "ah_proposals are not understood" },
	{ "{\"esp_proposals\":\"aes128gcm128\",\"if_id_in\":\"x\"}",
	  "if_id_in or if_id_out is no interface ID" },
	{ "", "the configuration is missing" },
};

START_TEST(test_misunderstood)
{
	char request[256];
	FILE *client;
	json_t *line;

	snprintf(request, sizeof(request), "hw-offload 1 explain-written %s\n",
			 misunderstood[_i].text);
	client = client_ask(request);
	line = client_line(client);
	if (json_object_get(line, "hw-offload"))
	{
		json_decref(line);
		line = client_line(client);
	}
	ck_assert_str_eq(text(line, "error"), misunderstood[_i].error);
	json_decref(line);
	ck_assert(!client_line(client));
	fclose(client);
}
END_TEST

/**
 * Ask about a child in some mode, count rules with a text.
 */
static int count_rules(const char *requested, const char *expected)
{
	char request[256];
	FILE *client;
	json_t *line;
	int count = 0;

	snprintf(request, sizeof(request), "hw-offload 1 explain-written "
			 "{\"hw_offload\":\"%s\",\"esp_proposals\":\"aes128gcm128-esn\","
			 "\"remote_addrs\":\"192.168.50.2\"}\n", requested);
	client = client_ask(request);
	client_first(client, "explain-written");
	while ((line = client_line(client)) &&
		   streq(text(line, "type"), "rule"))
	{
		count += strstr(text(line, "text"), expected) != NULL ||
				 streq(text(line, "rule"), expected);
		json_decref(line);
	}
	json_decref(line);
	fclose(client);
	return count;
}

START_TEST(test_history)
{
	test_sa_t sa;

	/* what the driver has said before is told, with its words */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO,
							"driver: no packets"));
	ck_assert_int_eq(count_rules("auto", "before"), 0);
	install_pair(HW_OFFLOAD_AUTO, 0xc0000001, 0xc0000002);
	ck_assert_int_eq(count_rules("auto",
						"nic3 has taken an SA in crypto mode before"), 1);
	ck_assert_int_eq(count_rules("auto", ": driver: no packets"), 1);

	/* also if that made a CHILD_SA fail */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_CRYPTO,
							"driver: no packets"));
	sa_init(&sa, 0xc0000001, TRUE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	sa_clear(&sa);
	ck_assert_int_eq(count_rules("packet", "has taken"), 0);
	ck_assert_int_eq(count_rules("packet",
						"nic3 has refused before, "), 1);
	ck_assert_int_eq(count_rules("packet", ": driver: no packets"), 1);
	ck_assert_int_eq(count_rules("packet", "driver-refused"), 1);

	/* without words, too */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_ERROR, EINVAL, NULL);
	sa_init(&sa, 0xc0000001, TRUE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	sa_clear(&sa);
	ck_assert_int_eq(count_rules("packet",
						"nic3 has refused before, Invalid argument"), 1);

	/* and if the kernel did not say so, but encrypts itself */
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_EOPNOTSUPP, NULL));
	sa_init(&sa, 0xc0000001, TRUE, HW_OFFLOAD_CRYPTO);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	sa_clear(&sa);
	ck_assert_int_eq(count_rules("crypto", "by encrypting in software"), 1);
	ck_assert_int_eq(count_rules("crypto", "silent-software"), 1);
	ck_assert_int_eq(count_rules("crypto", "driver-refused"), 0);
}
END_TEST

START_TEST(test_budget)
{
	lib->settings->set_int(lib->settings,
						   "%s.plugins.hw-offload.devices.nic3.max_sas", 2,
						   lib->ns);
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	ck_assert_int_eq(count_rules("packet", "mode is ruled out: budget"), 0);
	ck_assert_int_eq(count_rules("packet", "allow nic3 2 SAs"), 1);
	/* there is no room for another one, in this mode */
	install_pair(HW_OFFLOAD_AUTO, 0xc0000001, 0xc0000002);
	ck_assert_int_eq(count_rules("packet", "packet mode is ruled out: budget"),
					 1);
	ck_assert_int_eq(count_rules("crypto", "mode is ruled out: budget"), 0);
	ck_assert_int_eq(count_rules("auto", "mode is ruled out: budget"), 1);
}
END_TEST

START_TEST(test_history_policy)
{
	test_sp_t sp;

	/* the same if it was a policy */
	install_pair(HW_OFFLOAD_PACKET, 0xc0000001, 0xc0000002);
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWPOLICY, 1,
					   FAKE_FAULT_ERROR, EINVAL, "driver: no policies");
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", 0xc0000002,
			1, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp), FAILED);
	sp_clear(&sp);
	ck_assert_int_eq(count_rules("packet", "nic3 has refused a policy before, "
								 "Invalid argument: driver: no policies"), 1);
	ck_assert_int_eq(count_rules("packet", "policy-refused"), 1);
	ck_assert_int_eq(count_rules("packet", "driver-refused"), 0);
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
					 "no such connection or child with SAs is loaded");
	json_decref(line);
	fclose(client);
	/* shunts are loaded, but have no SAs to explain */
	config.mode = MODE_DROP;
	client = client_ask("hw-offload 1 explain gw net\n");
	client_first(client, "explain");
	line = client_line(client);
	ck_assert_str_eq(text(line, "error"),
					 "no such connection or child with SAs is loaded");
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
		ck_assert(json_is_null(json_object_get(mode, "time")));
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
	tcase_add_loop_test(tcase, test_written, 0, countof(explained));
	tcase_add_loop_test(tcase, test_misunderstood, 0,
						countof(misunderstood));
	tcase_add_test(tcase, test_history);
	tcase_add_test(tcase, test_budget);
	tcase_add_test(tcase, test_history_policy);
	tcase_add_test(tcase, test_explain_nothing);
	tcase_add_test(tcase, test_devices);
	tcase_add_test(tcase, test_moved);
	return tcase;
}
