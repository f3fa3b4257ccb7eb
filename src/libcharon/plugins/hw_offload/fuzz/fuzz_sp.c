/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: messages about SPs and the SPD.
 */

#include "fuzz_input.h"

#include "../wire/xfrm_sp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *hdr = fuzz_msg(data, size);
	hwo_spd_info_t info;
	hwo_sp_state_t state;

	if (hdr)
	{
		if (hwo_xfrm_decode_sp(hdr, &state))
		{
			fuzz_read(state.id.label.ptr, state.id.label.len);
		}
		hwo_xfrm_decode_spd_info(hdr, &info);
		free(hdr);
	}
	return 0;
}
