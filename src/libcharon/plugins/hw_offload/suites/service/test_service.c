/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of facade and services over the fake kernel: what charon asks for, and
 * what is in SAD and SPD then.
 */

#include "service_suites.h"
#include "../backend/facade_suites.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/rtnetlink.h>

#include <sys/stat.h>
#include <unistd.h>

#include <threading/mutex.h>

#include "../../io/route_lookup.h"
#include "../../wire/xfrm_event.h"

fake_kernel_t *kernel;
kernel_ipsec_t *ipsec;
_Atomic level_t service_log_level;
u_char service_key[36] = "KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKESALT";

/** backend that was killed, and the version of its kernel */
static kernel_ipsec_t *killed;
static fake_version_t kernel_version;

/** journal of the backend, and of the one that was killed, as they are set */
static char book[2][64];

/** what was logged, their number, and what protects both */
static char lines[MAX_LINES][512];
static int lines_logged;
static mutex_t *mutex;

void service_log(debug_t group, level_t level, char *fmt, va_list args)
{
	if ((group == DBG_KNL || group == DBG_CFG) && level <= service_log_level)
	{
		mutex->lock(mutex);
		vsnprintf(lines[lines_logged % MAX_LINES], sizeof(lines[0]), fmt, args);
		lines_logged++;
		mutex->unlock(mutex);
	}
}

/**
 * Keep what is logged below charon, which has the bus.
 */
static void log_library(debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	service_log(group, level, fmt, args);
	va_end(args);
}

void service_forget_lines(void)
{
	mutex->lock(mutex);
	lines_logged = 0;
	mutex->unlock(mutex);
}

int line_count(void)
{
	int count;

	mutex->lock(mutex);
	count = lines_logged;
	mutex->unlock(mutex);
	return count;
}

const char *line_at(int i)
{
	ck_assert_int_lt(i, MAX_LINES);
	return lines[i];
}

int service_lines_with(const char *text)
{
	int i, found = 0;

	mutex->lock(mutex);
	for (i = 0; i < min(lines_logged, MAX_LINES); i++)
	{
		found += strstr(lines[i], text) != NULL;
	}
	mutex->unlock(mutex);
	return found;
}

bool service_wait_line(const char *text)
{
	int i;

	for (i = 0; i < TEST_DEADLINE && !service_lines_with(text); i++)
	{
		usleep(1000);
	}
	return service_lines_with(text) == 1;
}

void assert_no_key(void)
{
	ck_assert(!fake_kernel_left_over(kernel, chunk_create(service_key, 8)));
}

/*
 * Described in header
 */
_Atomic bool test_deaf;

/**
 * Open a transport for what XFRM announces.
 */
static nl_transport_t *listen_xfrm(void *data, const int *groups)
{
	return test_deaf ? NULL : fake_kernel_open(kernel, NETLINK_XFRM, groups);
}

/*
 * Described in header
 */
_Atomic uint64_t test_link_speed;
_Atomic uint32_t test_link_asked;

_Atomic(const hwo_driver_t*) test_link_driver;
_Atomic int test_drivers_asked;

/**
 * Tell the driver of a link.
 */
static bool link_driver(uint32_t ifindex, hwo_driver_t *driver)
{
	const hwo_driver_t *known = test_link_driver;

	test_drivers_asked++;
	if (known)
	{
		*driver = *known;
	}
	return known != NULL;
}

/**
 * Tell the speed of a link.
 */
static uint64_t link_speed(uint32_t ifindex)
{
	test_link_asked = ifindex;
	return test_link_speed;
}

/**
 * Create the backend for the fake kernel.
 */
static kernel_ipsec_t *create_backend(fake_version_t version)
{
	hwo_kernel_sockets_t doors = {
		.xfrm = fake_kernel_open(kernel, NETLINK_XFRM, NULL),
		.xfrm_events = fake_kernel_open(kernel, NETLINK_XFRM,
										hwo_xfrm_event_groups),
		.listener = {
			.open = listen_xfrm,
		},
		.route = fake_kernel_open(kernel, NETLINK_ROUTE, NULL),
		.route_events = fake_kernel_open(kernel, NETLINK_ROUTE,
										 route_lookup_groups),
		.link_events = fake_kernel_open(kernel, NETLINK_ROUTE,
										hwo_rt_link_groups),
		.link_requests = fake_kernel_open(kernel, NETLINK_ROUTE, NULL),
		.route_changes = fake_kernel_open(kernel, NETLINK_ROUTE,
										  route_lookup_groups),
		.links = fake_kernel_links(kernel),
		.features = fake_kernel_features(kernel),
		.link_speed = link_speed,
		.link_driver = link_driver,
	};

	snprintf(doors.uname.release, sizeof(doors.uname.release), "%u.%u.1-test",
			 version >> 8, version & 0xff);
	return hw_offload_ipsec_create(&doors);
}

bool service_start(fake_version_t version, fake_caps_t caps,
				   const char *refusal)
{
	service_stop();
	kernel = fake_kernel_create(version);
	kernel_version = version;
	fake_kernel_add_device(kernel, NIC, caps, refusal);
	fake_kernel_add_route(kernel, "192.168.50.0/24", NIC, NULL, "192.168.50.1",
						  0);
	fake_kernel_add_route(kernel, "fec5::/64", NIC, NULL, NULL, 0);
	ipsec = create_backend(version);
	fake_kernel_reset_counts(kernel);
	return ipsec != NULL;
}

void service_stop(void)
{
	DESTROY_IF(ipsec);
	ipsec = NULL;
	DESTROY_IF(killed);
	killed = NULL;
	if (kernel)
	{
		fake_kernel_destroy(kernel);
		kernel = NULL;
	}
}

/**
 * Set the file of the next backend's journal.
 */
static void set_book(char *path)
{
	lib->settings->set_str(lib->settings,
						   "%s.plugins.hw-offload.state_file", path, lib->ns);
}

void service_keep_book(void)
{
	snprintf(book[0], sizeof(book[0]), "test-book.%d", getpid());
	set_book(book[0]);
}

const char *service_book(void)
{
	return book[0];
}

void service_book_file(const char *name, int second, char file[128])
{
	struct stat netns;

	ck_assert_int_eq(stat("/proc/self/ns/net", &netns), 0);
	snprintf(file, 128, "%s.%llu%s", name, (unsigned long long)netns.st_ino,
			 second ? ".2" : "");
}

bool service_kill(void)
{
	char from[128], to[128];
	chunk_t *content;
	int i;

	/* it can't be killed without us, but it does not get to touch its
	 * journal */
	ck_assert(!killed);
	strcpy(book[1], book[0]);
	snprintf(book[0], sizeof(book[0]), "test-book2.%d", getpid());
	for (i = 0; i < 2; i++)
	{
		service_book_file(book[1], i, from);
		service_book_file(book[0], i, to);
		content = chunk_map(from, FALSE);
		ck_assert(chunk_write(content ? *content : chunk_empty, to, 077, TRUE));
		if (content)
		{
			chunk_unmap(content);
		}
	}
	set_book(book[0]);
	killed = ipsec;
	ipsec = create_backend(kernel_version);
	return ipsec != NULL;
}

int service_book_lines(const char *text)
{
	char path[128], line[512];
	int i, found = -1;
	FILE *file;

	for (i = 0; i < 2; i++)
	{
		service_book_file(book[0], i, path);
		file = fopen(path, "r");
		if (file)
		{
			found = max(found, 0);
			while (fgets(line, sizeof(line), file))
			{
				found += strstr(line, text) != NULL;
			}
			fclose(file);
		}
	}
	return found;
}

/**
 * Remove what is left of a journal.
 */
static void remove_book(const char *name)
{
	char path[128];
	int i;

	for (i = 0; i < 2; i++)
	{
		service_book_file(name, i, path);
		unlink(path);
	}
}

void service_refuse(uint16_t type, u_int nth, int err)
{
	fake_kernel_inject(kernel, NETLINK_XFRM, type, nth, FAKE_FAULT_ERROR, err,
					   "driver: out of entries");
}

void service_set_drain(int ms)
{
	lib->settings->set_int(lib->settings, "%s.plugins.hw-offload.drain_time",
						   ms, lib->ns);
}

void service_setup(void)
{
	ck_assert(library_init(NULL, "test_service"));
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	service_log_level = 1;
	dbg = log_library;
	/* two to wait for events, others may wait for the kernel */
	lib->processor->set_threads(lib->processor, 6);
	/* only the tests of the status service have one */
	lib->settings->set_str(lib->settings, "%s.plugins.hw-offload.socket", "",
						   lib->ns);
	/* but for the tests of that, SPs are gone once they are removed */
	service_set_drain(0);
	charon_stub_create();
	test_link_speed = 0;
	test_link_driver = NULL;
	test_deaf = FALSE;
	set_book("");
	ck_assert(service_start(FAKE_LINUX_7_2, FAKE_CAPS_PACKET, NULL));
	service_forget_lines();
}

void service_teardown(void)
{
	service_stop();
	remove_book(book[0]);
	remove_book(book[1]);
	lib->processor->cancel(lib->processor);
	charon_stub_destroy();
	dbg = dbg_default;
	mutex->destroy(mutex);
	library_deinit();
}

/** Test cases by subject. */
static TCase *(*const tcases[])(void) = {
	offload_tcase, answers_tcase, sa_tcase, sp_tcase, sp_route_tcase,
	bypass_tcase, guard_tcase, guard_rules_tcase, undo_tcase, mark_tcase,
	driver_tcase, shunt_tcase, unload_tcase, icmp_tcase, peers_tcase,
	sp_id_tcase, order_tcase, hidden_tcase, link_tcase, link_lost_tcase,
	sa_lost_tcase, drain_tcase, limit_tcase, event_tcase, keys_tcase,
	pair_tcase, move_tcase, status_tcase, drain_status_tcase,
	failed_tcase, clients_tcase, explain_tcase, explain_ts_tcase,
	learned_tcase, leftovers_tcase, removals_tcase,
	threads_tcase, traffic_tcase, device_tcase, route_tcase, route_later_tcase,
	rebind_tcase, rebind_packet_tcase, rebind_storm_tcase, rekey_tcase,
	records_tcase, worker_tcase, job_tcase,
};

int main(int argc, char *argv[])
{
	SRunner *runner;
	Suite *suite;
	int failed, i;

	suite = suite_create("service");
	for (i = 0; i < countof(tcases); i++)
	{
		suite_add_tcase(suite, tcases[i]());
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
