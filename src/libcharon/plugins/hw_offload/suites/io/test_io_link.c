/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of link_state with the links of a network namespace of our own.
 */

#include "io_suites.h"

#include <errno.h>
#include <sys/utsname.h>
#include <processing/jobs/callback_job.h>

#include "../../io/link_driver.h"
#include "../../io/link_state.h"

/** index of lo in a new namespace */
#define LO 1

static link_state_t *links;

/**
 * Enter a namespace and load its links.
 */
static bool create_links(const char *test)
{
	if (!io_enter_netns(test))
	{
		return FALSE;
	}
	links = hwo_link_state_create();
	ck_assert(links);
	return TRUE;
}

/**
 * Add a link, a visible line if the kernel does not know its kind.
 */
static bool add_link(const char *test, const char *name, const char *kind)
{
	int err;

	err = io_add_link(name, kind);
	if (err == EOPNOTSUPP)
	{
		fprintf(stderr, "SKIP: %s: no links of kind %s\n", test, kind);
		return FALSE;
	}
	ck_assert_msg(err == 0, "%s: %s", kind, strerror(err));
	return TRUE;
}

START_TEST(test_follow)
{
	hwo_link_t link, none = {};

	if (!create_links("follow links"))
	{
		return;
	}
	ck_assert(links->get(links, LO, &link));
	ck_assert_int_eq(link.ifindex, LO);
	ck_assert_str_eq(link.name, "lo");
	ck_assert_str_eq(link.kind, "");
	ck_assert_int_eq(link.lower, 0);
	ck_assert_int_eq(link.master, 0);
	ck_assert(!link.up);

	/* no thread of the watcher is there: the next call has to see it */
	ck_assert_int_eq(io_set_link(LO, TRUE, NULL, 0), 0);
	ck_assert(links->get(links, LO, &link));
	ck_assert(link.up);
	ck_assert_int_eq(io_set_link(LO, FALSE, NULL, 0), 0);
	ck_assert_int_eq(io_set_link(LO, FALSE, "renamed", 0), 0);
	ck_assert(links->get(links, LO, &link));
	ck_assert(!link.up);
	ck_assert_str_eq(link.name, "renamed");

	memset(&link, 0xff, sizeof(link));
	ck_assert(links->find(links, "renamed", &link));
	ck_assert_int_eq(link.ifindex, LO);
	memset(&link, 0xff, sizeof(link));
	ck_assert(!links->find(links, "lo", &link));
	ck_assert_mem_eq(&link, &none, sizeof(link));
	memset(&link, 0xff, sizeof(link));
	ck_assert(!links->get(links, 4711, &link));
	ck_assert_mem_eq(&link, &none, sizeof(link));
	ck_assert(!links->get(links, 0, &link));
	ck_assert(!links->find(links, "", &link));
	links->destroy(links);
}
END_TEST

START_TEST(test_kinds)
{
	hwo_link_t port, peer, bridge;

	if (!create_links("kinds of links"))
	{
		return;
	}
	if (add_link("kinds of links", "port0", "veth"))
	{
		ck_assert(links->find(links, "port0", &port));
		ck_assert_str_eq(port.kind, "veth");
		ck_assert(links->find(links, "veth0", &peer));
		/* veth has its peer in IFLA_LINK, as others have what they sit on */
		ck_assert_int_eq(port.lower, peer.ifindex);
		if (add_link("kinds of links", "br0", "bridge"))
		{
			ck_assert(links->find(links, "br0", &bridge));
			ck_assert_str_eq(bridge.kind, "bridge");
			/* the kernel announces a port of a bridge a second time, with
			 * another family and other content */
			ck_assert_int_eq(io_set_link(port.ifindex, TRUE, NULL,
										 bridge.ifindex), 0);
			ck_assert_int_eq(io_set_link(peer.ifindex, TRUE, NULL, 0), 0);
			ck_assert(links->find(links, "port0", &port));
			ck_assert_int_eq(port.master, bridge.ifindex);
			ck_assert_str_eq(port.kind, "veth");
			ck_assert(links->get(links, port.ifindex, &port));
			ck_assert_str_eq(port.kind, "veth");
			ck_assert(port.up);
		}
		ck_assert_int_eq(io_del_link("port0"), 0);
		ck_assert(!links->find(links, "port0", &port));
		ck_assert(!links->get(links, peer.ifindex, &peer));
	}
	links->destroy(links);
}
END_TEST

START_TEST(test_altname)
{
	/* longer than other names may be */
	static const char *names[] = { "uplink0", "uplink-to-the-first-switch" };
	hwo_link_t link, none = {};
	int i;

	if (!create_links("alternative names"))
	{
		return;
	}
	for (i = 0; i < countof(names); i++)
	{
		memset(&link, 0xff, sizeof(link));
		ck_assert(!links->find(links, names[i], &link));
		ck_assert_mem_eq(&link, &none, sizeof(link));
		ck_assert_int_eq(io_add_altname(LO, names[i]), 0);
		ck_assert(links->find(links, names[i], &link));
		ck_assert_int_eq(link.ifindex, LO);
		ck_assert_str_eq(link.name, "lo");
	}
	/* later requests get their own answers */
	ck_assert(!links->find(links, "uplink1", &link));
	ck_assert(links->find(links, names[0], &link));
	ck_assert(links->find(links, "lo", &link));
	ck_assert_int_eq(link.ifindex, LO);
	links->destroy(links);
}
END_TEST

START_TEST(test_xfrm)
{
	hwo_link_t link;
	int err;

	if (!create_links("XFRM interfaces"))
	{
		return;
	}
	ck_assert(!links->find_xfrm(links, 42, &link));
	ck_assert_int_eq(link.ifindex, 0);
	err = io_add_xfrmi("ipsec42", 42);
	if (err == EOPNOTSUPP)
	{
		fprintf(stderr, "SKIP: no XFRM interfaces\n");
		links->destroy(links);
		return;
	}
	ck_assert_int_eq(err, 0);
	ck_assert_int_eq(io_add_xfrmi("ipsec43", 43), 0);
	ck_assert(links->find_xfrm(links, 42, &link));
	ck_assert_str_eq(link.name, "ipsec42");
	ck_assert_str_eq(link.kind, "xfrm");
	ck_assert(links->find_xfrm(links, 43, &link));
	ck_assert_str_eq(link.name, "ipsec43");
	ck_assert(!links->find_xfrm(links, 44, &link));
	/* other links have none */
	ck_assert(!links->find_xfrm(links, 0, &link));
	ck_assert_int_eq(io_del_link("ipsec42"), 0);
	ck_assert(!links->find_xfrm(links, 42, &link));
	links->destroy(links);
}
END_TEST

/** more changes than fit into the buffer for events */
#define CHANGES 3001

START_TEST(test_overrun)
{
	hwo_link_t link;
	int i;

	if (!create_links("lost link events"))
	{
		return;
	}
	for (i = 0; i < CHANGES; i++)
	{
		ck_assert_int_eq(io_set_link(LO, i % 2 == 0, NULL, 0), 0);
	}
	ck_assert_int_eq(io_log_lines, 0);
	ck_assert(links->get(links, LO, &link));
	ck_assert(link.up);
	/* otherwise nothing was lost and this test has not tested anything */
	ck_assert_int_eq(io_log_lines, 1);
	ck_assert_msg(strstr(io_log_last, "loading them again"), "%s",
				  io_log_last);

	ck_assert_int_eq(io_set_link(LO, FALSE, NULL, 0), 0);
	ck_assert(links->get(links, LO, &link));
	ck_assert(!link.up);
	ck_assert_int_eq(io_log_lines, 1);
	links->destroy(links);
}
END_TEST

/** jobs done by the thread pool */
static int jobs;

static job_requeue_t count_jobs(void *data)
{
	io_add(&jobs, 1);
	return JOB_REQUEUE_NONE;
}

START_TEST(test_watch)
{
	hwo_link_t link;
	int i;

	if (!io_enter_netns("watched links"))
	{
		return;
	}
	/* threads inherit the namespace */
	io_start_threads();
	links = hwo_link_state_create();
	ck_assert(links);
	for (i = 0; i < 100; i++)
	{
		ck_assert_int_eq(io_set_link(LO, i % 2, NULL, 0), 0);
		ck_assert(links->get(links, LO, &link));
		ck_assert_int_eq(link.up, i % 2);
	}
	/* threads are still available, i.e. the watcher does not keep them busy */
	for (i = 0; i < 10; i++)
	{
		lib->processor->queue_job(lib->processor,
			(job_t*)callback_job_create(count_jobs, NULL, NULL, NULL));
	}
	ck_assert(io_wait_for(&jobs, 10));
	links->destroy(links);
}
END_TEST

START_TEST(test_driver)
{
	hwo_driver_t driver, none = {};
	struct utsname uname_;
	hwo_link_t link;

	if (!create_links("drivers of links"))
	{
		return;
	}
	memset(&driver, 0xff, sizeof(driver));
	ck_assert(!hwo_link_driver(4711, &driver));
	ck_assert_mem_eq(&driver, &none, sizeof(driver));
	/* one that has none */
	ck_assert(links->find(links, "lo", &link));
	ck_assert(hwo_link_driver(link.ifindex, &driver));
	ck_assert_str_eq(driver.name, "-");
	ck_assert_str_eq(driver.version, "");
	if (add_link("drivers of links", "d0", "dummy"))
	{
		ck_assert(links->find(links, "d0", &link));
		ck_assert(hwo_link_driver(link.ifindex, &driver));
		ck_assert_str_eq(driver.name, "dummy");
		/* what comes with the kernel has its version, as far as it fits */
		ck_assert(uname(&uname_) == 0);
		ck_assert_int_eq(strncmp(driver.version, uname_.release,
								 sizeof(driver.version) - 1), 0);
	}
	links->destroy(links);
}
END_TEST

TCase *link_tcase(void)
{
	TCase *tcase = tcase_create("link");

	tcase_add_checked_fixture(tcase, io_setup, io_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_follow);
	tcase_add_test(tcase, test_kinds);
	tcase_add_test(tcase, test_driver);
	tcase_add_test(tcase, test_altname);
	tcase_add_test(tcase, test_xfrm);
	tcase_add_test(tcase, test_overrun);
	tcase_add_test(tcase, test_watch);
	return tcase;
}
