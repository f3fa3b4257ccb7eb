// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * ESP as the device does it (RFC 4303 with AES-GCM, RFC 4106): the whole of it
 * in packet mode (seal, open), only the cipher in crypto mode (encrypt,
 * decrypt). What goes over the cable is real ESP, so the other end may be the
 * kernel's own.
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "nicsim.h"

/* Take the next sequence number of an outbound SA and count the packet */
static bool sequence_take(struct nicsim_sa *sa, u32 bytes, u64 *seq,
			  enum nicsim_counter *why)
{
	bool taken = false;

	spin_lock_bh(&sa->lock);
	if (nicsim_limits_reached(sa)) {
		*why = NICSIM_tx_drop_limit;
	} else if (!sa->seq || (!sa->esn && sa->seq > U32_MAX)) {
		/* RFC 4303, 3.3.3: never cycle */
		*why = NICSIM_tx_drop_seq;
	} else {
		*seq = sa->seq++;
		nicsim_limits_use(sa, bytes);
		taken = true;
	}
	spin_unlock_bh(&sa->lock);
	return taken;
}

/* Lengths of the parts of the packet that seal is to make */
struct layout {
	u32 payload;	/* bytes to protect, before padding */
	u32 pad;
	u32 ip;		/* the IP header in front of ESP */
	u32 udp;
	u32 head;	/* how much the packet grows in front */
	u32 tail;
};

static bool layout_plan(struct nicsim_sa *sa, const struct nicsim_flow *flow,
			struct layout *lay)
{
	if (sa->tunnel) {
		lay->payload = flow->end - flow->l3;
		lay->ip = nicsim_header_len(sa->family);
	} else {
		/* no extension headers, and no fragment: RFC 4303, 3.3.4 */
		if (flow->fragment || flow->family != sa->family ||
		    (flow->family == AF_INET6 &&
		     flow->l4 - flow->l3 != nicsim_header_len(AF_INET6)))
			return false;
		lay->payload = flow->end - flow->l4;
		lay->ip = flow->l4 - flow->l3;
	}
	lay->udp = sa->encap ? NICSIM_UDP_LEN : 0;
	lay->pad = ALIGN(lay->payload + 2, 4) - lay->payload - 2;
	lay->head = NICSIM_ESP_LEN + lay->udp + (sa->tunnel ? lay->ip : 0);
	lay->tail = lay->pad + 2 + NICSIM_ICV_LEN;
	return true;
}

/* A private, linear copy with a finished checksum and room for ESP */
static struct sk_buff *seal_copy(struct sk_buff *skb, const struct layout *lay,
				 const struct nicsim_flow *flow)
{
	struct sk_buff *copy;

	if (flow->end > skb->len || flow->l4 > flow->end)
		return NULL;
	copy = skb_copy_expand(skb, lay->head + NET_SKB_PAD,
			       lay->tail + NET_SKB_PAD, GFP_ATOMIC);
	if (!copy)
		return NULL;
	if (copy->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(copy)) {
		kfree_skb(copy);
		return NULL;
	}
	copy->ip_summed = CHECKSUM_NONE;
	skb_trim(copy, flow->end);
	return copy;
}

/* Write the headers in front; returns the ESP header */
static struct ip_esp_hdr *seal_headers(struct nicsim_sa *sa,
				       struct sk_buff *skb,
				       const struct nicsim_flow *flow,
				       const struct layout *lay)
{
	u8 *old = skb->data, *new = skb_push(skb, lay->head), *ip;
	u32 total = lay->ip + lay->udp + NICSIM_ESP_LEN + lay->payload +
		    lay->tail;
	u8 proto = sa->encap ? IPPROTO_UDP : IPPROTO_ESP;

	if (sa->tunnel) {
		memmove(new, old, ETH_HLEN);
		ip = new + ETH_HLEN;
		nicsim_header_outer(sa, ip, old + flow->l3, flow->family);
	} else {
		memmove(new, old, flow->l4);
		ip = new + flow->l3;
	}
	nicsim_header_set(sa->family, ip, proto, total);
	if (sa->tunnel && sa->family == AF_INET) {
		struct iphdr *outer = (struct iphdr *)ip;

		__ip_select_ident(dev_net(sa->port->dev), outer, 1);
		ip_send_check(outer);
	}
	if (sa->encap)
		nicsim_header_udp(sa, (struct udphdr *)(ip + lay->ip),
				  total - lay->ip);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ip - skb->data);
	skb_set_transport_header(skb, ip + lay->ip - skb->data);
	return (struct ip_esp_hdr *)(ip + lay->ip + lay->udp);
}

static u8 seal_next_header(struct nicsim_sa *sa, const struct nicsim_flow *flow)
{
	if (!sa->tunnel)
		return flow->proto;
	return flow->family == AF_INET ? IPPROTO_IPIP : IPPROTO_IPV6;
}

/*
 * Packet mode, outbound: skb is a plain Ethernet frame, still owned by the
 * caller; the answer is a new frame, or NULL and why.
 */
struct sk_buff *nicsim_esp_seal(struct nicsim_sa *sa, struct sk_buff *skb,
				const struct nicsim_flow *flow,
				enum nicsim_counter *why)
{
	u8 mac[ETH_ALEN], next = seal_next_header(sa, flow);
	struct ip_esp_hdr *esp;
	struct sk_buff *copy;
	struct layout lay;
	u64 seq;

	*why = NICSIM_tx_drop_unsupported;
	if (!layout_plan(sa, flow, &lay))
		return NULL;
	*why = NICSIM_tx_drop_neigh;
	if (sa->tunnel && !nicsim_nexthop(sa->port, sa, mac))
		return NULL;
	*why = NICSIM_tx_drop_error;
	copy = seal_copy(skb, &lay, flow);
	if (!copy)
		return NULL;
	if (!sequence_take(sa, lay.payload, &seq, why))
		goto drop;

	nicsim_cipher_trailer(skb_put(copy, lay.tail), lay.pad, next);
	esp = seal_headers(sa, copy, flow, &lay);
	esp->spi = sa->spi;
	esp->seq_no = htonl(lower_32_bits(seq));
	nicsim_cipher_iv(esp, seq);
	if (nicsim_cipher(sa, esp, seq, true, lay.payload + lay.pad + 2)) {
		*why = NICSIM_tx_drop_error;
		goto drop;
	}
	if (sa->tunnel) {
		copy->protocol = sa->family == AF_INET ? htons(ETH_P_IP) :
							 htons(ETH_P_IPV6);
		ether_addr_copy(eth_hdr(copy)->h_dest, mac);
		ether_addr_copy(eth_hdr(copy)->h_source,
				sa->port->dev->dev_addr);
		eth_hdr(copy)->h_proto = copy->protocol;
	}
	return copy;

drop:
	kfree_skb(copy);
	return NULL;
}

/*
 * The inner checksum, when the stack left it to the device: it covers what the
 * cipher will cover, without padding.
 */
static bool inner_checksum(struct sk_buff *skb, u32 end)
{
	u32 start = skb_checksum_start_offset(skb);
	u32 pad = skb->data[end - 2];
	__sum16 *sum;

	if (start + skb->csum_offset + sizeof(*sum) > end ||
	    start + pad + 2 > end)
		return false;
	sum = (__sum16 *)(skb->data + start + skb->csum_offset);
	*sum = csum_fold(skb_checksum(skb, start, end - 2 - pad - start, 0));
	if (!*sum)
		*sum = CSUM_MANGLED_0;
	return true;
}

/*
 * Crypto mode, outbound: the stack has made the ESP packet with its trailer
 * and room for the ICV, the text in it is still clear.
 */
struct sk_buff *nicsim_esp_encrypt(struct nicsim_sa *sa, struct sk_buff *skb,
				   const struct nicsim_flow *flow,
				   enum nicsim_counter *why)
{
	struct xfrm_offload *xo = xfrm_offload(skb);
	int at = flow->l4 + (sa->encap ? NICSIM_UDP_LEN : 0);
	int len = flow->end - at - NICSIM_ESP_LEN - NICSIM_ICV_LEN;
	struct ip_esp_hdr *esp;
	struct sk_buff *copy;
	u32 low, high;

	*why = NICSIM_tx_drop_error;
	if (flow->end > skb->len || len < 2)
		return NULL;
	copy = skb_copy_expand(skb, skb_headroom(skb), 0, GFP_ATOMIC);
	if (!copy)
		return NULL;
	if (copy->ip_summed == CHECKSUM_PARTIAL &&
	    !inner_checksum(copy, at + NICSIM_ESP_LEN + len))
		goto drop;
	copy->ip_summed = CHECKSUM_NONE;
	esp = (struct ip_esp_hdr *)(copy->data + at);
	low = ntohl(esp->seq_no);
	high = xo->seq.hi;
	/*
	 * A segment's number has been stepped past it already; if that wrapped
	 * the high half belongs to the next one.
	 */
	if (xo->flags & XFRM_GSO_SEGMENT && xo->seq.low < low)
		high--;
	if (!sa->esn)
		high = 0;
	nicsim_cipher_iv(esp, ((u64)high << 32) | low);
	if (nicsim_cipher(sa, esp, ((u64)high << 32) | low, true, len))
		goto drop;
	return copy;

drop:
	kfree_skb(copy);
	return NULL;
}

/* Sole owner of linear data, cut to the IP packet. skb->data is at L3 */
static struct sk_buff *open_prepare(struct sk_buff *skb,
				    const struct nicsim_flow *flow)
{
	if (flow->end > skb->len || flow->l4 > flow->end)
		goto drop;
	skb = skb_unshare(skb, GFP_ATOMIC);
	if (!skb)
		return NULL;
	if (skb_linearize(skb) || pskb_trim(skb, flow->end))
		goto drop;
	skb->ip_summed = CHECKSUM_NONE;
	return skb;

drop:
	kfree_skb(skb);
	return NULL;
}

/* Tell the stack what the device has done */
static bool open_secpath(struct nicsim_sa *sa, struct sk_buff *skb, u32 status)
{
	struct xfrm_offload *xo;
	struct sec_path *sp;

	sp = secpath_set(skb);
	if (!sp || sp->len == XFRM_MAX_DEPTH ||
	    sp->olen == XFRM_MAX_OFFLOAD_DEPTH)
		return false;
	if (!refcount_inc_not_zero(&sa->x->refcnt))
		return false;
	sp->xvec[sp->len++] = sa->x;
	sp->olen++;
	xo = xfrm_offload(skb);
	xo->flags = CRYPTO_DONE;
	xo->status = status;
	return true;
}

/*
 * Crypto mode, inbound: decrypted in place, the ESP header and trailer stay
 * for the stack, which also checks for replays and counts.
 */
struct sk_buff *nicsim_esp_decrypt(struct nicsim_sa *sa, struct sk_buff *skb,
				   const struct nicsim_flow *flow,
				   enum nicsim_counter *why)
{
	int at = flow->l4 + (sa->encap ? NICSIM_UDP_LEN : 0);
	int len = flow->end - at - NICSIM_ESP_LEN;
	enum nicsim_counter counter = NICSIM_rx_crypto;
	u32 status = CRYPTO_SUCCESS;
	struct ip_esp_hdr *esp;
	u64 seq;

	*why = NICSIM_rx_drop_error;
	skb = open_prepare(skb, flow);
	if (!skb)
		return NULL;
	if (len < 2 + NICSIM_ICV_LEN)
		goto drop;
	esp = (struct ip_esp_hdr *)(skb->data + at);
	seq = ntohl(esp->seq_no);
	if (sa->esn)
		seq |= (u64)xfrm_replay_seqhi(sa->x, esp->seq_no) << 32;
	if (nicsim_cipher(sa, esp, seq, false, len)) {
		counter = NICSIM_rx_auth_fail;
		status = sa->tunnel ? CRYPTO_TUNNEL_ESP_AUTH_FAILED :
				      CRYPTO_TRANSPORT_ESP_AUTH_FAILED;
	}
	if (!open_secpath(sa, skb, status))
		goto drop;
	nicsim_count(sa->port, counter);
	return skb;

drop:
	kfree_skb(skb);
	return NULL;
}

/* Before decryption: is it worth it? */
static bool open_admit(struct nicsim_sa *sa, u32 low, u64 *seq,
		       enum nicsim_counter *why)
{
	bool admit = false;

	spin_lock_bh(&sa->lock);
	if (nicsim_limits_reached(sa)) {
		*why = NICSIM_rx_drop_limit;
	} else if (!nicsim_replay_infer(sa, low, seq) ||
		   !nicsim_replay_fresh(sa, *seq)) {
		*why = NICSIM_rx_replay;
		sa->now.replay++;
	} else {
		admit = true;
	}
	spin_unlock_bh(&sa->lock);
	return admit;
}

/* After it: the window may have moved, and only a true packet moves it */
static bool open_commit(struct nicsim_sa *sa, u64 seq, bool authentic,
			u32 bytes, enum nicsim_counter *why)
{
	bool commit = false;

	spin_lock_bh(&sa->lock);
	if (!authentic) {
		*why = NICSIM_rx_auth_fail;
		sa->now.auth_fail++;
	} else if (!nicsim_replay_fresh(sa, seq)) {
		*why = NICSIM_rx_replay;
		sa->now.replay++;
	} else if (nicsim_limits_reached(sa)) {
		*why = NICSIM_rx_drop_limit;
	} else {
		nicsim_replay_mark(sa, seq);
		nicsim_limits_use(sa, bytes);
		commit = true;
	}
	spin_unlock_bh(&sa->lock);
	return commit;
}

/* Move the Ethernet header (and what follows it) up over what was removed */
static void close_gap(struct sk_buff *skb, u32 gap, u32 keep)
{
	u8 *mac = skb_mac_header(skb);

	memmove(mac + gap, mac, skb->data - mac + keep);
	skb->mac_header += gap;
	skb_pull(skb, gap);
	skb_reset_network_header(skb);
	skb_reset_mac_len(skb);
}

static bool open_tunnel(struct nicsim_sa *sa, struct sk_buff *skb, u32 gap,
			u8 next)
{
	u8 tos = sa->family == AF_INET ? ipv4_get_dsfield(ip_hdr(skb)) :
					 ipv6_get_dsfield(ipv6_hdr(skb));
	u32 need;

	if (next == IPPROTO_IPIP) {
		skb->protocol = htons(ETH_P_IP);
		need = nicsim_header_len(AF_INET);
	} else if (next == IPPROTO_IPV6) {
		skb->protocol = htons(ETH_P_IPV6);
		need = nicsim_header_len(AF_INET6);
	} else {
		return false;
	}
	if (skb->len < gap + need)
		return false;
	close_gap(skb, gap, 0);
	eth_hdr(skb)->h_proto = skb->protocol;
	nicsim_header_inner(sa, skb, tos);
	return true;
}

static void open_transport(struct nicsim_sa *sa, struct sk_buff *skb, u32 gap,
			   u32 ip, u8 next)
{
	close_gap(skb, gap, ip);
	nicsim_header_set(sa->family, skb->data, next, skb->len);
	/* the checksum may be over addresses that a NAT has changed */
	if (sa->encap && (next == IPPROTO_TCP || next == IPPROTO_UDP))
		skb->ip_summed = CHECKSUM_UNNECESSARY;
}

/*
 * Packet mode, inbound: skb->data is at the IP header; the answer is the plain
 * packet with a secpath that says so, or NULL and why.
 */
struct sk_buff *nicsim_esp_open(struct nicsim_sa *sa, struct sk_buff *skb,
				const struct nicsim_flow *flow,
				enum nicsim_counter *why)
{
	u32 ip = flow->l4 - flow->l3;
	u32 gap = NICSIM_ESP_LEN + (sa->encap ? NICSIM_UDP_LEN : 0);
	int at = flow->l4 + gap;
	int len = flow->end - at;
	struct ip_esp_hdr *esp;
	bool authentic;
	u32 pad;
	u64 seq;
	u8 next;

	*why = NICSIM_rx_drop_error;
	skb = open_prepare(skb, flow);
	if (!skb)
		return NULL;
	if (len < 4 + NICSIM_ICV_LEN || len % 4)
		goto drop;
	esp = (struct ip_esp_hdr *)(skb->data + at - NICSIM_ESP_LEN);
	if (!open_admit(sa, ntohl(esp->seq_no), &seq, why))
		goto drop;
	authentic = !nicsim_cipher(sa, esp, seq, false, len);
	len -= NICSIM_ICV_LEN;
	pad = authentic ? skb->data[at + len - 2] : 0;
	next = skb->data[at + len - 1];
	if (pad + 2 > len)
		goto drop;
	len -= pad + 2;
	if (!open_commit(sa, seq, authentic, len, why))
		goto drop;

	*why = NICSIM_rx_drop_error;
	skb_trim(skb, at + len);
	if (!sa->tunnel)
		open_transport(sa, skb, gap, ip, next);
	else if (!open_tunnel(sa, skb, at, next))
		goto drop;
	if (!open_secpath(sa, skb, CRYPTO_SUCCESS))
		goto drop;
	return skb;

drop:
	kfree_skb(skb);
	return NULL;
}
