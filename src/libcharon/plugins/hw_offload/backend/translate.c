/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From charon's terms to ours.
 */

#include "translate.h"
#include "settings.h"
#include "../model/plan/ts_convert.h"
#include "../wire/xfrm_map.h"

#include <limits.h>
#include <netinet/in.h>

#include <daemon.h>
#include <utils/debug.h>

void hwo_translate_sa_id(const kernel_ipsec_sa_id_t *id, hwo_sa_id_t *out)
{
	memset(out, 0, sizeof(*out));
	hwo_addr_from_host(id->src, &out->src);
	hwo_addr_from_host(id->dst, &out->dst);
	out->spi = id->spi;
	out->proto = id->proto;
	out->mark = id->mark;
	out->if_id = id->if_id;
}

void hwo_translate_ipcomp_id(const kernel_ipsec_sa_id_t *id, uint16_t cpi,
							 hwo_sa_id_t *out)
{
	hwo_translate_sa_id(id, out);
	out->spi = htonl(ntohs(cpi));
	out->proto = IPPROTO_COMP;
}

/**
 * Look up a kernel algorithm, those that other plugins registered included.
 */
static bool find_algorithm(transform_type_t type, uint16_t ike, hwo_alg_t *alg)
{
	char *name;

	if (hwo_xfrm_algorithm(type, ike, alg))
	{
		return TRUE;
	}
	if (charon->kernel->lookup_algorithm(charon->kernel, ike, type, NULL,
										 &name))
	{
		alg->name = name;
		return TRUE;
	}
	DBG1(DBG_KNL, "%N algorithm %u not supported by the kernel",
		 transform_type_names, type, ike);
	return FALSE;
}

/**
 * Translate algorithms and keys.
 */
static bool translate_algorithms(const kernel_ipsec_add_sa_t *data,
								 hwo_sa_t *sa)
{
	if (data->enc_alg != ENCR_UNDEFINED)
	{
		if (!find_algorithm(ENCRYPTION_ALGORITHM, data->enc_alg, &sa->enc))
		{
			return FALSE;
		}
		sa->enc.key = data->enc_key;
	}
	if (data->int_alg != AUTH_UNDEFINED)
	{
		if (!find_algorithm(INTEGRITY_ALGORITHM, data->int_alg, &sa->integ))
		{
			return FALSE;
		}
		sa->integ.key = data->int_key;
	}
	return TRUE;
}

/**
 * Set flags about the outer header.
 */
static void translate_flags(const kernel_ipsec_add_sa_t *data, hwo_sa_t *sa)
{
	sa->noecn = !data->copy_ecn;
	if (data->inbound)
	{
		sa->icmp = hwo_compat_sa_forward_icmp(data);
		sa->decap_dscp = data->copy_dscp == DSCP_COPY_YES ||
						 data->copy_dscp == DSCP_COPY_IN_ONLY;
	}
	else
	{
		sa->nopmtudisc = !data->copy_df;
		sa->dont_encap_dscp = data->copy_dscp == DSCP_COPY_NO ||
							  data->copy_dscp == DSCP_COPY_IN_ONLY;
	}
	/* RFC 4302, 3.3.3.2.1: 4 bytes for IPv4, the kernel defaults to 8 */
	sa->align4 = sa->id.proto == IPPROTO_AH && sa->id.dst.family == AF_INET;
}

/**
 * Set the selector of an SA, for modes without an inner header. As there can be
 * only one, it gets the first pair of traffic selectors.
 */
static void translate_selector(const hwo_translate_t *how,
							   const kernel_ipsec_add_sa_t *data, hwo_sa_t *sa)
{
	traffic_selector_t *src, *dst;

	switch (sa->facts.mode)
	{
		case MODE_TRANSPORT:
		case MODE_BEET:
			break;
		default:
			sa->af_unspec = TRUE;
			return;
	}
	if (data->mode == MODE_TUNNEL)
	{	/* inside an IPComp tunnel, other traffic must not get dropped */
		sa->af_unspec = how->kernel.sa_af_unspec_transport;
		return;
	}
	if (data->src_ts->get_first(data->src_ts, (void**)&src) != SUCCESS ||
		data->dst_ts->get_first(data->dst_ts, (void**)&dst) != SUCCESS)
	{
		return;
	}
	hwo_selector_from_ts(src, dst, &sa->sel);
	if (!how->proto_port_transport)
	{	/* further SAs between the same hosts may be for other ports */
		sa->sel.proto = 0;
		sa->sel.src_port = sa->sel.src_port_mask = 0;
		sa->sel.dst_port = sa->sel.dst_port_mask = 0;
	}
}

/**
 * Determine the anti-replay window. Outbound SAs don't need one, but before
 * 6.10 the kernel wanted one with ESN, since then it refuses any.
 */
static uint32_t replay_window(const hwo_translate_t *how,
							  const kernel_ipsec_add_sa_t *data)
{
	if (data->inbound || !data->replay_window)
	{
		return data->replay_window;
	}
	return data->esn && !how->kernel.sa_dir ? 1 : 0;
}

/**
 * Check if a tunnel is for addresses of another family than its own.
 */
static bool has_mixed_families(const hwo_sa_t *sa,
							   const kernel_ipsec_add_sa_t *data)
{
	ts_type_t type = sa->id.src.family == AF_INET ? TS_IPV4_ADDR_RANGE
												  : TS_IPV6_ADDR_RANGE;
	enumerator_t *enumerator;
	traffic_selector_t *ts;
	bool mixed = FALSE;

	if (sa->facts.mode != MODE_TUNNEL)
	{
		return FALSE;
	}
	enumerator = data->src_ts->create_enumerator(data->src_ts);
	while (enumerator->enumerate(enumerator, &ts))
	{
		mixed = mixed || ts->get_type(ts) != type;
	}
	enumerator->destroy(enumerator);
	return mixed;
}

/**
 * Set IP-TFS parameters.
 */
static void translate_iptfs(const kernel_ipsec_add_sa_t *data, hwo_sa_t *sa)
{
	sa->iptfs = (hwo_iptfs_t){
		.drop_time = hwo_iptfs_setting("drop_time", 1000000, INT_MAX),
		.reorder_window = hwo_iptfs_setting("reorder_window", 3, UINT16_MAX),
		.init_delay = hwo_iptfs_setting("init_delay", 0, INT_MAX),
		.max_queue_size = hwo_iptfs_setting("max_queue_size", 1024 * 1024,
											INT_MAX),
		.packet_size = hwo_iptfs_setting("packet_size", 0, INT_MAX),
		.dont_fragment = hwo_compat_sa_iptfs_dont_frag(data) ||
						 lib->settings->get_bool(lib->settings,
								"%s.iptfs.dont_fragment", FALSE, lib->ns),
	};
}

/**
 * Set which traffic an SA is for, as far as routes depend on it.
 */
static void translate_traffic(const kernel_ipsec_sa_id_t *id,
							  const kernel_ipsec_add_sa_t *data,
							  hwo_sa_facts_t *facts)
{
	facts->link = hwo_hosts_link(id->src, id->dst);
	facts->ts_proto = hwo_proto_from_ts(data->src_ts, data->dst_ts);
	if (facts->mode == MODE_TUNNEL)
	{
		hwo_nets_from_ts(data->inbound ? data->dst_ts : data->src_ts,
						 &facts->local);
		hwo_nets_from_ts(data->inbound ? data->src_ts : data->dst_ts,
						 &facts->remote);
	}
}

/**
 * Set what ESP, AH and IPComp SAs have in common.
 */
static void translate_common(const hwo_translate_t *how,
							 const kernel_ipsec_sa_id_t *id,
							 const kernel_ipsec_add_sa_t *data, hwo_sa_t *sa)
{
	sa->src_port = id->src->get_port(id->src);
	sa->dst_port = id->dst->get_port(id->dst);
	sa->reqid = data->reqid;
	sa->facts.proto = sa->id.proto;
	sa->facts.if_id = sa->id.if_id;
	sa->facts.inbound = data->inbound;
	sa->update = data->update;
	sa->cpu = hwo_compat_sa_cpu(data);
	sa->set_dir = how->kernel.sa_dir;
	translate_flags(data, sa);
	translate_selector(how, data, sa);
}

/**
 * Set what is wrong with ESN in crypto mode. The kernel takes SAs per CPU, and
 * those for IP-TFS, only with a direction, so they can't have a window.
 */
static void translate_stale(const hwo_translate_t *how,
							const kernel_ipsec_add_sa_t *data, hwo_sa_t *sa)
{
	bool stale = data->esn && data->hw_offload != HW_OFFLOAD_NO &&
				 !how->kernel.esn_followed &&
				 !hwo_compat_mode_is_iptfs(sa->facts.mode);

	sa->facts.esn_per_cpu = stale && sa->cpu != UINT32_MAX;
	sa->facts.esn_stale = stale && sa->cpu == UINT32_MAX && !data->inbound;
}

bool hwo_translate_sa(const hwo_translate_t *how,
					  const kernel_ipsec_sa_id_t *id,
					  const kernel_ipsec_add_sa_t *data, hwo_sa_t *sa)
{
	lifetime_cfg_t *life = data->lifetime;

	memset(sa, 0, sizeof(*sa));
	hwo_translate_sa_id(id, &sa->id);
	/* with IPComp that SA has the inner header */
	sa->facts.mode = data->ipcomp != IPCOMP_NONE ? MODE_TRANSPORT : data->mode;
	translate_common(how, id, data, sa);
	sa->seq = hwo_compat_sa_seq(data);
	sa->limits = (hwo_limits_t){
		.soft_bytes = life->bytes.rekey,
		.hard_bytes = life->bytes.life,
		.soft_packets = life->packets.rekey,
		.hard_packets = life->packets.life,
		.soft_time = life->time.rekey,
		.hard_time = life->time.life,
	};
	sa->replay_window = replay_window(how, data);
	sa->facts.esn = data->esn;
	translate_stale(how, data, sa);
	sa->facts.encap = data->encap;
	if (data->encap && data->inbound && !sa->src_port)
	{	/* SAs per CPU come from any port, don't report each as a change */
		sa->mtimer_thresh = UINT32_MAX;
	}
	if (sa->id.proto == IPPROTO_ESP && sa->facts.mode == MODE_TUNNEL)
	{	/* the kernel knows TFC padding only for these */
		sa->facts.tfc = data->tfc;
	}
	sa->facts.ipcomp = data->ipcomp != IPCOMP_NONE;
	sa->facts.mixed_families = has_mixed_families(sa, data);
	sa->facts.if_id_in_software = how->kernel.sa_if_id_in_software;
	sa->facts.set_mark = data->mark;
	sa->facts.marked = sa->id.mark.mask || sa->id.if_id;
	translate_traffic(id, data, &sa->facts);
	if (data->label)
	{
		sa->label = data->label->get_encoding(data->label);
	}
	if (hwo_compat_mode_is_iptfs(sa->facts.mode))
	{
		translate_iptfs(data, sa);
	}
	return translate_algorithms(data, sa);
}

bool hwo_translate_ipcomp(const hwo_translate_t *how,
						  const kernel_ipsec_sa_id_t *id,
						  const kernel_ipsec_add_sa_t *data, hwo_sa_t *sa)
{
	memset(sa, 0, sizeof(*sa));
	hwo_translate_ipcomp_id(id, data->cpi, &sa->id);
	sa->facts.mode = data->mode;
	translate_common(how, id, data, sa);
	return find_algorithm(COMPRESSION_ALGORITHM, data->ipcomp, &sa->comp);
}

void hwo_translate_move(const kernel_ipsec_update_sa_t *data, bool encap,
						hwo_sa_move_t *move)
{
	memset(move, 0, sizeof(*move));
	hwo_addr_from_host(data->new_src, &move->src);
	hwo_addr_from_host(data->new_dst, &move->dst);
	move->src_port = data->new_src->get_port(data->new_src);
	move->dst_port = data->new_dst->get_port(data->new_dst);
	move->encap = encap;
	move->reqid = data->new_reqid;
}

void hwo_translate_sp_id(const kernel_ipsec_policy_id_t *id, uint32_t ifindex,
						 hwo_sp_id_t *out)
{
	memset(out, 0, sizeof(*out));
	out->dir = id->dir;
	hwo_selector_from_ts(id->src_ts, id->dst_ts, &out->sel);
	out->sel.ifindex = ifindex;
	out->mark = id->mark;
	out->if_id = id->if_id;
	if (id->label)
	{
		out->label = id->label->get_encoding(id->label);
	}
}

/**
 * Note the addresses of our side, as they are configured.
 */
static void translate_range(const kernel_ipsec_policy_id_t *id,
							hwo_sp_request_t *user)
{
	traffic_selector_t *ts = id->dir == POLICY_OUT ? id->src_ts : id->dst_ts;
	chunk_t from = ts->get_from_address(ts), to = ts->get_to_address(ts);

	user->from.family = user->to.family = user->sp.id.sel.family;
	memcpy(user->from.bytes, from.ptr, min(from.len, sizeof(user->from.bytes)));
	memcpy(user->to.bytes, to.ptr, min(to.len, sizeof(user->to.bytes)));
}

/**
 * Add a template, the first one has the outer header.
 */
static void add_tmpl(hwo_sp_request_t *user, uint8_t proto, uint32_t spi)
{
	bool first = !user->sp.tmpl_count;
	hwo_tmpl_t *tmpl = &user->sp.tmpl[user->sp.tmpl_count++];

	tmpl->proto = proto;
	tmpl->reqid = user->reqid;
	tmpl->mode = first ? user->mode : MODE_TRANSPORT;
	tmpl->family = user->sa.src.family;
	/* incompressible packets are sent without IPComp header */
	tmpl->optional = proto == IPPROTO_COMP && user->sp.id.dir != POLICY_OUT;
	/* any SA with a matching label, or for the CPU, will do */
	if (user->sp.id.dir == POLICY_OUT && !user->sp.id.label.len &&
		!user->sp.cpu_acquire)
	{
		tmpl->spi = spi;
	}
	if (tmpl->mode != MODE_TRANSPORT)
	{
		tmpl->src = user->sa.src;
		tmpl->dst = user->sa.dst;
	}
}

/**
 * Add templates for all protocols, from the inside out.
 */
static void translate_tmpls(const ipsec_sa_cfg_t *cfg, hwo_sp_request_t *user)
{
	if (cfg->ipcomp.transform != IPCOMP_NONE)
	{
		add_tmpl(user, IPPROTO_COMP, htonl(ntohs(cfg->ipcomp.cpi)));
	}
	if (cfg->esp.use)
	{
		add_tmpl(user, IPPROTO_ESP, cfg->esp.spi);
	}
	if (cfg->ah.use)
	{
		add_tmpl(user, IPPROTO_AH, cfg->ah.spi);
	}
}

void hwo_translate_sp(const kernel_ipsec_policy_id_t *id,
					  const kernel_ipsec_manage_policy_t *data,
					  uint32_t ifindex, uint32_t manual, hwo_sp_request_t *user)
{
	const ipsec_sa_cfg_t *cfg = data->sa;

	memset(user, 0, sizeof(*user));
	hwo_translate_sp_id(id, ifindex, &user->sp.id);
	translate_range(id, user);
	user->type = data->type;
	user->requested = data->hw_offload;
	user->mode = cfg->mode;
	user->reqid = cfg->reqid;
	hwo_addr_from_host(data->src, &user->sa.src);
	hwo_addr_from_host(data->dst, &user->sa.dst);
	user->link = hwo_hosts_link(data->src, data->dst);
	user->sa.mark = id->mark;
	user->sa.if_id = id->if_id;
	user->sa.proto = cfg->ah.use ? IPPROTO_AH : IPPROTO_ESP;
	user->sa.spi = cfg->ah.use ? cfg->ah.spi : cfg->esp.spi;

	user->auto_priority = hwo_sp_priority(&user->sp.id.sel, data->prio,
										  id->interface != NULL);
	user->sp.priority = manual ?: user->auto_priority;
	user->sp.block = data->type == POLICY_DROP;
	user->sp.cpu_acquire = hwo_compat_policy_pcpu_acquires(data);
	if (data->type == POLICY_IPSEC)
	{
		user->sp.icmp = id->dir != POLICY_IN &&
						hwo_compat_policy_forward_icmp(data);
		if (cfg->reqid)
		{
			translate_tmpls(cfg, user);
		}
	}
}
