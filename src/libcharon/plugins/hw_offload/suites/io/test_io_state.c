/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of state_file: what the next process finds.
 */

#include "io_suites.h"

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

#include "../../io/state_file.h"

static char base[64], path[96], next[100];

/** notes found: "+one -two " */
static char found[256];

static void setup(void)
{
	struct stat netns;

	io_setup();
	snprintf(base, sizeof(base), "test-state.%d", getpid());
	ck_assert_int_eq(stat("/proc/self/ns/net", &netns), 0);
	snprintf(path, sizeof(path), "%s.%llu", base,
			 (unsigned long long)netns.st_ino);
	snprintf(next, sizeof(next), "%s.2", path);
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
	return hwo_state_file_open(base, collect, NULL, err);
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

	file = create_file("one");
	ck_assert_int_eq(file->append(file, TRUE, "two"), 0);
	ck_assert_int_eq(file->append(file, FALSE, "one"), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	/* as if it was killed: nothing is removed, nothing written at the end */
	file->destroy(file, FALSE);

	file = open_file(&err);
	ck_assert(file);
	ck_assert_str_eq(found, "+one +two -one ");
	file->destroy(file, TRUE);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_ne(access(next, F_OK), 0);
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
	file = hwo_state_file_open(base, count_notes, NULL, &err);
	ck_assert(file);
	ck_assert_uint_eq(collected, 40002);
	/* goes on where that one stopped */
	ck_assert_int_eq(file->append(file, FALSE, "three"), 0);
	file->destroy(file, FALSE);
	collected = 0;
	file = hwo_state_file_open(base, count_notes, NULL, &err);
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

	file = create_file("one");
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
	file = hwo_state_file_open(base, count_notes, NULL, &err);
	ck_assert_uint_eq(collected, 2 + i);
	file->destroy(file, TRUE);
}
END_TEST

/**
 * The file that create_file() has written, and the other one.
 */
static const char *written(void)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size ? path : next;
}

START_TEST(test_half_a_note)
{
	state_file_t *file;
	int err;

	file = create_file("one");
	ck_assert_int_eq(file->append(file, FALSE, "none"), 0);
	file->destroy(file, FALSE);
	append_raw(written(), "+tw");
	file = open_file(&err);
	ck_assert(file);
	ck_assert_str_eq(found, "+one -none ");
	/* nothing is appended to that */
	ck_assert_int_eq(file->rewrite(file, enumerator_create_empty()), 0);
	ck_assert_int_eq(file->append(file, TRUE, "three"), 0);
	file->destroy(file, FALSE);
	file = open_file(&err);
	ck_assert_str_eq(found, "+three ");
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
	file = create_file("one");
	file->destroy(file, FALSE);
	other = written() == path ? next : path;
	in = fopen(written(), "r");
	ck_assert(fgets(header, sizeof(header), in));
	fclose(in);
	append_raw(other, header);
	append_raw(other, "+half\n");
	file = create_file("two");
	ck_assert_str_eq(found, "+one ");
	file->destroy(file, FALSE);
	/* killed before the old one was cleared: it is not read as well */
	other = written() == path ? next : path;
	append_raw(other, header);
	append_raw(other, "+two\n=\n");
	file = create_file(NULL);
	ck_assert_str_eq(found, "+two ");
	other = written() == path ? next : path;
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
	append_raw(path, "hw-offload 2 boot 3f3c5a0e-0000-4000-8000-000000000000\n"
			   "+one\n=\n");
	ck_assert_int_eq(chmod(path, 0600), 0);
	file = open_file(&err);
	ck_assert(file);
	ck_assert_str_eq(found, "");
	file->destroy(file, TRUE);
}
END_TEST

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
	file = open_file(&err);
	if (!file || found[0] || file->rewrite(file, enumerator_create_empty()) ||
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

	file = create_file("one");
	/* one that runs at the same time, and one after ours was killed */
	result = run_child(other_netns);
	ck_assert(result == 0 || (result == 77 && geteuid() != 0));
	file->destroy(file, FALSE);
	run_child(other_netns);
	file = open_file(&err);
	ck_assert(file);
	ck_assert_str_eq(found, "+one ");
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

	file = open_file(&err);
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
		file->append(file, TRUE, "last") || stat(written(), &st) != 0 ||
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
	file = open_file(&err);
	ck_assert(file);
	ck_assert_str_eq(found, "+last ");
	file->destroy(file, TRUE);
}
END_TEST

START_TEST(test_truncated)
{
	state_file_t *file;
	int err;

	/* somebody empties it: that is his, but not the end of this process */
	file = create_file("one");
	ck_assert_int_eq(truncate(written(), 0), 0);
	ck_assert_int_eq(file->append(file, TRUE, "two"), 0);
	ck_assert_int_eq(file->rewrite(file, enumerator_create_empty()), 0);
	file->destroy(file, FALSE);
	file = open_file(&err);
	ck_assert(file);
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

	if (unshare(CLONE_NEWNS) != 0 || mkdir(base, 0700) != 0 ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("none", base, "tmpfs", 0, "size=65536") != 0)
	{
		return 77;
	}
	strcat(base, "/state");
	file = open_file(&err);
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
	file = open_file(&err);
	if (!file || !streq(found, "+last "))
	{
		return 2;
	}
	/* and if there is none at all, the old notes stay */
	fd = open(base, O_RDWR | O_CREAT, 0600);
	while (write(fd, path, sizeof(path)) > 0)
	{
	}
	file->rewrite(file, enumerator_create_empty());
	file->destroy(file, FALSE);
	file = open_file(&err);
	return i < 1000 || !file;
}

START_TEST(test_full_disk)
{
	int result;

	result = run_child(fill_disk);
	rmdir(base);
	ck_assert_msg(result == 0 || result == 77, "%d", result);
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
	strcpy(addr.sun_path + 1, path);
	if (bind(fd, (struct sockaddr*)&addr, offsetof(struct sockaddr_un,
				sun_path) + 1 + strlen(path)) != 0 || listen(fd, 1) != 0)
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
	file = open_file(&err);
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

START_TEST(test_no_file_lock)
{
	state_file_t *file;
	int err, fd;

	/* it is not locked, which Debian's AppArmor profile does not allow: a lock
	 * of somebody else does not matter either */
	file = create_file(NULL);
	file->destroy(file, FALSE);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	file = open_file(&err);
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
	file = create_file("one");
	file->destroy(file, FALSE);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert(!open_file(&err));
	ck_assert_int_eq(err, EPERM);

	ck_assert_int_eq(chmod(path, 0600), 0);
	unlink(next);
	ck_assert_int_eq(rename(path, next), 0);
	ck_assert_int_eq(symlink(next, path), 0);
	ck_assert(!open_file(&err));
	ck_assert_int_eq(err, ELOOP);
	unlink(path);

	snprintf(base, sizeof(base), "no-such-directory/state");
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
	tcase_add_test(tcase, test_other_netns);
	tcase_add_test(tcase, test_no_privileges);
	tcase_add_test(tcase, test_truncated);
	tcase_add_test(tcase, test_full_disk);
	tcase_add_test(tcase, test_squatter);
	tcase_add_test(tcase, test_another_owner);
	tcase_add_test(tcase, test_no_file_lock);
	tcase_add_test(tcase, test_not_ours);
	return tcase;
}
