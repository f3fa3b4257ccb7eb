/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Sockets to the running kernel.
 */

#include "kernel_sockets.h"
#include "link_speed.h"
#include "route_lookup.h"
#include "../wire/xfrm_event.h"

#include <errno.h>
#include <linux/netlink.h>

#include <utils/debug.h>

/** Others may add and delete SAs while we listen */
#define LISTEN_BUFFER (1024 * 1024)

/**
 * Open one socket, log why not.
 */
static nl_transport_t *open_socket(int protocol, const int *groups,
								   size_t rcvbuf, u_int timeout)
{
	nl_transport_t *transport;
	const char *name, *hint = "";
	int err;

	transport = hwo_nl_transport_create(protocol, groups, rcvbuf, timeout,
										&err);
	if (!transport)
	{
		name = protocol == NETLINK_XFRM ? "XFRM" : "rtnetlink";
		if (protocol == NETLINK_XFRM && err == EPROTONOSUPPORT)
		{
			hint = ", the kernel lacks it (CONFIG_XFRM_USER, module xfrm_user)";
		}
		DBG1(DBG_KNL, "unable to open %s socket: %s%s", name, strerror(err),
			 hint);
	}
	return transport;
}

/**
 * Open a transport for what XFRM announces.
 */
static nl_transport_t *listen_xfrm(void *data, const int *groups)
{
	return open_socket(NETLINK_XFRM, groups, LISTEN_BUFFER, 1);
}

/**
 * Listen to a group of generic netlink.
 */
static nl_transport_t *listen_genl(void *data, uint32_t group)
{
	int groups[] = { group, 0 }, err;

	return hwo_nl_transport_create(NETLINK_GENERIC, groups, 0, 1, &err);
}

/**
 * Open generic netlink, which containers may not have.
 */
static link_features_t *open_features(u_int timeout)
{
	nl_transport_t *transport;
	int err;

	transport = hwo_nl_transport_create(NETLINK_GENERIC, NULL, 0, timeout,
										&err);
	if (!transport)
	{
		DBG2(DBG_KNL, "unable to open generic netlink socket: %s",
			 strerror(err));
		return NULL;
	}
	return hwo_link_features_create(hwo_nl_exchange_create(transport),
									listen_genl,
									NULL);
}

/**
 * Close what was opened.
 */
static void close_all(hwo_kernel_sockets_t *kernel)
{
	DESTROY_IF(kernel->xfrm);
	DESTROY_IF(kernel->xfrm_events);
	DESTROY_IF(kernel->route);
	DESTROY_IF(kernel->route_events);
	DESTROY_IF(kernel->link_events);
	DESTROY_IF(kernel->link_requests);
	DESTROY_IF(kernel->route_changes);
	DESTROY_IF(kernel->links);
	DESTROY_IF(kernel->features);
	memset(kernel, 0, sizeof(*kernel));
}

bool hwo_kernel_sockets_open(hwo_kernel_sockets_t *kernel, u_int timeout,
							 size_t rcvbuf)
{
	memset(kernel, 0, sizeof(*kernel));
	uname(&kernel->uname);
	kernel->listener.open = listen_xfrm;
	kernel->xfrm = open_socket(NETLINK_XFRM, NULL, 0, timeout);
	kernel->xfrm_events = kernel->xfrm ?
			open_socket(NETLINK_XFRM, hwo_xfrm_event_groups, rcvbuf, timeout) :
			NULL;
	kernel->route = open_socket(NETLINK_ROUTE, NULL, 0, timeout);
	kernel->route_events = open_socket(NETLINK_ROUTE, route_lookup_groups, 0,
									   timeout);
	/* hundreds of links may change with a NIC */
	kernel->link_events = open_socket(NETLINK_ROUTE, hwo_rt_link_groups, rcvbuf,
									  timeout);
	kernel->link_requests = open_socket(NETLINK_ROUTE, NULL, 0, timeout);
	kernel->route_changes = open_socket(NETLINK_ROUTE, route_lookup_groups, 0,
										timeout);
	if (!kernel->xfrm || !kernel->xfrm_events || !kernel->route ||
		!kernel->route_events || !kernel->link_events ||
		!kernel->link_requests || !kernel->route_changes)
	{
		close_all(kernel);
		return FALSE;
	}
	/* without them it is the driver's word that counts */
	kernel->links = hwo_link_state_create();
	kernel->features = open_features(timeout);
	kernel->link_speed = hwo_link_speed;
	kernel->link_driver = hwo_link_driver;
	return TRUE;
}
