// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * Usage counters and lifetime limits of packet offloaded SAs.
 *
 * As on mlx5 there are two views of the counters: the device's own, which stop
 * an SA exactly at its hard limit, and those that the driver has last read,
 * which it reports to the kernel. With stats_delay_ms the second view is only
 * refreshed that often, so reports lag, and so do the expire events that the
 * kernel derives from them.
 */
#include "nicsim.h"

#define POLL_MS		1000

/*
 * The limits are those at creation: a later change of the state's lifetime
 * (UPDSA) does not reach the device, as on mlx5.
 */
void nicsim_limits_init(struct nicsim_sa *sa, struct xfrm_state *x)
{
	bool exact = nicsim_switch(&sa->port->sw.byte_limits) == 2;

	sa->soft_packets = x->lft.soft_packet_limit;
	sa->hard_packets = x->lft.hard_packet_limit;
	sa->soft_bytes = exact ? x->lft.soft_byte_limit : XFRM_INF;
	sa->hard_bytes = exact ? x->lft.hard_byte_limit : XFRM_INF;
	if (sa->out && sa->packet)
		sa->now.packets = nicsim_switch(&sa->port->sw.sent_before);
	sa->base_packets = x->curlft.packets;
	sa->base_bytes = x->curlft.bytes;
	sa->polled = x->lft.soft_packet_limit != XFRM_INF ||
		     x->lft.hard_packet_limit != XFRM_INF ||
		     x->lft.soft_byte_limit != XFRM_INF ||
		     x->lft.hard_byte_limit != XFRM_INF;
}

/* Let the kernel compare counters and limits */
void nicsim_limits_check(struct work_struct *work)
{
	struct nicsim_sa *sa = container_of(work, struct nicsim_sa, limit);
	struct xfrm_state *x = sa->x;

	spin_lock_bh(&x->lock);
	/* on any other state this would re-arm the timer of a dead SA */
	if (x->km.state == XFRM_STATE_VALID)
		xfrm_state_check_expire(x);
	spin_unlock_bh(&x->lock);
	xfrm_state_put(x);
	nicsim_sa_put(sa);
}

/* Called under RCU, in any context */
static void limits_queue(struct nicsim_sa *sa)
{
	if (!refcount_inc_not_zero(&sa->refs))
		return;
	if (!refcount_inc_not_zero(&sa->x->refcnt)) {
		nicsim_sa_put(sa);
		return;
	}
	if (!queue_work(nicsim_wq, &sa->limit)) {
		xfrm_state_put(sa->x);
		nicsim_sa_put(sa);
	}
}

/* Nothing more may pass this SA. Called under the SA's lock */
bool nicsim_limits_reached(struct nicsim_sa *sa)
{
	return sa->now.packets >= sa->hard_packets ||
	       sa->now.bytes >= sa->hard_bytes;
}

/* Count one packet. Called under the SA's lock */
void nicsim_limits_use(struct nicsim_sa *sa, u32 bytes)
{
	bool event = false;

	sa->now.packets++;
	sa->now.bytes += bytes;
	if (!sa->soft_done && (sa->now.packets >= sa->soft_packets ||
			       sa->now.bytes >= sa->soft_bytes)) {
		sa->soft_done = true;
		nicsim_count(sa->port, NICSIM_limit_soft);
		event = true;
	}
	if (!sa->hard_done && nicsim_limits_reached(sa)) {
		sa->hard_done = true;
		nicsim_count(sa->port, NICSIM_limit_hard);
		event = true;
	}
	if (event)
		limits_queue(sa);
}

/* What update_stats reports */
void nicsim_limits_show(struct nicsim_sa *sa, struct xfrm_state *x)
{
	spin_lock_bh(&sa->lock);
	if (!nicsim_switch(&sa->port->sw.stats_delay_ms))
		sa->shown = sa->now;
	x->curlft.packets = sa->base_packets + sa->shown.packets;
	x->curlft.bytes = sa->base_bytes + sa->shown.bytes;
	x->stats.replay = sa->shown.replay;
	x->stats.integrity_failed = sa->shown.auth_fail;
	spin_unlock_bh(&sa->lock);
}

static unsigned long tick_period(struct nicsim_port *port)
{
	u32 delay = nicsim_switch(&port->sw.stats_delay_ms);

	return msecs_to_jiffies(delay ? : POLL_MS);
}

/* Read the device's counters, and let the kernel look at those with limits */
void nicsim_limits_tick(struct work_struct *work)
{
	struct nicsim_port *port = container_of(to_delayed_work(work),
						struct nicsim_port, tick);
	struct nicsim_sa *sa;
	bool again = false;

	rcu_read_lock();
	list_for_each_entry_rcu(sa, &port->sas, list) {
		if (!sa->packet || sa->larval)
			continue;
		spin_lock_bh(&sa->lock);
		sa->shown = sa->now;
		spin_unlock_bh(&sa->lock);
		if (sa->polled)
			limits_queue(sa);
		again = true;
	}
	rcu_read_unlock();
	if (again)
		queue_delayed_work(nicsim_wq, &port->tick, tick_period(port));
}

void nicsim_limits_start(struct nicsim_port *port)
{
	queue_delayed_work(nicsim_wq, &port->tick, tick_period(port));
}
