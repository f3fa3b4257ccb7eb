/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * The real transport: a netlink socket of which only bytes are expected. What
 * they mean is nobody's business here.
 */

#include "nl_transport.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netlink.h>

/**
 * Private data.
 */
typedef struct {
	/** public interface */
	nl_transport_t public;
	/** netlink socket, blocking with SO_RCVTIMEO: a reply costs one system
	 * call, with poll() it would be two. */
	int fd;
	/** deadline of receive() in milliseconds */
	u_int timeout;
} private_nl_transport_t;

METHOD(nl_transport_t, send_, int,
	private_nl_transport_t *this, const void *data, size_t len)
{
	struct sockaddr_nl kernel = {
		.nl_family = AF_NETLINK,
	};
	ssize_t sent;

	do
	{
		sent = sendto(this->fd, data, len, 0, (struct sockaddr*)&kernel,
					  sizeof(kernel));
	}
	while (sent < 0 && errno == EINTR);

	if (sent < 0)
	{
		return errno;
	}
	return sent == len ? 0 : EMSGSIZE;
}

/**
 * Whether the deadline of an operation that began at start has passed.
 */
static bool is_late(private_nl_transport_t *this, timeval_t *start)
{
	timeval_t now, passed;

	time_monotonic(&now);
	timersub(&now, start, &passed);
	return passed.tv_sec * 1000 + passed.tv_usec / 1000 >= this->timeout;
}

METHOD(nl_transport_t, receive, ssize_t,
	private_nl_transport_t *this, void *buf, size_t size, bool wait)
{
	struct sockaddr_nl from;
	socklen_t from_len;
	timeval_t start;
	ssize_t len;

	time_monotonic(&start);
	while (TRUE)
	{
		from_len = sizeof(from);
		/* with MSG_TRUNC we get the length before it was cut */
		len = recvfrom(this->fd, buf, size,
					   MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT),
					   (struct sockaddr*)&from, &from_len);
		if (len >= 0 && from_len == sizeof(from) && from.nl_pid == 0)
		{
			return len > size ? -EMSGSIZE : len;
		}
		if (len < 0 && errno != EINTR)
		{
			return errno == EAGAIN && wait ? -ETIMEDOUT : -errno;
		}
		/* a signal, or somebody who is not the kernel: neither may keep us here
		 * forever */
		if (wait && is_late(this, &start))
		{
			return -ETIMEDOUT;
		}
	}
}

METHOD(nl_transport_t, get_fd, int,
	private_nl_transport_t *this)
{
	return this->fd;
}

METHOD(nl_transport_t, destroy, void,
	private_nl_transport_t *this)
{
	if (this->fd != -1)
	{
		close(this->fd);
	}
	free(this);
}

/**
 * Enable a netlink option.
 */
static bool enable(int fd, int option)
{
	int on = 1;

	return setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on)) == 0;
}

/**
 * Set size of the receive buffer and deadline.
 */
static bool set_limits(int fd, size_t rcvbuf, u_int timeout)
{
	struct timeval deadline = {
		.tv_sec = timeout / 1000,
		.tv_usec = (timeout % 1000) * 1000,
	};
	int size = rcvbuf;

	/* without CAP_NET_ADMIN we get at most net.core.rmem_max */
	if (size &&
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0 &&
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) != 0)
	{
		return FALSE;
	}
	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline,
					  sizeof(deadline)) == 0;
}

/**
 * Bind to a port the kernel chooses and join multicast groups.
 */
static bool bind_and_join(int fd, const int *groups)
{
	struct sockaddr_nl any = {
		.nl_family = AF_NETLINK,
	};

	if (bind(fd, (struct sockaddr*)&any, sizeof(any)) != 0)
	{
		return FALSE;
	}
	for (; groups && *groups; groups++)
	{
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, groups,
					   sizeof(*groups)) != 0)
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Configure a new socket. NETLINK_NO_ENOBUFS is left off, as lost datagrams
 * have to be noticed.
 */
static bool configure(int fd, int protocol, const int *groups, size_t rcvbuf,
					  u_int timeout)
{
	/* 4.12, just no texts without it */
	enable(fd, NETLINK_EXT_ACK);
	if (protocol == NETLINK_ROUTE)
	{
		/* 4.20, we want to know if a request is wrong, but can live without */
		enable(fd, NETLINK_GET_STRICT_CHK);
	}
	/* 4.3: errors would come with a copy of the request and its keys */
	return enable(fd, NETLINK_CAP_ACK) &&
		   set_limits(fd, rcvbuf, timeout) &&
		   bind_and_join(fd, groups);
}

nl_transport_t *hwo_nl_transport_create(int protocol, const int *groups,
										size_t rcvbuf, u_int timeout, int *err)
{
	private_nl_transport_t *this;

	INIT(this,
		.public = {
			.send = _send_,
			.receive = _receive,
			.get_fd = _get_fd,
			.destroy = _destroy,
		},
		.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol),
		/* 0 would mean to wait forever */
		.timeout = max(timeout, 1),
	);

	if (this->fd == -1 ||
		!configure(this->fd, protocol, groups, rcvbuf, this->timeout))
	{
		*err = errno;
		destroy(this);
		return NULL;
	}
	return &this->public;
}
