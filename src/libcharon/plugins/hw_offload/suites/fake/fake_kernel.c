/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Executes requests and answers them.
 */

#include "fake_private.h"

#include <errno.h>
#include <linux/genetlink.h>

/** objects per datagram of a dump */
#define DUMP_OBJECTS 3

void fake_answer(fake_request_t *request, chunk_t datagram)
{
	chunk_t *copy;

	INIT(copy);
	*copy = datagram;
	request->answer->insert_last(request->answer, copy);
}

/**
 * Execute a request to XFRM, in which only newer versions know the direction.
 *
 * @return				0, or an errno value
 */
static int execute_xfrm(fake_request_t *request, uint16_t type)
{
	if (request->kernel->version < FAKE_LINUX_6_12)
	{
		request->tb[FAKE_XFRMA_SA_DIR] = NULL;
	}
	if (request->tb[FAKE_XFRMA_SA_DIR] && type != XFRM_MSG_NEWSA &&
		type != XFRM_MSG_UPDSA && type != XFRM_MSG_ALLOCSPI)
	{
		request->text = "Invalid attribute SA_DIR";
		return EINVAL;
	}
	return fake_sad_body(type) ? fake_sad_execute(request)
							   : fake_spd_execute(request);
}

/**
 * Execute a request.
 *
 * @return				0, or an errno value
 */
static int execute(fake_request_t *request, int protocol)
{
	uint16_t type = request->hdr->nlmsg_type;
	bool xfrm = protocol == NETLINK_XFRM, dump;
	size_t body, len;

	dump = (request->hdr->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	if (xfrm)
	{
		body = fake_sad_body(type) ?: fake_spd_body(type);
	}
	else if (protocol == NETLINK_GENERIC)
	{
		body = sizeof(struct genlmsghdr);
	}
	else
	{
		body = fake_route_body(type);
	}
	if (!body && type != XFRM_MSG_FLUSHPOLICY)
	{
		return xfrm ? EINVAL : EOPNOTSUPP;
	}
	/* a dump of XFRM has attributes only */
	body = dump && xfrm ? 0 : body;
	len = request->hdr->nlmsg_len - sizeof(*request->hdr);
	request->body = request->hdr + 1;
	if (len < body ||
		!fake_attrs_parse((const uint8_t*)request->body + NLMSG_ALIGN(body),
						  len - min(len, NLMSG_ALIGN(body)), request->tb))
	{
		request->text = "Invalid message";
		return EINVAL;
	}
	if (protocol == NETLINK_GENERIC)
	{
		return fake_genl_execute(request);
	}
	return xfrm ? execute_xfrm(request, type) : fake_route_execute(request);
}

/**
 * Pack the objects of a dump to datagrams, and end it.
 */
static void finish_dump(fake_request_t *request, bool interrupted)
{
	linked_list_t *objects = request->answer;
	chunk_t *object, datagram = chunk_empty;
	int err = 0, count = 0;

	fake_answer(request, fake_msg_begin(NLMSG_DONE, NLM_F_MULTI,
								request->hdr->nlmsg_seq, &err, sizeof(err)));
	request->answer = linked_list_create();
	while (objects->remove_first(objects, (void**)&object) == SUCCESS)
	{
		if (interrupted)
		{
			((struct nlmsghdr*)(void*)object->ptr)->nlmsg_flags |=
															NLM_F_DUMP_INTR;
		}
		datagram = chunk_cat("ss", datagram, *object);
		free(object);
		if (++count % DUMP_OBJECTS == 0)
		{
			fake_answer(request, datagram);
			datagram = chunk_empty;
		}
	}
	if (datagram.len)
	{
		fake_answer(request, datagram);
	}
	objects->destroy(objects);
}

void fake_kernel_answer(fake_request_t *request, int protocol,
						const fake_injected_t *fault)
{
	const struct nlmsghdr *hdr = request->hdr;
	int err;

	request->answer = linked_list_create();
	if (fault && fault->fault == FAKE_FAULT_ERROR)
	{
		fake_trace(request->kernel, "refused by the test: type %x, %u",
				   hdr->nlmsg_type, fault->err, 0, 0);
		err = fault->err;
		request->text = fault->text;
	}
	else
	{
		err = execute(request, protocol);
	}
	if (protocol == NETLINK_XFRM)
	{
		fake_trace_request(request, err);
	}
	if (fault && fault->fault == FAKE_FAULT_WARNING)
	{
		request->text = fault->text;
	}
	if ((hdr->nlmsg_flags & NLM_F_DUMP) && !err)
	{
		finish_dump(request, fault && fault->fault == FAKE_FAULT_INTERRUPTED);
	}
	else if (err || (hdr->nlmsg_flags & NLM_F_ACK))
	{
		fake_answer(request, fake_msg_ack(hdr, err, request->text));
	}
}

u_int *fake_kernel_counter(fake_kernel_t *this, int protocol, uint16_t type)
{
	int row = protocol == NETLINK_XFRM ? 0 : protocol == NETLINK_ROUTE ? 1 : 2;

	return &this->counts[row][min(type, 255)];
}

u_int fake_kernel_count(fake_kernel_t *this, int protocol, uint16_t type)
{
	u_int i, sum = 0;

	this->mutex->lock(this->mutex);
	for (i = type; i <= (type ?: 255); i++)
	{
		/* these come at any time, and change nothing */
		if (type || protocol != NETLINK_XFRM ||
			(i != XFRM_MSG_GETSPDINFO && i != XFRM_MSG_GETSADINFO))
		{
			sum += *fake_kernel_counter(this, protocol, i);
		}
	}
	this->mutex->unlock(this->mutex);
	return sum;
}

void fake_kernel_reset_counts(fake_kernel_t *this)
{
	this->mutex->lock(this->mutex);
	memset(this->counts, 0, sizeof(this->counts));
	this->mutex->unlock(this->mutex);
}

bool fake_kernel_left_over(fake_kernel_t *this, chunk_t needle)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = this->buf && memmem(this->buf, this->size, needle.ptr, needle.len);
	this->mutex->unlock(this->mutex);
	return found;
}

fake_kernel_t *fake_kernel_create(fake_version_t version)
{
	fake_kernel_t *this;

	INIT(this,
		.version = version,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.block_changed = condvar_create(CONDVAR_TYPE_DEFAULT),
		.transports = linked_list_create(),
		.faults = linked_list_create(),
		.devices = linked_list_create(),
		.routes = linked_list_create(),
		.rules = linked_list_create(),
		.sas = linked_list_create(),
		.bydst = fake_bydst_create(),
		.sps = linked_list_create(),
		.chains = fake_chains_create(),
		.flows = linked_list_create(),
		.keys = linked_list_create(),
		.next_spi = 0x1000,
		.next_index = 1,
		.thresh = { { 32, 32 }, { 128, 128 } },
	);
	return this;
}

void fake_kernel_destroy(fake_kernel_t *this)
{
	this->transports->destroy(this->transports);
	this->faults->destroy_function(this->faults, (void*)fake_injected_destroy);
	this->devices->destroy_function(this->devices, free);
	this->routes->destroy_function(this->routes, (void*)fake_route_destroy);
	this->rules->destroy_function(this->rules, free);
	fake_bydst_destroy(this->bydst);
	this->sas->destroy_function(this->sas, (void*)fake_sa_destroy);
	this->sps->destroy_function(this->sps, (void*)fake_sp_destroy);
	fake_chains_destroy(this->chains);
	this->flows->destroy_function(this->flows, free);
	this->keys->destroy_function(this->keys, (void*)fake_key_destroy);
	free(this->trace);
	this->block_changed->destroy(this->block_changed);
	this->mutex->destroy(this->mutex);
	free(this);
}
