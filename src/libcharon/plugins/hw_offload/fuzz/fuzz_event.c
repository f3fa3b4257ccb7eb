/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: announcements.
 */

#include "fuzz_input.h"

#include "../wire/xfrm_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *hdr = fuzz_msg(data, size);
	hwo_event_t event;

	if (hdr)
	{
		if (hwo_xfrm_decode_event(hdr, &event) == 0 &&
			event.type == HWO_EVENT_ACQUIRE)
		{
			fuzz_read(event.acquire.label.ptr, event.acquire.label.len);
		}
		free(hdr);
	}
	return 0;
}
