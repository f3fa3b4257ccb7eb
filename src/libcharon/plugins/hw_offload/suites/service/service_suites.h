/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * What the tests of facade and services share: the backend on top of the fake
 * kernel, a charon that consists of its kernel interface only, and SAs and SPs
 * in charon's terms.
 */

#ifndef SERVICE_SUITES_H_
#define SERVICE_SUITES_H_

#include <check.h>

#include <daemon.h>

#include "../fake/fake_kernel.h"
#include "../fake/patience.h"
#include "../../hw_offload_ipsec.h"

/** time for other threads to do their part, in milliseconds */
#define TEST_DEADLINE (10000 * test_patience())

/** Log lines of DBG_KNL that are kept */
#define MAX_LINES 32

/** Device that carries the traffic of the peer in our tests */
#define NIC 3

/** Install an SA, as charon does: the SPI of an inbound one is allocated */
status_t install_sa(uint32_t spi, bool inbound, hw_offload_t requested);

/** Test cases by subject. */
TCase *offload_tcase(void);
TCase *answers_tcase(void);
TCase *sa_tcase(void);
TCase *sp_tcase(void);
TCase *sp_route_tcase(void);
TCase *bypass_tcase(void);
TCase *guard_tcase(void);
TCase *guard_rules_tcase(void);
TCase *undo_tcase(void);
TCase *mark_tcase(void);
TCase *driver_tcase(void);
TCase *shunt_tcase(void);
TCase *unload_tcase(void);
TCase *drain_tcase(void);
TCase *drain_status_tcase(void);
TCase *icmp_tcase(void);
TCase *peers_tcase(void);
TCase *sp_id_tcase(void);
TCase *link_tcase(void);
TCase *link_lost_tcase(void);
TCase *sa_lost_tcase(void);
TCase *limit_tcase(void);
TCase *event_tcase(void);
TCase *keys_tcase(void);
TCase *pair_tcase(void);
TCase *move_tcase(void);
TCase *status_tcase(void);
TCase *failed_tcase(void);
TCase *clients_tcase(void);
TCase *explain_tcase(void);
TCase *explain_ts_tcase(void);
TCase *learned_tcase(void);
TCase *leftovers_tcase(void);
TCase *removals_tcase(void);
TCase *threads_tcase(void);
TCase *traffic_tcase(void);
TCase *device_tcase(void);
TCase *route_tcase(void);
TCase *route_later_tcase(void);
TCase *rebind_tcase(void);
TCase *rebind_packet_tcase(void);
TCase *rebind_storm_tcase(void);
TCase *rekey_tcase(void);
TCase *records_tcase(void);
TCase *worker_tcase(void);
TCase *job_tcase(void);
TCase *order_tcase(void);
TCase *hidden_tcase(void);

/** What the tests act upon, created by service_setup() */
extern fake_kernel_t *kernel;
extern kernel_ipsec_t *ipsec;

/** Number of log lines since the last service_forget_lines(), and one that is
 * counted: other threads may log more */
int line_count(void);
const char *line_at(int i);

/** Highest level of what is kept, set to 1 by service_setup() */
extern _Atomic level_t service_log_level;

/** What links answer that are asked for their speed, 0 for unknown, and the one
 * that was asked last. */
extern _Atomic uint64_t test_link_speed;
extern _Atomic uint32_t test_link_asked;

/** What links answer that are asked for their driver, NULL if they don't, and
 * how often they were asked. */
extern _Atomic(const hwo_driver_t*) test_link_driver;
extern _Atomic int test_drivers_asked;

/** TRUE if no further transports can be opened */
extern _Atomic bool test_deaf;

/** Set up a backend for a NIC that is capable of packet mode, on 7.2. */
void service_setup(void);
void service_teardown(void);

/** Replace the kernel and the backend. Routes to 192.168.50.0/24 and
 * fec5::/64 use NIC. FALSE if there is no backend. */
bool service_start(fake_version_t version, fake_caps_t caps,
				   const char *refusal);
void service_stop(void);

/** Let NICs block what they may still have of closed CHILD_SAs for that time.
 * Takes effect with the next backend. */
void service_set_drain(int ms);

/** Keep book of what is ours, in a file of the test. Takes effect with the next
 * backend. */
void service_keep_book(void);

/** Continue with another backend for the same kernel, as if the one before had
 * been killed. */
bool service_kill(void);

/** Name of the journal, and one of the two files that a journal is in. */
const char *service_book(void);
void service_book_file(const char *name, int second, char file[128]);

/** Find out if the journal is there and has lines with a text. */
int service_book_lines(const char *text);

/** Keep a log line */
void service_log(debug_t group, level_t level, char *fmt, va_list args);

void service_forget_lines(void);

/** Let the nth of the requests of a type that come fail, in a driver's words:
 * "driver: out of entries". */
void service_refuse(uint16_t type, u_int nth, int err);

/** Number of lines with a text */
int service_lines_with(const char *text);

/** Wait until there is a line with a text, FALSE if there are more or none */
bool service_wait_line(const char *text);

/** The 36 bytes of key material our SAs have, and a search for it */
extern u_char service_key[36];
void assert_no_key(void);

/**
 * An SA, with everything it refers to.
 */
typedef struct {
	kernel_ipsec_sa_id_t id;
	kernel_ipsec_add_sa_t data;
	lifetime_cfg_t lifetime;
} test_sa_t;

/** Fill in an SA between 192.168.50.1 and .2: transport mode, AES-GCM, ESN,
 * limits; spi in host order. */
void sa_init(test_sa_t *sa, uint32_t spi, bool inbound, hw_offload_t requested);
void sa_clear(test_sa_t *sa);

/** Add, delete */
status_t sa_add(test_sa_t *sa);
status_t sa_del(test_sa_t *sa);

/**
 * An SP, with everything it refers to.
 */
typedef struct {
	kernel_ipsec_policy_id_t id;
	kernel_ipsec_manage_policy_t data;
	ipsec_sa_cfg_t cfg;
} test_sp_t;

/** Fill in an SP for the outbound or inbound traffic between two networks
 * whose SA is spi (host order, 0 for a trap), transport mode. */
void sp_init(test_sp_t *sp, policy_dir_t dir, const char *local,
			 const char *remote, uint32_t spi, uint32_t reqid,
			 hw_offload_t requested);
void sp_clear(test_sp_t *sp);
status_t sp_add(test_sp_t *sp);
status_t sp_del(test_sp_t *sp);

/** Effective offload in the fake kernel: "none", "crypto", "packet", "larval"
 * or "missing"; anything but NIC as device fails the test. */
const char *sa_mode(uint32_t spi);
const char *sp_mode(uint8_t dir, const char *src, const char *dst);

/**
 * Calls to charon's kernel interface.
 */
typedef struct {
	/** number of calls */
	int acquires, expires, mappings, migrates, routes_added, routes_deleted;
	/** arguments of the last call of each */
	uint32_t acquire_reqid, acquire_seq;
	char acquire_src[64], acquire_dst[64];
	uint32_t expire_spi;
	uint8_t expire_proto;
	char expire_dst[64];
	bool expire_hard;
	/** called for each expire, with a lock held, NULL for none */
	void (*on_expire)(uint32_t spi);
	uint32_t mapping_spi;
	char mapping_dst[64], mapping_remote[64];
	/** "reqid direction source destination local remote" */
	char migrate[256];
	/** "network/prefix via gateway dev interface src source", and "pass" */
	char route_added[256], route_deleted[256];
	/** what to answer */
	status_t add_route_status;
	bool have_address;
	/** addresses of this host, separated by blanks */
	const char *addrs;
	/** first and last byte of the last selector an address was looked for in */
	uint8_t address_from, address_to;
	/** who listens on the bus, for states of IKE_SAs, for traps that are given
	 * up and for anything else */
	listener_t *ike_listener, *trap_listener, *listener;
	/** IKE_SA that threads work for, NULL for none */
	ike_sa_t *ike_sa;
} charon_calls_t;

extern charon_calls_t calls;

void charon_stub_create(void);
void charon_stub_destroy(void);

/** Get a counter in calls that may change meanwhile */
int calls_count(int *counter);

/** Wait until a counter in calls is at least that large */
bool calls_wait(int *counter, int expected);

#endif /** SERVICE_SUITES_H_ */
