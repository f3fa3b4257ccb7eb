// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * Offloaded policies: the table by which the device steers packets that the
 * stack hands over in clear.
 *
 * Matched are addresses, protocol and ports. As on mlx5 the selector's
 * interface, the mark and the if_id are not looked at, and neither are the
 * policies of the sockets.
 */
#include <linux/slab.h>

#include "nicsim.h"

/*
 * Before Linux 7 mlx5 took any address that is not zero for a host address;
 * prefixes = 0 does the same.
 */
static bool addr_match_sel(const xfrm_address_t *addr,
			   const xfrm_address_t *want, u8 plen, u8 family,
			   bool prefixes)
{
	u8 full = family == AF_INET ? 32 : 128;

	if (!prefixes) {
		if (xfrm_addr_any(want, family))
			return true;
		plen = full;
	}
	return addr_match(addr, want, min(plen, full));
}

bool nicsim_selector_match(const struct xfrm_selector *sel, u8 family,
			   const struct nicsim_flow *flow, bool prefixes)
{
	if (family != flow->family)
		return false;
	if (sel->proto && sel->proto != flow->proto)
		return false;
	if ((flow->sport ^ sel->sport) & sel->sport_mask ||
	    (flow->dport ^ sel->dport) & sel->dport_mask)
		return false;
	return addr_match_sel(&flow->saddr, &sel->saddr, sel->prefixlen_s,
			      family, prefixes) &&
	       addr_match_sel(&flow->daddr, &sel->daddr, sel->prefixlen_d,
			      family, prefixes);
}

/* Called under RCU */
struct nicsim_policy *nicsim_policy_match(struct nicsim_port *port, bool out,
					  const struct nicsim_flow *flow)
{
	bool prefixes = nicsim_switch(&port->sw.prefixes);
	struct list_head *list = out ? &port->pol_out : &port->pol_in;
	struct nicsim_policy *pol;

	if (!flow->family)
		return NULL;
	list_for_each_entry_rcu(pol, list, list) {
		if (nicsim_selector_match(&pol->sel, pol->family, flow,
					  prefixes))
			return pol;
	}
	return NULL;
}

/* Newest first among equals: UPDPOLICY adds the successor before it deletes */
static void policy_link(struct nicsim_port *port, struct nicsim_policy *pol)
{
	struct list_head *list = pol->out ? &port->pol_out : &port->pol_in;
	struct nicsim_policy *next;

	spin_lock_bh(&port->lock);
	list_for_each_entry(next, list, list) {
		if (next->priority >= pol->priority)
			break;
	}
	list_add_tail_rcu(&pol->list, &next->list);
	spin_unlock_bh(&port->lock);
}

int nicsim_policy_add(struct xfrm_policy *xp, struct netlink_ext_ack *extack)
{
	struct nicsim_port *port;
	struct nicsim_policy *pol;
	int err;

	if (xp->xdo.dev->netdev_ops != &nicsim_netdev_ops) {
		NL_SET_ERR_MSG_MOD(extack, "Policy offload over an upper device is not supported");
		return -EOPNOTSUPP;
	}
	port = netdev_priv(xp->xdo.dev);
	err = nicsim_validate_policy(port, xp, extack);
	if (err) {
		nicsim_count(port, NICSIM_policy_refused);
		return err;
	}
	pol = kzalloc(sizeof(*pol), GFP_KERNEL);
	if (!pol)
		return -ENOMEM;
	pol->port = port;
	pol->sel = xp->selector;
	pol->family = xp->family;
	pol->action = xp->action;
	pol->priority = xp->priority;
	pol->out = xp->xdo.dir == XFRM_DEV_OFFLOAD_OUT;
	pol->has_tmpl = xp->xfrm_nr > 0;
	if (pol->has_tmpl)
		pol->tmpl = xp->xfrm_vec[0];
	policy_link(port, pol);
	xp->xdo.offload_handle = (unsigned long)pol;
	nicsim_count(port, NICSIM_policy_add);
	return 0;
}

/* Called with the policy database locked: no sleeping */
void nicsim_policy_delete(struct xfrm_policy *xp)
{
	struct nicsim_policy *pol = (void *)xp->xdo.offload_handle;

	if (!pol)
		return;
	spin_lock_bh(&pol->port->lock);
	list_del_rcu(&pol->list);
	spin_unlock_bh(&pol->port->lock);
	nicsim_count(pol->port, NICSIM_policy_del);
}

void nicsim_policy_free(struct xfrm_policy *xp)
{
	struct nicsim_policy *pol = (void *)xp->xdo.offload_handle;

	if (!pol)
		return;
	xp->xdo.offload_handle = 0;
	kfree_rcu(pol, rcu);
}
