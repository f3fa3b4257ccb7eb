/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From one requested SP to those in the kernel.
 */

#include "sp_guard.h"

#include <netinet/in.h>
#include <sys/socket.h>

/** No policy is ever matched by a user ID, but it is part of its identity: that
 * of guards, and of what is limited to a NIC, which a shunt may be, too. */
#define GUARD_USER 1
#define NIC_USER 2

/** Types of ICMPv6 for neighbour solicitations and advertisements, RFC 4861 */
#define ND_SOLICIT 135
#define ND_ADVERT 136

bool hwo_sp_by_inner_route(const hwo_guard_rules_t *rules)
{
	return rules->fail_closed && !rules->route_checked;
}

bool hwo_sp_may_leak(const hwo_guard_rules_t *rules, uint16_t family,
					 ipsec_mode_t mode, uint32_t if_id, bool local)
{
	if (!rules->fail_closed || rules->route_checked)
	{
		return FALSE;
	}
	return if_id || (local && (family == AF_INET6 || mode != MODE_TRANSPORT));
}

/**
 * Check if the kernel's lookups for an SP don't tell the NIC: those for sockets
 * of IPv6, those of XFRM interfaces, and those for tunnels, which tell the
 * interface of the inner route. It does not matter, as Linux 7.1 and newer drop
 * what a route leads to another NIC.
 */
static bool any_interface(const hwo_sp_t *sp, const hwo_guard_rules_t *rules)
{
	return sp->id.dir == POLICY_OUT && rules->route_checked &&
		   (sp->id.sel.family == AF_INET6 || sp->id.if_id ||
			(sp->tmpl_count && sp->tmpl[0].mode != MODE_TRANSPORT));
}

/**
 * Check if ICMP errors that the kernel sends about packets of others can match
 * an SP. It does not tell the interface for them, but with a flag it tries the
 * flow that they are about. An SP of another protocol must not match them: a
 * NIC would take them for what they are, and send them in clear.
 */
static bool has_errors(const hwo_sp_t *sp)
{
	return sp->id.dir == POLICY_OUT && sp->tmpl_count &&
		   (!sp->id.sel.proto || sp->id.sel.proto == IPPROTO_ICMP ||
			sp->id.sel.proto == IPPROTO_ICMPV6);
}

static hwo_kernel_sp_t *add_sp(hwo_kernel_sps_t *kernel, const hwo_sp_t *sp)
{
	hwo_kernel_sp_t *item = &kernel->item[kernel->count++];

	item->sp = *sp;
	return item;
}

/**
 * Let neighbour discovery past a guard, or the peer could not be reached to end
 * it: unicast solicitations and advertisements of IPv6 are packets like others.
 * They are found before the guard, as they are there before, but only if the SP
 * does not protect them.
 */
static void add_neighbours(hwo_kernel_sps_t *kernel, const hwo_sp_t *guard)
{
	const hwo_selector_t *sel = &guard->id.sel;
	hwo_sp_t pass = *guard;
	int type;

	if (sel->family != AF_INET6 || sel->src_port_mask ||
		(sel->proto && sel->proto != IPPROTO_ICMPV6))
	{
		return;
	}
	pass.block = FALSE;
	pass.id.sel.user = GUARD_USER;
	pass.id.sel.proto = IPPROTO_ICMPV6;
	pass.id.sel.src_port_mask = 0xffff;
	for (type = ND_SOLICIT; type <= ND_ADVERT; type++)
	{
		pass.id.sel.src_port = type;
		add_sp(kernel, &pass)->guard = TRUE;
	}
}

/**
 * Add the guard of an outbound SP, with an identity of its own.
 */
static void add_guard(hwo_kernel_sps_t *kernel, const hwo_sp_t *sp,
					  bool by_user)
{
	hwo_sp_t guard = {
		.id = sp->id,
		.priority = max(sp->priority, sp->priority + 1),
		.block = TRUE,
	};

	if (by_user)
	{
		guard.id.sel.user = GUARD_USER;
	}
	add_neighbours(kernel, &guard);
	add_sp(kernel, &guard)->guard = TRUE;
}

/**
 * Add what stands behind an offloaded SP, tell if that one has to be limited to
 * its NIC.
 */
static bool add_companion(hwo_kernel_sps_t *kernel, const hwo_sp_t *sp,
						  const hwo_guard_rules_t *rules)
{
	bool by_user;

	if (sp->id.dir == POLICY_OUT && sp->tmpl_count)
	{
		by_user = sp->id.sel.ifindex || any_interface(sp, rules);
		add_guard(kernel, sp, by_user);
		return !by_user;
	}
	if (sp->id.sel.ifindex)
	{	/* whoever limits it to an interface gets nothing for others */
		return FALSE;
	}
	add_sp(kernel, sp);
	return TRUE;
}

void hwo_kernel_sps_get(const hwo_sp_t *sp, const hwo_offload_t *offload,
				  const hwo_guard_rules_t *rules, hwo_kernel_sps_t *kernel)
{
	hwo_kernel_sp_t *item;
	bool limited = FALSE;

	memset(kernel, 0, sizeof(*kernel));
	if (offload->mode == HWO_MODE_PACKET && rules->fail_closed)
	{
		limited = add_companion(kernel, sp, rules);
	}
	item = add_sp(kernel, sp);
	item->offload = *offload;
	if (limited)
	{
		item->sp.id.sel.ifindex = offload->ifindex;
		item->sp.id.sel.user = NIC_USER;
		item->sp.icmp |= has_errors(sp);
	}
}

void hwo_kernel_sps_block(const hwo_sp_t *sp, hwo_kernel_sps_t *kernel)
{
	memset(kernel, 0, sizeof(*kernel));
	add_guard(kernel, sp, FALSE);
}

bool hwo_kernel_sps_drain(hwo_kernel_sps_t *kernel)
{
	hwo_kernel_sp_t *item;
	bool found = FALSE;
	int i;

	for (i = 0; hwo_kernel_sps_guarded(kernel) && i < kernel->count; i++)
	{
		item = &kernel->item[i];
		if (item->offload.mode == HWO_MODE_PACKET && item->sp.tmpl_count)
		{
			item->sp.block = TRUE;
			item->sp.tmpl_count = 0;
			item->sp.icmp = item->sp.cpu_acquire = FALSE;
			found = TRUE;
		}
	}
	return found;
}

bool hwo_kernel_sps_guarded(const hwo_kernel_sps_t *kernel)
{
	return kernel->count && kernel->item[0].guard;
}

bool hwo_kernel_sps_installed(const hwo_kernel_sps_t *kernel)
{
	return kernel->count && !kernel->item[kernel->count - 1].guard;
}

int hwo_kernel_sps_find(const hwo_kernel_sps_t *kernel, const hwo_sp_id_t *id)
{
	int i;

	for (i = 0; i < kernel->count; i++)
	{
		if (hwo_sp_id_equals(&kernel->item[i].sp.id, id))
		{
			return i;
		}
	}
	return -1;
}
