/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of state_file: what the state_next process finds.
 */

#include "io_state.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <collections/linked_list.h>

char state_base[64], state_path[96], state_next[100];

char state_found[256];

void state_setup(void)
{
	struct stat netns;

	io_setup();
	snprintf(state_base, sizeof(state_base), "test-state.%d", getpid());
	ck_assert_int_eq(stat("/proc/self/ns/net", &netns), 0);
	snprintf(state_path, sizeof(state_path), "%s.%llu", state_base,
			 (unsigned long long)netns.st_ino);
	snprintf(state_next, sizeof(state_next), "%s.2", state_path);
}

void state_teardown(void)
{
	unlink(state_path);
	unlink(state_next);
	io_teardown();
}

static void collect(void *data, bool add, const char *line)
{
	strcat(state_found, add ? "+" : "-");
	strcat(state_found, line);
	strcat(state_found, " ");
}

/** number of notes state_found */
static u_int collected;

static void count_notes(void *data, bool add, const char *line)
{
	collected++;
}

/**
 * Open the file, its notes are in state_found.
 */
state_file_t *state_open(int *err)
{
	state_found[0] = '\0';
	return hwo_state_file_open(state_base, collect, NULL, err);
}

/**
 * Open the file and make it a new one.
 *
 * @param first		line in it, NULL for none
 */
state_file_t *state_create(char *first)
{
	state_file_t *file;
	linked_list_t *list;
	int err;

	file = state_open(&err);
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
static void append_raw(const char *name, const char *bytes)
{
	FILE *file;

	file = fopen(name, "a");
	ck_assert(file);
	fputs(bytes, file);
	fclose(file);
}

START_TEST(test_notes)
{
	state_file_t *file;
	struct stat st;
	int err;

	file = state_create("one");
	ck_assert_int_eq(file->append(file, TRUE, "two"), 0);
	ck_assert_int_eq(file->append(file, FALSE, "one"), 0);
	ck_assert_int_eq(stat(state_path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	/* as if it was killed: nothing is removed, nothing written at the end */
	file->destroy(file, FALSE);

	file = state_open(&err);
	ck_assert(file);
	ck_assert_str_eq(state_found, "+one +two -one ");
	file->destroy(file, TRUE);
	ck_assert_int_ne(access(state_path, F_OK), 0);
	ck_assert_int_ne(access(state_next, F_OK), 0);
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
		file = state_create("one");
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
	file = hwo_state_file_open(state_base, count_notes, NULL, &err);
	ck_assert(file);
	ck_assert_uint_eq(collected, 40002);
	/* goes on where that one stopped */
	ck_assert_int_eq(file->append(file, FALSE, "three"), 0);
	file->destroy(file, FALSE);
	collected = 0;
	file = hwo_state_file_open(state_base, count_notes, NULL, &err);
	ck_assert(file);
	ck_assert_uint_eq(collected, 40003);
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_full)
{
	struct rlimit limit, old;
	state_file_t *file;
	int err, i;

	file = state_create("one");
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (i = 0; !file->append(file, TRUE, "two"); i++)
	{
	}
	ck_assert_int_gt(i, 700);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	/* goes on behind the last note that is whole */
	ck_assert_int_eq(file->append(file, TRUE, "two"), 0);
	file->destroy(file, FALSE);
	collected = 0;
	file = hwo_state_file_open(state_base, count_notes, NULL, &err);
	ck_assert_uint_eq(collected, 2 + i);
	file->destroy(file, TRUE);
}
END_TEST

/**
 * The file that state_create() has state_written, and the other one.
 */
const char *state_written(void)
{
	struct stat st;

	return stat(state_path, &st) == 0 && st.st_size ? state_path : state_next;
}

START_TEST(test_half_a_note)
{
	state_file_t *file;
	int err;

	file = state_create("one");
	ck_assert_int_eq(file->append(file, FALSE, "none"), 0);
	file->destroy(file, FALSE);
	append_raw(state_written(), "+tw");
	file = state_open(&err);
	ck_assert(file);
	ck_assert_str_eq(state_found, "+one -none ");
	/* nothing is appended to that */
	ck_assert_int_eq(file->rewrite(file, enumerator_create_empty()), 0);
	ck_assert_int_eq(file->append(file, TRUE, "three"), 0);
	file->destroy(file, FALSE);
	file = state_open(&err);
	ck_assert_str_eq(state_found, "+three ");
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_half_a_file)
{
	const char *other;
	state_file_t *file;
	struct stat st;
	char header[128];
	FILE *in;

	/* killed while it was rewritten: the old one is valid */
	file = state_create("one");
	file->destroy(file, FALSE);
	other = state_written() == state_path ? state_next : state_path;
	in = fopen(state_written(), "r");
	ck_assert(fgets(header, sizeof(header), in));
	fclose(in);
	append_raw(other, header);
	append_raw(other, "+half\n");
	file = state_create("two");
	ck_assert_str_eq(state_found, "+one ");
	file->destroy(file, FALSE);
	/* killed before the old one was cleared: it is not read as well */
	other = state_written() == state_path ? state_next : state_path;
	append_raw(other, header);
	append_raw(other, "+two\n=\n");
	file = state_create(NULL);
	ck_assert_str_eq(state_found, "+two ");
	other = state_written() == state_path ? state_next : state_path;
	ck_assert_int_eq(stat(other, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_elsewhere)
{
	state_file_t *file;
	int err;

	/* another boot */
	append_raw(state_path,
			   "hw-offload 2 boot 3f3c5a0e-0000-4000-8000-000000000000\n"
			   "+one\n=\n");
	ck_assert_int_eq(chmod(state_path, 0600), 0);
	file = state_open(&err);
	ck_assert(file);
	ck_assert_str_eq(state_found, "");
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_truncated)
{
	state_file_t *file;
	int err;

	/* somebody empties it: that is his, but not the end of this process */
	file = state_create("one");
	ck_assert_int_eq(truncate(state_written(), 0), 0);
	ck_assert_int_eq(file->append(file, TRUE, "two"), 0);
	ck_assert_int_eq(file->rewrite(file, enumerator_create_empty()), 0);
	file->destroy(file, FALSE);
	file = state_open(&err);
	ck_assert(file);
	file->destroy(file, TRUE);
}
END_TEST

/**
 * A process that has our address, but may not have our file.
 */
static int squat(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
	{
		return 77;
	}
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(addr.sun_path + 1, state_path);
	if (bind(fd, (struct sockaddr*)&addr, offsetof(struct sockaddr_un,
				sun_path) + 1 + strlen(state_path)) != 0 || listen(fd, 1) != 0)
	{
		return 1;
	}
	raise(SIGSTOP);
	return 0;
}

START_TEST(test_squatter)
{
	state_file_t *file;
	int status, err;
	pid_t pid;

	if (geteuid() != 0)
	{
		return;
	}
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (!pid)
	{
		_exit(squat());
	}
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	file = state_open(&err);
	ck_assert_msg(file, "%s", strerror(err));
	file->destroy(file, TRUE);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}
END_TEST

START_TEST(test_another_owner)
{
	state_file_t *file;
	int err;

	file = state_create(NULL);
	ck_assert(!state_open(&err));
	ck_assert_int_eq(err, EWOULDBLOCK);
	/* also when it has been replaced */
	file->rewrite(file, enumerator_create_empty());
	ck_assert(!state_open(&err));
	ck_assert_int_eq(err, EWOULDBLOCK);
	file->destroy(file, FALSE);
	file = state_open(&err);
	ck_assert(file);
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_no_file_lock)
{
	state_file_t *file;
	int err, fd;

	/* it is not locked, which Debian's AppArmor profile does not allow: a lock
	 * of somebody else does not matter either */
	file = state_create(NULL);
	file->destroy(file, FALSE);
	fd = open(state_path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	file = state_open(&err);
	ck_assert(file);
	file->destroy(file, FALSE);
	close(fd);
}
END_TEST

START_TEST(test_not_ours)
{
	state_file_t *file;
	int err;

	/* others could have written what we would remove */
	file = state_create("one");
	file->destroy(file, FALSE);
	ck_assert_int_eq(chmod(state_path, 0666), 0);
	ck_assert(!state_open(&err));
	ck_assert_int_eq(err, EPERM);

	ck_assert_int_eq(chmod(state_path, 0600), 0);
	unlink(state_next);
	ck_assert_int_eq(rename(state_path, state_next), 0);
	ck_assert_int_eq(symlink(state_next, state_path), 0);
	ck_assert(!state_open(&err));
	ck_assert_int_eq(err, ELOOP);
	unlink(state_path);

	snprintf(state_base, sizeof(state_base), "no-such-directory/state");
	ck_assert(!state_open(&err));
	ck_assert_int_eq(err, ENOENT);
	ck_assert_str_eq(state_found, "");
}
END_TEST

TCase *state_tcase(void)
{
	TCase *tcase = tcase_create("state");

	tcase_add_checked_fixture(tcase, state_setup, state_teardown);
	tcase_add_test(tcase, test_notes);
	tcase_add_test(tcase, test_killed);
	tcase_add_test(tcase, test_full);
	tcase_add_test(tcase, test_half_a_note);
	tcase_add_test(tcase, test_half_a_file);
	tcase_add_test(tcase, test_elsewhere);
	tcase_add_test(tcase, test_truncated);
	tcase_add_test(tcase, test_squatter);
	tcase_add_test(tcase, test_another_owner);
	tcase_add_test(tcase, test_no_file_lock);
	tcase_add_test(tcase, test_not_ours);
	return tcase;
}
