/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: notifications that an SA is installed again from. What is made of
 * them must be a message that fits its buffer.
 */

#include "fuzz_input.h"

#include "../wire/xfrm_move.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *hdr = fuzz_msg(data, size);
	const hwo_offload_t offload = { .mode = HWO_MODE_CRYPTO, .ifindex = 1 };
	const hwo_sa_move_t move = {
		.src.family = AF_INET,
		.dst.family = AF_INET,
		.encap = true,
	};
	hwo_msg_t msg;

	if (hdr)
	{
		hwo_xfrm_has_keys(hdr);
		if (hwo_xfrm_encode_moved_sa(&msg, hdr, &move, &offload, FALSE) &&
			msg.hdr.nlmsg_len > sizeof(msg.bytes))
		{
			abort();
		}
		free(hdr);
	}
	return 0;
}
