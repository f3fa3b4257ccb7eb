/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * All SPs at once, and what goes along with them.
 */

#include "sp_flush.h"
#include "sp_route.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>

#include <utils/debug.h>

/**
 * Forget an SP that the kernel does not have anymore, and all of its users
 */
static void forget(hwo_sp_entry_t *entry, ike_bypass_t *bypass)
{
	hwo_sp_request_t *user;
	bool top;

	hwo_sp_route_remove(entry);
	if (entry->effective.mode == HWO_MODE_PACKET)
	{
		bypass->release_nic(bypass, entry->effective.ifindex);
	}
	memset(&entry->effective, 0, sizeof(entry->effective));
	memset(&entry->kernel, 0, sizeof(entry->kernel));
	entry->blocked = FALSE;
	while ((user = hwo_sp_top_user(entry)))
	{
		hwo_sp_remove_user(entry, user, &top);
	}
}

/**
 * Forget the SPs in a list
 */
static void forget_all(sp_table_t *sps, array_t *ids, ike_bypass_t *bypass)
{
	hwo_sp_entry_t *entry;
	hwo_sp_id_t id;
	int i;

	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &id);
		entry = sps->checkout(sps, &id, FALSE);
		if (entry)
		{
			forget(entry, bypass);
			sps->checkin(sps, entry);
		}
	}
}

/*
 * Described in header
 */
int hwo_sp_flush(nl_exchange_t *xfrm, sp_table_t *sps, ike_bypass_t *bypass)
{
	hwo_result_t result;
	hwo_msg_t msg;
	array_t *ids;

	/* those that are added from now on may survive */
	ids = sps->list(sps);
	hwo_xfrm_encode_flush_sp(&msg);
	xfrm->command(xfrm, &msg, &result);
	if (result.err == ESRCH)
	{	/* there was none */
		result.err = 0;
	}
	if (result.err)
	{
		DBG1(DBG_KNL, "unable to flush policies: %s", strerror(result.err));
	}
	else
	{
		forget_all(sps, ids, bypass);
		bypass->renew(bypass);
	}
	hwo_sp_list_destroy(ids);
	return result.err;
}
