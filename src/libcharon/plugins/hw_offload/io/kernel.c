/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Sockets to the running kernel.
 */

#include "kernel.h"
#include "route_lookup.h"
#include "../wire/xfrm_event.h"

#include <errno.h>
#include <linux/netlink.h>

#include <utils/debug.h>

/** Others may add and delete SAs while we listen */
#define LISTEN_BUFFER (1024 * 1024)

/**
 * Open one socket, log why not
 */
static nl_transport_t *open_socket(int protocol, const int *groups,
								   size_t rcvbuf, u_int timeout)
{
	nl_transport_t *transport;
	const char *name, *hint = "";
	int err;

	transport = nl_transport_create(protocol, groups, rcvbuf, timeout, &err);
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
 * Open a transport for what XFRM announces
 */
static nl_transport_t *listen_xfrm(void *data, const int *groups)
{
	return open_socket(NETLINK_XFRM, groups, LISTEN_BUFFER, 1);
}

/**
 * Close what was opened
 */
static void close_all(hwo_kernel_t *kernel)
{
	DESTROY_IF(kernel->xfrm);
	DESTROY_IF(kernel->xfrm_events);
	DESTROY_IF(kernel->route);
	DESTROY_IF(kernel->route_events);
	DESTROY_IF(kernel->links);
	memset(kernel, 0, sizeof(*kernel));
}

/*
 * Described in header
 */
bool hwo_kernel_open(hwo_kernel_t *kernel, u_int timeout, size_t rcvbuf)
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
	if (!kernel->xfrm || !kernel->xfrm_events || !kernel->route ||
		!kernel->route_events)
	{
		close_all(kernel);
		return FALSE;
	}
	/* only for names in the log and of interfaces */
	kernel->links = link_state_create();
	return TRUE;
}
