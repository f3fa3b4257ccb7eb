/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_fake_kernel fake_kernel
 * @{ @ingroup hwo_suites
 *
 * A kernel for tests, in process, behind nl_transport_t: SAD, SPD, routes and
 * NICs with what Linux makes of requests about them, as far as we depend on it.
 *
 * It has an encoder and a decoder of its own and uses nothing of the wire
 * floor, so that mistakes made there do not cancel out. Where Linux versions
 * differ, it behaves as the one it was created for.
 *
 * Time does not pass: who waits for an answer that is not there gets ETIMEDOUT
 * at once, as the kernel answers before send() returns.
 *
 * Thread-safety: transports may be used by any thread, also while a test looks
 * at the SAD or changes something.
 */

#ifndef FAKE_KERNEL_H_
#define FAKE_KERNEL_H_

#include <linux/netlink.h>
#include <linux/xfrm.h>

#include "../../io/link_features.h"
#include "../../io/link_state.h"
#include "../../io/nl_transport.h"

typedef struct fake_kernel_t fake_kernel_t;

/** templates of an SP the kernel accepts */
#define FAKE_MAX_TMPLS 6

/**
 * Versions that differ in what we depend on.
 */
typedef enum fake_version_t {
	/** direction of SAs is not known, attribute ignored */
	FAKE_LINUX_6_6 = 0x606,
	/** SA offload fails without esp4_offload whatever the device */
	FAKE_LINUX_6_12 = 0x60c,
	/** inbound SAs with an XFRM interface ID cannot be offloaded */
	FAKE_LINUX_7_2 = 0x702,
} fake_version_t;

/**
 * What the driver of a device is capable of.
 */
typedef enum fake_caps_t {
	/** knows nothing of IPsec: veth, dummy, VLAN, ... */
	FAKE_CAPS_NONE,
	/** SAs in crypto mode */
	FAKE_CAPS_CRYPTO,
	/** SAs in both modes, policies in packet mode */
	FAKE_CAPS_PACKET,
	/** has the operations, but refuses everything with EINVAL */
	FAKE_CAPS_EINVAL,
	/** has the operations, but refuses everything with EOPNOTSUPP */
	FAKE_CAPS_EOPNOTSUPP,
} fake_caps_t;

/**
 * What goes wrong with a request, or on the way.
 */
typedef enum fake_fault_t {
	/** send() fails with err, the request is not executed */
	FAKE_FAULT_SEND,
	/** refused with err and text, not executed */
	FAKE_FAULT_ERROR,
	/** executed, acknowledged with a text */
	FAKE_FAULT_WARNING,
	/** executed, the answer is lost without a trace */
	FAKE_FAULT_LOST,
	/** neither executed nor answered */
	FAKE_FAULT_IGNORED,
	/** executed, the answer comes in front of that to the next request */
	FAKE_FAULT_LATE,
	/** executed, the answer comes twice */
	FAKE_FAULT_TWICE,
	/** executed, ENOBUFS in place of the answer */
	FAKE_FAULT_OVERRUN,
	/** executed, ENOBUFS in front of the answer */
	FAKE_FAULT_OVERRUN_BEFORE,
	/** executed, the answer is longer than the buffer */
	FAKE_FAULT_TRUNCATED,
	/** executed, the answer ends err bytes too early */
	FAKE_FAULT_SHORT,
	/** executed, the dump says that it was interrupted */
	FAKE_FAULT_INTERRUPTED,
	/** executed after fake_kernel_unblock(), who sent it waits until then */
	FAKE_FAULT_BLOCKED,
} fake_fault_t;

/**
 * An SA in the SAD.
 */
typedef struct fake_sa_t {
	/** as given, usage as counted */
	struct xfrm_usersa_info info;
	/** only its SPI is allocated, or it stands for an acquire */
	bool larval;
	/** mark, {0, 0} for none */
	struct xfrm_mark mark;
	/** XFRM interface ID */
	uint32_t if_id;
	/** direction: 0 (not given), 1 (in), 2 (out) */
	uint8_t dir;
	/** effective offload, ifindex 0 for none */
	struct xfrm_user_offload offload;
	/** last use in seconds since the epoch, 0 if not used */
	uint64_t last_used;
	/** attributes as given, keys included */
	chunk_t attrs;
	/** what a NIC in packet mode keeps to itself: its next sequence number, 0
	 * before the first packet, and packets that it counted and sampled. */
	struct {
		uint64_t next, packets, sampled;
	} nic;
	/** beyond its soft limit */
	bool dying;
	/** what was used under its key */
	struct fake_key_t *key;
} fake_sa_t;

/**
 * An SP in the SPD.
 */
typedef struct fake_sp_t {
	/** as given, index and use time by us */
	struct xfrm_userpolicy_info info;
	/** mark, {0, 0} for none */
	struct xfrm_mark mark;
	/** XFRM interface ID */
	uint32_t if_id;
	/** templates */
	struct xfrm_user_tmpl tmpl[FAKE_MAX_TMPLS];
	/** number of templates */
	int tmpl_count;
	/** effective offload, ifindex 0 for none */
	struct xfrm_user_offload offload;
	/** security context as given (struct xfrm_user_sec_ctx), may be empty */
	chunk_t label;
} fake_sp_t;

/**
 * Create a kernel without devices, routes, SAs and SPs.
 */
fake_kernel_t *fake_kernel_create(fake_version_t version);

/**
 * Destroy a kernel, after all its transports.
 */
void fake_kernel_destroy(fake_kernel_t *this);

/**
 * Open a transport, as hwo_nl_transport_create() does.
 *
 * @param protocol		NETLINK_XFRM, NETLINK_ROUTE or NETLINK_GENERIC
 * @param groups		multicast groups, 0-terminated, NULL for none. Only with
 *						groups there is a file descriptor to watch
 */
nl_transport_t *fake_kernel_open(fake_kernel_t *this, int protocol,
								 const int *groups);

/**
 * Get the state of its links, i.e. devices.
 */
link_state_t *fake_kernel_links(fake_kernel_t *this);

/**
 * Create the features of its links, unknown until they are set, by way of its
 * generic netlink.
 */
link_features_t *fake_kernel_features(fake_kernel_t *this);

/**
 * Give a device an alternative name.
 */
void fake_kernel_set_altname(fake_kernel_t *this, uint32_t ifindex,
							 const char *altname);

/**
 * Change what the links say about a device, but not what its driver does.
 *
 * @param kind			kind of link, NULL for a real one
 * @param master		device it is enslaved to, 0 for none
 */
void fake_kernel_set_link(fake_kernel_t *this, uint32_t ifindex,
						  const char *kind, uint32_t master);

/**
 * Switch the feature that tells of ESP offload.
 */
void fake_kernel_set_feature(fake_kernel_t *this, uint32_t ifindex,
							 hwo_feature_t feature);

/**
 * Add a device. Its name is "nic" followed by its index.
 *
 * @param refusal		words of the driver if it refuses, NULL for none
 */
void fake_kernel_add_device(fake_kernel_t *this, uint32_t ifindex,
							fake_caps_t caps, const char *refusal);

/**
 * Make a device an XFRM interface.
 */
void fake_kernel_set_if_id(fake_kernel_t *this, uint32_t ifindex,
						   uint32_t if_id);

/**
 * Change what a device is capable of, e.g. as firmware or driver changed.
 */
void fake_kernel_set_caps(fake_kernel_t *this, uint32_t ifindex,
						  fake_caps_t caps);

/**
 * Let the driver refuse SAs with byte limits, or end its refusal.
 */
void fake_kernel_refuse_bytes(fake_kernel_t *this, uint32_t ifindex,
							  bool refuse);

/**
 * Do what the kernel does some time after SPs were added: the table of those
 * that are outbound grows, and is built again if that was asked for.
 */
void fake_kernel_spd_work(fake_kernel_t *this);

/**
 * Do what the kernel does some time after SAs were added: their table grows.
 */
void fake_kernel_sad_work(fake_kernel_t *this);

/**
 * Count the outbound SAs in packet mode that packets do not find.
 */
u_int fake_kernel_count_hidden(fake_kernel_t *this);

/**
 * Set a device down: what it offloads is gone, without a word.
 */
void fake_kernel_device_down(fake_kernel_t *this, uint32_t ifindex);

/**
 * Set a device down, up, or take it away, as the kernel announces it: what it
 * offloads is gone once it is down. It stays in the list of devices.
 */
void fake_kernel_link_down(fake_kernel_t *this, uint32_t ifindex);
void fake_kernel_link_up(fake_kernel_t *this, uint32_t ifindex);
void fake_kernel_link_gone(fake_kernel_t *this, uint32_t ifindex);

/**
 * Set whether a device is listed as up, without a word.
 */
void fake_kernel_list_link(fake_kernel_t *this, uint32_t ifindex, bool up);

/**
 * Announce that a device is down, as the kernel does before what the device
 * offloads is gone.
 */
void fake_kernel_announce_down(fake_kernel_t *this, uint32_t ifindex);

/**
 * Remove a device, after setting it down.
 */
void fake_kernel_remove_device(fake_kernel_t *this, uint32_t ifindex);

/**
 * Add a route, or replace that for the same network and mark. Announced.
 *
 * @param net			network, e.g. "10.0.0.0/8"
 * @param ifindex		output device, 0 for an unreachable network
 * @param gateway		next hop, NULL for none
 * @param src			preferred source, NULL for none
 * @param mark			mark of packets it is for, 0 for any
 */
void fake_kernel_add_route(fake_kernel_t *this, const char *net,
						   uint32_t ifindex, const char *gateway,
						   const char *src, uint32_t mark);

/**
 * Add a next hop to the route to an address. Announced.
 *
 * @param net			address or network, the route is found as by packets
 * @param ifindex		device of the next hop
 * @param nexthop		TRUE if the route now refers to a group of nexthop
 *						objects; only one route may do so
 */
void fake_kernel_add_hop(fake_kernel_t *this, const char *net,
						 uint32_t ifindex, bool nexthop);

/**
 * Add a rule that no lookup heeds, or remove all. Announced.
 *
 * @param family		AF_INET or AF_INET6
 * @param proto			protocol of the packets it is for, 0 for any
 * @param mark			mark of the packets it is for, 0 for any
 */
void fake_kernel_add_rule(fake_kernel_t *this, uint16_t family, uint8_t proto,
						  uint32_t mark);
void fake_kernel_del_rules(fake_kernel_t *this);

/**
 * Replace the device of a route, without an announcement.
 */
void fake_kernel_silent_route(fake_kernel_t *this, const char *net,
							  uint32_t ifindex);

/**
 * Let a request fail.
 *
 * @param protocol		NETLINK_XFRM or NETLINK_ROUTE
 * @param type			message type
 * @param nth			1 for the next such request, 2 for the one after, ...;
 *						0 for all of them from now on
 * @param fault			what goes wrong
 * @param err			errno value, see fault
 * @param text			text of the kernel, NULL for none
 */
void fake_kernel_inject(fake_kernel_t *this, int protocol, uint16_t type,
						u_int nth, fake_fault_t fault, int err,
						const char *text);

/**
 * Wait until a request is blocked, and stop blocking it.
 */
void fake_kernel_await_blocked(fake_kernel_t *this);
void fake_kernel_unblock(fake_kernel_t *this);

/**
 * Forget all faults that did not happen yet.
 */
void fake_kernel_heal(fake_kernel_t *this);

/**
 * Count requests received since the last reset, refused ones included.
 *
 * @param type			message type, 0 for all of the protocol except for
 *						questions about the size of the SPD
 */
u_int fake_kernel_count(fake_kernel_t *this, int protocol, uint16_t type);

/**
 * Start to count from 0.
 */
void fake_kernel_reset_counts(fake_kernel_t *this);

/**
 * Number of SAs and of SPs, larval SAs included.
 */
u_int fake_kernel_count_sas(fake_kernel_t *this);
u_int fake_kernel_count_sps(fake_kernel_t *this);

/**
 * Prefix lengths from which on SPs are found by hash, local and remote.
 */
void fake_kernel_get_thresh(fake_kernel_t *this, bool v6, uint8_t thresh[2]);

/**
 * Get an SA by its SPI.
 *
 * @param spi			SPI, network order
 * @param sa			[out] the SA, pointers are valid as long as it exists
 * @return				FALSE if there is none
 */
bool fake_kernel_get_sa(fake_kernel_t *this, uint32_t spi, fake_sa_t *sa);

/**
 * Get an attribute that an SA was given.
 *
 * @return				payload, chunk_empty if it was not
 */
chunk_t fake_sa_attr(const fake_sa_t *sa, uint16_t type);

/**
 * Let time and traffic leave their marks on an SA.
 */
void fake_kernel_use_sa(fake_kernel_t *this, uint32_t spi, uint64_t bytes,
						uint64_t packets, uint64_t last_used);

/**
 * Let an outbound SA with ESN have used a sequence number.
 */
void fake_kernel_set_oseq(fake_kernel_t *this, uint32_t spi, uint32_t oseq);

/**
 * Have packets look for an outbound SA all the time: if it is deleted, or
 * removed by fake_kernel_drop_sa(), they leave a larval SA of the same SPI, as
 * their SP names that.
 *
 * @param spi			SPI, network order
 */
void fake_kernel_flood(fake_kernel_t *this, uint32_t spi);

/**
 * Remove an SA behind everybody's back, as the timer of a larval SA does.
 */
bool fake_kernel_drop_sa(fake_kernel_t *this, uint32_t spi);

/**
 * Get an SP: the one that packets meet first among those with that selector,
 * whatever their protocols, ports and interfaces; offloaded ones go before
 * others of the same priority, then those that were added first.
 *
 * @param dir			XFRM_POLICY_IN, XFRM_POLICY_OUT or XFRM_POLICY_FWD
 * @param src			source network, e.g. "10.0.0.0/8"
 * @param dst			destination network
 * @param sp			[out] the SP
 * @return				FALSE if there is none
 */
bool fake_kernel_get_sp(fake_kernel_t *this, uint8_t dir, const char *src,
						const char *dst, fake_sp_t *sp);

/**
 * Find the guard behind an SP: it blocks, and is not in a NIC.
 *
 * @return				FALSE if there is none
 */
bool fake_kernel_get_guard(fake_kernel_t *this, const char *src,
						   const char *dst, fake_sp_t *sp);

/**
 * Let an SP be used at a time.
 */
bool fake_kernel_use_sp(fake_kernel_t *this, uint8_t dir, const char *src,
						const char *dst, uint64_t use_time);

/**
 * Announce an acquire, which leaves a larval SA.
 *
 * @param src			addresses and ports of the packet
 * @param dst
 * @param proto			protocol of the packet
 * @param reqid			reqid of the template
 * @return				sequence number of the acquire
 */
uint32_t fake_kernel_acquire(fake_kernel_t *this, const char *src,
							 uint16_t sport, const char *dst, uint16_t dport,
							 uint8_t proto, uint32_t reqid);

/**
 * Announce that an SA reached a limit; it is removed if that is a hard one.
 */
bool fake_kernel_expire(fake_kernel_t *this, uint32_t spi, bool hard);

/**
 * Announce that the peer behind an SA with UDP encapsulation moved.
 */
bool fake_kernel_mapping(fake_kernel_t *this, uint32_t spi, const char *src,
						 uint16_t port);

/**
 * Announce bytes to a multicast group.
 */
void fake_kernel_announce(fake_kernel_t *this, int protocol, int group,
						  chunk_t bytes);

/**
 * Let all transports with groups of a protocol lose announcements.
 */
void fake_kernel_overrun(fake_kernel_t *this, int protocol);

/**
 * Find out if bytes, e.g. of a key, are left over in the receive buffer of the
 * exchange that was used last.
 */
bool fake_kernel_left_over(fake_kernel_t *this, chunk_t needle);

#endif /** FAKE_KERNEL_H_ @}*/
