/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Routes along with SPs.
 */

#include "sp_route.h"
#include "../../model/plan/ts_convert.h"

#include <sys/socket.h>

#include <daemon.h>
#include <utils/debug.h>

bool hwo_sp_route_needed(const hwo_sp_request_t *user)
{
	const hwo_sp_id_t *id = &user->sp.id;

	if (id->dir != POLICY_OUT || id->sel.proto || id->sel.src_port ||
		id->sel.dst_port)
	{
		return FALSE;
	}
	return user->type == POLICY_PASS ||
		   (user->type == POLICY_IPSEC && user->mode != MODE_TRANSPORT);
}

/**
 * Note an interface name, which is freed.
 */
static void take_ifname(char *name, hwo_sp_route_t *route)
{
	if (name)
	{
		snprintf(route->ifname, sizeof(route->ifname), "%s", name);
		free(name);
	}
}

/**
 * Get the addresses of our side, which may be less than the selector of the SP.
 */
static traffic_selector_t *get_local(const hwo_sp_request_t *user)
{
	bool v4 = user->from.family == AF_INET;
	size_t len = v4 ? 4 : 16;

	return traffic_selector_create_from_bytes(0, v4 ? TS_IPV4_ADDR_RANGE
													: TS_IPV6_ADDR_RANGE,
						chunk_create((u_char*)user->from.bytes, len), 0,
						chunk_create((u_char*)user->to.bytes, len), 65535);
}

/**
 * Find the source address: one of ours among those of our side. Pass policies
 * do without one.
 */
static bool find_source(const hwo_sp_request_t *user, hwo_sp_route_t *route)
{
	traffic_selector_t *ts;
	host_t *src = NULL;

	ts = get_local(user);
	if (ts && charon->kernel->get_address_by_ts(charon->kernel, ts, &src,
												NULL) == SUCCESS)
	{
		hwo_addr_from_host(src, &route->src);
		src->destroy(src);
	}
	else if (route->pass)
	{
		src = host_create_any(user->sp.id.sel.family);
		hwo_addr_from_host(src, &route->src);
		src->destroy(src);
	}
	DESTROY_IF(ts);
	return route->src.family != 0;
}

/**
 * Find the next hop: towards the peer, or for shunts towards the destination.
 */
static void find_gateway(const hwo_sp_request_t *user, hwo_sp_route_t *route)
{
	host_t *to, *from, *gateway;
	char *name = NULL;
	int prefix = -1;

	if (hwo_addr_is_any(&user->sa.dst))
	{
		to = hwo_addr_to_host(&route->net, 0);
		from = hwo_addr_to_host(&route->src, 0);
		prefix = route->prefix;
	}
	else
	{
		to = hwo_addr_to_host(&user->sa.dst, 0);
		from = hwo_addr_to_host(&user->sa.src, 0);
	}
	gateway = charon->kernel->get_nexthop(charon->kernel, to, prefix, from,
										  &name);
	hwo_addr_from_host(gateway, &route->gateway);
	take_ifname(name, route);
	DESTROY_IF(gateway);
	DESTROY_IF(to);
	DESTROY_IF(from);
}

/**
 * Find the interface by our own address if the next hop doesn't tell it. Pass
 * policies do without one.
 */
static bool find_interface(const hwo_sp_request_t *user, hwo_sp_route_t *route)
{
	const hwo_addr_t *addr;
	char *name = NULL;
	host_t *host;

	if (!route->ifname[0])
	{
		addr = hwo_addr_is_any(&user->sa.src) ? &route->src : &user->sa.src;
		host = hwo_addr_to_host(addr, 0);
		if (host &&
			charon->kernel->get_interface(charon->kernel, host, &name))
		{
			take_ifname(name, route);
		}
		DESTROY_IF(host);
	}
	return route->ifname[0] || route->pass;
}

/**
 * Compare routes, all members are zeroed where they are not set.
 */
static bool route_equals(const hwo_sp_route_t *a, const hwo_sp_route_t *b)
{
	return a->prefix == b->prefix && a->pass == b->pass &&
		   streq(a->ifname, b->ifname) &&
		   memeq(&a->net, &b->net, sizeof(a->net)) &&
		   memeq(&a->gateway, &b->gateway, sizeof(a->gateway)) &&
		   memeq(&a->src, &b->src, sizeof(a->src));
}

static status_t change_route(hwo_sp_route_t *route, bool add)
{
	typeof(charon->kernel->add_route) change = add ? charon->kernel->add_route
												   : charon->kernel->del_route;
	host_t *gateway, *src;
	status_t status;
	chunk_t net;

	net = chunk_create(route->net.bytes, route->net.family == AF_INET ? 4 : 16);
	gateway = hwo_addr_to_host(&route->gateway, 0);
	src = hwo_addr_to_host(&route->src, 0);
	status = change(charon->kernel, net, route->prefix, gateway, src,
					route->ifname[0] ? route->ifname : NULL, route->pass);
	DESTROY_IF(gateway);
	DESTROY_IF(src);
	return status;
}

void hwo_sp_route_install(hwo_sp_entry_t *entry, const hwo_sp_request_t *user,
						  const char *xfrm)
{
	hwo_sp_route_t route = {
		.prefix = entry->id.sel.dst_prefix,
		.pass = user->type == POLICY_PASS,
	};
	traffic_selector_t *ts;

	route.net.family = entry->id.sel.family;
	memcpy(route.net.bytes, entry->id.sel.dst, sizeof(route.net.bytes));
	if (!find_source(user, &route))
	{
		return;
	}
	if (xfrm[0] && !hwo_addr_is_any(&user->sa.dst))
	{	/* the only way to an SP with an interface ID */
		snprintf(route.ifname, sizeof(route.ifname), "%s", xfrm);
	}
	else
	{
		find_gateway(user, &route);
	}
	if (!find_interface(user, &route))
	{
		return;
	}
	if (entry->route.installed && route_equals(&entry->route, &route))
	{
		return;
	}
	hwo_sp_route_remove(entry);

	ts = hwo_selector_to_ts(&entry->id.sel, FALSE);
	switch (change_route(&route, TRUE))
	{
		case SUCCESS:
			DBG2(DBG_KNL, "installed route to %R via %s", ts, route.ifname);
			entry->route = route;
			entry->route.installed = TRUE;
			break;
		case ALREADY_DONE:
			/* somebody else's, so it's not ours to remove */
			break;
		default:
			DBG1(DBG_KNL, "unable to install route to %R via %s", ts,
				 route.ifname);
			break;
	}
	ts->destroy(ts);
}

void hwo_sp_route_remove(hwo_sp_entry_t *entry)
{
	traffic_selector_t *ts;

	if (!entry->route.installed)
	{
		return;
	}
	if (change_route(&entry->route, FALSE) != SUCCESS)
	{
		ts = hwo_selector_to_ts(&entry->id.sel, FALSE);
		DBG1(DBG_KNL, "unable to remove route to %R via %s", ts,
			 entry->route.ifname);
		ts->destroy(ts);
	}
	entry->route.installed = FALSE;
}
