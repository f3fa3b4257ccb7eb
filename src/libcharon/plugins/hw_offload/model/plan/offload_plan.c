/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Pure decisions about offload modes.
 */

#include "offload_plan.h"

#include <errno.h>
#include <netinet/in.h>

ENUM(hwo_reason_names, HWO_REASON_NONE, HWO_REASON_PER_CPU,
	"as-requested",
	"no-route",
	"local-route",
	"not-esp",
	"no-esn",
	"udp-encap",
	"tfc",
	"ipsec-mode",
	"driver-refused",
	"silent-software",
	"wrong-device",
	"partner-refused",
	"policy-refused",
	"in-use",
	"route-leak",
	"ipcomp",
	"if-id",
	"mixed-families",
	"subnet",
	"no-device",
	"not-capable",
	"feature-off",
	"device-modes",
	"budget",
	"bond-packet",
	"bond-mode",
	"team-device",
	"vlan-device",
	"bridge-device",
	"macvlan-device",
	"xfrm-device",
	"vrf-device",
	"virtual-device",
	"multipath",
	"route-rule",
	"inner-route",
	"shunt",
	"no-policies",
	"mark",
	"any-any",
	"any-protocol",
	"prefix-lengths",
	"next-hop",
	"per-cpu",
);

bool hwo_reason_is_path(hwo_reason_t reason)
{
	return reason == HWO_REASON_MULTIPATH || reason == HWO_REASON_ROUTE_RULE ||
		   reason == HWO_REASON_INNER_ROUTE;
}

void hwo_device_none(hwo_reason_t why, hwo_device_t *device)
{
	*device = (hwo_device_t){
		.denied = {
			[HWO_MODE_CRYPTO] = why,
			[HWO_MODE_PACKET] = why,
		},
	};
}

/**
 * Add a step, or note why there is none.
 */
static void add_step(hwo_plan_t *plan, hwo_mode_t mode, hwo_reason_t skip)
{
	plan->skipped[mode] = skip;
	if (skip == HWO_REASON_NONE)
	{
		plan->step[plan->count++] = mode;
	}
}

/**
 * Rules of the kernel's core that hold for both offload modes.
 */
static hwo_reason_t refused_by_core(const hwo_sa_facts_t *facts)
{
	if (facts->proto != IPPROTO_ESP)
	{
		return HWO_REASON_NOT_ESP;
	}
	if (facts->ipcomp)
	{	/* a bundle of SAs is not offloaded when packets are sent */
		return HWO_REASON_IPCOMP;
	}
	if (facts->mode != MODE_TRANSPORT && facts->mode != MODE_TUNNEL)
	{
		return HWO_REASON_IPSEC_MODE;
	}
	if (facts->tfc)
	{
		return HWO_REASON_TFC;
	}
	if (facts->inbound && facts->if_id && facts->if_id_in_software)
	{
		return HWO_REASON_IF_ID;
	}
	if (facts->inbound && facts->set_mark.mask)
	{	/* the kernel skips that for packets that a NIC has decrypted */
		return HWO_REASON_MARK;
	}
	return HWO_REASON_NONE;
}

hwo_reason_t hwo_plan_unmatched(u_int shapes, ipsec_mode_t mode,
								const hwo_device_t *device)
{
	if (shapes & HWO_SHAPE_ANY_ANY)
	{
		return HWO_REASON_ANY_ANY;
	}
	if (shapes & HWO_SHAPE_ANY_PROTOCOL)
	{
		return HWO_REASON_ANY_PROTOCOL;
	}
	shapes &= device->unmatched;
	if (shapes & HWO_SHAPE_SUBNET)
	{
		return HWO_REASON_SUBNET;
	}
	if (shapes & HWO_SHAPE_UNEQUAL)
	{
		return HWO_REASON_PREFIX_LENGTHS;
	}
	return mode == MODE_TUNNEL && device->no_tunnel ? HWO_REASON_NEXT_HOP
													: HWO_REASON_NONE;
}

/**
 * Rules for any packet mode. IPv4 in IPv6 and the other way round do not work
 * with Linux 6.12.
 */
static hwo_reason_t packet_refused(const hwo_sa_facts_t *facts,
								   const hwo_device_t *device)
{
	hwo_reason_t unmatched = hwo_plan_unmatched(facts->shapes, facts->mode,
												device);

	if (facts->marked)
	{
		return HWO_REASON_MARK;
	}
	if (facts->may_leak)
	{
		return HWO_REASON_ROUTE_LEAK;
	}
	if (facts->mixed_families)
	{
		return HWO_REASON_MIXED_FAMILIES;
	}
	if (unmatched)
	{
		return unmatched;
	}
	return facts->shunted ? HWO_REASON_SHUNT : HWO_REASON_NONE;
}

/**
 * Rules for an automatic packet mode. Without an SP in the NIC it is worth
 * nothing, and others install one only if they know. A NIC protects
 * against replay only with ESN (mlx5), and its sequence numbers end at 2^32
 * without.
 */
static hwo_reason_t packet_unsafe(const hwo_sa_facts_t *facts)
{
	if (facts->no_policies)
	{
		return HWO_REASON_NO_POLICIES;
	}
	return facts->esn ? HWO_REASON_NONE : HWO_REASON_NO_ESN;
}

/**
 * Rules for crypto mode. Several drivers (nfp, ixgbe) do not look at the
 * encapsulation at all, so what they do with it is unknown.
 */
static hwo_reason_t crypto_unsafe(const hwo_sa_facts_t *facts)
{
	if (facts->encap)
	{
		return HWO_REASON_UDP_ENCAP;
	}
	return facts->esn_per_cpu ? HWO_REASON_PER_CPU : HWO_REASON_NONE;
}

void hwo_plan_sa(hw_offload_t requested, const hwo_sa_facts_t *facts,
				 const hwo_device_t *device, hwo_plan_t *plan)
{
	hwo_reason_t core, packet, crypto;

	memset(plan, 0, sizeof(*plan));
	plan->ifindex = device->ifindex;
	plan->others = device->others;
	plan->gateway = device->gateway;
	core = refused_by_core(facts);
	packet = core ?: packet_refused(facts, device) ?:
			 device->denied[HWO_MODE_PACKET];
	crypto = core ?: device->denied[HWO_MODE_CRYPTO] ?: crypto_unsafe(facts);

	switch (requested)
	{
		case HW_OFFLOAD_NO:
			add_step(plan, HWO_MODE_NONE, HWO_REASON_NONE);
			break;
		case HW_OFFLOAD_CRYPTO:
			plan->strict = TRUE;
			add_step(plan, HWO_MODE_CRYPTO, crypto);
			break;
		case HW_OFFLOAD_PACKET:
			plan->strict = TRUE;
			add_step(plan, HWO_MODE_PACKET, packet);
			break;
		case HW_OFFLOAD_AUTO:
			add_step(plan, HWO_MODE_PACKET, packet ?: packet_unsafe(facts));
			add_step(plan, HWO_MODE_CRYPTO, crypto);
			add_step(plan, HWO_MODE_NONE, HWO_REASON_NONE);
			break;
	}
}

bool hwo_plan_has(const hwo_plan_t *plan, hwo_mode_t mode)
{
	int i;

	for (i = 0; i < plan->count; i++)
	{
		if (plan->step[i] == mode)
		{
			return TRUE;
		}
	}
	return FALSE;
}

void hwo_plan_exclude(hwo_plan_t *plan, hwo_mode_t mode, hwo_reason_t why)
{
	int i, count = 0;

	for (i = 0; i < plan->count; i++)
	{
		if (plan->step[i] == mode)
		{
			plan->skipped[mode] = why;
		}
		else
		{
			plan->step[count++] = plan->step[i];
		}
	}
	plan->count = count;
}

void hwo_plan_limit(hwo_plan_t *plan, const hwo_offload_t *best,
					hwo_reason_t why)
{
	hwo_mode_t mode;
	int i, count = 0;

	for (i = 0; i < plan->count; i++)
	{
		mode = plan->step[i];
		if (mode == HWO_MODE_NONE ||
			(mode <= best->mode &&
			 (!best->ifindex || best->ifindex == plan->ifindex)))
		{
			plan->step[count++] = mode;
		}
		else
		{
			plan->skipped[mode] = why;
		}
	}
	plan->count = count;
}

/**
 * Plan an SP that has to match its SA.
 */
static void follow_sa(const hwo_offload_t *sa, hwo_plan_t *plan)
{
	plan->strict = TRUE;
	if (sa->mode == HWO_MODE_PACKET)
	{
		plan->ifindex = sa->ifindex;
		add_step(plan, HWO_MODE_PACKET, HWO_REASON_NONE);
	}
	else
	{
		add_step(plan, HWO_MODE_NONE, HWO_REASON_NONE);
	}
}

void hwo_plan_sp(hw_offload_t requested, policy_dir_t dir,
				 const hwo_offload_t *sa, const hwo_device_t *device,
				 hwo_plan_t *plan)
{
	memset(plan, 0, sizeof(*plan));

	if (dir == POLICY_FWD || requested == HW_OFFLOAD_NO ||
		requested == HW_OFFLOAD_CRYPTO)
	{	/* crypto mode knows no SPs */
		add_step(plan, HWO_MODE_NONE, HWO_REASON_NONE);
	}
	else if (sa)
	{
		follow_sa(sa, plan);
	}
	else
	{
		plan->ifindex = device->ifindex;
		plan->strict = requested == HW_OFFLOAD_PACKET;
		add_step(plan, HWO_MODE_PACKET, device->denied[HWO_MODE_PACKET]);
		if (!plan->strict)
		{
			add_step(plan, HWO_MODE_NONE, HWO_REASON_NONE);
		}
	}
}

bool hwo_plan_is_refusal(const hwo_result_t *result)
{
	return result->answer == HWO_ANSWERED && result->err &&
		   result->err != EEXIST && result->err != ESRCH;
}

bool hwo_plan_is_busy(const hwo_result_t *result)
{
	/* mlx5 says so if its firmware refuses an SA, but also if it did not get
	 * the lock of its eswitch */
	static const char failed[] = "Device failed to offload this state";

	return hwo_plan_is_refusal(result) &&
		   (result->err == EBUSY ||
			(result->err == EINVAL && strstr(result->extack, failed)));
}

hwo_verdict_t hwo_plan_verdict(const hwo_plan_t *plan, int step,
							   const hwo_result_t *result)
{
	if (!result->err)
	{
		return HWO_VERDICT_DONE;
	}
	if (step + 1 < plan->count && hwo_plan_is_refusal(result))
	{
		return HWO_VERDICT_NEXT;
	}
	return HWO_VERDICT_FAIL;
}

hwo_verdict_t hwo_plan_readback(const hwo_plan_t *plan, int step,
								const hwo_offload_t *actual,
								hwo_reason_t *reason)
{
	*reason = HWO_REASON_NONE;
	if (actual->mode == plan->step[step] &&
		(actual->mode == HWO_MODE_NONE || actual->ifindex == plan->ifindex))
	{
		return HWO_VERDICT_DONE;
	}
	if (actual->mode == HWO_MODE_NONE)
	{
		*reason = HWO_REASON_SILENT_SOFTWARE;
		return plan->strict ? HWO_VERDICT_FAIL : HWO_VERDICT_DONE;
	}
	*reason = HWO_REASON_WRONG_DEVICE;
	return plan->strict ? HWO_VERDICT_FAIL : HWO_VERDICT_NEXT;
}
