/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copyright (C) 2026 the hw-offload authors
 *
 * nicsim - simulated Ethernet NICs that offload IPsec.
 *
 * Shared declarations: what a simulated port is, what it keeps for each SA and
 * each policy, and the few calls between the parts of the module.
 */
#ifndef NICSIM_H
#define NICSIM_H

#include <linux/bitmap.h>
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>
#include <linux/udp.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <net/gro_cells.h>
#include <net/xfrm.h>

/*
 * Linux 6.16 hands the device to the SA callbacks; before, a driver took it
 * from the state.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define NICSIM_SA_OP_HAS_DEV
#endif

#define NICSIM_BUCKETS		256
#define NICSIM_MAX_WINDOW	256
#define NICSIM_MAX_SLOW		10000	/* ms */

/* Bytes an ESP packet with AES-GCM and a 16 byte ICV needs */
#define NICSIM_IV_LEN		8
#define NICSIM_ICV_LEN		16
#define NICSIM_ESP_LEN		(8 + NICSIM_IV_LEN)
#define NICSIM_UDP_LEN		8

/* What a port is when it leaves the factory */
enum nicsim_profile {
	NICSIM_PACKET,		/* crypto and packet offload, policies */
	NICSIM_CRYPTO,		/* crypto offload only, no policy callbacks */
	NICSIM_CRYPTO_NOESN,	/* the same without advance_esn */
	NICSIM_NONE,		/* no xfrmdev_ops at all */
};

#define NICSIM_COUNTERS(X)						\
	X(tx_packet)	/* protected in packet mode */			\
	X(tx_crypto)	/* protected in crypto mode */			\
	X(tx_esp_soft)	/* was ESP already when it came from the stack */ \
	X(tx_clear)	/* IP that left unprotected */			\
	X(tx_bypass)	/* matched an offloaded ALLOW policy */		\
	X(tx_ike)	/* IKE or NAT keepalive, no policy matched */	\
	X(tx_other)	/* ARP, ND, MLD, IGMP, anything not IP */	\
	X(tx_block)	/* dropped: matched an offloaded BLOCK policy */ \
	X(tx_drop_no_sa)						\
	X(tx_drop_limit)						\
	X(tx_drop_seq)							\
	X(tx_drop_neigh)						\
	X(tx_drop_unsupported)						\
	X(tx_drop_error)						\
	X(tx_drop_link)							\
	X(rx_packet)							\
	X(rx_crypto)							\
	X(rx_esp_soft)	/* ESP left to the stack: no SA here */		\
	X(rx_clear)							\
	X(rx_ike)							\
	X(rx_other)							\
	X(rx_block)							\
	X(rx_replay)							\
	X(rx_auth_fail)							\
	X(rx_drop_limit)						\
	X(rx_drop_error)						\
	X(limit_soft)	/* soft limits reached in the device */		\
	X(limit_hard)							\
	X(esn_advance)	/* calls of advance_esn */			\
	X(stats_read)	/* calls of update_stats */			\
	X(sa_add)							\
	X(sa_acquire)	/* larval SAs of an ACQUIRE */			\
	X(sa_del)							\
	X(sa_refused)							\
	X(sa_slow)	/* SAs that had to wait for slow_sa */		\
	X(policy_add)							\
	X(policy_del)							\
	X(policy_refused)						\
	X(tampered)							\
	X(replayed)							\
	X(lost)

enum nicsim_counter {
#define NICSIM_ENUM(name) NICSIM_##name,
	NICSIM_COUNTERS(NICSIM_ENUM)
#undef NICSIM_ENUM
	NICSIM_COUNTER_MAX
};

/* Switches in debugfs, all plain numbers */
#define NICSIM_SWITCHES(X)						\
	X(crypto)	/* takes crypto offload */			\
	X(packet)	/* takes packet offload */			\
	X(tunnel)	/* packet offload in tunnel mode */		\
	X(esn)		/* extended sequence numbers */			\
	X(encap)	/* UDP encapsulation */				\
	X(byte_limits)	/* 0 refused, 1 polled, 2 exact */		\
	X(policy_prio)	/* policies with a priority */			\
	X(prefixes)	/* policy selectors honour prefix lengths */	\
	X(match_esp)	/* policies see packets that are ESP already */	\
	X(replay_noesn)	/* replay check without ESN */			\
	X(max_sa)	/* size of the SA table, 0 unlimited */		\
	X(fail_sa)	/* errno for every SA */			\
	X(fail_sa_out)							\
	X(fail_sa_in)							\
	X(fail_policy)							\
	X(slow_sa)	/* ms that each SA takes, whatever comes of it */ \
	X(sent_before)	/* packets that new outbound SAs have sent already */

struct nicsim_switches {
#define NICSIM_FIELD(name) u32 name;
	NICSIM_SWITCHES(NICSIM_FIELD)
#undef NICSIM_FIELD
	u32 stats_delay_ms;	/* age of the counters the driver reports */
};

/**
 * struct nicsim_port - one end of a cable
 *
 * Lives in the net_device's private area. The tables are written under @lock
 * and read under RCU.
 */
struct nicsim_port {
	struct net_device *dev;
	struct nicsim_port __rcu *peer;		/* NULL once it is deleted */
	struct dentry *debugfs;
	char name[IFNAMSIZ];
	enum nicsim_profile profile;
	struct nicsim_switches sw;
	atomic_t tamper;
	atomic_t replay;
	atomic_t lose;
	atomic64_t count[NICSIM_COUNTER_MAX];

	spinlock_t lock;
	struct hlist_head out[NICSIM_BUCKETS];	/* by reqid, newest first */
	struct hlist_head in[NICSIM_BUCKETS];	/* by SPI */
	struct list_head sas;
	u32 n_sa;				/* without larval ones */
	struct list_head pol_out;		/* by priority */
	struct list_head pol_in;

	struct delayed_work tick;		/* reads the hardware counters */
	struct gro_cells gro;
};

struct nicsim_usage {
	u64 packets;
	u64 bytes;
	u32 replay;
	u32 auth_fail;
};

/**
 * struct nicsim_sa - one SA in the device
 *
 * Found through the port's tables (packet mode, inbound crypto) or through
 * xso.offload_handle (outbound crypto), always under RCU. @x is valid for RCU
 * readers: the core waits for a grace period between taking the SA out of the
 * device and freeing the state.
 */
struct nicsim_sa {
	struct hlist_node hash;
	struct list_head list;
	struct nicsim_port *port;
	struct xfrm_state *x;
	refcount_t refs;
	struct rcu_work release;
	struct work_struct limit;

	/* Fixed when the SA is added */
	bool larval;
	bool out;
	bool packet;
	bool tunnel;
	bool esn;
	bool encap;
	bool polled;
	u8 family;
	u8 flags;
	u32 extra_flags;
	u32 reqid;
	u32 window;
	__be32 spi;
	__be16 sport;
	__be16 dport;
	xfrm_address_t saddr;
	xfrm_address_t daddr;
	struct xfrm_selector sel;
	u64 soft_packets;
	u64 hard_packets;
	u64 soft_bytes;
	u64 hard_bytes;
	u64 base_packets;
	u64 base_bytes;
	struct crypto_aead *aead;
	struct crypto_aead *aead_simd;

	/* Under lock */
	spinlock_t lock;
	bool linked;
	bool soft_done;
	bool hard_done;
	bool mac_known;
	u8 mac[ETH_ALEN];
	u64 seq;	/* out: next to use; in: highest seen */
	DECLARE_BITMAP(seen, NICSIM_MAX_WINDOW);
	struct nicsim_usage now;
	struct nicsim_usage shown;
};

struct nicsim_policy {
	struct list_head list;
	struct rcu_head rcu;
	struct nicsim_port *port;
	struct xfrm_selector sel;
	struct xfrm_tmpl tmpl;
	bool has_tmpl;
	bool out;
	u8 action;
	u8 family;
	u32 priority;
};

/* What a parser sees in an IP packet */
enum nicsim_class {
	NICSIM_CLASS_OTHER,
	NICSIM_CLASS_IKE,
	NICSIM_CLASS_ESP,
	NICSIM_CLASS_IP,
};

struct nicsim_flow {
	enum nicsim_class class;
	u8 family;		/* 0: not IP */
	u8 proto;
	bool fragment;
	xfrm_address_t saddr;
	xfrm_address_t daddr;
	__be16 sport;
	__be16 dport;
	int l3;			/* offsets from skb->data */
	int l4;
	int end;		/* end of the IP packet */
};

extern struct workqueue_struct *nicsim_wq;
extern const struct net_device_ops nicsim_netdev_ops;

static inline void nicsim_count(struct nicsim_port *port,
				enum nicsim_counter which)
{
	atomic64_inc(&port->count[which]);
}

static inline u32 nicsim_switch(const u32 *which)
{
	return READ_ONCE(*which);
}

/* nicsim_sa.c */
extern const struct xfrmdev_ops nicsim_packet_ops;
extern const struct xfrmdev_ops nicsim_crypto_ops;
extern const struct xfrmdev_ops nicsim_crypto_noesn_ops;
struct nicsim_sa *nicsim_sa_find_in(struct nicsim_port *port,
				    const struct nicsim_flow *flow,
				    __be32 spi);
struct nicsim_sa *nicsim_sa_find_out(struct nicsim_port *port,
				     const struct xfrm_tmpl *tmpl,
				     const struct nicsim_flow *flow);
void nicsim_sa_put(struct nicsim_sa *sa);

/* nicsim_validate.c */
int nicsim_validate_sa(struct nicsim_port *port, struct xfrm_state *x,
		       struct netlink_ext_ack *extack);
int nicsim_validate_policy(struct nicsim_port *port, struct xfrm_policy *pol,
			   struct netlink_ext_ack *extack);

/* nicsim_limits.c */
void nicsim_limits_init(struct nicsim_sa *sa, struct xfrm_state *x);
bool nicsim_limits_reached(struct nicsim_sa *sa);
void nicsim_limits_use(struct nicsim_sa *sa, u32 bytes);
void nicsim_limits_show(struct nicsim_sa *sa, struct xfrm_state *x);
void nicsim_limits_check(struct work_struct *work);
void nicsim_limits_tick(struct work_struct *work);
void nicsim_limits_start(struct nicsim_port *port);

/* nicsim_replay.c */
bool nicsim_replay_infer(struct nicsim_sa *sa, u32 low, u64 *seq);
bool nicsim_replay_fresh(struct nicsim_sa *sa, u64 seq);
void nicsim_replay_mark(struct nicsim_sa *sa, u64 seq);

/* nicsim_policy.c */
int nicsim_policy_add(struct xfrm_policy *pol, struct netlink_ext_ack *extack);
void nicsim_policy_delete(struct xfrm_policy *pol);
void nicsim_policy_free(struct xfrm_policy *pol);
bool nicsim_selector_match(const struct xfrm_selector *sel, u8 family,
			   const struct nicsim_flow *flow, bool prefixes);
struct nicsim_policy *nicsim_policy_match(struct nicsim_port *port, bool out,
					  const struct nicsim_flow *flow);

/* nicsim_flow.c */
void nicsim_flow_parse(const struct sk_buff *skb, int l3, __be16 proto,
		       struct nicsim_flow *flow);

/* nicsim_header.c */
u32 nicsim_header_len(u8 family);
void nicsim_header_set(u8 family, void *ip, u8 proto, u32 len);
void nicsim_header_outer(const struct nicsim_sa *sa, void *outer,
			 const void *inner, u8 inner_family);
void nicsim_header_udp(const struct nicsim_sa *sa, struct udphdr *udp, u32 len);
void nicsim_header_inner(const struct nicsim_sa *sa, struct sk_buff *skb,
			 u8 outer);

/* nicsim_cipher.c */
int nicsim_cipher(struct nicsim_sa *sa, struct ip_esp_hdr *esp, u64 seq,
		  bool seal, u32 len);
void nicsim_cipher_iv(struct ip_esp_hdr *esp, u64 seq);
void nicsim_cipher_trailer(u8 *at, u32 pad, u8 proto);

/* nicsim_esp.c */
struct sk_buff *nicsim_esp_seal(struct nicsim_sa *sa, struct sk_buff *skb,
				const struct nicsim_flow *flow,
				enum nicsim_counter *why);
struct sk_buff *nicsim_esp_encrypt(struct nicsim_sa *sa, struct sk_buff *skb,
				   const struct nicsim_flow *flow,
				   enum nicsim_counter *why);
struct sk_buff *nicsim_esp_open(struct nicsim_sa *sa, struct sk_buff *skb,
				const struct nicsim_flow *flow,
				enum nicsim_counter *why);
struct sk_buff *nicsim_esp_decrypt(struct nicsim_sa *sa, struct sk_buff *skb,
				   const struct nicsim_flow *flow,
				   enum nicsim_counter *why);

/* nicsim_nexthop.c */
bool nicsim_nexthop(struct nicsim_port *port, struct nicsim_sa *sa, u8 *mac);

/* nicsim_path.c */
netdev_tx_t nicsim_xmit(struct sk_buff *skb, struct net_device *dev);

/* nicsim_debugfs.c */
void nicsim_debugfs_init(void);
void nicsim_debugfs_exit(void);
void nicsim_debugfs_add(struct nicsim_port *port);
void nicsim_debugfs_remove(struct nicsim_port *port);

#endif /* NICSIM_H */
