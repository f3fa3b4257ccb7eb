/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Describes CHILD_SAs and their SAs.
 */

#include "status_report.h"
#include "status_json.h"

static json_t *moves(const hwo_sa_record_t *record, egress_device_t *devices)
{
	const hwo_sa_moves_t *all = &record->moves;

	if (!all->count)
	{
		return json_null();
	}
	return json_pack("{s:i, s:I, s:o, s:o}",
					 "count", all->count,
					 "time", (json_int_t)all->last,
					 "from", hwo_json_enum(hwo_mode_names, all->from.mode),
					 "from_device", hwo_json_device(devices,
													all->from.ifindex));
}

/**
 * Describe why a mode is not in effect, null if that is not known.
 */
static json_t *refusal(const hwo_refusal_t *refusal)
{
	if (!refusal->reason)
	{
		return json_null();
	}
	return json_pack("{s:o, s:o, s:o}",
					 "reason", hwo_json_enum(hwo_reason_names, refusal->reason),
					 "kernel", hwo_json_text(refusal->result.extack),
					 "errno", hwo_json_limit(refusal->result.err));
}

json_t *hwo_report_child(const hwo_sa_record_t *record,
						 egress_device_t *devices)
{
	const hwo_sa_id_t *id = &record->id;
	const hwo_names_t *names = &record->names;
	const hwo_outcome_t *outcome = &record->outcome;
	bool in = record->facts.inbound;

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:s, s:s, s:b, s:o, s:o, "
			"s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			"type", "child",
			"connection", hwo_json_text(names->connection),
			"child", hwo_json_text(names->child),
			"ike_id", hwo_json_limit(names->ike_id),
			"child_id", hwo_json_limit(names->child_id),
			"reqid", (json_int_t)record->reqid,
			"protocol", hwo_json_proto(id->proto),
			"mode", hwo_json_mode(record->facts.mode),
			"encap", record->facts.encap,
			"local", hwo_json_addr(in ? &id->dst : &id->src),
			"remote", hwo_json_addr(in ? &id->src : &id->dst),
			"spi_in", hwo_json_spi(in ? id->spi : record->partner.spi),
			"spi_out", hwo_json_spi(in ? record->partner.spi : id->spi),
			"requested", hwo_json_enum(hw_offload_names, record->requested),
			"effective", hwo_json_enum(hwo_mode_names, outcome->effective.mode),
			"device", hwo_json_device(devices, outcome->effective.ifindex),
			"candidate", hwo_json_device(devices, outcome->candidate),
			"reason", hwo_json_enum(hwo_reason_names, outcome->why.reason),
			"kernel", hwo_json_text(outcome->why.result.extack),
			"errno", hwo_json_limit(outcome->why.result.err),
			"crypto", refusal(&outcome->crypto),
			"moved", moves(record, devices));
}

json_t *hwo_report_failure(const hwo_failed_child_t *failed,
						   egress_device_t *devices)
{
	json_t *object;

	object = hwo_report_child(&failed->sa, devices);
	json_object_set_new(object, "type", json_string("failed"));
	if (failed->device[0])
	{	/* it had that name */
		json_object_set_new(object, "candidate",
							hwo_json_text(failed->device));
	}
	json_object_set(object, "device", json_object_get(object, "candidate"));
	json_object_set_new(object, "time", json_integer(failed->time));
	if (failed->sa.outcome.why.reason == HWO_REASON_NONE)
	{	/* it has nothing to do with offload */
		json_object_set_new(object, "reason", json_null());
	}
	return object;
}

static json_t *limits(const hwo_limits_t *all)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
			"soft_packets", hwo_json_limit(all->soft_packets),
			"hard_packets", hwo_json_limit(all->hard_packets),
			"soft_bytes", hwo_json_limit(all->soft_bytes),
			"hard_bytes", hwo_json_limit(all->hard_bytes),
			"soft_seconds", hwo_json_limit(all->soft_time),
			"hard_seconds", hwo_json_limit(all->hard_time));
}

/**
 * Describe the limits that the plugin watches, null if it does not.
 */
static json_t *own_limits(const hwo_sa_record_t *record)
{
	const hwo_limits_t *all = &record->watched;

	if (record->outcome.effective.mode != HWO_MODE_PACKET ||
		(!all->soft_packets && !all->hard_packets && !all->soft_bytes &&
		 !all->hard_bytes))
	{
		return json_null();
	}
	return limits(all);
}

/**
 * Describe what the kernel reports about an SA. It counts what it processes
 * itself, and always the time; in packet mode the driver has to raise events.
 */
static json_t *kernel_sa(const hwo_sa_record_t *record,
						 const hwo_sa_state_t *state, egress_device_t *devices)
{
	const hwo_offload_t *offload = &state->offload;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}",
			"kernel_mode", hwo_json_enum(hwo_mode_names, offload->mode),
			"kernel_device", hwo_json_device(devices, offload->ifindex),
			"packets", hwo_json_count(state->usage.packets),
			"bytes", hwo_json_count(state->usage.bytes),
			"added", hwo_json_count(state->usage.add_time),
			"replay_drops", hwo_json_count(state->replay_drops),
			"integrity_drops", hwo_json_count(state->integrity_drops),
			"limits", limits(&state->limits),
			"traffic_limits_by", offload->mode == HWO_MODE_PACKET ? "device"
																  : "kernel",
			"plugin_limits", own_limits(record));
}

json_t *hwo_report_sa(const hwo_sa_record_t *record,
					  const hwo_sa_state_t *state, egress_device_t *devices)
{
	const hwo_outcome_t *outcome = &record->outcome;
	json_t *object;

	object = json_pack("{s:o, s:b, s:o, s:o, s:o, s:b, s:b}",
			"spi", hwo_json_spi(record->id.spi),
			"esn", state && state->esn,
			"effective", hwo_json_enum(hwo_mode_names, outcome->effective.mode),
			"device", hwo_json_device(devices, outcome->effective.ifindex),
			"reason", hwo_json_enum(hwo_reason_names, outcome->why.reason),
			"hidden", record->hidden,
			"installed", state != NULL);
	if (state)
	{
		json_object_update_new(object, kernel_sa(record, state, devices));
	}
	return object;
}
