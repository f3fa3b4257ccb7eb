/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Sequence numbers of outbound SAs: those that the kernel counts, those that a
 * NIC counts, and all that were used under a key.
 */

#include "fake_private.h"

#include <arpa/inet.h>

/** Bytes of each packet. */
#define PACKET 100

/**
 * What was used under a key.
 */
struct fake_key_t {
	/** attributes with the algorithm and its key */
	chunk_t material;
	uint32_t spi;
	/** highest number ever used */
	uint64_t highest;
};

void fake_key_destroy(fake_key_t *key)
{
	chunk_clear(&key->material);
	free(key);
}

/**
 * Find what was used under the key of an SA.
 */
static fake_key_t *get_key(fake_kernel_t *this, fake_sa_t *sa)
{
	chunk_t material = fake_sa_attr(sa, XFRMA_ALG_AEAD);
	enumerator_t *enumerator;
	fake_key_t *key;
	bool found = FALSE;

	if (!material.len)
	{
		material = fake_sa_attr(sa, XFRMA_ALG_CRYPT);
	}
	enumerator = this->keys->create_enumerator(this->keys);
	while (!found && enumerator->enumerate(enumerator, &key))
	{
		found = key->spi == sa->info.id.spi &&
				chunk_equals(key->material, material);
	}
	enumerator->destroy(enumerator);
	if (!found)
	{
		INIT(key,
			.material = chunk_clone(material),
			.spi = sa->info.id.spi,
		);
		this->keys->insert_last(this->keys, key);
	}
	return key;
}

/**
 * Get the last number that the kernel used, by way of the replay state.
 *
 * @param next			TRUE to use another one
 */
static uint64_t kernel_number(fake_sa_t *sa, bool next)
{
	chunk_t attr = fake_sa_attr(sa, XFRMA_REPLAY_ESN_VAL);
	struct xfrm_replay_state_esn esn;
	struct xfrm_replay_state replay;
	uint64_t number;

	if (attr.len >= sizeof(esn))
	{
		memcpy(&esn, attr.ptr, sizeof(esn));
		number = ((uint64_t)esn.oseq_hi << 32 | esn.oseq) + next;
		esn.oseq = number;
		esn.oseq_hi = number >> 32;
		memcpy(attr.ptr, &esn, sizeof(esn));
		return number;
	}
	attr = fake_sa_attr(sa, XFRMA_REPLAY_VAL);
	if (attr.len < sizeof(replay))
	{
		return 0;
	}
	memcpy(&replay, attr.ptr, sizeof(replay));
	replay.oseq += next;
	memcpy(attr.ptr, &replay, sizeof(replay));
	return replay.oseq;
}

/**
 * Get the next number of a NIC, which begins as mlx5 does: with the number that
 * was passed for ESN, which is taken for the next one, and with 1 without ESN.
 */
static uint64_t nic_number(fake_sa_t *sa)
{
	if (!sa->nic.next)
	{
		sa->nic.next = 1;
		if (fake_sa_attr(sa, XFRMA_REPLAY_ESN_VAL).len)
		{
			sa->nic.next = max(kernel_number(sa, FALSE), 1);
		}
		sa->nic.sampled = sa->nic.packets = sa->info.curlft.packets;
	}
	sa->nic.packets++;
	return sa->nic.next++;
}

void fake_seq_use(fake_kernel_t *this, fake_sa_t *sa)
{
	bool packet = sa->offload.flags & FAKE_OFFLOAD_PACKET;
	uint64_t number;

	if (!sa->key)
	{
		sa->key = get_key(this, sa);
	}
	if (packet)
	{
		number = nic_number(sa);
	}
	else
	{
		number = kernel_number(sa, TRUE);
		sa->info.curlft.packets++;
		sa->info.curlft.bytes += PACKET;
		sa->last_used = sa->info.curlft.add_time;
	}
	if (number <= sa->key->highest)
	{
		fake_trace_violation(this, packet ?
					"the NIC uses a number of SA %08x again: %u after %u" :
					"the kernel uses a number of SA %08x again: %u after %u",
					ntohl(sa->info.id.spi), number, sa->key->highest, 0);
	}
	sa->key->highest = max(sa->key->highest, number);
}

void fake_seq_sample(fake_sa_t *sa)
{
	if (sa->nic.next)
	{
		sa->info.curlft.bytes += (sa->nic.sampled - sa->info.curlft.packets) *
								 PACKET;
		sa->info.curlft.packets = sa->nic.sampled;
		sa->nic.sampled = sa->nic.packets;
	}
}
