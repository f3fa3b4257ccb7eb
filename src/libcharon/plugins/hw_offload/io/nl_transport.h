/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_nl_transport nl_transport
 * @{ @ingroup hwo_io
 *
 * The one seam to the kernel: a datagram out, a datagram in. The real one is a
 * netlink socket, tests put a kernel of their own behind it.
 *
 * Thread-safety: send() and receive() may be called by different threads, two
 * threads that want replies must take turns (see nl_exchange_t).
 */

#ifndef HWO_NL_TRANSPORT_H_
#define HWO_NL_TRANSPORT_H_

#include <sys/types.h>

#include "../hwo_types.h"

typedef struct nl_transport_t nl_transport_t;

/**
 * Transport of netlink datagrams.
 */
struct nl_transport_t {

	/**
	 * Send one datagram to the kernel.
	 *
	 * @param data		datagram
	 * @param len		length in bytes
	 * @return			0, or an errno value
	 */
	int (*send)(nl_transport_t *this, const void *data, size_t len);

	/**
	 * Receive one datagram. Datagrams that do not come from the kernel are
	 * dropped silently, whatever they hold.
	 *
	 * @param buf		buffer
	 * @param size		size of the buffer in bytes
	 * @param wait		TRUE to wait (with the deadline set at construction),
	 *					FALSE to return at once
	 * @return			bytes received, or a negative errno value: -EAGAIN if
	 *					there is nothing (wait FALSE), -ETIMEDOUT (wait TRUE),
	 *					-ENOBUFS if datagrams were lost, -EMSGSIZE if this one
	 *					was longer than the buffer, and is lost
	 */
	ssize_t (*receive)(nl_transport_t *this, void *buf, size_t size, bool wait);

	/**
	 * File descriptor to watch for readability, -1 if there is none.
	 */
	int (*get_fd)(nl_transport_t *this);

	/**
	 * Close and destroy.
	 */
	void (*destroy)(nl_transport_t *this);
};

/**
 * Open a netlink socket with extended and capped ACKs (requests hold keys and
 * must not be echoed), close-on-exec.
 *
 * @param protocol		NETLINK_XFRM, NETLINK_ROUTE, ...
 * @param groups		multicast groups to join, 0-terminated, NULL for none
 * @param rcvbuf		receive buffer in bytes, 0 for the system's default.
 *						Larger than the system's limit if we may (CAP_NET_ADMIN)
 * @param timeout		deadline for receive() in milliseconds
 * @param err			[out] errno value on failure
 * @return				transport, NULL on failure
 */
nl_transport_t *hwo_nl_transport_create(int protocol, const int *groups,
										size_t rcvbuf, u_int timeout, int *err);

#endif /** HWO_NL_TRANSPORT_H_ @}*/
