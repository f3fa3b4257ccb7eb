/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From records to JSON.
 */

#include "status_report.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/** Longest text that is not cut off */
#define MAX_TEXT 256

/*
 * Described in header
 */
json_t *hwo_report_text(const char *text)
{
	char ascii[MAX_TEXT];
	json_t *string;
	size_t i;

	if (!text || !text[0])
	{
		return json_null();
	}
	string = json_string(text);
	if (string)
	{
		return string;
	}
	for (i = 0; text[i] && i < sizeof(ascii) - 1; i++)
	{
		ascii[i] = text[i] & 0x80 ? '?' : text[i];
	}
	ascii[i] = '\0';
	return json_string(ascii);
}

/**
 * A counter, JSON's numbers end at 2^63 here.
 */
static json_t *counter(uint64_t value)
{
	return json_integer(min(value, (uint64_t)INT64_MAX));
}

/**
 * A limit, null if there is none.
 */
static json_t *limit(uint64_t value)
{
	return value ? counter(value) : json_null();
}

/**
 * An address.
 */
static json_t *address(const hwo_addr_t *addr)
{
	char buf[INET6_ADDRSTRLEN];

	if (!addr->family ||
		!inet_ntop(addr->family, addr->bytes, buf, sizeof(buf)))
	{
		return json_null();
	}
	return json_string(buf);
}

/**
 * An SPI.
 */
static json_t *spi(uint32_t value)
{
	char buf[16];

	if (!value)
	{
		return json_null();
	}
	snprintf(buf, sizeof(buf), "%.8x", ntohl(value));
	return json_string(buf);
}

/**
 * Name of a value of an enum.
 */
static json_t *enum_name(enum_name_t *names, int value)
{
	return hwo_report_text(enum_to_name(names, value));
}

/**
 * Name of a device.
 */
static json_t *device(egress_device_t *devices, uint32_t ifindex)
{
	char name[IFNAMSIZ];

	if (!ifindex)
	{
		return json_null();
	}
	return hwo_report_text(devices->name(devices, ifindex, name));
}

/**
 * Name of an IPsec mode.
 */
static const char *mode_name(ipsec_mode_t mode)
{
	switch (mode)
	{
		case MODE_TRANSPORT:
			return "transport";
		case MODE_TUNNEL:
			return "tunnel";
		case MODE_BEET:
			return "beet";
		default:
			return "other";
	}
}

/**
 * Name of a protocol.
 */
static const char *proto_name(uint8_t proto)
{
	switch (proto)
	{
		case IPPROTO_ESP:
			return "esp";
		case IPPROTO_AH:
			return "ah";
		default:
			return "other";
	}
}

/**
 * Describe the last move of an SA.
 */
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
					 "from", enum_name(hwo_mode_names, all->from.mode),
					 "from_device", device(devices, all->from.ifindex));
}

/**
 * The names, null where they are not known.
 */
static json_t *names(const hwo_names_t *names)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o}",
					 "type", "child",
					 "connection", hwo_report_text(names->connection),
					 "child", hwo_report_text(names->child),
					 "ike_id", limit(names->ike_id),
					 "child_id", limit(names->child_id));
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
					 "reason", enum_name(hwo_reason_names, refusal->reason),
					 "kernel", hwo_report_text(refusal->result.extack),
					 "errno", limit(refusal->result.err));
}

/*
 * Described in header
 */
json_t *hwo_report_child(const hwo_sa_record_t *record,
						 egress_device_t *devices)
{
	const hwo_sa_id_t *id = &record->id;
	const hwo_outcome_t *outcome = &record->outcome;
	bool in = record->facts.inbound;
	json_t *object, *rest;

	object = names(&record->names);
	rest = json_pack("{s:I, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			"s:o, s:o, s:o}",
			"reqid", (json_int_t)record->reqid,
			"protocol", proto_name(id->proto),
			"mode", mode_name(record->facts.mode),
			"encap", record->facts.encap,
			"local", address(in ? &id->dst : &id->src),
			"remote", address(in ? &id->src : &id->dst),
			"spi_in", spi(in ? id->spi : record->partner.spi),
			"spi_out", spi(in ? record->partner.spi : id->spi),
			"requested", enum_name(hw_offload_names, record->requested),
			"effective", enum_name(hwo_mode_names, outcome->effective.mode),
			"device", device(devices, outcome->effective.ifindex),
			"candidate", device(devices, outcome->candidate),
			"reason", enum_name(hwo_reason_names, outcome->why.reason),
			"kernel", hwo_report_text(outcome->why.result.extack));
	if (rest)
	{
		json_object_update_missing(object, rest);
		json_decref(rest);
	}
	json_object_set_new(object, "errno", limit(outcome->why.result.err));
	json_object_set_new(object, "crypto", refusal(&outcome->crypto));
	json_object_set_new(object, "moved", moves(record, devices));
	return object;
}

/*
 * Described in header
 */
json_t *hwo_report_failure(const hwo_failed_child_t *failed,
						   egress_device_t *devices)
{
	json_t *object;

	object = hwo_report_child(&failed->sa, devices);
	json_object_set_new(object, "type", json_string("failed"));
	if (failed->device[0])
	{	/* it had that name */
		json_object_set_new(object, "candidate",
							hwo_report_text(failed->device));
	}
	json_object_set(object, "device", json_object_get(object, "candidate"));
	json_object_set_new(object, "time", json_integer(failed->time));
	if (failed->sa.outcome.why.reason == HWO_REASON_NONE)
	{	/* it has nothing to do with offload */
		json_object_set_new(object, "reason", json_null());
	}
	return object;
}

/**
 * Describe limits.
 */
static json_t *limits(const hwo_limits_t *all)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
			"soft_packets", limit(all->soft_packets),
			"hard_packets", limit(all->hard_packets),
			"soft_bytes", limit(all->soft_bytes),
			"hard_bytes", limit(all->hard_bytes),
			"soft_seconds", limit(all->soft_time),
			"hard_seconds", limit(all->hard_time));
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
 * Who watches a limit: the kernel counts what it processes itself, and always
 * the time; in packet mode the driver has to raise events.
 */
static const char *watcher(const hwo_sa_state_t *state)
{
	return state->offload.mode == HWO_MODE_PACKET ? "device" : "kernel";
}

/*
 * Described in header
 */
json_t *hwo_report_sa(const hwo_sa_record_t *record,
					  const hwo_sa_state_t *state, egress_device_t *devices)
{
	const hwo_outcome_t *outcome = &record->outcome;
	json_t *object;

	object = json_pack("{s:o, s:b, s:o, s:o, s:o, s:b}",
			"spi", spi(record->id.spi),
			"esn", state && state->esn,
			"effective", enum_name(hwo_mode_names, outcome->effective.mode),
			"device", device(devices, outcome->effective.ifindex),
			"reason", enum_name(hwo_reason_names, outcome->why.reason),
			"installed", state != NULL);
	if (object && state)
	{
		json_object_set_new(object, "kernel_mode",
						enum_name(hwo_mode_names, state->offload.mode));
		json_object_set_new(object, "kernel_device",
						device(devices, state->offload.ifindex));
		json_object_set_new(object, "packets", counter(state->usage.packets));
		json_object_set_new(object, "bytes", counter(state->usage.bytes));
		json_object_set_new(object, "added", counter(state->usage.add_time));
		json_object_set_new(object, "replay_drops",
						counter(state->replay_drops));
		json_object_set_new(object, "integrity_drops",
						counter(state->integrity_drops));
		json_object_set_new(object, "limits", limits(&state->limits));
		json_object_set_new(object, "traffic_limits_by",
						json_string(watcher(state)));
		json_object_set_new(object, "plugin_limits", own_limits(record));
	}
	return object;
}

/**
 * A network with its prefix length.
 */
static json_t *network(uint16_t family, const uint8_t *bytes, uint8_t prefix)
{
	char buf[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];

	if (!family || !inet_ntop(family, bytes, buf, sizeof(buf)))
	{
		return json_null();
	}
	snprintf(text, sizeof(text), "%s/%u", buf, prefix);
	return json_string(text);
}

/**
 * A port, with its mask if that is not for exactly one.
 */
static json_t *port(uint16_t value, uint16_t mask)
{
	char text[32];

	if (!mask)
	{
		return json_null();
	}
	snprintf(text, sizeof(text), mask == 0xffff ? "%u" : "%u/%#x", value, mask);
	return json_string(text);
}

/**
 * Describe the selector of an SP.
 */
static json_t *selector(const hwo_selector_t *sel, egress_device_t *devices)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
			"src", network(sel->family, sel->src, sel->src_prefix),
			"dst", network(sel->family, sel->dst, sel->dst_prefix),
			"proto", limit(sel->proto),
			"src_port", port(sel->src_port, sel->src_port_mask),
			"dst_port", port(sel->dst_port, sel->dst_port_mask),
			"interface", device(devices, sel->ifindex));
}

/**
 * Describe a template.
 */
static json_t *template(const hwo_tmpl_t *tmpl)
{
	return json_pack("{s:s, s:o, s:I, s:s, s:o, s:o, s:b}",
			"protocol", tmpl->proto == IPPROTO_COMP ? "comp"
													: proto_name(tmpl->proto),
			"spi", spi(tmpl->spi),
			"reqid", (json_int_t)tmpl->reqid,
			"mode", mode_name(tmpl->mode),
			"src", address(&tmpl->src),
			"dst", address(&tmpl->dst),
			"optional", tmpl->optional);
}

/**
 * Describe one SP in the kernel, by what it does not share with the others.
 */
static json_t *kernel_sp(const hwo_kernel_sp_t *item, egress_device_t *devices)
{
	json_t *tmpls = json_array();
	int i;

	for (i = 0; i < item->sp.tmpl_count; i++)
	{
		json_array_append_new(tmpls, template(&item->sp.tmpl[i]));
	}
	return json_pack("{s:b, s:o, s:o, s:o, s:I, s:I, s:s, s:b, s:o, s:o, s:o}",
			"guard", item->guard,
			"proto", limit(item->sp.id.sel.proto),
			"src_port", port(item->sp.id.sel.src_port,
							 item->sp.id.sel.src_port_mask),
			"interface", device(devices, item->sp.id.sel.ifindex),
			"user", (json_int_t)item->sp.id.sel.user,
			"priority", (json_int_t)item->sp.priority,
			"action", item->sp.block ? "block" : "allow",
			"icmp", item->sp.icmp,
			"mode", enum_name(hwo_mode_names, item->offload.mode),
			"device", device(devices, item->offload.ifindex),
			"templates", tmpls);
}

/**
 * Describe the SPs in the kernel, in the order in which they were installed.
 */
static json_t *kernel_sps(const hwo_kernel_sps_t *all, egress_device_t *devices)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < all->count; i++)
	{
		json_array_append_new(list, kernel_sp(&all->item[i], devices));
	}
	return list;
}

/**
 * What an SP does with packets.
 */
static const char *action(const hwo_sp_request_t *user)
{
	switch (user->type)
	{
		case POLICY_PASS:
			return "pass";
		case POLICY_DROP:
			return "drop";
		default:
			return user->sa.spi ? "protect" : "trap";
	}
}

/**
 * Describe an SP of which only the guard is left.
 */
static json_t *blocked(const hwo_block_t *blocked)
{
	return json_pack("{s:s, s:o, s:I, s:o, s:o, s:o}",
			"action", "blocked",
			"why", enum_name(hwo_block_reason_names, blocked->why),
			"since", (json_int_t)blocked->since,
			"connection", hwo_report_text(blocked->names.connection),
			"child", hwo_report_text(blocked->names.child),
			"peer", address(&blocked->peer));
}

/**
 * Describe the user on top.
 */
static json_t *top_user(const hwo_sp_view_t *view, egress_device_t *devices)
{
	const hwo_sp_request_t *top = &view->top;

	return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o}",
			"action", action(top),
			"priority", (json_int_t)top->sp.priority,
			"requested", enum_name(hw_offload_names, top->requested),
			"effective", enum_name(hwo_mode_names, view->effective.mode),
			"device", device(devices, view->effective.ifindex),
			"reqid", limit(top->reqid),
			"spi", spi(top->sa.spi));
}

/*
 * Described in header
 */
json_t *hwo_report_sp(const hwo_sp_id_t *id, const hwo_sp_view_t *view,
					  egress_device_t *devices)
{
	json_t *object, *rest;
	bool guarded;

	object = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b}",
			"type", "policy",
			"dir", enum_name(policy_dir_names, id->dir),
			"selector", selector(&id->sel, devices),
			"if_id", limit(id->if_id),
			"mark", limit(id->mark.value),
			"mark_mask", limit(id->mark.mask),
			"busy", view->busy);
	if (!object || view->busy)
	{
		return object;
	}
	rest = view->users ? top_user(view, devices)
					   : blocked(&view->blocked);
	if (rest)
	{
		json_object_update_missing(object, rest);
		json_decref(rest);
	}
	guarded = hwo_kernel_sps_guarded(&view->kernel);
	/* if a NIC has lost it, only the guard is there */
	json_object_set_new(object, "installed",
						json_boolean(hwo_kernel_sps_installed(&view->kernel) ||
									 !view->users));
	json_object_set_new(object, "guarded",
						json_boolean(view->users && (guarded ||
													 view->kernel.count > 1)));
	json_object_set_new(object, "users", json_integer(view->users));
	json_object_set_new(object, "in_kernel",
						kernel_sps(&view->kernel, devices));
	return object;
}

/**
 * Describe a mode of a device.
 */
static json_t *device_mode(const hwo_device_t *device,
						   const hwo_learned_t *learned, hwo_mode_t mode)
{
	hwo_reason_t reason = device->denied[mode];

	return json_pack("{s:b, s:o, s:b, s:o}",
			"possible", reason == HWO_REASON_NONE,
			"reason", reason ? enum_name(hwo_reason_names, reason)
							 : json_null(),
			"works", learned->works[mode] != 0,
			"time", learned->works[mode] ?
				json_integer(learned->works[mode]) : json_null());
}

/**
 * List what a device refused.
 */
static json_t *refusals(const hwo_learned_t *learned)
{
	json_t *list = json_array();
	const hwo_refused_t *refused;
	int i;

	for (i = 0; i < learned->refusal_count; i++)
	{
		refused = &learned->refusals[i];
		json_array_append_new(list, json_pack("{s:o, s:i, s:o, s:I}",
				"reason", enum_name(hwo_reason_names, refused->reason),
				"errno", refused->result.err,
				"kernel", hwo_report_text(refused->result.extack),
				"time", (json_int_t)refused->last));
	}
	return list;
}

/*
 * Described in header
 */
json_t *hwo_report_device(const char *name, uint32_t ifindex,
						  egress_device_t *devices)
{
	static const char *features[] = {
		[HWO_FEATURE_UNKNOWN] = "unknown",
		[HWO_FEATURE_MISSING] = "missing",
		[HWO_FEATURE_OFF] = "off",
		[HWO_FEATURE_ON] = "on",
	};
	device_history_t *history = devices->get_history(devices);
	hwo_learned_t learned;
	hwo_device_t device;

	devices->judge(devices, ifindex, &device);
	history->get(history, ifindex, &learned);
	return json_pack("{s:s, s:o, s:I, s:s, s:o, s:o, s:o, s:o}",
			"type", "device",
			"name", hwo_report_text(name),
			"ifindex", (json_int_t)ifindex,
			"feature", features[learned.feature],
			"crypto", device_mode(&device, &learned, HWO_MODE_CRYPTO),
			"packet", device_mode(&device, &learned, HWO_MODE_PACKET),
			"refusals", refusals(&learned),
			"max_sas", limit(device.max_sas));
}

/*
 * Described in header
 */
ssize_t hwo_report_line(json_t *object, char *buf, size_t size)
{
	static const char failed[] = "{\"error\":\"too large\"}\n";
	size_t len = size;

	if (object)
	{
		/* ASCII: nothing in it means anything to a terminal */
		len = json_dumpb(object, buf, size - 1,
						 JSON_COMPACT | JSON_ENSURE_ASCII);
		json_decref(object);
	}
	if (!len || len >= size)
	{
		memcpy(buf, failed, sizeof(failed) - 1);
		return sizeof(failed) - 1;
	}
	buf[len++] = '\n';
	return len;
}
