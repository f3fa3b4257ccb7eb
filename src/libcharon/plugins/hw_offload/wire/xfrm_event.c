/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Decoders for what the kernel announces about SAs and SPs.
 */

#include "xfrm_event.h"
#include "uapi.h"
#include "xfrm_attr.h"
#include "xfrm_map.h"

#include <errno.h>
#include <libmnl/libmnl.h>

const int hwo_xfrm_event_groups[] = {
	XFRMNLGRP_ACQUIRE,
	XFRMNLGRP_EXPIRE,
	XFRMNLGRP_MAPPING,
	XFRMNLGRP_MIGRATE,
	0,
};

/**
 * Get the reqid of the last of the templates in an attribute, whose size was
 * proven to be that of at least one.
 */
static uint32_t last_tmpl_reqid(const struct nlattr *attr)
{
	const struct xfrm_user_tmpl *tmpl = mnl_attr_get_payload(attr);

	return tmpl[mnl_attr_get_payload_len(attr) / sizeof(*tmpl) - 1].reqid;
}

/**
 * Decode XFRM_MSG_ACQUIRE.
 */
static bool decode_acquire(const struct nlmsghdr *hdr, hwo_event_t *event)
{
	enum { TMPL, LABEL, PCPU, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[TMPL] = { XFRMA_TMPL, sizeof(struct xfrm_user_tmpl), FALSE },
		[LABEL] = HWO_POLICY_LABEL,
		[PCPU] = { HWO_XFRMA_SA_PCPU, sizeof(uint32_t), TRUE },
	};
	const struct nlattr *attrs[COUNT];
	struct xfrm_user_acquire acquire;

	if (!hwo_msg_parse(hdr, sizeof(acquire), policy, COUNT, attrs) ||
		!hwo_xfrm_get_label(attrs[LABEL], &event->acquire.label))
	{
		return FALSE;
	}
	memcpy(&acquire, mnl_nlmsg_get_payload(hdr), sizeof(acquire));
	event->type = HWO_EVENT_ACQUIRE;
	event->acquire.proto = acquire.id.proto;
	event->acquire.seq = acquire.seq;
	hwo_xfrm_get_selector(&acquire.sel, &event->acquire.sel);
	event->acquire.cpu = hwo_xfrm_get_u32(attrs[PCPU], UINT32_MAX);
	if (attrs[TMPL])
	{
		event->acquire.reqid = last_tmpl_reqid(attrs[TMPL]);
	}
	return TRUE;
}

/**
 * Decode XFRM_MSG_EXPIRE.
 */
static bool decode_expire(const struct nlmsghdr *hdr, hwo_event_t *event)
{
	enum { MARK, IF_ID, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[MARK] = HWO_POLICY_MARK,
		[IF_ID] = HWO_POLICY_IF_ID,
	};
	const struct nlattr *attrs[COUNT];
	struct xfrm_user_expire expire;
	hwo_sa_id_t *id = &event->expire.id;

	if (!hwo_msg_parse(hdr, sizeof(expire), policy, COUNT, attrs))
	{
		return FALSE;
	}
	memcpy(&expire, mnl_nlmsg_get_payload(hdr), sizeof(expire));
	if (!hwo_xfrm_get_addr(expire.state.family, &expire.state.saddr,
						   &id->src) ||
		!hwo_xfrm_get_addr(expire.state.family, &expire.state.id.daddr,
						   &id->dst))
	{
		return FALSE;
	}
	event->type = HWO_EVENT_EXPIRE;
	id->spi = expire.state.id.spi;
	id->proto = expire.state.id.proto;
	id->mark = hwo_xfrm_get_mark(attrs[MARK]);
	id->if_id = hwo_xfrm_get_u32(attrs[IF_ID], 0);
	event->expire.usage = (hwo_usage_t){
		.bytes = expire.state.curlft.bytes,
		.packets = expire.state.curlft.packets,
		.add_time = expire.state.curlft.add_time,
		.use_time = expire.state.curlft.use_time,
	};
	event->expire.hard = expire.hard != 0;
	return TRUE;
}

/**
 * Decode XFRM_MSG_MAPPING.
 */
static bool decode_mapping(const struct nlmsghdr *hdr, hwo_event_t *event)
{
	struct xfrm_user_mapping mapping;
	hwo_sa_id_t *id = &event->mapping.id;

	if (!hwo_msg_parse(hdr, sizeof(mapping), NULL, 0, NULL))
	{
		return FALSE;
	}
	memcpy(&mapping, mnl_nlmsg_get_payload(hdr), sizeof(mapping));
	if (!hwo_xfrm_get_addr(mapping.id.family, &mapping.id.daddr, &id->dst) ||
		!hwo_xfrm_get_addr(mapping.id.family, &mapping.old_saddr,
						   &event->mapping.old_src) ||
		!hwo_xfrm_get_addr(mapping.id.family, &mapping.new_saddr,
						   &event->mapping.new_src))
	{
		return FALSE;
	}
	event->type = HWO_EVENT_MAPPING;
	id->src = event->mapping.old_src;
	id->spi = mapping.id.spi;
	id->proto = mapping.id.proto;
	event->mapping.old_port = ntohs(mapping.old_sport);
	event->mapping.new_port = ntohs(mapping.new_sport);
	return TRUE;
}

/**
 * Read the addresses to be used by IKE.
 */
static bool get_km_addrs(const struct nlattr *attr, hwo_addr_t *local,
						 hwo_addr_t *remote)
{
	const struct xfrm_user_kmaddress *addrs;

	if (!attr)
	{
		return TRUE;
	}
	addrs = mnl_attr_get_payload(attr);
	return hwo_xfrm_get_addr(addrs->family, &addrs->local, local) &&
		   hwo_xfrm_get_addr(addrs->family, &addrs->remote, remote);
}

/**
 * Decode XFRM_MSG_MIGRATE.
 */
static bool decode_migrate(const struct nlmsghdr *hdr, hwo_event_t *event)
{
	enum { MIGRATE, KMADDRESS, COUNT };
	static const hwo_attr_policy_t policy[COUNT] = {
		[MIGRATE] = { XFRMA_MIGRATE, sizeof(struct xfrm_user_migrate), FALSE },
		[KMADDRESS] = {
			XFRMA_KMADDRESS, sizeof(struct xfrm_user_kmaddress), TRUE },
	};
	const struct nlattr *attrs[COUNT];
	const struct xfrm_user_migrate *entries;
	struct xfrm_userpolicy_id id;
	size_t count;

	if (!hwo_msg_parse(hdr, sizeof(id), policy, COUNT, attrs))
	{
		return FALSE;
	}
	memcpy(&id, mnl_nlmsg_get_payload(hdr), sizeof(id));
	if (!hwo_xfrm_get_dir(id.dir, &event->migrate.dir) ||
		!get_km_addrs(attrs[KMADDRESS], &event->migrate.local,
					  &event->migrate.remote))
	{
		return FALSE;
	}
	event->type = HWO_EVENT_MIGRATE;
	hwo_xfrm_get_selector(&id.sel, &event->migrate.sel);
	if (attrs[MIGRATE])
	{
		entries = mnl_attr_get_payload(attrs[MIGRATE]);
		count = mnl_attr_get_payload_len(attrs[MIGRATE]) / sizeof(*entries);
		event->migrate.reqid = entries[count - 1].reqid;
	}
	return TRUE;
}

int hwo_xfrm_decode_event(const struct nlmsghdr *hdr, hwo_event_t *event)
{
	bool valid;

	memset(event, 0, sizeof(*event));
	switch (hdr->nlmsg_type)
	{
		case XFRM_MSG_ACQUIRE:
			valid = decode_acquire(hdr, event);
			break;
		case XFRM_MSG_EXPIRE:
			valid = decode_expire(hdr, event);
			break;
		case XFRM_MSG_MAPPING:
			valid = decode_mapping(hdr, event);
			break;
		case XFRM_MSG_MIGRATE:
			valid = decode_migrate(hdr, event);
			break;
		default:
			return ENOMSG;
	}
	return valid ? 0 : EBADMSG;
}
