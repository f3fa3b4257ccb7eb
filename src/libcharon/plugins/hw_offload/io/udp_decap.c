/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Options of sockets that receive ESP in UDP.
 */

#define _GNU_SOURCE

#include "udp_decap.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <utils/debug.h>

bool hwo_udp_decap_enable(int fd, uint16_t port)
{
	int type = UDP_ENCAP_ESPINUDP, on = 1;

	if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type)) != 0)
	{
		DBG1(DBG_KNL, "unable to enable UDP decapsulation on port %u: %s", port,
			 strerror(errno));
		return FALSE;
	}
	/* packets are merged before decapsulation, Linux 6.7, others do without */
	if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) != 0)
	{
		DBG1(DBG_KNL, "unable to enable UDP GRO on port %u: %s", port,
			 strerror(errno));
	}
	return TRUE;
}
