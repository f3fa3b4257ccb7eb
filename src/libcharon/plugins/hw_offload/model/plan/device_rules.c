/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Kinds of devices, and settings for them.
 */

#include "device_rules.h"

/**
 * Kinds of links that don't offload, with the names the kernel has for them.
 * Whatever is not listed is asked.
 */
static const struct {
	const char *kind;
	hwo_reason_t reason;
} kinds[] = {
	{ "team", HWO_REASON_TEAM_DEVICE },
	{ "vlan", HWO_REASON_VLAN_DEVICE },
	{ "bridge", HWO_REASON_BRIDGE_DEVICE },
	{ "openvswitch", HWO_REASON_BRIDGE_DEVICE },
	{ "macvlan", HWO_REASON_MACVLAN_DEVICE },
	{ "macvtap", HWO_REASON_MACVLAN_DEVICE },
	{ "ipvlan", HWO_REASON_MACVLAN_DEVICE },
	{ "ipvtap", HWO_REASON_MACVLAN_DEVICE },
	{ "xfrm", HWO_REASON_XFRM_DEVICE },
	{ "vti", HWO_REASON_XFRM_DEVICE },
	{ "vti6", HWO_REASON_XFRM_DEVICE },
	{ "vrf", HWO_REASON_VRF_DEVICE },
	{ "veth", HWO_REASON_VIRTUAL_DEVICE },
	{ "dummy", HWO_REASON_VIRTUAL_DEVICE },
	{ "ifb", HWO_REASON_VIRTUAL_DEVICE },
	{ "tun", HWO_REASON_VIRTUAL_DEVICE },
	{ "vxlan", HWO_REASON_VIRTUAL_DEVICE },
	{ "geneve", HWO_REASON_VIRTUAL_DEVICE },
	{ "gre", HWO_REASON_VIRTUAL_DEVICE },
	{ "gretap", HWO_REASON_VIRTUAL_DEVICE },
	{ "ip6gre", HWO_REASON_VIRTUAL_DEVICE },
	{ "ip6gretap", HWO_REASON_VIRTUAL_DEVICE },
	{ "ipip", HWO_REASON_VIRTUAL_DEVICE },
	{ "ip6tnl", HWO_REASON_VIRTUAL_DEVICE },
	{ "sit", HWO_REASON_VIRTUAL_DEVICE },
	{ "wireguard", HWO_REASON_VIRTUAL_DEVICE },
};

void hwo_device_rules_init(hwo_device_rules_t *rules)
{
	rules->devices = array_create(sizeof(hwo_device_rule_t), 0);
	rules->locals = array_create(sizeof(hwo_local_rule_t), 0);
}

void hwo_device_rules_clear(hwo_device_rules_t *rules)
{
	array_destroy(rules->devices);
	array_destroy(rules->locals);
	memset(rules, 0, sizeof(*rules));
}

bool hwo_device_rules_get(const hwo_device_rules_t *rules, const char *name,
						  hwo_device_rule_t *rule)
{
	int i;

	for (i = 0; i < array_count(rules->devices); i++)
	{
		array_get(rules->devices, i, rule);
		if (streq(rule->name, name))
		{
			return TRUE;
		}
	}
	memset(rule, 0, sizeof(*rule));
	return FALSE;
}

const char *hwo_device_rules_local(const hwo_device_rules_t *rules,
								   const hwo_addr_t *local)
{
	hwo_local_rule_t *rule;
	enumerator_t *enumerator;
	const char *name = NULL;

	enumerator = array_create_enumerator(rules->locals);
	while (!name && enumerator->enumerate(enumerator, &rule))
	{
		if (memeq(&rule->addr, local, sizeof(*local)))
		{
			name = rule->name;
		}
	}
	enumerator->destroy(enumerator);
	return name;
}

/**
 * Find out if a kind of link doesn't offload at all.
 */
static hwo_reason_t refused_by_kind(const char *kind)
{
	int i;

	for (i = 0; i < countof(kinds); i++)
	{
		if (streq(kinds[i].kind, kind))
		{
			return kinds[i].reason;
		}
	}
	return HWO_REASON_NONE;
}

/**
 * Find out if the feature is missing. The kernel does not look at it, it takes
 * an SA also if it is switched off, and encrypts in software.
 */
static hwo_reason_t refused_by_feature(hwo_feature_t feature)
{
	switch (feature)
	{
		case HWO_FEATURE_MISSING:
			return HWO_REASON_NOT_CAPABLE;
		case HWO_FEATURE_OFF:
			return HWO_REASON_FEATURE_OFF;
		case HWO_FEATURE_ON:
		case HWO_FEATURE_UNKNOWN:
			break;
	}
	return HWO_REASON_NONE;
}

/**
 * Judge by the kind of device. A port of a VRF is like the VRF: packets are
 * routed again to get there.
 */
static void judge_kind(const hwo_link_t *link, const hwo_link_t *master,
					   hwo_feature_t feature, hwo_device_t *device)
{
	hwo_reason_t reason;

	reason = refused_by_kind(link->kind);
	if (reason == HWO_REASON_NONE && streq(master->kind, "vrf"))
	{
		reason = HWO_REASON_VRF_DEVICE;
	}
	device->denied[HWO_MODE_PACKET] = reason;
	device->denied[HWO_MODE_CRYPTO] = reason;
	if (reason == HWO_REASON_NONE && streq(link->kind, "bond"))
	{	/* the kernel switches the feature off in all modes but active-backup,
		 * and knows no policies of bonds */
		device->denied[HWO_MODE_PACKET] = HWO_REASON_BOND_PACKET;
		if (refused_by_feature(feature) != HWO_REASON_NONE)
		{
			device->denied[HWO_MODE_CRYPTO] = HWO_REASON_BOND_MODE;
		}
	}
}

/**
 * Judge one mode by the settings of the device.
 */
static hwo_reason_t judge_rule(const hwo_device_rule_t *rule, hwo_mode_t mode,
							   hwo_reason_t kind)
{
	if (!rule->restricted)
	{
		return kind;
	}
	return rule->allowed[mode] ? HWO_REASON_NONE : HWO_REASON_DEVICE_MODES;
}

void hwo_device_judge(const hwo_link_t *link, const hwo_link_t *master,
					  hwo_feature_t feature, const hwo_device_rule_t *rule,
					  hwo_device_t *device)
{
	hwo_reason_t *packet = &device->denied[HWO_MODE_PACKET];
	hwo_reason_t *crypto = &device->denied[HWO_MODE_CRYPTO];
	hwo_reason_t missing;

	*device = (hwo_device_t){
		.ifindex = link->ifindex,
		.max_sas = rule->max_sas,
	};
	judge_kind(link, master, feature, device);
	*packet = judge_rule(rule, HWO_MODE_PACKET, *packet);
	*crypto = judge_rule(rule, HWO_MODE_CRYPTO, *crypto);

	missing = refused_by_feature(feature);
	*packet = *packet ?: missing;
	*crypto = *crypto ?: missing;
}
