/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Exempts IKE from IPsec.
 */

#include "ike_bypass.h"
#include "bypass_policy.h"
#include "../../model/plan/ts_convert.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <daemon.h>
#include <collections/array.h>
#include <threading/mutex.h>
#include <utils/debug.h>

typedef struct private_ike_bypass_t private_ike_bypass_t;

/**
 * A NIC that carries packet SPs, or did so.
 */
typedef struct {
	/** device */
	uint32_t ifindex;
	/** number of SPs */
	u_int uses;
	/** TRUE if it refuses policies of a family, IPv4 and IPv6 */
	bool refused[2];
} bypass_nic_t;

/**
 * Private data of ike_bypass_t.
 */
struct private_ike_bypass_t {
	/** public interface */
	ike_bypass_t public;
	/** exchange with XFRM */
	nl_exchange_t *xfrm;
	/** settings */
	hwo_bypass_settings_t settings;
	/** ports of our sockets, hwo_bypass_port_t */
	array_t *ports;
	/** local addresses that are exempt on NICs, hwo_addr_t */
	array_t *locals;
	/** NICs, bypass_nic_t */
	array_t *nics;
	/** protects all of them. Held while policies are installed: a second
	 * thread must not offload anything before the bypass is there. That
	 * happens once per NIC. */
	mutex_t *mutex;
};

/**
 * Add or remove the policies for a port in the kernel.
 */
static bool change_port(private_ike_bypass_t *this,
						const hwo_bypass_port_t *port, bool add)
{
	bool refused = FALSE;

	return hwo_bypass_change(this->xfrm, port, NULL, 0, add, &refused);
}

/**
 * Add or remove the policies for ports of a local address on a NIC. Each port
 * by itself: a NIC that refuses one may take another one.
 *
 * @param only		the one port that is concerned, NULL for all
 */
static void change_addr(private_ike_bypass_t *this, bypass_nic_t *nic,
						const hwo_addr_t *local, const hwo_bypass_port_t *only,
						bool add)
{
	hwo_bypass_port_t port;
	int i;

	for (i = 0; i < array_count(this->ports); i++)
	{
		array_get(this->ports, i, &port);
		if (port.family == local->family &&
			(!only || only->port == port.port))
		{
			hwo_bypass_change(this->xfrm, &port, local, nic->ifindex, add,
							  &nic->refused[port.family == AF_INET6]);
		}
	}
}

/**
 * Add or remove the policies for ports of all local addresses on a NIC.
 */
static void change_nic(private_ike_bypass_t *this, bypass_nic_t *nic,
					   const hwo_bypass_port_t *only, bool add)
{
	hwo_addr_t local;
	int i;

	for (i = 0; i < array_count(this->locals); i++)
	{
		array_get(this->locals, i, &local);
		change_addr(this, nic, &local, only, add);
	}
}

/**
 * Add or remove policies on all NICs in use.
 *
 * @param local		the one address that is concerned, NULL for all
 * @param port		the one port that is concerned, NULL for all
 */
static void change_all(private_ike_bypass_t *this, const hwo_addr_t *local,
					   const hwo_bypass_port_t *port, bool add)
{
	enumerator_t *enumerator;
	bypass_nic_t *nic;

	enumerator = array_create_enumerator(this->nics);
	while (enumerator->enumerate(enumerator, &nic))
	{
		if (nic->uses && local)
		{
			change_addr(this, nic, local, port, add);
		}
		else if (nic->uses)
		{
			change_nic(this, nic, port, add);
		}
	}
	enumerator->destroy(enumerator);
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
	success = this->settings.ports ? change_port(this, &port, TRUE) :
			  exempt_socket(fd, family, POLICY_OUT) &&
			  exempt_socket(fd, family, POLICY_IN);
	if (success)
	{
		this->mutex->lock(this->mutex);
		array_insert(this->ports, ARRAY_TAIL, &port);
		change_all(this, NULL, &port, TRUE);
		this->mutex->unlock(this->mutex);
	}
	return success;
}

/**
 * Find a NIC, NULL if there was never an SP on it.
 */
static bypass_nic_t *find_nic(private_ike_bypass_t *this, uint32_t ifindex)
{
	bypass_nic_t *nic, *found = NULL;
	enumerator_t *enumerator;

	enumerator = array_create_enumerator(this->nics);
	while (!found && enumerator->enumerate(enumerator, &nic))
	{
		found = nic->ifindex == ifindex ? nic : NULL;
	}
	enumerator->destroy(enumerator);
	return found;
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
 * Exempt one more address, unless it is already.
 */
static void add_local(private_ike_bypass_t *this, const hwo_addr_t *local)
{
	if (!contains(this->locals, local))
	{
		array_insert(this->locals, ARRAY_TAIL, (void*)local);
		change_all(this, local, NULL, TRUE);
	}
}

/**
 * List the addresses of interfaces that are up and that charon may use, its
 * backend for networks does not call us with its lock held.
 */
static array_t *list_locals(void)
{
	array_t *addrs = array_create(sizeof(hwo_addr_t), 4);
	enumerator_t *enumerator;
	hwo_addr_t addr;
	host_t *host;

	/* endpoints of tunnels may be addresses of the loopback interface; those
	 * that are only valid on this host are left out by charon */
	enumerator = charon->kernel->create_address_enumerator(charon->kernel,
									ADDR_TYPE_REGULAR | ADDR_TYPE_LOOPBACK);
	while (enumerator->enumerate(enumerator, &host))
	{
		hwo_addr_from_host(host, &addr);
		array_insert(addrs, ARRAY_TAIL, &addr);
	}
	enumerator->destroy(enumerator);
	return addrs;
}

/**
 * Check if an address is one of this host, even if it is not listed: one that
 * is deprecated still serves who has it.
 */
static bool is_local(const hwo_addr_t *addr)
{
	host_t *host = hwo_addr_to_host(addr, 0);
	bool exists;

	exists = charon->kernel->get_interface(charon->kernel, host, NULL);
	host->destroy(host);
	return exists;
}

/**
 * Exempt the addresses that this host has now, and no others.
 */
static void follow_locals(private_ike_bypass_t *this)
{
	array_t *current = list_locals();
	hwo_addr_t local;
	int i;

	for (i = array_count(this->locals) - 1; i >= 0; i--)
	{
		array_get(this->locals, i, &local);
		if (!contains(current, &local) && !is_local(&local))
		{
			array_remove(this->locals, i, NULL);
			change_all(this, &local, NULL, FALSE);
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
	bypass_nic_t *nic;

	if (!this->settings.nics)
	{
		return;
	}
	this->mutex->lock(this->mutex);
	nic = find_nic(this, ifindex);
	if (!nic)
	{
		array_insert(this->nics, ARRAY_TAIL,
					 &(bypass_nic_t){ .ifindex = ifindex });
		nic = find_nic(this, ifindex);
	}
	if (!nic->uses)
	{
		follow_locals(this);
		change_nic(this, nic, NULL, TRUE);
	}
	nic->uses++;
	if (!hwo_addr_is_any(local))
	{	/* charon does not list those that are link-local or deprecated */
		add_local(this, local);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, release_nic, void,
	private_ike_bypass_t *this, uint32_t ifindex)
{
	bypass_nic_t *nic;

	this->mutex->lock(this->mutex);
	nic = find_nic(this, ifindex);
	if (nic && nic->uses && !--nic->uses)
	{
		change_nic(this, nic, NULL, FALSE);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, renew_nic, void,
	private_ike_bypass_t *this, uint32_t ifindex)
{
	bypass_nic_t *nic;

	this->mutex->lock(this->mutex);
	nic = find_nic(this, ifindex);
	if (nic && nic->uses)
	{
		change_nic(this, nic, NULL, TRUE);
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

/**
 * Add or remove the policies for all ports in the kernel, if there are any.
 */
static void change_ports(private_ike_bypass_t *this, bool add)
{
	hwo_bypass_port_t port;
	int i;

	for (i = 0; this->settings.ports && i < array_count(this->ports); i++)
	{
		array_get(this->ports, i, &port);
		change_port(this, &port, add);
	}
}

METHOD(ike_bypass_t, renew, void,
	private_ike_bypass_t *this)
{
	this->mutex->lock(this->mutex);
	change_ports(this, TRUE);
	change_all(this, NULL, NULL, TRUE);
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, destroy, void,
	private_ike_bypass_t *this)
{
	change_all(this, NULL, NULL, FALSE);
	change_ports(this, FALSE);
	array_destroy(this->nics);
	array_destroy(this->locals);
	array_destroy(this->ports);
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
		.xfrm = xfrm,
		.settings = *settings,
		.ports = array_create(sizeof(hwo_bypass_port_t), 4),
		.nics = array_create(sizeof(bypass_nic_t), 0),
		.locals = array_create(sizeof(hwo_addr_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
