/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Sends packets through SPD and SAD.
 */

#include "fake_private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>

/** Seconds that larval SAs are kept, charon has them set to this. */
#define ACQ_EXPIRES 165

/** Linux from which on the device of a packet has to be that of its SA. */
#define ROUTE_CHECKED 0x701

ENUM(fake_fate_names, FAKE_NOT_SENT, FAKE_DROPPED,
	"not sent",
	"protected",
	"clear",
	"blocked",
	"no SA",
	"dropped",
);

/**
 * Check the limits that an SA has in packets.
 *
 * @return				FALSE if it is gone
 */
static bool check_limits(fake_kernel_t *this, fake_sa_t *sa)
{
	bool packet = sa->offload.flags & FAKE_OFFLOAD_PACKET;
	uint64_t packets = packet ? sa->nic.packets : sa->info.curlft.packets;

	if (packets >= sa->info.lft.hard_packet_limit)
	{
		fake_expire(this, sa, TRUE);
		return FALSE;
	}
	if (packets >= sa->info.lft.soft_packet_limit && !sa->dying)
	{
		sa->dying = TRUE;
		fake_expire(this, sa, FALSE);
	}
	return TRUE;
}

/**
 * Send a packet that an SA protects.
 */
static fake_fate_t send_protected(fake_kernel_t *this, fake_flow_t *flow,
								  fake_sa_t *sa)
{
	bool packet = sa->offload.flags & FAKE_OFFLOAD_PACKET;
	uint32_t device;

	device = fake_route_device(this, sa->info.family, &sa->info.id.daddr, 0);
	if (!device)
	{
		return FAKE_NOT_SENT;
	}
	if (packet && device != sa->offload.ifindex)
	{	/* before that was checked, the other device got it as it is */
		return this->version >= ROUTE_CHECKED ? FAKE_DROPPED : FAKE_CLEAR;
	}
	flow->spi = sa->info.id.spi;
	if (!check_limits(this, sa))
	{
		return FAKE_NO_SA;
	}
	fake_seq_use(this, sa);
	return FAKE_PROTECTED;
}

/**
 * Send a packet of a flow.
 */
static fake_fate_t send_packet(fake_kernel_t *this, fake_flow_t *flow)
{
	fake_sp_t *sp;
	fake_sa_t *sa;
	uint32_t oif;
	bool wait;

	oif = fake_route_device(this, flow->family, &flow->dst, 0);
	flow->spi = 0;
	if (!oif)
	{
		return FAKE_NOT_SENT;
	}
	/* sockets look without a device for IPv6 */
	sp = fake_lookup_sp(this, flow, flow->family == AF_INET ? oif : 0);
	if (!sp)
	{
		return FAKE_CLEAR;
	}
	if (sp->info.action == XFRM_POLICY_BLOCK)
	{
		return FAKE_BLOCKED;
	}
	if (!sp->tmpl_count)
	{
		return FAKE_CLEAR;
	}
	sa = fake_lookup_sa(this, flow, sp, &wait);
	if (sa)
	{
		return send_protected(this, flow, sa);
	}
	if (!wait)
	{
		fake_acquire(this, flow, &sp->tmpl[0], &sp->offload);
		flow->spi = sp->tmpl[0].id.spi;
	}
	return FAKE_NO_SA;
}

/**
 * Send a packet of a flow, check, and note what is new.
 */
static void send_checked(fake_kernel_t *this, fake_flow_t *flow, u_int number)
{
	static const char *const notes[] = {
		"flow %u: not sent",
		"flow %u: protected by %08x",
		"flow %u: in clear",
		"flow %u: blocked",
		"flow %u: no SA %08x",
		"flow %u: dropped, its device is not that of its SA",
	};
	fake_fate_t fate = flow->fate;
	uint32_t spi = flow->spi;

	flow->fate = send_packet(this, flow);
	if (flow->fate != fate || flow->spi != spi)
	{
		fake_trace(this, notes[flow->fate], number, ntohl(flow->spi), 0, 0);
	}
	if (flow->fate == FAKE_CLEAR && flow->covered)
	{
		fake_trace_violation(this, "flow %u leaves in clear", number, 0, 0, 0);
	}
}

/**
 * Make up a packet that an SP matches.
 */
static void flow_for_sp(const fake_sp_t *sp, fake_flow_t *flow)
{
	const struct xfrm_selector *sel = &sp->info.sel;

	*flow = (fake_flow_t){
		.family = sel->family,
		.src = sel->saddr,
		.dst = sel->daddr,
		.sport = sel->sport,
		.dport = sel->dport,
		.proto = sel->proto ?: IPPROTO_UDP,
	};
}

/**
 * Send a packet for each SP with a template.
 */
static void send_by_sps(fake_kernel_t *this)
{
	enumerator_t *enumerator;
	fake_flow_t flow;
	fake_sp_t *sp;

	enumerator = this->sps->create_enumerator(this->sps);
	while (enumerator->enumerate(enumerator, &sp))
	{
		if (sp->info.dir == XFRM_POLICY_OUT && sp->tmpl_count)
		{
			flow_for_sp(sp, &flow);
			send_checked(this, &flow, 0);
		}
	}
	enumerator->destroy(enumerator);
}

void fake_traffic_send(fake_kernel_t *this)
{
	enumerator_t *enumerator;
	fake_flow_t *flow;
	u_int number = 0;

	if (!this->traffic)
	{
		return;
	}
	enumerator = this->flows->create_enumerator(this->flows);
	while (enumerator->enumerate(enumerator, &flow))
	{
		send_checked(this, flow, number++);
	}
	enumerator->destroy(enumerator);
	if (!number)
	{
		send_by_sps(this);
	}
}

void fake_kernel_send(fake_kernel_t *this)
{
	this->mutex->lock(this->mutex);
	fake_traffic_send(this);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_traffic(fake_kernel_t *this, bool on)
{
	this->mutex->lock(this->mutex);
	this->traffic = on;
	if (!this->trace)
	{
		this->trace = fake_trace_create();
	}
	this->mutex->unlock(this->mutex);
}

u_int fake_kernel_add_flow(fake_kernel_t *this, const char *src,
						   uint16_t sport, const char *dst, uint16_t dport,
						   uint8_t proto)
{
	fake_flow_t *flow;
	u_int number;

	INIT(flow);
	fake_flow_init(flow, src, sport, dst, dport, proto);
	this->mutex->lock(this->mutex);
	number = this->flows->get_count(this->flows);
	this->flows->insert_last(this->flows, flow);
	this->mutex->unlock(this->mutex);
	return number;
}

/**
 * Find a flow. Mutex is held.
 */
static fake_flow_t *get_flow(fake_kernel_t *this, u_int number)
{
	enumerator_t *enumerator;
	fake_flow_t *flow = NULL;
	u_int i;

	enumerator = this->flows->create_enumerator(this->flows);
	for (i = 0; i <= number && enumerator->enumerate(enumerator, &flow); i++);
	enumerator->destroy(enumerator);
	return flow;
}

void fake_kernel_cover(fake_kernel_t *this, u_int number, bool covered)
{
	this->mutex->lock(this->mutex);
	get_flow(this, number)->covered = covered;
	fake_trace(this, covered ? "flow %u: covered" : "flow %u: not covered",
			   number, 0, 0, 0);
	this->mutex->unlock(this->mutex);
}

fake_fate_t fake_kernel_fate(fake_kernel_t *this, u_int number, uint32_t *spi)
{
	fake_flow_t *flow;
	fake_fate_t fate;

	this->mutex->lock(this->mutex);
	flow = get_flow(this, number);
	fate = flow->fate;
	if (spi)
	{
		*spi = flow->spi;
	}
	this->mutex->unlock(this->mutex);
	return fate;
}

bool fake_kernel_guarded(fake_kernel_t *this, u_int number)
{
	uint64_t first[] = {
		[XFRM_POLICY_ALLOW] = UINT64_MAX,
		[XFRM_POLICY_BLOCK] = UINT64_MAX,
	};
	enumerator_t *enumerator;
	fake_sp_t *sp;

	this->mutex->lock(this->mutex);
	enumerator = this->sps->create_enumerator(this->sps);
	while (enumerator->enumerate(enumerator, &sp))
	{
		if (sp->info.dir == XFRM_POLICY_OUT && !sp->offload.ifindex &&
			fake_sp_matches(sp, get_flow(this, number), 0))
		{
			first[sp->info.action] = min(first[sp->info.action],
										 sp->info.priority);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return first[XFRM_POLICY_BLOCK] < first[XFRM_POLICY_ALLOW];
}

void fake_kernel_hook(fake_kernel_t *this, void (*hook)(void))
{
	this->mutex->lock(this->mutex);
	this->hook = hook;
	this->mutex->unlock(this->mutex);
}

/**
 * Find a larval SA whose time is over. Mutex is held.
 */
static fake_sa_t *find_overdue(fake_kernel_t *this)
{
	fake_sa_t *sa, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->sas->create_enumerator(this->sas);
	while (!found && enumerator->enumerate(enumerator, &sa))
	{
		found = sa->larval && sa->info.curlft.add_time + ACQ_EXPIRES <
							  time(NULL) ? sa : NULL;
	}
	enumerator->destroy(enumerator);
	return found;
}

void fake_kernel_second(fake_kernel_t *this)
{
	enumerator_t *enumerator;
	fake_sa_t *sa;

	this->mutex->lock(this->mutex);
	enumerator = this->sas->create_enumerator(this->sas);
	while (enumerator->enumerate(enumerator, &sa))
	{
		fake_seq_sample(sa);
	}
	enumerator->destroy(enumerator);
	while ((sa = find_overdue(this)))
	{
		fake_expire(this, sa, TRUE);
	}
	this->mutex->unlock(this->mutex);
}
