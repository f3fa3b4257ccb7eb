/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is expected of a configuration.
 */

#include "service_suites.h"
#include "bus_child.h"
#include "service_config.h"
#include "status_client.h"

#include <errno.h>
#include <linux/xfrm.h>

/* what is configured, as text in swanctl.conf too, and what comes of it */
static const struct {
	hw_offload_t requested;
	const char *proposal, *remote, *written;
	ipsec_mode_t mode;
	uint32_t tfc;
	bool encap, ipcomp, no_policies;
	uint32_t if_id_in, peer_if_id;
	mark_t mark_in, mark_out, set_mark_in;
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
	/* crypto mode is what there is to lose */
	{ HW_OFFLOAD_AUTO, "aes128gcm128", "192.168.50.2",
	  "'hw_offload':'auto'",
	  MODE_TUNNEL, .rule = "no-esn", .result = "note",
	  .expected = "crypto", .reason = "no-esn" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn-noesn", "192.168.50.2",
	  "'hw_offload':'auto'",
	  MODE_TUNNEL, .rule = "no-esn", .result = "note",
	  .expected = "packet", .reason = "as-requested" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "10.99.0.1",
	  "'hw_offload':'auto'",
	  MODE_TUNNEL, .rule = "route", .result = "no",
	  .expected = "none", .reason = "no-route" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "fe80::2%lo",
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
	  "'hw_offload':'auto','policies':'no'",
	  MODE_TUNNEL, .no_policies = TRUE, .rule = "no-policies",
	  .result = "no", .expected = "crypto", .reason = "no-policies" },
	{ HW_OFFLOAD_PACKET, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'packet','policies':'no'",
	  MODE_TUNNEL, .no_policies = TRUE, .rule = "no-policies",
	  .result = "note", .expected = "packet", .reason = "as-requested" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'auto','mode':'beet'",
	  MODE_BEET, .rule = "ipsec-mode", .result = "no",
	  .expected = "none", .reason = "ipsec-mode" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'auto','mode':'beet'",
	  MODE_BEET, .rule = "ipsec-mode", .result = "note",
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
	  "'hw_offload':'auto','mark_in':'5'",
	  MODE_TUNNEL, .mark_in = { 5, 0xffffffff }, .rule = "mark",
	  .result = "no", .expected = "crypto", .reason = "mark" },
	{ HW_OFFLOAD_PACKET, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'packet','mark_out':'%unique/0xff'",
	  MODE_TUNNEL, .mark_out = { MARK_UNIQUE, 0xff }, .rule = "mark",
	  .result = "no", .expected = "fails", .reason = "mark" },
	{ HW_OFFLOAD_CRYPTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'crypto','mark_in':'5','mark_out':'5'",
	  MODE_TUNNEL, .mark_in = { 5, 0xffffffff },
	  .mark_out = { 5, 0xffffffff }, .rule = "crypto", .result = "ok",
	  .expected = "crypto", .reason = "as-requested" },
	{ HW_OFFLOAD_AUTO, "aes128gcm128-esn", "192.168.50.2",
	  "'hw_offload':'auto','set_mark_in':'%same/0xf'",
	  MODE_TUNNEL, .set_mark_in = { MARK_SAME, 0xf }, .rule = "mark",
	  .result = "no", .expected = "none", .reason = "mark" },
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

	service_config_load();
	config.requested = explained[_i].requested;
	config.proposal = explained[_i].proposal;
	config.remote = explained[_i].remote;
	config.mode = explained[_i].mode;
	config.tfc = explained[_i].tfc;
	config.encap = explained[_i].encap;
	config.ipcomp = explained[_i].ipcomp;
	config.no_policies = explained[_i].no_policies;
	config.if_id_in = explained[_i].if_id_in;
	config.peer_if_id = explained[_i].peer_if_id;
	config.mark_in = explained[_i].mark_in;
	config.mark_out = explained[_i].mark_out;
	config.set_mark_in = explained[_i].set_mark_in;
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
	{ "{\"mode\":\"pass\"}", "child '': mode = pass is none of transport, "
	  "transport_proxy, tunnel, beet, iptfs, so there are no SAs" },
	{ "{\"child\":\"net\",\"hw_offload\":\"maybe\"}", "child 'net': "
	  "hw_offload = maybe is none of no, yes, crypto, packet, auto" },
	{ "{\"esp_proposals\":\"aes128gcm128-esn,nonsense\"}", "child '': "
	  "esp_proposals = aes128gcm128-esn,nonsense is not understood" },
	{ "{\"ah_proposals\":\"nonsense\"}",
	  "child '': ah_proposals = nonsense is not understood" },
	{ "{\"esp_proposals\":\"aes128gcm128\",\"if_id_in\":\"x\"}",
	  "child '': if_id_in = x is no interface ID" },
	{ "{\"esp_proposals\":\"aes128gcm128\",\"if_id_out\":\"x\"}",
	  "child '': if_id_out = x is no interface ID" },
	{ "{\"esp_proposals\":\"aes128gcm128\",\"mark_in\":\"x\"}",
	  "child '': mark_in = x is no mark" },
	{ "{\"esp_proposals\":\"aes128gcm128\",\"mark_out\":\"%same\"}",
	  "child '': mark_out = %same is no mark" },
	{ "{\"esp_proposals\":\"aes128gcm128\",\"set_mark_in\":\"%unique\"}",
	  "child '': set_mark_in = %unique is no mark" },
	{ "", "the configuration is missing" },
};

/**
 * Check what is said if nothing can be explained.
 */
static void assert_error(const char *request, const char *error)
{
	FILE *client = client_ask(request);
	json_t *line = client_line(client);

	if (json_object_get(line, "hw-offload"))
	{
		json_decref(line);
		line = client_line(client);
	}
	ck_assert_str_eq(text(line, "error"), error);
	json_decref(line);
	ck_assert(!client_line(client));
	fclose(client);
}

START_TEST(test_misunderstood)
{
	char request[256];

	snprintf(request, sizeof(request), "hw-offload 1 explain-written %s\n",
			 misunderstood[_i].text);
	assert_error(request, misunderstood[_i].error);
}
END_TEST

START_TEST(test_explain_many)
{
	int rules = 0, verdicts = 0;
	FILE *client;
	json_t *line;

	service_config_load();
	config.requested = HW_OFFLOAD_AUTO;
	config.proposal = "aes128gcm128-esn";
	config.remote = "192.168.50.2";
	config.mode = MODE_TUNNEL;
	config.children = 1000;
	client = client_ask("hw-offload 1 explain gw\n");
	client_first(client, "explain");
	while ((line = client_line(client)) && json_object_get(line, "type"))
	{
		if (streq(text(line, "type"), "verdict"))
		{	/* of the rules before it */
			ck_assert_int_gt(rules, 0);
			rules = 0;
			verdicts++;
		}
		else
		{
			rules++;
		}
		json_decref(line);
	}
	ck_assert(json_is_true(json_object_get(line, "end")));
	ck_assert_int_eq(verdicts, config.children);
	json_decref(line);
	fclose(client);

	/* nothing is kept of what is not fetched */
	client = client_ask("hw-offload 1 explain gw\n");
	client_first(client, "explain");
	json_decref(client_line(client));
	fclose(client);
	service_stop();
	ck_assert_int_eq(config.refs, 0);
	config.children = 0;
}
END_TEST

/**
 * Ask why a child failed: the reason of the failure, if it is mentioned, and
 * whether it counts for the verdict.
 */
static bool explain_failure(const char *request, const char *kind,
							char reason[32])
{
	FILE *client = client_ask(request);
	json_t *line;
	bool counts;

	reason[0] = '\0';
	client_first(client, kind);
	while ((line = client_line(client)) &&
		   streq(text(line, "type"), "rule"))
	{
		if (strstr(text(line, "text"), "could not be installed"))
		{
			ck_assert_int_gt(number(line, "time"), 0);
			snprintf(reason, 32, "%s", text(line, "rule"));
		}
		json_decref(line);
	}
	counts = number(line, "failed") > 0;
	json_decref(line);
	fclose(client);
	return counts;
}

/**
 * Let the child fail as its inbound SA can't be installed.
 */
static void fail_child(void)
{
	test_sa_t sa;

	sa_init(&sa, 0xc0000001, TRUE, HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	sa_clear(&sa);
	bus_child_alert(0xc0000001, 0xc0000002, ALERT_INSTALL_CHILD_SA_FAILED);
}

START_TEST(test_failed)
{
	static const char ask[] = "hw-offload 1 explain gw net\n";
	char reason[32];

	service_config_load();
	config.requested = HW_OFFLOAD_PACKET;
	config.proposal = "aes128gcm128-esn";
	config.remote = "192.168.50.2";
	config.mode = MODE_TRANSPORT;
	ck_assert(!explain_failure(ask, "explain", reason));
	ck_assert_str_eq(reason, "");

	/* a child of that name in another connection */
	service_refuse(XFRM_MSG_NEWSA, 1, EINVAL);
	bus_ike_name = "other";
	fail_child();
	bus_ike_name = "gw";
	ck_assert(!explain_failure(ask, "explain", reason));
	ck_assert_str_eq(reason, "");

	/* the driver may say so again */
	service_refuse(XFRM_MSG_NEWSA, 1, EINVAL);
	fail_child();
	ck_assert(explain_failure(ask, "explain", reason));
	ck_assert_str_eq(reason, "driver-refused");
	ck_assert_str_eq(client_explain(ask, "explain"), "as-requested");

	/* not another child, nor one that is only written */
	bus_child_name = "other";
	install_pair(HW_OFFLOAD_PACKET, 0xc0000003, 0xc0000004);
	bus_child_updown(0xc0000003, 0xc0000004, TRUE);
	bus_child_name = "net";
	ck_assert(explain_failure(ask, "explain", reason));
	ck_assert(!explain_failure("hw-offload 1 explain-written {\"connection\":"
			"\"gw\",\"child\":\"net\",\"remote_addrs\":\"192.168.50.2\","
			"\"esp_proposals\":\"aes128gcm128-esn\",\"hw_offload\":\"packet\""
			"}\n", "explain-written", reason));
	ck_assert_str_eq(reason, "");

	/* if the device is not asked now, the rules decide again */
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	ck_assert(!explain_failure(ask, "explain", reason));
	ck_assert_str_eq(reason, "driver-refused");
	ck_assert_str_eq(client_explain(ask, "explain"), "feature-off");

	/* what is a rule's business is told, but may be mended */
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_OFF);
	fail_child();
	fake_kernel_set_feature(kernel, NIC, HWO_FEATURE_ON);
	ck_assert(!explain_failure(ask, "explain", reason));
	ck_assert_str_eq(reason, "feature-off");
}
END_TEST

START_TEST(test_failed_trap)
{
	char reason[32];
	test_sp_t sp;

	service_config_load();
	config.requested = HW_OFFLOAD_PACKET;
	config.proposal = "aes128gcm128-esn";
	config.mode = MODE_TRANSPORT;
	/* a child of that name may have another peer in another connection */
	config.remote = _i ? "192.168.50.3" : "192.168.50.2";
	service_refuse(XFRM_MSG_NEWPOLICY, 2, EINVAL);
	sp_init(&sp, POLICY_OUT, "192.168.50.1/32", "192.168.50.2/32", 0, 1,
			HW_OFFLOAD_PACKET);
	ck_assert_int_eq(sp_add(&sp), FAILED);
	bus_trap_destroy(CHILD_CREATED, FALSE);
	ck_assert(explain_failure("hw-offload 1 explain gw net\n", "explain",
							  reason) == !_i);
	ck_assert_str_eq(reason, _i ? "" : "policy-refused");
	sp_clear(&sp);
}
END_TEST

START_TEST(test_explain_nothing)
{
	service_config_load();
	config.mode = MODE_TUNNEL;
	config.children = 2;
	assert_error("hw-offload 1 explain other\n",
				 "no connection 'other' with SAs is loaded, but gw");
	assert_error("hw-offload 1 explain gw other\n",
				 "no child 'other' with SAs is loaded, but net");
	/* shunts are loaded, but have no SAs to explain */
	config.mode = MODE_DROP;
	assert_error("hw-offload 1 explain gw net\n",
				 "no connection 'gw' with SAs is loaded");
	config.children = 0;
	ck_assert_int_eq(config.refs, 0);
}
END_TEST

TCase *explain_tcase(void)
{
	TCase *tcase = tcase_create("explain");

	tcase_add_checked_fixture(tcase, status_setup, status_teardown);
	tcase_add_loop_test(tcase, test_explain, 0, countof(explained));
	tcase_add_loop_test(tcase, test_written, 0, countof(explained));
	tcase_add_loop_test(tcase, test_misunderstood, 0,
						countof(misunderstood));
	tcase_add_test(tcase, test_explain_many);
	tcase_add_test(tcase, test_failed);
	tcase_add_loop_test(tcase, test_failed_trap, 0, 2);
	tcase_add_test(tcase, test_explain_nothing);
	return tcase;
}
