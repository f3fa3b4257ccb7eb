/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Which NIC sees a flow?
 */

#include "offload_device.h"
#include "../model/selector.h"

#include <utils/debug.h>

typedef struct private_offload_device_t private_offload_device_t;

/**
 * Private data of offload_device_t.
 */
struct private_offload_device_t {

	/**
	 * Public interface
	 */
	offload_device_t public;

	/**
	 * Route lookups
	 */
	route_lookup_t *routes;

	/**
	 * Links, may be NULL
	 */
	link_state_t *links;
};

METHOD(offload_device_t, find, uint32_t,
	private_offload_device_t *this, const hwo_addr_t *local,
	const hwo_addr_t *remote, uint32_t mark, hwo_reason_t *reason)
{
	hwo_flow_t flow = {
		.dst = *remote,
		.mark = mark,
	};
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
		DBG2(DBG_KNL, "no route to find an offload device: %s%s%s",
			 strerror(result.err), result.extack[0] ? ", " : "", result.extack);
		return 0;
	}
	if (route.local)
	{
		*reason = HWO_REASON_LOCAL_ROUTE;
		return 0;
	}
	if (route.ifindex)
	{
		*reason = HWO_REASON_NONE;
	}
	return route.ifindex;
}

METHOD(offload_device_t, by_name, uint32_t,
	private_offload_device_t *this, const char *name)
{
	hwo_link_t link;

	if (this->links)
	{
		return this->links->find(this->links, name, &link) ? link.ifindex : 0;
	}
	return if_nametoindex(name);
}

METHOD(offload_device_t, xfrm_name, bool,
	private_offload_device_t *this, uint32_t if_id, char buf[IFNAMSIZ])
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

METHOD(offload_device_t, name_, char*,
	private_offload_device_t *this, uint32_t ifindex, char buf[IFNAMSIZ])
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

METHOD(offload_device_t, destroy, void,
	private_offload_device_t *this)
{
	this->routes->destroy(this->routes);
	DESTROY_IF(this->links);
	free(this);
}

/*
 * Described in header
 */
offload_device_t *offload_device_create(route_lookup_t *routes,
										link_state_t *links)
{
	private_offload_device_t *this;

	INIT(this,
		.public = {
			.find = _find,
			.by_name = _by_name,
			.xfrm_name = _xfrm_name,
			.name = _name_,
			.destroy = _destroy,
		},
		.routes = routes,
		.links = links,
	);
	return &this->public;
}
