/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is said of traffic that is blocked, and of its release.
 */

#include "command_suites.h"

#include <stdio.h>
#include <string.h>

START_TEST(test_policies_blocked)
{
	answer = FIRST BLOCKED("lost", "10.2.0.0/16")
		"{\"type\":\"policy\",\"dir\":\"in\",\"busy\":true}\n" END(2);
	ck_assert_int_eq(run("-v policies"), 0);
	ck_assert_str_eq(line(1), "out  10.1.0.0/16  10.2.0.0/16  -          "
		"blocked  -         -          -          -       -      -    0");
	ck_assert_str_eq(line(2), "    blocked since 1970-01-01 00:00:01: lost, "
		"connection gw, child net, peer 192.0.2.2");
	/* nothing is known of one that is busy */
	ck_assert_str_eq(line(3), "in   -            -            -          "
		"busy     -         -          -          -       -      -    -");
}
END_TEST

START_TEST(test_list_blocked)
{
	answer = FIRST GOOD END(1);
	answer_policies = FIRST BLOCKED("lost", "10.2.0.0/16") POLICY
		BLOCKED("drain", "10.3.0.0/16") BLOCKED("rekey-failed", "10.4.0.0/16")
		END(4);
	ck_assert_int_eq(run("list"), 0);
	ck_assert_str_eq(line(2), "Traffic of 2 policies is blocked: "
		"\"hw-offload -v policies\" tells which and why.");
	/* that is not for who reads the table, nor for JSON */
	ck_assert_int_eq(run("list 2>/dev/null | cat"), 0);
	ck_assert_str_eq(line(2), "");
	ck_assert_int_eq(run("--json list"), 0);
	ck_assert(!strstr(output, "blocked"));
	/* in a list that is empty, too */
	answer = FIRST END(0);
	answer_policies = FIRST BLOCKED("trap-refused", "10.2.0.0/16") END(1);
	ck_assert_int_eq(run("list"), 0);
	ck_assert(strstr(line(1), "Traffic of 1 policy is blocked: "));
	/* what ends by itself is not worth a word */
	answer_policies = FIRST BLOCKED("drain", "10.3.0.0/16") END(1);
	ck_assert_int_eq(run("list"), 0);
	ck_assert_str_eq(line(1), "");
	/* who does not know says so */
	answer_policies = "{\"error\":\"too many clients\"}\n";
	ck_assert_int_eq(run("list"), 0);
	ck_assert_str_eq(line(1), "hw-offload: unable to tell if traffic is "
		"blocked: too many clients");
}
END_TEST

/** what release is answered */
#define RELEASED(count) FIRST "{\"type\":\"released\",\"count\":" #count \
	"}\n" END(1)

START_TEST(test_release)
{
	static const char *const drained[] = {
		"gw", "all", "192.0.2.2", "10.3.0.0/16", "192.0.2.7", "192.0.2.7/32",
		"2001:db8::1"
	};
	size_t i;

	answer = RELEASED(2);
	ck_assert_int_eq(run("release gw"), 0);
	ck_assert_str_eq(asked, "hw-offload 1 release gw\n");
	ck_assert_str_eq(output, "released 2\n");
	/* nothing matches, or only what ends by itself */
	answer = RELEASED(0);
	answer_policies = FIRST POLICY BLOCKED("lost", "10.2.0.0/16") END(2);
	ck_assert_int_eq(run("release 10.2.0.0"), 1);
	ck_assert_str_eq(line(0), "released 0");
	ck_assert(strstr(line(1), "WHAT is the name of a connection, the "));
	answer_policies = FIRST BLOCKED("drain", "10.3.0.0/16")
		BLOCKED("drain", "192.0.2.7/32") BLOCKED("drain", "2001:db8::1/128")
		END(3);
	for (i = 0; i < sizeof(drained) / sizeof(drained[0]); i++)
	{
		char args[64];

		snprintf(args, sizeof(args), "release %s", drained[i]);
		ck_assert_int_eq(run(args), 1);
		ck_assert_msg(strstr(line(1), "is only being drained") != NULL, "%s: "
					  "%s", args, output);
	}
	ck_assert_int_eq(run("release 10.3.0.0"), 1);
	ck_assert(strstr(line(1), "Nothing that is blocked matches."));
	ck_assert_int_eq(run("--json release gw"), 1);
	ck_assert(!strstr(output, "drained"));
}
END_TEST

TCase *blocked_tcase(void)
{
	TCase *tcase;

	tcase = tcase_create("blocked");
	tcase_add_checked_fixture(tcase, command_setup, command_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_policies_blocked);
	tcase_add_test(tcase, test_list_blocked);
	tcase_add_test(tcase, test_release);
	return tcase;
}
