/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Draws random numbers that a seed repeats (splitmix64).
 */

#include "history.h"

static uint64_t state;

void history_seed(uint64_t seed)
{
	state = seed;
}

u_int draw(u_int n)
{
	uint64_t z;

	/* with ThreadSanitizer, two threads may draw at the same time */
	z = __atomic_add_fetch(&state, 0x9e3779b97f4a7c15ULL, __ATOMIC_RELAXED);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31) % n;
}

bool one_in(u_int n)
{
	return draw(n) == 0;
}
