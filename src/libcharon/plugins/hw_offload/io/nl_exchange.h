/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_nl_exchange nl_exchange
 * @{ @ingroup hwo_io
 *
 * Requests and their replies.
 *
 * Usage concepts: a *command* changes something and is acknowledged, a *query*
 * has one reply, a *dump* has many. Every outcome is a hwo_result_t, whose
 * answer is
 *
 * - HWO_ANSWERED: err is the kernel's or its driver's, with its text
 * - HWO_ANSWER_LOST: err is ETIMEDOUT, ENOBUFS, EBADMSG if a reply was
 *   malformed, or EINTR if a dump was interrupted again and again. The request
 *   may have been executed or not, ask the kernel what is true before acting on
 *   it, as adding an SA is not idempotent
 * - HWO_NOT_SENT: err is that of the socket, or EMSGSIZE if the request did not
 *   fit its buffer
 *
 * Replies are matched by sequence number, late ones of earlier requests are
 * skipped. Buffers are wiped, as requests and replies may hold keys.
 *
 * Thread-safety: requests of different threads are sent one after the other,
 * as the kernel executes them one after the other anyway (xfrm_cfg_mutex).
 */

#ifndef HWO_NL_EXCHANGE_H_
#define HWO_NL_EXCHANGE_H_

#include "nl_transport.h"
#include "../wire/nl_msg.h"

typedef struct nl_exchange_t nl_exchange_t;

/**
 * Called for each reply, which is only valid during the call. It must not call
 * back into the exchange.
 *
 * @param data			user data
 * @param hdr			reply, its length is proven
 * @return				FALSE if it is malformed, ends the exchange with EBADMSG
 */
typedef bool (*nl_reply_cb_t)(void *data, const struct nlmsghdr *hdr);

/**
 * Exchange of requests and replies over a transport.
 */
struct nl_exchange_t {

	/**
	 * Send a command and wait for its acknowledgement (NLM_F_ACK is set here).
	 *
	 * @param msg		request, wiped afterwards
	 * @param result	[out] outcome; a text with err 0 is a warning
	 */
	void (*command)(nl_exchange_t *this, hwo_msg_t *msg, hwo_result_t *result);

	/**
	 * Send a query and wait for its one reply.
	 *
	 * @param msg		request, wiped afterwards
	 * @param cb		called with the reply
	 * @param data		passed to cb
	 * @param result	[out] outcome
	 */
	void (*query)(nl_exchange_t *this, hwo_msg_t *msg, nl_reply_cb_t cb,
				  void *data, hwo_result_t *result);

	/**
	 * Request a dump (NLM_F_DUMP is set here) and wait until it is complete. If
	 * the kernel reports that it was interrupted by a change, it is repeated
	 * up to three times, EINTR if that did not help; so cb may see an object
	 * more than once.
	 *
	 * @param msg		request, wiped afterwards
	 * @param cb		called with each reply
	 * @param data		passed to cb
	 * @param result	[out] outcome
	 */
	void (*dump)(nl_exchange_t *this, hwo_msg_t *msg, nl_reply_cb_t cb,
				 void *data, hwo_result_t *result);

	/**
	 * Destroy, including the transport.
	 */
	void (*destroy)(nl_exchange_t *this);
};

/**
 * Create an exchange.
 *
 * @param transport		transport, adopted
 */
nl_exchange_t *hwo_nl_exchange_create(nl_transport_t *transport);

/**
 * Check if the answer to a request was lost, so that it may have been executed
 * nevertheless.
 *
 * @param result		outcome
 */
bool hwo_result_lost(const hwo_result_t *result);

/** Longest text of an outcome, with its NUL */
#define HWO_RESULT_TEXT (HWO_EXTACK_LEN + 128)

/**
 * Describe an outcome for the log: the kernel's own words if there are any, and
 * the error.
 *
 * @param result		outcome
 * @param buf			where to write the text
 * @return				buf
 */
const char *hwo_result_text(const hwo_result_t *result,
							char buf[HWO_RESULT_TEXT]);

#endif /** HWO_NL_EXCHANGE_H_ @}*/
