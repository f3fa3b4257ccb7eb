/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Features by kernel release.
 */

#include "kernel_features.h"

#include <stdio.h>

void hwo_kernel_features(const char *release, hwo_kernel_features_t *features)
{
	u_int major, minor, version;

	*features = (hwo_kernel_features_t){
		.unmatched = HWO_SHAPE_SUBNET,
	};
	if (sscanf(release, "%u.%u", &major, &minor) == 2)
	{
		version = major * 1000 + min(minor, 999);
		features->sa_last_used = version >= 6002;
		features->sa_af_unspec_transport = version >= 6003;
		features->sa_dir = version >= 6010;
		if (version >= 6015)
		{
			features->unmatched = version >= 7002 ? 0 : HWO_SHAPE_UNEQUAL;
		}
		features->esn_followed = version >= 7002;
		features->route_checked = version >= 7001;
		features->sa_if_id_in_software = version >= 7001;
	}
}
