/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the parser of swanctl.conf.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../config_file.h"

/** where the files of a test are */
static char dir[64];

static char error[CONFIG_ERROR];

static void setup(void)
{
	strcpy(dir, "/tmp/test_config_XXXXXX");
	ck_assert(mkdtemp(dir) != NULL);
}

static void teardown(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -r '%s'", dir);
	ck_assert_int_eq(system(line), 0);
}

/**
 * Write a file, get its path.
 */
static const char *put(const char *name, const char *text, size_t len)
{
	static char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	ck_assert(out != NULL);
	fwrite(text, 1, len, out);
	fclose(out);
	return path;
}

/**
 * Read a text.
 */
static json_t *read_text(const char *text)
{
	return config_read(put("swanctl.conf", text, strlen(text)), error);
}

/**
 * Get a value from a path of sections, "-" if it is not set.
 */
static const char *value(const json_t *section, const char *path)
{
	char copy[128], *rest = copy, *name;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((name = strsep(&rest, ".")) && rest)
	{
		section = config_section(section, name);
	}
	return config_value(section, name) ?: "-";
}

static const struct {
	const char *text, *path, *value;
} values[] = {
	{ "a = b", "a", "b" },
	{ "a=b\n", "a", "b" },
	{ "  a = b c   d  # e\n", "a", "b c d" },
	{ "a = b\na = c\n", "a", "c" },
	{ "a =\n", "a", "-" },
	{ "a = # nothing\nb = c\n", "b", "c" },
	{ "a = \"b # } c\" # d\n", "a", "b # } c" },
	{ "a = \"b\\n\\\"\\\\\\t\\x\"\n", "a", "b\n\"\\\tx" },
	{ "a = \"b\\\nc\\\r\nd\"\n", "a", "bcd" },
	{ "a = \"b\" \"c\" d\n", "a", "b c d" },
	{ "a = 10.0.0.1/24[udp/4789], fd00::1\r\n", "a",
	  "10.0.0.1/24[udp/4789], fd00::1" },
	{ "a = b = c {\n", "a", "b = c {" },
	{ "a { b = c }", "a.b", "c" },
	{ "a { b = c } d = e", "d", "e" },
	{ "a\n# well\n{\n\tb = c\n}\n", "a.b", "c" },
	{ "a { b { c = d } }\na { b { e = f } }", "a.b.c", "d" },
	{ "a { b { c = d } }\na { b { e = f } }", "a.b.e", "f" },
	{ "a { b = 1 }\na { b = 2 }", "a.b", "2" },
	{ "a.b.c = d\na.b { e = f }", "a.b.c", "d" },
	{ "a.b.c = d\na.b { e = f }", "a.b.e", "f" },
	{ "a = b\na { c = d }", "a", "b" },
	{ "a = b\na { c = d }", "a.c", "d" },
	{ "include = yes\n", "include", "yes" },
	{ "include { a = b }\n", "include.a", "b" },
	{ "", "a", "-" },
	{ "# nothing", "a", "-" },
};

START_TEST(test_values)
{
	json_t *root = read_text(values[_i].text);

	ck_assert_msg(root != NULL, "%s", error);
	ck_assert_str_eq(value(root, values[_i].path), values[_i].value);
	json_decref(root);
}
END_TEST

static const struct {
	const char *text, *error;
} faults[] = {
	{ "a {\n b = c\n", ":3: a '}' is missing" },
	{ "}", ":1: '}' is out of place" },
	{ "\na\n", ":3: a '{' is missing" },
	{ "a b {}", ":1: a '{' is missing" },
	{ "a : { }", ":1: the name of a section is missing" },
	{ "a : b, { }", ":1: the name of a section is missing" },
	{ "\"a\" = b", ":1: '\"' is out of place" },
	{ "a = \"b\n\n", ":3: a '\"' is missing" },
	{ "a = \"b\\", ":1: a '\"' is missing" },
	{ "a = \xff\n", ":1: the value is no UTF-8" },
	{ "a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{", "too deep" },
	{ "include swanctl.conf\n", "files include each other" },
	{ "include \"swanctl.conf\n", ":2: a '\"' is missing" },
};

START_TEST(test_faults)
{
	ck_assert(read_text(faults[_i].text) == NULL);
	ck_assert_msg(strstr(error, faults[_i].error) != NULL, "%s", error);
}
END_TEST

START_TEST(test_no_text)
{
	ck_assert(config_read(put("x", "a = b\0c", 7), error) == NULL);
	ck_assert_msg(strstr(error, "this is no text") != NULL, "%s", error);
	ck_assert(config_read(dir, error) == NULL);
	ck_assert_msg(strstr(error, "can't be read") != NULL, "%s", error);
	ck_assert(config_read("/nonexistent/x", error) == NULL);
	ck_assert_str_eq(error, "/nonexistent/x: No such file or directory");
}
END_TEST

START_TEST(test_include)
{
	char sub[128];
	json_t *root;

	snprintf(sub, sizeof(sub), "%s/conf.d", dir);
	ck_assert_int_eq(mkdir(sub, 0700), 0);
	put("conf.d/1.conf", "net { b = 1\n c = 1 }", 20);
	put("conf.d/2.conf", "net { c = 2 }", 13);
	put("conf.d/3.other", "}", 1);
	put("a file", "d = 4\n", 6);
	root = read_text("a {\n include conf.d/*.conf # both\n"
					 " include nothing/*\n include \"a file\"\n e = 5\n}\n"
					 "f { include a\\ file\n }\n");
	ck_assert_msg(root != NULL, "%s", error);
	ck_assert_str_eq(value(root, "a.net.b"), "1");
	ck_assert_str_eq(value(root, "a.net.c"), "2");
	ck_assert_str_eq(value(root, "a.d"), "4");
	ck_assert_str_eq(value(root, "a.e"), "5");
	ck_assert_str_eq(value(root, "f.d"), "4");
	json_decref(root);
	/* what is wrong is said of the file that it is in */
	put("conf.d/2.conf", "\n}", 2);
	ck_assert(!read_text("a {\n include conf.d/*.conf\n}\n"));
	ck_assert_msg(strstr(error, "conf.d/2.conf:2: '}'") != NULL, "%s", error);
}
END_TEST

START_TEST(test_references)
{
	json_t *root, *gw;

	root = read_text(
		"connections {\n"
		" gw : defaults, more {\n  a = 1\n  c =\n"
		"  children { net : child { x = 1 } }\n }\n"
		" other : connections.gw { b = 9 }\n"
		"}\n"
		"defaults {\n a = 2\n b = 2\n c = 2\n"
		" children { net { y = 2 }\n second : child { z = 2 } }\n}\n"
		"more { b = 3\n d = 3 }\n"
		"child { x = 4\n y = 4\n z = 4 }\n");
	ck_assert_msg(root != NULL, "%s", error);
	gw = config_connection(root, "gw", error);
	ck_assert_msg(gw != NULL, "%s", error);
	ck_assert_str_eq(value(gw, "a"), "1");
	ck_assert_str_eq(value(gw, "b"), "2");
	ck_assert_str_eq(value(gw, "c"), "-");
	ck_assert_str_eq(value(gw, "d"), "3");
	ck_assert_str_eq(value(gw, "children.net.x"), "1");
	ck_assert_str_eq(value(gw, "children.net.z"), "4");
	ck_assert_str_eq(value(gw, "children.second.x"), "4");
	ck_assert_str_eq(value(gw, "children.second.z"), "2");
	json_decref(gw);
	gw = config_connection(root, "other", error);
	ck_assert_str_eq(value(gw, "a"), "1");
	ck_assert_str_eq(value(gw, "b"), "9");
	ck_assert_str_eq(value(gw, "children.second.x"), "4");
	json_decref(gw);
	ck_assert(!config_connection(root, "defaults", error));
	ck_assert_str_eq(error, "there is no connection 'defaults', but gw, other");
	json_decref(root);
}
END_TEST

START_TEST(test_circles)
{
	json_t *root;

	root = read_text("connections {\n a : connections.b { x = 1 }\n"
					 " b : connections.a { y = 1 }\n"
					 " c : nothing, nothing.at.all { z = 1 }\n}\n");
	ck_assert(!config_connection(root, "a", error));
	ck_assert_msg(strstr(error, "lead in circles") != NULL, "%s", error);
	json_decref(config_connection(root, "c", error));
	ck_assert_str_eq(error, "");
	json_decref(root);
}
END_TEST

START_TEST(test_examples)
{
	static const char *const names[] = {
		"auto", "crypto", "east-west-left", "east-west-right", "no", "packet",
	};
	json_t *root, *config, *child;
	const char *name, *inner;
	char path[256];
	size_t i;

	/* the examples that are installed */
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		snprintf(path, sizeof(path), "%s/docs/examples/%s.conf",
				 getenv("HWO_TOP") ?: ".", names[i]);
		root = config_read(path, error);
		ck_assert_msg(root != NULL, "%s", error);
		json_object_foreach(config_sections(config_section(root,
											"connections")), name, config)
		{
			ck_assert_str_ne(value(config, "remote_addrs"), "-");
			json_object_foreach(config_sections(config_section(config,
												"children")), inner, child)
			{
				ck_assert_str_ne(value(child, "hw_offload"), "-");
			}
		}
		
		json_decref(root);
	}
}
END_TEST

int main(int argc, char *argv[])
{
	SRunner *runner;
	Suite *suite;
	TCase *tcase;
	int failed;

	suite = suite_create("config");
	tcase = tcase_create("files");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_values, 0,
						sizeof(values) / sizeof(values[0]));
	tcase_add_loop_test(tcase, test_faults, 0,
						sizeof(faults) / sizeof(faults[0]));
	tcase_add_test(tcase, test_no_text);
	tcase_add_test(tcase, test_include);
	tcase_add_test(tcase, test_references);
	tcase_add_test(tcase, test_circles);
	tcase_add_test(tcase, test_examples);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
