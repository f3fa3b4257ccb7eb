/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Allocates SPIs, queries and removes SAs.
 */

#include "sa_installer.h"
#include "sa_attempts.h"
#include "../../wire/xfrm_sa.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>

#include <utils/debug.h>
#include <utils/utils.h>

static bool decode_larval(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_sa(hdr, data);
}

int hwo_sa_alloc_spi(const hwo_sa_shared_t *this, const hwo_addr_t *src,
					 const hwo_addr_t *dst, uint8_t proto, uint32_t min,
					 uint32_t max, uint32_t *spi)
{
	hwo_sa_state_t state = {};
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_msg_t msg;

	hwo_xfrm_encode_alloc_spi(&msg, src, dst, proto, min, max,
							  this->set_dir);
	hwo_xfrm_set_larval_reqid(&msg, this->order->get_reqid(this->order, src,
														   dst));
	this->xfrm->query(this->xfrm, &msg, decode_larval, &state, &result);
	if (!result.err && !state.id.spi)
	{
		result.err = EBADMSG;
	}
	if (result.err)
	{
		DBG1(DBG_KNL, "unable to allocate SPI: %s",
			 hwo_result_text(&result, text));
		return result.err;
	}
	*spi = state.id.spi;
	return 0;
}

/**
 * Turn a time of the system's clock, which the kernel uses, to monotonic time.
 */
static time_t to_monotonic(uint64_t epoch)
{
	return time_monotonic(NULL) - (time(NULL) - (time_t)epoch);
}

int hwo_sa_query(const hwo_sa_shared_t *this, const hwo_sa_id_t *id,
				 uint64_t *bytes, uint64_t *packets, time_t *used)
{
	child_table_t *table = this->table;
	char text[HWO_RESULT_TEXT];
	hwo_sa_state_t state;
	hwo_result_t result;
	time_t changed;
	hwo_child_t *child;

	/* not while it is on the move */
	child = table->checkout(table, id);
	hwo_sa_get(this->xfrm, id, &state, &result);
	if (child)
	{
		table->checkin(table, child);
	}
	if (result.err)
	{
		DBG2(DBG_KNL, "unable to query SA %.8x: %s", ntohl(id->spi),
			 hwo_result_text(&result, text));
		return result.err;
	}
	*bytes = state.usage.bytes;
	*packets = state.usage.packets;
	/* the kernel doesn't see packets that are handled by the NIC, so it has no
	 * time for those SAs, what we have is when we saw the counter change */
	changed = table->note_packets(table, id, state.usage.packets,
								  time_monotonic(NULL));
	*used = state.last_used ? to_monotonic(state.last_used) : 0;
	if (state.offload.mode == HWO_MODE_PACKET)
	{
		*used = changed;
	}
	return 0;
}

int hwo_sa_remove(const hwo_sa_shared_t *this, const hwo_sa_id_t *id)
{
	child_table_t *table = this->table;
	char text[HWO_RESULT_TEXT];
	hwo_result_t result;
	hwo_child_sa_t *sa;
	hwo_child_t *child;
	bool known;

	/* who moves it may be about to add it */
	child = table->checkout(table, id);
	hwo_sa_delete(this->xfrm, id, &result);
	known = child && !hwo_child_find(child, id)->lost;
	if (child)
	{
		if (result.err == ESRCH)
		{
			this->order->lost(this->order, id, child->reqid);
		}
		sa = hwo_child_find(child, id);
		memset(sa, 0, sizeof(*sa));
		table->checkin(table, child);
	}
	if (result.err)
	{	/* after a failed installation there is nothing to remove, and at a hard
		 * limit the kernel removes the SA itself */
		dbg(DBG_KNL, known && result.err != ESRCH ? 1 : 2,
			"unable to remove SA %.8x: %s", ntohl(id->spi),
			hwo_result_text(&result, text));
	}
	return result.err;
}

int hwo_sa_flush(const hwo_sa_shared_t *this)
{
	static const uint8_t protos[] = { IPPROTO_AH, IPPROTO_ESP, IPPROTO_COMP };
	hwo_result_t result;
	hwo_msg_t msg;
	int i, err = 0;

	this->table->flush(this->table);
	for (i = 0; i < countof(protos); i++)
	{
		hwo_xfrm_encode_flush_sa(&msg, protos[i]);
		this->xfrm->command(this->xfrm, &msg, &result);
		/* the kernel says so if there was none */
		if (result.err && result.err != ESRCH)
		{
			DBG1(DBG_KNL, "unable to flush SAs of protocol %u: %s", protos[i],
				 strerror(result.err));
			err = result.err;
		}
	}
	return err;
}
