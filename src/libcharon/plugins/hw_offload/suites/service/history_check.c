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
 * Traps are alone while the link they are on goes away and comes back. Then
 * packets have everything established again.
 */
static void check_traps(void)
{
	u_int i;

	fake_kernel_note(kernel, "traps are alone", 0, 0, 0, 0);
	fake_kernel_traffic(kernel, FALSE);
	for (i = 0; i < conn_count; i++)
	{
		if (conns[i].routed)
		{
			history_close(&conns[i]);
		}
	}
	history_run(1000);
	history_world_flap();
	fake_kernel_traffic(kernel, TRUE);
	await_right();
}

/**
 * Check if guards of a connection may stay though it was closed: its peer was
 * lost, or a trap was refused that it is still to have.
 */
static bool may_stay(conn_t *conn)
{
	bool stays = FALSE;
	u_int i;

	for (i = 0; i < conn_count; i++)
	{
		stays |= conns[i].flow == conn->flow &&
				 (conns[i].lost || conns[i].spoilt || conns[i].refused);
	}
	return stays;
}

/**
 * Check that the packets of a connection that was closed are not blocked.
 */
static void check_released(conn_t *conn)
{
	u_int n;

	for (n = 0; n < conn->selectors; n++)
	{
		if (fake_kernel_fate(kernel, conn->flow + n, NULL) != FAKE_CLEAR)
		{
			fake_kernel_violate(kernel, "conn %u: flow %u is blocked for "
								"nobody", conn->number, conn->flow + n, 0, 0);
		}
	}
}

/**
 * Check what is left. Where a trap may stay, so may what its packets wait for.
 */
static void check_left(bool stays)
{
	u_int sa_count = stays ? 0 : fake_kernel_count_sas(kernel),
		  sp_count = stays ? 0 : fake_kernel_count_sps(kernel);

	if (sa_count || sp_count)
	{
		fake_kernel_violate(kernel, "%u SAs and %u SPs are left", sa_count,
							sp_count, 0, 0);
	}
}

/**
 * The daemon ends, which releases guards.
 */
static void end(void)
{
	u_int i, n;

	for (i = 0; i < conn_count; i++)
	{
		for (n = 0; n < conns[i].selectors; n++)
		{
			fake_kernel_cover(kernel, conns[i].flow + n, FALSE);
		}
	}
	history_world_end();
}

/**
 * Close everything on purpose, and check what is left: nothing, but for guards
 * that may stay until the daemon ends.
 */
static void close_all(void)
{
	bool stays = FALSE;
	u_int i;

	for (i = 0; i < conn_count; i++)
	{
		history_terminate(&conns[i], one_in(2));
	}
	if (has_shunt)
	{
		history_shunt(FALSE);
	}
	history_run(20000);
	for (i = 0; i < conn_count; i++)
	{
		stays |= may_stay(&conns[i]);
		if (!may_stay(&conns[i]))
		{
			check_released(&conns[i]);
		}
	}
	history_run(400000);
	check_left(stays);
	end();
	/* larval SAs expire */
	history_run(400000);
	check_left(FALSE);
}

void history_check(void)
{
	u_int i;

	history_world_heal();
	for (i = 0; i < conn_count; i++)
	{
		if (conns[i].trap && (conns[i].wanted ||
							  (conns[i].refused && one_in(2))))
		{
			history_route_trap(&conns[i]);
		}
	}
	await_right();
	if (!fake_kernel_violation(kernel) && one_in(2))
	{
		check_traps();
	}
	if (!fake_kernel_violation(kernel))
	{
		close_all();
	}
}
