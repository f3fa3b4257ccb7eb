/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Installs and removes the SPs that let a port past IPsec.
 */

#include "bypass_policy.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>
#include <netinet/in.h>

#include <utils/debug.h>

/** Before all other policies, same as kernel-netlink */
#define BYPASS_PRIORITY 32

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
 * Add or remove the policy for a port in one direction, in the kernel or on a
 * NIC. If a NIC refuses one, most likely it refuses all policies, and CHILD_SAs
 * with automatic mode do without it.
 */
static bool change_policy(nl_exchange_t *xfrm, const hwo_bypass_port_t *port,
						  const hwo_addr_t *local, policy_dir_t dir,
						  uint32_t ifindex, bool add, bool *refused)
{
	hwo_offload_t offload = {
		.mode = ifindex ? HWO_MODE_PACKET : HWO_MODE_NONE,
		.ifindex = ifindex,
	};
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_msg_t msg;
	hwo_sp_t sp;
	int level = add && *refused ? 2 : 1;

	port_policy(port, local, dir, ifindex, &sp);
	if (add)
	{	/* updating creates it too, or replaces what a dead daemon left */
		hwo_xfrm_encode_sp(&msg, &sp, &offload, TRUE);
	}
	else
	{
		hwo_xfrm_encode_del_sp(&msg, &sp.id);
	}
	xfrm->command(xfrm, &msg, &result);
	if (result.err == ENOENT && !add)
	{	/* it was refused, or the kernel has dropped it with its NIC */
		return TRUE;
	}
	if (add)
	{
		*refused = ifindex && result.err;
	}
	if (result.err)
	{
		dbg(DBG_KNL, level, "unable to %s bypass policy for UDP port %u%s: %s",
			add ? "install" : "remove", port->port, ifindex ? " on NIC" : "",
			hwo_result_text(&result, text));
	}
	return !result.err;
}

bool hwo_bypass_change(nl_exchange_t *xfrm, const hwo_bypass_port_t *port,
					   const hwo_addr_t *local, uint32_t ifindex, bool add,
					   bool *refused)
{
	if (add &&
		change_policy(xfrm, port, local, POLICY_IN, ifindex, TRUE, refused) &&
		change_policy(xfrm, port, local, POLICY_OUT, ifindex, TRUE, refused))
	{
		return TRUE;
	}
	change_policy(xfrm, port, local, POLICY_OUT, ifindex, FALSE, refused);
	change_policy(xfrm, port, local, POLICY_IN, ifindex, FALSE, refused);
	return FALSE;
}
