/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds out what comes of configurations.
 */

#include "status_explain.h"
#include "explain_rules.h"
#include "status_json.h"
#include "../../model/plan/ts_convert.h"

#include <netinet/in.h>

#include <ipsec/ipsec_types.h>

static void find_device(hwo_explanation_t *this)
{
	const hwo_child_facts_t *facts = &this->facts;
	hwo_sa_facts_t sa = facts->sa;
	hwo_sa_id_t id = {};

	/* what the configuration rules out is known without a device, too */
	if (facts->remote)
	{
		hwo_addr_from_host(facts->remote, &id.dst);
		hwo_addr_from_host(facts->local, &id.src);
		sa.link = hwo_hosts_link(facts->local, facts->remote);
		this->host->devices->find_sa(this->host->devices, &id, &sa,
									 &this->device);
	}
}

/**
 * Find out what the configuration and the host make impossible.
 */
static void plan_child(hwo_explanation_t *this)
{
	const hwo_child_facts_t *facts = &this->facts;
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
		sa.may_leak = hwo_sp_may_leak(&this->host->guard, family, sa.mode,
									  facts->if_id_out,
									  sa.mode == MODE_TRANSPORT);
	}
	hwo_plan_sa(facts->requested, &sa, &this->device, &this->plan);
}

/**
 * Check if the SAs of the child are in a mode on a device already.
 */
static bool is_there(hwo_explanation_t *this, const hwo_offload_t *offload)
{
	const hwo_names_t *names = &this->facts.names;
	child_table_t *table = this->host->table;
	bool found = FALSE;
	hwo_child_t child;
	array_t *keys;
	u_int key;

	keys = table->list(table);
	while (!found && array_remove(keys, ARRAY_TAIL, &key))
	{
		found = names->child[0] && table->get_key(table, key, &child) &&
				streq(child.names.connection, names->connection) &&
				streq(child.names.child, names->child) &&
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
static void keep_to_budget(hwo_explanation_t *this)
{
	hwo_offload_t offload = {
		.mode = HWO_MODE_PACKET,
		.ifindex = this->device.ifindex,
	};
	child_table_t *table = this->host->table;
	u_int max = this->device.max_sas;

	for (; max && offload.mode > HWO_MODE_NONE; offload.mode--)
	{
		if (hwo_plan_has(&this->plan, offload.mode) &&
			(table->count(table, &offload) + 1) * 2 > max &&
			!is_there(this, &offload))
		{
			hwo_plan_exclude(&this->plan, offload.mode, HWO_REASON_BUDGET);
		}
	}
}

/**
 * Check if a failure is one of the child. Traps belong to no connection, but
 * most have a peer.
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

static bool find_failure(hwo_explanation_t *this, hwo_failed_child_t *failed)
{
	bool found = FALSE;
	array_t *all;

	all = this->host->failures->list(this->host->failures, time(NULL));
	while (!found && array_remove(all, ARRAY_TAIL, failed))
	{
		found = is_failure_of(failed, &this->facts);
	}
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
		case HWO_REASON_SHUNT:
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
static time_t explain_failure(hwo_explanation_t *this)
{
	const hwo_result_t *said;
	hwo_failed_child_t failed;
	char buf[HWO_RESULT_TEXT];
	hwo_reason_t reason;
	const char *what;

	if (!this->loaded || !find_failure(this, &failed))
	{
		return 0;
	}
	reason = failed.sa.outcome.why.reason;
	said = &failed.sa.outcome.why.result;
	/* there is a message without an error if the kernel encrypts itself */
	what = said->err ? hwo_result_text(said, buf) : said->extack;
	hwo_explain_rule(this,
					 reason ? enum_to_name(hwo_reason_names, reason) : "failed",
					 "note", failed.time, "it could not be installed%s%s",
					 what[0] ? ": " : "", what);
	return hwo_explain_asks_driver(this) && needs_attempt(reason) ?
		   failed.time : 0;
}

/**
 * Add what comes of it.
 *
 * @param failed		when it failed last, though it might have come up by the
 *						rules; 0 if it did not
 */
static void add_verdict(hwo_explanation_t *this, time_t failed)
{
	const hwo_child_facts_t *facts = &this->facts;
	const hwo_plan_t *plan = &this->plan;
	hwo_mode_t wanted = HWO_MODE_PACKET;

	if (facts->requested == HW_OFFLOAD_CRYPTO)
	{
		wanted = HWO_MODE_CRYPTO;
	}
	json_array_append_new(this->items, json_pack("{s:s, s:o, s:o, s:s, s:s, "
			"s:o, s:s, s:o}", "type", "verdict",
			"connection", hwo_json_text(facts->names.connection),
			"child", hwo_json_text(facts->names.child),
			"requested", enum_to_name(hw_offload_names, facts->requested),
			"expected", plan->count ? enum_to_name(hwo_mode_names,
												   plan->step[0]) : "fails",
			"device", hwo_json_device(this->host->devices,
									  this->device.ifindex),
			"reason", enum_to_name(hwo_reason_names, plan->skipped[wanted]),
			"failed", hwo_json_limit(failed)));
}

/**
 * Explain the child, and release its facts.
 */
static json_t *explain(hwo_explanation_t *this)
{
	time_t failed = 0;

	this->items = json_array();
	hwo_device_none(HWO_REASON_NONE, &this->device);
	if (this->facts.requested == HW_OFFLOAD_NO)
	{
		hwo_explain_rule(this, "hw_offload", "note", 0,
						 "hw_offload is no, which is the default");
		plan_child(this);
	}
	else
	{
		find_device(this);
		hwo_explain_device(this);
		plan_child(this);
		keep_to_budget(this);
		hwo_explain_modes(this);
		hwo_explain_driver(this);
		failed = explain_failure(this);
	}
	add_verdict(this, failed);
	hwo_child_facts_clear(&this->facts);
	return this->items;
}

json_t *hwo_status_explain(const hwo_status_source_t *host,
						   const hwo_loaded_child_t *loaded)
{
	hwo_explanation_t this = {
		.host = host,
		.loaded = TRUE,
	};

	hwo_child_facts_loaded(loaded, &this.facts);
	return explain(&this);
}

json_t *hwo_status_explain_written(const hwo_status_source_t *host,
								   const char *text,
								   char error[HWO_STATUS_ERROR])
{
	hwo_explanation_t this = {
		.host = host,
	};

	if (!hwo_child_facts_written(text, &this.facts, error))
	{
		hwo_child_facts_clear(&this.facts);
		return NULL;
	}
	return explain(&this);
}
