/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: messages about SAs.
 */

#include "fuzz_input.h"

#include "../wire/xfrm_sa.h"
#include "../wire/xfrm_sad.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *hdr = fuzz_msg(data, size);
	hwo_sad_event_t event;
	hwo_sa_state_t state;
	hwo_sad_info_t info;
	hwo_sad_sa_t sa;

	if (hdr)
	{
		hwo_xfrm_decode_sa(hdr, &state);
		hwo_xfrm_decode_sad_event(hdr, &event, &sa);
		hwo_xfrm_decode_sad_info(hdr, &info);
		free(hdr);
	}
	return 0;
}
