/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Delete an SA and get the state it ended in.
 */

#include "sa_last_state.h"
#include "sa_attempts.h"
#include "../../wire/xfrm_move.h"
#include "../../wire/xfrm_sa.h"

#include <errno.h>

static bool is_deletion(const struct nlmsghdr *hdr, ssize_t len,
						const hwo_sa_id_t *id)
{
	hwo_sa_state_t state;

	return len >= (ssize_t)sizeof(*hdr) && hdr->nlmsg_len >= sizeof(*hdr) &&
		   hdr->nlmsg_len <= len && hwo_xfrm_is_deletion(hdr) &&
		   hwo_xfrm_decode_sa(hdr, &state) && hwo_sa_id_equals(&state.id, id);
}

/**
 * Get the notification of the deletion, which the kernel sends before it
 * acknowledges the request.
 */
static bool get_notification(nl_transport_t *events, const hwo_sa_id_t *id,
							 hwo_sa_last_state_t *final)
{
	ssize_t len;

	do
	{
		len = events->receive(events, final->bytes, sizeof(final->bytes),
							  FALSE);
		if (is_deletion(&final->hdr, len, id))
		{
			return TRUE;
		}
	}
	while (len >= 0 || len == -ENOBUFS || len == -EMSGSIZE);

	return FALSE;
}

int hwo_sa_delete_last_state(nl_exchange_t *xfrm,
							 const hwo_listener_t *listener,
							 const hwo_sa_id_t *id, hwo_sa_last_state_t *final)
{
	nl_transport_t *events;
	hwo_result_t result;

	events = listener->open(listener->data, hwo_xfrm_sa_groups);
	if (!events)
	{
		return EOPNOTSUPP;
	}
	hwo_sa_delete(xfrm, id, &result);
	if (!result.err || hwo_result_lost(&result))
	{	/* whatever became of the answer, if there is a notification, it was
		 * deleted. Without one it's gone, or will be, as the deletion is
		 * repeated then, and with it its sequence number */
		result.err = get_notification(events, id, final) ? 0 : ENODATA;
	}
	events->destroy(events);
	return result.err;
}
