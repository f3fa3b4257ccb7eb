/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_nl_monitor nl_monitor
 * @{ @ingroup hwo_io
 *
 * Multicast messages of the kernel.
 *
 * Usage concepts: the callback gets each message, or NULL if messages were
 * lost: assume that anything changed. Once it gets NULL, nothing else is lost
 * without a further one, so it may read the state anew. It runs either on a
 * thread of the watcher or in drain(), never in two threads at the same time.
 * It must not call back into the monitor.
 *
 * Thread-safety: drain() may be called by any thread. destroy() waits for a
 * callback that is running.
 *
 * Other than elsewhere, a lock is held while the kernel is asked: that of the
 * monitor, if its callback does so, as one that is to follow must not overtake
 * it. Who waits for it waits for nothing but events: only drain() takes it, and
 * whoever is called back by a monitor that is drained must not wait for a
 * thread that might do so. Answers come by another transport, whose lock is
 * always taken last and for one exchange only.
 */

#ifndef HWO_NL_MONITOR_H_
#define HWO_NL_MONITOR_H_

#include <linux/netlink.h>

#include "nl_transport.h"

typedef struct nl_monitor_t nl_monitor_t;

/**
 * Called for each message.
 *
 * @param data			user data
 * @param hdr			message, its length is proven; NULL if some were lost
 */
typedef void (*nl_monitor_cb_t)(void *data, const struct nlmsghdr *hdr);

/**
 * Monitor of multicast groups.
 */
struct nl_monitor_t {

	/**
	 * Deliver everything that is pending, without waiting.
	 */
	void (*drain)(nl_monitor_t *this);

	/**
	 * Stop watching and destroy, including the transport.
	 */
	void (*destroy)(nl_monitor_t *this);
};

/**
 * Create a monitor.
 *
 * @param transport		transport that joined groups, adopted
 * @param watch			TRUE to let lib->watcher deliver messages as they come,
 *						FALSE if only drain() does
 * @param cb			called for each message
 * @param data			passed to cb
 */
nl_monitor_t *hwo_nl_monitor_create(nl_transport_t *transport, bool watch,
									nl_monitor_cb_t cb, void *data);

#endif /** HWO_NL_MONITOR_H_ @}*/
