/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_link_features link_features
 * @{ @ingroup hwo_io
 *
 * Is a link's ESP offload switched on? What "ethtool -k" knows about
 * esp-hw-offload, remembered until the kernel announces a change of the link's
 * features or the link itself changes. Pending announcements are read before
 * an answer is used, so it is never older than the last change made before the
 * call.
 *
 * The feature says that a driver offloads something, not what.
 *
 * Thread-safety: may be called by any thread.
 */

#ifndef HWO_LINK_FEATURES_H_
#define HWO_LINK_FEATURES_H_

#include "nl_exchange.h"
#include "nl_transport.h"

typedef struct link_features_t link_features_t;

/**
 * Features of all links.
 */
struct link_features_t {

	/**
	 * Get the state of a link's ESP offload.
	 *
	 * @param link		the link, as it is now
	 * @return			state, HWO_FEATURE_UNKNOWN if the kernel does not tell
	 */
	hwo_feature_t (*get)(link_features_t *this, const hwo_link_t *link);

	/**
	 * Destroy.
	 */
	void (*destroy)(link_features_t *this);
};

/**
 * Opens a transport to generic netlink that joined a multicast group.
 *
 * @param group			number of the group
 * @return				transport, NULL on failure
 */
typedef nl_transport_t *(*link_features_open_t)(void *data, uint32_t group);

/**
 * Create, find out how the kernel numbers what is needed.
 *
 * @param exchange		exchange with generic netlink, adopted
 * @param open			opens the transport for changes
 * @param data			passed to open
 * @return				NULL if the kernel doesn't have it
 */
link_features_t *hwo_link_features_create(nl_exchange_t *exchange,
										  link_features_open_t open,
										  void *data);

#endif /** HWO_LINK_FEATURES_H_ @}*/
