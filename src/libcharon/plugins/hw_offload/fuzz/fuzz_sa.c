/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: messages about SAs.
 */

#include "fuzz_input.h"

#include "../wire/xfrm_sa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *hdr = fuzz_msg(data, size);
	hwo_sa_state_t state;

	if (hdr)
	{
		hwo_xfrm_decode_sa(hdr, &state);
		free(hdr);
	}
	return 0;
}
