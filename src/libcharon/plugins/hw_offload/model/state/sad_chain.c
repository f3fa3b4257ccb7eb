/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds SAs in one bucket of the kernel's hash table.
 */

#include "sad_chain.h"

#include <arpa/inet.h>
#include <sys/socket.h>

/** Times that a CHILD_SA may be rekeyed at once, then it has to wait for so
 * many milliseconds, at first and in the end. */
#define MAX_HEALED 3
#define HEAL_MS 15000
#define HEAL_MAX_MS (300 * 1000)

/** Milliseconds after which these times do not count anymore */
#define HEAL_FORGET_MS (3600 * 1000)

/**
 * Read four bytes of an address as the kernel does.
 */
static uint32_t get_word(const hwo_addr_t *addr, int i)
{
	uint32_t word;

	memcpy(&word, addr->bytes + 4 * i, sizeof(word));
	return word;
}

static uint32_t rotate(uint32_t word, u_int bits)
{
	return word << bits | word >> (32 - bits);
}

/**
 * Jenkins' hash of the four words of an IPv6 address, as the kernel has them in
 * memory: lookup3, which is in the public domain.
 */
static uint32_t hash_ipv6(const hwo_addr_t *addr)
{
	static const u_int mix[] = { 4, 6, 8, 16, 19, 4 },
					   final[] = { 14, 11, 25, 16, 4, 14, 24 };
	uint32_t s[3], *a, *b;
	int i;

	for (i = 0; i < countof(s); i++)
	{
		s[i] = 0xdeadbeef + 16 + get_word(addr, i);
	}
	for (i = 0; i < countof(mix); i++)
	{
		a = &s[i % 3];
		b = &s[(i + 2) % 3];
		*a = (*a - *b) ^ rotate(*b, mix[i]);
		*b += s[(i + 1) % 3];
	}
	s[0] += get_word(addr, 3);
	for (i = 0; i < countof(final); i++)
	{
		a = &s[(i + 2) % 3];
		b = &s[(i + 1) % 3];
		*a = (*a ^ *b) - rotate(*b, final[i]);
	}
	return s[2];
}

uint32_t hwo_sad_hash(const hwo_addr_t *src, const hwo_addr_t *dst,
					  uint32_t reqid)
{
	uint32_t hash;

	if (dst->family == AF_INET)
	{	/* the sum of what is in memory, whatever the byte order */
		hash = ntohl(get_word(src, 0) + get_word(dst, 0));
	}
	else
	{
		hash = hash_ipv6(src) ^ hash_ipv6(dst);
	}
	hash ^= dst->family ^ reqid;
	return hash ^ hash >> 16;
}

hwo_sad_entry_t **hwo_sad_chain_find(hwo_sad_entry_t **chain,
									 const hwo_sad_sa_t *sa)
{
	/* larval ones without SPI may differ in nothing else */
	while (*chain && !((*chain)->sa.reqid == sa->reqid &&
					   hwo_sa_id_equals(&(*chain)->sa.id, &sa->id) &&
					   memeq(&(*chain)->sa.id.src, &sa->id.src,
							 sizeof(sa->id.src))))
	{
		chain = &(*chain)->next;
	}
	return chain;
}

hwo_sad_entry_t **hwo_sad_chain_find_larval(hwo_sad_entry_t *added)
{
	hwo_sad_entry_t **place;
	const hwo_sad_sa_t *sa;

	for (place = &added->next; *place; place = &(*place)->next)
	{
		sa = &(*place)->sa;
		if (sa->larval && (*place)->hash == added->hash &&
			sa->reqid == added->sa.reqid &&
			sa->id.proto == added->sa.id.proto &&
			(!sa->id.spi || hwo_sa_id_equals(&sa->id, &added->sa.id)))
		{
			return place;
		}
	}
	return NULL;
}

bool hwo_sad_chain_has_others(const hwo_sad_entry_t *chain, bool larval)
{
	while (chain && (chain->sa.packet || (chain->sa.larval && !larval)))
	{
		chain = chain->next;
	}
	return chain != NULL;
}

void hwo_sad_entry_inherit(hwo_sad_entry_t *entry,
						   const hwo_sad_entry_t *chain)
{
	for (; chain; chain = chain->next)
	{
		if (chain->sa.packet && chain->sa.reqid == entry->sa.reqid &&
			memeq(&chain->sa.id.dst, &entry->sa.id.dst,
				  sizeof(entry->sa.id.dst)) &&
			chain->healed > entry->healed)
		{
			entry->healed = chain->healed;
			entry->healed_last = chain->healed_last;
		}
	}
}

uint64_t hwo_sad_entry_heal(hwo_sad_entry_t *entry, uint64_t now)
{
	uint64_t due = now;

	if (now - entry->healed_last > HEAL_FORGET_MS)
	{
		entry->healed = 0;
	}
	if (entry->healed >= MAX_HEALED)
	{
		due = entry->healed_last +
			  min((uint64_t)HEAL_MS << min(entry->healed - MAX_HEALED, 16),
				  HEAL_MAX_MS);
	}
	if (due > now)
	{
		return due;
	}
	entry->healed++;
	entry->healed_last = now;
	return now;
}
