/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of state_file: what the next process finds.
 */

#include "io_suites.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <collections/linked_list.h>

#include "../../io/state_file.h"

static char path[64], next[80];

/** notes found: "+one -two " */
static char found[256];

static void setup(void)
{
	io_setup();
	snprintf(path, sizeof(path), "test-state.%d", getpid());
	snprintf(next, sizeof(next), "%s.new", path);
}

static void teardown(void)
{
	unlink(path);
	unlink(next);
	io_teardown();
}

static void collect(void *data, bool add, const char *line)
{
	strcat(found, add ? "+" : "-");
	strcat(found, line);
	strcat(found, " ");
}

/** number of notes found */
static u_int collected;

static void count_notes(void *data, bool add, const char *line)
{
	collected++;
}

/**
 * Open the file, its notes are in found.
 */
static state_file_t *open_file(int *err)
{
	found[0] = '\0';
	return hwo_state_file_open(path, collect, NULL, err);
}

/**
 * Open the file and make it a new one.
 *
 * @param first		line in it, NULL for none
 */
static state_file_t *create_file(char *first)
{
	state_file_t *file;
	linked_list_t *list;
	int err;

	file = open_file(&err);
	ck_assert_msg(file, "%s", strerror(err));
	list = linked_list_create();
	if (first)
	{
		list->insert_last(list, first);
	}
	ck_assert_int_eq(file->rewrite(file, list->create_enumerator(list)), 0);
	list->destroy(list);
	return file;
}

/**
 * Append bytes behind the back of its owner.
 */
static void append_raw(const char *bytes)
{
	FILE *file;

	file = fopen(path, "a");
	ck_assert(file);
	fputs(bytes, file);
	fclose(file);
}

START_TEST(test_notes)
{
	state_file_t *file;
	struct stat st;
	int err;

	file = create_file("one");
	ck_assert_int_eq(file->append(file, TRUE, "two"), 0);
	ck_assert_int_eq(file->append(file, FALSE, "one"), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	/* as if it was killed: nothing is removed, nothing written at the end */
	file->destroy(file, FALSE);
	ck_assert_int_ne(access(next, F_OK), 0);

	file = open_file(&err);
	ck_assert(file);
	ck_assert_str_eq(found, "+one +two -one ");
	file->destroy(file, TRUE);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(test_killed)
{
	char line[32];
	state_file_t *file;
	int status, err, i;
	pid_t pid;

	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (!pid)
	{
		file = create_file("one");
		for (i = 0; i < 20000; i++)
		{	/* more than there is room for at first */
			snprintf(line, sizeof(line), "two-%d", i);
			if (file->append(file, TRUE, line) ||
				file->append(file, FALSE, line))
			{
				_exit(1);
			}
		}
		file->append(file, TRUE, "three");
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));

	collected = 0;
	file = hwo_state_file_open(path, count_notes, NULL, &err);
	ck_assert(file);
	ck_assert_uint_eq(collected, 40002);
	/* goes on where that one stopped */
	ck_assert_int_eq(file->append(file, FALSE, "three"), 0);
	file->destroy(file, FALSE);
	collected = 0;
	file = hwo_state_file_open(path, count_notes, NULL, &err);
	ck_assert(file);
	ck_assert_uint_eq(collected, 40003);
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_full)
{
	struct rlimit limit, old;
	state_file_t *file;
	int err;

	file = create_file("one");
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(file->append(file, TRUE, "two"), EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_eq(file->append(file, TRUE, "two"), 0);
	file->destroy(file, FALSE);
	file = open_file(&err);
	ck_assert_str_eq(found, "+one +two ");
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_half_a_note)
{
	state_file_t *file;
	int err;

	file = create_file("one");
	ck_assert_int_eq(file->append(file, FALSE, "none"), 0);
	file->destroy(file, FALSE);
	append_raw("+tw");
	file = open_file(&err);
	ck_assert(file);
	ck_assert_str_eq(found, "+one -none ");
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_half_a_file)
{
	state_file_t *file;
	FILE *half;

	/* killed while it was rewritten: the old one is valid */
	file = create_file("one");
	file->destroy(file, FALSE);
	half = fopen(next, "w");
	fputs("hw-offl", half);
	fclose(half);
	file = create_file("two");
	ck_assert_str_eq(found, "+one ");
	file->destroy(file, TRUE);
	ck_assert_int_ne(access(next, F_OK), 0);
}
END_TEST

START_TEST(test_elsewhere)
{
	state_file_t *file;
	FILE *old;
	int err;

	/* another boot */
	old = fopen(path, "w");
	fputs("hw-offload 1 boot 3f3c5a0e-0000-4000-8000-000000000000 netns 1\n"
		  "+one\n", old);
	fclose(old);
	chmod(path, 0600);
	file = open_file(&err);
	ck_assert(file);
	ck_assert_str_eq(found, "");
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_another_owner)
{
	state_file_t *file;
	int err;

	file = create_file(NULL);
	ck_assert(!open_file(&err));
	ck_assert_int_eq(err, EWOULDBLOCK);
	/* also when it has been replaced */
	file->rewrite(file, enumerator_create_empty());
	ck_assert(!open_file(&err));
	ck_assert_int_eq(err, EWOULDBLOCK);
	file->destroy(file, FALSE);
	file = open_file(&err);
	ck_assert(file);
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_not_ours)
{
	state_file_t *file;
	int err;

	/* others could have written what we would remove */
	file = create_file("one");
	file->destroy(file, FALSE);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert(!open_file(&err));
	ck_assert_int_eq(err, EPERM);

	ck_assert_int_eq(rename(path, next), 0);
	ck_assert_int_eq(chmod(next, 0600), 0);
	ck_assert_int_eq(symlink(next, path), 0);
	ck_assert(!open_file(&err));
	ck_assert_int_eq(err, ELOOP);
	unlink(path);

	snprintf(path, sizeof(path), "no-such-directory/state");
	ck_assert(!open_file(&err));
	ck_assert_int_eq(err, ENOENT);
	ck_assert_str_eq(found, "");
}
END_TEST

TCase *state_tcase(void)
{
	TCase *tcase = tcase_create("state");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_notes);
	tcase_add_test(tcase, test_killed);
	tcase_add_test(tcase, test_full);
	tcase_add_test(tcase, test_half_a_note);
	tcase_add_test(tcase, test_half_a_file);
	tcase_add_test(tcase, test_elsewhere);
	tcase_add_test(tcase, test_another_owner);
	tcase_add_test(tcase, test_not_ours);
	return tcase;
}
