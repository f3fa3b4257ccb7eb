/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SAs and SPs in terms of charon.
 */

#include "service_suites.h"
#include "../backend/facade_suites.h"

#include <errno.h>
#include <netinet/in.h>

/**
 * List with a traffic selector.
 */
static linked_list_t *ts_list(const char *net)
{
	return linked_list_create_with_items(
				traffic_selector_create_from_cidr((char*)net, 0, 0, 65535),
				NULL);
}

void sa_init(test_sa_t *sa, uint32_t spi, bool inbound, hw_offload_t requested)
{
	char *local = "192.168.50.1", *remote = "192.168.50.2";
	char *src = inbound ? remote : local, *dst = inbound ? local : remote;

	*sa = (test_sa_t){
		.id = {
			.src = host_create_from_string(src, 0),
			.dst = host_create_from_string(dst, 0),
			.spi = htonl(spi),
			.proto = IPPROTO_ESP,
		},
		.data = {
			.reqid = 1,
			.mode = MODE_TRANSPORT,
			.src_ts = ts_list(inbound ? "192.168.50.2/32" : "192.168.50.1/32"),
			.dst_ts = ts_list(inbound ? "192.168.50.1/32" : "192.168.50.2/32"),
			.enc_alg = ENCR_AES_GCM_ICV16,
			.enc_key = chunk_create(service_key, sizeof(service_key)),
			.int_alg = AUTH_UNDEFINED,
			.replay_window = 32,
			.hw_offload = requested,
			.esn = TRUE,
			.copy_df = TRUE,
			.copy_ecn = TRUE,
			.copy_dscp = DSCP_COPY_OUT_ONLY,
			.inbound = inbound,
		},
		.lifetime = {
			.time = { .rekey = 3000, .life = 3600, },
			.packets = { .rekey = 1000, .life = 2000, },
		},
	};
	set_sa_cpu(&sa->data, HWO_CPU_ID_MAX);
}

void sa_clear(test_sa_t *sa)
{
	sa->id.src->destroy(sa->id.src);
	sa->id.dst->destroy(sa->id.dst);
	sa->data.src_ts->destroy_offset(sa->data.src_ts,
									offsetof(traffic_selector_t, destroy));
	sa->data.dst_ts->destroy_offset(sa->data.dst_ts,
									offsetof(traffic_selector_t, destroy));
}

status_t sa_add(test_sa_t *sa)
{
	sa->data.lifetime = &sa->lifetime;
	return ipsec->add_sa(ipsec, &sa->id, &sa->data);
}

status_t sa_del(test_sa_t *sa)
{
	kernel_ipsec_del_sa_t data = {
		.cpi = sa->data.cpi,
	};

	return ipsec->del_sa(ipsec, &sa->id, &data);
}

void sp_init(test_sp_t *sp, policy_dir_t dir, const char *local,
			 const char *remote, uint32_t spi, uint32_t reqid,
			 hw_offload_t requested)
{
	bool out = dir == POLICY_OUT;
	const char *src = out ? local : remote, *dst = out ? remote : local;
	char *us = "192.168.50.1", *peer = "192.168.50.2";

	*sp = (test_sp_t){
		.id = {
			.dir = dir,
			.src_ts = traffic_selector_create_from_cidr((char*)src, 0, 0,
														65535),
			.dst_ts = traffic_selector_create_from_cidr((char*)dst, 0, 0,
														65535),
		},
		.data = {
			.type = POLICY_IPSEC,
			.prio = POLICY_PRIORITY_DEFAULT,
			.hw_offload = requested,
			.src = host_create_from_string(out ? us : peer, 0),
			.dst = host_create_from_string(out ? peer : us, 0),
		},
		.cfg = {
			.mode = MODE_TRANSPORT,
			.reqid = reqid,
			.policy_count = 1,
			.esp = {
				.use = TRUE,
				.spi = htonl(spi),
			},
		},
	};
}

void sp_clear(test_sp_t *sp)
{
	sp->id.src_ts->destroy(sp->id.src_ts);
	sp->id.dst_ts->destroy(sp->id.dst_ts);
	sp->data.src->destroy(sp->data.src);
	sp->data.dst->destroy(sp->data.dst);
}

status_t sp_add(test_sp_t *sp)
{
	sp->data.sa = &sp->cfg;
	return ipsec->add_policy(ipsec, &sp->id, &sp->data);
}

status_t sp_del(test_sp_t *sp)
{
	sp->data.sa = &sp->cfg;
	return ipsec->del_policy(ipsec, &sp->id, &sp->data);
}

/**
 * Name an offload.
 */
static const char *mode_of(const struct xfrm_user_offload *offload)
{
	if (!offload->ifindex)
	{
		return "none";
	}
	ck_assert_int_eq(offload->ifindex, NIC);
	/* XFRM_OFFLOAD_PACKET, which the headers may not know */
	return offload->flags & 4 ? "packet" : "crypto";
}

const char *sa_mode(uint32_t spi)
{
	fake_sa_t sa;

	if (!fake_kernel_get_sa(kernel, htonl(spi), &sa))
	{
		return "missing";
	}
	return sa.larval ? "larval" : mode_of(&sa.offload);
}

const char *sp_mode(uint8_t dir, const char *src, const char *dst)
{
	fake_sp_t sp;

	if (!fake_kernel_get_sp(kernel, dir, src, dst, &sp))
	{
		return "missing";
	}
	return mode_of(&sp.offload);
}
