/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * What the parts of the fake kernel know of each other.
 */

#ifndef FAKE_PRIVATE_H_
#define FAKE_PRIVATE_H_

#include <linux/netlink.h>

#include <collections/array.h>
#include <collections/linked_list.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

#include "fake_kernel.h"
#include "fake_traffic.h"

/** attribute of SAs that is younger than the headers of Debian 12 */
#define FAKE_XFRMA_SA_DIR 33
#define FAKE_XFRMA_SA_PCPU 35
#define FAKE_DIR_IN 1
#define FAKE_DIR_OUT 2

/** what a test and requests did, and what was used under a key */
typedef struct fake_trace_t fake_trace_t;
typedef struct fake_key_t fake_key_t;

/** flags of offload requests */
#define FAKE_OFFLOAD_INBOUND 2
#define FAKE_OFFLOAD_PACKET 4

/** attribute types we look at are below */
#define FAKE_MAX_ATTR 64

/**
 * A device.
 */
typedef struct fake_device_t {
	uint32_t ifindex;
	/** of an XFRM interface, 0 for others */
	uint32_t if_id;
	fake_caps_t caps;
	bool refuse_bytes;
	char refusal[80];
	char kind[IFNAMSIZ];
	char altname[128];
	uint32_t master;
	hwo_feature_t feature;
	/** as announced */
	bool down;
} fake_device_t;

/**
 * A route.
 */
typedef struct fake_route_t {
	uint16_t family;
	uint8_t net[16];
	uint8_t prefix;
	uint32_t ifindex;
	uint8_t gateway[16];
	bool has_gateway;
	uint8_t src[16];
	bool has_src;
	uint32_t mark;
	/** devices of further next hops, uint32_t by value */
	array_t *hops;
	/** answers refer to a nexthop object, as with nexthop_compat_mode = 0 */
	bool nexthop;
} fake_route_t;

/** ID of the nexthop object of a device, and of the group of a route */
#define FAKE_NEXTHOP(ifindex) (1000 + (ifindex))
#define FAKE_NEXTHOP_GROUP 1

/**
 * A rule, as it is reported.
 */
typedef struct fake_rule_t {
	uint16_t family;
	/** protocol of packets, and mark; 0 for any */
	uint8_t proto;
	uint32_t mark;
} fake_rule_t;

/**
 * A flow of packets that a local socket sends.
 */
typedef struct fake_flow_t {
	uint16_t family;
	xfrm_address_t src;
	xfrm_address_t dst;
	/** network order */
	uint16_t sport, dport;
	uint8_t proto;
	/** must not leave in clear */
	bool covered;
	/** what became of the last packet, and the SA that protected it */
	fake_fate_t fate;
	uint32_t spi;
} fake_flow_t;

typedef struct fake_chains_t fake_chains_t;
typedef struct fake_bydst_t fake_bydst_t;

/**
 * Members are protected by mutex.
 */
struct fake_kernel_t {
	fake_version_t version;
	mutex_t *mutex;
	/** a request is blocked, as by a slow driver, and changes of that */
	bool blocked;
	condvar_t *block_changed;
	/** fake_transport_t */
	linked_list_t *transports;
	/** fake_injected_t */
	linked_list_t *faults;
	/** fake_device_t */
	linked_list_t *devices;
	/** fake_route_t */
	linked_list_t *routes;
	/** fake_rule_t */
	linked_list_t *rules;
	/** fake_sa_t */
	linked_list_t *sas;
	/** the same, as outbound packets find them */
	fake_bydst_t *bydst;
	/** fake_sp_t, in the order in which they were added */
	linked_list_t *sps;
	/** chains of those that are outbound */
	fake_chains_t *chains;
	/** SPI of an outbound SA that packets look for all the time, 0 for none */
	uint32_t flooded;
	/** flows, fake_flow_t, if traffic is on */
	linked_list_t *flows;
	bool traffic;
	/** called before each request, NULL for none */
	void (*hook)(void);
	/** what was used under all keys ever, fake_key_t */
	linked_list_t *keys;
	/** what happened, NULL before traffic was ever on */
	fake_trace_t *trace;
	/** next SPI, SP index and sequence number of an acquire */
	uint32_t next_spi, next_index, next_seq;
	/** prefix lengths for hashing SPs: IPv4 and IPv6, local and remote */
	uint8_t thresh[2][2];
	/** received requests by protocol and type, as far as they are counted */
	u_int counts[3][256];
	/** buffer last passed to receive() for an answer */
	void *buf;
	size_t size;
};

/**
 * A request under way.
 */
typedef struct fake_request_t {
	fake_kernel_t *kernel;
	/** the message */
	const struct nlmsghdr *hdr;
	/** fixed header, its length is proven */
	const void *body;
	/** attributes, their length is proven; NULL if not given */
	const struct nlattr *tb[FAKE_MAX_ATTR];
	/** datagrams of the answer, chunk_t* */
	linked_list_t *answer;
	/** text to send with the acknowledgement, NULL for none */
	const char *text;
} fake_request_t;

/**
 * A fault that is to happen.
 */
typedef struct fake_injected_t {
	int protocol;
	uint16_t type;
	/** requests to go, 0 if it happens each time */
	u_int nth;
	fake_fault_t fault;
	int err;
	char *text;
} fake_injected_t;

/**
 * Refuse a request in the words of the kernel.
 */
static inline int refuse(fake_request_t *request, int err, const char *text)
{
	request->text = text;
	return err;
}

/* fake_nl.c: bytes */

/** Payload of an attribute, its length, and as number */
const void *fake_attr_data(const struct nlattr *attr);
size_t fake_attr_len(const struct nlattr *attr);
uint32_t fake_attr_u32(const struct nlattr *attr, uint32_t missing);
uint8_t fake_attr_u8(const struct nlattr *attr, uint8_t missing);

/** Find the attributes in len bytes, FALSE if they are malformed */
bool fake_attrs_parse(const void *data, size_t len, const struct nlattr *tb[]);

/** Build messages: begin, append, attributes, end */
chunk_t fake_msg_begin(uint16_t type, uint16_t flags, uint32_t seq,
					   const void *body, size_t len);
void fake_msg_attr(chunk_t *msg, uint16_t type, const void *data, size_t len);
chunk_t fake_msg_ack(const struct nlmsghdr *request, int err, const char *text);

/** Parse "address/prefix" or "address", FALSE if it is none */
bool fake_parse_net(const char *str, uint16_t *family, uint8_t addr[16],
					uint8_t *prefix);

/* fake_kernel.c */

/** Append a datagram to the answer, taking over its memory */
void fake_answer(fake_request_t *request, chunk_t datagram);

/** Execute a request and make its answer, a list of datagrams */
void fake_kernel_answer(fake_request_t *request, int protocol,
						const fake_injected_t *fault);

/** Counter of a type, types beyond the ones we know share one */
u_int *fake_kernel_counter(fake_kernel_t *this, int protocol, uint16_t type);

/* fake_trace.c */

fake_trace_t *fake_trace_create(void);

/** Note what happens; fmt is static. Mutex is held */
void fake_trace(fake_kernel_t *kernel, const char *fmt, uint32_t a, uint32_t b,
				uint32_t c, uint32_t d);
void fake_trace_violation(fake_kernel_t *kernel, const char *fmt, uint32_t a,
						  uint32_t b, uint32_t c, uint32_t d);

void fake_trace_request(fake_request_t *request, int err);

/* fake_seq.c */

/** Use the next sequence number of an SA. Mutex is held */
void fake_seq_use(fake_kernel_t *this, fake_sa_t *sa);

/** Report what was sampled of a NIC, and sample. Mutex is held */
void fake_seq_sample(fake_sa_t *sa);
void fake_key_destroy(fake_key_t *key);

/* fake_spd_info.c */

/** Execute GETSPDINFO and NEWSPDINFO */
int fake_spd_get_info(fake_request_t *request);
int fake_spd_set_info(fake_request_t *request);

/* fake_bydst.c */

fake_bydst_t *fake_bydst_create(void);
void fake_bydst_destroy(fake_bydst_t *this);

/** Add or remove an SA. Mutex is held */
void fake_bydst_add(fake_kernel_t *kernel, fake_sa_t *sa);
void fake_bydst_remove(fake_kernel_t *kernel, fake_sa_t *sa);

/** Check if packets do not find an SA in packet mode. Mutex is held */
bool fake_bydst_hides(fake_kernel_t *kernel, const fake_sa_t *sa);

/** Execute GETSADINFO */
int fake_sad_get_info(fake_request_t *request);

/* fake_chain.c */

/** Check if a policy is found by hash: its prefixes are full */
bool fake_sp_is_exact(const fake_sp_t *sp);

/** Chains of outbound policies, empty ones */
fake_chains_t *fake_chains_create(void);
void fake_chains_destroy(fake_chains_t *this);

/** Put a policy into its chain, in place of another one or NULL; or remove it.
 * Mutex is held */
void fake_chains_add(fake_kernel_t *kernel, fake_sp_t *sp,
					 const fake_sp_t *old);
void fake_chains_remove(fake_kernel_t *kernel, const fake_sp_t *sp);

/** Have the chains built again with the next work. Mutex is held */
void fake_chains_rebuild(fake_kernel_t *kernel);

/** Find the policy of a chain that packets meet, or NULL. Mutex is held */
fake_sp_t *fake_chains_find(fake_kernel_t *kernel, const fake_flow_t *flow,
							uint32_t oif);

/* fake_lookup.c */

/** Check if the selector of an SP matches a packet */
bool fake_sp_matches(const fake_sp_t *sp, const fake_flow_t *flow,
					 uint32_t oif);

/** Find the SP that packets meet, NULL for none. Mutex is held */
fake_sp_t *fake_lookup_sp(fake_kernel_t *this, const fake_flow_t *flow,
						  uint32_t oif);

/**
 * Find the SA for a template of an SP. Mutex is held.
 *
 * @param wait			[out] TRUE if none is to be acquired either: there is a
 *						larval one, or one that does not fit
 */
fake_sa_t *fake_lookup_sa(fake_kernel_t *this, const fake_flow_t *flow,
						  const fake_sp_t *sp, bool *wait);

/* fake_traffic.c */

/** Send one packet of each flow. Mutex is held */
void fake_traffic_send(fake_kernel_t *this);

/* fake_inspect.c */

/** Announce an acquire, which leaves a larval SA. Mutex is held */
uint32_t fake_acquire(fake_kernel_t *this, const fake_flow_t *flow,
					  const struct xfrm_user_tmpl *tmpl,
					  const struct xfrm_user_offload *offload);

/** Fill in a flow */
void fake_flow_init(fake_flow_t *flow, const char *src, uint16_t sport,
					const char *dst, uint16_t dport, uint8_t proto);

/** Announce that an SA reached a limit. Mutex is held */
void fake_expire(fake_kernel_t *this, fake_sa_t *sa, bool hard);

/* fake_transport.c */

void fake_injected_destroy(fake_injected_t *injected);

/** Send to all transports of a group; copies. Mutex is held */
void fake_announce(fake_kernel_t *this, int protocol, int group,
				   chunk_t datagram);

/* fake_device.c */

fake_device_t *fake_device_find(fake_kernel_t *this, uint32_t ifindex);

/** Offload a new SA or SP; 0 or an errno value, offload cleared if software */
int fake_device_add_sa(fake_request_t *request, fake_sa_t *sa);
int fake_device_add_sp(fake_request_t *request, fake_sp_t *sp);

/* fake_sad.c, fake_sa_check.c, fake_spd.c, fake_route.c, fake_rule.c,
 * fake_link.c, fake_genl.c: execute requests, 0 or an errno value */

int fake_check_sa(fake_request_t *request);
int fake_sad_execute(fake_request_t *request);
int fake_spd_execute(fake_request_t *request);
int fake_route_execute(fake_request_t *request);
int fake_nexthop_execute(fake_request_t *request);
int fake_rule_execute(fake_request_t *request);
int fake_link_execute(fake_request_t *request);
int fake_genl_execute(fake_request_t *request);
size_t fake_route_body(uint16_t type);
size_t fake_sad_body(uint16_t type);
size_t fake_spd_body(uint16_t type);

void fake_route_destroy(fake_route_t *route);

/** Find the device for an address, 0 if there is none */
uint32_t fake_route_device(fake_kernel_t *this, uint16_t family,
						   const void *dst, uint32_t mark);

/** Find an SA as packets do, and get the mark in a request */
fake_sa_t *fake_sad_lookup(fake_kernel_t *this, const xfrm_address_t *dst,
						   uint32_t spi, uint8_t proto, uint16_t family,
						   uint32_t mark);
struct xfrm_mark fake_sad_mark(fake_request_t *request);

/** Describe an SA in a message */
chunk_t fake_sad_describe(const fake_sa_t *sa, uint16_t type, uint16_t flags,
						  uint32_t seq);
int fake_spi_alloc(fake_request_t *request);

fake_sa_t *fake_sad_find(fake_kernel_t *this, uint32_t spi);
void fake_sad_add(fake_kernel_t *this, fake_sa_t *sa);
void fake_sad_remove(fake_kernel_t *this, fake_sa_t *sa);

/**
 * Remove an SA. If packets look for it all the time, they leave a larval one.
 */
void fake_sad_take_away(fake_kernel_t *this, fake_sa_t *sa);
void fake_sa_destroy(fake_sa_t *sa);
void fake_sp_destroy(fake_sp_t *sp);

#endif /** FAKE_PRIVATE_H_ */
