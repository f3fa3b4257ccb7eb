/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the pure parts of the facade: translation, settings and features.
 */

#include "facade_suites.h"

#include <stdlib.h>

#include <utils/debug.h>

/** the daemon the translation sees */
daemon_t *charon;

int facade_log_lines;
char facade_log_last[256];
transform_type_t facade_alg_type;

METHOD(kernel_interface_t, lookup_algorithm, bool,
	kernel_interface_t *this, uint16_t alg_id, transform_type_t type,
	uint16_t *kernel_id, char **kernel_name)
{
	facade_alg_type = type;
	if (alg_id == FACADE_ALG)
	{
		*kernel_name = FACADE_ALG_NAME;
		return TRUE;
	}
	return FALSE;
}

/**
 * Count what is logged, and keep it.
 */
static void count_line(level_t level, char *fmt, va_list args)
{
	if (level <= 1)
	{
		vsnprintf(facade_log_last, sizeof(facade_log_last), fmt, args);
		facade_log_lines++;
	}
}

METHOD(bus_t, log_, void,
	bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	count_line(level, fmt, args);
	va_end(args);
}

/**
 * Where libstrongswan logs to, and who does not know the daemon.
 */
static void log_lib(debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	count_line(level, fmt, args);
	va_end(args);
}

METHOD(bus_t, get_sa, ike_sa_t*,
	bus_t *this)
{
	return NULL;
}

static kernel_interface_t kernel;

static bus_t bus;

static daemon_t facade_daemon = {
	.kernel = &kernel,
	.bus = &bus,
};

void facade_setup(void)
{
	ck_assert(library_init(NULL, "test_facade"));
	kernel.lookup_algorithm = _lookup_algorithm;
	charon = &facade_daemon;
	bus.log = _log_;
	bus.get_sa = _get_sa;
	dbg = log_lib;
	facade_log_lines = 0;
	facade_log_last[0] = '\0';
	facade_alg_type = 0;
}

void facade_teardown(void)
{
	library_deinit();
}

host_t *facade_host(const char *str, uint16_t port)
{
	host_t *host;

	host = host_create_from_string((char*)str, port);
	ck_assert(host);
	return host;
}

void facade_check_equal(const void *found, const void *expected, size_t len)
{
	const uint8_t *a = found, *b = expected;
	size_t i;

	for (i = 0; i < len; i++)
	{
		ck_assert_msg(a[i] == b[i], "byte %zu of %zu is %#x instead of %#x", i,
					  len, a[i], b[i]);
	}
}

int main(int argc, char *argv[])
{
	SRunner *runner;
	Suite *suite;
	int failed;

	suite = suite_create("facade");
	suite_add_tcase(suite, kernel_features_tcase());
	suite_add_tcase(suite, settings_tcase());
	suite_add_tcase(suite, translate_id_tcase());
	suite_add_tcase(suite, translate_sa_tcase());
	suite_add_tcase(suite, translate_modes_tcase());
	suite_add_tcase(suite, translate_sp_tcase());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
