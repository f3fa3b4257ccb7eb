/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Describes SPs.
 */

#include "status_report.h"
#include "status_json.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static json_t *network(uint16_t family, const uint8_t *bytes, uint8_t prefix)
{
	char buf[INET6_ADDRSTRLEN];

	if (!family || !inet_ntop(family, bytes, buf, sizeof(buf)))
	{
		return json_null();
	}
	return json_sprintf("%s/%u", buf, prefix);
}

/**
 * A port, with its mask if that is not for exactly one.
 */
static json_t *port(uint16_t value, uint16_t mask)
{
	return mask ? json_sprintf(mask == 0xffff ? "%u" : "%u/%#x", value, mask)
				: json_null();
}

static json_t *selector(const hwo_selector_t *sel, egress_device_t *devices)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
			"src", network(sel->family, sel->src, sel->src_prefix),
			"dst", network(sel->family, sel->dst, sel->dst_prefix),
			"proto", hwo_json_limit(sel->proto),
			"src_port", port(sel->src_port, sel->src_port_mask),
			"dst_port", port(sel->dst_port, sel->dst_port_mask),
			"interface", hwo_json_device(devices, sel->ifindex));
}

static json_t *template(const hwo_tmpl_t *tmpl)
{
	return json_pack("{s:s, s:o, s:I, s:s, s:o, s:o, s:b}",
			"protocol", hwo_json_proto(tmpl->proto),
			"spi", hwo_json_spi(tmpl->spi),
			"reqid", (json_int_t)tmpl->reqid,
			"mode", hwo_json_mode(tmpl->mode),
			"src", hwo_json_addr(&tmpl->src),
			"dst", hwo_json_addr(&tmpl->dst),
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
			"proto", hwo_json_limit(item->sp.id.sel.proto),
			"src_port", port(item->sp.id.sel.src_port,
							 item->sp.id.sel.src_port_mask),
			"interface", hwo_json_device(devices, item->sp.id.sel.ifindex),
			"user", (json_int_t)item->sp.id.sel.user,
			"priority", (json_int_t)item->sp.priority,
			"action", item->sp.block ? "block" : "allow",
			"icmp", item->sp.icmp,
			"mode", hwo_json_enum(hwo_mode_names, item->offload.mode),
			"device", hwo_json_device(devices, item->offload.ifindex),
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
			"why", hwo_json_enum(hwo_block_reason_names, blocked->why),
			"since", (json_int_t)blocked->since,
			"connection", hwo_json_text(blocked->names.connection),
			"child", hwo_json_text(blocked->names.child),
			"peer", hwo_json_addr(&blocked->peer));
}

static json_t *top_user(const hwo_sp_view_t *view, egress_device_t *devices)
{
	const hwo_sp_request_t *top = &view->top;

	return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o}",
			"action", action(top),
			"priority", (json_int_t)top->sp.priority,
			"requested", hwo_json_enum(hw_offload_names, top->requested),
			"effective", hwo_json_enum(hwo_mode_names, view->effective.mode),
			"device", hwo_json_device(devices, view->effective.ifindex),
			"reqid", hwo_json_limit(top->reqid),
			"spi", hwo_json_spi(top->sa.spi));
}

json_t *hwo_report_sp(const hwo_sp_id_t *id, const hwo_sp_view_t *view,
					  egress_device_t *devices)
{
	const hwo_kernel_sps_t *kernel = &view->kernel;
	json_t *object;

	object = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b}",
			"type", "policy",
			"dir", hwo_json_enum(policy_dir_names, id->dir),
			"selector", selector(&id->sel, devices),
			"if_id", hwo_json_limit(id->if_id),
			"mark", hwo_json_limit(id->mark.value),
			"mark_mask", hwo_json_limit(id->mark.mask),
			"busy", view->busy);
	if (view->busy)
	{
		return object;
	}
	json_object_update_new(object, view->users ? top_user(view, devices)
											   : blocked(&view->blocked));
	/* if a NIC has lost it, only the guard is there */
	json_object_update_new(object, json_pack("{s:b, s:b, s:i, s:o}",
			"installed", hwo_kernel_sps_installed(kernel) || !view->users,
			"guarded", view->users && (hwo_kernel_sps_guarded(kernel) ||
									   kernel->count > 1),
			"users", (int)view->users,
			"in_kernel", kernel_sps(kernel, devices)));
	return object;
}
