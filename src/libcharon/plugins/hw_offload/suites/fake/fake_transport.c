/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Transports to the fake kernel, and what goes wrong on them.
 */

#include "fake_private.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct fake_transport_t fake_transport_t;

/**
 * A transport.
 */
struct fake_transport_t {
	nl_transport_t public;
	fake_kernel_t *kernel;
	int protocol;
	/** groups joined, as bits */
	uint64_t groups;
	/** what is to be received, item_t */
	linked_list_t *queue;
	/** answers that come later, item_t */
	linked_list_t *later;
	/** readable if there is something in the queue, -1 without groups */
	int fd;
};

/**
 * What receive() returns.
 */
typedef struct item_t {
	/** error, if not 0 */
	int err;
	/** datagram */
	chunk_t bytes;
} item_t;

/**
 * Append to a queue, taking over the bytes.
 */
static void enqueue(fake_transport_t *this, linked_list_t *queue, int err,
					chunk_t bytes)
{
	uint64_t one = 1;
	item_t *item;

	INIT(item,
		.err = err,
		.bytes = bytes,
	);
	queue->insert_last(queue, item);
	if (this->fd != -1 && write(this->fd, &one, sizeof(one)) != sizeof(one))
	{
		abort();
	}
}

/**
 * Destroy an item.
 */
static void item_destroy(item_t *item)
{
	chunk_clear(&item->bytes);
	free(item);
}

void fake_announce(fake_kernel_t *this, int protocol, int group,
				   chunk_t datagram)
{
	fake_transport_t *transport;
	enumerator_t *enumerator;

	enumerator = this->transports->create_enumerator(this->transports);
	while (enumerator->enumerate(enumerator, &transport))
	{
		if (transport->protocol == protocol &&
			(transport->groups & (1ULL << group)))
		{
			enqueue(transport, transport->queue, 0, chunk_clone(datagram));
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Find the fault for a request, if one is due.
 */
static bool find_fault(fake_kernel_t *this, int protocol, uint16_t type,
					   fake_injected_t *due)
{
	fake_injected_t *fault;
	enumerator_t *enumerator;
	bool found = FALSE;

	enumerator = this->faults->create_enumerator(this->faults);
	while (enumerator->enumerate(enumerator, &fault))
	{
		if (fault->protocol != protocol || fault->type != type)
		{
			continue;
		}
		if (fault->nth > 1)
		{
			fault->nth--;
			continue;
		}
		if (!found)
		{
			*due = *fault;
			found = TRUE;
			if (fault->nth == 1)
			{	/* the text lives until all faults are forgotten */
				fault->type = 0;
			}
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Put one datagram of an answer, or what became of it, in front of the reader.
 *
 * @param fault			what happens to it, NULL for nothing
 */
static void deliver(fake_transport_t *this, fake_injected_t *fault,
					chunk_t datagram)
{
	switch (fault ? fault->fault : FAKE_FAULT_ERROR)
	{
		case FAKE_FAULT_LOST:
			chunk_clear(&datagram);
			return;
		case FAKE_FAULT_LATE:
			enqueue(this, this->later, 0, datagram);
			return;
		case FAKE_FAULT_TWICE:
			enqueue(this, this->queue, 0, chunk_clone(datagram));
			break;
		case FAKE_FAULT_OVERRUN:
			enqueue(this, this->queue, ENOBUFS, chunk_empty);
			chunk_clear(&datagram);
			return;
		case FAKE_FAULT_OVERRUN_BEFORE:
			enqueue(this, this->queue, ENOBUFS, chunk_empty);
			break;
		case FAKE_FAULT_TRUNCATED:
			enqueue(this, this->queue, EMSGSIZE, datagram);
			return;
		case FAKE_FAULT_SHORT:
			datagram.len -= min(datagram.len, fault->err);
			break;
		case FAKE_FAULT_SEND:
		case FAKE_FAULT_IGNORED:
		case FAKE_FAULT_ERROR:
		case FAKE_FAULT_WARNING:
		case FAKE_FAULT_INTERRUPTED:
		case FAKE_FAULT_BLOCKED:
			break;
	}
	enqueue(this, this->queue, 0, datagram);
}

/**
 * Execute a request and answer it.
 *
 * @param fault			what goes wrong, NULL for nothing
 */
static void answer(fake_transport_t *this, const struct nlmsghdr *hdr,
				   fake_injected_t *fault)
{
	fake_request_t request = {
		.kernel = this->kernel,
		.hdr = hdr,
	};
	chunk_t *datagram;

	fake_kernel_answer(&request, this->protocol, fault);
	while (request.answer->remove_first(request.answer,
										(void**)&datagram) == SUCCESS)
	{
		deliver(this, fault, *datagram);
		free(datagram);
	}
	request.answer->destroy(request.answer);
}

/**
 * Block a request until somebody ends that, the mutex is held.
 */
static void block(fake_kernel_t *kernel)
{
	kernel->blocked = TRUE;
	kernel->block_changed->broadcast(kernel->block_changed);
	while (kernel->blocked)
	{
		kernel->block_changed->wait(kernel->block_changed, kernel->mutex);
	}
}

void fake_kernel_await_blocked(fake_kernel_t *this)
{
	this->mutex->lock(this->mutex);
	while (!this->blocked)
	{
		this->block_changed->wait(this->block_changed, this->mutex);
	}
	this->mutex->unlock(this->mutex);
}

void fake_kernel_unblock(fake_kernel_t *this)
{
	this->mutex->lock(this->mutex);
	this->blocked = FALSE;
	this->block_changed->broadcast(this->block_changed);
	this->mutex->unlock(this->mutex);
}

METHOD(nl_transport_t, send_, int,
	fake_transport_t *this, const void *data, size_t len)
{
	fake_kernel_t *kernel = this->kernel;
	fake_injected_t fault;
	chunk_t copy;
	const struct nlmsghdr *hdr;
	item_t *item;
	bool faulty;
	int err = 0;

	/* of the exact size, so that sanitizers see us read too far */
	copy = chunk_clone(chunk_create((u_char*)data, len));
	hdr = (const void*)copy.ptr;
	if (len < sizeof(*hdr) || hdr->nlmsg_len != len ||
		!(hdr->nlmsg_flags & NLM_F_REQUEST) || !hdr->nlmsg_seq)
	{
		chunk_clear(&copy);
		return EINVAL;
	}
	if (kernel->hook)
	{
		kernel->hook();
	}
	kernel->mutex->lock(kernel->mutex);
	(*fake_kernel_counter(kernel, this->protocol, hdr->nlmsg_type))++;
	while (this->later->remove_first(this->later, (void**)&item) == SUCCESS)
	{
		this->queue->insert_last(this->queue, item);
	}
	faulty = find_fault(kernel, this->protocol, hdr->nlmsg_type, &fault);
	if (faulty && fault.fault == FAKE_FAULT_BLOCKED)
	{
		block(kernel);
	}
	fake_traffic_send(kernel);
	if (faulty && fault.fault == FAKE_FAULT_SEND)
	{
		err = fault.err;
	}
	else if (!faulty || fault.fault != FAKE_FAULT_IGNORED)
	{
		if (faulty)
		{
			fake_trace(kernel, "fault %u for type %x", fault.fault,
					   hdr->nlmsg_type, 0, 0);
		}
		answer(this, hdr, faulty ? &fault : NULL);
	}
	kernel->mutex->unlock(kernel->mutex);
	chunk_clear(&copy);
	return err;
}

METHOD(nl_transport_t, receive, ssize_t,
	fake_transport_t *this, void *buf, size_t size, bool wait)
{
	ssize_t result = wait ? -ETIMEDOUT : -EAGAIN;
	uint64_t count;
	item_t *item;

	this->kernel->mutex->lock(this->kernel->mutex);
	if (this->fd == -1)
	{
		this->kernel->buf = buf;
		this->kernel->size = size;
	}
	if (this->queue->remove_first(this->queue, (void**)&item) == SUCCESS)
	{
		memcpy(buf, item->bytes.ptr, min(size, item->bytes.len));
		result = item->bytes.len > size ? -EMSGSIZE : item->bytes.len;
		if (item->err)
		{
			result = -item->err;
		}
		item_destroy(item);
	}
	else if (this->fd != -1)
	{
		ignore_result(read(this->fd, &count, sizeof(count)));
	}
	this->kernel->mutex->unlock(this->kernel->mutex);
	return result;
}

METHOD(nl_transport_t, get_fd, int,
	fake_transport_t *this)
{
	return this->fd;
}

METHOD(nl_transport_t, transport_destroy, void,
	fake_transport_t *this)
{
	fake_kernel_t *kernel = this->kernel;

	kernel->mutex->lock(kernel->mutex);
	kernel->transports->remove(kernel->transports, this, NULL);
	if (this->fd == -1)
	{
		kernel->buf = NULL;
	}
	kernel->mutex->unlock(kernel->mutex);
	this->queue->destroy_function(this->queue, (void*)item_destroy);
	this->later->destroy_function(this->later, (void*)item_destroy);
	if (this->fd != -1)
	{
		close(this->fd);
	}
	free(this);
}

nl_transport_t *fake_kernel_open(fake_kernel_t *this, int protocol,
								 const int *groups)
{
	fake_transport_t *transport;

	INIT(transport,
		.public = {
			.send = _send_,
			.receive = _receive,
			.get_fd = _get_fd,
			.destroy = _transport_destroy,
		},
		.kernel = this,
		.protocol = protocol,
		.queue = linked_list_create(),
		.later = linked_list_create(),
		.fd = groups ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1,
	);
	for (; groups && *groups; groups++)
	{
		transport->groups |= 1ULL << *groups;
	}
	this->mutex->lock(this->mutex);
	this->transports->insert_last(this->transports, transport);
	this->mutex->unlock(this->mutex);
	return &transport->public;
}

void fake_kernel_overrun(fake_kernel_t *this, int protocol)
{
	fake_transport_t *transport;
	enumerator_t *enumerator;
	item_t *item;

	this->mutex->lock(this->mutex);
	enumerator = this->transports->create_enumerator(this->transports);
	while (enumerator->enumerate(enumerator, &transport))
	{
		if (transport->protocol != protocol || !transport->groups)
		{
			continue;
		}
		while (transport->queue->remove_first(transport->queue,
											  (void**)&item) == SUCCESS)
		{
			item_destroy(item);
		}
		enqueue(transport, transport->queue, ENOBUFS, chunk_empty);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_inject(fake_kernel_t *this, int protocol, uint16_t type,
						u_int nth, fake_fault_t fault, int err,
						const char *text)
{
	fake_injected_t *injected;

	INIT(injected,
		.protocol = protocol,
		.type = type,
		.nth = nth,
		.fault = fault,
		.err = err,
		.text = text ? strdup(text) : NULL,
	);
	this->mutex->lock(this->mutex);
	this->faults->insert_last(this->faults, injected);
	this->mutex->unlock(this->mutex);
}

void fake_injected_destroy(fake_injected_t *injected)
{
	free(injected->text);
	free(injected);
}

void fake_kernel_heal(fake_kernel_t *this)
{
	this->mutex->lock(this->mutex);
	this->faults->destroy_function(this->faults, (void*)fake_injected_destroy);
	this->faults = linked_list_create();
	this->mutex->unlock(this->mutex);
}

