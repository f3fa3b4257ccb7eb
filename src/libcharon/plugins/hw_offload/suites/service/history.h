/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_history history
 * @{ @ingroup hwo_suites
 *
 * Random histories of CHILD_SAs: what charon asks for, what peers, links,
 * routes and drivers do meanwhile, and traffic between any two requests.
 *
 * All that is random is drawn from one seed. Time is virtual: it passes when a
 * history says so, and jobs, events and charon's own tasks are done in their
 * order by the thread that the history runs in.
 */

#ifndef HISTORY_H_
#define HISTORY_H_

#include <daemon.h>

#include "../fake/fake_kernel.h"
#include "../fake/fake_traffic.h"
#include "../../hw_offload_ipsec.h"

/** Largest numbers in a history */
#define HISTORY_CONNS 6
#define HISTORY_NICS 3

/** Index of the first NIC */
#define HISTORY_NIC 3

typedef struct conn_t conn_t;
typedef struct child_t child_t;

/**
 * What a connection wants, and its IKE_SA.
 */
struct conn_t {
	/** number, the reqid is one more or that of its twin */
	u_int number, reqid;
	/** connection with the same peer and selectors, NULL for none */
	conn_t *twin;
	/** what is configured */
	hw_offload_t offload;
	ipsec_mode_t mode;
	bool esn, subnets, trap;
	u_int selectors;
	uint64_t packets;
	uint32_t priority;
	/** NIC that leads to the peer, 0 for none */
	uint32_t nic;
	/** addresses of the IKE_SA */
	host_t *me, *other;
	/** charon wants it to be up, it may be blocked although it is not */
	bool wanted, lost;
	/** charon ignored that a policy was refused when addresses changed */
	bool spoilt;
	/** its trap was refused in a strict mode, so that it blocks */
	bool refused;
	/** trap that is installed, and CHILD_SAs, the latest one first */
	child_t *routed;
	linked_list_t *children;
	/** task of charon to establish it is under way */
	bool pending;
	/** a change of addresses is under way */
	bool moved;
	/** IKE_SA as listeners on the bus see it, and if it deletes a CHILD_SA */
	ike_sa_t ike_sa;
	bool deletes;
	ike_sa_state_t state;
	/** first of its flows */
	u_int flow;
};

/**
 * A CHILD_SA, or a trap.
 */
struct child_t {
	/** CHILD_SA as listeners on the bus see it */
	child_sa_t public;
	conn_t *conn;
	uint32_t id;
	uint32_t spi_in, spi_out;
	u_char key_in[36], key_out[36];
	/** addresses of its SAs */
	host_t *me, *other;
	child_sa_state_t state;
	/** what is installed */
	bool trap, sa_in, sa_out, inbound, outbound;
	/** charon was asked to rekey it, and it was replaced */
	bool rekeying, replaced;
};

/* history_time.c: virtual time, and who waits for it */

/** Begin at some time, take the place of libstrongswan's scheduler and watcher,
 * and give it back to them. */
void history_time_start(void);
void history_time_stop(void);

/** Milliseconds since the start. */
uint64_t history_now(void);

/** Do what is due, and let time pass. */
void history_run(u_int ms);

/** Called each second. */
extern void (*history_second)(void);

/* history_draw.c: random numbers */

void history_seed(uint64_t seed);

/** A number below n, and TRUE in one of n cases. */
u_int draw(u_int n);
bool one_in(u_int n);

/* history_world.c: the kernel, its NICs and routes */

extern fake_kernel_t *kernel;
extern kernel_ipsec_t *ipsec;
extern conn_t conns[HISTORY_CONNS];
extern u_int conn_count, nic_count;

/** All connections have a priority, so that they go before a shunt that lets
 * everything else pass. */
extern bool has_shunt;

/** Draw a world, and start the backend. */
void history_world_start(void);
void history_world_stop(void);

/** The backend ends. */
void history_world_end(void);

/** Lead the packets of a connection to a NIC, 0 for none. */
void history_route(conn_t *conn, uint32_t nic);

/** Add or remove the shunt. */
void history_shunt(bool add);

/** Something happens to links, routes or drivers. */
void history_world_step(void);

/** A link goes down, if it is up. */
void history_world_down(void);

/** A NIC goes down, and comes back with all routes. */
void history_world_flap(void);

/** From now on everything is fine. */
void history_world_heal(void);

/* history_faults.c: what goes wrong with requests */

void history_faults_start(void);
void history_faults_stop(void);
void history_faults_heal(void);

/** Something goes wrong with a request to come. */
void history_fault_step(void);

/** Something happens to the world before a request to come. */
void history_faults_soon(void);

/* history_threads.c: threads that install CHILD_SAs at the same time */

/** Let another thread take its turn. */
void history_turn(void);

/** Install two CHILD_SAs at the same time. */
void history_install_both(child_t *a, child_t *b, bool result[2]);

/* history_child.c: what charon's CHILD_SAs ask of the backend */

/** Begin with the first unique ID. */
void history_child_reset(void);

child_t *history_child_create(conn_t *conn, bool trap);

/** Install its SAs and policies, those for outbound packets later if it is to
 * take the place of another one. It has to be destroyed in any case. */
bool history_child_install(child_t *child, bool rekey);
bool history_child_install_outbound(child_t *child);
void history_child_remove_outbound(child_t *child);
void history_child_destroy(child_t *child);

/** Move it to the addresses of its IKE_SA. */
bool history_child_update(child_t *child);

/* history_bus.c: what listeners on the bus are told */

/** IKE_SA that this thread works for, NULL for none */
extern __thread ike_sa_t *history_bus_ike;

void history_bus_init_child(child_t *child);
void history_bus_init_conn(conn_t *conn);
void history_bus_add(listener_t *listener);
void history_bus_remove(listener_t *listener);
void history_bus_state(conn_t *conn, ike_sa_state_t state);
void history_bus_child_state(child_t *child, child_sa_state_t state);
void history_bus_updown(child_t *child, bool up);
void history_bus_rekeyed(child_t *old, child_t *child);
void history_bus_failed(child_t *child, bool policies);

/* history_charon.c: what charon does by itself */

void history_charon_start(void);
void history_charon_stop(void);

/** What the backend reports. */
void history_charon_acquire(uint32_t reqid);
void history_charon_expire(uint32_t spi, bool hard);

/** Establish, and close on purpose. */
void history_initiate(conn_t *conn);
void history_initiate_both(conn_t *a, conn_t *b);
void history_route_trap(conn_t *conn);
void history_terminate(conn_t *conn, bool ike);

/** Close its CHILD_SAs, its trap stays. */
void history_close(conn_t *conn);

/** The peer does not answer anymore; charon may want it back. */
void history_peer_lost(conn_t *conn, bool wanted);

/** Rekey its latest CHILD_SA. */
void history_rekey(conn_t *conn);

/** Addresses change. */
void history_mobike(conn_t *conn);

/** Peers answer, or do not. */
extern bool history_peers_answer;

/** Do tasks that are due. TRUE if there was one. */
bool history_charon_task(void);

/** Time when the next task is due, UINT64_MAX for none. */
uint64_t history_charon_due(void);

/** The latest CHILD_SA that is up, NULL for none. */
child_t *history_latest(conn_t *conn);

/* history_daemon.c: the daemon that the backend sees */

void history_daemon_start(void);
void history_daemon_stop(void);

/* history_check.c: how a history ends */

/** Let everything come right, and check that it does. */
void history_check(void);

#endif /** HISTORY_H_ @}*/
