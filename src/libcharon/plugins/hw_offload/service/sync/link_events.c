/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Links that go down or come back.
 */

#include "link_events.h"
#include "../../wire/rt_msg.h"

#include <collections/hashtable.h>
#include <utils/debug.h>

typedef struct private_link_events_t private_link_events_t;

/**
 * Private data of link_events_t.
 */
struct private_link_events_t {

	/**
	 * Public interface
	 */
	link_events_t public;

	/**
	 * Monitor that delivers the messages
	 */
	nl_monitor_t *monitor;

	/**
	 * Worker
	 */
	child_worker_t *worker;

	/**
	 * Installer of SPs
	 */
	sp_installer_t *sps;

	/**
	 * Bypass for IKE
	 */
	ike_bypass_t *bypass;

	/**
	 * Records of SAs
	 */
	child_table_t *table;

	/**
	 * What was learned about NICs
	 */
	device_history_t *history;

	/**
	 * Links that were announced to be down, by their index
	 */
	hashtable_t *down;
};

/**
 * Turn an index into a key
 */
static void *to_key(uint32_t ifindex)
{
	return (void*)(uintptr_t)ifindex;
}

/**
 * Note the state of a link
 *
 * @return		FALSE if it is not new
 */
static bool note(private_link_events_t *this, const hwo_link_change_t *link)
{
	void *key = to_key(link->ifindex);

	if (link->up)
	{	/* links are up when we begin, and announced for many reasons */
		return this->down->remove(this->down, key) != NULL;
	}
	return this->down->put(this->down, key, this) == NULL;
}

/**
 * Process one message
 */
static void process(void *data, const struct nlmsghdr *hdr)
{
	private_link_events_t *this = data;
	hwo_link_change_t link;
	hwo_offload_t any = {};

	if (!hdr)
	{
		DBG1(DBG_KNL, "announcements about links were lost, checking all SAs");
		this->history->forget(this->history, 0);
		this->worker->compare(this->worker);
		this->bypass->renew(this->bypass);
		this->sps->link_changed(this->sps, 0, TRUE);
		return;
	}
	if (!hwo_rt_decode_link(hdr, &link) || !note(this, &link))
	{
		return;
	}
	any.ifindex = link.ifindex;
	/* perhaps its driver was loaded again, or its firmware changed */
	this->history->forget(this->history, link.ifindex);
	if (link.up)
	{
		this->bypass->renew_nic(this->bypass, link.ifindex);
	}
	else if (this->table->count(this->table, &any))
	{
		this->worker->link_down(this->worker, link.ifindex);
	}
	this->sps->link_changed(this->sps, link.ifindex, link.up);
}

METHOD(link_events_t, destroy, void,
	private_link_events_t *this)
{
	this->monitor->destroy(this->monitor);
	this->down->destroy(this->down);
	free(this);
}

/*
 * Described in header
 */
link_events_t *hwo_link_events_create(nl_transport_t *transport,
									  child_worker_t *worker,
									  sp_installer_t *sps,
									  ike_bypass_t *bypass,
									  child_table_t *table,
									  device_history_t *history)
{
	private_link_events_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.worker = worker,
		.sps = sps,
		.bypass = bypass,
		.table = table,
		.history = history,
		.down = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8),
	);
	this->monitor = hwo_nl_monitor_create(transport, TRUE, process, this);
	return &this->public;
}
