/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_child_facts child_facts
 * @{ @ingroup hwo_service
 *
 * What a configuration says about a child, as far as its offload depends on it:
 * one that the daemon has loaded, or one that is written down somewhere.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_CHILD_FACTS_H_
#define HWO_CHILD_FACTS_H_

#include <config/peer_cfg.h>
#include <networking/host.h>
#include <crypto/proposal/proposal.h>

#include "../../hwo_types.h"
#include "../../model/state/child_record.h"

/** Longest message about what is wrong with a configuration */
#define HWO_STATUS_ERROR 200

/**
 * What a configuration says about a child.
 */
typedef struct hwo_child_facts_t {
	/** names */
	hwo_names_t names;
	/** configured mode */
	hw_offload_t requested;
	/** what all its SAs have in common, with the inbound interface ID */
	hwo_sa_facts_t sa;
	/** interface ID of outbound SAs */
	uint32_t if_id_out;
	/** addresses, NULL if they are not known before the peer connects */
	host_t *local, *remote;
	/** TRUE if proposals have that: ESN, no ESN, AES-GCM with an ICV of 16,
	 * anything else. */
	bool esn, no_esn, gcm, other;
	/** TRUE if traffic selectors have addresses of that family */
	bool ipv4, ipv6;
	/** all of them, as far as they are known; traffic_selector_t */
	linked_list_t *local_ts, *remote_ts;
	/** replay window */
	uint32_t window;
	/** limits on bytes */
	bool bytes;
} hwo_child_facts_t;

/**
 * A child that is loaded, with its connection. Both stay what they are, even if
 * they are unloaded meanwhile.
 */
typedef struct hwo_loaded_child_t {
	/** connection, a reference of our own */
	peer_cfg_t *peer;
	/** child, a reference of our own */
	child_cfg_t *child;
} hwo_loaded_child_t;

/**
 * Collect the children of a connection that is loaded, but not shunts: these
 * have no SAs. As this takes two pointers for each, there may be any number.
 *
 * No lock of the daemon's configuration is held afterwards.
 *
 * @param connection	name of the connection
 * @param child			name of a child, empty for all
 * @return				array of hwo_loaded_child_t, to be released one by one
 */
array_t *hwo_loaded_children(const char *connection, const char *child);

/**
 * Release a child that is loaded.
 */
void hwo_loaded_child_release(hwo_loaded_child_t *loaded);

/**
 * Collect what the configuration of a child that is loaded says.
 *
 * @param loaded		child
 * @param facts			[out] facts, to be cleared
 */
void hwo_child_facts_loaded(const hwo_loaded_child_t *loaded,
							hwo_child_facts_t *facts);

/**
 * Understand what is written about a child.
 *
 * @param text			JSON object with "connection", "child", and what is
 *						written, by the names of swanctl.conf, as texts
 * @param facts			[out] facts, to be cleared
 * @param error			[out] what is wrong
 * @return				FALSE if something is
 */
bool hwo_child_facts_written(const char *text, hwo_child_facts_t *facts,
							 char error[HWO_STATUS_ERROR]);

/**
 * Note what a proposal offers.
 *
 * @param facts			facts to add to
 * @param proposal		proposal, not adopted; NULL is none
 */
void hwo_child_facts_add_proposal(hwo_child_facts_t *facts,
								  proposal_t *proposal);

/**
 * Note a traffic selector. A dynamic one is for an address of the child, which
 * has to be set before.
 *
 * @param facts			facts to add to
 * @param ts			traffic selector, adopted
 * @param local			TRUE if it is ours
 */
void hwo_child_facts_add_selector(hwo_child_facts_t *facts,
								  traffic_selector_t *ts, bool local);

/**
 * Conclude what all traffic selectors have.
 */
void hwo_child_facts_add_shapes(hwo_child_facts_t *facts);

/**
 * Parse addresses of hosts, as configured.
 *
 * @param addrs			addresses, may be NULL
 * @return				host, NULL if it is a name, or not for one host
 */
host_t *hwo_child_facts_host(const char *addrs);

/**
 * Clear facts.
 */
void hwo_child_facts_clear(hwo_child_facts_t *facts);

#endif /** HWO_CHILD_FACTS_H_ @}*/
