/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of doctor.
 */

#include "command_suites.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <jansson.h>

/**
 * Write the configuration of a kernel that runs.
 */
static void write_config(const char *text)
{
	char file[256];
	struct utsname name;
	FILE *out;

	uname(&name);
	snprintf(file, sizeof(file), "%s/boot", dir);
	mkdir(file, 0700);
	snprintf(file, sizeof(file), "%s/boot/config-%s", dir, name.release);
	out = fopen(file, "w");
	fputs(text, out);
	fclose(out);
	setenv("HWO_DOCTOR_ROOT", dir, 1);
}

static void remove_config(void)
{
	char line[256];

	snprintf(line, sizeof(line), "rm -r '%s/boot'", dir);
	ck_assert_int_eq(system(line), 0);
	unsetenv("HWO_DOCTOR_ROOT");
}

START_TEST(test_doctor)
{
	json_t *document, *finding;
	size_t i, faults = 0;

	answer = FIRST GOOD END(1);
	write_config("CONFIG_XFRM_OFFLOAD=y\nCONFIG_XFRM_USER=m\n"
				 "# CONFIG_INET_ESP_OFFLOAD is not set\n"
				 "CONFIG_INET_ESP_OFFLOAD_NOT=y\n");
	ck_assert_int_eq(run("doctor"), 1);
	ck_assert(strstr(output, "ok       kernel-config  CONFIG_XFRM_USER=m\n"));
	ck_assert(strstr(output, "fault    kernel-config  CONFIG_INET_ESP_OFFLOAD "
					 "is not set: no offload over IPv4\n"));
	ck_assert(strstr(output, "warning  kernel-config  CONFIG_INET6_ESP_OFFLOAD "
					 "is not set: no offload over IPv6\n"));
	ck_assert(strstr(output, "warning  module         esp4_offload is not "));
	ck_assert(strstr(output, "mend: modprobe esp4_offload\n"));
	ck_assert(strstr(output, "ok       daemon         hw-offload 1.2 serves "
					 "strongSwan 6.1.0\n"));
	ck_assert(strstr(output, "fault    sas            the kernel has lost SAs "
					 "of 1 CHILD_SA\n                         mend: swanctl "
					 "--rekey --child-id 10\n"));
	/* the same as JSON, and without a daemon */
	ck_assert_int_eq(run("--json --socket=/nonexistent doctor"), 1);
	document = printed("doctor");
	json_array_foreach(json_object_get(document, "findings"), i, finding)
	{
		faults += !strcmp(json_string_value(json_object_get(finding, "result")),
						  "fault");
	}
	ck_assert_uint_ge(faults, 1);
	ck_assert_str_eq(json_string_value(json_object_get(document, "result")),
					 "fault");
	json_decref(document);
	remove_config();
}
END_TEST

/**
 * Put a program in the way of another one.
 */
static void fake_program(const char *name, const char *script)
{
	char file[128], search[512];
	FILE *out;

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	out = fopen(file, "w");
	fprintf(out, "#!/bin/sh\n%s\n", script);
	fclose(out);
	chmod(file, 0700);
	snprintf(search, sizeof(search), "%s:/usr/sbin:/usr/bin:/sbin:/bin", dir);
	setenv("PATH", search, 1);
}

START_TEST(test_doctor_daemon)
{
	static const struct {
		const char *script, *finding;
	} cases[] = {
		{ "exit 1", "warning  daemon         /nonexistent: No such file or "
		  "directory (does charon run" },
		{ "echo 'loaded plugins: charon-systemd kernel-netlink vici'",
		  "fault    daemon         charon runs without the plugin" },
		{ "echo 'loaded plugins: charon-systemd hw-offload vici'",
		  "fault    daemon         charon has the plugin hw-offload, but" },
	};
	char *old = strdup(getenv("PATH")), file[128];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		fake_program("swanctl", cases[i].script);
		run("--socket=/nonexistent doctor");
		ck_assert_msg(strstr(output, cases[i].finding) != NULL, "%s", output);
	}
	/* whatever is wrong has a remedy, says the schema */
	run("--socket=/nonexistent --json doctor");
	json_decref(printed("doctor"));
	setenv("PATH", old, 1);
	free(old);
	snprintf(file, sizeof(file), "%s/swanctl", dir);
	unlink(file);
}
END_TEST

START_TEST(test_doctor_sas)
{
	/* each one has its command, but not too many of them */
	answer = FIRST GOOD GOOD END(2);
	run("doctor");
	ck_assert(strstr(output, "the kernel has lost SAs of 2 CHILD_SAs\n"));
	ck_assert(strstr(output, "mend: swanctl --rekey --child-id 10; swanctl "
					 "--rekey --child-id 10\n"));
	answer = FIRST GOOD GOOD GOOD GOOD GOOD GOOD END(6);
	run("doctor");
	ck_assert(strstr(output, "the kernel has lost SAs of 6 CHILD_SAs\n"));
	ck_assert(strstr(output, "mend: systemctl restart strongswan\n"));
	/* as the kernel has its only SA */
	answer = FIRST POOR END(1);
	run("doctor");
	ck_assert(strstr(output, "ok       sas            the kernel has the SAs "
					 "of all 1 CHILD_SA\n"));
}
END_TEST

START_TEST(test_doctor_blocked)
{
	answer = FIRST GOOD END(1);
	answer_policies = FIRST BLOCKED("lost", "10.2.0.0/16")
		BLOCKED("drain", "10.3.0.0/16") END(2);
	run("doctor");
	ck_assert(strstr(output, "warning  blocked        traffic of 1 policy is "
					 "blocked, as nothing protects it\n"));
	ck_assert(strstr(output, "mend: look with hw-offload -v policies for "));
	run("--json doctor");
	json_decref(printed("doctor"));
	answer_policies = FIRST BLOCKED("drain", "10.3.0.0/16") END(1);
	run("doctor");
	ck_assert(strstr(output, "ok       blocked        no traffic is "
					 "blocked\n"));
	answer_policies = FIRST;
	run("doctor");
	ck_assert(strstr(output, "warning  blocked        unable to tell if "
					 "traffic is blocked: the answer is incomplete\n"));
}
END_TEST

START_TEST(test_doctor_ovs)
{
	static const struct {
		const char *script, *finding;
	} cases[] = {
		{ "exit 1", "warning  ovs            Open vSwitch is installed, but" },
		{ "echo '\"true\"'", "ok       ovs            Open vSwitch offloads " },
		{ "true", "warning  ovs            Open vSwitch does not offload" },
	};
	char *old = strdup(getenv("PATH")), file[128];
	size_t i;

	answer = FIRST GOOD END(1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		fake_program("ovs-vsctl", cases[i].script);
		run("doctor");
		ck_assert_msg(strstr(output, cases[i].finding) != NULL, "%s", output);
	}
	setenv("PATH", old, 1);
	free(old);
	snprintf(file, sizeof(file), "%s/ovs-vsctl", dir);
	unlink(file);
}
END_TEST

/**
 * Write a number of the kernel's.
 */
static void write_number(const char *folder, const char *name, int number)
{
	char line[512];

	snprintf(line, sizeof(line), "mkdir -p '%s/proc/sys/net/%s' && echo %d "
			 ">'%s/proc/sys/net/%s/%s'", dir, folder, number, dir, folder,
			 name);
	ck_assert_int_eq(system(line), 0);
}

START_TEST(test_doctor_fragments)
{
	static const struct {
		const char *mode, *effective;
		int forward, tracked;
		bool found;
	} rows[] = {
		{ "tunnel", "packet", 1, 0, true },
		{ "tunnel", "packet", 1, 7, false },
		{ "tunnel", "packet", 0, 0, false },
		{ "tunnel", "crypto", 1, 0, false },
		{ "transport", "packet", 1, 0, false },
	};
	char line[256], child[512];

	snprintf(child, sizeof(child), FIRST "{\"type\":\"child\",\"child\":"
			 "\"net\",\"mode\":\"%s\",\"effective\":\"%s\"}\n" END(1),
			 rows[_i].mode, rows[_i].effective);
	answer = child;
	write_config("CONFIG_XFRM_OFFLOAD=y\n");
	write_number("ipv4", "ip_forward", rows[_i].forward);
	write_number("netfilter", "nf_conntrack_count", rows[_i].tracked);
	run("doctor");
	ck_assert(!strstr(output, "warning  fragments      this host forwards, and "
					  "1 tunnel is in packet mode") == !rows[_i].found);
	ck_assert(!strstr(output, "fragments") == !rows[_i].found);
	snprintf(line, sizeof(line), "rm -r '%s/proc'", dir);
	ck_assert_int_eq(system(line), 0);
	remove_config();
}
END_TEST

TCase *doctor_tcase(void)
{
	TCase *tcase;

	tcase = tcase_create("doctor");
	tcase_add_checked_fixture(tcase, command_setup, command_teardown);
	tcase_add_test(tcase, test_doctor);
	tcase_add_loop_test(tcase, test_doctor_fragments, 0, 5);
	tcase_add_test(tcase, test_doctor_daemon);
	tcase_add_test(tcase, test_doctor_sas);
	tcase_add_test(tcase, test_doctor_blocked);
	tcase_add_test(tcase, test_doctor_ovs);
	return tcase;
}
