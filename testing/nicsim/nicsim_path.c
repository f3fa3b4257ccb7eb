// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * The way of a packet through the device: what is done to it on either side of
 * the cable, and as what it is counted.
 */
#include <linux/etherdevice.h>
#include <linux/udp.h>

#include "nicsim.h"

static const enum nicsim_counter tx_class[] = {
	[NICSIM_CLASS_OTHER] = NICSIM_tx_other,
	[NICSIM_CLASS_IKE] = NICSIM_tx_ike,
	[NICSIM_CLASS_ESP] = NICSIM_tx_esp_soft,
	[NICSIM_CLASS_IP] = NICSIM_tx_clear,
};

static const enum nicsim_counter rx_class[] = {
	[NICSIM_CLASS_OTHER] = NICSIM_rx_other,
	[NICSIM_CLASS_IKE] = NICSIM_rx_ike,
	[NICSIM_CLASS_ESP] = NICSIM_rx_esp_soft,
	[NICSIM_CLASS_IP] = NICSIM_rx_clear,
};

/*
 * Inbound: an SA of this device, for a whole packet that is meant for us. ESP
 * may come in UDP on any port, an SA knows its own.
 */
static struct nicsim_sa *rx_find_sa(struct nicsim_port *port,
				    const struct sk_buff *skb,
				    const struct nicsim_flow *flow)
{
	bool udp = flow->proto == IPPROTO_UDP;
	__be32 buf;
	const __be32 *spi;

	if ((!udp && flow->proto != IPPROTO_ESP) || !flow->family ||
	    flow->fragment || skb->pkt_type == PACKET_OTHERHOST)
		return NULL;
	spi = skb_header_pointer(skb, flow->l4 + (udp ? NICSIM_UDP_LEN : 0),
				 sizeof(buf), &buf);
	return spi ? nicsim_sa_find_in(port, flow, *spi) : NULL;
}

static bool rx_blocked(struct nicsim_port *port, struct sk_buff *skb)
{
	struct nicsim_policy *pol;
	struct nicsim_flow flow;

	if (list_empty(&port->pol_in))
		return false;
	nicsim_flow_parse(skb, 0, skb->protocol, &flow);
	pol = nicsim_policy_match(port, false, &flow);
	return pol && pol->action == XFRM_POLICY_BLOCK;
}

/*
 * Returns the packet for the stack, or NULL. ESP of an SA that this device
 * does not have goes up as it is.
 */
static struct sk_buff *rx_steer(struct nicsim_port *port, struct sk_buff *skb)
{
	enum nicsim_counter why;
	struct nicsim_flow flow;
	struct nicsim_sa *sa;

	nicsim_flow_parse(skb, 0, skb->protocol, &flow);
	sa = rx_find_sa(port, skb, &flow);
	if (!sa) {
		nicsim_count(port, rx_class[flow.class]);
	} else {
		skb = sa->packet ? nicsim_esp_open(sa, skb, &flow, &why) :
				   nicsim_esp_decrypt(sa, skb, &flow, &why);
		if (!skb) {
			nicsim_count(port, why);
			return NULL;
		}
		if (!sa->packet)
			return skb;
		nicsim_count(port, NICSIM_rx_packet);
	}
	if (rx_blocked(port, skb)) {
		nicsim_count(port, NICSIM_rx_block);
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

/* Hand a frame to the port at the other end. Called under RCU */
static void cable_deliver(struct nicsim_port *from, struct sk_buff *skb)
{
	struct nicsim_port *to = rcu_dereference(from->peer);
	unsigned int len = skb->len;

	if (!to || !netif_running(to->dev)) {
		nicsim_count(from, NICSIM_tx_drop_link);
		kfree_skb(skb);
		return;
	}
	dev_sw_netstats_tx_add(from->dev, 1, len);
	if (__dev_forward_skb(to->dev, skb) != NET_RX_SUCCESS) {
		nicsim_count(to, NICSIM_rx_drop_error);
		return;
	}
	skb_reset_network_header(skb);
	/* a NIC has no knowledge of who summed what at the other end */
	skb->ip_summed = CHECKSUM_NONE;
	skb = rx_steer(to, skb);
	if (!skb)
		return;
	dev_sw_netstats_rx_add(to->dev, len);
	gro_cells_receive(&to->gro, skb);
}

static bool due(atomic_t *count)
{
	return atomic_read(count) > 0 && atomic_dec_if_positive(count) >= 0;
}

/* Flip a bit in the last byte, which in ESP is part of the ICV */
static struct sk_buff *cable_tamper(struct sk_buff *skb)
{
	skb = skb_unshare(skb, GFP_ATOMIC);
	if (!skb)
		return NULL;
	if (skb_linearize(skb)) {
		kfree_skb(skb);
		return NULL;
	}
	skb->data[skb->len - 1] ^= 1;
	return skb;
}

/* ESP goes through what a hostile or lossy network may do to it */
static void cable_send_esp(struct nicsim_port *port, struct sk_buff *skb)
{
	struct sk_buff *twin;

	if (due(&port->lose)) {
		nicsim_count(port, NICSIM_lost);
		kfree_skb(skb);
		return;
	}
	if (due(&port->tamper)) {
		skb = cable_tamper(skb);
		if (!skb)
			return;
		nicsim_count(port, NICSIM_tampered);
	}
	if (due(&port->replay)) {
		twin = skb_copy(skb, GFP_ATOMIC);
		if (twin) {
			nicsim_count(port, NICSIM_replayed);
			cable_deliver(port, skb);
			skb = twin;
		}
	}
	cable_deliver(port, skb);
}

/* A frame that the device does not protect */
static void tx_plain(struct nicsim_port *port, struct sk_buff *skb,
		     const struct nicsim_flow *flow,
		     enum nicsim_counter counter)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb)) {
		nicsim_count(port, NICSIM_tx_drop_error);
		kfree_skb(skb);
		return;
	}
	nicsim_count(port, counter);
	if (flow->class == NICSIM_CLASS_ESP)
		cable_send_esp(port, skb);
	else
		cable_deliver(port, skb);
}

/* The stack has done all but the cipher */
static void tx_crypto(struct nicsim_port *port, struct sk_buff *skb,
		      const struct nicsim_flow *flow)
{
	struct xfrm_state *x = xfrm_input_state(skb);
	enum nicsim_counter why = NICSIM_tx_drop_no_sa;
	struct sk_buff *sealed = NULL;
	struct nicsim_sa *sa;

	sa = (struct nicsim_sa *)READ_ONCE(x->xso.offload_handle);
	if (sa && sa->port == port && !sa->packet &&
	    flow->class == NICSIM_CLASS_ESP && flow->family)
		sealed = nicsim_esp_encrypt(sa, skb, flow, &why);
	consume_skb(skb);
	if (!sealed) {
		nicsim_count(port, why);
		return;
	}
	nicsim_count(port, NICSIM_tx_crypto);
	cable_send_esp(port, sealed);
}

/* A template policy matched: protected or dropped */
static void tx_packet(struct nicsim_port *port, struct sk_buff *skb,
		      const struct nicsim_flow *flow,
		      const struct nicsim_policy *pol)
{
	enum nicsim_counter why = NICSIM_tx_drop_no_sa;
	struct sk_buff *sealed = NULL;
	struct nicsim_sa *sa;

	sa = nicsim_sa_find_out(port, &pol->tmpl, flow);
	if (sa)
		sealed = nicsim_esp_seal(sa, skb, flow, &why);
	consume_skb(skb);
	if (!sealed) {
		nicsim_count(port, why);
		return;
	}
	nicsim_count(port, NICSIM_tx_packet);
	cable_send_esp(port, sealed);
}

static void tx_steer(struct nicsim_port *port, struct sk_buff *skb)
{
	struct xfrm_offload *xo = xfrm_offload(skb);
	struct nicsim_policy *pol = NULL;
	struct nicsim_flow flow;

	/*
	 * The protocol is in skb->protocol: forwarded packets of a packet mode
	 * tunnel come with an Ethernet header that nobody has written.
	 */
	nicsim_flow_parse(skb, ETH_HLEN, skb->protocol, &flow);
	if (xo && xo->flags & XFRM_XMIT) {
		tx_crypto(port, skb, &flow);
		return;
	}
	if (flow.class != NICSIM_CLASS_ESP ||
	    nicsim_switch(&port->sw.match_esp))
		pol = nicsim_policy_match(port, true, &flow);
	if (!pol) {
		tx_plain(port, skb, &flow, tx_class[flow.class]);
	} else if (pol->action == XFRM_POLICY_BLOCK) {
		nicsim_count(port, NICSIM_tx_block);
		kfree_skb(skb);
	} else if (pol->has_tmpl) {
		tx_packet(port, skb, &flow, pol);
	} else {
		tx_plain(port, skb, &flow, NICSIM_tx_bypass);
	}
}

netdev_tx_t nicsim_xmit(struct sk_buff *skb, struct net_device *dev)
{
	skb_tx_timestamp(skb);
	rcu_read_lock();
	tx_steer(netdev_priv(dev), skb);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}
