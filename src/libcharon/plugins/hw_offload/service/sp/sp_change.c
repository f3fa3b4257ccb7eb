/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From some SPs to others without a gap.
 */

#include "sp_change.h"
#include "../../wire/xfrm_sp.h"

#include <errno.h>

#include <utils/debug.h>

/**
 * Check if a request should be sent again, as an update.
 */
static bool is_update(const hwo_result_t *result, bool update)
{
	if (result->err == EEXIST && !update)
	{	/* left by a daemon that is gone, or installed by somebody else */
		DBG1(DBG_KNL, "policy already exists, replacing it");
		return TRUE;
	}
	/* the policy may be there nevertheless */
	return hwo_result_lost(result);
}

/**
 * Send the request for one SP.
 *
 * @return				TRUE if it is or may be there: without an answer, nobody
 *						knows
 */
static bool send_sp(nl_exchange_t *xfrm, const hwo_kernel_sp_t *item,
					bool update, hwo_result_t *result)
{
	hwo_msg_t msg;
	bool lost;

	hwo_xfrm_encode_sp(&msg, &item->sp, &item->offload, update);
	xfrm->command(xfrm, &msg, result);
	lost = hwo_result_lost(result);
	if (is_update(result, update))
	{
		hwo_xfrm_encode_sp(&msg, &item->sp, &item->offload, TRUE);
		xfrm->command(xfrm, &msg, result);
	}
	return lost || !result->err || hwo_result_lost(result);
}

static void remove_one(nl_exchange_t *xfrm, const hwo_kernel_sp_t *item,
						hwo_result_t *result)
{
	hwo_msg_t msg;

	hwo_xfrm_encode_del_sp(&msg, &item->sp.id);
	xfrm->command(xfrm, &msg, result);
	if (result->err == ENOENT && item->offload.mode == HWO_MODE_PACKET)
	{
		*result = (hwo_result_t){};
	}
}

/**
 * Check if an SP is a guard that is there already as it is wanted.
 */
static bool guard_stays(const hwo_kernel_sp_t *have,
						const hwo_kernel_sp_t *want)
{
	return have->guard && want->guard &&
		   have->sp.priority == want->sp.priority;
}

/**
 * Add an SP if it is new, or update it if it is not and we are to do that.
 */
static bool change_one(nl_exchange_t *xfrm, const hwo_kernel_sps_t *have,
					   const hwo_kernel_sp_t *item, bool new, bool update,
					   bool *done, hwo_result_t *result)
{
	int old = hwo_kernel_sps_find(have, &item->sp.id);

	if (new != (old < 0) || (!new && guard_stays(&have->item[old], item)))
	{
		return TRUE;
	}
	*done = send_sp(xfrm, item, update || !new, result);
	return !result->err;
}

/**
 * Check if SPs come before where they are.
 */
static bool is_earlier(const hwo_kernel_sps_t *have,
					   const hwo_kernel_sps_t *want)
{
	int i, old;

	for (i = 0; i < want->count; i++)
	{
		old = hwo_kernel_sps_find(have, &want->item[i].sp.id);
		if (old >= 0 &&
			want->item[i].sp.priority < have->item[old].sp.priority)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Add SPs that are new, or update those that are not. A guard must not get in
 * front of the SP it stands behind: if both move forward, that one is first,
 * which is the last one otherwise. It is updated once more then, as the kernel
 * keeps the order only if the guard is older, see spd_order_t.
 */
static bool change_some(nl_exchange_t *xfrm, const hwo_kernel_sps_t *have,
						const hwo_kernel_sps_t *want, bool new, bool update,
						bool *done, hwo_result_t *result)
{
	bool reverse = !new && want->count > 1 && is_earlier(have, want);
	int i, at;

	for (i = 0; i < want->count + reverse; i++)
	{
		at = reverse ? (i ?: want->count) - 1 : i;
		if (!change_one(xfrm, have, &want->item[at], new, update, &done[at],
						result))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Add an SP to what the kernel has, as it can't be removed. Guards come first,
 * and SPs are removed from the last to the first.
 */
static void keep(hwo_kernel_sps_t *have, const hwo_kernel_sp_t *item)
{
	if (have->count >= countof(have->item))
	{
		return;
	}
	if (item->guard)
	{
		memmove(&have->item[1], &have->item[0], have->count * sizeof(*item));
		have->item[0] = *item;
	}
	else
	{
		have->item[have->count] = *item;
	}
	have->count++;
}

/**
 * Update SPs to what they were before. What was sent after a change goes after
 * it here, too, as the kernel keeps the order only if guards are older, see
 * change_some().
 *
 * @param changed		TRUE for those that were or may have been updated,
 *						afterwards for those that are still as they are wanted
 */
static void restore(nl_exchange_t *xfrm, const hwo_kernel_sps_t *have,
					const hwo_kernel_sps_t *want, bool *changed)
{
	bool reverse = want->count > 1 && is_earlier(want, have), sent = FALSE;
	hwo_result_t result;
	int i, at, old;

	for (i = 0; i < want->count + reverse; i++)
	{
		at = reverse ? (i ?: want->count) - 1 : i;
		old = hwo_kernel_sps_find(have, &want->item[at].sp.id);
		if (old < 0 || (!changed[at] && !sent) ||
			guard_stays(&have->item[old], &want->item[at]))
		{
			continue;
		}
		sent = TRUE;
		send_sp(xfrm, &have->item[old], TRUE, &result);
		changed[at] = changed[at] && result.err;
	}
}

/**
 * Remove an SP that is or may be there.
 *
 * @return				FALSE if it still is
 */
static bool remove_new(nl_exchange_t *xfrm, const hwo_kernel_sp_t *item)
{
	hwo_result_t result;

	remove_one(xfrm, item, &result);
	return !result.err || result.err == ENOENT || hwo_result_lost(&result);
}

/**
 * Undo what was or may have been done until a failure: updated SPs are as
 * before, new ones go. Only if one in a NIC can't be taken out of it, its guard
 * stays, or its traffic would leave in clear once the NIC loses it.
 */
static void undo(nl_exchange_t *xfrm, hwo_kernel_sps_t *have,
				 const hwo_kernel_sps_t *want, bool *done)
{
	const hwo_kernel_sp_t *item;
	bool in_nic = FALSE;
	int i, old;

	restore(xfrm, have, want, done);
	for (i = want->count - 1; i >= 0; i--)
	{
		item = &want->item[i];
		old = hwo_kernel_sps_find(have, &item->sp.id);
		if (!done[i])
		{
			continue;
		}
		if (old >= 0)
		{
			have->item[old] = *item;
		}
		else if ((item->guard && in_nic) || !remove_new(xfrm, item))
		{
			keep(have, item);
		}
		else
		{
			continue;
		}
		in_nic |= item->offload.mode == HWO_MODE_PACKET;
	}
}

/**
 * Remove the SPs that are not wanted anymore, last one first. Those that can't
 * be removed are added to what there is then.
 */
static void remove_some(nl_exchange_t *xfrm, const hwo_kernel_sps_t *have,
						const hwo_kernel_sps_t *want, hwo_kernel_sps_t *left,
						hwo_result_t *result)
{
	hwo_result_t one;
	int i;

	for (i = have->count - 1; i >= 0; i--)
	{
		if (hwo_kernel_sps_find(want, &have->item[i].sp.id) >= 0)
		{
			continue;
		}
		remove_one(xfrm, &have->item[i], &one);
		if (one.err && !result->err)
		{
			*result = one;
		}
		if (one.err && one.err != ENOENT && !hwo_result_lost(&one))
		{
			keep(left, &have->item[i]);
		}
	}
}

void hwo_sp_change(nl_exchange_t *xfrm, hwo_kernel_sps_t *have,
				   const hwo_kernel_sps_t *want, bool update,
				   hwo_result_t *result)
{
	bool done[HWO_MAX_KERNEL_SPS] = {};
	hwo_kernel_sps_t left = *want;
	hwo_result_t removed = {};

	*result = (hwo_result_t){};
	if (!change_some(xfrm, have, want, TRUE, update, done, result) ||
		!change_some(xfrm, have, want, FALSE, update, done, result))
	{
		undo(xfrm, have, want, done);
		return;
	}
	remove_some(xfrm, have, want, &left, &removed);
	if (removed.err)
	{
		DBG1(DBG_KNL, "unable to remove policy that was replaced: %s",
			 strerror(removed.err));
	}
	*have = left;
}

void hwo_sp_remove_all(nl_exchange_t *xfrm, hwo_kernel_sps_t *have,
					   hwo_result_t *result)
{
	const hwo_kernel_sps_t none = {};
	hwo_kernel_sps_t left = {};

	*result = (hwo_result_t){};
	remove_some(xfrm, have, &none, &left, result);
	*have = none;
}

static bool decode_sp(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_sp(hdr, data);
}

static int get_sp(nl_exchange_t *xfrm, const hwo_sp_id_t *id,
				  hwo_sp_state_t *state)
{
	hwo_result_t result;
	hwo_msg_t msg;

	memset(state, 0, sizeof(*state));
	hwo_xfrm_encode_get_sp(&msg, id);
	xfrm->query(xfrm, &msg, decode_sp, state, &result);
	return result.err;
}

bool hwo_sp_forget_lost(nl_exchange_t *xfrm, hwo_kernel_sps_t *have,
						uint32_t ifindex, bool all)
{
	hwo_kernel_sps_t left = {};
	hwo_kernel_sp_t *item;
	hwo_sp_state_t state;
	hwo_result_t ignored;
	bool lost = FALSE;
	int i;

	for (i = 0; i < have->count; i++)
	{
		item = &have->item[i];
		if (item->offload.mode != HWO_MODE_PACKET ||
			(ifindex && ifindex != item->offload.ifindex) ||
			(!all && get_sp(xfrm, &item->sp.id, &state) != ENOENT))
		{
			left.item[left.count++] = *item;
			continue;
		}
		/* it may still be noted as ours */
		remove_one(xfrm, item, &ignored);
		lost = TRUE;
	}
	*have = left;
	return lost;
}

static int query_one(nl_exchange_t *xfrm, const hwo_kernel_sp_t *item,
					 uint64_t *used)
{
	hwo_sp_state_t state;
	int err;

	err = get_sp(xfrm, &item->sp.id, &state);
	if (!err && !item->guard)
	{
		*used = max(*used, state.use_time);
	}
	return err;
}

int hwo_sp_last_use(nl_exchange_t *xfrm, const hwo_kernel_sps_t *have,
					uint64_t *used)
{
	int i, err = ENOENT, one;

	*used = 0;
	for (i = 0; i < have->count; i++)
	{
		one = query_one(xfrm, &have->item[i], used);
		err = err ? one : 0;
	}
	return err;
}
