/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Which NIC sees a flow?
 */

#include "egress_device.h"
#include "../../model/plan/ts_convert.h"

#include <utils/debug.h>

typedef struct private_egress_device_t private_egress_device_t;

/**
 * Private data of egress_device_t.
 */
struct private_egress_device_t {

	/**
	 * Public interface
	 */
	egress_device_t public;

	/**
	 * Route lookups
	 */
	route_lookup_t *routes;

	/**
	 * Links, may be NULL
	 */
	link_state_t *links;

	/**
	 * Features of links, may be NULL
	 */
	link_features_t *features;

	/**
	 * Settings
	 */
	hwo_device_rules_t rules;

	/**
	 * What was learned
	 */
	device_history_t *history;
};

METHOD(egress_device_t, judge, void,
	private_egress_device_t *this, uint32_t ifindex, hwo_device_t *device)
{
	hwo_feature_t feature = HWO_FEATURE_UNKNOWN;
	hwo_link_t link = {}, master = {};
	hwo_device_rule_t rule = {};

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
	hwo_device_rules_get(&this->rules, link.name, &rule);
	link.ifindex = ifindex;
	if (this->features)
	{
		feature = this->features->get(this->features, &link);
	}
	this->history->observe(this->history, &link, feature);
	hwo_device_judge(&link, &master, feature, &rule, device);
}

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
 * Find the device that is configured for a local address, if there is one
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
 * Find the device that the route to the peer goes through
 */
static uint32_t find_egress(private_egress_device_t *this,
							const hwo_addr_t *local, const hwo_addr_t *remote,
							uint32_t mark, hwo_reason_t *reason)
{
	hwo_flow_t flow = {
		.dst = *remote,
		.mark = mark,
	};
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_route_t route;

	*reason = HWO_REASON_NO_ROUTE;
	if (!remote->family || hwo_addr_is_any(remote))
	{
		return 0;
	}
	if (!hwo_addr_is_any(local))
	{
		flow.src = *local;
	}
	this->routes->get(this->routes, &flow, &route, &result);
	if (result.err)
	{
		DBG2(DBG_KNL, "no route to find an offload device: %s",
			 hwo_result_text(&result, text));
		return 0;
	}
	if (route.local)
	{
		*reason = HWO_REASON_LOCAL_ROUTE;
		return 0;
	}
	return route.ifindex;
}

METHOD(egress_device_t, find, void,
	private_egress_device_t *this, const hwo_addr_t *local,
	const hwo_addr_t *remote, uint32_t mark, hwo_device_t *device)
{
	hwo_reason_t reason;
	uint32_t ifindex;

	if (find_configured(this, local, device))
	{
		return;
	}
	ifindex = find_egress(this, local, remote, mark, &reason);
	if (ifindex)
	{
		judge(this, ifindex, device);
	}
	else
	{
		hwo_device_none(reason, device);
	}
}

METHOD(egress_device_t, find_sa, void,
	private_egress_device_t *this, const hwo_addr_t *src,
	const hwo_addr_t *dst, bool inbound, mark_t set_mark, hwo_device_t *device)
{
	if (inbound)
	{
		find(this, dst, src, 0, device);
	}
	else
	{
		find(this, src, dst, set_mark.value & set_mark.mask, device);
	}
}

METHOD(egress_device_t, name_, char*,
	private_egress_device_t *this, uint32_t ifindex, char buf[IFNAMSIZ])
{
	hwo_link_t link;

	if (this->links && this->links->get(this->links, ifindex, &link))
	{
		snprintf(buf, IFNAMSIZ, "%s", link.name);
	}
	else
	{
		snprintf(buf, IFNAMSIZ, "if%u", ifindex);
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

/*
 * Described in header
 */
egress_device_t *hwo_egress_device_create(route_lookup_t *routes,
										  link_state_t *links,
										  link_features_t *features,
										  hwo_device_rules_t *rules)
{
	private_egress_device_t *this;

	INIT(this,
		.public = {
			.find = _find,
			.find_sa = _find_sa,
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
		.rules = *rules,
		.history = hwo_device_history_create(),
	);
	return &this->public;
}
