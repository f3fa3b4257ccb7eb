// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * What the device refuses, in the words of mlx5, so that a daemon under test
 * sees the texts that it will see in the field.
 */
#include <crypto/aead.h>
#include <linux/udp.h>

#include "nicsim.h"

static int check_encap(struct nicsim_port *port, struct xfrm_state *x,
		       bool packet, struct netlink_ext_ack *extack)
{
	if (!x->encap)
		return 0;
	if (!nicsim_switch(&port->sw.encap)) {
		NL_SET_ERR_MSG_MOD(extack, "Encapsulation is not supported");
		return -EINVAL;
	}
	if (x->encap->encap_type != UDP_ENCAP_ESPINUDP) {
		NL_SET_ERR_MSG_MOD(extack, "Encapsulation other than UDP is not supported");
		return -EINVAL;
	}
	if (!packet) {
		NL_SET_ERR_MSG_MOD(extack, "Encapsulation is supported in packet offload mode only");
		return -EINVAL;
	}
	if (x->props.mode != XFRM_MODE_TRANSPORT) {
		NL_SET_ERR_MSG_MOD(extack, "Encapsulation is supported in transport mode only");
		return -EINVAL;
	}
	return 0;
}

static int check_algorithms(struct xfrm_state *x,
			    struct netlink_ext_ack *extack)
{
	if (x->props.aalgo != SADB_AALG_NONE) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload authenticated xfrm states");
		return -EINVAL;
	}
	if (x->props.ealgo != SADB_X_EALG_AES_GCM_ICV16) {
		NL_SET_ERR_MSG_MOD(extack, "Only AES-GCM-ICV16 xfrm state may be offloaded");
		return -EINVAL;
	}
	if (x->props.calgo != SADB_X_CALG_NONE) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload compressed xfrm states");
		return -EINVAL;
	}
	return 0;
}

static int check_aead(struct xfrm_state *x, struct netlink_ext_ack *extack)
{
	if (!x->aead) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload xfrm states without aead");
		return -EINVAL;
	}
	if (x->aead->alg_icv_len != NICSIM_ICV_LEN * 8) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload xfrm states with AEAD ICV length other than 128bit");
		return -EINVAL;
	}
	/* the last 32 bits are the salt */
	if (x->aead->alg_key_len != 128 + 32 &&
	    x->aead->alg_key_len != 256 + 32) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload xfrm states with AEAD key length other than 128/256 bit");
		return -EINVAL;
	}
	if (x->tfcpad) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload xfrm states with tfc padding");
		return -EINVAL;
	}
	if (!x->geniv || strcmp(x->geniv, "seqiv")) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload xfrm states with geniv other than seqiv");
		return -EINVAL;
	}
	return 0;
}

static int check_limits(struct nicsim_port *port, struct xfrm_state *x,
			struct netlink_ext_ack *extack)
{
	struct xfrm_lifetime_cfg *lft = &x->lft;

	if (!nicsim_switch(&port->sw.byte_limits) &&
	    (lft->soft_byte_limit != XFRM_INF ||
	     lft->hard_byte_limit != XFRM_INF)) {
		NL_SET_ERR_MSG_MOD(extack, "Device doesn't support byte limits");
		return -EINVAL;
	}
	if (lft->hard_byte_limit != XFRM_INF &&
	    lft->soft_byte_limit >= lft->hard_byte_limit) {
		NL_SET_ERR_MSG_MOD(extack, "Hard byte limit must be greater than soft one");
		return -EINVAL;
	}
	if (!lft->soft_byte_limit || !lft->hard_byte_limit) {
		NL_SET_ERR_MSG_MOD(extack, "Soft/hard byte limits can't be 0");
		return -EINVAL;
	}
	if (lft->hard_packet_limit != XFRM_INF &&
	    lft->soft_packet_limit >= lft->hard_packet_limit) {
		NL_SET_ERR_MSG_MOD(extack, "Hard packet limit must be greater than soft one");
		return -EINVAL;
	}
	if (!lft->soft_packet_limit || !lft->hard_packet_limit) {
		NL_SET_ERR_MSG_MOD(extack, "Soft/hard packet limits can't be 0");
		return -EINVAL;
	}
	return 0;
}

static int check_packet(struct nicsim_port *port, struct xfrm_state *x,
			struct netlink_ext_ack *extack)
{
	if (!nicsim_switch(&port->sw.packet)) {
		NL_SET_ERR_MSG_MOD(extack, "Packet offload is not supported");
		return -EINVAL;
	}
	if (x->props.mode == XFRM_MODE_TUNNEL &&
	    !nicsim_switch(&port->sw.tunnel)) {
		NL_SET_ERR_MSG_MOD(extack, "Packet offload is not supported for tunnel mode");
		return -EINVAL;
	}
	if (x->replay_esn && x->xso.dir == XFRM_DEV_OFFLOAD_IN &&
	    x->replay_esn->replay_window != 32 &&
	    x->replay_esn->replay_window != 64 &&
	    x->replay_esn->replay_window != 128 &&
	    x->replay_esn->replay_window != NICSIM_MAX_WINDOW) {
		NL_SET_ERR_MSG_MOD(extack, "Unsupported replay window size");
		return -EINVAL;
	}
	if (!x->props.reqid) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload without reqid");
		return -EINVAL;
	}
	return check_limits(port, x, extack);
}

static int check_type(struct nicsim_port *port, struct xfrm_state *x,
		      struct netlink_ext_ack *extack)
{
	switch (x->xso.type) {
	case XFRM_DEV_OFFLOAD_CRYPTO:
		if (!nicsim_switch(&port->sw.crypto)) {
			NL_SET_ERR_MSG_MOD(extack, "Crypto offload is not supported");
			return -EINVAL;
		}
		return 0;
	case XFRM_DEV_OFFLOAD_PACKET:
		return check_packet(port, x, extack);
	default:
		NL_SET_ERR_MSG_MOD(extack, "Unsupported xfrm offload type");
		return -EINVAL;
	}
}

static int check_injected(struct nicsim_port *port, struct xfrm_state *x,
			  struct netlink_ext_ack *extack)
{
	bool out = x->xso.dir == XFRM_DEV_OFFLOAD_OUT;
	u32 err = nicsim_switch(&port->sw.fail_sa);

	if (!err)
		err = nicsim_switch(out ? &port->sw.fail_sa_out :
					  &port->sw.fail_sa_in);
	if (!err)
		return 0;
	NL_SET_ERR_MSG_MOD(extack, "Injected SA failure");
	return -(int)min_t(u32, err, MAX_ERRNO);
}

int nicsim_validate_sa(struct nicsim_port *port, struct xfrm_state *x,
		       struct netlink_ext_ack *extack)
{
	bool packet = x->xso.type == XFRM_DEV_OFFLOAD_PACKET;
	int err;

	err = check_injected(port, x, extack);
	if (!err)
		err = check_algorithms(x, extack);
	if (err)
		return err;
	if (x->props.flags & XFRM_STATE_ESN && !nicsim_switch(&port->sw.esn)) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload ESN xfrm states");
		return -EINVAL;
	}
	if (x->props.family != AF_INET && x->props.family != AF_INET6) {
		NL_SET_ERR_MSG_MOD(extack, "Only IPv4/6 xfrm states may be offloaded");
		return -EINVAL;
	}
	if (x->id.proto != IPPROTO_ESP) {
		NL_SET_ERR_MSG_MOD(extack, "Only ESP xfrm state may be offloaded");
		return -EINVAL;
	}
	err = check_encap(port, x, packet, extack);
	if (!err)
		err = check_aead(x, extack);
	if (err)
		return err;
	if (x->sel.proto != IPPROTO_IP && x->sel.proto != IPPROTO_UDP &&
	    x->sel.proto != IPPROTO_TCP) {
		NL_SET_ERR_MSG_MOD(extack, "Device does not support upper protocol other than TCP/UDP");
		return -EINVAL;
	}
	if (x->props.mode != XFRM_MODE_TRANSPORT &&
	    x->props.mode != XFRM_MODE_TUNNEL) {
		NL_SET_ERR_MSG_MOD(extack, "Only transport and tunnel xfrm states may be offloaded");
		return -EINVAL;
	}
	return check_type(port, x, extack);
}

static int check_priority(struct nicsim_port *port, struct xfrm_policy *pol,
			  struct netlink_ext_ack *extack)
{
	if (pol->priority && !nicsim_switch(&port->sw.policy_prio)) {
		NL_SET_ERR_MSG_MOD(extack, "Device does not support policy priority");
		return -EINVAL;
	}
	if (pol->priority == U32_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "Device does not support requested policy priority");
		return -EINVAL;
	}
	return 0;
}

int nicsim_validate_policy(struct nicsim_port *port, struct xfrm_policy *pol,
			   struct netlink_ext_ack *extack)
{
	struct xfrm_selector *sel = &pol->selector;
	u32 inject = nicsim_switch(&port->sw.fail_policy);

	if (inject) {
		NL_SET_ERR_MSG_MOD(extack, "Injected policy failure");
		return -(int)min_t(u32, inject, MAX_ERRNO);
	}
	if (pol->type != XFRM_POLICY_TYPE_MAIN) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload non-main policy types");
		return -EINVAL;
	}
	if (pol->xfrm_nr > 1) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload more than one template");
		return -EINVAL;
	}
	if (pol->xdo.dir == XFRM_DEV_OFFLOAD_FWD) {
		NL_SET_ERR_MSG_MOD(extack, "Cannot offload forward policy");
		return -EINVAL;
	}
	if (!pol->xfrm_vec[0].reqid && sel->proto == IPPROTO_IP &&
	    xfrm_addr_any(&sel->saddr, pol->family) &&
	    xfrm_addr_any(&sel->daddr, pol->family)) {
		NL_SET_ERR_MSG_MOD(extack, "Unsupported policy with reqid 0 without at least one of upper protocol or ip addr(s) different than 0");
		return -EINVAL;
	}
	if (sel->proto != IPPROTO_IP && sel->proto != IPPROTO_UDP &&
	    sel->proto != IPPROTO_TCP) {
		NL_SET_ERR_MSG_MOD(extack, "Device does not support upper protocol other than TCP/UDP");
		return -EINVAL;
	}
	if (pol->xdo.type != XFRM_DEV_OFFLOAD_PACKET) {
		NL_SET_ERR_MSG_MOD(extack, "Unsupported xfrm offload type");
		return -EINVAL;
	}
	if (!nicsim_switch(&port->sw.packet)) {
		NL_SET_ERR_MSG_MOD(extack, "Packet offload is not supported");
		return -EINVAL;
	}
	return check_priority(port, pol, extack);
}
