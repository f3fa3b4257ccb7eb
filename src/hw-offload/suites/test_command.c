/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the command, against a service that answers what it is told to.
 */

#include "command_suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "../client.h"

/** a CHILD_SA whose driver gave no reason */
#define SILENT "{\"type\":\"child\",\"requested\":\"auto\"," \
	"\"effective\":\"none\",\"candidate\":\"p3\"," \
	"\"reason\":\"driver-refused\",\"kernel\":null,\"errno\":22}\n"

START_TEST(test_list)
{
	answer = FIRST GOOD POOR END(2);
	ck_assert_int_eq(run("list"), 0);
	ck_assert_str_eq(asked, "hw-offload 1 list\nhw-offload 1 policies\n");
	ck_assert_str_eq(line(0),
		"CONNECTION  CHILD  ID      SPI-IN    SPI-OUT   REQUESTED  EFFECTIVE  "
		"DEVICE  PACKETS-IN  PACKETS-OUT  REASON          KERNEL");
	ck_assert_str_eq(line(1),
		"a?[2J_b     x\"y\\z  #2{9}   -         c0000003  auto       none    "
		"   -       -           7            driver-refused  "
		"driver: not today");
	ck_assert_str_eq(line(2),
		"gw          net    #3{10}  c0000001  c0000002  packet     packet     "
		"p0      11          gone         as-requested    -");
	ck_assert_str_eq(line(3), "");
	/* a driver without words has an error nevertheless */
	answer = FIRST SILENT END(1);
	ck_assert_int_eq(run("list"), 0);
	ck_assert(strstr(output, "  driver-refused  Invalid argument\n"));
	ck_assert_int_eq(run("-v list"), 0);
	ck_assert(strstr(output, "\n    device in question: p3\n"));
	ck_assert(!strstr(output, "no crypto mode either"));
	answer = FIRST "{\"type\":\"child\",\"requested\":\"auto\",\"effective\":"
		"\"none\",\"reason\":\"bond-packet\",\"crypto\":{\"reason\":"
		"\"bond-mode\",\"kernel\":null,\"errno\":null}}\n" END(1);
	ck_assert_int_eq(run("-v list"), 0);
	ck_assert(strstr(output, "\n    no crypto mode either, bond-mode: Only "
		"bonds in mode active-backup offload.\n    what to do: Change the "
		"mode "));
	answer = FIRST "{\"type\":\"child\",\"requested\":\"auto\",\"effective\":"
		"\"none\",\"reason\":\"driver-refused\",\"kernel\":\"x: one\","
		"\"errno\":22,\"crypto\":{\"reason\":\"driver-refused\",\"kernel\":"
		"\"x: two\",\"errno\":22}}\n" END(1);
	ck_assert_int_eq(run("-v list"), 0);
	ck_assert(strstr(output, "in vain just before. x: two\n    what to do: "));

}
END_TEST

START_TEST(test_list_verbose)
{
	answer = FIRST GOOD POOR END(2);
	ck_assert_int_eq(run("-v list"), 0);
	ck_assert(strstr(output, "\n    in   c0000001 packet p0, 11 packets, 1100 "
		"bytes, dropped: 5 replayed, 0 not authentic\n"));
	ck_assert(strstr(output, "\n    in   limits (soft/hard): packets 100/200, "
		"watched by the device\n"));
	ck_assert(strstr(output, "\n    in   limits (soft/hard): bytes 5000/6000, "
		"watched by the plugin\n"));
	ck_assert(strstr(output, "\n    in   limits (soft/hard): seconds 30/40, "
		"watched by the kernel\n"));
	/* and one that has none */
	ck_assert(strstr(output, "\n    out  no limits\n"));
	ck_assert(strstr(output, "\n    out  the kernel has no such SA anymore\n"));
	ck_assert(strstr(output, "\n    driver-refused: The driver said no, or the "
		"kernel on its behalf. If it was busy, it was asked twice, unless "
		"that was in vain just before.\n    what to do: Read the words of the "
		"kernel "));
	ck_assert(!strstr(output, "as-requested:"));
	/* an SA that has a reason of its own */
	ck_assert(strstr(output, "\n    out  in-use: An SA that carried packets "));
	ck_assert(strstr(output, "\n    moved 2 times, last at 1970-01-01 "
		"00:00:01, from crypto p1\n"));
}
END_TEST

START_TEST(test_hidden)
{
	answer = FIRST "{\"type\":\"child\",\"connection\":\"gw\",\"child\":"
		"\"net\",\"requested\":\"packet\",\"effective\":\"packet\","
		"\"device\":\"p0\",\"reason\":\"as-requested\",\"in\":{\"hidden\":"
		"false,\"installed\":true},\"out\":{\"effective\":\"packet\","
		"\"device\":\"p0\",\"hidden\":true,\"installed\":true}}\n" END(1);
	ck_assert_int_eq(run("-v list"), 0);
	ck_assert(strstr(output, "\n    out  another SA hides it from its "
		"policy, "));
	ck_assert(!strstr(output, "\n    in   another SA"));
	ck_assert_int_eq(run("metrics"), 0);
	ck_assert(strstr(output, "\nhw_offload_hidden_sas{connection=\"gw\","
		"child=\"net\",direction=\"out\",effective=\"packet\","
		"device=\"p0\"} 1\n"));
}
END_TEST

/**
 * Check what is said of a reason: by list, and by explain if it rules out
 * modes.
 */
static void assert_reason(const char *reason)
{
	static char text[1024];
	char expected[128];

	snprintf(text, sizeof(text), FIRST "{\"type\":\"child\","
			 "\"connection\":\"gw\",\"child\":\"net\",\"requested\":"
			 "\"auto\",\"effective\":\"none\",\"reason\":\"%s\"}\n" END(1),
			 reason);
	answer = text;
	ck_assert_int_eq(run("--verbose list"), 0);
	snprintf(expected, sizeof(expected), "  %s  ", reason);
	ck_assert_msg(strstr(output, expected) != NULL, "%s", output);
	snprintf(expected, sizeof(expected), "\n    %s: ", reason);
	ck_assert_msg(strstr(output, expected) != NULL, "%s", output);
	ck_assert_msg(strstr(output, "\n    what to do: ") != NULL, "%s", output);

	snprintf(text, sizeof(text), FIRST "{\"type\":\"rule\",\"child\":"
			 "\"net\",\"rule\":\"%s\",\"result\":\"no\",\"text\":"
			 "\"packet mode is ruled out: %s\"}\n" VERDICT("net", "auto",
			 "none") END(2), reason, reason);
	ck_assert_int_eq(run("explain gw"), 1);
	snprintf(expected, sizeof(expected), "ruled out: %s\n", reason);
	ck_assert_msg(strstr(output, expected) != NULL, "%s", output);
	ck_assert_msg(strstr(output, " what to do: ") != NULL, "%s", output);
}

START_TEST(test_reasons)
{
	char file[512], row[1024], reason[64];
	int count = 0;
	FILE *in;

	/* all of them, of which check-reasons proves that the plugin has them */
	snprintf(file, sizeof(file), "%s/docs/reasons.md",
			 getenv("HWO_TOP") ?: ".");
	in = fopen(file, "r");
	ck_assert(in != NULL);
	while (fgets(row, sizeof(row), in))
	{
		if (sscanf(row, "| `%60[a-z-]` |", reason) == 1 && count++)
		{
			assert_reason(reason);
		}
	}
	fclose(in);
	ck_assert_int_gt(count, 30);
}
END_TEST

/** one that failed, and a trap */
#define FAILED "{\"type\":\"failed\",\"connection\":\"gw\",\"child\":\"net\"," \
	"\"ike_id\":3,\"child_id\":11,\"reqid\":1,\"protocol\":\"esp\"," \
	"\"mode\":\"transport\",\"encap\":false,\"local\":\"192.0.2.1\"," \
	"\"remote\":\"192.0.2.2\",\"spi_in\":\"c0000004\"," \
	"\"spi_out\":\"c0000005\",\"requested\":\"packet\"," \
	"\"effective\":\"none\",\"device\":\"p0\",\"reason\":\"driver-refused\"," \
	"\"kernel\":\"driver: full\",\"errno\":28,\"moved\":null,\"time\":1}\n"
#define FAILED_TRAP "{\"type\":\"failed\",\"connection\":null,\"child\":" \
	"\"trap\",\"ike_id\":null,\"child_id\":5,\"spi_in\":null," \
	"\"spi_out\":null," \
	"\"requested\":\"packet\",\"effective\":\"none\",\"device\":null," \
	"\"reason\":\"no-route\",\"kernel\":null,\"errno\":null,\"time\":1}\n"

START_TEST(test_list_failed)
{
	json_t *document, *failed;

	answer = FIRST GOOD FAILED FAILED_TRAP END(3);
	ck_assert_int_eq(run("list"), 0);
	ck_assert_str_eq(line(1),
		"-           trap   {5}     -         -         packet     failed     "
		"-       -           -            no-route        -");
	ck_assert_str_eq(line(3),
		"gw          net    #3{11}  c0000004  c0000005  packet     failed     "
		"p0      -           -            driver-refused  driver: full");
	ck_assert_str_eq(line(4), "");
	ck_assert_int_eq(run("-v list"), 0);
	ck_assert(strstr(output, "\n    192.0.2.1 === 192.0.2.2, transport esp, "
		"reqid 1\n    failed at 1970-01-01 00:00:01; \"swanctl --initiate "
		"--child net\" tries it again\n"));
	ck_assert(strstr(output, "; \"swanctl --install --child trap\" tries it "));
	ck_assert(strstr(output, "\n    what to do: Compare ip route get "));

	answer = FIRST GOOD FAILED END(2);
	ck_assert_int_eq(run("--json list"), 0);
	document = json_loads(output, 0, NULL);
	ck_assert_int_eq(json_array_size(json_object_get(document, "children")), 1);
	failed = json_object_get(document, "failed");
	ck_assert_int_eq(json_array_size(failed), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(
						json_array_get(failed, 0), "child_id")), 11);
	json_decref(document);
}
END_TEST

START_TEST(test_list_json)
{
	json_t *document, *child;

	answer = FIRST GOOD POOR END(2);
	ck_assert_int_eq(run("list --json"), 0);
	document = json_loads(output, 0, NULL);
	ck_assert(document != NULL);
	ck_assert_int_eq(json_integer_value(json_object_get(document,
													"hw-offload")), 1);
	child = json_array_get(json_object_get(document, "children"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(child, "child")), "net");
	ck_assert_int_eq(json_integer_value(json_object_get(
						json_object_get(child, "in"), "packets")), 11);
	json_decref(document);

	answer = FIRST END(0);
	ck_assert_int_eq(run("list --json"), 0);
	document = json_loads(output, 0, NULL);
	ck_assert_int_eq(json_array_size(json_object_get(document, "children")), 0);
	json_decref(document);
}
END_TEST

START_TEST(test_list_many)
{
	static const char child[] = GOOD;
	const int count = 10000;
	char *text, last[64];
	size_t size;
	FILE *out;
	int i;

	out = open_memstream(&text, &size);
	fputs(FIRST, out);
	for (i = 0; i < count; i++)
	{
		fputs(child, out);
	}
	fprintf(out, "{\"end\":true,\"count\":%d}\n", count);
	fclose(out);
	answer = text;
	snprintf(last, sizeof(last), "%d\n", count + 1);
	ck_assert_int_eq(run("list | wc -l"), 0);
	ck_assert_str_eq(output, last);
	ck_assert_int_eq(run("-j list | grep -c '\"child_id\": 10,'"), 0);
	ck_assert_int_eq(atoi(output), count);
	free(text);
}
END_TEST

START_TEST(test_policies)
{
	json_t *document;

	answer = FIRST POLICY END(1);
	ck_assert_int_eq(run("policies"), 0);
	ck_assert_str_eq(asked, "hw-offload 1 policies\n");
	ck_assert_str_eq(line(1), "out  10.1.0.0/16[17/any]  "
		"10.2.0.0/16[17/4789]  -          trap    3000      packet     "
		"packet     p0      4      -    2");
	ck_assert_int_eq(run("-j policies"), 0);
	document = json_loads(output, 0, NULL);
	ck_assert_int_eq(json_array_size(json_object_get(document, "policies")), 1);
	json_decref(document);
}
END_TEST

START_TEST(test_devices)
{
	json_t *document, *list;

	answer = FIRST END(0);
	ck_assert_int_eq(run("devices --json"), 0);
	document = printed("devices");
	list = json_object_get(document, "devices");
	ck_assert(json_is_array(list));
	json_decref(document);
	/* without the daemon there are devices nevertheless */
	ck_assert_int_eq(run("--socket=/nonexistent devices"), 0);
	ck_assert(strstr(output, "DEVICE"));
}
END_TEST

START_TEST(test_probe)
{
	if (geteuid() == 0)
	{
		ck_assert_int_eq(run("probe nonexistent0"), 2);
		ck_assert(strstr(output, "there is no interface 'nonexistent0'"));
	}
	else
	{
		ck_assert_int_eq(run("probe lo"), 2);
		ck_assert(strstr(output, "only root may install SAs"));
	}
	ck_assert_int_eq(run("probe"), 2);
}
END_TEST

START_TEST(test_metrics)
{
	answer = FIRST GOOD POOR GOOD FAILED END(4);
	answer_policies = FIRST POLICY BLOCKED("lost", "10.2.0.0/16")
		BLOCKED("drain", "10.3.0.0/16") BLOCKED("lost", "10.4.0.0/16") END(4);
	ck_assert_int_eq(run("metrics"), 0);
	ck_assert(strstr(output, "\nhw_offload_blocked_policies{reason=\"lost\"} "
		"2\nhw_offload_blocked_policies{reason=\"drain\"} 1\n"));
	ck_assert(strstr(output, "\nhw_offload_failed_child_sas{connection=\"gw\","
		"child=\"net\",requested=\"packet\",device=\"p0\","
		"reason=\"driver-refused\"} 1\n"));
	ck_assert(strstr(output, "\nhw_offload_up 1\n"));
	ck_assert(strstr(output, "\nhw_offload_info{version=\"1.2\","
		"strongswan=\"6.1.0\"} 1\n"));
	ck_assert(strstr(output, "\nhw_offload_child_sas{requested=\"packet\","
		"effective=\"packet\",device=\"p0\",reason=\"as-requested\"} 2\n"));
	ck_assert(strstr(output, "\nhw_offload_child_sas{requested=\"auto\","
		"effective=\"none\",device=\"\",reason=\"driver-refused\"} 1\n"));
	ck_assert(strstr(output, "\nhw_offload_packets_total{connection=\"gw\","
		"child=\"net\",direction=\"in\",effective=\"packet\",device=\"p0\"} "
		"22\n"));
	ck_assert(strstr(output, "\nhw_offload_packets_total{"
		"connection=\"a?[2J b\",child=\"x\\\"y\\\\z\",direction=\"out\","
		"effective=\"none\",device=\"\"} 7\n"));
	ck_assert(strstr(output, "\nhw_offload_missing_sas{connection=\"gw\","
		"child=\"net\",direction=\"out\",effective=\"packet\",device=\"p0\"} "
		"2\n"));
	ck_assert(strstr(output, "# TYPE hw_offload_packets_total counter\n"));
	ck_assert_int_eq(run("--json metrics"), 0);
	json_decref(printed("metrics"));
	if (system("promtool --version >/dev/null 2>&1") == 0)
	{
		ck_assert_msg(run("metrics | promtool check metrics") == 0, "%s",
					  output);
	}
}
END_TEST

START_TEST(test_watch)
{
	answer = FIRST "{\"type\":\"event\",\"event\":\"up\",\"time\":0,"
		"\"missed\":3,\"connection\":\"gw\",\"child\":\"net\",\"ike_id\":1,"
		"\"child_id\":2,\"spi_in\":\"c1\",\"spi_out\":\"c2\","
		"\"requested\":\"auto\",\"effective\":\"crypto\",\"device\":\"p0\","
		"\"reason\":\"driver-refused\",\"kernel\":\"no\"}\n";
	/* the daemon has ended then, which is said */
	ck_assert_int_eq(run("watch"), 2);
	ck_assert_str_eq(asked, "hw-offload 1 watch\n");
	ck_assert(strstr(output, "(3 events missed)\n1970-01-01 00:00:00 up      "
		"gw#1 net{2} c1_i c2_o hw_offload auto effective crypto device p0 "
		"driver-refused: no\n"));
	ck_assert(strstr(output, "hw-offload: the answer is incomplete\n"));
	ck_assert_int_eq(run("watch --json"), 2);
	ck_assert(strstr(output, "\"reason\":\"driver-refused\""));
}
END_TEST

START_TEST(test_trouble)
{
	answer = "";
	ck_assert_int_eq(run("list"), 2);
	ck_assert_str_eq(output, "hw-offload: the answer is incomplete\n");
	answer = FIRST GOOD;
	ck_assert_int_eq(run("list"), 2);
	ck_assert_str_eq(output, "hw-offload: the answer is incomplete\n");
	answer = FIRST GOOD "{\"end\":tr";
	ck_assert_int_eq(run("list"), 2);
	answer = FIRST GOOD END(2);
	ck_assert_int_eq(run("list"), 2);
	ck_assert_str_eq(output, "hw-offload: items are missing\n");
	answer = "{\"hw-offload\":2}\n" END(0);
	ck_assert_int_eq(run("list"), 2);
	ck_assert_str_eq(output, "hw-offload: the service is of another version\n");
	answer = "[1]\n";
	ck_assert_int_eq(run("list"), 2);
	ck_assert_str_eq(output, "hw-offload: the answer is no JSON object\n");
	answer = "{\"error\":\"too many clients\"}\n";
	ck_assert_int_eq(run("list"), 2);
	ck_assert_str_eq(output, "hw-offload: too many clients\n");
	ck_assert_int_eq(run("metrics"), 2);
	ck_assert(strstr(output, "\nhw_offload_up 0\n"));
	ck_assert_int_eq(run("--socket=/nonexistent list"), 2);
	ck_assert(strstr(output, "does charon run, with the plugin hw-offload?"));
}
END_TEST

START_TEST(test_usage)
{
	ck_assert_int_eq(run("--help"), 0);
	ck_assert(strstr(output, "usage: hw-offload [OPTION...] COMMAND"));
	/* that of one command has no others */
	ck_assert_int_eq(run("explain --help"), 0);
	ck_assert(strstr(output, "usage: hw-offload [OPTION...] explain CONN "
		"[CHILD]\n\nwhat a connection would get on this host\n\n  CONN "));
	ck_assert(strstr(output, "--file=PATH"));
	ck_assert(!strstr(output, "doctor"));
	ck_assert_int_eq(run("--help list"), 0);
	ck_assert(strstr(output, "usage: hw-offload [OPTION...] list\n"));
	ck_assert(!strstr(output, "--file=PATH"));
	ck_assert_int_eq(run("--help nonsense"), 2);
	ck_assert_int_eq(run("--version"), 0);
	ck_assert_int_eq(run(""), 2);
	ck_assert_int_eq(run("--nonsense"), 2);
	ck_assert_int_eq(run("nonsense"), 2);
	ck_assert(strstr(output, "there is no command 'nonsense'"));
	ck_assert_int_eq(run("list extra"), 2);
	ck_assert_int_eq(run("--file=/dev/null list"), 2);
	ck_assert(strstr(output, "only explain looks at a file\n"));
	/* nobody reads it */
	answer = FIRST GOOD END(1);
	ck_assert_int_eq(run("list >/dev/full"), 2);
}
END_TEST

int main(int argc, char *argv[])
{
	SRunner *runner;
	Suite *suite;
	TCase *tcase;
	int failed;

	suite = suite_create("command");
	tcase = tcase_create("service");
	tcase_add_checked_fixture(tcase, command_setup, command_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_list);
	tcase_add_test(tcase, test_list_verbose);
	tcase_add_test(tcase, test_hidden);
	tcase_add_test(tcase, test_reasons);
	tcase_add_test(tcase, test_list_json);
	tcase_add_test(tcase, test_list_many);
	tcase_add_test(tcase, test_policies);
	tcase_add_test(tcase, test_devices);
	tcase_add_test(tcase, test_probe);
	tcase_add_test(tcase, test_list_failed);
	tcase_add_test(tcase, test_metrics);
	tcase_add_test(tcase, test_watch);
	tcase_add_test(tcase, test_trouble);
	tcase_add_test(tcase, test_usage);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, blocked_tcase());
	suite_add_tcase(suite, explain_tcase());
	suite_add_tcase(suite, doctor_tcase());
	suite_add_tcase(suite, clean_up_tcase());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
