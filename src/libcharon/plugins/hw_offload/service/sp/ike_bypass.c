/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Exempts IKE from IPsec.
 */

#include "ike_bypass.h"
#include "bypass_policy.h"
#include "../charon/local_addrs.h"
#include "../../model/plan/ts_convert.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <collections/array.h>
#include <threading/mutex.h>
#include <utils/debug.h>

typedef struct private_ike_bypass_t private_ike_bypass_t;

/**
 * A NIC that carries packet SPs.
 */
typedef struct {
	/** device */
	uint32_t ifindex;
	/** number of SPs */
	u_int uses;
} bypass_nic_t;

/**
 * Private data of ike_bypass_t.
 */
struct private_ike_bypass_t {
	/** public interface */
	ike_bypass_t public;
	/** policies for ports */
	bypass_policy_t *policy;
	/** settings */
	hwo_bypass_settings_t settings;
	/** ports of our sockets, hwo_bypass_port_t */
	array_t *ports;
	/** local addresses that are exempt on NICs, hwo_addr_t */
	array_t *locals;
	/** NICs in use, bypass_nic_t */
	array_t *nics;
	/** protects all of them. Held while policies are installed: a second
	 * thread must not offload anything before the bypass is there. That
	 * happens once per NIC. */
	mutex_t *mutex;
};

/**
 * Add or remove the policies for ports of a local address on a NIC. Each port
 * by itself: a NIC that refuses one may take another one.
 *
 * @param only		the one port that is concerned, NULL for all
 */
static void change_addr(private_ike_bypass_t *this,
						const hwo_bypass_port_t *only, const hwo_addr_t *local,
						uint32_t ifindex, bool add)
{
	hwo_bypass_port_t port;
	int i;

	for (i = 0; i < array_count(this->ports); i++)
	{
		array_get(this->ports, i, &port);
		if (port.family == local->family &&
			(!only || only->port == port.port))
		{
			this->policy->change(this->policy, &port, local, ifindex, add);
		}
	}
}

/**
 * Add or remove the policies for ports of all local addresses on a NIC.
 */
static void change_nic(private_ike_bypass_t *this,
					   const hwo_bypass_port_t *only, uint32_t ifindex,
					   bool add)
{
	hwo_addr_t local;
	int i;

	for (i = 0; i < array_count(this->locals); i++)
	{
		array_get(this->locals, i, &local);
		change_addr(this, only, &local, ifindex, add);
	}
}

static bool get_port(int fd, int family, hwo_bypass_port_t *port)
{
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
	port->family = family;
	port->port = ntohs(family == AF_INET ? addr.in.sin_port
										 : addr.in6.sin6_port);
	return TRUE;
}

/**
 * Remember a port, exempt it on all NICs in use.
 */
static void remember_port(private_ike_bypass_t *this,
						  const hwo_bypass_port_t *port)
{
	bypass_nic_t nic;
	int i;

	this->mutex->lock(this->mutex);
	array_insert(this->ports, ARRAY_TAIL, (void*)port);
	for (i = 0; i < array_count(this->nics); i++)
	{
		array_get(this->nics, i, &nic);
		change_nic(this, port, nic.ifindex, TRUE);
	}
	this->mutex->unlock(this->mutex);
}

static bool exempt_socket(int fd, int family, policy_dir_t dir)
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
	hwo_bypass_port_t port;
	bool success;

	if (!get_port(fd, family, &port))
	{
		return FALSE;
	}
	success = this->settings.ports ?
			  this->policy->change(this->policy, &port, NULL, 0, TRUE) :
			  exempt_socket(fd, family, POLICY_OUT) &&
			  exempt_socket(fd, family, POLICY_IN);
	if (success)
	{
		remember_port(this, &port);
	}
	return success;
}

/**
 * Find a NIC in use, returns its index in the array, -1 if it is not there.
 */
static int find_nic(private_ike_bypass_t *this, uint32_t ifindex,
					bypass_nic_t *nic)
{
	int i;

	for (i = 0; i < array_count(this->nics); i++)
	{
		array_get(this->nics, i, nic);
		if (nic->ifindex == ifindex)
		{
			return i;
		}
	}
	return -1;
}

static bool contains(array_t *addrs, const hwo_addr_t *addr)
{
	hwo_addr_t other;
	int i;

	for (i = 0; i < array_count(addrs); i++)
	{
		array_get(addrs, i, &other);
		if (hwo_addr_equals(&other, addr))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Exempt an address on all NICs in use, or no longer.
 */
static void change_local(private_ike_bypass_t *this, const hwo_addr_t *local,
						 bool add)
{
	bypass_nic_t nic;
	int i;

	for (i = 0; i < array_count(this->nics); i++)
	{
		array_get(this->nics, i, &nic);
		change_addr(this, NULL, local, nic.ifindex, add);
	}
}

/**
 * Exempt one more address, unless it is already.
 */
static void add_local(private_ike_bypass_t *this, const hwo_addr_t *local)
{
	if (!contains(this->locals, local))
	{
		array_insert(this->locals, ARRAY_TAIL, (void*)local);
		change_local(this, local, TRUE);
	}
}

/**
 * Exempt the addresses that this host has now, and no others.
 */
static void follow_locals(private_ike_bypass_t *this)
{
	array_t *current = hwo_local_addrs();
	hwo_addr_t local;
	int i;

	for (i = array_count(this->locals) - 1; i >= 0; i--)
	{
		array_get(this->locals, i, &local);
		if (!contains(current, &local) && !hwo_local_addr_exists(&local))
		{
			array_remove(this->locals, i, NULL);
			change_local(this, &local, FALSE);
		}
	}
	while (array_remove(current, ARRAY_HEAD, &local))
	{
		add_local(this, &local);
	}
	array_destroy(current);
}

METHOD(ike_bypass_t, use_nic, void,
	private_ike_bypass_t *this, uint32_t ifindex, const hwo_addr_t *local)
{
	bypass_nic_t nic;
	int i;

	if (!this->settings.nics)
	{
		return;
	}
	this->mutex->lock(this->mutex);
	i = find_nic(this, ifindex, &nic);
	if (i >= 0)
	{
		array_remove(this->nics, i, NULL);
		nic.uses++;
	}
	else
	{
		follow_locals(this);
		nic = (bypass_nic_t){ .ifindex = ifindex, .uses = 1 };
		change_nic(this, NULL, ifindex, TRUE);
	}
	array_insert(this->nics, ARRAY_TAIL, &nic);
	if (!hwo_addr_is_any(local))
	{	/* charon does not list those that are link-local or deprecated */
		add_local(this, local);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, release_nic, void,
	private_ike_bypass_t *this, uint32_t ifindex)
{
	bypass_nic_t nic;
	int i;

	this->mutex->lock(this->mutex);
	i = find_nic(this, ifindex, &nic);
	if (i >= 0)
	{
		array_remove(this->nics, i, NULL);
		if (--nic.uses)
		{
			array_insert(this->nics, ARRAY_TAIL, &nic);
		}
		else
		{
			change_nic(this, NULL, ifindex, FALSE);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, renew_nic, void,
	private_ike_bypass_t *this, uint32_t ifindex)
{
	bypass_nic_t nic;

	this->mutex->lock(this->mutex);
	if (find_nic(this, ifindex, &nic) >= 0)
	{
		change_nic(this, NULL, ifindex, TRUE);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, addrs_changed, void,
	private_ike_bypass_t *this)
{
	this->mutex->lock(this->mutex);
	if (array_count(this->nics))
	{
		follow_locals(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, renew, void,
	private_ike_bypass_t *this)
{
	hwo_bypass_port_t port;
	bypass_nic_t nic;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; this->settings.ports && i < array_count(this->ports); i++)
	{
		array_get(this->ports, i, &port);
		this->policy->change(this->policy, &port, NULL, 0, TRUE);
	}
	for (i = 0; i < array_count(this->nics); i++)
	{
		array_get(this->nics, i, &nic);
		change_nic(this, NULL, nic.ifindex, TRUE);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, destroy, void,
	private_ike_bypass_t *this)
{
	hwo_bypass_port_t port;
	bypass_nic_t nic;

	while (array_remove(this->nics, ARRAY_TAIL, &nic))
	{
		change_nic(this, NULL, nic.ifindex, FALSE);
	}
	while (array_remove(this->ports, ARRAY_TAIL, &port))
	{
		if (this->settings.ports)
		{
			this->policy->change(this->policy, &port, NULL, 0, FALSE);
		}
	}
	array_destroy(this->nics);
	array_destroy(this->locals);
	array_destroy(this->ports);
	this->policy->destroy(this->policy);
	this->mutex->destroy(this->mutex);
	free(this);
}

ike_bypass_t *hwo_ike_bypass_create(nl_exchange_t *xfrm,
									const hwo_bypass_settings_t *settings)
{
	private_ike_bypass_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.use_nic = _use_nic,
			.release_nic = _release_nic,
			.renew_nic = _renew_nic,
			.addrs_changed = _addrs_changed,
			.renew = _renew,
			.destroy = _destroy,
		},
		.policy = hwo_bypass_policy_create(xfrm),
		.settings = *settings,
		.ports = array_create(sizeof(hwo_bypass_port_t), 4),
		.nics = array_create(sizeof(bypass_nic_t), 0),
		.locals = array_create(sizeof(hwo_addr_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
