/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * How long tests wait for what other threads and processes do.
 */

#ifndef PATIENCE_H_
#define PATIENCE_H_

#include <stdlib.h>

/**
 * How many times longer than usual. Sanitizers make programs slow, then this is
 * set in the environment, for libcheck's own deadlines, too.
 */
static inline int test_patience(void)
{
	const char *multiplier = getenv("CK_TIMEOUT_MULTIPLIER");
	int times = multiplier ? atoi(multiplier) : 1;

	return times > 1 ? times : 1;
}

#endif /** PATIENCE_H_ */
