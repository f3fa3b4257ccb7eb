/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_types hwo_types
 * @{ @ingroup hw_offload
 *
 * The plain data every floor speaks of: selectors, SAs, SPs and results, and
 * in hwo_net.h what the network is about. Values, and how to compare them, no
 * kernel headers; wire turns them into bytes, model decides about them, service
 * moves them around.
 *
 * Byte order: SPIs, CPIs and addresses are in network order, ports, reqids,
 * marks and everything else in host order.
 */

#ifndef HWO_TYPES_H_
#define HWO_TYPES_H_

#include "hwo_net.h"

#include <collections/array.h>
#include <ipsec/ipsec_types.h>

/**
 * What the kernel really does for an SA or SP, as opposed to what the
 * configuration asks for (hw_offload_t), so that the two cannot be mixed up.
 */
typedef enum hwo_mode_t hwo_mode_t;

enum hwo_mode_t {
	/** all work is done by the kernel */
	HWO_MODE_NONE,
	/** the NIC encrypts and decrypts, the kernel does the rest */
	HWO_MODE_CRYPTO,
	/** the NIC does everything: SPD match, ESP, sequence numbers, limits */
	HWO_MODE_PACKET,
};

/**
 * Names of hwo_mode_t as used in the log.
 */
extern enum_name_t *hwo_mode_names;

/**
 * A traffic selector as the SPD knows it (struct xfrm_selector).
 */
typedef struct hwo_selector_t {
	/** AF_INET, AF_INET6; 0 for a selector that matches everything */
	uint16_t family;
	/** upper layer protocol, 0 for any */
	uint8_t proto;
	/** prefix lengths in bits */
	uint8_t src_prefix, dst_prefix;
	/** networks, only the bytes of the family are used */
	uint8_t src[16], dst[16];
	/** ports and their masks, host order (ICMP: type in src, code in dst) */
	uint16_t src_port, src_port_mask, dst_port, dst_port_mask;
	/** interface the policy is limited to, 0 for none */
	uint32_t ifindex;
	/** user ID, which the kernel compares but never matches, usually 0 */
	uint32_t user;
} hwo_selector_t;

/**
 * What identifies an SA. The kernel looks at dst, SPI, proto and mark only.
 */
typedef struct hwo_sa_id_t {
	/** outer addresses, both of the same family */
	hwo_addr_t src, dst;
	/** SPI, or CPI in the low 16 bits for IPPROTO_COMP; network order */
	uint32_t spi;
	/** IPPROTO_ESP, IPPROTO_AH or IPPROTO_COMP */
	uint8_t proto;
	/** mark for the lookup, {0, 0} for none */
	mark_t mark;
	/** XFRM interface ID, 0 for none */
	uint32_t if_id;
} hwo_sa_id_t;

/**
 * Offload asked for in a message, or reported by the kernel.
 */
typedef struct hwo_offload_t {
	/** HWO_MODE_NONE: no attribute at all */
	hwo_mode_t mode;
	/** device, 0 if mode is HWO_MODE_NONE */
	uint32_t ifindex;
} hwo_offload_t;

/**
 * Soft and hard limits of an SA, 0 for no limit.
 */
typedef struct hwo_limits_t {
	/** bytes */
	uint64_t soft_bytes, hard_bytes;
	/** packets */
	uint64_t soft_packets, hard_packets;
	/** seconds since the SA was added */
	uint64_t soft_time, hard_time;
} hwo_limits_t;

/**
 * A kernel algorithm with its key.
 */
typedef struct hwo_alg_t {
	/** name in the kernel's crypto API, NULL if not used; not owned */
	const char *name;
	/** ICV (AEAD) or truncation (integrity) length in bits, 0 for default */
	uint16_t icv_bits;
	/** TRUE for a combined mode algorithm */
	bool aead;
	/** key, salt included; not owned, only valid during the call */
	chunk_t key;
} hwo_alg_t;

/**
 * Aggregation and fragmentation settings (RFC 9347), outbound or inbound.
 */
typedef struct hwo_iptfs_t {
	/** inbound: time to wait for missing fragments, microseconds */
	uint32_t drop_time;
	/** inbound: reorder window in packets */
	uint16_t reorder_window;
	/** outbound: time to wait for more data, microseconds */
	uint32_t init_delay;
	/** outbound: maximum bytes queued */
	uint32_t max_queue_size;
	/** outbound: fixed outer packet size, 0 for path MTU */
	uint32_t packet_size;
	/** outbound: do not fragment inner packets */
	bool dont_fragment;
} hwo_iptfs_t;

/**
 * Replay state and usage carried over to a new incarnation of an SA.
 */
typedef struct hwo_replay_t {
	/** last sequence numbers used (oseq) and seen (seq) */
	uint32_t oseq, oseq_hi, seq, seq_hi;
	/** window bitmap as array of 32-bit words, NULL if none; not owned */
	const uint32_t *bitmap;
	/** number of words in bitmap */
	uint32_t bitmap_words;
} hwo_replay_t;

/** Networks that are kept of each side of a tunnel */
#define HWO_MAX_NETS 8

/**
 * Networks on one side of a tunnel.
 */
typedef struct hwo_nets_t {
	/** networks */
	hwo_addr_t net[HWO_MAX_NETS];
	/** prefix lengths in bits */
	uint8_t prefix[HWO_MAX_NETS];
	/** number of networks, there may be more than are kept */
	u_int count;
} hwo_nets_t;

/**
 * What a selector has that NICs may not match, bits.
 */
typedef enum hwo_shape_t {
	/** zero addresses on both sides, whatever their prefix lengths, or on one
	 * side with a prefix that is not for all addresses. */
	HWO_SHAPE_ANY_ANY = (1 << 0),
	/** ports, but no protocol */
	HWO_SHAPE_ANY_PROTOCOL = (1 << 1),
	/** a subnet, neither one address nor all of them */
	HWO_SHAPE_SUBNET = (1 << 2),
	/** IPv6, with different prefix lengths */
	HWO_SHAPE_UNEQUAL = (1 << 3),
} hwo_shape_t;

/**
 * What decides in which mode an SA can be, besides the configured mode and its
 * device. Collected once when the SA is installed, and kept with it, so that
 * every later plan judges the same.
 */
typedef struct hwo_sa_facts_t {
	/** IPPROTO_ESP, IPPROTO_AH or IPPROTO_COMP, as in its identity */
	uint8_t proto;
	/** XFRM interface ID, as in its identity, 0 for none */
	uint32_t if_id;
	/** transport, tunnel, BEET or IPTFS */
	ipsec_mode_t mode;
	/** TRUE if it protects what we receive */
	bool inbound;
	/** extended sequence numbers */
	bool esn;
	/** TRUE if in crypto mode its driver does not follow the high half of its
	 * sequence numbers (outbound, before 7.2). */
	bool esn_stale;
	/** the same, but it is one per CPU, or that of the other direction is */
	bool esn_per_cpu;
	/** UDP encapsulation (RFC 3948) */
	bool encap;
	/** pad to this size (TFC), 0 for none */
	uint32_t tfc;
	/** packets are compressed by an IPComp SA before */
	bool ipcomp;
	/** selectors are of another family than the addresses (tunnel mode) */
	bool mixed_families;
	/** what the selectors of its SPs have, of hwo_shape_t */
	u_int shapes;
	/** the kernel offloads no inbound SA with an XFRM interface ID, 7.1 */
	bool if_id_in_software;
	/** TRUE if in packet mode its traffic would leave in clear once its route
	 * moves to another device, see hwo_sp_may_leak(). */
	bool may_leak;
	/** TRUE if an SP in software goes before one of its SPs, which a NIC does
	 * not know, see hwo_sp_goes_before(). */
	bool shunted;
	/** TRUE if it or its SPs have a mark or an XFRM interface ID, by which a
	 * NIC can't tell its traffic from that of others. */
	bool marked;
	/** TRUE if charon installs no SPs for it (policies = no) */
	bool no_policies;
	/** mark set on packets after processing, {0, 0} for none; routes may depend
	 * on it. */
	mark_t set_mark;
	/** interface of link-local addresses, 0 if it has none */
	uint32_t link;
	/** protocol of all packets that it protects, 0 for any */
	uint8_t ts_proto;
	/** networks of ours and of the peer that it protects (tunnel mode) */
	hwo_nets_t local, remote;
} hwo_sa_facts_t;

/**
 * One SA that is to be installed. Lives only during the call, as it refers to
 * keys.
 */
typedef struct hwo_sa_t {
	/** identity */
	hwo_sa_id_t id;
	/** what decides in which mode it can be */
	hwo_sa_facts_t facts;
	/** UDP ports for encapsulation */
	uint16_t src_port, dst_port;
	/** reqid */
	uint32_t reqid;
	/** sequence number of the acquire that caused this SA, 0 for none */
	uint32_t seq;
	/** TRUE if the SPI was allocated before, i.e. a larval SA exists */
	bool update;
	/** selector on the SA itself, family 0 if there is none */
	hwo_selector_t sel;
	/** selectors of its outbound SPs, hwo_selector_t, NULL if they are not
	 * known; not owned. */
	array_t *flows;
	/** limits, see offload plan for what a device accepts */
	hwo_limits_t limits;
	/** encryption, name is NULL for AH and IPComp */
	hwo_alg_t enc;
	/** integrity, name is NULL for AEADs and IPComp */
	hwo_alg_t integ;
	/** compression, only for IPPROTO_COMP */
	hwo_alg_t comp;
	/** anti-replay window in packets, outbound always 0 or (ESN) 1 */
	uint32_t replay_window;
	/** threshold for mapping changes in seconds, 0 for the default */
	uint32_t mtimer_thresh;
	/** encoded security label (LSM/SELinux), empty for none; not owned */
	chunk_t label;
	/** CPU this SA is for, UINT32_MAX for none */
	uint32_t cpu;
	/** tell the kernel the direction, Linux 6.10 and newer */
	bool set_dir;
	/** selectors of any family, i.e. IPv4 in IPv6 and vice versa */
	bool af_unspec;
	/** do not copy the ECN field */
	bool noecn;
	/** do not copy the DF bit, no path MTU discovery */
	bool nopmtudisc;
	/** copy the DSCP field when decapsulating */
	bool decap_dscp;
	/** do not copy the DSCP field when encapsulating */
	bool dont_encap_dscp;
	/** accept certain ICMP errors that match a reversed flow */
	bool icmp;
	/** align to 4 bytes, for AH over IPv4 */
	bool align4;
	/** only with MODE_IPTFS */
	hwo_iptfs_t iptfs;
	/** state to continue from, NULL for a fresh SA; not owned */
	const hwo_replay_t *replay;
	/** usage to continue from, NULL for a fresh SA; not owned */
	const struct hwo_usage_t *usage;
} hwo_sa_t;

/**
 * Usage counters of an SA.
 */
typedef struct hwo_usage_t {
	/** bytes and packets processed */
	uint64_t bytes, packets;
	/** seconds since the epoch the SA was added and first used, 0 if not */
	uint64_t add_time, use_time;
} hwo_usage_t;

/**
 * What the kernel reports about an installed SA (no keys).
 */
typedef struct hwo_sa_state_t {
	/** identity, if_id and mark included */
	hwo_sa_id_t id;
	/** reqid */
	uint32_t reqid;
	/** usage */
	hwo_usage_t usage;
	/** limits */
	hwo_limits_t limits;
	/** seconds since the epoch it was last used, 0 if not known */
	uint64_t last_used;
	/** packets dropped due to replay, and due to failed integrity checks */
	uint32_t replay_drops, integrity_drops;
	/** sequence numbers, bitmap left out */
	hwo_replay_t replay;
	/** TRUE with extended sequence numbers */
	bool esn;
	/** TRUE if it has no algorithms: only its SPI is allocated, or it stands
	 * for an acquire. */
	bool larval;
	/** effective offload */
	hwo_offload_t offload;
} hwo_sa_state_t;

/**
 * An SA as the SAD sees it, to find it for an outbound packet.
 */
typedef struct hwo_sad_sa_t {
	/** identity, spi 0 for most larval ones */
	hwo_sa_id_t id;
	/** reqid */
	uint32_t reqid;
	/** TRUE if a NIC does everything for it, also for a larval one */
	bool packet;
	/** TRUE if it stands for one that is going to be negotiated */
	bool larval;
} hwo_sad_sa_t;

/**
 * What identifies an SP: all of it, as a whole.
 */
typedef struct hwo_sp_id_t {
	/** in, out or forward */
	policy_dir_t dir;
	/** selector, interface included */
	hwo_selector_t sel;
	/** mark, {0, 0} for none */
	mark_t mark;
	/** XFRM interface ID, 0 for none */
	uint32_t if_id;
	/** encoded security label, empty for none; not owned */
	chunk_t label;
} hwo_sp_id_t;

/**
 * What an SP demands of the SA that protects its traffic.
 */
typedef struct hwo_tmpl_t {
	/** IPPROTO_ESP, IPPROTO_AH or IPPROTO_COMP */
	uint8_t proto;
	/** SPI, 0 for any; network order */
	uint32_t spi;
	/** reqid */
	uint32_t reqid;
	/** mode of the SA */
	ipsec_mode_t mode;
	/** address family of the SA */
	uint16_t family;
	/** SA addresses, only set for modes with an outer header */
	hwo_addr_t src, dst;
	/** packets may come without it (IPComp) */
	bool optional;
} hwo_tmpl_t;

/** IPComp, ESP and AH */
#define HWO_MAX_TMPLS 3

/**
 * One SP that is to be installed.
 */
typedef struct hwo_sp_t {
	/** identity */
	hwo_sp_id_t id;
	/** lower value is looked at first */
	uint32_t priority;
	/** drop what matches */
	bool block;
	/** forward certain ICMP errors that match the reversed flow */
	bool icmp;
	/** acquires name the CPU */
	bool cpu_acquire;
	/** templates, none for shunts */
	hwo_tmpl_t tmpl[HWO_MAX_TMPLS];
	/** number of templates */
	int tmpl_count;
} hwo_sp_t;

/**
 * What the kernel reports about an installed SP.
 */
typedef struct hwo_sp_state_t {
	/** identity, the label points into the message */
	hwo_sp_id_t id;
	/** priority */
	uint32_t priority;
	/** drops what matches */
	bool block;
	/** has templates, i.e. demands SAs */
	bool protect;
	/** seconds since the epoch it was added, and last used, 0 if it was not */
	uint64_t add_time, use_time;
	/** effective offload */
	hwo_offload_t offload;
} hwo_sp_state_t;

/** Longest kernel text we keep, the kernel's own limit is 80 in practice */
#define HWO_EXTACK_LEN 128

/**
 * Who an outcome is from. Drivers answer with any errno value, also with those
 * that a socket returns if no answer comes.
 */
typedef enum hwo_answer_t {
	/** the kernel has answered */
	HWO_ANSWERED,
	/** no (whole) answer came: the request may have been executed or not */
	HWO_ANSWER_LOST,
	/** the request was not sent */
	HWO_NOT_SENT,
} hwo_answer_t;

/**
 * Outcome of a request. Values, so they can be kept and copied.
 */
typedef struct hwo_result_t {
	/** 0, or a positive errno value */
	int err;
	/** who err is from */
	hwo_answer_t answer;
	/** the kernel's own words (a warning if err is 0), or empty */
	char extack[HWO_EXTACK_LEN];
} hwo_result_t;

/**
 * Hash what the kernel identifies an SA by: destination, SPI, protocol, mark.
 */
u_int hwo_sa_id_hash(const hwo_sa_id_t *id);

/**
 * Compare what the kernel identifies an SA by.
 */
bool hwo_sa_id_equals(const hwo_sa_id_t *a, const hwo_sa_id_t *b);

/**
 * Compare modes and devices.
 */
bool hwo_offload_equals(const hwo_offload_t *a, const hwo_offload_t *b);

/**
 * Hash what the kernel identifies an SP by, as far as most differ.
 */
u_int hwo_sp_id_hash(const hwo_sp_id_t *id);

/**
 * Compare identities of SPs, labels included.
 */
bool hwo_sp_id_equals(const hwo_sp_id_t *a, const hwo_sp_id_t *b);

/**
 * Get the value of an expression while nobody else may use what the mutex of an
 * object protects.
 */
#define HWO_LOCKED(this, expression) ({ \
	typeof(expression) _value; \
	(this)->mutex->lock((this)->mutex); \
	_value = (expression); \
	(this)->mutex->unlock((this)->mutex); \
	_value; })

#endif /** HWO_TYPES_H_ @}*/
