/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Names for the types that all floors share.
 */

#include "hwo_types.h"

ENUM(hwo_mode_names, HWO_MODE_NONE, HWO_MODE_PACKET,
	"none",
	"crypto",
	"packet",
);
