// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * The headers around ESP: what of the inner IP header goes into the outer one
 * and back, and UDP encapsulation. Nothing here knows about keys or sequence
 * numbers.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "nicsim.h"

/* Size of an IP header without options */
u32 nicsim_header_len(u8 family)
{
	return family == AF_INET ? sizeof(struct iphdr) :
				   sizeof(struct ipv6hdr);
}

static void set_ipv4(struct iphdr *ip, u8 proto, u32 len)
{
	ip->protocol = proto;
	ip->tot_len = htons(len);
	ip_send_check(ip);
}

static void set_ipv6(struct ipv6hdr *ip, u8 proto, u32 len)
{
	ip->nexthdr = proto;
	ip->payload_len = htons(len - sizeof(*ip));
}

/* Set protocol and length of an IP header; len includes the header */
void nicsim_header_set(u8 family, void *ip, u8 proto, u32 len)
{
	if (family == AF_INET)
		set_ipv4(ip, proto, len);
	else
		set_ipv6(ip, proto, len);
}

/* RFC 4301, 5.1.2: what the outer header takes from the inner one */
void nicsim_header_outer(const struct nicsim_sa *sa, void *outer,
			 const void *inner, u8 inner_family)
{
	const struct iphdr *in4 = inner;
	u8 tos = inner_family == AF_INET ? ipv4_get_dsfield(inner) :
					   ipv6_get_dsfield(inner);
	u8 dscp = sa->extra_flags & XFRM_SA_XFLAG_DONT_ENCAP_DSCP ? 0 :
		  tos & ~INET_ECN_MASK;
	u8 ecn = sa->flags & XFRM_STATE_NOECN ? 0 : tos & INET_ECN_MASK;

	/* RFC 3168, 9.1.1, full functionality: CE becomes ECT(0) outside */
	if (ecn == INET_ECN_CE)
		ecn = INET_ECN_ECT_0;
	if (sa->family == AF_INET) {
		struct iphdr *ip = outer;

		memset(ip, 0, sizeof(*ip));
		ip->version = 4;
		ip->ihl = 5;
		ip->tos = dscp | ecn;
		ip->ttl = 64;
		if (!(sa->flags & XFRM_STATE_NOPMTUDISC) &&
		    (inner_family == AF_INET6 ||
		     in4->frag_off & htons(IP_DF)))
			ip->frag_off = htons(IP_DF);
		ip->saddr = sa->saddr.a4;
		ip->daddr = sa->daddr.a4;
	} else {
		struct ipv6hdr *ip = outer;

		memset(ip, 0, sizeof(*ip));
		ip6_flow_hdr(ip, dscp | ecn, 0);
		ip->hop_limit = 64;
		ip->saddr = sa->saddr.in6;
		ip->daddr = sa->daddr.in6;
	}
}

/* RFC 3948, 2.1: no checksum over what the peer authenticates anyway */
void nicsim_header_udp(const struct nicsim_sa *sa, struct udphdr *udp, u32 len)
{
	udp->source = sa->sport;
	udp->dest = sa->dport;
	udp->len = htons(len);
	udp->check = 0;
}

/* RFC 6040 in short: congestion marks outside survive, DSCP on demand */
void nicsim_header_inner(const struct nicsim_sa *sa, struct sk_buff *skb,
			 u8 outer)
{
	bool v4 = skb->protocol == htons(ETH_P_IP);

	if (sa->flags & XFRM_STATE_DECAP_DSCP) {
		if (v4)
			ipv4_change_dsfield(ip_hdr(skb), INET_ECN_MASK,
					    outer & ~INET_ECN_MASK);
		else
			ipv6_change_dsfield(ipv6_hdr(skb), INET_ECN_MASK,
					    outer & ~INET_ECN_MASK);
	}
	if (!(sa->flags & XFRM_STATE_NOECN) && INET_ECN_is_ce(outer)) {
		if (v4)
			IP_ECN_set_ce(ip_hdr(skb));
		else
			IP6_ECN_set_ce(skb, ipv6_hdr(skb));
	}
}
