/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Installs and removes the SPs that let a port past IPsec.
 */

#include "bypass_policy.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>
#include <netinet/in.h>

#include <collections/array.h>
#include <utils/debug.h>

/** Before all other policies, same as kernel-netlink */
#define BYPASS_PRIORITY 32

/**
 * Private data of bypass_policy_t.
 */
typedef struct {
	/** public interface */
	bypass_policy_t public;
	/** exchange with XFRM */
	nl_exchange_t *xfrm;
	/** NICs that refused a policy, which is logged once, bypass_refusal_t */
	array_t *refusing;
} private_bypass_policy_t;

/**
 * A NIC that refused a bypass.
 */
typedef struct {
	/** device */
	uint32_t ifindex;
	/** address family */
	int family;
} bypass_refusal_t;

/**
 * Describe the policy for a port: ours, whatever the other side's is. On a NIC
 * it is limited to a local address, or it would hold for packets that this host
 * forwards, too.
 */
static void port_policy(const hwo_bypass_port_t *port, const hwo_addr_t *local,
						policy_dir_t dir, uint32_t ifindex, hwo_sp_t *sp)
{
	hwo_selector_t *sel = &sp->id.sel;
	bool out = dir == POLICY_OUT;

	memset(sp, 0, sizeof(*sp));
	sp->id.dir = dir;
	sp->priority = BYPASS_PRIORITY;
	sel->family = port->family;
	sel->proto = IPPROTO_UDP;
	sel->ifindex = ifindex;
	*(out ? &sel->src_port : &sel->dst_port) = port->port;
	*(out ? &sel->src_port_mask : &sel->dst_port_mask) = 0xffff;
	if (local)
	{
		memcpy(out ? sel->src : sel->dst, local->bytes, sizeof(local->bytes));
		*(out ? &sel->src_prefix : &sel->dst_prefix) =
										port->family == AF_INET ? 32 : 128;
	}
}

/**
 * Note whether a NIC refuses a bypass of a family. Most likely it refuses all
 * policies, and CHILD_SAs with automatic mode do without it.
 *
 * @return			level to log it on: 1 if that is new
 */
static int note_refusal(private_bypass_policy_t *this, uint32_t ifindex,
						int family, bool refused)
{
	bypass_refusal_t other, new = { .ifindex = ifindex, .family = family };
	int i;

	for (i = 0; i < array_count(this->refusing); i++)
	{
		array_get(this->refusing, i, &other);
		if (other.ifindex == ifindex && other.family == family)
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
		array_insert(this->refusing, ARRAY_TAIL, &new);
	}
	return 1;
}

/**
 * Add or remove the policy for a port in one direction, in the kernel or on a
 * NIC.
 */
static bool change_policy(private_bypass_policy_t *this,
						  const hwo_bypass_port_t *port,
						  const hwo_addr_t *local, policy_dir_t dir,
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

	port_policy(port, local, dir, ifindex, &sp);
	if (add)
	{	/* updating creates it too, or replaces what a dead daemon left */
		hwo_xfrm_encode_sp(&msg, &sp, &offload, TRUE);
	}
	else
	{
		hwo_xfrm_encode_del_sp(&msg, &sp.id);
	}
	this->xfrm->command(this->xfrm, &msg, &result);
	if (result.err == ENOENT && !add)
	{	/* it was refused, or the kernel has dropped it with its NIC */
		return TRUE;
	}
	if (add && ifindex)
	{
		level = note_refusal(this, ifindex, port->family, result.err != 0);
	}
	if (result.err)
	{
		dbg(DBG_KNL, level, "unable to %s bypass policy for UDP port %u%s: %s",
			add ? "install" : "remove", port->port, ifindex ? " on NIC" : "",
			hwo_result_text(&result, text));
	}
	return !result.err;
}

METHOD(bypass_policy_t, change, bool,
	private_bypass_policy_t *this, const hwo_bypass_port_t *port,
	const hwo_addr_t *local, uint32_t ifindex, bool add)
{
	if (add && change_policy(this, port, local, POLICY_IN, ifindex, TRUE) &&
		change_policy(this, port, local, POLICY_OUT, ifindex, TRUE))
	{
		return TRUE;
	}
	change_policy(this, port, local, POLICY_OUT, ifindex, FALSE);
	change_policy(this, port, local, POLICY_IN, ifindex, FALSE);
	return FALSE;
}

METHOD(bypass_policy_t, destroy, void,
	private_bypass_policy_t *this)
{
	array_destroy(this->refusing);
	free(this);
}

bypass_policy_t *hwo_bypass_policy_create(nl_exchange_t *xfrm)
{
	private_bypass_policy_t *this;

	INIT(this,
		.public = {
			.change = _change,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.refusing = array_create(sizeof(bypass_refusal_t), 0),
	);
	return &this->public;
}
