/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Random histories of CHILD_SAs over the fake kernel, with traffic. A history
 * that breaks a rule is printed with its seed, HWO_SEED repeats it:
 *
 *     HWO_SEED=4711 HWO_HISTORIES=1 HWO_VERBOSE=1 make histories
 */

#include "history.h"
#include "../fake/patience.h"

#include <check.h>
#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

/** Histories if the environment does not say how many, and first seed. */
#define HISTORIES 10000
#define SEED 1

/** Cases that share them. */
#define CASES 20

/** Steps of a history. */
#define STEPS 30

/** Seconds after which a history hangs. */
#define HANGS 20

/** seed of the current history */
static uint64_t seed;

/**
 * Get a number from the environment.
 */
static uint64_t from_env(const char *name, uint64_t def)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : def;
}

/**
 * Two connections are established at the same time. If what belongs to one of
 * them is taken for that of the other one, that shows once one of them is
 * closed on purpose and the other one is not.
 */
static void initiate_both(conn_t *a, conn_t *b)
{
	history_initiate_both(a, b);
	if (one_in(3))
	{
		history_run(draw(3) * 100);
		history_terminate(one_in(2) ? a : b, one_in(2));
		history_peer_lost(one_in(2) ? a : b, one_in(2));
	}
}

/**
 * Charon does something, by itself or as its peer or user wants it.
 */
static void charon_step(void)
{
	conn_t *conn = &conns[draw(conn_count)];

	switch (draw(9))
	{
		case 0:
		case 1:
		case 2:
			if (conn->trap)
			{
				history_route_trap(conn);
				if (one_in(2))
				{
					break;
				}
			}
			conn->wanted = TRUE;
			if (conn->twin && one_in(2))
			{
				initiate_both(conn, conn->twin);
			}
			else
			{
				history_initiate(conn);
			}
			break;
		case 3:
		case 4:
			history_rekey(conn);
			break;
		case 5:
			history_terminate(conn, one_in(2));
			break;
		case 6:
			history_peer_lost(conn, !one_in(4));
			break;
		case 7:
			if (conn->mode == MODE_TUNNEL && !conn->twin &&
				(conn->number + 1 == conn_count || !conn[1].twin))
			{
				history_mobike(conn);
			}
			break;
		default:
			history_peers_answer = !history_peers_answer;
			break;
	}
}

/**
 * One step.
 */
static void step(void)
{
	static const u_int waits[] = { 0, 0, 10, 100, 500, 1500, 5000 };

	switch (draw(6))
	{
		case 0:
		case 1:
			history_world_step();
			break;
		case 2:
			history_fault_step();
			break;
		default:
			charon_step();
			break;
	}
	history_run(waits[draw(countof(waits))]);
}

/**
 * A history hangs.
 */
static void on_alarm(int signal)
{
	fprintf(stderr, "seed %" PRIu64 " hangs\n", seed);
	_exit(2);
}

/**
 * Run one history.
 *
 * @return				FALSE if it breaks a rule
 */
static bool run_history(void)
{
	const char *violation;
	bool right;
	u_int i;

	alarm(HANGS * test_patience());
	history_seed(seed);
	history_child_reset();
	history_charon_start();
	history_daemon_start();
	history_time_start();
	history_world_start();
	for (i = 0; i < STEPS && !fake_kernel_violation(kernel); i++)
	{
		step();
	}
	if (!fake_kernel_violation(kernel))
	{
		history_check();
	}
	violation = fake_kernel_violation(kernel);
	right = !violation;
	if (!right)
	{
		fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, violation);
		if (getenv("HWO_VERBOSE"))
		{
			fake_kernel_print_trace(kernel, stderr);
		}
	}
	history_world_stop();
	history_time_stop();
	history_daemon_stop();
	history_charon_stop();
	alarm(0);
	return right;
}

/**
 * Run a share of the histories.
 */
START_TEST(test_histories)
{
	uint64_t count = from_env("HWO_HISTORIES", HISTORIES), end, broken = 0;

	seed = from_env("HWO_SEED", SEED) + count * _i / CASES;
	end = from_env("HWO_SEED", SEED) + count * (_i + 1) / CASES;
	for (; seed < end; seed++)
	{
		broken += !run_history();
	}
	ck_assert_msg(!broken, "%" PRIu64 " histories break a rule", broken);
}
END_TEST

/**
 * Log nothing, or everything.
 */
static void log_library(debug_t group, level_t level, char *fmt, ...)
{
	va_list args;
	char buf[512];

	if (getenv("HWO_VERBOSE") && level <= 2)
	{
		va_start(args, fmt);
		vsnprintf(buf, sizeof(buf), fmt, args);
		va_end(args);
		fprintf(stderr, "  %s\n", buf);
	}
}

static void setup(void)
{
	ck_assert(library_init(NULL, "test_histories"));
	dbg = log_library;
	signal(SIGALRM, on_alarm);
	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.socket", "",
						   lib->ns);
	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.state_file",
						   "", lib->ns);
	lib->settings->set_bool(lib->settings, "%s.install_routes", FALSE,
							lib->ns);
}

static void teardown(void)
{
	library_deinit();
}

int main(int argc, char *argv[])
{
	TCase *tcase = tcase_create("histories");
	SRunner *runner;
	Suite *suite;
	int failed;

	suite = suite_create("histories");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 0);
	tcase_add_loop_test(tcase, test_histories, 0, CASES);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
