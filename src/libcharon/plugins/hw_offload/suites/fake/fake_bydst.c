/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Order of SAs in the fake kernel's hash table by destination, with the fault
 * of the real one (net/xfrm/xfrm_state.c: XFRM_STATE_INSERT): the first SA that
 * is not in packet mode goes before all that are.
 */

#include "fake_private.h"

#include <arpa/inet.h>

/** Buckets of a new table */
#define FIRST_BUCKETS 8

/**
 * The table, as one list: that of each bucket is what is in there.
 */
struct fake_bydst_t {
	/** fake_sa_t*, from the heads to the ends */
	linked_list_t *list;
	uint32_t buckets;
	/** there is work to do */
	bool grow;
};

fake_bydst_t *fake_bydst_create(void)
{
	fake_bydst_t *this;

	INIT(this,
		.list = linked_list_create(),
		.buckets = FIRST_BUCKETS,
	);
	return this;
}

void fake_bydst_destroy(fake_bydst_t *this)
{
	this->list->destroy(this->list);
	free(this);
}

/**
 * Subtract, and mix in a rotated word: a step of Jenkins' lookup3.
 */
static void step(uint32_t *a, uint32_t *b, uint32_t c, u_int bits)
{
	*a -= *b;
	*a ^= *b << bits | *b >> (32 - bits);
	*b += c;
}

static void last_step(uint32_t *a, uint32_t b, u_int bits)
{
	*a ^= b;
	*a -= b << bits | b >> (32 - bits);
}

/**
 * What the kernel has as jhash2() of four words.
 */
static uint32_t hash_ipv6(const __be32 words[4])
{
	uint32_t a = 0xdeadbeff + words[0], b = 0xdeadbeff + words[1],
			 c = 0xdeadbeff + words[2];

	step(&a, &c, b, 4);
	step(&b, &a, c, 6);
	step(&c, &b, a, 8);
	step(&a, &c, b, 16);
	step(&b, &a, c, 19);
	step(&c, &b, a, 4);
	a += words[3];
	last_step(&c, b, 14);
	last_step(&a, c, 11);
	last_step(&b, a, 25);
	last_step(&c, b, 16);
	last_step(&a, c, 4);
	last_step(&b, a, 14);
	last_step(&c, b, 24);
	return c;
}

static uint32_t get_bucket(fake_bydst_t *this, const fake_sa_t *sa)
{
	const xfrm_address_t *src = &sa->info.saddr, *dst = &sa->info.id.daddr;
	uint32_t h = sa->info.family ^ sa->info.reqid;

	if (sa->info.family == AF_INET)
	{
		h ^= ntohl(src->a4 + dst->a4);
	}
	else
	{
		h ^= hash_ipv6(src->a6) ^ hash_ipv6(dst->a6);
	}
	return (h ^ h >> 16) & (this->buckets - 1);
}

static bool is_packet(const fake_sa_t *sa)
{
	return sa->offload.flags & FAKE_OFFLOAD_PACKET;
}

/**
 * Insert an SA.
 *
 * @return				TRUE if there is one behind it in its bucket
 */
static bool insert(fake_bydst_t *this, linked_list_t *list, fake_sa_t *sa)
{
	enumerator_t *enumerator;
	bool collision = FALSE;
	fake_sa_t *other;

	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (get_bucket(this, other) != get_bucket(this, sa))
		{
			continue;
		}
		collision = TRUE;
		if (is_packet(sa))
		{
			break;
		}
		if (!is_packet(other))
		{
			list->insert_before(list, enumerator, sa);
			enumerator->destroy(enumerator);
			return TRUE;
		}
	}
	enumerator->destroy(enumerator);
	list->insert_first(list, sa);
	return collision;
}

void fake_bydst_add(fake_kernel_t *kernel, fake_sa_t *sa)
{
	fake_bydst_t *this = kernel->bydst;

	if (insert(this, this->list, sa) &&
		this->list->get_count(this->list) >= this->buckets)
	{
		this->grow = TRUE;
	}
}

void fake_bydst_remove(fake_kernel_t *kernel, fake_sa_t *sa)
{
	kernel->bydst->list->remove(kernel->bydst->list, sa, NULL);
}

bool fake_bydst_hides(fake_kernel_t *kernel, const fake_sa_t *sa)
{
	fake_bydst_t *this = kernel->bydst;
	enumerator_t *enumerator;
	bool hidden = FALSE;
	fake_sa_t *other;

	enumerator = this->list->create_enumerator(this->list);
	while (!hidden && enumerator->enumerate(enumerator, &other) && other != sa)
	{
		hidden = !is_packet(other) &&
				 get_bucket(this, other) == get_bucket(this, sa);
	}
	enumerator->destroy(enumerator);
	return hidden;
}

void fake_kernel_sad_work(fake_kernel_t *kernel)
{
	fake_bydst_t *this = kernel->bydst;
	linked_list_t *list;
	fake_sa_t *sa;

	kernel->mutex->lock(kernel->mutex);
	if (this->grow)
	{
		this->grow = FALSE;
		this->buckets *= 2;
		list = linked_list_create();
		while (this->list->remove_first(this->list, (void**)&sa) == SUCCESS)
		{
			insert(this, list, sa);
		}
		this->list->destroy(this->list);
		this->list = list;
	}
	kernel->mutex->unlock(kernel->mutex);
}

u_int fake_kernel_count_hidden(fake_kernel_t *kernel)
{
	enumerator_t *enumerator;
	u_int count = 0;
	fake_sa_t *sa;

	kernel->mutex->lock(kernel->mutex);
	enumerator = kernel->sas->create_enumerator(kernel->sas);
	while (enumerator->enumerate(enumerator, &sa))
	{
		count += is_packet(sa) && !(sa->offload.flags & FAKE_OFFLOAD_INBOUND) &&
				 fake_bydst_hides(kernel, sa);
	}
	enumerator->destroy(enumerator);
	kernel->mutex->unlock(kernel->mutex);
	return count;
}

/**
 * Execute GETSADINFO.
 */
int fake_sad_get_info(fake_request_t *request)
{
	fake_bydst_t *this = request->kernel->bydst;
	uint32_t flags = 0, count = this->list->get_count(this->list);
	struct xfrmu_sadhinfo info = {
		.sadhcnt = this->buckets,
		.sadhmcnt = 1 << 20,
	};
	chunk_t msg;

	msg = fake_msg_begin(XFRM_MSG_NEWSADINFO, 0, request->hdr->nlmsg_seq,
						 &flags, sizeof(flags));
	fake_msg_attr(&msg, XFRMA_SAD_CNT, &count, sizeof(count));
	fake_msg_attr(&msg, XFRMA_SAD_HINFO, &info, sizeof(info));
	fake_answer(request, msg);
	return 0;
}
