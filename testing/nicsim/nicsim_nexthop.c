// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * The link layer address for packets that the device puts into a tunnel. The
 * stack resolved a neighbour for the inner destination, if any; the outer one
 * is the device's own business.
 */
#include <linux/etherdevice.h>
#include <net/arp.h>
#include <net/ip6_route.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "nicsim.h"

/* A route out of this very port; other ports are none of its business */
static struct dst_entry *route_v4(struct net_device *dev,
				  const xfrm_address_t *daddr)
{
	struct flowi4 fl4 = {
		.flowi4_oif = dev->ifindex,
		.daddr = daddr->a4,
	};
	struct rtable *rt;

	rt = ip_route_output_key(dev_net(dev), &fl4);
	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *route_v6(struct net_device *dev,
				  const xfrm_address_t *daddr)
{
	struct flowi6 fl6 = {
		.flowi6_oif = dev->ifindex,
		.daddr = daddr->in6,
	};
	struct dst_entry *dst;

	dst = ip6_route_output(dev_net(dev), NULL, &fl6);
	if (dst->error) {
		dst_release(dst);
		return NULL;
	}
	return dst;
}

static bool neigh_mac(struct nicsim_port *port, struct nicsim_sa *sa, u8 *mac)
{
	struct dst_entry *dst;
	struct neighbour *n;
	bool found = false;

	dst = sa->family == AF_INET ? route_v4(port->dev, &sa->daddr) :
				      route_v6(port->dev, &sa->daddr);
	if (!dst)
		return false;
	n = dst->dev == port->dev ? dst_neigh_lookup(dst, &sa->daddr) : NULL;
	dst_release(dst);
	if (IS_ERR_OR_NULL(n))
		return false;
	if (!neigh_event_send(n, NULL)) {
		neigh_ha_snapshot(mac, n, port->dev);
		found = true;
	}
	neigh_release(n);
	return found;
}

/*
 * Looked up for each packet, so that it follows routes and neighbours. If the
 * answer is gone the last one serves on: the hardware keeps what was
 * programmed.
 */
bool nicsim_nexthop(struct nicsim_port *port, struct nicsim_sa *sa, u8 *mac)
{
	bool found = neigh_mac(port, sa, mac);

	spin_lock_bh(&sa->lock);
	if (found) {
		ether_addr_copy(sa->mac, mac);
		sa->mac_known = true;
	} else if (sa->mac_known) {
		ether_addr_copy(mac, sa->mac);
		found = true;
	}
	spin_unlock_bh(&sa->lock);
	return found;
}
