/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_link_state link_state
 * @{ @ingroup hwo_io
 *
 * Links of this network namespace, kept up to date by the caches of
 * libnl-route-3. The only place that knows libnl's types.
 *
 * libnl reports a lost event and a lack of memory with the same code, so after
 * any error the cache is built anew.
 *
 * Thread-safety: may be called by any thread; libnl's reference counts are
 * plain integers, hence values are copied out under a lock.
 */

#ifndef HWO_LINK_STATE_H_
#define HWO_LINK_STATE_H_

#include "../hwo_types.h"

typedef struct link_state_t link_state_t;

/**
 * State of all links.
 */
struct link_state_t {

	/**
	 * Get a link by its index.
	 *
	 * @param ifindex	index
	 * @param link		[out] the link
	 * @return			FALSE if there is none, link is zero then
	 */
	bool (*get)(link_state_t *this, uint32_t ifindex, hwo_link_t *link);

	/**
	 * Get a link by its name.
	 *
	 * @param name		name, or an alternative one, which only the kernel knows
	 * @param link		[out] the link
	 * @return			FALSE if there is none, link is zero then
	 */
	bool (*find)(link_state_t *this, const char *name, hwo_link_t *link);

	/**
	 * Get the XFRM interface with an interface ID.
	 *
	 * @param if_id		interface ID
	 * @param link		[out] the link, the first one if there are several
	 * @return			FALSE if there is none, link is zero then
	 */
	bool (*find_xfrm)(link_state_t *this, uint32_t if_id, hwo_link_t *link);

	/**
	 * Destroy.
	 */
	void (*destroy)(link_state_t *this);
};

/**
 * Load all links and start to follow them.
 *
 * @return				NULL if rtnetlink is not available, reason logged
 */
link_state_t *hwo_link_state_create(void);

#endif /** HWO_LINK_STATE_H_ @}*/
