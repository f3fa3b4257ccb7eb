/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Words the rules of explanations.
 */

#include "explain_rules.h"
#include "status_json.h"

/** Windows that NICs implement (mlx5) */
static const uint32_t nic_windows[] = { 32, 64, 128, 256 };

void hwo_explain_rule(hwo_explanation_t *this, const char *rule,
					  const char *result, time_t when, const char *text, ...)
{
	char buf[HWO_RESULT_TEXT + 128];
	va_list args;

	va_start(args, text);
	vsnprintf(buf, sizeof(buf), text, args);
	va_end(args);
	json_array_append_new(this->items, json_pack("{s:s, s:o, s:o, s:s, s:s, "
			"s:o, s:o}", "type", "rule",
			"connection", hwo_json_text(this->facts.names.connection),
			"child", hwo_json_text(this->facts.names.child),
			"rule", rule, "result", result, "text", hwo_json_text(buf),
			"time", hwo_json_limit(when)));
}

static char *device_name(hwo_explanation_t *this, char buf[IFNAMSIZ])
{
	return this->host->devices->name(this->host->devices, this->device.ifindex,
									 buf);
}

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

void hwo_explain_device(hwo_explanation_t *this)
{
	char name[IFNAMSIZ];

	if (!this->facts.remote)
	{
		hwo_explain_rule(this, "route", "note", 0, "remote_addrs is not one "
				"address, so the device is not known before the peer connects");
	}
	else if (this->device.ifindex)
	{
		hwo_explain_rule(this, "route", "ok", 0, "the route to the peer leaves "
						 "by %s%s", device_name(this, name),
						 this->device.others ? ", or by others" : "");
	}
	else
	{
		hwo_explain_rule(this, "route", "no", 0, "%s",
						 no_device(&this->device));
	}
}

bool hwo_explain_asks_driver(const hwo_explanation_t *this)
{
	return hwo_plan_has(&this->plan, HWO_MODE_PACKET) ||
		   hwo_plan_has(&this->plan, HWO_MODE_CRYPTO);
}

/**
 * Explain that ESN is not for all NICs.
 */
static void explain_no_esn(hwo_explanation_t *this)
{
	char name[IFNAMSIZ];

	if (this->plan.skipped[HWO_MODE_PACKET] == HWO_REASON_NO_ESN &&
		hwo_plan_has(&this->plan, HWO_MODE_CRYPTO))
	{
		device_name(this, name);
		hwo_explain_rule(this, "no-esn", "note", 0, "before you add esn, see "
				"hw-offload probe: if %s has no packet mode, it may refuse esn "
				"in crypto mode as well",
				this->device.ifindex ? name : "the NIC");
	}
}

/**
 * Explain what may speak against packet mode in the end.
 */
static void explain_packet(hwo_explanation_t *this)
{
	const hwo_child_facts_t *facts = &this->facts;

	if (!hwo_plan_has(&this->plan, HWO_MODE_PACKET))
	{
		return;
	}
	if (facts->esn && facts->no_esn)
	{
		hwo_explain_rule(this, "no-esn", "note", 0, "esp_proposals has "
				"variants without esn, and the peer may choose one");
	}
	else if (!facts->esn)
	{
		hwo_explain_rule(this, "no-esn", "note", 0, "esp_proposals is without "
				"esn: NICs have no replay protection then, and rekeying is due "
				"before 2^32 packets");
	}
	if (facts->sa.no_policies)
	{
		hwo_explain_rule(this, "no-policies", "note", 0, "policies is no: "
				"packets are lost unless somebody installs policies in packet "
				"mode on the same device");
	}
	if (facts->remote &&
		hwo_sp_may_leak(&this->host->guard,
						facts->remote->get_family(facts->remote),
						facts->sa.mode, facts->if_id_out, TRUE))
	{
		hwo_explain_rule(this, "route-leak", "note", 0, "packet mode is ruled "
				"out if the traffic selectors include addresses of this host");
	}
}

void hwo_explain_modes(hwo_explanation_t *this)
{
	const char *name, *reason;
	hwo_mode_t mode;

	for (mode = HWO_MODE_PACKET; mode > HWO_MODE_NONE; mode--)
	{
		name = enum_to_name(hwo_mode_names, mode);
		if (this->plan.skipped[mode])
		{
			reason = enum_to_name(hwo_reason_names, this->plan.skipped[mode]);
			hwo_explain_rule(this, reason, "no", 0,
							 "%s mode is ruled out: %s", name, reason);
		}
		else if (hwo_plan_has(&this->plan, mode))
		{
			hwo_explain_rule(this, name, "ok", 0,
							 "no rule speaks against %s mode", name);
		}
	}
	if (this->facts.sa.mode != MODE_TRANSPORT &&
		this->facts.sa.mode != MODE_TUNNEL)
	{
		hwo_explain_rule(this, "ipsec-mode", "note", 0, "if the peer does not "
				"agree to BEET or IP-TFS, charon makes a tunnel, for which "
				"other rules hold");
	}
	explain_no_esn(this);
	explain_packet(this);
}

/**
 * Explain what the driver has to agree to.
 */
static void explain_demands(hwo_explanation_t *this)
{
	bool fits = FALSE;
	int i;

	for (i = 0; i < countof(nic_windows); i++)
	{
		fits |= this->facts.window == nic_windows[i];
	}
	if (this->facts.other || !this->facts.gcm)
	{
		hwo_explain_rule(this, "algorithm", "note", 0, "esp_proposals has more "
				"than AES-GCM with an ICV of 16 bytes, the one algorithm that "
				"all NICs do");
	}
	if (!fits)
	{
		hwo_explain_rule(this, "replay-window", "note", 0, "mlx5 takes only "
				"replay_window 32, 64, 128 or 256 in packet mode");
	}
	if (this->facts.bytes)
	{
		hwo_explain_rule(this, "byte-limits", "note", 0, "NICs count bytes "
				"roughly or not at all in packet mode, prefer rekey_packets");
	}
}

/**
 * Explain what the driver has agreed to before, and what not.
 */
static void explain_history(hwo_explanation_t *this)
{
	device_history_t *history;
	char name[IFNAMSIZ];
	const hwo_refused_t *refused;
	const hwo_result_t *said;
	hwo_learned_t learned;
	hwo_mode_t mode;
	int i;

	history = this->host->devices->get_history(this->host->devices);
	history->get(history, this->device.ifindex, &learned);
	device_name(this, name);
	for (mode = HWO_MODE_PACKET; mode > HWO_MODE_NONE; mode--)
	{
		if (hwo_plan_has(&this->plan, mode) && learned.works[mode])
		{
			hwo_explain_rule(this, "driver", "ok", learned.works[mode],
							 "%s has taken an SA in %s mode before", name,
							 enum_to_name(hwo_mode_names, mode));
		}
	}
	for (i = 0; i < learned.refusal_count && hwo_explain_asks_driver(this); i++)
	{
		refused = &learned.refusals[i];
		said = &refused->result;
		hwo_explain_rule(this, enum_to_name(hwo_reason_names, refused->reason),
				"note", refused->last, "%s has refused%s before, %s%s%s", name,
				refused->reason == HWO_REASON_POLICY_REFUSED ? " a policy" : "",
				said->err ? strerror(said->err) : "by encrypting in software",
				said->extack[0] ? ": " : "", said->extack);
	}
	if (this->device.max_sas)
	{
		hwo_explain_rule(this, "budget", "note", 0, "the settings allow %s %u "
						 "SAs in each mode", name, this->device.max_sas);
	}
}

void hwo_explain_driver(hwo_explanation_t *this)
{
	if (hwo_explain_asks_driver(this))
	{
		explain_demands(this);
	}
	if (this->device.ifindex)
	{
		explain_history(this);
	}
}
