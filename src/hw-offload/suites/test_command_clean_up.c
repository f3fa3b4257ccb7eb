/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of clean-up.
 */

#include "command_suites.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/** directory of the state file, the file, and the command for it */
static char temp[64], state[128], command[128];

static void clean_up_setup(void)
{
	struct stat netns;

	command_setup();
	strcpy(temp, "/tmp/hw-offload.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(temp));
	ck_assert_int_eq(stat("/proc/self/ns/net", &netns), 0);
	snprintf(command, sizeof(command), "clean-up %s/state", temp);
	snprintf(state, sizeof(state), "%s/state.%llu", temp,
			 (unsigned long long)netns.st_ino);
}

static void clean_up_teardown(void)
{
	ck_assert_int_eq(rmdir(temp), 0);
	command_teardown();
}

/**
 * Write a state file, with a line that is about nothing.
 */
static void write_state(const char *boot)
{
	FILE *file = fopen(state, "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "hw-offload 2 boot %s\n+sp nonsense\n+sp gone\n-sp gone\n"
			"=\n", boot);
	fclose(file);
}

START_TEST(test_left)
{
	char boot[64] = "-", json[160];
	json_t *document;
	FILE *file;

	/* nothing is left of another boot */
	write_state("another");
	ck_assert_int_eq(run(command), 0);
	ck_assert_str_eq(output, "removed 0 SAs and 0 policies\n");
	ck_assert_int_ne(access(state, F_OK), 0);
	write_state("another");
	snprintf(json, sizeof(json), "--json %s", command);
	ck_assert_int_eq(run(json), 0);
	document = json_loads(output, 0, NULL);
	ck_assert(json_equal(document, json_pack("{s:i, s:i, s:i}", "hw-offload",
											 1, "sas", 0, "policies", 0)));
	json_decref(document);
	/* what can't be removed stays in the file */
	file = fopen("/proc/sys/kernel/random/boot_id", "r");
	ck_assert(!file || fscanf(file, "%63s", boot) == 1);
	if (file)
	{
		fclose(file);
	}
	write_state(boot);
	ck_assert_int_eq(run(command), 2);
	ck_assert(strstr(output, "unable to remove sp nonsense: "));
	ck_assert(!strstr(output, "gone"));
	ck_assert_int_eq(unlink(state), 0);
}
END_TEST

/**
 * What is no state file must not look as if nothing was left.
 */
START_TEST(test_unknown)
{
	FILE *file;

	ck_assert_int_eq(run(command), 1);
	ck_assert(strstr(output, "there is no state file "));
	ck_assert(strstr(output, state));
	/* nobody may read it, or it can't be read */
	ck_assert_int_eq(mkdir(state, 0700), 0);
	ck_assert_int_eq(run(command), 2);
	ck_assert(strstr(output, ": Is a directory\n"));
	ck_assert_int_eq(rmdir(state), 0);
	file = fopen(state, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "hw-offload 99 boot\n+sp gone\n=\n");
	fclose(file);
	ck_assert_int_eq(run(command), 2);
	ck_assert(strstr(output, ": it is of another version\n"));
	ck_assert_int_eq(unlink(state), 0);
}
END_TEST

/**
 * A daemon may have any name, but it has the socket.
 */
START_TEST(test_owned)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, len;

	write_state("another");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	len = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1, "%s", state);
	len += offsetof(struct sockaddr_un, sun_path) + 1;
	ck_assert_int_eq(bind(fd, (struct sockaddr*)&addr, len), 0);
	ck_assert_int_eq(run(command), 2);
	ck_assert(strstr(output, " runs, stop it first: "));
	ck_assert_int_eq(access(state, F_OK), 0);
	/* the kernel frees it when the daemon ends */
	close(fd);
	ck_assert_int_eq(run(command), 0);
}
END_TEST

TCase *clean_up_tcase(void)
{
	TCase *tcase = tcase_create("clean-up");

	tcase_add_checked_fixture(tcase, clean_up_setup, clean_up_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_left);
	tcase_add_test(tcase, test_unknown);
	tcase_add_test(tcase, test_owned);
	return tcase;
}
