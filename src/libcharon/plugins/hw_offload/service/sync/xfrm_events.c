/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * XFRM's events, for charon.
 */

#include "xfrm_events.h"
#include "../sa/sa_attempts.h"
#include "../../hwo_compat.h"
#include "../../model/plan/ts_convert.h"
#include "../../wire/xfrm_event.h"

#include <errno.h>
#include <netinet/in.h>

#include <daemon.h>
#include <utils/debug.h>

/**
 * Private data of xfrm_events_t.
 */
typedef struct {
	/** public interface */
	xfrm_events_t public;
	/** monitor that delivers the messages */
	nl_monitor_t *monitor;
	/** worker */
	child_worker_t *worker;
	/** records of CHILD_SAs */
	child_table_t *table;
	/** tells charon */
	sa_expiry_t *expiry;
	/** XFRM, to ask about SAs */
	nl_exchange_t *xfrm;
} private_xfrm_events_t;

/**
 * Traffic hit an SP for which there is no SA.
 */
static void process_acquire(private_xfrm_events_t *this,
							const hwo_event_t *event)
{
	kernel_acquire_data_t data = {};

	/* not for IPComp, its SA is installed with that of ESP */
	if (event->acquire.proto != 0 && event->acquire.proto != IPPROTO_ESP &&
		event->acquire.proto != IPPROTO_AH)
	{
		return;
	}
	if (this->table->moving(this->table, event->acquire.reqid,
							time_monotonic(NULL)))
	{	/* there is one again, or charon was told to rekey */
		DBG2(DBG_KNL, "ignored acquire for reqid %u, its SA was on the move",
			 event->acquire.reqid);
		return;
	}
	hwo_compat_acquire_set(&data, event->acquire.cpu, event->acquire.seq);
	data.src = hwo_selector_to_ts(&event->acquire.sel, TRUE);
	data.dst = hwo_selector_to_ts(&event->acquire.sel, FALSE);
	if (event->acquire.label.len)
	{
		data.label = sec_label_from_encoding(event->acquire.label);
	}
	charon->kernel->acquire(charon->kernel, event->acquire.reqid, &data);
	DESTROY_IF(data.src);
	DESTROY_IF(data.dst);
	DESTROY_IF(data.label);
}

/**
 * Check if the kernel still has an SA that it says has expired. It removes SAs
 * before it reports their hard limits. But a packet that finds no SA while that
 * is on the move leaves a larval one with the SPI that its SP names. The kernel
 * adds that after it has sent the acquire, so both may be there, and the larval
 * one expires under the name of the other.
 */
static bool is_installed(private_xfrm_events_t *this, const hwo_sa_id_t *id)
{
	hwo_sa_state_t state;
	hwo_result_t result;
	hwo_child_t *child;

	/* nobody moves it now */
	child = this->table->checkout(this->table, id);
	hwo_sa_get(this->xfrm, id, &state, &result);
	if (child)
	{
		this->table->checkin(this->table, child);
	}
	return !result.err && !state.larval;
}

/**
 * An SA reached a limit.
 */
static void process_expire(private_xfrm_events_t *this,
						   const hwo_event_t *event)
{
	const hwo_sa_id_t *id = &event->expire.id;

	if (event->expire.hard)
	{
		if (is_installed(this, id))
		{
			DBG2(DBG_KNL, "ignored hard limit of a larval SA with SPI %.8x",
				 ntohl(id->spi));
			return;
		}
		this->expiry->hard(this->expiry, id);
	}
	else if (this->table->soft(this->table, id, FALSE, FALSE))
	{
		this->expiry->soft(this->expiry, id, NULL);
	}
}

/**
 * The peer's UDP encapsulated packets come from elsewhere.
 */
static void process_mapping(const hwo_event_t *event)
{
	const hwo_sa_id_t *id = &event->mapping.id;
	host_t *dst, *peer;

	/* SAs per CPU are installed with source port 0, to match any */
	if (id->proto != IPPROTO_ESP || !event->mapping.old_port)
	{
		return;
	}
	dst = hwo_addr_to_host(&id->dst, 0);
	peer = hwo_addr_to_host(&event->mapping.new_src, event->mapping.new_port);
	if (dst && peer)
	{
		charon->kernel->mapping(charon->kernel, id->proto, id->spi, dst, peer);
	}
	DESTROY_IF(dst);
	DESTROY_IF(peer);
}

/**
 * SAs and SPs should move to other addresses.
 */
static void process_migrate(const hwo_event_t *event)
{
	traffic_selector_t *src, *dst;
	host_t *local, *remote;

	src = hwo_selector_to_ts(&event->migrate.sel, TRUE);
	dst = hwo_selector_to_ts(&event->migrate.sel, FALSE);
	local = hwo_addr_to_host(&event->migrate.local, 0);
	remote = hwo_addr_to_host(&event->migrate.remote, 0);
	if (src && dst && local && remote)
	{	/* adopts all of them */
		charon->kernel->migrate(charon->kernel, event->migrate.reqid, src, dst,
								event->migrate.dir, local, remote);
		return;
	}
	DESTROY_IF(src);
	DESTROY_IF(dst);
	DESTROY_IF(local);
	DESTROY_IF(remote);
}

static void process(void *data, const struct nlmsghdr *hdr)
{
	private_xfrm_events_t *this = data;
	hwo_event_t event;

	if (!hdr)
	{
		DBG1(DBG_KNL, "events of the kernel were lost, checking all SAs; "
			 "consider a larger receive_buffer_size");
		this->worker->compare(this->worker);
		return;
	}
	switch (hwo_xfrm_decode_event(hdr, &event))
	{
		case 0:
			break;
		case ENOMSG:
			return;
		default:
			DBG1(DBG_KNL, "ignored malformed XFRM event of type %u",
				 hdr->nlmsg_type);
			return;
	}
	switch (event.type)
	{
		case HWO_EVENT_ACQUIRE:
			process_acquire(this, &event);
			break;
		case HWO_EVENT_EXPIRE:
			process_expire(this, &event);
			break;
		case HWO_EVENT_MAPPING:
			process_mapping(&event);
			break;
		case HWO_EVENT_MIGRATE:
			process_migrate(&event);
			break;
	}
}

METHOD(xfrm_events_t, destroy, void,
	private_xfrm_events_t *this)
{
	this->monitor->destroy(this->monitor);
	free(this);
}

xfrm_events_t *hwo_xfrm_events_create(nl_transport_t *transport,
									  child_worker_t *worker,
									  child_table_t *table, sa_expiry_t *expiry,
									  nl_exchange_t *xfrm)
{
	private_xfrm_events_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.worker = worker,
		.table = table,
		.expiry = expiry,
		.xfrm = xfrm,
	);
	this->monitor = hwo_nl_monitor_create(transport, TRUE, process, this);
	return &this->public;
}
