/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of state_file for other daemons: without privileges, in another network
 * namespace, on a disk that is full.
 */

#include "io_state.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <collections/linked_list.h>

/**
 * Run something in another process, and wait for it.
 */
static int run_child(int (*cb)(void))
{
	int status;
	pid_t pid;

	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (!pid)
	{
		_exit(cb());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/**
 * A daemon in another network namespace, with the same directory.
 */
static int other_netns(void)
{
	state_file_t *file;
	int err;

	if (unshare(CLONE_NEWNET) != 0)
	{
		return 77;
	}
	file = state_open(&err);
	if (!file || state_found[0] ||
		file->rewrite(file, enumerator_create_empty()) ||
		file->append(file, TRUE, "other"))
	{
		return 1;
	}
	file->destroy(file, TRUE);
	return 0;
}

START_TEST(test_other_netns)
{
	state_file_t *file;
	int err, result;

	file = state_create("one");
	/* one that runs at the same time, and one after ours was killed */
	result = run_child(other_netns);
	ck_assert(result == 0 || (result == 77 && geteuid() != 0));
	file->destroy(file, FALSE);
	run_child(other_netns);
	file = state_open(&err);
	ck_assert(file);
	ck_assert_str_eq(state_found, "+one ");
	file->destroy(file, TRUE);
}
END_TEST

/**
 * A daemon that may not create files any longer, and not even open its own.
 */
static int drop_privileges(void)
{
	char line[32];
	state_file_t *file;
	struct stat st;
	int err, i;

	file = state_open(&err);
	if (!file || file->rewrite(file, enumerator_create_empty()) ||
		(geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
	{
		return 1;
	}
	for (i = 0; i < 1000; i++)
	{
		snprintf(line, sizeof(line), "line-%d", i);
		if (file->append(file, TRUE, line))
		{
			return 2;
		}
	}
	if (file->rewrite(file, enumerator_create_empty()) ||
		file->append(file, TRUE, "last") || stat(state_written(), &st) != 0 ||
		st.st_size > 200)
	{
		return 3;
	}
	return 0;
}

START_TEST(test_no_privileges)
{
	state_file_t *file;
	int err;

	ck_assert_int_eq(run_child(drop_privileges), 0);
	file = state_open(&err);
	ck_assert(file);
	ck_assert_str_eq(state_found, "+last ");
	file->destroy(file, TRUE);
}
END_TEST

/**
 * A file system with room for little.
 */
static int fill_disk(void)
{
	state_file_t *file;
	int err, i, fd;

	if (unshare(CLONE_NEWNS) != 0 || mkdir(state_base, 0700) != 0 ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("none", state_base, "tmpfs", 0, "size=65536") != 0)
	{
		return 77;
	}
	strcat(state_base, "/state");
	file = state_open(&err);
	for (i = 0; !file->append(file, TRUE, "a line that nobody needs"); i++)
	{
	}
	/* there is no room for a second one beside it */
	if (file->rewrite(file, enumerator_create_empty()) ||
		file->append(file, TRUE, "last"))
	{
		return 1;
	}
	file->destroy(file, FALSE);
	file = state_open(&err);
	if (!file || !streq(state_found, "+last "))
	{
		return 2;
	}
	/* and if there is none at all, the old notes stay */
	fd = open(state_base, O_RDWR | O_CREAT, 0600);
	while (write(fd, state_path, sizeof(state_path)) > 0)
	{
	}
	file->rewrite(file, enumerator_create_empty());
	file->destroy(file, FALSE);
	file = state_open(&err);
	return i < 1000 || !file;
}

START_TEST(test_full_disk)
{
	int result;

	result = run_child(fill_disk);
	rmdir(state_base);
	ck_assert_msg(result == 0 || result == 77, "%d", result);
}
END_TEST

TCase *state_daemon_tcase(void)
{
	TCase *tcase = tcase_create("state_daemon");

	tcase_add_checked_fixture(tcase, state_setup, state_teardown);
	tcase_add_test(tcase, test_other_netns);
	tcase_add_test(tcase, test_no_privileges);
	tcase_add_test(tcase, test_full_disk);
	return tcase;
}
