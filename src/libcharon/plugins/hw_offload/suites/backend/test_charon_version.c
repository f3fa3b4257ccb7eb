/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests finding the version of the daemon. The program plays the daemon: it has
 * a greeting among its own constants, with a version that nobody releases.
 */

#include "backend/charon_version.h"

#include <check.h>
#include <stdlib.h>
#include <stdio.h>
#include <sys/mman.h>

/** a multiple of every page size there is */
#define PAGE 65536

/** greeting of this program, where a daemon has it */
static const char greeting[] __attribute__((used)) =
	"Starting test daemon (strongSwan 9.8.7rc1, %s)";

/**
 * Texts that are searched, and the version in them or NULL. An @ stands for the
 * "(strongSwan " of a greeting, which may not be among our constants twice; the
 * terminator is part of a text unless cut says otherwise.
 */
static const struct {
	const char *text;
	size_t len;
	size_t cut;
	const char *version;
} texts[] = {
#define TEXT(text) text, sizeof(text)
	{ TEXT("Starting IKE charon daemon @6.0.1, %s %s, %s)"), 0, "6.0.1" },
	{ TEXT("x\0Starting charon-nm NetworkManager backend @6.1.0)"), 0,
	"6.1.0" },
	{ TEXT("@6.1.0dr2, "), 0, "6.1.0dr2" },
	/* the pattern of other log lines comes before the greeting */
	{ TEXT("@%s)\0@\0@6.0.1, %s"), 0, "6.0.1" },
	{ TEXT("@@6.0.1,"), 0, "6.0.1" },
	{ TEXT("STATUS=Starting, strongSwan 6.0.1, %s"), 0, NULL },
	{ TEXT("@six, "), 0, NULL },
	{ TEXT("@6.0.1 "), 0, NULL },
	{ TEXT("@6.0.111111111111111111111111111111111111111, "), 0, NULL },
	{ TEXT(""), 0, NULL },
	/* nearly the pattern, then the pattern */
	{ TEXT("(strong@6.0.1,"), 0, "6.0.1" },
	{ "", 0, 0, NULL },
	/* the end of the memory cuts the version or the pattern */
	{ TEXT("@6.0.1"), 1, NULL },
	{ TEXT("@"), 1, NULL },
	{ TEXT("@"), 2, NULL },
	{ TEXT("@"), 5, NULL },
#undef TEXT
};

/**
 * A page of memory with nothing behind it.
 */
static u_char *page;

static void setup_page(void)
{
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(page != MAP_FAILED);
	ck_assert_int_eq(mprotect(page + PAGE, PAGE, PROT_NONE), 0);
}

static void teardown_page(void)
{
	munmap(page, 2 * PAGE);
}

/**
 * Expand a text to the end of the page, so that the first byte that is read too
 * far is the last one.
 */
static chunk_t expand(const char *text, size_t len, size_t cut)
{
	char buf[PAGE];
	size_t i, used = 0;

	for (i = 0; i < len; i++)
	{
		if (text[i] == '@')
		{
			used += snprintf(buf + used, sizeof(buf) - used, "(%s ",
							 "strongSwan");
		}
		else
		{
			buf[used++] = text[i];
		}
	}
	used -= cut;
	memcpy(page + PAGE - used, buf, used);
	return chunk_create(page + PAGE - used, used);
}

START_TEST(test_find)
{
	char version[HWO_VERSION_MAX] = "";
	chunk_t mem;
	bool found;

	mem = expand(texts[_i].text, texts[_i].len, texts[_i].cut);
	found = hwo_charon_version_find(mem, version);
	ck_assert_msg(found == (texts[_i].version != NULL), "text %d", _i);
	if (found)
	{
		ck_assert_str_eq(version, texts[_i].version);
	}
}
END_TEST

START_TEST(test_other_version)
{
	char *found;

	ck_assert(!hwo_charon_version_matches(&found));
	ck_assert_str_eq(found, "9.8.7rc1");
	free(found);
}
END_TEST

int main(int argc, char *argv[])
{
	Suite *suite = suite_create("charon_version");
	SRunner *runner = srunner_create(suite);
	TCase *tc;
	int failed;

	tc = tcase_create("find");
	tcase_add_checked_fixture(tc, setup_page, teardown_page);
	tcase_add_loop_test(tc, test_find, 0, countof(texts));
	suite_add_tcase(suite, tc);

	tc = tcase_create("matches");
	tcase_add_test(tc, test_other_version);
	suite_add_tcase(suite, tc);

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
