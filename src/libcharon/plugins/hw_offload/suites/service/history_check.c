/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Checks how a history ends: everything that is wanted is up and carries its
 * packets, and nothing is left of what is not.
 */

#include "history.h"

/** Seconds that everything may take to come right. */
#define PATIENCE 300

/**
 * Check if a connection can be established here. Strict modes may be
 * impossible.
 */
static bool is_possible(conn_t *conn)
{
	return conn->offload == HW_OFFLOAD_NO || conn->offload == HW_OFFLOAD_AUTO;
}

/**
 * Check if a connection has one CHILD_SA, or a trap, whose packets get through.
 */
static bool is_right(conn_t *conn)
{
	child_t *child = history_latest(conn);
	u_int n;

	if (!child && conn->wanted)
	{
		return !is_possible(conn);
	}
	/* packets of a trap have it established, unless its twin carries them */
	for (n = 0; !conn->spoilt && (child || conn->routed) &&
		 n < conn->selectors; n++)
	{
		if (fake_kernel_fate(kernel, conn->flow + n, NULL) != FAKE_PROTECTED)
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Say what is wrong with a connection.
 */
static void complain(conn_t *conn)
{
	child_t *child = history_latest(conn);
	u_int n;

	if (!child)
	{
		fake_kernel_violate(kernel, conn->wanted ?
							"conn %u can't be established" :
							"packets for the trap of conn %u are blocked",
							conn->number, 0, 0, 0);
		return;
	}
	for (n = 0; n < conn->selectors; n++)
	{
		if (fake_kernel_fate(kernel, conn->flow + n, NULL) != FAKE_PROTECTED)
		{
			fake_kernel_violate(kernel, "conn %u: flow %u does not get "
								"through, fate %u, CHILD_SA %u", conn->number,
								conn->flow + n,
								fake_kernel_fate(kernel, conn->flow + n, NULL),
								child->id);
		}
	}
}

/**
 * Wait until all connections are right.
 */
static void await_right(void)
{
	u_int i, s, wrong = 0;

	for (s = 0; s < PATIENCE && !fake_kernel_violation(kernel); s++)
	{
		history_run(1000);
		wrong = conn_count;
		for (i = 0; i < conn_count; i++)
		{
			if (!is_right(&conns[i]))
			{
				wrong = i;
				if (conns[i].wanted && !history_latest(&conns[i]))
				{
					history_initiate(&conns[i]);
				}
				break;
			}
		}
		if (wrong == conn_count)
		{
			return;
		}
	}
	if (!fake_kernel_violation(kernel))
	{
		complain(&conns[wrong]);
	}
}

/**
 * Close everything on purpose, and check what is left. A guard may stay where a
 * peer was lost.
 */
static void check_left(void)
{
	bool lost = FALSE;
	u_int i, n;

	for (i = 0; i < conn_count; i++)
	{
		history_terminate(&conns[i], one_in(2));
		lost |= conns[i].lost || conns[i].spoilt;
	}
	if (has_shunt)
	{
		history_shunt(FALSE);
	}
	history_run(20000);
	for (i = 0; i < conn_count && !lost; i++)
	{
		for (n = 0; n < conns[i].selectors; n++)
		{
			if (fake_kernel_fate(kernel, conns[i].flow + n,
								 NULL) != FAKE_CLEAR)
			{
				fake_kernel_violate(kernel, "conn %u: flow %u is blocked for "
									"nobody", i, conns[i].flow + n, 0, 0);
			}
		}
	}
	history_run(400000);
	if (!lost && (fake_kernel_count_sas(kernel) ||
				  fake_kernel_count_sps(kernel)))
	{
		fake_kernel_violate(kernel, "%u SAs and %u SPs are left",
							fake_kernel_count_sas(kernel),
							fake_kernel_count_sps(kernel), 0, 0);
	}
}

void history_check(void)
{
	u_int i;

	history_world_heal();
	for (i = 0; i < conn_count; i++)
	{
		if (conns[i].trap && conns[i].wanted)
		{
			history_route_trap(&conns[i]);
		}
	}
	await_right();
	if (!fake_kernel_violation(kernel))
	{
		check_left();
	}
}
