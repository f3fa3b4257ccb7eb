/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * IKE past IPsec.
 */

#include "ike_bypass.h"
#include "../../wire/xfrm_sp.h"

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

	/**
	 * Public interface
	 */
	ike_bypass_t public;

	/**
	 * Exchange with XFRM
	 */
	nl_exchange_t *xfrm;

	/**
	 * Settings
	 */
	hwo_bypass_settings_t settings;

	/**
	 * Ports of our sockets, bypass_port_t
	 */
	array_t *ports;

	/**
	 * NICs in use, bypass_nic_t
	 */
	array_t *nics;

	/**
	 * NICs that refused a bypass, which is said once, uint32_t
	 */
	array_t *refusing;

	/**
	 * Protects ports, nics and refusing. Held while policies are installed:
	 * whoever comes second must not offload anything before the bypass is
	 * there. That happens once per NIC.
	 */
	mutex_t *mutex;
};

/**
 * Describe the policy for a port: ours, whatever the other side's is
 */
static void port_policy(const bypass_port_t *port, policy_dir_t dir,
						uint32_t ifindex, hwo_sp_t *sp)
{
	memset(sp, 0, sizeof(*sp));
	sp->id.dir = dir;
	sp->id.sel.family = port->family;
	sp->id.sel.proto = IPPROTO_UDP;
	sp->id.sel.ifindex = ifindex;
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
 * Note whether a NIC refuses a bypass. Most likely it refuses all policies, and
 * CHILD_SAs with automatic mode do without it.
 *
 * @return			level to log it on: 1 if that is new
 */
static int note_refusal(private_ike_bypass_t *this, uint32_t ifindex,
						bool refused)
{
	uint32_t other;
	int i;

	for (i = 0; i < array_count(this->refusing); i++)
	{
		array_get(this->refusing, i, &other);
		if (other == ifindex)
		{
			if (!refused)
			{
				array_remove(this->refusing, i, NULL);
			}
			return 2;
		}
	}
	if (refused)
	{
		array_insert(this->refusing, ARRAY_TAIL, &ifindex);
	}
	return 1;
}

/**
 * Add or remove the policy for a port in one direction, in the kernel or on a
 * NIC
 */
static bool change_policy(private_ike_bypass_t *this,
						  const bypass_port_t *port, policy_dir_t dir,
						  uint32_t ifindex, bool add)
{
	hwo_offload_t offload = {
		.mode = ifindex ? HWO_MODE_PACKET : HWO_MODE_NONE,
		.ifindex = ifindex,
	};
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_msg_t msg;
	hwo_sp_t sp;
	int level = 1;

	port_policy(port, dir, ifindex, &sp);
	if (add)
	{	/* updating creates it too, or replaces what a dead daemon left */
		hwo_xfrm_encode_sp(&msg, &sp, &offload, TRUE);
	}
	else
	{
		hwo_xfrm_encode_del_sp(&msg, &sp.id);
	}
	this->xfrm->command(this->xfrm, &msg, &result);
	if (result.err == ENOENT && !add && ifindex)
	{	/* the kernel drops them itself if the NIC goes down */
		return TRUE;
	}
	if (add && ifindex)
	{
		level = note_refusal(this, ifindex, result.err != 0);
	}
	if (result.err)
	{
		dbg(DBG_KNL, level, "unable to %s bypass policy for UDP port %u%s: %s",
			add ? "install" : "remove", port->port, ifindex ? " on NIC" : "",
			hwo_result_text(&result, text));
	}
	return !result.err;
}

/**
 * Add policies for a port in both directions, or none
 */
static bool add_port(private_ike_bypass_t *this, const bypass_port_t *port,
					 uint32_t ifindex)
{
	if (!change_policy(this, port, POLICY_IN, ifindex, TRUE))
	{
		return FALSE;
	}
	if (!change_policy(this, port, POLICY_OUT, ifindex, TRUE))
	{
		change_policy(this, port, POLICY_IN, ifindex, FALSE);
		return FALSE;
	}
	return TRUE;
}

/**
 * Remove policies for a port in both directions
 */
static void remove_port(private_ike_bypass_t *this, const bypass_port_t *port,
						uint32_t ifindex)
{
	change_policy(this, port, POLICY_OUT, ifindex, FALSE);
	change_policy(this, port, POLICY_IN, ifindex, FALSE);
}

/**
 * Get the port a socket is bound to
 */
static bool get_port(int fd, int family, bypass_port_t *port)
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
 * Remember a port, exempt it on all NICs in use
 */
static void remember_port(private_ike_bypass_t *this, const bypass_port_t *port)
{
	bypass_nic_t nic;
	int i;

	this->mutex->lock(this->mutex);
	array_insert(this->ports, ARRAY_TAIL, (void*)port);
	for (i = 0; i < array_count(this->nics); i++)
	{
		array_get(this->nics, i, &nic);
		add_port(this, port, nic.ifindex);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Set the policy of a socket for one direction
 */
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
	bypass_port_t port;
	bool success;

	if (!get_port(fd, family, &port))
	{
		return FALSE;
	}
	success = this->settings.ports ? add_port(this, &port, 0)
								   : exempt_socket(fd, family, POLICY_OUT) &&
									 exempt_socket(fd, family, POLICY_IN);
	if (success)
	{
		remember_port(this, &port);
	}
	return success;
}

/**
 * Find a NIC in use, returns its index in the array, -1 if it is not there
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

/**
 * Exempt all ports on a NIC, or do not anymore
 */
static void change_nic(private_ike_bypass_t *this, uint32_t ifindex, bool add)
{
	bypass_port_t port;
	int i;

	for (i = 0; i < array_count(this->ports); i++)
	{
		array_get(this->ports, i, &port);
		if (!add)
		{
			remove_port(this, &port, ifindex);
		}
		else if (!add_port(this, &port, ifindex))
		{
			break;
		}
	}
}

METHOD(ike_bypass_t, use_nic, void,
	private_ike_bypass_t *this, uint32_t ifindex)
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
		nic = (bypass_nic_t){ .ifindex = ifindex, .uses = 1 };
		change_nic(this, ifindex, TRUE);
	}
	array_insert(this->nics, ARRAY_TAIL, &nic);
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
			change_nic(this, ifindex, FALSE);
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
		change_nic(this, ifindex, TRUE);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, renew, void,
	private_ike_bypass_t *this)
{
	bypass_port_t port;
	bypass_nic_t nic;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; this->settings.ports && i < array_count(this->ports); i++)
	{
		array_get(this->ports, i, &port);
		add_port(this, &port, 0);
	}
	for (i = 0; i < array_count(this->nics); i++)
	{
		array_get(this->nics, i, &nic);
		change_nic(this, nic.ifindex, TRUE);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ike_bypass_t, destroy, void,
	private_ike_bypass_t *this)
{
	bypass_port_t port;
	bypass_nic_t nic;

	while (array_remove(this->nics, ARRAY_TAIL, &nic))
	{
		change_nic(this, nic.ifindex, FALSE);
	}
	while (array_remove(this->ports, ARRAY_TAIL, &port))
	{
		if (this->settings.ports)
		{
			remove_port(this, &port, 0);
		}
	}
	array_destroy(this->nics);
	array_destroy(this->ports);
	array_destroy(this->refusing);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
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
			.renew = _renew,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.settings = *settings,
		.ports = array_create(sizeof(bypass_port_t), 4),
		.nics = array_create(sizeof(bypass_nic_t), 0),
		.refusing = array_create(sizeof(uint32_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
