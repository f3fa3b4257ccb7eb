/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Prints the frequency of this processor's time stamp counter in kHz. A busy
 * machine may interrupt a reading of counter and clock: of many, that with the
 * shortest time in between counts.
 */

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define READINGS 1000

/**
 * Counter and clock at the same time.
 */
typedef struct {
	uint64_t ticks;
	uint64_t ns;
} reading_t;

/**
 * Read the clock.
 */
static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/**
 * Read both.
 */
static reading_t take_reading(void)
{
	uint64_t before, after, ns, shortest = UINT64_MAX;
	reading_t best = {};
	int i;

	for (i = 0; i < READINGS; i++)
	{
		before = __rdtsc();
		ns = now();
		after = __rdtsc();
		if (after - before < shortest)
		{
			shortest = after - before;
			best.ticks = before + shortest / 2;
			best.ns = ns;
		}
	}
	return best;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	reading_t first, last;

	first = take_reading();
	nanosleep(&pause, NULL);
	last = take_reading();
	printf("%.0f\n", (last.ticks - first.ticks) * 1e6 / (last.ns - first.ns));
	return 0;
}
