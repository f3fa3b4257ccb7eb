/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Keeps what happened last, in a ring.
 */

#include "fake_private.h"

#include <arpa/inet.h>

/** What happened, its format is static. */
typedef struct {
	const char *fmt;
	uint32_t args[4];
} event_t;

/** Events that are kept. */
#define EVENTS 1024

/**
 * The trace.
 */
struct fake_trace_t {
	event_t events[EVENTS];
	/** number of events ever */
	u_int count;
	/** first violation, and TRUE once there is one */
	char violation[160];
	bool violated;
};

fake_trace_t *fake_trace_create(void)
{
	fake_trace_t *this;

	INIT(this);
	return this;
}

void fake_trace(fake_kernel_t *kernel, const char *fmt, uint32_t a, uint32_t b,
				uint32_t c, uint32_t d)
{
	fake_trace_t *this = kernel->trace;

	if (this && !this->violated)
	{
		this->events[this->count++ % EVENTS] = (event_t){
			.fmt = fmt,
			.args = { a, b, c, d },
		};
	}
}

void fake_trace_violation(fake_kernel_t *kernel, const char *fmt, uint32_t a,
						  uint32_t b, uint32_t c, uint32_t d)
{
	fake_trace_t *this = kernel->trace;

	if (this && !this->violated)
	{
		fake_trace(kernel, fmt, a, b, c, d);
		snprintf(this->violation, sizeof(this->violation), fmt, a, b, c, d);
		this->violated = TRUE;
	}
}

/**
 * Note a request about an SA.
 */
static void trace_sa(fake_kernel_t *kernel, const char *fmt,
					 fake_request_t *request, uint32_t spi, int err)
{
	struct xfrm_user_offload offload = {};

	if (request->tb[XFRMA_OFFLOAD_DEV])
	{
		memcpy(&offload, fake_attr_data(request->tb[XFRMA_OFFLOAD_DEV]),
			   sizeof(offload));
	}
	fake_trace(kernel, fmt, ntohl(spi), offload.ifindex, offload.flags, err);
}

/**
 * Note a request about an SP.
 */
static void trace_sp(fake_kernel_t *kernel, const char *fmt,
					 fake_request_t *request, uint8_t dir, uint32_t priority,
					 int err)
{
	const struct xfrm_userpolicy_info *info = request->body;
	struct xfrm_user_offload offload = {};

	if (request->tb[XFRMA_OFFLOAD_DEV])
	{
		memcpy(&offload, fake_attr_data(request->tb[XFRMA_OFFLOAD_DEV]),
			   sizeof(offload));
	}
	fake_trace(kernel, fmt, dir << 28 | ntohl(info->sel.daddr.a4 << 8) >> 8,
			   offload.ifindex << 8 | info->sel.ifindex, priority, err);
}

void fake_trace_request(fake_request_t *request, int err)
{
	const struct xfrm_userpolicy_info *sp = request->body;
	const struct xfrm_userpolicy_id *sp_id = request->body;
	const struct xfrm_usersa_info *sa = request->body;
	const struct xfrm_usersa_id *id = request->body;
	fake_kernel_t *kernel = request->kernel;

	if (!kernel->trace || !request->body ||
		(request->hdr->nlmsg_flags & NLM_F_DUMP))
	{
		return;
	}
	switch (request->hdr->nlmsg_type)
	{
		case XFRM_MSG_NEWSA:
			trace_sa(kernel, "NEWSA %08x, offload %u flags %x: error %u",
					 request, sa->id.spi, err);
			break;
		case XFRM_MSG_UPDSA:
			trace_sa(kernel, "UPDSA %08x, offload %u flags %x: error %u",
					 request, sa->id.spi, err);
			break;
		case XFRM_MSG_DELSA:
			trace_sa(kernel, "DELSA %08x, %u %x: error %u", request,
					 id->spi, err);
			break;
		case XFRM_MSG_GETSA:
			trace_sa(kernel, "GETSA %08x, %u %x: error %u", request,
					 id->spi, err);
			break;
		case XFRM_MSG_NEWPOLICY:
			trace_sp(kernel, "NEWPOLICY dir|dst %08x offload|interface %x "
					 "priority %u: error %u", request, sp->dir, sp->priority,
					 err);
			break;
		case XFRM_MSG_UPDPOLICY:
			trace_sp(kernel, "UPDPOLICY dir|dst %08x offload|interface %x "
					 "priority %u: error %u", request, sp->dir, sp->priority,
					 err);
			break;
		case XFRM_MSG_DELPOLICY:
			trace_sp(kernel, "DELPOLICY dir|dst %08x interface %x, %u: "
					 "error %u", request, sp_id->dir, 0, err);
			break;
		default:
			break;
	}
}

void fake_kernel_note(fake_kernel_t *this, const char *fmt, uint32_t a,
					  uint32_t b, uint32_t c, uint32_t d)
{
	this->mutex->lock(this->mutex);
	fake_trace(this, fmt, a, b, c, d);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_violate(fake_kernel_t *this, const char *fmt, uint32_t a,
						 uint32_t b, uint32_t c, uint32_t d)
{
	this->mutex->lock(this->mutex);
	fake_trace_violation(this, fmt, a, b, c, d);
	this->mutex->unlock(this->mutex);
}

const char *fake_kernel_violation(fake_kernel_t *this)
{
	const char *found = NULL;

	this->mutex->lock(this->mutex);
	if (this->trace && this->trace->violated)
	{
		found = this->trace->violation;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

void fake_kernel_print_trace(fake_kernel_t *this, FILE *out)
{
	fake_trace_t *trace;
	event_t *event;
	u_int i;

	this->mutex->lock(this->mutex);
	trace = this->trace;
	for (i = trace && trace->count > EVENTS ? trace->count - EVENTS : 0;
		 trace && i < trace->count; i++)
	{
		event = &trace->events[i % EVENTS];
		fprintf(out, event->fmt, event->args[0], event->args[1],
				event->args[2], event->args[3]);
		fputc('\n', out);
	}
	this->mutex->unlock(this->mutex);
}
