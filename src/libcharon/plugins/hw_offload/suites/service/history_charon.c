/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A charon that does with its CHILD_SAs as strongSwan's does: establishes,
 * rekeys, moves and closes them, and does what the backend tells it later.
 */

#include "history.h"

#include <threading/mutex.h>

/** Milliseconds until the peer answers, until a lost message is sent again,
 * until a failed attempt is repeated, and until a CHILD_SA that was replaced is
 * destroyed. */
#define ROUND_TRIP 20
#define RETRANSMIT 4000
#define RETRY 3000
#define KEEP_REPLACED 5000

bool history_peers_answer;

/** What charon does later. */
typedef struct {
	uint64_t due;
	enum { TASK_INITIATE, TASK_REKEY, TASK_REKEYED_BY_PEER, TASK_EXPIRED,
		   TASK_DESTROY } type;
	conn_t *conn;
	uint32_t spi;
} later_t;

/** tasks by their due time, later_t; both threads may add some */
static linked_list_t *tasks;
static mutex_t *mutex;

/**
 * Do something later.
 */
static void add_task(u_int ms, int type, conn_t *conn, uint32_t spi)
{
	enumerator_t *enumerator;
	later_t *task, *other;

	INIT(task,
		.due = history_now() + ms,
		.type = type,
		.conn = conn,
		.spi = spi,
	);
	mutex->lock(mutex);
	enumerator = tasks->create_enumerator(tasks);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (other->due > task->due)
		{
			break;
		}
	}
	tasks->insert_before(tasks, enumerator, task);
	enumerator->destroy(enumerator);
	mutex->unlock(mutex);
}

/**
 * Find a CHILD_SA by one of its SPIs.
 */
static child_t *find_child(uint32_t spi)
{
	child_t *child, *found = NULL;
	enumerator_t *enumerator;
	u_int i;

	for (i = 0; i < conn_count && !found; i++)
	{
		enumerator = conns[i].children->create_enumerator(conns[i].children);
		while (!found && enumerator->enumerate(enumerator, &child))
		{
			found = child->spi_in == spi || child->spi_out == spi ? child
																  : NULL;
		}
		enumerator->destroy(enumerator);
	}
	return found;
}

child_t *history_latest(conn_t *conn)
{
	child_t *child;

	return conn->children->get_first(conn->children,
						(void**)&child) == SUCCESS && !child->replaced ? child
																	   : NULL;
}

/**
 * Check if a connection, or its twin, has something else for the same flows.
 */
static bool is_covered(conn_t *conn, child_t *without)
{
	enumerator_t *enumerator;
	bool found = FALSE;
	child_t *child;
	u_int i;

	for (i = 0; i < conn_count && !found; i++)
	{
		if (conns[i].flow != conn->flow)
		{
			continue;
		}
		found = conns[i].routed && conns[i].routed != without;
		enumerator = conns[i].children->create_enumerator(conns[i].children);
		while (!found && enumerator->enumerate(enumerator, &child))
		{
			found = child != without && child->outbound && !conns[i].spoilt;
		}
		enumerator->destroy(enumerator);
	}
	return found;
}

/**
 * Destroy a CHILD_SA. Unless that is on purpose, a guard has to stay.
 */
static void destroy_child(child_t *child, bool purpose)
{
	conn_t *conn = child->conn;
	fake_sa_t sa;
	u_int n;

	conn->children->remove(conn->children, child, NULL);
	for (n = 0; n < conn->selectors && !is_covered(conn, child); n++)
	{
		if (purpose || !fake_kernel_guarded(kernel, conn->flow + n))
		{
			fake_kernel_cover(kernel, conn->flow + n, FALSE);
		}
	}
	/* what is lost already is blocked, whoever closes it */
	conn->lost |= !purpose || (child->outbound &&
				(!fake_kernel_get_sa(kernel, child->spi_in, &sa) ||
				 fake_kernel_fate(kernel, conn->flow, NULL) != FAKE_PROTECTED));
	history_child_destroy(child);
}

/**
 * Send the deletion of a CHILD_SA.
 */
static void delete_child(child_t *child)
{
	child->conn->deletes = TRUE;
	history_bus_child_state(child, CHILD_DELETING);
	child->conn->deletes = FALSE;
}

/**
 * Destroy all CHILD_SAs of a connection.
 */
static void destroy_children(conn_t *conn, bool purpose)
{
	child_t *child;

	while (conn->children->get_last(conn->children, (void**)&child) == SUCCESS)
	{
		if (purpose && conn->state != IKE_DELETING)
		{
			delete_child(child);
		}
		history_bus_updown(child, FALSE);
		destroy_child(child, purpose);
	}
}

/**
 * A CHILD_SA is there, or not.
 */
static void established(conn_t *conn, child_t *child, bool success)
{
	if (!success)
	{
		conn->children->insert_first(conn->children, child);
		destroy_child(child, FALSE);
		history_initiate(conn);
		return;
	}
	conn->lost = FALSE;
	conn->children->insert_first(conn->children, child);
	history_bus_updown(child, TRUE);
}

void history_initiate(conn_t *conn)
{
	if (!conn->pending)
	{
		conn->pending = TRUE;
		add_task(one_in(2) ? ROUND_TRIP : RETRY, TASK_INITIATE, conn, 0);
	}
}

/**
 * Establish a connection if the peer answers.
 */
static void initiate(conn_t *conn)
{
	child_t *child;

	conn->pending = FALSE;
	if (!conn->wanted || history_latest(conn))
	{
		return;
	}
	if (!history_peers_answer)
	{
		conn->pending = TRUE;
		add_task(RETRANSMIT, TASK_INITIATE, conn, 0);
		return;
	}
	child = history_child_create(conn, FALSE);
	established(conn, child, history_child_install(child, FALSE));
}

void history_initiate_both(conn_t *a, conn_t *b)
{
	child_t *first, *second;
	bool result[2];

	if (history_latest(a) || history_latest(b))
	{
		return;
	}
	a->wanted = b->wanted = TRUE;
	first = history_child_create(a, FALSE);
	second = history_child_create(b, FALSE);
	history_install_both(first, second, result);
	established(a, first, result[0]);
	established(b, second, result[1]);
}

void history_route_trap(conn_t *conn)
{
	child_t *trap;

	if (conn->routed)
	{
		return;
	}
	trap = history_child_create(conn, TRUE);
	conn->routed = trap;
	conn->refused = FALSE;
	if (!history_child_install(trap, FALSE))
	{
		conn->refused = conn->offload == HW_OFFLOAD_PACKET;
		conn->routed = NULL;
		history_child_destroy(trap);
	}
}

void history_close(conn_t *conn)
{
	conn->wanted = FALSE;
	destroy_children(conn, TRUE);
}

void history_terminate(conn_t *conn, bool ike)
{
	if (conn->routed)
	{
		child_t *trap = conn->routed;
		u_int n;

		conn->routed = NULL;
		for (n = 0; n < conn->selectors && !is_covered(conn, trap); n++)
		{
			fake_kernel_cover(kernel, conn->flow + n, FALSE);
		}
		history_child_destroy(trap);
	}
	if (ike)
	{
		history_bus_state(conn, IKE_DELETING);
	}
	history_close(conn);
	if (ike)
	{
		history_bus_state(conn, IKE_DESTROYING);
		conn->state = IKE_ESTABLISHED;
	}
}

void history_peer_lost(conn_t *conn, bool wanted)
{
	conn->wanted = wanted;
	history_bus_state(conn, IKE_DESTROYING);
	destroy_children(conn, FALSE);
	conn->state = IKE_ESTABLISHED;
	if (wanted)
	{
		history_initiate(conn);
	}
}

/**
 * Replace a CHILD_SA by another one. If that fails, it is kept if the peer
 * asked for it, and closed otherwise.
 */
static void rekey(child_t *old, bool initiator)
{
	conn_t *conn = old->conn;
	child_t *child;

	old->rekeying = FALSE;
	child = history_child_create(conn, FALSE);
	if (!history_child_install(child, TRUE) ||
		!history_child_install_outbound(child))
	{
		conn->children->insert_first(conn->children, child);
		destroy_child(child, FALSE);
		if (initiator)
		{
			destroy_child(old, FALSE);
			history_initiate(conn);
		}
		return;
	}
	conn->children->insert_first(conn->children, child);
	history_bus_rekeyed(old, child);
	old->replaced = TRUE;
	history_child_remove_outbound(old);
	history_bus_child_state(old, CHILD_REKEYED);
	add_task(KEEP_REPLACED, TASK_DESTROY, conn, old->spi_in);
}

void history_rekey(conn_t *conn)
{
	child_t *child = history_latest(conn);

	if (child && !child->rekeying)
	{
		child->rekeying = TRUE;
		add_task(draw(3) * 500,
				 one_in(2) ? TASK_REKEY : TASK_REKEYED_BY_PEER, conn,
				 child->spi_in);
	}
}

void history_mobike(conn_t *conn)
{
	static const char *mine[] = { "192.168.50.1", "192.168.50.7" };
	enumerator_t *enumerator;
	linked_list_t *children;
	u_int what = 1 + draw(3);
	child_t *child;
	char buf[32];

	conn->moved = !conn->moved;
	if (what & 1)
	{
		conn->me->destroy(conn->me);
		conn->me = host_create_from_string((char*)mine[conn->moved], 0);
	}
	if (what & 2)
	{
		snprintf(buf, sizeof(buf), "10.9.%u.%u", conn->number,
				 conn->moved ? 3 : 2);
		conn->other->destroy(conn->other);
		conn->other = host_create_from_string(buf, 0);
	}
	children = linked_list_create_from_enumerator(
						conn->children->create_enumerator(conn->children));
	enumerator = children->create_enumerator(children);
	while (enumerator->enumerate(enumerator, &child))
	{
		if (!history_child_update(child) && !child->replaced &&
			!child->rekeying)
		{
			child->rekeying = TRUE;
			add_task(draw(3) * 500, TASK_REKEY, conn, child->spi_in);
		}
	}
	enumerator->destroy(enumerator);
	children->destroy(children);
}

/**
 * Do a task about a CHILD_SA that is still there.
 */
static void do_child_task(later_t *task, child_t *child)
{
	conn_t *conn = child->conn;

	switch (task->type)
	{
		case TASK_REKEY:
		case TASK_REKEYED_BY_PEER:
			if (!history_peers_answer)
			{
				add_task(RETRANSMIT, task->type, conn, task->spi);
			}
			else if (!child->replaced)
			{
				rekey(child, task->type == TASK_REKEY);
			}
			break;
		case TASK_EXPIRED:
			delete_child(child);
			history_bus_updown(child, FALSE);
			destroy_child(child, child->replaced);
			history_initiate(conn);
			break;
		default:
			destroy_child(child, TRUE);
			break;
	}
}

bool history_charon_task(void)
{
	child_t *child;
	later_t *task;

	if (history_charon_due() > history_now())
	{
		return FALSE;
	}
	mutex->lock(mutex);
	tasks->remove_first(tasks, (void**)&task);
	mutex->unlock(mutex);
	child = find_child(task->spi);
	if (task->type == TASK_INITIATE)
	{
		initiate(task->conn);
	}
	else if (child)
	{
		do_child_task(task, child);
	}
	free(task);
	return TRUE;
}

uint64_t history_charon_due(void)
{
	uint64_t due = UINT64_MAX;
	later_t *task;

	mutex->lock(mutex);
	if (tasks->get_first(tasks, (void**)&task) == SUCCESS)
	{
		due = task->due;
	}
	mutex->unlock(mutex);
	return due;
}

void history_charon_acquire(uint32_t reqid)
{
	u_int i;

	for (i = 0; i < conn_count; i++)
	{
		if (conns[i].routed && conns[i].reqid == reqid)
		{
			conns[i].wanted = TRUE;
			if (!conns[i].pending)
			{
				conns[i].pending = TRUE;
				add_task(ROUND_TRIP, TASK_INITIATE, &conns[i], 0);
			}
		}
	}
}

void history_charon_expire(uint32_t spi, bool hard)
{
	child_t *child = find_child(spi);

	fake_kernel_note(kernel, hard ? "charon: SA %08x expired"
								  : "charon: asked to rekey SA %08x",
					 ntohl(spi), 0, 0, 0);
	if (!child || (!hard && (child->rekeying || child->replaced)))
	{	/* charon logs that it does not know it, or is at it */
		return;
	}
	child->rekeying |= !hard;
	add_task(hard ? 0 : ROUND_TRIP, hard ? TASK_EXPIRED : TASK_REKEY,
			 child->conn, spi);
}

void history_charon_start(void)
{
	tasks = linked_list_create();
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	history_peers_answer = TRUE;
}

void history_charon_stop(void)
{
	tasks->destroy_function(tasks, free);
	mutex->destroy(mutex);
}
