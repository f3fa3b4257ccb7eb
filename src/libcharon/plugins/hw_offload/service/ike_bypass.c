/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * IKE past IPsec.
 */

#include "ike_bypass.h"
#include "../wire/xfrm_sp.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <collections/array.h>
#include <threading/mutex.h>
#include <utils/debug.h>

/** Before all other policies, same as kernel-netlink */
#define BYPASS_PRIORITY 32

typedef struct private_ike_bypass_t private_ike_bypass_t;

/**
 * A port that is exempt.
 */
typedef struct {
	/** address family */
	int family;
	/** UDP port, host order */
	uint16_t port;
} bypass_port_t;

/**
 * Private data of ike_bypass_t.
 */
struct private_ike_bypass_t {

	/**
	 * Public interface
	 */
	ike_bypass_t public;

	/**
	 * Exchange with XFRM
	 */
	nl_exchange_t *xfrm;

	/**
	 * TRUE to use policies for ports
	 */
	bool use_ports;

	/**
	 * Ports with policies, bypass_port_t
	 */
	array_t *ports;

	/**
	 * Protects ports
	 */
	mutex_t *mutex;
};

/**
 * Describe the policy for a port: ours, whatever the other side's is
 */
static void port_policy(const bypass_port_t *port, policy_dir_t dir,
						hwo_sp_t *sp)
{
	memset(sp, 0, sizeof(*sp));
	sp->id.dir = dir;
	sp->id.sel.family = port->family;
	sp->id.sel.proto = IPPROTO_UDP;
	sp->priority = BYPASS_PRIORITY;
	if (dir == POLICY_OUT)
	{
		sp->id.sel.src_port = port->port;
		sp->id.sel.src_port_mask = 0xffff;
	}
	else
	{
		sp->id.sel.dst_port = port->port;
		sp->id.sel.dst_port_mask = 0xffff;
	}
}

/**
 * Add or remove the policy for a port in one direction
 */
static bool change_policy(private_ike_bypass_t *this,
						  const bypass_port_t *port, policy_dir_t dir, bool add)
{
	hwo_offload_t offload = {};
	hwo_result_t result;
	hwo_msg_t msg;
	hwo_sp_t sp;

	port_policy(port, dir, &sp);
	if (add)
	{	/* updating creates it too, or replaces what a dead daemon left */
		hwo_xfrm_encode_sp(&msg, &sp, &offload, TRUE);
	}
	else
	{
		hwo_xfrm_encode_del_sp(&msg, &sp.id);
	}
	this->xfrm->command(this->xfrm, &msg, &result);
	if (result.err)
	{
		DBG1(DBG_KNL, "unable to %s bypass policy for UDP port %u: %s%s%s",
			 add ? "install" : "remove", port->port, result.extack,
			 result.extack[0] ? ", " : "", strerror(result.err));
	}
	return !result.err;
}

/**
 * Add policies for the port a socket is bound to
 */
static bool add_port(private_ike_bypass_t *this, int fd, int family)
{
	bypass_port_t port = {
		.family = family,
	};
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, &addr.sa, &len) != 0)
	{
		DBG1(DBG_KNL, "unable to get port of socket to bypass: %s",
			 strerror(errno));
		return FALSE;
	}
	port.port = ntohs(family == AF_INET ? addr.in.sin_port
										: addr.in6.sin6_port);
	if (!change_policy(this, &port, POLICY_IN, TRUE))
	{
		return FALSE;
	}
	if (!change_policy(this, &port, POLICY_OUT, TRUE))
	{
		change_policy(this, &port, POLICY_IN, FALSE);
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	array_insert(this->ports, ARRAY_TAIL, &port);
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * Set the policy of a socket for one direction
 */
static bool add_socket(int fd, int family, policy_dir_t dir)
{
	uint8_t policy[256];
	int level, option;
	size_t len;

	len = hwo_xfrm_socket_bypass(family, dir, policy, sizeof(policy), &level,
								 &option);
	if (!len || setsockopt(fd, level, option, policy, len) != 0)
	{
		DBG1(DBG_KNL, "unable to exempt socket from IPsec: %s",
			 strerror(len ? errno : EAFNOSUPPORT));
		return FALSE;
	}
	return TRUE;
}

METHOD(ike_bypass_t, add, bool,
	private_ike_bypass_t *this, int fd, int family)
{
	if (this->use_ports)
	{
		return add_port(this, fd, family);
	}
	return add_socket(fd, family, POLICY_OUT) &&
		   add_socket(fd, family, POLICY_IN);
}

METHOD(ike_bypass_t, destroy, void,
	private_ike_bypass_t *this)
{
	bypass_port_t port;

	while (array_remove(this->ports, ARRAY_TAIL, &port))
	{
		change_policy(this, &port, POLICY_OUT, FALSE);
		change_policy(this, &port, POLICY_IN, FALSE);
	}
	array_destroy(this->ports);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
ike_bypass_t *ike_bypass_create(nl_exchange_t *xfrm, bool ports)
{
	private_ike_bypass_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.use_ports = ports,
		.ports = array_create(sizeof(bypass_port_t), 4),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
