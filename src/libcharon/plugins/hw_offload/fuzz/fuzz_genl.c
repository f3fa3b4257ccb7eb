/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Fuzz entry: families of generic netlink, features of links.
 */

#include "fuzz_input.h"

#include "../wire/genl_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *hdr = fuzz_msg(data, size);
	hwo_genl_family_t family = { .group_name = HWO_ETHTOOL_GROUP };
	hwo_esp_feature_t feature;

	if (hdr)
	{
		hwo_genl_decode_family(hdr, &family);
		hwo_ethtool_decode_features(hdr, &feature);
		free(hdr);
	}
	return 0;
}
