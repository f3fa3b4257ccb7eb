/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From configurations to expectations.
 */

#include "status_explain.h"
#include "status_report.h"
#include "../hwo_compat.h"
#include "../model/sa_table.h"
#include "../model/selector.h"

#include <netinet/in.h>

#include <daemon.h>

/** Most children that are looked at */
#define MAX_CHILDREN 256

/** Windows that NICs implement (mlx5) */
static const uint32_t nic_windows[] = { 32, 64, 128, 256 };

/**
 * What a configuration says about a child.
 */
typedef struct child_facts_t {
	/** name */
	char name[HWO_NAME_LEN];
	/** configured mode */
	hw_offload_t requested;
	/** what all its SAs have in common */
	hwo_sa_t sa;
	/** addresses, NULL if they are not known before the peer connects */
	host_t *local, *remote;
	/** TRUE if proposals have that: ESN, no ESN, AES-GCM with an ICV of 16,
	 * anything else */
	bool esn, no_esn, gcm, other;
	/** replay window */
	uint32_t window;
	/** limits on bytes */
	bool bytes;
} child_facts_t;

/**
 * An explanation under way.
 */
typedef struct explanation_t {
	/** rules and verdicts */
	json_t *items;
	/** name of the connection */
	const char *connection;
	/** selection of devices */
	offload_device_t *devices;
	/** what guards depend on */
	const hwo_guard_rules_t *guard;
} explanation_t;

/**
 * Note what a proposal offers
 */
static void note_proposal(child_facts_t *facts, proposal_t *proposal)
{
	enumerator_t *enumerator;
	uint16_t alg, size;

	facts->sa.id.proto = proposal->get_protocol(proposal) == PROTO_AH
								? IPPROTO_AH : IPPROTO_ESP;
	enumerator = proposal->create_enumerator(proposal, ENCRYPTION_ALGORITHM);
	while (enumerator->enumerate(enumerator, &alg, &size))
	{
		*(alg == ENCR_AES_GCM_ICV16 ? &facts->gcm : &facts->other) = TRUE;
	}
	enumerator->destroy(enumerator);
	enumerator = proposal->create_enumerator(proposal,
											 EXTENDED_SEQUENCE_NUMBERS);
	while (enumerator->enumerate(enumerator, &alg, &size))
	{
		*(alg == EXT_SEQ_NUMBERS ? &facts->esn : &facts->no_esn) = TRUE;
	}
	enumerator->destroy(enumerator);
}

/**
 * Note what all proposals of a child offer
 */
static void note_proposals(child_facts_t *facts, child_cfg_t *child)
{
	enumerator_t *enumerator;
	proposal_t *proposal;
	linked_list_t *list;

	list = hwo_compat_child_proposals(child);
	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &proposal))
	{
		note_proposal(facts, proposal);
	}
	enumerator->destroy(enumerator);
	list->destroy_offset(list, offsetof(proposal_t, destroy));
}

/**
 * Parse an address, NULL if it is a name or not for one host
 */
static host_t *parse_host(const char *addrs)
{
	host_t *host = NULL;

	if (addrs && !strchr(addrs, ',') && !strchr(addrs, '/') &&
		!strchr(addrs, '-'))
	{
		host = host_create_from_string((char*)addrs, 0);
	}
	if (host && host->is_anyaddr(host))
	{
		host->destroy(host);
		host = NULL;
	}
	return host;
}

/**
 * Note what a configuration says about a child
 */
static void note_child(child_facts_t *facts, ike_cfg_t *ike, child_cfg_t *child)
{
	lifetime_cfg_t *lifetime;

	memset(facts, 0, sizeof(*facts));
	snprintf(facts->name, sizeof(facts->name), "%s", child->get_name(child));
	facts->requested = child->get_hw_offload(child);
	facts->local = parse_host(ike->get_my_addr(ike));
	facts->remote = parse_host(ike->get_other_addr(ike));
	facts->window = child->get_replay_window(child);
	lifetime = child->get_lifetime(child, FALSE);
	facts->bytes = lifetime->bytes.life || lifetime->bytes.rekey;
	free(lifetime);
	facts->sa.mode = child->get_mode(child);
	facts->sa.tfc = child->get_tfc(child);
	facts->sa.encap = ike->force_encap(ike);
	facts->sa.id.if_id = child->get_if_id(child, FALSE);
	note_proposals(facts, child);
	facts->sa.esn = facts->esn;
}

/**
 * Collect what the children of a connection are configured to
 */
static array_t *collect(const char *connection, const char *name)
{
	enumerator_t *peers, *children;
	child_facts_t facts;
	peer_cfg_t *peer;
	child_cfg_t *child;
	array_t *all;

	all = array_create(sizeof(child_facts_t), 0);
	peers = charon->backends->create_peer_cfg_enumerator(charon->backends, NULL,
												NULL, NULL, NULL, IKE_ANY);
	while (peers->enumerate(peers, &peer))
	{
		if (!streq(peer->get_name(peer), connection))
		{
			continue;
		}
		children = peer->create_child_cfg_enumerator(peer);
		while (children->enumerate(children, &child) &&
			   array_count(all) < MAX_CHILDREN)
		{
			if (!name[0] || streq(child->get_name(child), name))
			{
				note_child(&facts, peer->get_ike_cfg(peer), child);
				array_insert(all, ARRAY_TAIL, &facts);
			}
		}
		children->destroy(children);
	}
	peers->destroy(peers);
	return all;
}

/**
 * Add a rule
 *
 * @param result		"ok", "no" if it rules something out, "note"
 */
static void add_rule(explanation_t *this, const child_facts_t *facts,
					 const char *rule, const char *result, const char *text)
{
	json_array_append_new(this->items, json_pack("{s:s, s:o, s:o, s:s, s:s, "
			"s:s}", "type", "rule",
			"connection", hwo_report_text(this->connection),
			"child", hwo_report_text(facts->name),
			"rule", rule, "result", result, "text", text));
}

/**
 * Explain which device carries the traffic
 */
static void explain_device(explanation_t *this, const child_facts_t *facts,
						   hwo_device_t *device)
{
	hwo_addr_t local = {}, remote = {};
	char name[IFNAMSIZ], text[64];

	hwo_device_none(HWO_REASON_NO_ROUTE, device);
	if (!facts->remote)
	{
		add_rule(this, facts, "route", "no", "remote_addrs is not one address, "
				 "so the device is not known before the peer connects");
		return;
	}
	hwo_addr_from_host(facts->remote, &remote);
	local.family = remote.family;
	if (facts->local)
	{
		hwo_addr_from_host(facts->local, &local);
	}
	this->devices->find(this->devices, &local, &remote, 0, device);
	if (device->ifindex)
	{
		snprintf(text, sizeof(text), "the route to the peer leaves by %s",
				 this->devices->name(this->devices, device->ifindex, name));
		add_rule(this, facts, "route", "ok", text);
	}
	else
	{
		add_rule(this, facts, "route", "no",
				 device->denied[HWO_MODE_CRYPTO] == HWO_REASON_LOCAL_ROUTE ?
				 "the peer is this host itself" : "there is no route to the "
				 "peer, or none to a device");
	}
}

/**
 * Explain what the driver has to agree to
 */
static void explain_driver(explanation_t *this, const child_facts_t *facts)
{
	bool fits = FALSE;
	int i;

	for (i = 0; i < countof(nic_windows); i++)
	{
		fits |= facts->window == nic_windows[i];
	}
	if (facts->other || !facts->gcm)
	{
		add_rule(this, facts, "algorithm", "note", "esp_proposals has more than "
				 "AES-GCM with an ICV of 16 bytes, the one algorithm that all "
				 "NICs do");
	}
	if (!fits)
	{
		add_rule(this, facts, "replay-window", "note", "mlx5 takes replay_window "
				 "32, 64, 128 or 256 only, in packet mode");
	}
	if (facts->bytes)
	{
		add_rule(this, facts, "byte-limits", "note", "NICs count bytes roughly "
				 "or not at all in packet mode, prefer rekey_packets");
	}
}

/**
 * Explain what speaks against modes
 */
static void explain_plan(explanation_t *this, const child_facts_t *facts,
						 const hwo_plan_t *plan)
{
	hwo_mode_t mode;
	char text[128];

	for (mode = HWO_MODE_PACKET; mode > HWO_MODE_NONE; mode--)
	{
		if (plan->skipped[mode])
		{
			snprintf(text, sizeof(text), "%s mode is ruled out: %s",
					 enum_to_name(hwo_mode_names, mode),
					 enum_to_name(hwo_reason_names, plan->skipped[mode]));
			add_rule(this, facts, enum_to_name(hwo_reason_names,
											   plan->skipped[mode]),
					 "no", text);
		}
	}
	if (facts->esn && facts->no_esn && plan->count &&
		plan->step[0] == HWO_MODE_PACKET)
	{
		add_rule(this, facts, "no-esn", "note", "esp_proposals has variants "
				 "without esn, and the peer may choose one");
	}
	if (plan->count && plan->step[0] == HWO_MODE_PACKET &&
		hwo_sp_may_leak(this->guard, facts->remote->get_family(facts->remote),
						facts->sa.mode, facts->sa.id.if_id, TRUE))
	{
		add_rule(this, facts, "route-leak", "note", "packet mode is ruled out if "
				 "the traffic selectors include addresses of this host");
	}
}

/**
 * Explain a child
 */
static void explain_child(explanation_t *this, const child_facts_t *facts)
{
	char name[IFNAMSIZ] = "";
	hwo_mode_t best = HWO_MODE_NONE;
	hwo_device_t device;
	hwo_plan_t plan;

	hwo_device_none(HWO_REASON_NONE, &device);
	if (facts->requested == HW_OFFLOAD_NO)
	{
		add_rule(this, facts, "hw_offload", "note",
				 "hw_offload is no, which is the default");
		hwo_plan_sa(facts->requested, &facts->sa, &device, &plan);
	}
	else
	{
		explain_device(this, facts, &device);
		hwo_plan_sa(facts->requested, &facts->sa, &device, &plan);
		explain_plan(this, facts, &plan);
		explain_driver(this, facts);
	}
	if (plan.count)
	{
		best = plan.step[0];
	}
	if (device.ifindex)
	{
		this->devices->name(this->devices, device.ifindex, name);
	}
	json_array_append_new(this->items, json_pack("{s:s, s:o, s:o, s:s, s:s, "
			"s:o, s:s}", "type", "verdict",
			"connection", hwo_report_text(this->connection),
			"child", hwo_report_text(facts->name),
			"requested", enum_to_name(hw_offload_names, facts->requested),
			"expected", plan.count ? enum_to_name(hwo_mode_names, best)
								   : "fails",
			"device", hwo_report_text(name),
			"reason", enum_to_name(hwo_reason_names,
								   plan.skipped[facts->requested ==
									HW_OFFLOAD_CRYPTO ? HWO_MODE_CRYPTO
													  : HWO_MODE_PACKET])));
}

/*
 * Described in header
 */
json_t *hwo_status_explain(const char *connection, const char *child,
						   offload_device_t *devices,
						   const hwo_guard_rules_t *guard)
{
	explanation_t this = {
		.items = json_array(),
		.connection = connection,
		.devices = devices,
		.guard = guard,
	};
	child_facts_t facts;
	array_t *all;

	all = collect(connection, child);
	while (array_remove(all, ARRAY_HEAD, &facts))
	{
		explain_child(&this, &facts);
		DESTROY_IF(facts.local);
		DESTROY_IF(facts.remote);
	}
	array_destroy(all);
	if (!json_array_size(this.items))
	{
		json_decref(this.items);
		return NULL;
	}
	return this.items;
}
