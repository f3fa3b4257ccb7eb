/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * What the fuzz entries share. Each of them feeds one decoder of the wire floor
 * with whole messages, type and flags included. Three ways to run them:
 *
 * - clang -fsanitize=fuzzer,address,undefined, or AFL++ with its driver
 * - with replay.c: files that one of the former has found
 * - with replay.c and no file ("make check"): the recorded messages, and many
 *   changes to them.
 */

#ifndef FUZZ_INPUT_H_
#define FUZZ_INPUT_H_

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netlink.h>

/** The entry that fuzzers call. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * Copy input to a message of exactly its size, whose length is true, as who
 * receives messages has checked that. NULL if it is not even a header.
 */
static inline struct nlmsghdr *fuzz_msg(const uint8_t *data, size_t size)
{
	struct nlmsghdr *hdr;

	if (size < sizeof(*hdr))
	{
		return NULL;
	}
	hdr = malloc(size);
	memcpy(hdr, data, size);
	hdr->nlmsg_len = size;
	return hdr;
}

/**
 * Read what a decoder points to, so that sanitizers see if it may.
 */
static inline void fuzz_read(const void *data, size_t size)
{
	volatile uint8_t sum = 0;
	size_t i;

	for (i = 0; i < size; i++)
	{
		sum += ((const uint8_t*)data)[i];
	}
}

#endif /** FUZZ_INPUT_H_ */
