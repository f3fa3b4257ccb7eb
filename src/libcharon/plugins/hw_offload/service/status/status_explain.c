/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From configurations to expectations.
 */

#include "status_explain.h"
#include "status_report.h"
#include "../../model/plan/ts_convert.h"

#include <netinet/in.h>

#include <ipsec/ipsec_types.h>

/** Windows that NICs implement (mlx5) */
static const uint32_t nic_windows[] = { 32, 64, 128, 256 };

/**
 * An explanation under way.
 */
typedef struct explanation_t {
	/** rules and verdicts */
	json_t *items;
	/** what it depends on */
	const hwo_explain_host_t *host;
	/** TRUE if it is about what was tried, not about what is only written */
	bool loaded;
} explanation_t;

/**
 * A time, null if there is none.
 */
static json_t *time_or_null(time_t when)
{
	return when ? json_integer(when) : json_null();
}

/**
 * Add a rule that is about something in the past, unless that is 0.
 *
 * @param result		"ok", "no" if it rules something out, "note"
 */
static void add_rule_at(explanation_t *this, const hwo_child_facts_t *facts,
						const char *rule, const char *result, const char *text,
						time_t when)
{
	json_array_append_new(this->items, json_pack("{s:s, s:o, s:o, s:s, s:s, "
			"s:s, s:o}", "type", "rule",
			"connection", hwo_report_text(facts->names.connection),
			"child", hwo_report_text(facts->names.child),
			"rule", rule, "result", result, "text", text,
			"time", time_or_null(when)));
}

/**
 * Add a rule.
 */
static void add_rule(explanation_t *this, const hwo_child_facts_t *facts,
					 const char *rule, const char *result, const char *text)
{
	add_rule_at(this, facts, rule, result, text, 0);
}

/**
 * Name of a device.
 */
static char *device_name(explanation_t *this, const hwo_device_t *device,
						 char buf[IFNAMSIZ])
{
	return this->host->devices->name(this->host->devices, device->ifindex, buf);
}

/**
 * Why there is no device.
 */
static const char *no_device(const hwo_device_t *device)
{
	switch (device->denied[HWO_MODE_CRYPTO])
	{
		case HWO_REASON_LOCAL_ROUTE:
			return "the peer is this host itself";
		case HWO_REASON_NO_DEVICE:
			return "the device that the settings name for the local address "
				   "does not exist";
		default:
			return "there is no route to the peer, or none to a device";
	}
}

/**
 * Explain which device carries the traffic.
 */
static void explain_device(explanation_t *this, const hwo_child_facts_t *facts,
						   hwo_device_t *device)
{
	hwo_sa_facts_t sa = facts->sa;
	char name[IFNAMSIZ], text[64];
	hwo_sa_id_t id = {};

	if (!facts->remote)
	{	/* what the configuration rules out is known nevertheless */
		add_rule(this, facts, "route", "note", "remote_addrs is not one "
				 "address, so the device is not known before the peer "
				 "connects");
		hwo_device_none(HWO_REASON_NONE, device);
		return;
	}
	hwo_addr_from_host(facts->remote, &id.dst);
	hwo_addr_from_host(facts->local, &id.src);
	sa.link = hwo_hosts_link(facts->local, facts->remote);
	this->host->devices->find_sa(this->host->devices, &id, &sa, device);
	if (device->ifindex)
	{
		snprintf(text, sizeof(text), "the route to the peer leaves by %s%s",
				 device_name(this, device, name),
				 device->others ? ", or by others" : "");
		add_rule(this, facts, "route", "ok", text);
	}
	else
	{
		add_rule(this, facts, "route", "no", no_device(device));
	}
}

/**
 * Check if the driver will be asked for anything.
 */
static bool asks_driver(const hwo_plan_t *plan)
{
	return hwo_plan_has(plan, HWO_MODE_PACKET) ||
		   hwo_plan_has(plan, HWO_MODE_CRYPTO);
}

/**
 * Explain what the driver has to agree to.
 */
static void explain_driver(explanation_t *this, const hwo_child_facts_t *facts)
{
	bool fits = FALSE;
	int i;

	for (i = 0; i < countof(nic_windows); i++)
	{
		fits |= facts->window == nic_windows[i];
	}
	if (facts->other || !facts->gcm)
	{
		add_rule(this, facts, "algorithm", "note", "esp_proposals has more "
				 "than AES-GCM with an ICV of 16 bytes, the one algorithm that all "
				 "NICs do");
	}
	if (!fits)
	{
		add_rule(this, facts, "replay-window", "note", "mlx5 takes only "
				 "replay_window 32, 64, 128 or 256 in packet mode");
	}
	if (facts->bytes)
	{
		add_rule(this, facts, "byte-limits", "note", "NICs count bytes roughly "
				 "or not at all in packet mode, prefer rekey_packets");
	}
}

/**
 * Explain what the driver has agreed to before, and what not.
 */
static void explain_history(explanation_t *this, const hwo_child_facts_t *facts,
							const hwo_device_t *device, const hwo_plan_t *plan)
{
	device_history_t *history;
	char name[IFNAMSIZ], text[HWO_EXTACK_LEN + 128];
	const hwo_refused_t *refused;
	hwo_learned_t learned;
	const char *what;
	hwo_mode_t mode;
	int i;

	history = this->host->devices->get_history(this->host->devices);
	history->get(history, device->ifindex, &learned);
	device_name(this, device, name);
	for (mode = HWO_MODE_PACKET; mode > HWO_MODE_NONE; mode--)
	{
		if (hwo_plan_has(plan, mode) && learned.works[mode])
		{
			snprintf(text, sizeof(text), "%s has taken an SA in %s mode before",
					 name, enum_to_name(hwo_mode_names, mode));
			add_rule_at(this, facts, "driver", "ok", text,
						learned.works[mode]);
		}
	}
	for (i = 0; i < learned.refusal_count && asks_driver(plan); i++)
	{
		refused = &learned.refusals[i];
		what = refused->reason == HWO_REASON_POLICY_REFUSED ? " a policy" : "";
		snprintf(text, sizeof(text), "%s has refused%s before, %s%s%s", name,
				 what, refused->result.err ? strerror(refused->result.err)
										   : "by encrypting in software",
				 refused->result.extack[0] ? ": " : "", refused->result.extack);
		add_rule_at(this, facts,
					enum_to_name(hwo_reason_names, refused->reason), "note",
					text, refused->last);
	}
	if (device->max_sas)
	{
		snprintf(text, sizeof(text), "the settings allow %s %u SAs in each "
				 "mode", name, device->max_sas);
		add_rule(this, facts, "budget", "note", text);
	}
}

/**
 * Explain what speaks against modes, and what does not.
 */
static void explain_modes(explanation_t *this, const hwo_child_facts_t *facts,
						  const hwo_plan_t *plan)
{
	const char *name, *reason;
	hwo_mode_t mode;
	char text[128];

	for (mode = HWO_MODE_PACKET; mode > HWO_MODE_NONE; mode--)
	{
		name = enum_to_name(hwo_mode_names, mode);
		if (plan->skipped[mode])
		{
			reason = enum_to_name(hwo_reason_names, plan->skipped[mode]);
			snprintf(text, sizeof(text), "%s mode is ruled out: %s", name,
					 reason);
			add_rule(this, facts, reason, "no", text);
		}
		else if (hwo_plan_has(plan, mode))
		{
			snprintf(text, sizeof(text), "no rule speaks against %s mode",
					 name);
			add_rule(this, facts, name, "ok", text);
		}
	}
	if (facts->sa.mode != MODE_TRANSPORT && facts->sa.mode != MODE_TUNNEL)
	{
		add_rule(this, facts, "ipsec-mode", "note",
				 "if the peer does not agree "
				 "to BEET or IP-TFS, charon makes a tunnel, for which other "
				 "rules hold");
	}
}

/**
 * Explain what may speak against packet mode in the end.
 */
static void explain_packet(explanation_t *this, const hwo_child_facts_t *facts,
						   const hwo_plan_t *plan)
{
	if (!hwo_plan_has(plan, HWO_MODE_PACKET))
	{
		return;
	}
	if (facts->esn && facts->no_esn)
	{
		add_rule(this, facts, "no-esn", "note", "esp_proposals has variants "
				 "without esn, and the peer may choose one");
	}
	else if (!facts->esn)
	{
		add_rule(this, facts, "no-esn", "note", "esp_proposals is without esn: "
				 "NICs have no replay protection then, and rekeying is due "
				 "before 2^32 packets");
	}
	if (facts->remote &&
		hwo_sp_may_leak(&this->host->guard,
						facts->remote->get_family(facts->remote),
						facts->sa.mode, facts->if_id_out, TRUE))
	{
		add_rule(this, facts, "route-leak", "note", "packet mode is ruled out "
				 "if the traffic selectors include addresses of this host");
	}
}

/**
 * Find out what the configuration and the host make impossible.
 */
static void plan_child(explanation_t *this, const hwo_child_facts_t *facts,
					   const hwo_device_t *device, hwo_plan_t *plan)
{
	hwo_sa_facts_t sa = facts->sa;
	uint16_t family;

	/* of both directions, inbound SAs have more rules */
	sa.inbound = TRUE;
	sa.if_id_in_software = this->host->if_id_in_software;
	if (sa.proto != IPPROTO_ESP || sa.mode != MODE_TUNNEL)
	{	/* the kernel knows TFC padding only for these */
		sa.tfc = 0;
	}
	if (facts->remote)
	{
		family = facts->remote->get_family(facts->remote);
		sa.mixed_families = sa.mode == MODE_TUNNEL &&
							(family == AF_INET ? facts->ipv6 : facts->ipv4);
		sa.subnets = sa.mode == MODE_TUNNEL && facts->subnets &&
					 !this->host->subnets_matched;
		sa.may_leak = hwo_sp_may_leak(&this->host->guard, family, sa.mode,
									  facts->if_id_out,
									  sa.mode == MODE_TRANSPORT);
	}
	hwo_plan_sa(facts->requested, &sa, device, plan);
}

/**
 * Check if the SAs of a child are in a mode on a device already.
 */
static bool is_there(explanation_t *this, const hwo_child_facts_t *facts,
					 const hwo_offload_t *offload)
{
	child_table_t *table = this->host->sas;
	bool found = FALSE;
	hwo_child_t child;
	array_t *keys;
	u_int key;

	keys = table->list(table);
	while (!found && array_remove(keys, ARRAY_TAIL, &key))
	{
		found = facts->names.child[0] && table->get_key(table, key, &child) &&
				streq(child.names.connection, facts->names.connection) &&
				streq(child.names.child, facts->names.child) &&
				!hwo_child_main(&child)->lost &&
				hwo_offload_equals(&hwo_child_main(&child)->outcome.effective,
								   offload);
	}
	array_destroy(keys);
	return found;
}

/**
 * Leave out the modes in which the device has as many SAs as it may have. A
 * child that is there keeps its room when it is rekeyed.
 */
static void keep_to_budget(explanation_t *this, const hwo_child_facts_t *facts,
						   const hwo_device_t *device, hwo_plan_t *plan)
{
	hwo_offload_t offload = {
		.mode = HWO_MODE_PACKET,
		.ifindex = device->ifindex,
	};
	child_table_t *table = this->host->sas;

	for (; device->max_sas && offload.mode > HWO_MODE_NONE; offload.mode--)
	{
		if (hwo_plan_has(plan, offload.mode) &&
			(table->count(table, &offload) + 1) * 2 > device->max_sas &&
			!is_there(this, facts, &offload))
		{
			hwo_plan_exclude(plan, offload.mode, HWO_REASON_BUDGET);
		}
	}
}

/**
 * Check if a failure is one of a child. Traps belong to no connection, but most
 * have a peer.
 */
static bool is_failure_of(const hwo_failed_child_t *failed,
						  const hwo_child_facts_t *facts)
{
	const hwo_sa_record_t *sa = &failed->sa;
	hwo_addr_t peer;

	if (!streq(sa->names.child, facts->names.child))
	{
		return FALSE;
	}
	if (sa->names.connection[0] || !facts->remote)
	{
		return !sa->names.connection[0] ||
			   streq(sa->names.connection, facts->names.connection);
	}
	hwo_addr_from_host(facts->remote, &peer);
	return memeq(&peer, sa->facts.inbound ? &sa->id.src : &sa->id.dst,
				 sizeof(peer));
}

/**
 * Find the last failure of a child.
 */
static bool find_failure(explanation_t *this, const hwo_child_facts_t *facts,
						 hwo_failed_child_t *last)
{
	hwo_failed_child_t failed = {};
	bool found = FALSE;
	array_t *all;

	all = this->host->failures->list(this->host->failures, time(NULL));
	while (!found && array_remove(all, ARRAY_TAIL, &failed))
	{
		found = is_failure_of(&failed, facts);
	}
	*last = failed;
	array_destroy(all);
	return found;
}

/**
 * Check if only an attempt can tell whether a reason is still there.
 */
static bool needs_attempt(hwo_reason_t reason)
{
	switch (reason)
	{
		case HWO_REASON_NONE:
		case HWO_REASON_DRIVER_REFUSED:
		case HWO_REASON_SILENT_SOFTWARE:
		case HWO_REASON_WRONG_DEVICE:
		case HWO_REASON_POLICY_REFUSED:
		case HWO_REASON_ROUTE_LEAK:
		case HWO_REASON_SUBNET:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Explain how it failed.
 *
 * @return				when, 0 if it did not, or not for what might be so again
 */
static time_t explain_failure(explanation_t *this,
							  const hwo_child_facts_t *facts,
							  const hwo_plan_t *plan)
{
	char text[HWO_RESULT_TEXT + 128], words[HWO_RESULT_TEXT];
	const hwo_result_t *refusal;
	hwo_failed_child_t failed;
	hwo_reason_t reason;
	const char *what;

	if (!this->loaded || !find_failure(this, facts, &failed))
	{
		return 0;
	}
	reason = failed.sa.outcome.why.reason;
	refusal = &failed.sa.outcome.why.result;
	/* there are words without an error if the kernel encrypts itself */
	what = refusal->err ? hwo_result_text(refusal, words) : refusal->extack;
	snprintf(text, sizeof(text), "it could not be installed%s%s",
			 what[0] ? ": " : "", what);
	add_rule_at(this, facts,
				reason ? enum_to_name(hwo_reason_names, reason) : "failed",
				"note", text, failed.time);
	return asks_driver(plan) && needs_attempt(reason) ? failed.time : 0;
}

/**
 * Add what comes of it.
 *
 * @param failed		when it failed last, though it might have come up by the
 *						rules; 0 if it did not
 */
static void add_verdict(explanation_t *this, const hwo_child_facts_t *facts,
						const hwo_device_t *device, const hwo_plan_t *plan,
						time_t failed)
{
	hwo_mode_t wanted = HWO_MODE_PACKET;
	char name[IFNAMSIZ] = "";

	if (facts->requested == HW_OFFLOAD_CRYPTO)
	{
		wanted = HWO_MODE_CRYPTO;
	}
	if (device->ifindex)
	{
		device_name(this, device, name);
	}
	json_array_append_new(this->items, json_pack("{s:s, s:o, s:o, s:s, s:s, "
			"s:o, s:s, s:o}", "type", "verdict",
			"connection", hwo_report_text(facts->names.connection),
			"child", hwo_report_text(facts->names.child),
			"requested", enum_to_name(hw_offload_names, facts->requested),
			"expected", plan->count ? enum_to_name(hwo_mode_names,
												   plan->step[0]) : "fails",
			"device", hwo_report_text(name),
			"reason", enum_to_name(hwo_reason_names, plan->skipped[wanted]),
			"failed", time_or_null(failed)));
}

/**
 * Explain a child.
 */
static void explain_child(explanation_t *this, const hwo_child_facts_t *facts)
{
	hwo_device_t device;
	hwo_plan_t plan;
	time_t failed = 0;

	hwo_device_none(HWO_REASON_NONE, &device);
	if (facts->requested == HW_OFFLOAD_NO)
	{
		add_rule(this, facts, "hw_offload", "note",
				 "hw_offload is no, which is the default");
		plan_child(this, facts, &device, &plan);
	}
	else
	{
		explain_device(this, facts, &device);
		plan_child(this, facts, &device, &plan);
		keep_to_budget(this, facts, &device, &plan);
		explain_modes(this, facts, &plan);
		explain_packet(this, facts, &plan);
		if (asks_driver(&plan))
		{
			explain_driver(this, facts);
		}
		if (device.ifindex)
		{
			explain_history(this, facts, &device, &plan);
		}
		failed = explain_failure(this, facts, &plan);
	}
	add_verdict(this, facts, &device, &plan, failed);
}

/*
 * Described in header
 */
json_t *hwo_status_explain(const hwo_explain_host_t *host,
						   const hwo_loaded_child_t *loaded)
{
	explanation_t this = {
		.items = json_array(),
		.host = host,
		.loaded = TRUE,
	};
	hwo_child_facts_t facts;

	hwo_child_facts_loaded(loaded, &facts);
	explain_child(&this, &facts);
	hwo_child_facts_clear(&facts);
	return this.items;
}

/*
 * Described in header
 */
json_t *hwo_status_explain_written(const hwo_explain_host_t *host,
								   const char *text, const char **error)
{
	explanation_t this = {
		.host = host,
	};
	hwo_child_facts_t facts;

	*error = hwo_child_facts_written(text, &facts);
	if (!*error)
	{
		this.items = json_array();
		explain_child(&this, &facts);
	}
	hwo_child_facts_clear(&facts);
	return this.items;
}
