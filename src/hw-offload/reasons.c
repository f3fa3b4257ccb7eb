/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Reasons by name.
 */

#include "reasons.h"

#include <stddef.h>
#include <string.h>

/** Rows of docs/reasons.md, the first one is that nothing is wrong */
static const reason_t reasons[] = {
#include "reasons.inc"
};

const reason_t *reason_find(const char *name)
{
	for (size_t i = 1; i < sizeof(reasons) / sizeof(reasons[0]); i++)
	{
		if (!strcmp(reasons[i].name, name))
		{
			return &reasons[i];
		}
	}
	return NULL;
}
