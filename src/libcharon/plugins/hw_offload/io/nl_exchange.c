/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * Matches replies with requests. The kernel has executed a request and queued
 * its reply before send() returns, so there is at most one request under way.
 */

#include "nl_exchange.h"

#include <errno.h>
#include <threading/mutex.h>

/** the kernel puts at most 32 KiB into a datagram of a dump, and uses the size
 * of our buffer to fill it; single replies are smaller. */
#define RECV_SIZE (32 * 1024)

/** attempts to get a consistent dump */
#define DUMP_ATTEMPTS 4

typedef struct private_nl_exchange_t private_nl_exchange_t;
typedef struct request_t request_t;

/**
 * Private data.
 */
struct private_nl_exchange_t {
	/** public interface */
	nl_exchange_t public;
	/** transport to the kernel */
	nl_transport_t *transport;
	/** threads take turns: protects everything below */
	mutex_t *mutex;
	/** sequence number of the last request */
	uint32_t seq;
	/** receive buffer, RECV_SIZE bytes, all zero between requests */
	uint8_t *buf;
	/** bytes of buf that were used by the current request */
	size_t used;
};

/**
 * A request under way.
 */
struct request_t {

	/**
	 * How a request is answered.
	 */
	enum {
		COMMAND,
		QUERY,
		DUMP,
	} kind;

	/**
	 * Sequence number.
	 */
	uint32_t seq;

	/**
	 * Gets the replies, NULL for commands.
	 */
	nl_reply_cb_t cb;

	/**
	 * Passed to cb.
	 */
	void *data;

	/**
	 * Outcome.
	 */
	hwo_result_t *result;

	/**
	 * The dump does not show one moment in time.
	 */
	bool interrupted;

	/**
	 * The callback refused a reply.
	 */
	bool malformed;
};

/**
 * Handle one message, whose length is proven.
 *
 * @return			TRUE if the request is answered completely
 */
static bool handle_message(request_t *request, const struct nlmsghdr *hdr)
{
	if (hdr->nlmsg_seq != request->seq)
	{	/* late reply to a request that has been given up */
		return FALSE;
	}
	if (hdr->nlmsg_flags & NLM_F_DUMP_INTR)
	{
		request->interrupted = TRUE;
	}
	switch (hdr->nlmsg_type)
	{
		case NLMSG_NOOP:
			return FALSE;
		case NLMSG_ERROR:
			hwo_msg_result(hdr, request->result);
			if (!request->result->err && request->kind != COMMAND)
			{	/* we asked for no acknowledgement, but for an answer */
				request->malformed = TRUE;
			}
			return TRUE;
		case NLMSG_DONE:
			hwo_msg_result(hdr, request->result);
			return TRUE;
		default:
			break;
	}
	/* the rest of a dump has to be read in any case, the kernel does not start
	 * another one before */
	if (request->cb && !request->malformed &&
		!request->cb(request->data, hdr))
	{
		request->malformed = TRUE;
	}
	return request->kind == QUERY;
}

/**
 * Handle all messages of a datagram.
 *
 * @param len		bytes in buf
 * @param done		[out] TRUE if the request is answered completely
 * @return			FALSE if the datagram is malformed
 */
static bool handle_datagram(private_nl_exchange_t *this, request_t *request,
							size_t len, bool *done)
{
	const struct nlmsghdr *hdr;
	size_t pos = 0;

	*done = FALSE;
	while (!*done && pos < len)
	{
		hdr = (const void*)(this->buf + pos);
		if (len - pos < sizeof(*hdr) || hdr->nlmsg_len < sizeof(*hdr) ||
			hdr->nlmsg_len > len - pos)
		{
			return FALSE;
		}
		*done = handle_message(request, hdr);
		pos += NLMSG_ALIGN(hdr->nlmsg_len);
	}
	return TRUE;
}

/**
 * Receive until a request is answered.
 *
 * Once something got lost, only what has already been queued is read: if the
 * answer is there it is as good as any.
 *
 * @return			0 if answered, an errno value if the answer was lost
 */
static int await_answer(private_nl_exchange_t *this, request_t *request)
{
	bool done = FALSE;
	ssize_t len;
	int lost = 0;

	while (!done)
	{
		len = this->transport->receive(this->transport, this->buf, RECV_SIZE,
									   !lost);
		if (len == -EMSGSIZE)
		{	/* cut, but it may hold keys nevertheless */
			this->used = RECV_SIZE;
			len = -EBADMSG;
		}
		else if (len >= 0)
		{
			this->used = max(this->used, len);
			if (!handle_datagram(this, request, len, &done))
			{
				len = -EBADMSG;
			}
		}
		switch (len < 0 ? -len : 0)
		{
			case 0:
				break;
			case ENOBUFS:
			case EBADMSG:
				lost = lost ?: -len;
				break;
			default:
				/* ETIMEDOUT, or EAGAIN if we don't wait anymore */
				return lost ?: -len;
		}
	}
	/* parts of a dump may be missing, a single answer is complete */
	return request->kind == DUMP ? lost : 0;
}

/**
 * Replace the outcome of a request by an error of our own.
 */
static void set_error(request_t *request, hwo_answer_t answer, int err)
{
	*request->result = (hwo_result_t){
		.err = err,
		.answer = answer,
	};
}

/**
 * Send a request and receive its answer, once.
 */
static void attempt(private_nl_exchange_t *this, request_t *request,
					hwo_msg_t *msg)
{
	int err;

	if (++this->seq == 0)
	{	/* reserved for what the kernel sends on its own */
		this->seq = 1;
	}
	request->seq = msg->hdr.nlmsg_seq = this->seq;
	request->interrupted = request->malformed = FALSE;
	memset(request->result, 0, sizeof(*request->result));

	err = this->transport->send(this->transport, msg->bytes,
								msg->hdr.nlmsg_len);
	if (err)
	{
		set_error(request, HWO_NOT_SENT, err);
		return;
	}
	err = await_answer(this, request);
	if (err || request->malformed)
	{
		set_error(request, HWO_ANSWER_LOST, err ?: EBADMSG);
	}
}

/**
 * Do a whole exchange. Wipes all buffers.
 */
static void exchange(private_nl_exchange_t *this, request_t *request,
					 hwo_msg_t *msg, uint16_t flags)
{
	hwo_result_t *result = request->result;
	int i;

	if (msg->overflow)
	{
		set_error(request, HWO_NOT_SENT, EMSGSIZE);
		hwo_msg_wipe(msg);
		return;
	}
	msg->hdr.nlmsg_flags |= flags;

	this->mutex->lock(this->mutex);
	for (i = 0; i < DUMP_ATTEMPTS; i++)
	{
		attempt(this, request, msg);
		if (result->err || !request->interrupted)
		{
			break;
		}
	}
	if (!result->err && request->interrupted)
	{
		set_error(request, HWO_ANSWER_LOST, EINTR);
	}
	memwipe(this->buf, this->used);
	this->used = 0;
	this->mutex->unlock(this->mutex);

	hwo_msg_wipe(msg);
}

METHOD(nl_exchange_t, command, void,
	private_nl_exchange_t *this, hwo_msg_t *msg, hwo_result_t *result)
{
	request_t request = {
		.kind = COMMAND,
		.result = result,
	};

	exchange(this, &request, msg, NLM_F_ACK);
}

METHOD(nl_exchange_t, query, void,
	private_nl_exchange_t *this, hwo_msg_t *msg, nl_reply_cb_t cb, void *data,
	hwo_result_t *result)
{
	request_t request = {
		.kind = QUERY,
		.cb = cb,
		.data = data,
		.result = result,
	};

	exchange(this, &request, msg, 0);
}

METHOD(nl_exchange_t, dump, void,
	private_nl_exchange_t *this, hwo_msg_t *msg, nl_reply_cb_t cb, void *data,
	hwo_result_t *result)
{
	request_t request = {
		.kind = DUMP,
		.cb = cb,
		.data = data,
		.result = result,
	};

	exchange(this, &request, msg, NLM_F_DUMP);
}

METHOD(nl_exchange_t, destroy, void,
	private_nl_exchange_t *this)
{
	this->transport->destroy(this->transport);
	this->mutex->destroy(this->mutex);
	free(this->buf);
	free(this);
}

nl_exchange_t *hwo_nl_exchange_create(nl_transport_t *transport)
{
	private_nl_exchange_t *this;

	INIT(this,
		.public = {
			.command = _command,
			.query = _query,
			.dump = _dump,
			.destroy = _destroy,
		},
		.transport = transport,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.buf = calloc(1, RECV_SIZE),
	);

	return &this->public;
}

bool hwo_result_lost(const hwo_result_t *result)
{
	return result->answer == HWO_ANSWER_LOST;
}

const char *hwo_result_text(const hwo_result_t *result,
							char buf[HWO_RESULT_TEXT])
{
	snprintf(buf, HWO_RESULT_TEXT, "%s%s%s", result->extack,
			 result->extack[0] ? ", " : "", strerror(result->err));
	return buf;
}
