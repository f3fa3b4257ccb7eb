// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * What the device's parser reads from a packet: addresses, protocol, ports,
 * and which kind of traffic it is.
 */
#include <linux/icmpv6.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/ipv6.h>

#include "nicsim.h"

#define IKE_PORT	500
#define NATT_PORT	4500

static bool parse_ipv4(const struct sk_buff *skb, struct nicsim_flow *flow)
{
	struct iphdr buf;
	const struct iphdr *ip;

	ip = skb_header_pointer(skb, flow->l3, sizeof(buf), &buf);
	if (!ip || ip->version != 4 || ip->ihl < 5)
		return false;
	flow->family = AF_INET;
	flow->proto = ip->protocol;
	flow->fragment = ip_is_fragment(ip);
	flow->saddr.a4 = ip->saddr;
	flow->daddr.a4 = ip->daddr;
	flow->l4 = flow->l3 + ip->ihl * 4;
	flow->end = flow->l3 + ntohs(ip->tot_len);
	return true;
}

static bool parse_ipv6(const struct sk_buff *skb, struct nicsim_flow *flow)
{
	struct ipv6hdr buf;
	const struct ipv6hdr *ip;
	__be16 frag = 0;
	u8 proto;
	int l4;

	ip = skb_header_pointer(skb, flow->l3, sizeof(buf), &buf);
	if (!ip || ip->version != 6)
		return false;
	proto = ip->nexthdr;
	l4 = ipv6_skip_exthdr(skb, flow->l3 + sizeof(*ip), &proto, &frag);
	if (l4 < 0)
		return false;
	flow->family = AF_INET6;
	flow->proto = proto;
	flow->fragment = frag != 0;
	flow->saddr.in6 = ip->saddr;
	flow->daddr.in6 = ip->daddr;
	flow->l4 = l4;
	flow->end = flow->l3 + sizeof(*ip) + ntohs(ip->payload_len);
	return true;
}

/* RFC 3948, 2.2: ESP in UDP starts with a SPI, IKE with four zero bytes */
static enum nicsim_class classify_udp(const struct sk_buff *skb,
				      struct nicsim_flow *flow)
{
	__be16 ike = htons(IKE_PORT);
	__be16 natt = htons(NATT_PORT);
	__be32 buf;
	const __be32 *marker;

	if (flow->sport == ike || flow->dport == ike)
		return NICSIM_CLASS_IKE;
	if (flow->sport != natt && flow->dport != natt)
		return NICSIM_CLASS_IP;
	marker = skb_header_pointer(skb, flow->l4 + NICSIM_UDP_LEN,
				    sizeof(buf), &buf);
	if (!marker || !*marker)
		return NICSIM_CLASS_IKE;
	return NICSIM_CLASS_ESP;
}

static enum nicsim_class classify_icmp6(const struct sk_buff *skb,
					const struct nicsim_flow *flow)
{
	u8 buf;
	const u8 *type;

	type = skb_header_pointer(skb, flow->l4, sizeof(buf), &buf);
	if (!type)
		return NICSIM_CLASS_IP;
	switch (*type) {
	case ICMPV6_MGM_QUERY ... ICMPV6_MGM_REDUCTION:
	case 133 ... 137:	/* neighbour discovery, RFC 4861 */
	case ICMPV6_MLD2_REPORT:
		return NICSIM_CLASS_OTHER;
	default:
		return NICSIM_CLASS_IP;
	}
}

static enum nicsim_class classify(const struct sk_buff *skb,
				  struct nicsim_flow *flow)
{
	struct {
		__be16 source;
		__be16 dest;
	} buf, *ports;

	switch (flow->proto) {
	case IPPROTO_ESP:
		return NICSIM_CLASS_ESP;
	case IPPROTO_IGMP:
		return NICSIM_CLASS_OTHER;
	case IPPROTO_ICMPV6:
		return classify_icmp6(skb, flow);
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		ports = skb_header_pointer(skb, flow->l4, sizeof(buf), &buf);
		if (!ports)
			return NICSIM_CLASS_IP;
		flow->sport = ports->source;
		flow->dport = ports->dest;
		if (flow->proto == IPPROTO_UDP)
			return classify_udp(skb, flow);
		return NICSIM_CLASS_IP;
	default:
		return NICSIM_CLASS_IP;
	}
}

void nicsim_flow_parse(const struct sk_buff *skb, int l3, __be16 proto,
		       struct nicsim_flow *flow)
{
	struct {
		__be16 tci;
		__be16 proto;
	} buf, *tag;
	bool tagged = false;

	memset(flow, 0, sizeof(*flow));
	flow->class = NICSIM_CLASS_OTHER;
	while (eth_type_vlan(proto)) {
		tag = skb_header_pointer(skb, l3, sizeof(buf), &buf);
		if (!tag)
			return;
		proto = tag->proto;
		l3 += sizeof(buf);
		tagged = true;
	}
	flow->l3 = l3;
	/* what claims to be IP and is not is still no one's cipher text */
	if (proto == htons(ETH_P_IP) || proto == htons(ETH_P_IPV6))
		flow->class = NICSIM_CLASS_IP;
	if (proto == htons(ETH_P_IP)) {
		if (!parse_ipv4(skb, flow))
			return;
	} else if (proto == htons(ETH_P_IPV6)) {
		if (!parse_ipv6(skb, flow))
			return;
	} else {
		return;
	}
	/* only the first fragment has ports, and no fragment is matched */
	flow->class = flow->fragment && flow->proto != IPPROTO_ESP ?
		      NICSIM_CLASS_IP : classify(skb, flow);
	if (tagged) {
		/* counted for what it is, but steering ends at the tag */
		flow->family = 0;
	}
}
