/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds the NIC that sees a flow.
 */

#include "egress_device.h"
#include "../../model/plan/route_plan.h"
#include "../../model/plan/ts_convert.h"

#include <utils/debug.h>

/**
 * Private data of egress_device_t.
 */
typedef struct {
	/** public interface */
	egress_device_t public;
	/** route lookups */
	route_lookup_t *routes;
	/** links, may be NULL */
	link_state_t *links;
	/** features of links, may be NULL */
	link_features_t *features;
	/** tells drivers of devices, may be NULL */
	hwo_link_driver_t driver;
	/** settings */
	hwo_device_rules_t rules;
	/** TRUE if the kernel looks for policies by inner routes */
	bool inner_routes;
	/** what was learned */
	device_history_t *history;
} private_egress_device_t;

METHOD(egress_device_t, by_name, uint32_t,
	private_egress_device_t *this, const char *name)
{
	hwo_link_t link;

	if (this->links)
	{
		return this->links->find(this->links, name, &link) ? link.ifindex : 0;
	}
	return if_nametoindex(name);
}

/**
 * Find the settings for a device, which may be for an alternative name.
 */
static void find_rule(private_egress_device_t *this, uint32_t ifindex,
					  const char *name, hwo_device_rule_t *rule)
{
	int i;

	if (hwo_device_rules_get(&this->rules, name, rule))
	{
		return;
	}
	for (i = 0; i < array_count(this->rules.devices); i++)
	{
		array_get(this->rules.devices, i, rule);
		if (by_name(this, rule->name) == ifindex)
		{
			return;
		}
	}
	memset(rule, 0, sizeof(*rule));
}

/**
 * Get the driver of a device. It is asked once, as it needs a lock of the
 * kernel that others may hold for long.
 */
static void get_driver(private_egress_device_t *this, uint32_t ifindex,
					   hwo_driver_t *driver)
{
	hwo_learned_t learned;

	this->history->get(this->history, ifindex, &learned);
	*driver = learned.driver;
	if (!driver->name[0] && this->driver && this->driver(ifindex, driver))
	{
		this->history->note_driver(this->history, ifindex, driver);
	}
}

METHOD(egress_device_t, judge, void,
	private_egress_device_t *this, uint32_t ifindex, hwo_device_t *device)
{
	hwo_feature_t feature = HWO_FEATURE_UNKNOWN;
	hwo_link_t link = {}, master = {};
	hwo_device_rule_t rule = {};
	hwo_driver_t driver;

	if (this->links)
	{
		this->links->get(this->links, ifindex, &link);
		if (link.master)
		{
			this->links->get(this->links, link.master, &master);
		}
	}
	else if (!if_indextoname(ifindex, link.name))
	{
		link.name[0] = '\0';
	}
	find_rule(this, ifindex, link.name, &rule);
	link.ifindex = ifindex;
	if (this->features)
	{
		feature = this->features->get(this->features, &link);
	}
	this->history->observe(this->history, &link, feature);
	hwo_device_judge(&link, &master, feature, &rule, device);
	get_driver(this, ifindex, &driver);
	device->down = this->links && link.name[0] && !link.up;
	device->unmatched = hwo_driver_unmatched(&this->rules.drivers, &driver);
	device->on_link_only = hwo_driver_is_packaged(&driver);
}

METHOD(egress_device_t, xfrm_name, bool,
	private_egress_device_t *this, uint32_t if_id, char buf[IFNAMSIZ])
{
	hwo_link_t link;

	buf[0] = '\0';
	if (if_id && this->links &&
		this->links->find_xfrm(this->links, if_id, &link))
	{
		snprintf(buf, IFNAMSIZ, "%s", link.name);
	}
	return buf[0] != '\0';
}

/**
 * Find the device that is configured for a local address, if there is one.
 */
static bool find_configured(private_egress_device_t *this,
							const hwo_addr_t *local, hwo_device_t *device)
{
	const char *name;
	uint32_t ifindex;

	name = hwo_device_rules_local(&this->rules, local);
	if (!name)
	{
		return FALSE;
	}
	ifindex = by_name(this, name);
	if (ifindex)
	{
		judge(this, ifindex, device);
	}
	else
	{
		DBG2(DBG_KNL, "device %s of a local address does not exist", name);
		hwo_device_none(HWO_REASON_NO_DEVICE, device);
	}
	return TRUE;
}

/**
 * Find the device that a flow leaves by.
 *
 * @param gateway	[out] next hop, family 0 if that is the destination
 * @param why		[out] why there is none, or why packets may leave by others
 */
static uint32_t find_egress(private_egress_device_t *this,
							const hwo_flow_t *flow, hwo_addr_t *gateway,
							hwo_reason_t *why)
{
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_route_t route;

	*why = HWO_REASON_NO_ROUTE;
	if (!flow->dst.family || hwo_addr_is_any(&flow->dst))
	{
		return 0;
	}
	this->routes->get(this->routes, flow, &route, &result);
	if (result.err)
	{
		DBG2(DBG_KNL, "no route to find an offload device: %s",
			 hwo_result_text(&result, text));
		return 0;
	}
	if (route.local)
	{
		*why = HWO_REASON_LOCAL_ROUTE;
		return 0;
	}
	*gateway = route.gateway;
	if (route.spread)
	{
		*why = HWO_REASON_MULTIPATH;
	}
	else if (this->routes->has_rule(this->routes, hwo_rule_may_divert, flow))
	{
		*why = HWO_REASON_ROUTE_RULE;
	}
	else if (route.ifindex)
	{
		*why = HWO_REASON_NONE;
	}
	return route.ifindex;
}

METHOD(egress_device_t, find, void,
	private_egress_device_t *this, const hwo_flow_t *flow, hwo_device_t *device)
{
	hwo_reason_t *packet = &device->denied[HWO_MODE_PACKET], why;
	hwo_addr_t gateway = {};
	uint32_t ifindex;

	if (!find_configured(this, &flow->src, device))
	{
		ifindex = find_egress(this, flow, &gateway, &why);
		if (!ifindex)
		{
			hwo_device_none(why, device);
			return;
		}
		judge(this, ifindex, device);
		device->gateway = gateway;
		device->others = why;
		*packet = *packet ?: why;
	}
	device->no_tunnel = device->on_link_only &&
						(gateway.family || flow->dst.family == AF_INET6);
}

METHOD(egress_device_t, check_inner, void,
	private_egress_device_t *this, const hwo_sa_id_t *id,
	const hwo_sa_facts_t *facts, hwo_device_t *device)
{
	hwo_reason_t *packet = &device->denied[HWO_MODE_PACKET], why;
	hwo_addr_t gateway;
	hwo_flow_t flow;
	uint32_t ifindex;
	u_int i;

	if (!this->inner_routes || facts->mode != MODE_TUNNEL || *packet ||
		hwo_device_rules_local(&this->rules, facts->inbound ? &id->dst
															: &id->src))
	{
		return;
	}
	if (facts->remote.count > HWO_MAX_NETS)
	{
		*packet = HWO_REASON_INNER_ROUTE;
		return;
	}
	for (i = 0; i < facts->remote.count; i++)
	{
		hwo_flow_into_sa(id, facts, i, &flow);
		ifindex = find_egress(this, &flow, &gateway, &why);
		/* what has no route is not sent at all */
		if (ifindex && (why || ifindex != device->ifindex))
		{
			*packet = HWO_REASON_INNER_ROUTE;
		}
	}
}

METHOD(egress_device_t, find_sa, void,
	private_egress_device_t *this, const hwo_sa_id_t *id,
	const hwo_sa_facts_t *facts, hwo_device_t *device)
{
	hwo_flow_t flow;

	hwo_flow_of_sa(id, facts, &flow);
	find(this, &flow, device);
	check_inner(this, id, facts, device);
}

METHOD(egress_device_t, name_, char*,
	private_egress_device_t *this, uint32_t ifindex, char buf[IFNAMSIZ])
{
	hwo_link_t link;

	if (ifindex && this->links &&
		this->links->get(this->links, ifindex, &link))
	{
		snprintf(buf, IFNAMSIZ, "%s", link.name);
	}
	else
	{
		snprintf(buf, IFNAMSIZ, ifindex ? "if%u" : "-", ifindex);
	}
	return buf;
}

METHOD(egress_device_t, get_history, device_history_t*,
	private_egress_device_t *this)
{
	return this->history;
}

METHOD(egress_device_t, destroy, void,
	private_egress_device_t *this)
{
	this->routes->destroy(this->routes);
	DESTROY_IF(this->links);
	DESTROY_IF(this->features);
	hwo_device_rules_clear(&this->rules);
	this->history->destroy(this->history);
	free(this);
}

egress_device_t *hwo_egress_device_create(route_lookup_t *routes,
										  link_state_t *links,
										  link_features_t *features,
										  hwo_link_driver_t driver,
										  hwo_device_rules_t *rules,
										  bool inner_routes)
{
	private_egress_device_t *this;

	INIT(this,
		.public = {
			.find = _find,
			.find_sa = _find_sa,
			.check_inner = _check_inner,
			.judge = _judge,
			.get_history = _get_history,
			.by_name = _by_name,
			.xfrm_name = _xfrm_name,
			.name = _name_,
			.destroy = _destroy,
		},
		.routes = routes,
		.links = links,
		.features = features,
		.driver = driver,
		.rules = *rules,
		.inner_routes = inner_routes,
		.history = hwo_device_history_create(),
	);
	return &this->public;
}
