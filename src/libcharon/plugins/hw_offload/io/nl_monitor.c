/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * Reads what the kernel announces, on a thread of the watcher or on demand.
 */

#include "nl_monitor.h"

#include <errno.h>
#include <threading/mutex.h>

/** no announcement of the kernel is longer, otherwise it counts as lost */
#define RECV_SIZE (32 * 1024)

/**
 * Private data.
 */
typedef struct {
	/** public interface */
	nl_monitor_t public;
	/** transport that joined multicast groups */
	nl_transport_t *transport;
	/** file descriptor given to the watcher, -1 if there is none */
	int fd;
	/** called for each message */
	nl_monitor_cb_t cb;
	/** passed to cb */
	void *data;
	/** keeps callbacks in sequence, protects everything below */
	mutex_t *mutex;
	/** receive buffer, RECV_SIZE bytes */
	uint8_t *buf;
	/** a malformed datagram has been complained about */
	bool complained;
} private_nl_monitor_t;

/**
 * Deliver the messages of one datagram.
 */
static void deliver(private_nl_monitor_t *this, size_t len)
{
	const struct nlmsghdr *hdr;
	size_t pos = 0;

	while (pos < len)
	{
		hdr = (const void*)(this->buf + pos);
		if (len - pos < sizeof(*hdr) || hdr->nlmsg_len < sizeof(*hdr) ||
			hdr->nlmsg_len > len - pos)
		{
			if (!this->complained)
			{
				DBG1(DBG_KNL, "malformed netlink event of %zu bytes ignored, "
					 "further ones are ignored silently", len - pos);
				this->complained = TRUE;
			}
			return;
		}
		this->cb(this->data, hdr);
		pos += NLMSG_ALIGN(hdr->nlmsg_len);
	}
}

/**
 * Deliver everything that is pending.
 *
 * @return			FALSE if the transport does not work anymore
 */
static bool deliver_pending(private_nl_monitor_t *this)
{
	bool lost = FALSE;
	ssize_t len;

	while (TRUE)
	{
		len = this->transport->receive(this->transport, this->buf, RECV_SIZE,
									   FALSE);
		if (len >= 0)
		{
			deliver(this, len);
			/* announcements of SAs hold their keys */
			memwipe(this->buf, len);
			continue;
		}
		switch (-len)
		{
			case EAGAIN:
				if (lost)
				{
					this->cb(this->data, NULL);
				}
				return TRUE;
			case EMSGSIZE:
				memwipe(this->buf, RECV_SIZE);
				/* fall-through */
			case ENOBUFS:
				/* until the queue is empty the kernel drops more of them,
				 * without another error */
				lost = TRUE;
				break;
			default:
				DBG1(DBG_KNL, "receiving netlink events failed: %s",
					 strerror(-len));
				this->cb(this->data, NULL);
				return FALSE;
		}
	}
}

/**
 * Called by the watcher if there is something to read.
 */
CALLBACK(on_readable, bool,
	private_nl_monitor_t *this, int fd, watcher_event_t event)
{
	bool works;

	this->mutex->lock(this->mutex);
	works = deliver_pending(this);
	this->mutex->unlock(this->mutex);

	/* watching a descriptor that stays readable would be a busy loop */
	return works;
}

METHOD(nl_monitor_t, drain, void,
	private_nl_monitor_t *this)
{
	this->mutex->lock(this->mutex);
	deliver_pending(this);
	this->mutex->unlock(this->mutex);
}

METHOD(nl_monitor_t, destroy, void,
	private_nl_monitor_t *this)
{
	if (this->fd != -1)
	{
		lib->watcher->remove(lib->watcher, this->fd);
	}
	this->transport->destroy(this->transport);
	this->mutex->destroy(this->mutex);
	free(this->buf);
	free(this);
}

nl_monitor_t *hwo_nl_monitor_create(nl_transport_t *transport, bool watch,
									nl_monitor_cb_t cb, void *data)
{
	private_nl_monitor_t *this;

	INIT(this,
		.public = {
			.drain = _drain,
			.destroy = _destroy,
		},
		.transport = transport,
		.fd = watch ? transport->get_fd(transport) : -1,
		.cb = cb,
		.data = data,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.buf = malloc(RECV_SIZE),
	);

	if (this->fd != -1)
	{
		lib->watcher->add(lib->watcher, this->fd, WATCHER_READ, on_readable,
						  this);
	}
	return &this->public;
}
