/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Describes devices, and what was learned about them.
 */

#include "status_report.h"
#include "status_json.h"

static json_t *device_mode(const hwo_device_t *device,
						   const hwo_learned_t *learned, hwo_mode_t mode)
{
	hwo_reason_t reason = device->denied[mode];

	return json_pack("{s:b, s:o, s:b, s:o}",
			"possible", reason == HWO_REASON_NONE,
			"reason", reason ? hwo_json_enum(hwo_reason_names, reason)
							 : json_null(),
			"works", learned->works[mode] != 0,
			"time", hwo_json_limit(learned->works[mode]));
}

static json_t *refusals(const hwo_learned_t *learned)
{
	json_t *list = json_array();
	const hwo_refused_t *refused;
	int i;

	for (i = 0; i < learned->refusal_count; i++)
	{
		refused = &learned->refusals[i];
		json_array_append_new(list, json_pack("{s:o, s:i, s:o, s:I}",
				"reason", hwo_json_enum(hwo_reason_names, refused->reason),
				"errno", refused->result.err,
				"kernel", hwo_json_text(refused->result.extack),
				"time", (json_int_t)refused->last));
	}
	return list;
}

json_t *hwo_report_device(const char *name, uint32_t ifindex,
						  egress_device_t *devices)
{
	static const char *features[] = {
		[HWO_FEATURE_UNKNOWN] = "unknown",
		[HWO_FEATURE_MISSING] = "missing",
		[HWO_FEATURE_OFF] = "off",
		[HWO_FEATURE_ON] = "on",
	};
	device_history_t *history = devices->get_history(devices);
	hwo_learned_t learned;
	hwo_device_t device;

	devices->judge(devices, ifindex, &device);
	history->get(history, ifindex, &learned);
	return json_pack("{s:s, s:o, s:I, s:s, s:o, s:o, s:o, s:o}",
			"type", "device",
			"name", hwo_json_text(name),
			"ifindex", (json_int_t)ifindex,
			"feature", features[learned.feature],
			"crypto", device_mode(&device, &learned, HWO_MODE_CRYPTO),
			"packet", device_mode(&device, &learned, HWO_MODE_PACKET),
			"refusals", refusals(&learned),
			"max_sas", hwo_json_limit(device.max_sas));
}
