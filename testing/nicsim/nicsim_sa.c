// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * The SA table of a port, and the callbacks by which the kernel fills it.
 *
 * The callbacks run in very different contexts: add may sleep, except for the
 * larval SA of an ACQUIRE, which is added within softirq under RCU; delete
 * holds the state's spinlock; free comes from a work item, or under RCU when
 * an ACQUIRE fails; update_stats from the state's timer.
 */
#include <crypto/aead.h>
#include <linux/delay.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <net/bonding.h>

#include "nicsim.h"

static struct hlist_head *bucket_out(struct nicsim_port *port, u32 reqid)
{
	return &port->out[reqid % NICSIM_BUCKETS];
}

static struct hlist_head *bucket_in(struct nicsim_port *port, __be32 spi)
{
	return &port->in[ntohl(spi) % NICSIM_BUCKETS];
}

/* Called under RCU */
struct nicsim_sa *nicsim_sa_find_in(struct nicsim_port *port,
				    const struct nicsim_flow *flow, __be32 spi)
{
	struct nicsim_sa *sa;

	hlist_for_each_entry_rcu(sa, bucket_in(port, spi), hash) {
		if (sa->spi == spi && sa->family == flow->family &&
		    xfrm_addr_equal(&sa->daddr, &flow->daddr, sa->family) &&
		    sa->encap == (flow->proto == IPPROTO_UDP) &&
		    (!sa->encap || sa->dport == flow->dport))
			return sa;
	}
	return NULL;
}

static bool sa_fits(struct nicsim_sa *sa, const struct xfrm_tmpl *tmpl,
		    const struct nicsim_flow *flow)
{
	const xfrm_address_t *saddr = &flow->saddr, *daddr = &flow->daddr;
	u8 family = flow->family;

	if (sa->reqid != tmpl->reqid || !sa->packet ||
	    sa->tunnel != (tmpl->mode == XFRM_MODE_TUNNEL))
		return false;
	if (tmpl->id.spi && tmpl->id.spi != sa->spi)
		return false;
	if (sa->tunnel) {
		family = tmpl->encap_family;
		saddr = &tmpl->saddr;
		daddr = &tmpl->id.daddr;
	}
	return sa->family == family &&
	       xfrm_addr_equal(&sa->daddr, daddr, family) &&
	       (xfrm_addr_any(saddr, family) ||
		xfrm_addr_equal(&sa->saddr, saddr, family)) &&
	       (!sa->sel.family ||
		nicsim_selector_match(&sa->sel, sa->sel.family, flow, true)) &&
	       READ_ONCE(sa->x->km.state) == XFRM_STATE_VALID;
}

/* The newest valid one. Called under RCU */
struct nicsim_sa *nicsim_sa_find_out(struct nicsim_port *port,
				     const struct xfrm_tmpl *tmpl,
				     const struct nicsim_flow *flow)
{
	struct nicsim_sa *sa;

	hlist_for_each_entry_rcu(sa, bucket_out(port, tmpl->reqid), hash) {
		if (sa_fits(sa, tmpl, flow))
			return sa;
	}
	return NULL;
}

static void sa_release(struct work_struct *work)
{
	struct nicsim_sa *sa = container_of(to_rcu_work(work),
					    struct nicsim_sa, release);

	if (sa->aead)
		crypto_free_aead(sa->aead);
	if (sa->aead_simd)
		crypto_free_aead(sa->aead_simd);
	kfree_sensitive(sa);
}

void nicsim_sa_put(struct nicsim_sa *sa)
{
	if (refcount_dec_and_test(&sa->refs))
		queue_rcu_work(nicsim_wq, &sa->release);
}

static struct nicsim_sa *sa_alloc(struct nicsim_port *port,
				  struct xfrm_state *x, gfp_t gfp)
{
	struct nicsim_sa *sa = kzalloc(sizeof(*sa), gfp);

	if (!sa)
		return NULL;
	sa->port = port;
	sa->x = x;
	refcount_set(&sa->refs, 1);
	spin_lock_init(&sa->lock);
	INIT_RCU_WORK(&sa->release, sa_release);
	INIT_WORK(&sa->limit, nicsim_limits_check);
	sa->out = x->xso.dir == XFRM_DEV_OFFLOAD_OUT;
	sa->packet = x->xso.type == XFRM_DEV_OFFLOAD_PACKET;
	sa->tunnel = x->props.mode == XFRM_MODE_TUNNEL;
	sa->family = x->props.family;
	sa->reqid = x->props.reqid;
	sa->spi = x->id.spi;
	sa->saddr = x->props.saddr;
	sa->daddr = x->id.daddr;
	return sa;
}

/*
 * Where the sequence numbers start, as on mlx5: outbound with ESN the value
 * given is the next to use (the kernel means the last used), without ESN it
 * is ignored; inbound replay protection exists with ESN only.
 */
static void sa_init_sequence(struct nicsim_sa *sa, struct xfrm_state *x)
{
	struct xfrm_replay_state_esn *esn = x->replay_esn;

	sa->esn = x->props.flags & XFRM_STATE_ESN;
	if (sa->out) {
		sa->seq = 1;
		if (sa->esn && esn)
			sa->seq = max(((u64)esn->oseq_hi << 32) | esn->oseq,
				      1ULL);
		if (sa->packet)
			sa->seq += nicsim_switch(&sa->port->sw.sent_before);
		return;
	}
	if (esn && (sa->esn || nicsim_switch(&sa->port->sw.replay_noesn))) {
		sa->window = min_t(u32, esn->replay_window, NICSIM_MAX_WINDOW);
		sa->seq = ((u64)(sa->esn ? esn->seq_hi : 0) << 32) | esn->seq;
	} else if (nicsim_switch(&sa->port->sw.replay_noesn)) {
		sa->window = x->props.replay_window;
		sa->seq = x->replay.seq;
	}
}

static int cipher_alloc(struct crypto_aead **tfm, const char *name, u32 type,
			struct xfrm_state *x)
{
	struct crypto_aead *aead;
	int err;

	/* never asynchronous: the device works in softirq */
	aead = crypto_alloc_aead(name, type, type | CRYPTO_ALG_ASYNC);
	if (IS_ERR(aead))
		return PTR_ERR(aead);
	err = crypto_aead_setkey(aead, x->aead->alg_key,
				 (x->aead->alg_key_len + 7) / 8);
	if (!err)
		err = crypto_aead_setauthsize(aead, NICSIM_ICV_LEN);
	if (err) {
		crypto_free_aead(aead);
		return err;
	}
	*tfm = aead;
	return 0;
}

/*
 * Before Linux 6.15 the CPU's AES is to be had synchronously only as internal
 * algorithm, for where SIMD is allowed; without it all goes in plain C.
 */
static int sa_init_key(struct nicsim_sa *sa, struct xfrm_state *x,
		       struct netlink_ext_ack *extack)
{
	static bool no_simd;
	int err = cipher_alloc(&sa->aead, "rfc4106(gcm(aes))", 0, x);

	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "No rfc4106(gcm(aes)) in this kernel");
		return err;
	}
	/* asked for once: each vain look-up runs modprobe */
	if (!READ_ONCE(no_simd) &&
	    cipher_alloc(&sa->aead_simd, "__rfc4106(gcm(aes))",
			 CRYPTO_ALG_INTERNAL, x))
		WRITE_ONCE(no_simd, true);
	return 0;
}

static int sa_init(struct nicsim_sa *sa, struct xfrm_state *x,
		   struct netlink_ext_ack *extack)
{
	sa->flags = x->props.flags;
	sa->extra_flags = x->props.extra_flags;
	sa->sel = x->sel;
	if (x->encap) {
		sa->encap = true;
		sa->sport = x->encap->encap_sport;
		sa->dport = x->encap->encap_dport;
	}
	sa_init_sequence(sa, x);
	nicsim_limits_init(sa, x);
	return sa_init_key(sa, x, extack);
}

static int sa_link(struct nicsim_port *port, struct nicsim_sa *sa,
		   struct netlink_ext_ack *extack)
{
	u32 room = nicsim_switch(&port->sw.max_sa);
	int err = 0;

	spin_lock_bh(&port->lock);
	if (!sa->larval && room && port->n_sa >= room) {
		NL_SET_ERR_MSG_MOD(extack, "No space for SA in the device");
		err = -ENOSPC;
	} else {
		sa->linked = true;
		list_add_tail_rcu(&sa->list, &port->sas);
		port->n_sa += !sa->larval;
		if (!sa->larval && sa->out)
			hlist_add_head_rcu(&sa->hash,
					   bucket_out(port, sa->reqid));
		else if (!sa->larval)
			hlist_add_tail_rcu(&sa->hash, bucket_in(port, sa->spi));
	}
	spin_unlock_bh(&port->lock);
	return err;
}

static void sa_unlink(struct nicsim_sa *sa)
{
	struct nicsim_port *port = sa->port;

	spin_lock_bh(&port->lock);
	if (sa->linked) {
		sa->linked = false;
		list_del_rcu(&sa->list);
		if (!sa->larval) {
			hlist_del_init_rcu(&sa->hash);
			port->n_sa--;
		}
	}
	spin_unlock_bh(&port->lock);
}

/* The kernel asks for an SA, this only holds its place: no key, no sleeping */
static int sa_add_larval(struct nicsim_port *port, struct xfrm_state *x)
{
	struct nicsim_sa *sa = sa_alloc(port, x, GFP_ATOMIC);

	if (!sa)
		return -ENOMEM;
	sa->larval = true;
	sa_link(port, sa, NULL);
	x->xso.offload_handle = (unsigned long)sa;
	nicsim_count(port, NICSIM_sa_acquire);
	return 0;
}

/* Firmware that takes its time. The kernel waits, holding no more than a
 * mutex */
static void sa_be_slow(struct nicsim_port *port)
{
	u32 ms = min_t(u32, nicsim_switch(&port->sw.slow_sa), NICSIM_MAX_SLOW);

	if (!ms)
		return;
	nicsim_count(port, NICSIM_sa_slow);
	msleep(ms);
}

static int sa_add(struct nicsim_port *port, struct xfrm_state *x,
		  struct netlink_ext_ack *extack)
{
	struct nicsim_sa *sa;
	int err;

	if (x->xso.flags & XFRM_DEV_OFFLOAD_FLAG_ACQ)
		return sa_add_larval(port, x);
	sa_be_slow(port);
	err = nicsim_validate_sa(port, x, extack);
	if (err)
		goto refused;
	sa = sa_alloc(port, x, GFP_KERNEL);
	if (!sa)
		return -ENOMEM;
	err = sa_init(sa, x, extack);
	if (!err)
		err = sa_link(port, sa, extack);
	if (err) {
		nicsim_sa_put(sa);
		goto refused;
	}
	x->xso.offload_handle = (unsigned long)sa;
	nicsim_count(port, NICSIM_sa_add);
	nicsim_limits_start(port);
	return 0;

refused:
	nicsim_count(port, NICSIM_sa_refused);
	return err;
}

/*
 * Called under x->lock; a state may be deleted from one device and added to
 * another before it dies (bonding).
 */
static void sa_delete(struct xfrm_state *x)
{
	struct nicsim_sa *sa;

	rcu_read_lock();
	sa = (struct nicsim_sa *)READ_ONCE(x->xso.offload_handle);
	if (sa) {
		sa_unlink(sa);
		nicsim_count(sa->port, NICSIM_sa_del);
	}
	rcu_read_unlock();
}

static void sa_free(struct xfrm_state *x)
{
	struct nicsim_sa *sa;

	sa = (struct nicsim_sa *)xchg(&x->xso.offload_handle, 0);
	if (sa) {
		sa_unlink(sa);
		nicsim_sa_put(sa);
	}
}

#ifdef NICSIM_SA_OP_HAS_DEV

static int op_add(struct net_device *dev, struct xfrm_state *x,
		  struct netlink_ext_ack *extack)
{
	return sa_add(netdev_priv(dev), x, extack);
}

static void op_delete(struct net_device *dev, struct xfrm_state *x)
{
	sa_delete(x);
}

static void op_free(struct net_device *dev, struct xfrm_state *x)
{
	sa_free(x);
}

#else

/*
 * A larval SA has no real_dev, and bonding sets it only after this call, so
 * that both may name a device that is not ours.
 */
static struct net_device *state_dev(struct xfrm_state *x)
{
	struct net_device *dev = x->xso.real_dev ? : x->xso.dev;

	if (netif_is_bond_master(dev)) {
		rcu_read_lock();
		dev = bond_option_active_slave_get_rcu(netdev_priv(dev));
		rcu_read_unlock();
	}
	return dev && dev->netdev_ops == &nicsim_netdev_ops ? dev : NULL;
}

static int op_add(struct xfrm_state *x, struct netlink_ext_ack *extack)
{
	struct net_device *dev = state_dev(x);

	if (!dev) {
		NL_SET_ERR_MSG_MOD(extack, "Not a device of this driver");
		return -EINVAL;
	}
	return sa_add(netdev_priv(dev), x, extack);
}

static void op_delete(struct xfrm_state *x)
{
	sa_delete(x);
}

static void op_free(struct xfrm_state *x)
{
	sa_free(x);
}

#endif

/* Neither IPv4 options nor IPv6 extension headers, as on mlx5 */
static bool op_offload_ok(struct sk_buff *skb, struct xfrm_state *x)
{
	switch (skb_dst(skb)->ops->family) {
	case AF_INET:
		return ip_hdr(skb)->ihl == 5;
	case AF_INET6:
		return !ipv6_ext_hdr(ipv6_hdr(skb)->nexthdr);
	default:
		return true;
	}
}

/* The high half is read from the state for each packet, nothing to program */
static void op_advance_esn(struct xfrm_state *x)
{
	struct nicsim_sa *sa;

	rcu_read_lock();
	sa = (struct nicsim_sa *)READ_ONCE(x->xso.offload_handle);
	if (sa)
		nicsim_count(sa->port, NICSIM_esn_advance);
	rcu_read_unlock();
}

static void op_update_stats(struct xfrm_state *x)
{
	struct nicsim_sa *sa;

	rcu_read_lock();
	sa = (struct nicsim_sa *)READ_ONCE(x->xso.offload_handle);
	if (sa && sa->packet && !sa->larval) {
		nicsim_count(sa->port, NICSIM_stats_read);
		nicsim_limits_show(sa, x);
	}
	rcu_read_unlock();
}

const struct xfrmdev_ops nicsim_packet_ops = {
	.xdo_dev_state_add = op_add,
	.xdo_dev_state_delete = op_delete,
	.xdo_dev_state_free = op_free,
	.xdo_dev_offload_ok = op_offload_ok,
	.xdo_dev_state_advance_esn = op_advance_esn,
	.xdo_dev_state_update_stats = op_update_stats,
	.xdo_dev_policy_add = nicsim_policy_add,
	.xdo_dev_policy_delete = nicsim_policy_delete,
	.xdo_dev_policy_free = nicsim_policy_free,
};

const struct xfrmdev_ops nicsim_crypto_ops = {
	.xdo_dev_state_add = op_add,
	.xdo_dev_state_delete = op_delete,
	.xdo_dev_state_free = op_free,
	.xdo_dev_offload_ok = op_offload_ok,
	.xdo_dev_state_advance_esn = op_advance_esn,
};

const struct xfrmdev_ops nicsim_crypto_noesn_ops = {
	.xdo_dev_state_add = op_add,
	.xdo_dev_state_delete = op_delete,
	.xdo_dev_state_free = op_free,
	.xdo_dev_offload_ok = op_offload_ok,
};
