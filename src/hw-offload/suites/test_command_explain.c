/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests how the command explains which modes a connection can get.
 */

#include "command_suites.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

START_TEST(test_refusals)
{
	static const char rule[] = "{\"type\":\"rule\",\"child\":\"net\",\"rule\":"
		"\"%s\",\"result\":\"note\",\"text\":\"nic has refused before\","
		"\"time\":%d}\n";
	char text[1024], once[256];
	const char *first;

	/* what a device has said before rules nothing out, but may be the cause */
	snprintf(once, sizeof(once), rule, "driver-refused", 1);
	snprintf(text, sizeof(text), FIRST "%s%s" VERDICT("net", "auto", "packet")
			 END(3), once, once);
	answer = text;
	ck_assert_int_eq(run("explain gw"), 0);
	first = strstr(output, "The driver said no, or the kernel on its ");
	ck_assert_msg(first && strstr(first, "what to do: "), "%s", output);
	ck_assert_msg(!strstr(first + 1, "The driver said no"), "%s", output);
	ck_assert_msg(strstr(output, "before (1970-01-01 00:00:01)\n"), "%s",
				  output);
	snprintf(once, sizeof(once), rule, "policy-refused", 1);
	snprintf(text, sizeof(text), FIRST "%s" VERDICT("net", "auto", "packet")
			 END(2), once);
	ck_assert_int_eq(run("explain gw"), 0);
	first = strstr(output, "The policy was refused");
	ck_assert_msg(first && strstr(first, "what to do: "), "%s", output);
	/* nor does what depends on the traffic, before Linux 7.1 */
	snprintf(once, sizeof(once), rule, "route-leak", 0);
	snprintf(text, sizeof(text), FIRST "%s" VERDICT("net", "auto", "packet")
			 END(2), once);
	ck_assert_int_eq(run("explain gw"), 0);
	ck_assert_msg(strstr(output, "what to do: Run Linux 7.1"), "%s", output);
	/* a note about anything else does not need more words */
	snprintf(once, sizeof(once), rule, "budget", 0);
	snprintf(text, sizeof(text), FIRST "%s" VERDICT("net", "auto", "packet")
			 END(2), once);
	ck_assert_int_eq(run("explain gw"), 0);
	ck_assert_msg(!strstr(output, "what to do: "), "%s", output);
}
END_TEST

START_TEST(test_failed_before)
{
	/* rules speak for it, but that was so when it failed, too */
	answer = FIRST "{\"type\":\"verdict\",\"child\":\"net\",\"requested\":"
		"\"packet\",\"expected\":\"packet\",\"device\":\"p0\",\"reason\":"
		"\"as-requested\",\"failed\":2}\n" END(1);
	ck_assert_int_eq(run("explain gw"), 1);
	ck_assert_msg(strstr(output, "  => packet on p0, if the driver agrees; it "
						 "failed at 1970-01-01 00:00:02\n"), "%s", output);
}
END_TEST

START_TEST(test_explain)
{
	answer = FIRST RULE("a", "ok", "by p0") VERDICT("a", "auto", "packet")
		RULE("b", "note", "well") VERDICT("b", "no", "none") END(4);
	ck_assert_int_eq(run("explain gw"), 0);
	ck_assert_str_eq(asked, "hw-offload 1 explain gw \n");
	ck_assert_str_eq(output, "a: hw_offload = auto\n"
		"  ok    route          by p0\n"
		"  => packet on p0, if the driver agrees\n"
		"b: hw_offload = no\n"
		"  note  route          well\n  => none on p0\n");
	/* nobody keeps connections or children from having the same name */
	answer = FIRST RULE("a", "ok", "by p0") VERDICT("a", "auto", "packet")
		RULE("a", "note", "well") VERDICT("a", "no", "none") END(4);
	ck_assert_int_eq(run("explain gw"), 0);
	ck_assert_str_eq(output, "a: hw_offload = auto\n"
		"  ok    route          by p0\n"
		"  => packet on p0, if the driver agrees\n"
		"a: hw_offload = no\n"
		"  note  route          well\n  => none on p0\n");
	answer = FIRST VERDICT("a", "auto", "crypto") END(1);
	ck_assert_int_eq(run("explain gw a"), 1);
	ck_assert_str_eq(asked, "hw-offload 1 explain gw a\n");
	answer = FIRST VERDICT("a", "packet", "fails") END(1);
	ck_assert_int_eq(run("explain gw a"), 1);
	ck_assert(strstr(output, "  => the CHILD_SA fails on p0\n"));
	ck_assert_int_eq(run("--json explain gw a"), 1);
	ck_assert(strstr(output, "\"expected\": \"fails\""));
	json_decref(printed("explain"));
	/* names are not for the terminal to obey */
	answer = FIRST "{\"error\":\"only a\\u001b[2J is loaded\"}\n";
	ck_assert_int_eq(run("explain gw"), 2);
	ck_assert_str_eq(output, "hw-offload: only a?[2J is loaded\n");
	ck_assert_int_eq(run("explain"), 2);
}
END_TEST

/**
 * Write a file for explain.
 */
static const char *write_swanctl(const char *text)
{
	static char file[128];
	FILE *out;

	snprintf(file, sizeof(file), "%s/swanctl.conf", dir);
	out = fopen(file, "w");
	fputs(text, out);
	fclose(out);
	return file;
}

START_TEST(test_explain_file)
{
	const char *file;
	char args[256];
	json_t *config;

	file = write_swanctl("connections {\n gw {\n  remote_addrs = 192.0.2.1\n"
						 "  if_id_in = 5\n  children {\n"
						 "   net {\n    hw_offload = packet # all of it\n"
						 "    if_id_in = 6\n    mark_in = 7\n"
						 "    mark_out = 8\n    set_mark_in = 9\n"
						 "    updown = /bin/\"a b\"\n   }\n"
						 "   other { mode = beet }\n   local { mode = pass }\n"
						 "  }\n }\n}\n");
	answer = FIRST RULE("net", "ok", "by p0") VERDICT("net", "packet", "packet")
		END(2);
	snprintf(args, sizeof(args), "--file='%s' explain gw net", file);
	ck_assert_int_eq(run(args), 0);
	ck_assert_str_eq(output, "net: hw_offload = packet\n"
		"  ok    route          by p0\n"
		"  => packet on p0, if the driver agrees\n");
	/* what the daemon is told: nothing it does not need, inner settings
	 * first */
	ck_assert(!strncmp(asked, "hw-offload 1 explain-written {", 30));
	config = json_loads(asked + 29, 0, NULL);
	ck_assert(json_equal(config, json_pack("{s:s, s:s, s:s, s:s, s:s, "
			"s:s, s:s, s:s}", "connection", "gw", "child", "net",
			"remote_addrs", "192.0.2.1", "if_id_in", "6", "mark_in", "7",
			"mark_out", "8", "set_mark_in", "9", "hw_offload", "packet")));
	json_decref(config);
	/* both children are explained */
	snprintf(args, sizeof(args), "-j -f '%s' explain gw", file);
	ck_assert_int_eq(run(args), 0);
	config = json_loads(output, 0, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(config, "rules")), 4);
	json_decref(config);
	ck_assert(strstr(asked, "\"child\":\"other\",\"remote_addrs\":"));

	unlink(file);
}
END_TEST

START_TEST(test_explain_file_wrong)
{
	char args[256];
	const char *file = write_swanctl("connections {\n gw {\n  children {\n"
						 "   other { mode = beet }\n   local { mode = pass }\n"
						 "  }\n }\n shunts {\n  children {\n"
						 "   local { mode = drop }\n  }\n }\n}\n");

	/* shunts have no SAs, whether they are asked for or not */
	snprintf(args, sizeof(args), "-f '%s' explain gw local", file);
	ck_assert_int_eq(run(args), 2);
	ck_assert_str_eq(output,
					 "hw-offload: 'local' has mode = pass, so no SAs\n");
	snprintf(args, sizeof(args), "-f '%s' explain shunts", file);
	ck_assert_int_eq(run(args), 2);
	ck_assert_str_eq(output, "hw-offload: 'shunts' has no child with SAs\n");
	snprintf(args, sizeof(args), "-f '%s' explain gw nothing", file);
	ck_assert_int_eq(run(args), 2);
	ck_assert_str_eq(output, "hw-offload: 'gw' has no child "
					 "'nothing', but other, local\n");
	snprintf(args, sizeof(args), "-f '%s' explain nothing", file);
	ck_assert_int_eq(run(args), 2);
	ck_assert_str_eq(output, "hw-offload: there is no connection 'nothing', "
					 "but gw, shunts\n");
	answer = "{\"error\":\"hw_offload is none of these\"}\n";
	snprintf(args, sizeof(args), "-f '%s' explain gw", file);
	ck_assert_int_eq(run(args), 2);
	ck_assert_str_eq(output, "hw-offload: hw_offload is none of these\n");
	write_swanctl("connections {\n gw {\n");
	ck_assert_int_eq(run(args), 2);
	ck_assert(strstr(output, "swanctl.conf:3: a '}' is missing\n"));
	unlink(file);
	ck_assert_int_eq(run(args), 2);
	ck_assert(strstr(output, "swanctl.conf: No such file or directory\n"));
}
END_TEST

/*
 * Described in header
 */
TCase *explain_tcase(void)
{
	TCase *tcase = tcase_create("explain");

	tcase_add_checked_fixture(tcase, command_setup, command_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_explain);
	tcase_add_test(tcase, test_explain_file);
	tcase_add_test(tcase, test_explain_file_wrong);
	tcase_add_test(tcase, test_refusals);
	tcase_add_test(tcase, test_failed_before);
	return tcase;
}
