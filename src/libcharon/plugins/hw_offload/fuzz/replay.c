/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Runs a fuzz entry without a fuzzer: over the files that are given, or over
 * the recorded messages and many random changes, the same ones every time.
 */

#include "fuzz_input.h"

#include <stdbool.h>
#include <stdio.h>

/** Changed copies of each recorded message */
#define ROUNDS 2000

/** Largest input that is looked at */
#define MAX_SIZE 65536

/** Recorded messages */
static const struct {
	const char *name;
	const char *hex;
} golden[] = {
#define GOLDEN(name, command, hex) { #name, hex },
#ifdef FUZZ_STATUS
#include "../suites/golden/golden_status.h"
#else
#include "../suites/golden/golden_features.h"
#include "../suites/golden/golden_replies.h"
#include "../suites/golden/golden_requests.h"
#endif
#undef GOLDEN
};

/** State of the generator, never 0 */
static uint32_t state;

/**
 * Next number of a xorshift generator.
 */
static uint32_t next(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/**
 * Change some bytes, preferably to values that are special in lengths, and
 * sometimes the size.
 */
static size_t mutate(uint8_t *data, size_t size)
{
	static const uint8_t special[] = { 0, 1, 3, 4, 5, 8, 0x7f, 0x80, 0xff };
	uint32_t count = 1 + next() % 4;

	if (next() % 4 == 0)
	{
		size = next() % size;
	}
	while (count-- && size)
	{
		data[next() % size] = next() % 2 ? special[next() % sizeof(special)]
										 : next();
	}
	return size;
}

/**
 * Run the entry over the recorded messages.
 */
static int replay_golden(void)
{
	uint8_t data[4096], changed[sizeof(data)];
	unsigned int byte;
	size_t size, i, n;
	int round;

	state = 1;
	for (n = 0; n < sizeof(golden) / sizeof(golden[0]); n++)
	{
		size = strlen(golden[n].hex) / 2;
		for (i = 0; i < size && i < sizeof(data); i++)
		{
			if (sscanf(golden[n].hex + 2 * i, "%2x", &byte) != 1)
			{
				return EXIT_FAILURE;
			}
			data[i] = byte;
		}
		size = i;
		LLVMFuzzerTestOneInput(data, size);
		for (round = 0; round < ROUNDS; round++)
		{
			memcpy(changed, data, size);
			LLVMFuzzerTestOneInput(changed, mutate(changed, size));
		}
	}
	printf("%zu messages, %d changes to each\n", n, ROUNDS);
	return EXIT_SUCCESS;
}

/**
 * Run the entry over a file.
 */
static bool replay_file(const char *path)
{
	static uint8_t data[MAX_SIZE];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
	{
		perror(path);
		return false;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	return true;
}

int main(int argc, char *argv[])
{
	int i, status = EXIT_SUCCESS;

	if (argc < 2)
	{
		return replay_golden();
	}
	for (i = 1; i < argc; i++)
	{
		if (!replay_file(argv[i]))
		{
			status = EXIT_FAILURE;
		}
	}
	return status;
}
