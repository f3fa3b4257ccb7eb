/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: acknowledgements, whose text must always be terminated.
 */

#include "fuzz_input.h"

#include "../wire/nl_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *hdr = fuzz_msg(data, size);
	hwo_result_t result;

	if (hdr)
	{
		hwo_msg_result(hdr, &result);
		if (strnlen(result.extack, HWO_EXTACK_LEN) == HWO_EXTACK_LEN)
		{
			abort();
		}
		free(hdr);
	}
	return 0;
}
